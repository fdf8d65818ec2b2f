"""The sound of a file: decoded as it is, in one unbroken run from its first sample on."""

import itertools
import statistics
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av import AudioFrame, AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from avsl.errors import MediaError
from avsl.media import container as media
from avsl.media.container import Shifts

LATE_S = 0.03  # timestamps off by less need no second look
LOOKAHEAD_S = 1.0  # the sound that follows tells whether a timestamp is off or sound is missing
UNSTEADY_S = 0.01  # a clock that scatters by more is corrected at its first timestamp, too ...
MOST_LATE_START_S = 0.1  # ... by up to this
LOUDEST = 64.0  # 36 dB above full scale: no recording is beyond that
SILENCE_BLOCK_S = 1.0  # a hole is handed out in pieces, so that a wild timestamp fits in memory

TimedFrame = tuple[float | None, AudioFrame]  # with its start on the file's clock, where it tells


@dataclass(frozen=True)
class SoundFormat:
    """What the first decoded frames of a sound track tell."""

    stream_index: int
    shifts: Shifts
    sample_rate_hz: int
    channels: int
    layout: str
    start_s: float  # of the first sample, on the file's clock
    end_s: float | None  # on the file's clock, where the track itself says it ends


@dataclass
class SoundRepairs:
    """What had to be done while decoding; filled in as the blocks go by."""

    holes: list[tuple[float, float]] = field(default_factory=list)  # start and length, seconds
    overlap_s: float = 0.0  # cut because its time had been heard already
    unsteady_s: float = 0.0  # the most that a timestamp was off
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
        if self.overlap_s:
            notes.append(
                f"{self.overlap_s:.2f} s of sound overlapped what came before, and were cut."
            )
        if self.unsteady_s:
            notes.append(
                f"The timestamps of the sound are unsteady by up to {1000 * self.unsteady_s:.0f} "
                "ms; its samples were taken one after the other."
            )
        if self.lost_packets:
            notes.append(f"{self.lost_packets} packet(s) of sound could not be decoded.")
        if self.converted:
            notes.append(
                "The sound changes its rate or channels on the way; it was brought to those of "
                "its beginning."
            )
        return tuple(notes)


def probe_sound(file: Path, stream_index: int, shifts: Shifts = ()) -> SoundFormat:
    """What the beginning of one sound track tells; ``shifts`` are added to its timestamps.

    Raises :class:`MediaError` where nothing in it can be decoded.
    """
    with media.opened(file) as container:
        if stream_index >= len(container.streams):
            raise MediaError(f'"{file.name}" has changed since it was read: its sound is gone.')
        stream = container.streams[stream_index]
        frames = _frames(container, stream_index, shifts, SoundRepairs())
        for _, frame, upcoming in _with_lookahead(frames):
            start_s = upcoming[0][0] or 0.0
            late, scatter = _lateness(upcoming, start_s, 0, frame.sample_rate)
            if scatter > UNSTEADY_S * frame.sample_rate:
                late_s = late / frame.sample_rate
                start_s += min(max(late_s, -MOST_LATE_START_S), MOST_LATE_START_S)
            return SoundFormat(
                stream_index=stream_index,
                shifts=shifts,
                sample_rate_hz=frame.sample_rate,
                channels=frame.layout.nb_channels,
                layout=frame.layout.name,
                start_s=start_s,
                end_s=None if shifts else _track_end_s(stream),
            )
    raise MediaError(f'The sound track of "{file.name}" is empty or cannot be decoded.')


def sound_blocks(
    file: Path, sound: SoundFormat, repairs: SoundRepairs | None = None
) -> Iterator[np.ndarray]:
    """The whole track as float32 blocks (n, channels) without gaps, at its own rate.

    The first sample is that of ``sound.start_s``. The samples are counted, and a timestamp is
    believed only where those after it agree: then missing sound becomes silence, and sound that
    comes twice is cut. ``repairs`` remembers all of it.
    """
    repairs = repairs if repairs is not None else SoundRepairs()
    rate_hz = sound.sample_rate_hz
    done = 0  # samples handed out
    for start_s, frame, upcoming in _with_lookahead(_uniform(file, sound, repairs)):
        samples = _samples(frame)
        late = 0 if start_s is None else round((start_s - sound.start_s) * rate_hz) - done
        if abs(late) > LATE_S * rate_hz:
            typical, scatter = _lateness(upcoming, sound.start_s, done, rate_hz)
            agreed = min(late, typical, key=abs) if late * typical > 0 else 0
            if abs(agreed) <= LATE_S * rate_hz + scatter:
                repairs.unsteady_s = max(repairs.unsteady_s, abs(late) / rate_hz)
            elif agreed > 0:
                repairs.holes.append((done / rate_hz, agreed / rate_hz))
                done += agreed
                yield from _silence(agreed, sound)
            else:
                repairs.overlap_s += min(-agreed, len(samples)) / rate_hz
                samples = samples[-agreed:]
        if len(upcoming) == 1 and sound.end_s is not None:  # the encoder filled up its last frame
            samples = samples[: max(0, round((sound.end_s - sound.start_s) * rate_hz) - done)]
        done += len(samples)
        if len(samples):
            yield samples


def _with_lookahead(
    frames: Iterator[TimedFrame],
) -> Iterator[tuple[float | None, AudioFrame, Sequence[TimedFrame]]]:
    """Each frame with its start, and all that is known from it on: itself and what follows within
    LOOKAHEAD_S; itself alone only at the end.
    """
    upcoming: deque[TimedFrame] = deque()
    held_s = 0.0  # in all of them
    for start_s, frame in frames:
        upcoming.append((start_s, frame))
        held_s += frame.samples / frame.sample_rate
        while len(upcoming) > 1 and held_s - _length_s(upcoming[0]) >= LOOKAHEAD_S:
            yield *upcoming[0], upcoming
            held_s -= _length_s(upcoming.popleft())
    while upcoming:
        yield *upcoming[0], upcoming
        upcoming.popleft()


def _length_s(timed: TimedFrame) -> float:
    return timed[1].samples / timed[1].sample_rate


def _lateness(
    frames: Sequence[TimedFrame], origin_s: float, done: int, rate_hz: int
) -> tuple[int, int]:
    """By how many samples the timestamps of consecutive ``frames`` are later than a count of
    samples says that begins with ``done``: the median, and the median deviation from it.
    """
    lates = []
    for start_s, frame in frames:
        if start_s is not None:
            lates.append(round((start_s - origin_s) * rate_hz) - done)
        done += frame.samples
    if not lates:
        return 0, 0
    typical = statistics.median_low(lates)
    return typical, statistics.median_low([abs(late - typical) for late in lates])


def _uniform(file: Path, sound: SoundFormat, repairs: SoundRepairs) -> Iterator[TimedFrame]:
    """Decoded frames, those of another rate or layout converted to the first one's."""
    with media.opened(file) as container:
        for start_s, frame in _frames(container, sound.stream_index, sound.shifts, repairs):
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
    container: InputContainer, stream_index: int, shifts: Shifts, repairs: SoundRepairs
) -> Iterator[TimedFrame]:
    stream = container.streams[stream_index]
    for packet in itertools.chain(media.packets(container, stream, shifts), [None]):  # None flushes
        try:
            frames = stream.codec_context.decode(packet)
        except (av.FFmpegError, OSError):
            repairs.lost_packets += packet is not None
            continue
        for frame in frames:
            if frame.samples and frame.layout.nb_channels:
                start_s = None if frame.pts is None else float(frame.pts * stream.time_base)
                yield start_s, frame


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
