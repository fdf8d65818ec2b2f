"""Where one shot ends and another begins."""

from collections.abc import Iterable

import cv2
import numpy as np

CUT_LIKENESS = 0.5  # consecutive frames correlating less than this ...
CUT_GREY = 12.0  # ... and differing by more grey levels than this are two shots


def is_cut(previous: np.ndarray, frame: np.ndarray) -> bool:
    """Whether another shot begins: small grey frames uint8 (H, W) that neither look alike nor
    match in place.
    """
    if cv2.norm(previous, frame, cv2.NORM_L1) / frame.size < CUT_GREY:
        return False
    likeness = cv2.matchTemplate(previous, frame, cv2.TM_CCOEFF_NORMED)[0, 0]
    return bool(likeness < CUT_LIKENESS)


def cut_times(frames: Iterable[tuple[float, np.ndarray]]) -> tuple[float, ...]:
    """When each new shot begins, in seconds, from ``(time_s, small grey frame)`` in order."""
    cuts, previous = [], None
    for time_s, frame in frames:
        if previous is not None and is_cut(previous, frame):
            cuts.append(time_s)
        previous = frame
    return tuple(cuts)
