"""The maps of a variant on a set beside the truth: what every protocol is computed from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from avsl.metrics import thresholds
from avsl.metrics.overlap import Areas

Values = Tensor | np.ndarray | list


@dataclass(frozen=True, eq=False)
class Judged:
    """M maps and what is true of them; a still picture gives one map, a video one a moment.

    Build with :meth:`of`, which fills in what a set does not have.
    """

    maps: Tensor  # (M, H, W) half or float in [0, 1]
    truth: Tensor  # (M, H, W) uint8 or float in [0, 1]; 0 everywhere: nothing in view is heard
    confidence: Tensor  # (M,) that anything in view is heard; nan: the map itself tells
    sounding: Tensor  # (M,) bool: anything in view is heard
    group: Tensor  # (M,) int: same picture, mixture or clip; drawn together by the bootstrap
    validation: Tensor  # (M,) bool: chooses thresholds and is never scored
    mixture: Tensor  # (M,) bool: all sounds of its group at once
    case: Tensor  # (M,) int: the case that a map belongs to
    labels: tuple[str, ...]  # class or scenario of each map
    expected: int  # test cases of the whole set

    @classmethod
    def of(
        cls,
        maps: Values,
        truth: Values,
        *,
        confidence: Values | None = None,
        sounding: Values | None = None,
        group: Values | None = None,
        validation: Values | None = None,
        mixture: Values | None = None,
        case: Values | None = None,
        labels: tuple[str, ...] | None = None,
        expected: int | None = None,
    ) -> "Judged":
        """From tensors or arrays. Left out: every map is a test case and a group of its own,
        sounds where its truth is not empty, and has no confidence; all expected are here."""
        maps, truth = torch.as_tensor(maps), torch.as_tensor(truth)
        if maps.shape != truth.shape or maps.dim() != 3:
            raise ValueError(
                f"Maps {tuple(maps.shape)} and truth {tuple(truth.shape)} must both be (M, H, W)."
            )
        count = len(maps)
        case_ids = _filled(case, torch.arange(count))
        test = ~_filled(validation, torch.zeros(count)).bool()
        judged = cls(
            maps=maps,
            truth=truth,
            confidence=_filled(confidence, torch.full((count,), torch.nan)),
            sounding=_filled(sounding, _any_truth(truth)).bool(),
            group=_filled(group, case_ids),
            validation=~test,
            mixture=_filled(mixture, torch.zeros(count)).bool(),
            case=case_ids,
            labels=("",) * count if labels is None else tuple(labels),
            expected=len(case_ids[test].unique()) if expected is None else expected,
        )
        judged._check()
        return judged

    @cached_property
    def empty(self) -> Tensor:
        """(M,) bool: the truth is 0 everywhere."""
        return ~_any_truth(self.truth)

    @cached_property
    def swept(self) -> Areas:
        """Areas at every absolute threshold, (M, 19); worked out once, as the two below."""
        return thresholds.sweep(self.maps, self.truth)

    @cached_property
    def above_median(self) -> Areas:
        """Areas of the upper half of each map, (M,)."""
        return thresholds.median(self.maps, self.truth)

    @cached_property
    def adapted(self) -> Areas:
        """Areas of as many pixels as the truth has, (M,)."""
        return thresholds.adaptive(self.maps, self.truth)

    @property
    def pixels(self) -> int:
        """Of one map."""
        return self.maps.shape[1] * self.maps.shape[2]

    def labelled(self, label: str) -> Tensor:
        """(M,) bool: the maps of a label."""
        return torch.tensor([other == label for other in self.labels], dtype=torch.bool)

    def _check(self) -> None:
        for name in ("confidence", "sounding", "group", "validation", "mixture", "case", "labels"):
            if len(getattr(self, name)) != len(self.maps):
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} entries for {len(self.maps)} maps."
                )


def _filled(values: Values | None, default: Tensor) -> Tensor:
    return default if values is None else torch.as_tensor(values)


def _any_truth(truth: Tensor) -> Tensor:
    return truth.flatten(1).amax(1) > 0 if len(truth) else torch.zeros(0, dtype=torch.bool)
