"""What is true of a generated clip: which thing sounds when, and which pixels show it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from avsl.audio import AUDIBLE_DBFS, FRAME_S, HOLD_S
from avsl.settings import SAMPLE_RATE_HZ


@dataclass(frozen=True, eq=False)
class Source:
    """One thing that sounds."""

    name: str
    spans_s: tuple[tuple[float, float], ...]  # when it is heard, start and end, rising
    in_view: bool
    mask: Callable[[float], np.ndarray]  # time in seconds -> bool (H, W), as seen on screen then

    def sounding_at(self, time_s: float) -> bool:
        return any(start <= time_s < end for start, end in self.spans_s)


@dataclass(frozen=True, eq=False)
class Truth:
    """The sources of a clip, in view or not; what moves silently is no source."""

    sources: tuple[Source, ...]
    width: int
    height: int

    def sounding_at(self, time_s: float) -> bool:
        """Whether any source is heard, in view or not."""
        return any(source.sounding_at(time_s) for source in self.sources)

    def mask_at(self, time_s: float) -> np.ndarray:
        """bool (H, W): the pixels of every source that is in view and heard at that time."""
        mask = np.zeros((self.height, self.width), bool)
        for source in self.sources:
            if source.in_view and source.sounding_at(time_s):
                mask |= source.mask(time_s)
        return mask


def audible_spans(track: np.ndarray) -> tuple[tuple[float, float], ...]:
    """When a track (S,) at 16 kHz is audible, as spans in seconds.

    A gap of less than twice the hold of the loudness gate belongs to the rhythm, as in
    :func:`avsl.audio.loudness_dbfs`.
    """
    frame = round(FRAME_S * SAMPLE_RATE_HZ)
    power = np.square(track[: len(track) // frame * frame].reshape(-1, frame)).mean(axis=1)
    heard = np.flatnonzero(10 * np.log10(power + 1e-30) >= AUDIBLE_DBFS)
    if not len(heard):
        return ()
    breaks = np.flatnonzero(np.diff(heard) * FRAME_S > 2 * HOLD_S)
    starts = heard[np.concatenate([[0], breaks + 1])]
    ends = heard[np.concatenate([breaks, [len(heard) - 1]])] + 1
    return tuple(
        (float(s * FRAME_S), float(e * FRAME_S)) for s, e in zip(starts, ends, strict=True)
    )
