"""The functions of :mod:`avsl.media.reading` with every decoder in a child process.

A child answers for one pass over a file and is gone: one reads it, one for each time that its
frames are streamed, one for its original sound. So nothing lives between, however many clips are
kept, and a pass that stops early costs no more than a kill. What a child says is taken for what it
is, a stranger's word: sizes and numbers are checked, and nothing in it is executed.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from avsl import errors
from avsl.clip import ArrayFrames, Clip, FrameSource, MediaFile, SoundTrack
from avsl.errors import AvslError, LimitError, MediaError
from avsl.isolation import (
    Allowance,
    Child,
    Crashed,
    Failed,
    Hung,
    Keeper,
    Message,
    Overgrown,
    Tired,
)
from avsl.isolation.keeper import START_S
from avsl.media import container as media
from avsl.media.scan import MOST_PARTS
from avsl.media.video import VideoFrames
from avsl.progress import ask_whether_to_go_on
from avsl.settings import LIMITS, SAMPLE_RATE_HZ, Limits

keeper = Keeper("avsl.media.serving")
log = logging.getLogger(__name__)

MOST_NOTES, MOST_NOTE = 100, 2000  # sentences, characters
MOST_CHANNELS, MOST_RATE_HZ = 1024, 10_000_000


def read(path: str | Path, sound: str | Path | None = None, limits: Limits = LIMITS) -> Clip:
    """As :func:`avsl.media.read`; the clip's frames and original sound come from children too."""
    file = media.local_file(path, limits)
    files = [file] if sound is None else [file, media.local_file(sound, limits)]
    other = {"sound": str(files[1])} if len(files) > 1 else {}
    with _job("read", file, limits, **other) as answers:
        return _clip(files, limits, next(answers))


def read_sound(path: str | Path, limits: Limits = LIMITS) -> tuple[np.ndarray, tuple[str, ...]]:
    """As :func:`avsl.media.read_sound`."""
    file = media.local_file(path, limits)
    with _job("sound", file, limits) as answers:
        told = next(answers)
        return _waveform(told.arrays[0], limits), _notes(told.told["notes"])


def read_picture(
    path: str | Path, time_s: float | None = None, limits: Limits = LIMITS
) -> tuple[np.ndarray, tuple[str, ...]]:
    """As :func:`avsl.media.read_picture`."""
    file = media.local_file(path, limits)
    with _job("picture", file, limits, time_s=time_s) as answers:
        told = next(answers)
        return _frame(told.arrays[0], limits), _notes(told.told["notes"])


def read_mask(path: str | Path, limits: Limits = LIMITS) -> np.ndarray:
    """As :func:`avsl.media.read_mask`."""
    file = media.local_file(path, limits)
    with _job("mask", file, limits) as answers:
        mask = next(answers).arrays[0]
        _require(mask.dtype == np.uint8 and mask.ndim == 2 and 0 < mask.size <= limits.max_pixels)
        return mask


@dataclass(frozen=True)
class RemoteDecoder:
    """A :data:`avsl.media.video.Decode`: each pass is a child's."""

    file: Path
    sealed: np.ndarray  # a child's own facts, for the next child
    frames: int
    limits: Limits

    def __call__(self, width: int, height: int, gray: bool) -> Iterator[tuple[int, np.ndarray]]:
        shape = (height, width) if gray else (height, width, 3)
        size, last = [width, height, gray], -1
        with _job("stream", self.file, self.limits, self.sealed, size=size) as answers:
            for told in answers:
                place, frame = told.told["place"], told.arrays[0]
                _require(type(place) is int and last < place < self.frames)
                _require(frame.dtype == np.uint8 and frame.shape == shape)
                last = place
                yield place, frame


def opened(track: SoundTrack, limits: Limits = LIMITS) -> tuple[int, int, Iterator[np.ndarray]]:
    """An :data:`avsl.clip.OpenTrack` whose decoder is a child."""
    blocks = _track(track, limits)
    rate_hz, channels = next(blocks)
    return rate_hz, channels, blocks


def _track(track: SoundTrack, limits: Limits) -> Iterator:
    """First (rate, channels), then the blocks."""
    wish = {"stream": track.stream_index, "shifts": track.shifts}
    with _job("track", track.path, limits, **wish) as answers:
        told = next(answers).told
        rate_hz, channels = told["rate_hz"], told["channels"]
        _require(type(rate_hz) is int and 0 < rate_hz <= MOST_RATE_HZ)
        _require(type(channels) is int and 0 < channels <= MOST_CHANNELS)
        yield rate_hz, channels
        left = round((limits.max_duration_s + media.DURATION_SLACK_S) * rate_hz)
        for block in (told.arrays[0] for told in answers):
            _require(block.dtype == np.float32 and block.shape[1:] == (channels,))
            left -= len(block)
            _require(left >= 0)
            yield block


# A clip from what a child says of it.


def _clip(files: list[Path], limits: Limits, told: Message) -> Clip:
    facts, (waveform, *picture) = told.told, told.arrays
    duration_s, digests = float(facts["duration_s"]), [str(each) for each in facts["digests"]]
    _require(0 <= duration_s <= limits.max_duration_s + media.DURATION_SLACK_S)
    _require(len(digests) == len(files))
    return Clip(
        name=files[0].name,
        duration_s=duration_s,
        source=_source(files[0], limits, facts, picture),
        waveform=_waveform(waveform, limits),
        soundtrack=_soundtrack(files[-1], limits, facts["track"]),
        path=files[0],
        digest=str(facts["digest"]),
        files=tuple(
            MediaFile(file.name, digest, file) for file, digest in zip(files, digests, strict=True)
        ),
        notes=_notes(facts["notes"]),
    )


def _source(file: Path, limits: Limits, facts: dict, picture: list[np.ndarray]) -> FrameSource:
    if not facts["moves"]:
        return ArrayFrames(_frame(picture[0], limits)[None], np.zeros(1))
    times_s, sealed = picture
    _require(times_s.dtype == np.float64 and times_s.ndim == 1)
    _require(0 < len(times_s) <= limits.max_frames and bool(np.isfinite(times_s).all()))
    _require(bool((np.diff(times_s) >= 0).all()))
    width, height = (int(side) for side in facts["size"])
    _require(min(width, height) > 0 and width * height <= limits.max_pixels)
    return VideoFrames(times_s, width, height, RemoteDecoder(file, sealed, len(times_s), limits))


def _soundtrack(file: Path, limits: Limits, told: list | None) -> SoundTrack | None:
    if told is None:
        return None
    stream, start_s = int(told[0]), float(told[1])
    shifts = tuple((int(first), int(ticks)) for first, ticks in told[2])
    _require(stream >= 0 and math.isfinite(start_s) and len(shifts) <= MOST_PARTS)
    return SoundTrack(file, stream, start_s, shifts, lambda track: opened(track, limits))


def _waveform(waveform: np.ndarray, limits: Limits) -> np.ndarray:
    most = round((limits.max_duration_s + media.DURATION_SLACK_S) * SAMPLE_RATE_HZ)
    _require(waveform.dtype == np.float32 and waveform.ndim == 1 and len(waveform) <= most)
    _require(bool(np.isfinite(waveform).all()))
    return waveform


def _frame(frame: np.ndarray, limits: Limits) -> np.ndarray:
    _require(frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3)
    _require(0 < frame.shape[0] * frame.shape[1] <= limits.max_pixels)
    return frame


def _notes(told: list) -> tuple[str, ...]:
    return tuple(str(note)[:MOST_NOTE] for note in told[:MOST_NOTES])


def _require(fits: bool) -> None:
    if not fits:
        raise Crashed("a child said what cannot be")


# One job, and what becomes of it when the child does not survive.


class _Unexpected(Failed):
    """Code of ours or of Python's libraries raised what nobody there expects."""


@contextmanager
def _job(
    kind: str, file: Path, limits: Limits, *arrays: np.ndarray, **wish: Any
) -> Iterator[Iterator[Message]]:
    """The answers of a child to one request about ``file``; it is dead when this is left."""
    ask = Message(kind, {"path": str(file), "limits": asdict(limits), **wish}, arrays)
    allowance = Allowance(
        limits.max_decoder_bytes, round(limits.max_decoder_cpu_s), limits.max_decoder_silence_s
    )
    try:
        with keeper.child(allowance) as child:
            child.receive(ask_whether_to_go_on, START_S)  # it is ready
            child.send(ask)
            yield _answers(child)
    except Failed as error:
        log.warning("%s: %s", type(error).__name__, error)
        raise _sentence(file.name, limits, error) from error
    except (KeyError, TypeError, ValueError, IndexError, StopIteration) as error:
        log.warning("a child's answer makes no sense: %r", error)
        raise _sentence(file.name, limits, error) from error


def _answers(child: Child) -> Iterator[Message]:
    while True:
        told = child.receive(ask_whether_to_go_on)
        if told.kind == "end":
            return
        if told.kind == "refused":
            raise _refusal(told.told)
        if told.kind == "overgrown":
            raise Overgrown("it ran out of memory")
        if told.kind == "failed":
            raise _Unexpected(told.told.get("text", ""))
        yield told


def _refusal(told: dict) -> AvslError:
    kind = getattr(errors, str(told["kind"]), MediaError)
    known = isinstance(kind, type) and issubclass(kind, AvslError) and kind is not errors.Cancelled
    return (kind if known else MediaError)(str(told["text"])[:MOST_NOTE])


def _sentence(name: str, limits: Limits, error: Exception) -> AvslError:
    match error:
        case Overgrown():
            return LimitError(
                f'Decoding "{name}" takes more than the {limits.max_decoder_bytes / 1e6:.0f} MB of '
                "memory that one file may use. Scale it down, or convert it to mp4 first."
            )
        case Hung():
            return MediaError(
                f'"{name}" was given up: its decoder did nothing for '
                f"{limits.max_decoder_silence_s:.0f} s. The file may be damaged; convert it to mp4 "
                "first."
            )
        case Tired():
            return LimitError(
                f'Decoding "{name}" took more than {limits.max_decoder_cpu_s:.0f} s of computing. '
                "Cut it or scale it down."
            )
        case _Unexpected():
            return MediaError(
                f'"{name}" cannot be read: it holds something that this program does not know. '
                "Convert it to mp4 first (a picture to JPEG), or try another file."
            )
    return MediaError(
        f'"{name}" cannot be read: its decoder crashed on it. The file may be damaged, or made to '
        "do that; convert it to mp4 first, or try another one."
    )
