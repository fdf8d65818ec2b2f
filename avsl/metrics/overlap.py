"""How far a marked region and the truth agree: ciou, success rate and its area under the curve."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

OVERLAPS = 0.05 * torch.arange(21, dtype=torch.float64)  # overlaps over which AUC is taken
CHUNK = 8  # maps at a time: a few MB, whatever the size of the set, and kinder to the caches


@dataclass(frozen=True, eq=False)
class Areas:
    """Pixels of M maps at one cut, each (M,) float64, or at T cuts, each (M, T)."""

    hit: Tensor  # marked, weighted by the truth there
    stray: Tensor  # marked where the truth is 0
    truth: Tensor  # sum of the truth

    def at(self, index: int) -> "Areas":
        """Of the ``index``-th of T cuts."""
        return Areas(self.hit[:, index], self.stray[:, index], self.truth[:, index])

    def of(self, chosen: Tensor) -> "Areas":
        """Of some of the maps: ``chosen`` is a mask or indices."""
        return Areas(self.hit[chosen], self.stray[chosen], self.truth[chosen])


def areas_at(maps: Tensor, truth: Tensor, thresholds: Tensor, strict: bool = False) -> Areas:
    """Areas marked at thresholds that all maps share.

    ``maps`` (M, H, W) in [0, 1], ``truth`` (M, H, W) in [0, 1], ``thresholds`` (T,) rising.
    A pixel is marked at a threshold that it reaches (``strict``: exceeds).
    """
    steps = len(thresholds) + 1
    edges = thresholds.float()
    areas = _blank(len(maps), len(thresholds))
    for rows, values, true in chunks(maps, truth):
        # A pixel's level is the number of thresholds that it passes: one histogram serves them all.
        level = torch.bucketize(values.flatten(1), edges, right=not strict)
        slot = (level + torch.arange(len(values))[:, None] * steps).flatten()
        weight = true.flatten().double()
        areas.hit[rows] = _passing(slot, weight, len(values), steps)
        areas.stray[rows] = _passing(slot, (weight == 0).double(), len(values), steps)
        areas.truth[rows] = true.double().sum((1, 2))[:, None]
    return areas


def areas_above(maps: Tensor, truth: Tensor, cuts: Tensor) -> Areas:
    """Areas of the pixels that exceed each map's own cut; ``cuts`` (M,)."""
    areas = _blank(len(maps))
    for rows, values, true, cut in chunks(maps, truth, cuts):
        marked = values > cut[:, None, None].float()
        areas.hit[rows] = (marked * true).double().sum((1, 2))
        areas.stray[rows] = (marked & (true == 0)).double().sum((1, 2))
        areas.truth[rows] = true.double().sum((1, 2))
    return areas


def ciou(areas: Areas) -> Tensor:
    """Consensus IoU, ``hit / (truth + stray)``, in [0, 1]: IoU where the truth is 0 or 1.

    Of Senocak et al. (CVPR 2018). Nothing true and nothing marked counts as 0.
    """
    whole = areas.truth + areas.stray
    return torch.where(whole > 0, areas.hit / whole.clamp(min=1e-12), 0.0)


def iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of two stacks of masks, (M, H, W) bool -> (M,); both empty is 1."""
    both = (first & second).double().sum((1, 2))
    either = (first | second).double().sum((1, 2))
    return torch.where(either > 0, both / either.clamp(min=1), 1.0)


def success(overlap: Tensor, at: float = 0.5) -> Tensor:
    """1 where an overlap reaches ``at``; the mean is cIoU@``at``."""
    return (overlap >= at).double()


def auc(overlap: Tensor) -> Tensor:
    """Each map's share of the AUC: area under its success over the 21 overlaps 0..1.

    ``overlap`` (...) in [0, 1]. The area of a mean is the mean of areas, so the mean over maps is
    the papers' AUC, and the bootstrap needs nothing but these.
    """
    return torch.trapezoid(success(overlap[..., None], OVERLAPS), OVERLAPS, dim=-1)


def success_curve(overlap: Tensor) -> Tensor:
    """Share of maps that reach each of ``OVERLAPS``: (M,) -> (21,)."""
    return success(overlap[:, None], OVERLAPS).mean(0)


def chunks(maps: Tensor, *beside: Tensor) -> Iterator[tuple]:
    """Which rows, those maps as float32, and the same rows of what lies beside them.

    Write results into a tensor made beforehand: many small results kept in a list pin the memory
    of the large ones between them.
    """
    for start in range(0, len(maps), CHUNK):
        rows = slice(start, start + CHUNK)
        yield rows, maps[rows].float(), *(other[rows] for other in beside)


def _blank(*shape: int) -> Areas:
    return Areas(*(torch.zeros(shape, dtype=torch.float64) for _ in range(3)))


def _passing(slot: Tensor, weight: Tensor, maps: int, steps: int) -> Tensor:
    histogram = torch.bincount(slot, weight, minlength=maps * steps).view(maps, steps)
    return histogram.flip(1).cumsum(1).flip(1)[:, 1:]
