"""Truths at the size that is scored, from boxes in pixels or fractions and from mask files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from avsl.errors import MediaError
from avsl.metrics.boxes import consensus, rasterise
from train.data.cases import TRUTH_PX

LOSSY = (".jpg", ".jpeg")
NUDGE_PX = 1e-6  # so that 111 of 224 px is not rounded to pixel 110

Box = Sequence[float]  # left, top, right, bottom


def union(boxes: Iterable[Box]) -> np.ndarray:
    """Boxes as fractions of the picture -> (1, 224, 224) float32, 1 inside any of them."""
    return rasterise(list(boxes), TRUTH_PX).numpy().astype(np.float32)[None]


def agreed(boxes: Iterable[Box]) -> np.ndarray:
    """One box an annotator, as fractions -> (1, 224, 224): min(1, sum / 2)."""
    masks = [rasterise([box], TRUTH_PX).numpy() for box in boxes]
    if not masks:
        return np.zeros((1, TRUTH_PX, TRUTH_PX), np.float32)
    return consensus(np.stack(masks)).numpy().astype(np.float32)[None]


def fractions(box: Box, side_px: int) -> tuple[float, ...]:
    """A box in whole pixels of a ``side_px`` square -> fractions of it."""
    return tuple((value + NUDGE_PX) / side_px for value in box)


def mask(file: Path) -> np.ndarray:
    """A mask file of any size -> (224, 224) float32 of 0 and 1.

    Palette pictures: any index but 0. Lossless ones: brighter than half of their brightest. Jpegs:
    brighter than mid-grey, because their black is noisy.
    """
    try:
        with Image.open(file) as picture:
            if picture.mode not in ("P", "1", "L"):
                picture = picture.convert("L")
            values = np.asarray(picture).astype(np.float32)
            floor = 0.0 if picture.mode == "P" else values.max() / 2
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise MediaError(f'The mask "{file}" cannot be read. Download it again.') from error
    if file.suffix.lower() in LOSSY:
        floor = 127.0
    inside = Image.fromarray((values > floor).astype(np.uint8))
    small = inside.resize((TRUTH_PX, TRUTH_PX), Image.Resampling.NEAREST)
    return np.asarray(small).astype(np.float32)
