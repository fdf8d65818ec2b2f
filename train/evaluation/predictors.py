"""Run a variant on a case: maps on the 224 px grid that every protocol scores."""

import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from avsl.clip import Clip
from avsl.errors import VariantError
from avsl.variants import Variant
from train.data.cases import TRUTH_PX, Case


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a variant says of one case."""

    maps: np.ndarray  # (T, 224, 224) float16 in [0, 1]
    confidence: np.ndarray  # (T,) float32, in the unit of the variant's card
    seconds: float  # spent in the variant


def predict(variant: Variant, case: Case) -> Predicted:
    """The maps of ``case``, brought to 224 x 224 bilinearly and kept in half precision.

    :class:`VariantError` where the variant cannot judge such a clip, or returns what is no map.
    """
    name, needed_s, picture_s = variant.card.name, variant.card.min_duration_s, moving_s(case.clip)
    if picture_s < needed_s:
        shown = f"moves for {picture_s:.1f} s" if picture_s else "stands still"
        raise VariantError(f"{name} needs {needed_s:g} s of video, and the picture {shown}.")
    started = time.perf_counter()
    evidence = variant.localize(case.clip, case.times_s)
    seconds = time.perf_counter() - started
    maps = np.asarray(evidence.maps)
    if maps.ndim != 3 or len(maps) != len(case.times_s) or not np.isfinite(maps).all():
        raise VariantError(
            f"{name} gave maps of shape {maps.shape} for {len(case.times_s)} moments, or values "
            "that are not finite; each moment needs one map of numbers from 0 to 1."
        )
    confidence = np.asarray(evidence.confidence, np.float32)
    return Predicted(on_grid(maps), confidence, seconds)


def moving_s(clip: Clip) -> float:
    """How long a clip has a picture that can move: 0 for a still one."""
    times_s = clip.frame_times_s
    count = len(times_s)
    return float(times_s[-1] - times_s[0]) * count / (count - 1) if count > 1 else 0.0


def on_grid(maps: np.ndarray) -> np.ndarray:
    """(T, h, w) in [0, 1] -> (T, 224, 224) float16: bilinear, pixel centres (not corners) kept."""
    bounded = torch.from_numpy(np.clip(maps, 0, 1, dtype=np.float32))
    if bounded.shape[1:] != (TRUTH_PX, TRUTH_PX):
        bounded = F.interpolate(bounded[:, None], (TRUTH_PX, TRUTH_PX), mode="bilinear")[:, 0]
    return bounded.half().numpy()
