"""How well maps find what sounds, against truth that is known to the pixel."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from avsl.metrics.overlap import auc, ciou, success
from avsl.metrics.thresholds import SWEEP, best, sweep


@dataclass(frozen=True)
class Measures:
    """Of B maps at one absolute threshold for all of them, in per cent."""

    threshold: float  # in [0, 1]
    ciou: float  # share of the maps with an overlap of at least a half
    auc: float
    miou: float  # mean overlap
    covered: float  # share of what sounds that is marked: how complete the map is
    inside: float  # share of what is marked that sounds: how compact it is
    on_source: float  # share of the maps whose peak is on what sounds
    on_silent: float  # and on something in view that is silent


def measured(
    maps: Tensor, truth: Tensor, silent: Tensor, threshold: float | None = None
) -> Measures:
    """``maps`` (B, h, w) in [0, 1], ``truth`` and ``silent`` (B, H, W) bool, none of truth's empty.

    ``threshold``: of 0.05 to 0.95 by 0.05, as chosen on other scenes; None: the best for cIoU here.
    """
    large = _large(maps, truth)
    areas = sweep(large, truth.float())
    chosen = best(areas) if threshold is None else int((SWEEP - threshold).abs().argmin())
    level = float(SWEEP[chosen])
    overlap, marked = ciou(areas.at(chosen)), large >= level
    both = (marked & truth).flatten(1).sum(1)

    def per_cent(shares: Tensor) -> float:
        return 100 * shares.float().mean().item()

    return Measures(
        round(level, 2),
        per_cent(success(overlap)),
        per_cent(auc(overlap)),
        per_cent(overlap),
        per_cent(both / truth.flatten(1).sum(1)),
        per_cent((both / marked.flatten(1).sum(1))[marked.flatten(1).any(1)]),
        per_cent(peak_on(maps, truth)),
        per_cent(peak_on(maps, silent)),
    )


def peak_on(maps: Tensor, where: Tensor) -> Tensor:
    """(B,) bool: whether the highest place of each map (B, h, w) is in ``where`` (B, H, W)."""
    peak = _large(maps, where).flatten(1).argmax(1, keepdim=True)
    return where.flatten(1).gather(1, peak)[:, 0]


def _large(maps: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(maps[:, None], like.shape[1:], mode="bilinear")[:, 0]
