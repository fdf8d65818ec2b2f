"""EZ-VSL: "Localizing Visual Sounds the Easy Way" (Mo and Morgado, ECCV 2022).

Multiple-instance contrast: a picture is as similar to a sound as its best place is.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from avsl.models.twostream import TwoStreamOutput
from train.objectives.base import TWO_STREAM, Moment
from train.objectives.contrastive import find_both, margin_logits
from train.objectives.pooling import pool

TEMPERATURE = 0.03


def ez_vsl_loss(
    scores: Tensor,
    temperature: float = TEMPERATURE,
    margin: float = 0.0,
    exclude: Tensor | None = None,
) -> Tensor:
    """The sum of both directions' cross-entropies over pooled cosines (B, N)."""
    return find_both(margin_logits(scores, temperature, margin, exclude))


@dataclass(frozen=True)
class EZVSL:
    """As published, with the margin and the pooling to choose."""

    temperature: float = TEMPERATURE
    margin: float = 0.0
    anneal: float = 0.0  # share of the training in which pooling sharpens; as published: none
    sharpness: float = 0.0  # of pooling from then on; 0, as published: the maximum

    family: ClassVar[str] = TWO_STREAM
    heads: ClassVar[int] = 1
    needs_target: ClassVar[bool] = False

    def __call__(self, out: TwoStreamOutput, moment: Moment) -> Tensor:
        scores = pool(out.maps(), moment.progress, self.anneal, self.sharpness)
        scores = moment.together(scores)
        return ez_vsl_loss(scores, self.temperature, self.margin, moment.exclude)


OBJECTIVE = EZVSL
