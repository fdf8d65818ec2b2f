"""Reading whatever people upload into a :class:`avsl.clip.Clip`, in this process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avsl.audio import ChannelPowers, is_audible
from avsl.checksum import sha256_of
from avsl.clip import (
    ArrayFrames,
    Clip,
    FrameSource,
    MediaFile,
    SoundTrack,
    conversion_notes,
)
from avsl.errors import MediaError
from avsl.media import container as media
from avsl.media.mono import mono_blocks_16k
from avsl.media.scan import FileScan, Track, scan
from avsl.media.sound import SoundFormat, SoundRepairs, probe_sound, sound_blocks
from avsl.media.still import read_brightness, read_still
from avsl.media.video import FileDecoder, VideoFormat, VideoFrames, probe_video
from avsl.settings import LIMITS, SAMPLE_RATE_HZ, Limits

NOTICEABLE_S = 0.05  # a start or end that is off by less goes without saying


def read(path: str | Path, sound: str | Path | None = None, limits: Limits = LIMITS) -> Clip:
    """Read a video, or a picture or video together with the sound of another file.

    Frames stay in the file until asked for; the sound is decoded here, to mono 16 kHz. A video
    without a sound track gives a clip whose waveform is empty. ``Clip.notes`` says all that had to
    be done. Raises ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    file = media.local_file(path, limits)
    if sound is None:
        return _read_one(file, limits)
    return _read_pair(file, media.local_file(sound, limits), limits)


def read_sound(path: str | Path, limits: Limits = LIMITS) -> tuple[np.ndarray, tuple[str, ...]]:
    """The sound of a sound file or a video alone: (S,) float32 mono 16 kHz, and notes on what had
    to be done to it. Raises ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    sound = _sound_alone(media.local_file(path, limits), limits)
    return sound.waveform, sound.notes


def read_picture(
    path: str | Path, time_s: float | None = None, limits: Limits = LIMITS
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A picture file, or the frame of a video on screen ``time_s`` after its first one (None:
    half-way): uint8 (H, W, 3) RGB, upright, and notes on what had to be done to it. Raises
    ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    file = media.local_file(path, limits)
    still = read_still(file, limits)
    if still is not None:
        return still
    found = scan(file, limits)
    video = probe_video(file, found, limits)
    if video is None:
        raise _no_picture(found)
    picture = _video(file, video, float(video.times_s[0]), found.clock_notes(), limits)
    shown_s = picture.end_s / 2 if time_s is None else time_s
    silent = Clip(file.name, picture.end_s, picture.source, np.zeros(0, np.float32))
    return silent.frames(np.array([shown_s]))[0], (*picture.notes, *picture.source.damage())


def read_mask(path: str | Path, limits: Limits = LIMITS) -> np.ndarray:
    """A picture file as brightness, uint8 (H, W); what is transparent is black. Raises
    ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    file = media.local_file(path, limits)
    mask = read_brightness(file, limits)
    if mask is None:
        raise MediaError(f'"{file.name}" is no picture. Choose a PNG or JPEG file.')
    return mask


@dataclass(frozen=True)
class _Picture:
    source: FrameSource
    end_s: float  # when the last frame leaves the screen, on the clip's clock
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Sound:
    waveform: np.ndarray  # (S,) float32 mono 16 kHz, from its first sample on
    format: SoundFormat
    notes: tuple[str, ...]


def _read_one(file: Path, limits: Limits) -> Clip:
    """Picture and sound of one file, on the file's own clock."""
    if read_still(file, limits) is not None:
        raise MediaError(f'"{file.name}" is a picture without sound. Add a sound file to it.')
    found = scan(file, limits)
    video = probe_video(file, found, limits)
    if video is None:
        raise _no_picture(found)
    sound, notes = _best_sound(file, found, limits)
    origin_s = float(video.times_s[0])
    if sound is not None:
        origin_s = min(origin_s, sound.format.start_s)
    picture = _video(file, video, origin_s, (*found.clock_notes(), *notes), limits)
    return _clip([file], picture, sound, origin_s, limits)


def _read_pair(file: Path, sound_file: Path, limits: Limits) -> Clip:
    """The picture of one file and the sound of another; both begin at time 0."""
    sound = _sound_alone(sound_file, limits)
    still = read_still(file, limits)
    if still is not None:
        frame, notes = still
        picture = _Picture(ArrayFrames(frame[None], np.zeros(1)), 0.0, notes)
    else:
        picture = _replaced(file, sound_file, limits)
    return _clip([file, sound_file], picture, sound, sound.format.start_s, limits)


def _replaced(file: Path, sound_file: Path, limits: Limits) -> _Picture:
    """A video whose own sound, if it has any, gives way to that of ``sound_file``."""
    found = scan(file, limits)
    video = probe_video(file, found, limits)
    if video is None:
        raise _no_picture(found)
    notes = found.clock_notes()
    if found.sounds:
        notes += (f'The sound of "{sound_file.name}" replaces that of the video.',)
    return _video(file, video, float(video.times_s[0]), notes, limits)


def _sound_alone(file: Path, limits: Limits) -> _Sound:
    found = scan(file, limits)
    sound, notes = _best_sound(file, found, limits)
    if sound is not None:
        return replace(sound, notes=(*found.clock_notes(), *notes, *sound.notes))
    if notes:
        raise MediaError(notes[0])
    raise MediaError(f'"{file.name}" has no sound. Choose a sound file or a video.')


def _best_sound(
    file: Path, found: FileScan, limits: Limits
) -> tuple[_Sound | None, tuple[str, ...]]:
    """The first track that sounds, else the first that can be decoded; and notes on the choice."""
    first, failed, silent = None, [], []
    for track in found.sounds:
        try:
            sound = _decode_sound(file, found, track, limits)
        except MediaError as error:
            failed.append(str(error))
            continue
        first = first or sound
        if len(found.sounds) == 1 or is_audible(sound.waveform):
            break
        silent.append(str(track.index))
    else:
        sound = first
    if sound is None:
        if not failed and "audio" in found.undecodable:
            failed = [f'The sound of "{file.name}" has an unknown or protected codec.']
        return None, tuple(f"{sentence} There is no sound to use." for sentence in failed[:1])
    notes = ()
    if len(found.sounds) > 1:
        notes = (
            f"The file holds {len(found.sounds)} sound tracks; stream {sound.format.stream_index} "
            f"with {sound.format.channels} channel(s) was used.",
        )
    if silent and str(sound.format.stream_index) not in silent:
        notes += (f"Stream {', '.join(silent)} before it is silent.",)
    return sound, (*notes, *failed)


def _video(
    file: Path, video: VideoFormat, origin_s: float, notes: tuple[str, ...], limits: Limits
) -> _Picture:
    times_s, look = video.times_s - origin_s, video.look
    source = VideoFrames(times_s, look.width, look.height, FileDecoder(file, video, limits))
    return _Picture(source, video.end_s - origin_s, (*video.notes, *notes))


def _decode_sound(file: Path, found: FileScan, track: Track, limits: Limits) -> _Sound:
    """The whole track. Where its channels cancel each other, the loudest of them alone."""
    found.require_length(track, limits)
    heard = probe_sound(file, track.index, found.shifts[track.index])
    repairs, powers = SoundRepairs(), ChannelPowers()
    waveform = _decode_mono(file, heard, repairs, limits, powers.add)
    channel = powers.channel_to_use()
    if channel is not None:
        repairs = SoundRepairs()
        waveform = _decode_mono(file, heard, repairs, limits, channel=channel)
    mixed = conversion_notes(heard.channels, heard.sample_rate_hz, channel)
    return _Sound(waveform, heard, (*mixed, *repairs.notes()))


def _decode_mono(
    file: Path,
    heard: SoundFormat,
    repairs: SoundRepairs,
    limits: Limits,
    watch: Callable[[np.ndarray], None] = lambda block: None,
    channel: int | None = None,
) -> np.ndarray:
    """The mean over the channels, or one of them: (S,) float32 at 16 kHz. ``watch`` is shown every
    block (n, channels).
    """

    def blocks() -> Iterator[np.ndarray]:
        for block in sound_blocks(file, heard, repairs):
            watch(block)
            yield block if channel is None else block[:, channel : channel + 1]

    parts, seconds = [np.zeros(0, np.float32)], 0.0
    for block in mono_blocks_16k(blocks(), heard.sample_rate_hz):
        parts.append(block)
        seconds += len(block) / SAMPLE_RATE_HZ
        media.check_duration(file.name, seconds, limits)
    return np.concatenate(parts)


def _clip(
    files: list[Path], picture: _Picture, sound: _Sound | None, origin_s: float, limits: Limits
) -> Clip:
    """``origin_s`` is the clip's time 0 on the clock of the file with the sound."""
    name, waveform, notes, track = files[0].name, np.zeros(0, np.float32), picture.notes, None
    duration_s = picture.end_s
    if sound is not None:
        start_s = sound.format.start_s - origin_s
        media.check_duration(name, start_s, limits)  # a wild timestamp must not fill the memory
        waveform = np.pad(sound.waveform, (round(start_s * SAMPLE_RATE_HZ), 0))
        sound_end_s = len(waveform) / SAMPLE_RATE_HZ
        duration_s = max(picture.end_s, sound_end_s)
        media.check_duration(name, duration_s, limits)
        missing = max(0, round(duration_s * SAMPLE_RATE_HZ) - len(waveform))
        waveform = np.pad(waveform, (0, missing))
        notes += (*sound.notes, *_edges(picture, start_s, sound_end_s))
        heard = sound.format
        track = SoundTrack(files[-1], heard.stream_index, start_s, heard.shifts)
    return Clip(
        name=name,
        duration_s=duration_s,
        source=picture.source,
        waveform=waveform,
        soundtrack=track,
        path=files[0],
        digest=sha256_of(*files),
        files=tuple(MediaFile(file.name, sha256_of(file), file) for file in files),
        notes=notes,
    )


def _edges(picture: _Picture, sound_start_s: float, sound_end_s: float) -> tuple[str, ...]:
    """Sentences on where picture and sound do not begin or end together."""
    notes = []
    if sound_start_s > NOTICEABLE_S:
        notes.append(
            f"The sound starts {sound_start_s:.2f} s after the picture; silence until then."
        )
    first_s = float(picture.source.times_s[0])
    if first_s > NOTICEABLE_S:
        notes.append(
            f"The picture starts {first_s:.2f} s after the sound; the first frame stands in."
        )
    if picture.end_s - sound_end_s > NOTICEABLE_S:
        notes.append(
            f"The sound ends {picture.end_s - sound_end_s:.2f} s before the picture; "
            "silence from then on."
        )
    if sound_end_s - picture.end_s > NOTICEABLE_S and picture.end_s > 0:  # a still has no end
        notes.append(
            f"The picture ends {sound_end_s - picture.end_s:.2f} s before the sound; the last "
            "frame is held."
        )
    return tuple(notes)


def _no_picture(found: FileScan) -> MediaError:
    if "video" in found.undecodable:
        return MediaError(
            f'The picture of "{found.name}" cannot be decoded: it has an unknown or protected '
            "codec. Convert it to mp4 (H.264) first, or choose another file."
        )
    if not found.sounds:
        return MediaError(f'"{found.name}" holds neither picture nor sound. Choose a video file.')
    return MediaError(
        f'"{found.name}" has sound but no picture. Add a picture or a video to go with it.'
    )
