"""A Clip: frames on a clock and a waveform on the same clock."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torchaudio.functional as AF

from avsl.audio import ChannelPowers
from avsl.errors import SettingError
from avsl.settings import SAMPLE_RATE_HZ


class FrameSource(Protocol):
    """Where frames come from: a file, arrays in memory, a still image."""

    width: int  # pixels, upright, square
    height: int
    times_s: np.ndarray  # (F,) float64, when each frame appears on the clip's clock, rising

    def stream(self, width: int, height: int, gray: bool) -> Iterator[tuple[float, np.ndarray]]:
        """Every frame in order as ``(time_s, uint8 (H, W, 3) RGB or (H, W) gray)``, resized."""
        ...

    def damage(self) -> tuple[str, ...]:
        """Sentences on what could not be decoded so far; empty for a sound file."""
        ...


@dataclass(frozen=True)
class SoundTrack:
    """The original sound of a clip, for writing it back unchanged: never resampled or mixed."""

    path: Path
    stream_index: int  # index among the container's streams
    start_s: float  # when its first sample sounds on the clip's clock
    shifts: tuple[tuple[int, int], ...] = ()  # of its timestamps, see avsl.media.scan
    opened: "OpenTrack | None" = None  # who decodes it; None: this process, see avsl.media.wav


OpenTrack = Callable[[SoundTrack], tuple[int, int, Iterator[np.ndarray]]]
"""Gives a track's rate in Hz, its channels, and all of it as float32 blocks (n, channels)."""


@dataclass(frozen=True)
class MediaFile:
    """A file that a clip was read from."""

    name: str
    sha256: str
    path: Path | None = None  # None: it is nobody's business where it lay


@dataclass(frozen=True, eq=False)
class Clip:
    """A video with its sound. Make one with :func:`avsl.media.read` or :meth:`from_arrays`.

    Time 0 is when the earlier of picture and sound begins; ``duration_s`` is when the later ends.
    Frames are decoded when asked for, so memory does not grow with length.
    """

    name: str
    duration_s: float
    source: FrameSource
    waveform: np.ndarray  # (S,) float32 in [-1, 1], mono, 16 kHz, from time 0; S = 0: no sound
    soundtrack: SoundTrack | None = None  # None: the waveform is all there is
    path: Path | None = None
    digest: str = ""  # sha256 of the media file(s), for provenance
    notes: tuple[str, ...] = ()  # what had to be done to it, as sentences
    files: tuple[MediaFile, ...] = ()  # the picture's, then the one whose sound replaces its own

    @property
    def width(self) -> int:
        return self.source.width

    @property
    def height(self) -> int:
        return self.source.height

    @property
    def frame_times_s(self) -> np.ndarray:
        """(F,) float64, rising: when each native frame appears."""
        return self.source.times_s

    @property
    def fps_hz(self) -> float:
        """Mean frame rate over the clip; 0 for a still picture, and where no time passes."""
        times = self.frame_times_s
        span_s = float(times[-1] - times[0])
        return (len(times) - 1) / span_s if span_s > 0 else 0.0

    @property
    def has_sound(self) -> bool:
        return self.waveform.size > 0

    def stream(
        self, width: int | None = None, height: int | None = None, gray: bool = False
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield every native frame in order as ``(time_s, frame)``.

        Frames are uint8 (H, W, 3) RGB, or (H, W) with ``gray``; resizing happens while decoding,
        so small frames are cheap. Give both sizes or one (the other keeps the aspect) or none.
        """
        width, height = self._size(width, height)
        return self.source.stream(width, height, gray)

    def frames_at(
        self, times_s: np.ndarray, width: int | None = None, height: int | None = None
    ) -> Iterator[np.ndarray]:
        """Yield the frame on screen at each of ``times_s`` (N,), which must not fall.

        uint8 (H, W, 3) RGB, upright. Decodes once in order from the start (seeking is not
        trustworthy in every file) and holds one frame; before the first frame the first stands
        in, after the last the last.
        """
        done, shown = 0, None
        with closing(self.stream(width, height)) as stream:
            for time_s, frame in stream:
                while shown is not None and done < len(times_s) and times_s[done] < time_s:
                    yield shown
                    done += 1
                if done == len(times_s):
                    return
                shown = frame
        for _ in range(done, len(times_s)):
            yield shown

    def frames(
        self, times_s: np.ndarray, width: int | None = None, height: int | None = None
    ) -> np.ndarray:
        """The frames on screen at ``times_s`` (N,), in any order: uint8 (N, H, W, 3) RGB.

        Holds all N in memory; :meth:`frames_at` yields them one at a time.
        """
        times_s = np.asarray(times_s, dtype=np.float64)
        width, height = self._size(width, height)
        out = np.zeros((len(times_s), height, width, 3), np.uint8)
        order = np.argsort(times_s, kind="stable")
        for index, frame in zip(order, self.frames_at(times_s[order], width, height), strict=True):
            out[index] = frame
        return out

    def with_sound(self, waveform: np.ndarray, note: str) -> "Clip":
        """The same picture with another sound: (S,) float32 mono 16 kHz, cut or padded to fit.

        The frames are untouched, so anything encoded from them stays valid. ``note`` says where
        the sound came from; what did not fit is added to it.
        """
        length = round(self.duration_s * SAMPLE_RATE_HZ)
        fitted = np.zeros(length, np.float32)
        fitted[: min(length, len(waveform))] = waveform[:length]
        excess_s = (len(waveform) - length) / SAMPLE_RATE_HZ
        if excess_s > 0.05:
            note += f" Its last {excess_s:.1f} s, beyond the picture's end, were cut."
        if excess_s < -0.05:
            note += f" It ends {-excess_s:.1f} s before the picture; silence follows."
        notes = (*self.notes, note)
        return replace(self, waveform=fitted, soundtrack=None, digest="", files=(), notes=notes)

    @classmethod
    def from_arrays(
        cls,
        frames: np.ndarray,
        fps_hz: float,
        waveform: np.ndarray,
        sample_rate_hz: int = SAMPLE_RATE_HZ,
        name: str = "arrays",
    ) -> "Clip":
        """A clip from memory: frames uint8 (F, H, W, 3), waveform (S,) or (S, channels).

        Channels are averaged and the rate is brought to 16 kHz, which the notes say.
        """
        frames = np.asarray(frames)
        if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or not len(frames):
            raise SettingError("Frames must be a uint8 array of shape (frames, height, width, 3).")
        if not 0 < fps_hz < np.inf:
            raise SettingError(f"Frames per second must be a positive number, not {fps_hz}.")
        mono, notes = mono_16k(np.asarray(waveform), sample_rate_hz)
        times_s = np.arange(len(frames)) / fps_hz
        duration_s = max(len(frames) / fps_hz, len(mono) / SAMPLE_RATE_HZ)
        return cls(name, duration_s, ArrayFrames(frames, times_s), mono, notes=notes)

    def _size(self, width: int | None, height: int | None) -> tuple[int, int]:
        if width is None and height is None:
            return self.width, self.height
        if width is None:
            width = max(1, round(self.width * height / self.height))
        if height is None:
            height = max(1, round(self.height * width / self.width))
        return width, height


def mono_16k(waveform: np.ndarray, sample_rate_hz: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Average the channels (or take one, where they cancel each other) and resample:
    (S,) or (S, channels) -> ((S',) float32, notes).
    """
    waveform = waveform.astype(np.float32, copy=False)
    channels, channel = 1, None
    if waveform.ndim == 2:
        channels, powers = waveform.shape[1], ChannelPowers()
        powers.add(waveform)
        channel = powers.channel_to_use()
        waveform = waveform.mean(axis=1) if channel is None else waveform[:, channel]
    notes = conversion_notes(channels, sample_rate_hz, channel)
    if sample_rate_hz != SAMPLE_RATE_HZ:
        tensor = torch.from_numpy(np.ascontiguousarray(waveform))
        waveform = AF.resample(tensor, sample_rate_hz, SAMPLE_RATE_HZ).numpy()
    return np.clip(np.nan_to_num(waveform), -1.0, 1.0), notes


def conversion_notes(
    channels: int, sample_rate_hz: int, channel: int | None = None
) -> tuple[str, ...]:
    """Sentences on what it takes to bring a sound to mono 16 kHz; none where it is that already.

    ``channel``: the one (from 0) that is used because the mean of all would be silent.
    """
    notes = []
    if channel is not None:
        notes.append(
            f"The {channels} sound channels cancel each other (they are out of phase), so channel "
            f"{channel + 1} alone was used."
        )
    elif channels > 1:
        notes.append(f"The {channels} sound channels were averaged to one.")
    if sample_rate_hz != SAMPLE_RATE_HZ:
        notes.append(f"The sound was resampled from {sample_rate_hz} Hz to {SAMPLE_RATE_HZ} Hz.")
    return tuple(notes)


class ArrayFrames:
    """A :class:`FrameSource` over frames in memory; one frame makes a still picture."""

    def __init__(self, frames: np.ndarray, times_s: np.ndarray) -> None:
        self._frames = frames
        self.times_s = times_s
        self.height, self.width = frames.shape[1:3]

    def stream(self, width: int, height: int, gray: bool) -> Iterator[tuple[float, np.ndarray]]:
        for time_s, frame in zip(self.times_s, self._frames, strict=True):
            yield float(time_s), resized(frame, width, height, gray)

    def damage(self) -> tuple[str, ...]:
        return ()


def resized(frame: np.ndarray, width: int, height: int, gray: bool) -> np.ndarray:
    """uint8 (H, W, 3) RGB -> (height, width, 3), or (height, width) with ``gray``."""
    import cv2

    if gray:
        frame = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    if frame.shape[:2] == (height, width):
        return frame
    shrinking = height * width < frame.shape[0] * frame.shape[1]
    return cv2.resize(
        frame, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    )
