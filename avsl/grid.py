"""What is shown, on one grid: so that variants, or sounds, whose maps differ in size compare."""

import numpy as np

from avsl.localization import Localization, mask

LONG_SIDE_PX = 160  # of the grid; a frame that is smaller is its own grid


def grid_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of the grid of a frame, with its shape."""
    scale = min(1.0, LONG_SIDE_PX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def region(localization: Localization, index: int, threshold: float | None = None) -> np.ndarray:
    """The region shown at one moment: bool (h, w) of the clip's grid, as a picture of it would
    mark it; at ``threshold``, or the variant's own.
    """
    level = localization.threshold if threshold is None else threshold
    size = grid_size(localization.width, localization.height)
    return mask(localization.shown(index), level, *size)
