"""Where two variants mark the same and where not, as a picture: patterns, not colours alone."""

from dataclasses import dataclass

import cv2
import numpy as np

from avsl.compare import Agreement, agreement
from avsl.localization import Localization

RGB = {  # Okabe and Ito: told apart by colour-blind eyes too
    Agreement.FIRST: (240, 166, 0),
    Agreement.SECOND: (86, 180, 233),
    Agreement.BOTH: (255, 255, 255),
}
DIMMED = 0.5  # what is left of the frame's brightness
STRENGTH = 0.9  # of stripes and dots
BETWEEN = 0.3  # of the ground between them
PERIODS = 60  # across the picture
MARKS = (Agreement.FIRST, Agreement.SECOND, Agreement.BOTH)


@dataclass(frozen=True, eq=False)
class Shared:
    """One moment of two variants."""

    picture: np.ndarray  # uint8 (H, W, 3)
    shares: tuple[float, float, float]  # of the frame: the first alone, the second alone, both


def shared(
    frame: np.ndarray,
    first: Localization,
    second: Localization,
    index: int,
    threshold: float | None = None,
) -> Shared:
    """Draw on ``frame`` uint8 (H, W, 3), each at its own threshold or both at ``threshold``."""
    who = agreement(first, second, index, threshold)
    shares = tuple(float((who == mark).mean()) for mark in MARKS)
    height, width = frame.shape[:2]
    marks = {mark: _enlarged(who == mark, width, height) for mark in MARKS}
    return Shared(_drawn(frame, marks), shares)


def _enlarged(mask: np.ndarray, width: int, height: int) -> np.ndarray:
    """bool (h, w) -> bool (height, width), with smooth edges."""
    large = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return large >= 0.5


def _drawn(frame: np.ndarray, marks: dict[Agreement, np.ndarray]) -> np.ndarray:
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    drawn = np.repeat(DIMMED * gray[..., None], 3, axis=2)
    for mark, inside in marks.items():
        alpha = np.where(_pattern(mark, *frame.shape[:2]), STRENGTH, BETWEEN)[inside][:, None]
        drawn[inside] = (1 - alpha) * drawn[inside] + alpha * np.float32(RGB[mark])
    return drawn.round().astype(np.uint8)


def _pattern(mark: Agreement, height: int, width: int) -> np.ndarray:
    """bool (height, width): slanted stripes one way, the other way, or all of it."""
    period = max(6, max(height, width) // PERIODS)
    y, x = np.ogrid[:height, :width]
    if mark is Agreement.FIRST:
        return (x + y) % period < period / 2
    if mark is Agreement.SECOND:
        return (x - y) % period < period / 2
    return np.ones((height, width), bool)
