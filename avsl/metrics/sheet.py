"""Turns per-case values into :class:`Score`: percent, interval, how many of how many."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from avsl.metrics.bootstrap import RESAMPLES, interval, mean_interval
from avsl.metrics.cuts import Cut
from avsl.metrics.judged import Judged
from avsl.metrics.score import Score

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Sheet:
    """The scores of one protocol over some of the maps."""

    judged: Judged
    protocol: str
    scored: Tensor  # (M,) bool; validation maps are never among them

    @property
    def groups(self) -> Tensor:
        """Of the scored maps, (N,)."""
        return self.judged.group[self.scored]

    def mean(
        self, cut: Cut | None, metric: str, values: Tensor, groups: Tensor | None = None
    ) -> Score:
        """The mean of ``values`` in [0, 1]: one for each scored map, or for each of ``groups``."""
        groups = self.groups if groups is None else groups
        known = ~values.isnan()
        values, groups = values[known], groups[known]
        value = float(values.double().mean()) if len(values) else NAN
        return self._score(cut, metric, value, *mean_interval(values, groups))

    def statistic(
        self,
        cut: Cut | None,
        metric: str,
        value: float,
        of: Callable[[Tensor], Tensor],
        groups: Tensor | None = None,
        resamples: int = RESAMPLES,
    ) -> Score:
        """Anything else in [0, 1]; ``of`` maps weights (B, N) of the scored maps to (B,)."""
        groups = self.groups if groups is None else groups
        return self._score(cut, metric, value, *interval(of, groups, resamples))

    def _score(self, cut: Cut | None, metric: str, value: float, low: float, high: float) -> Score:
        found, expected = self._counts()
        return Score(
            protocol=self.protocol,
            metric=metric,
            value=100 * value,
            low=100 * low,
            high=100 * high,
            found=found,
            expected=expected,
            threshold=cut.threshold if cut else None,
            rule=cut.rule if cut else "",
        )

    def _counts(self) -> tuple[int, int]:
        """Cases scored, and that many plus those of the set that are missing altogether."""
        judged = self.judged
        found = len(judged.case[self.scored].unique())
        present = len(judged.case[~judged.validation].unique())
        return found, found + max(judged.expected - present, 0)
