"""Cuts: the ways to say which pixels of a map are marked, each with the rule that chose it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from avsl.metrics.judged import Judged
from avsl.metrics.overlap import Areas, areas_at
from avsl.metrics.thresholds import SWEEP, best

UPSTREAM = "test sweep (upstream)"
Picker = Callable[[Areas], int]  # areas (M, T) -> index of the best threshold


@dataclass(frozen=True, eq=False)
class Cut:
    """What is marked in every map, and why there."""

    protocol: str  # "sweep", "median", "adaptive", "fixed"
    rule: str
    threshold: float | None  # None: each map has its own
    areas: Areas  # of all M maps

    @property
    def absolute(self) -> bool:
        """Whether one threshold holds for all maps, so that an empty map is possible."""
        return self.threshold is not None


def absolute_cuts(
    judged: Judged,
    eligible: Tensor,
    fixed: tuple[float, ...] = (),
    pick: Picker = best,
    strict: bool = False,
) -> list[Cut]:
    """One threshold for all maps: chosen on validation, on the test set as upstream, or given.

    ``eligible`` (M,) bool: maps that the choice may look at; its validation and its test maps are
    never mixed. Without eligible validation maps there is no "validation" cut. A pixel is marked
    at a threshold that it reaches (``strict``: exceeds).
    """
    swept = areas_at(judged.maps, judged.truth, SWEEP, strict=True) if strict else judged.swept
    cuts = []
    for rule, looked in (
        ("validation", eligible & judged.validation),
        (UPSTREAM, eligible & ~judged.validation),
    ):
        if looked.any():
            index = pick(swept.of(looked))
            cuts.append(Cut("sweep", rule, round(float(SWEEP[index]), 2), swept.at(index)))
    return cuts + fixed_cuts(judged, fixed, strict)


def fixed_cuts(judged: Judged, fixed: tuple[float, ...], strict: bool) -> list[Cut]:
    """At thresholds given beforehand: a variant's calibrated one, or that of a paper."""
    if not fixed:
        return []
    rising = sorted(set(fixed))
    levels = torch.tensor(rising, dtype=torch.float64)
    areas = areas_at(judged.maps, judged.truth, levels, strict)
    return [Cut("fixed", "fixed", level, areas.at(index)) for index, level in enumerate(rising)]


def median_cut(judged: Judged) -> Cut:
    """The upper half of each map."""
    return Cut("median", "median", None, judged.above_median)


def adaptive_cut(judged: Judged) -> Cut:
    """As many pixels as the truth has."""
    return Cut("adaptive", "size of the truth", None, judged.adapted)
