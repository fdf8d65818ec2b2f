"""Reading whatever people upload into a :class:`avsl.clip.Clip`, in this process."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

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
from avsl.media.sound import SoundFormat, SoundRepairs, probe_sound, sound_blocks
from avsl.media.still import read_brightness, read_still
from avsl.media.video import FileDecoder, VideoFormat, VideoFrames, probe_video
from avsl.settings import LIMITS, SAMPLE_RATE_HZ, Limits

NOTICEABLE_S = 0.05  # a start or end that is off by less goes without saying
SHORTFALL_S, SHORTFALL = 0.5, 0.05  # headers round; less than this or that share is no damage


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
    file = media.local_file(path, limits)
    heard = _sound_of(file)
    sound = _decode_sound(file, heard, heard.start_s, limits)
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
    video = probe_video(file, limits)
    if video is None:
        raise MediaError(f'"{file.name}" holds no picture. Choose a picture or a video.')
    picture = _video(file, video, float(video.times_s[0]), (), limits)
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
    waveform: np.ndarray  # (S,) float32 mono 16 kHz, sample 0 at time 0 of the clip
    track: SoundTrack | None
    notes: tuple[str, ...]


def _read_one(file: Path, limits: Limits) -> Clip:
    """Picture and sound of one file, on the file's own clock."""
    if read_still(file, limits) is not None:
        raise MediaError(f'"{file.name}" is a picture without sound. Add a sound file to it.')
    video = probe_video(file, limits)
    heard, notes = _own_sound(file, video)
    if video is None:
        raise _no_picture(file, heard)
    origin_s = float(video.times_s[0])
    if heard is not None:
        origin_s = min(origin_s, heard.start_s)
    picture = _video(file, video, origin_s, notes, limits)
    clip = _clip([file], picture, _decode_sound(file, heard, origin_s, limits), limits)
    return replace(clip, notes=clip.notes + _shortfall(clip.duration_s, video.announced_s))


def _read_pair(file: Path, sound_file: Path, limits: Limits) -> Clip:
    """The picture of one file and the sound of another; both begin at time 0."""
    heard = _sound_of(sound_file)
    still = read_still(file, limits)
    if still is not None:
        frame, notes = still
        picture = _Picture(ArrayFrames(frame[None], np.zeros(1)), 0.0, notes)
    else:
        picture = _replaced(file, sound_file, limits)
    sound = _decode_sound(sound_file, heard, heard.start_s, limits)
    return _clip([file, sound_file], picture, sound, limits)


def _sound_of(file: Path) -> SoundFormat:
    heard = probe_sound(file)
    if heard is None:
        raise MediaError(f'"{file.name}" has no sound. Choose a sound file or a video.')
    return heard


def _replaced(file: Path, sound_file: Path, limits: Limits) -> _Picture:
    video = probe_video(file, limits)
    heard, notes = _own_sound(file, video)
    if video is None:
        raise _no_picture(file, heard)
    if heard is not None:
        notes = (f'The sound of "{sound_file.name}" replaces that of the video.',)
    elif not notes:
        notes = _shortfall(video.end_s - video.times_s[0], video.announced_s)
    return _video(file, video, float(video.times_s[0]), notes, limits)


def _own_sound(file: Path, video: VideoFormat | None) -> tuple[SoundFormat | None, tuple[str, ...]]:
    """A sound track that cannot be decoded is no reason to refuse a picture that can."""
    try:
        return probe_sound(file), ()
    except MediaError as error:
        if video is None:
            raise
        return None, (f"{error} The video is read without sound.",)


def _video(
    file: Path, video: VideoFormat, origin_s: float, notes: tuple[str, ...], limits: Limits
) -> _Picture:
    times_s, look = video.times_s - origin_s, video.look
    source = VideoFrames(times_s, look.width, look.height, FileDecoder(file, video, limits))
    return _Picture(source, video.end_s - origin_s, (*video.notes, *notes))


def _decode_sound(file: Path, heard: SoundFormat | None, origin_s: float, limits: Limits) -> _Sound:
    """The whole track on the clip's clock, whose zero is ``origin_s`` of the file's clock."""
    if heard is None:
        return _Sound(np.zeros(0, np.float32), None, ())
    media.check_duration(file.name, heard.announced_s, limits)
    start_s = heard.start_s - origin_s
    media.check_duration(file.name, start_s, limits)  # a wild timestamp must not fill the memory
    repairs = SoundRepairs()
    parts = [np.zeros(round(start_s * SAMPLE_RATE_HZ), np.float32)]
    seconds = start_s
    for block in mono_blocks_16k(sound_blocks(file, heard, repairs), heard.sample_rate_hz):
        parts.append(block)
        seconds += len(block) / SAMPLE_RATE_HZ
        media.check_duration(file.name, seconds, limits)
    notes = (
        *heard.notes,
        *conversion_notes(heard.channels, heard.sample_rate_hz),
        *repairs.notes(),
    )
    return _Sound(np.concatenate(parts), SoundTrack(file, heard.stream_index, start_s), notes)


def _clip(files: list[Path], picture: _Picture, sound: _Sound, limits: Limits) -> Clip:
    sound_end_s = len(sound.waveform) / SAMPLE_RATE_HZ
    duration_s = max(picture.end_s, sound_end_s)
    media.check_duration(files[0].name, duration_s, limits)
    waveform, notes = sound.waveform, (*picture.notes, *sound.notes)
    if sound.track is not None:
        waveform = np.pad(waveform, (0, max(0, round(duration_s * SAMPLE_RATE_HZ) - len(waveform))))
        notes += _edges(picture, sound.track.start_s, sound_end_s)
    return Clip(
        name=files[0].name,
        duration_s=duration_s,
        source=picture.source,
        waveform=waveform,
        soundtrack=sound.track,
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


def _shortfall(found_s: float, announced_s: float) -> tuple[str, ...]:
    if found_s > announced_s - max(SHORTFALL_S, SHORTFALL * announced_s):
        return ()
    return (
        f"The file is cut off or damaged: it announces {announced_s:.1f} s, and {found_s:.1f} s of "
        "it could be read.",
    )


def _no_picture(file: Path, heard: SoundFormat | None) -> MediaError:
    if heard is None:
        return MediaError(f'"{file.name}" holds neither picture nor sound. Choose a video file.')
    return MediaError(
        f'"{file.name}" has sound but no picture. Add a picture or a video to go with it.'
    )
