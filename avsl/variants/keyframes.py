"""Encode a frame only where the picture changed: the dear step of every image-audio variant."""

from collections.abc import Callable
from typing import Protocol, Self

import cv2
import numpy as np

THUMBNAIL_PX = 32
SAME_GREY_LEVELS = 1.5  # mean difference of thumbnails up to which two frames show the same


class Features(Protocol):
    """What a network makes of N frames, before any sound."""

    @property
    def nbytes(self) -> int:
        """How much memory they take."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | list[int]) -> Self:
        """The features of some of the frames."""
        ...

    @classmethod
    def cat(cls, parts: list[Self]) -> Self:
        """Several batches as one."""
        ...


class KeyframeEncoder:
    """Hands out features frame by frame, encoding those that differ from the last encoded one."""

    def __init__(self, encode: Callable[[np.ndarray], Features]) -> None:
        self._encode = encode
        self._thumbnail: np.ndarray | None = None
        self._last: Features | None = None
        self.encoded = 0

    def __call__(self, frames: list[np.ndarray]) -> Features:
        """Features of N frames uint8 (H, W, 3): one entry each, in order."""
        fresh, place = [], []
        known = 0 if self._last is None else 1
        for frame in frames:
            if self._changed(frame):
                fresh.append(frame)
            place.append(known + len(fresh) - 1)
        parts = [self._last] if self._last is not None else []
        if fresh:
            parts.append(self._encode(np.stack(fresh)))
            self.encoded += len(fresh)
        features = type(parts[0]).cat(parts)
        self._last = features[-1:]
        return features[place]

    def _changed(self, frame: np.ndarray) -> bool:
        size = (THUMBNAIL_PX, THUMBNAIL_PX)
        thumbnail = cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        same = (
            self._thumbnail is not None
            and np.abs(thumbnail - self._thumbnail).mean() <= SAME_GREY_LEVELS
        )
        if not same:
            self._thumbnail = thumbnail
        return not same
