"""LVS: "Localizing Visual Sounds the Hard Way" (Chen et al., CVPR 2021), the tri-map.

Sure places of a picture are the positive, surely silent ones the hard negative, unsure ones are
left out; other clips' sounds are easy negatives. Only pictures look for sounds.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.models.twostream import TwoStreamOutput
from train.objectives.base import TWO_STREAM, Moment
from train.objectives.contrastive import EXCLUDED, margin_logits, own_maps, own_pairs

POSITIVE_FROM, NEGATIVE_BELOW = 0.65, 0.4  # cosines
SHARPNESS = 0.03
TEMPERATURE = 0.07


def lvs_scores(maps: Tensor, first: int = 0) -> tuple[Tensor, Tensor]:
    """Cosine maps (B, N, h, w) to the scores of the sure places (B, N), and that of the surely
    silent ones with the own sound (B,); in float32 at least, where the faintest weight is not zero.
    """
    maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
    sure = torch.sigmoid((maps - POSITIVE_FROM) / SHARPNESS)
    mine = own_maps(maps, first)
    silent = torch.sigmoid((NEGATIVE_BELOW - mine) / SHARPNESS)
    return weighted_mean(maps, sure), weighted_mean(mine, silent)


def lvs_loss(
    scores: Tensor,
    silent: Tensor,
    temperature: float = TEMPERATURE,
    margin: float = 0.0,
    exclude: Tensor | None = None,
) -> Tensor:
    """Over the scores of :func:`lvs_scores`.

    The released code drops a picture's own sound from its easy negatives by scaling its score by
    -99, which turns a negative score into a huge negative; here it is left out.
    """
    logits = margin_logits(scores, temperature, margin, exclude)
    positive = logits.diagonal()[:, None]
    easy = logits.masked_fill(own_pairs(logits), EXCLUDED)
    hard = silent[:, None] / temperature
    first = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    return F.cross_entropy(torch.cat([positive, easy, hard], dim=1), first)


def weighted_mean(maps: Tensor, weights: Tensor) -> Tensor:
    """(..., h, w) to (...)."""
    return (weights * maps).sum((-2, -1)) / weights.sum((-2, -1))


@dataclass(frozen=True)
class LVSObjective:
    temperature: float = TEMPERATURE
    margin: float = 0.0

    family: ClassVar[str] = TWO_STREAM
    heads: ClassVar[int] = 1
    needs_target: ClassVar[bool] = False

    def __call__(self, out: TwoStreamOutput, moment: Moment) -> Tensor:
        scores, silent = map(moment.together, lvs_scores(out.maps(), out.first))
        return lvs_loss(scores, silent, self.temperature, self.margin, moment.exclude)


OBJECTIVE = LVSObjective
