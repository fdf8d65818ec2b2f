"""What a live session asks of a variant: look at one frame with the sound so far."""

from dataclasses import dataclass
from functools import singledispatch
from typing import Protocol

import numpy as np

from avsl.errors import VariantError
from avsl.live.sound import Sound


@dataclass(frozen=True, eq=False)
class Sighting:
    """What a watcher makes of one frame."""

    map: np.ndarray  # (h, w) float32 in [0, 1], over the whole frame
    confidence: float  # in the variant's unit
    label: str = ""  # what is heard, "" where it has no name
    settled: bool = True  # False: it has seen and heard too little to deny that a source is in view


class Watcher(Protocol):
    """Follows one stream of frames; every session has its own."""

    sound_s: float  # how much of the sound it wants to have at hand
    sides_px: tuple[int, int]  # longer side of the frames it works from: least and most
    backlog: int  # frames before the newest that it wants to follow, where they came too fast

    def follow(self, time_s: float, picture: np.ndarray) -> None:
        """A frame of which nothing is asked, as :meth:`look` takes it; only with a backlog."""
        ...

    def look(self, time_s: float, picture: np.ndarray, sound: Sound) -> Sighting:
        """The next frame, uint8 (H, W, 3) RGB, later than the one before; H and W may change."""
        ...


@singledispatch
def watcher_for(variant: object) -> Watcher:
    """A fresh watcher for that kind of variant. Kinds are added with ``watcher_for.register``.

    Raises :class:`VariantError` for a variant that cannot look at a frame at a time.
    """
    raise VariantError(
        f'The variant "{variant.card.name}" cannot be used live. Choose sync, or one that looks '
        "at single frames."
    )
