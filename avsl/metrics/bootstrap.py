"""95 % intervals: draw the cases again, with replacement, and look how the number moves.

Resampling is done by weights: how often a case was drawn. A mean is then a matrix product, a curve
is one cumulative sum over sorted cases, and cases that belong together (the sounds of a picture,
the moments of a clip) are drawn together by sharing their weight.
"""

from collections.abc import Callable

import torch
from torch import Tensor

RESAMPLES = 1000
TAILS = torch.tensor([0.025, 0.975], dtype=torch.float64)


def weights(groups: Tensor, resamples: int = RESAMPLES, seed: int = 0) -> Tensor:
    """How often each case is drawn: ``groups`` (M,) int ids -> (B, M) float64.

    Each resample draws as many groups as there are; all cases of a group come along.
    """
    _, member = torch.unique(groups, return_inverse=True)
    count = int(member.max()) + 1 if len(member) else 0
    if count == 0:
        return torch.zeros(resamples, 0, dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(count, (resamples, count), generator=generator)
    times = torch.zeros(resamples, count, dtype=torch.float64)
    times.scatter_add_(1, drawn, torch.ones(1, 1, dtype=torch.float64).expand_as(drawn))
    return times[:, member]


def interval(
    statistic: Callable[[Tensor], Tensor],
    groups: Tensor,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of any statistic of weights, (B, M) -> (B,).

    (nan, nan) for fewer than two groups: one case says nothing about the next. Resamples where the
    statistic is undefined (nan) are left out.
    """
    if len(torch.unique(groups)) < 2:
        return float("nan"), float("nan")
    drawn = statistic(weights(groups, resamples, seed))
    low, high = torch.nanquantile(drawn.double(), TAILS).tolist()
    return low, high


def mean_interval(
    values: Tensor, groups: Tensor, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the mean of ``values`` (M,) float, drawn by group."""
    return interval(lambda drawn: weighted_mean(values, drawn), groups, resamples, seed)


def weighted_mean(values: Tensor, drawn: Tensor) -> Tensor:
    """Means of ``values`` (M, ...) under weights (B, M): (B, ...)."""
    total = drawn.sum(1).view(-1, *[1] * (values.dim() - 1))
    return torch.tensordot(drawn, values.double(), dims=1) / total
