"""The sound of a file: decoded as it is, in one unbroken run from its first sample on."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av import AudioFrame, AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from avsl.errors import MediaError
from avsl.media import container as media

JITTER_S = 0.03  # timestamps this far off are unsteady (live recordings), not holes
JUMP_BACK_S = 1.0  # timestamps that go back this far have restarted, as in joined files
LOUDEST = 64.0  # 36 dB above full scale: no recording is beyond that
SILENCE_BLOCK_S = 1.0  # a hole is handed out in pieces, so that a wild timestamp fits in memory

TimedFrame = tuple[float | None, AudioFrame]  # with its start on the file's clock, where it tells


@dataclass(frozen=True)
class SoundFormat:
    """What the first decoded frame of a sound track tells."""

    stream_index: int
    sample_rate_hz: int
    channels: int
    layout: str
    start_s: float  # of the first sample, on the file's clock
    announced_s: float  # duration of the file by its header; 0 where it claims none
    end_s: float | None  # on the file's clock, where the track itself says it ends
    notes: tuple[str, ...]


@dataclass
class SoundRepairs:
    """What had to be done while decoding; filled in as the blocks go by."""

    holes: list[tuple[float, float]] = field(default_factory=list)  # start and length, seconds
    restarts: int = 0
    converted: bool = False
    lost_packets: int = 0

    def notes(self) -> tuple[str, ...]:
        """Sentences for :attr:`avsl.clip.Clip.notes`."""
        notes = []
        if self.holes:
            notes.append(
                f"{len(self.holes)} hole(s) in the sound, {sum(s for _, s in self.holes):.2f} s in "
                f"all, the first at {self.holes[0][0]:.1f} s, were filled with silence."
            )
        if self.lost_packets:
            notes.append(f"{self.lost_packets} packet(s) of sound could not be decoded.")
        if self.restarts:
            notes.append(
                f"The clock of the sound jumps back {self.restarts} time(s); the parts were joined "
                "without a gap."
            )
        if self.converted:
            notes.append(
                "The sound changes its rate or channels on the way; it was brought to those of "
                "its beginning."
            )
        return tuple(notes)


def probe_sound(file: Path, stream_index: int | None = None) -> SoundFormat | None:
    """The best sound track of a file, or the one asked for; None where it has none.

    Raises :class:`MediaError` where there is a track and nothing in it can be decoded.
    """
    with media.opened(file) as container:
        stream, notes = media.sound_stream(container)
        if stream is None:
            return None
        if stream_index is not None:
            stream = container.streams[stream_index]
        announced_s = media.announced_s(container)
        for start_s, frame in _frames(container, stream.index, SoundRepairs()):
            return SoundFormat(
                stream_index=stream.index,
                sample_rate_hz=frame.sample_rate,
                channels=frame.layout.nb_channels,
                layout=frame.layout.name,
                start_s=start_s or 0.0,
                announced_s=announced_s,
                end_s=_track_end_s(stream),
                notes=notes,
            )
    raise MediaError(f'The sound track of "{file.name}" is empty or cannot be decoded.')


def sound_blocks(
    file: Path, sound: SoundFormat, repairs: SoundRepairs | None = None
) -> Iterator[np.ndarray]:
    """The whole track as float32 blocks (n, channels) without gaps, at its own rate.

    The first sample is that of ``sound.start_s``. Holes become silence, overlaps are cut, and
    ``repairs`` remembers both.
    """
    repairs = repairs if repairs is not None else SoundRepairs()
    rate_hz = sound.sample_rate_hz
    done = 0  # samples handed out
    origin_s = sound.start_s
    for (start_s, frame), is_last in _with_last(_uniform(file, sound, repairs)):
        samples = _samples(frame)
        late = 0 if start_s is None else round((start_s - origin_s) * rate_hz) - done
        if late < -JUMP_BACK_S * rate_hz:
            repairs.restarts += 1
            origin_s += late / rate_hz
        elif late > JITTER_S * rate_hz:
            repairs.holes.append((done / rate_hz, late / rate_hz))
            done += late
            yield from _silence(late, sound)
        elif late < -JITTER_S * rate_hz:
            samples = samples[-late:]
        if is_last and sound.end_s is not None:  # the encoder filled up its last frame
            samples = samples[: max(0, round((sound.end_s - origin_s) * rate_hz) - done)]
        done += len(samples)
        if len(samples):
            yield samples


def _uniform(file: Path, sound: SoundFormat, repairs: SoundRepairs) -> Iterator[TimedFrame]:
    """Decoded frames, those of another rate or layout converted to the first one's."""
    with media.opened(file) as container:
        for start_s, frame in _frames(container, sound.stream_index, repairs):
            same_rate = frame.sample_rate == sound.sample_rate_hz
            if same_rate and frame.layout.nb_channels == sound.channels:
                yield start_s, frame
                continue
            repairs.converted = True
            try:
                resampler = AudioResampler("fltp", sound.layout, sound.sample_rate_hz)
                converted = [*resampler.resample(frame), *resampler.resample(None)]
            except (av.FFmpegError, ValueError):
                repairs.lost_packets += 1
                continue
            for part in converted:
                yield start_s, part
                start_s = None  # the others follow on


def _frames(
    container: InputContainer, stream_index: int, repairs: SoundRepairs
) -> Iterator[TimedFrame]:
    stream = container.streams[stream_index]
    for packet in itertools.chain(media.packets(container, stream), [None]):  # None flushes
        try:
            frames = stream.codec_context.decode(packet)
        except (av.FFmpegError, OSError):
            repairs.lost_packets += packet is not None
            continue
        for frame in frames:
            if frame.samples and frame.layout.nb_channels:
                start_s = None if frame.pts is None else float(frame.pts * stream.time_base)
                yield start_s, frame


def _with_last(frames: Iterator[TimedFrame]) -> Iterator[tuple[TimedFrame, bool]]:
    """Each frame and whether it is the last one."""
    held = next(frames, None)
    for frame in frames:
        yield held, False
        held = frame
    if held is not None:
        yield held, True


def _samples(frame: AudioFrame) -> np.ndarray:
    """(n, channels) float32; full scale is 1, broken numbers are silence."""
    array = frame.to_ndarray()
    array = array.T if frame.format.is_planar else array.reshape(-1, frame.layout.nb_channels)
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128) / 128
    if array.dtype.kind == "i":
        return array.astype(np.float32) / -float(np.iinfo(array.dtype).min)
    sound = np.nan_to_num(array.astype(np.float32), posinf=0, neginf=0)
    return np.clip(sound, -LOUDEST, LOUDEST)  # sums of the largest numbers would be no numbers


def _silence(samples: int, sound: SoundFormat) -> Iterator[np.ndarray]:
    block = max(1, round(SILENCE_BLOCK_S * sound.sample_rate_hz))
    for start in range(0, samples, block):
        yield np.zeros((min(block, samples - start), sound.channels), np.float32)


def _track_end_s(stream: AudioStream) -> float | None:
    """Only mp4 and its kin state the end of each track to the sample."""
    if stream.container.format.name != "mov,mp4,m4a,3gp,3g2,mj2" or not stream.duration:
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
