"""ACL's three losses (WACV 2024): image level, feature level, and the area of the mask."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.models.acl import TrainingOutput
from train.objectives.base import CLIP, Moment, alone
from train.objectives.contrastive import find_both, margin_logits

TEMPERATURE = 0.07
POSITIVE_AREA = 0.4  # share of the picture that a matching pair's mask should cover
NEGATIVE_AREA = 0.0


@dataclass(frozen=True)
class ACLLoss:
    """Each a scalar; the published weights are 1."""

    image: Tensor
    feature: Tensor
    area: Tensor

    @property
    def total(self) -> Tensor:
        return self.image + self.feature + self.area


def acl_loss(
    out: TrainingOutput,
    margin: float = 0.0,
    exclude: Tensor | None = None,
    positive_area: float = POSITIVE_AREA,
    temperature: float = TEMPERATURE,
    together: Callable[[Tensor], Tensor] = alone,
) -> ACLLoss:
    """The losses of one batch of B clips; margin and ``exclude`` (B, B) as in MarginNCE.

    Where only some pairs were decoded, the feature term is contrasted among those.
    """
    no_feature = exclude
    if out.decoded is not None:
        missing = together((~out.decoded).float()) > 0
        no_feature = missing if exclude is None else exclude | missing
    mine = out.audio[out.first : out.first + len(out.v_f)]
    areas = (together(each[None]).mean() for each in (out.positive_area, out.negative_area))
    return ACLLoss(
        image_loss(together(out.v_i), out.audio, margin, exclude, temperature),
        feature_loss(out.v_f, mine, margin, no_feature, temperature, together),
        area_loss(*areas, positive_area),
    )


def image_loss(
    v_i: Tensor,
    audio: Tensor,
    margin: float = 0.0,
    exclude: Tensor | None = None,
    temperature: float = TEMPERATURE,
) -> Tensor:
    """Symmetric InfoNCE between masked images (B, E) and sounds (N, E); those from B on, if there
    are any, are negatives alone.
    """
    cosine = F.normalize(v_i, dim=-1) @ F.normalize(audio, dim=-1).T
    return _both_ways(cosine, temperature, margin, exclude)


def feature_loss(
    v_f: Tensor,
    audio: Tensor,
    margin: float = 0.0,
    exclude: Tensor | None = None,
    temperature: float = TEMPERATURE,
    together: Callable[[Tensor], Tensor] = alone,
) -> Tensor:
    """The same over cos(v_f[b, n], audio[b]), v_f (B, N, E) and the images' own sounds (B, E): the
    sound is indexed by the image, as published.
    """
    cosine = torch.einsum("bne,be->bn", F.normalize(v_f, dim=-1), F.normalize(audio, dim=-1))
    return _both_ways(together(cosine), temperature, margin, exclude)


def area_loss(positive: Tensor, negative: Tensor, wanted: float = POSITIVE_AREA) -> Tensor:
    """How far the mean mask areas are from ``wanted`` for matching pairs and 0 for the others."""
    return (positive - wanted).abs() + (negative - NEGATIVE_AREA).abs()


def _both_ways(cosine: Tensor, temperature: float, margin: float, exclude: Tensor | None) -> Tensor:
    """Cross-entropy of (B, N) over rows and over columns, averaged; the diagonal is right."""
    return find_both(margin_logits(cosine, temperature, margin, exclude)) / 2


@dataclass(frozen=True)
class ACLObjective:
    margin: float = 0.0
    temperature: float = TEMPERATURE
    positive_area: float = POSITIVE_AREA
    image: float = 1.0  # weights of the terms
    feature: float = 1.0
    area: float = 1.0

    family: ClassVar[str] = CLIP
    heads: ClassVar[int] = 1
    needs_target: ClassVar[bool] = False

    def __call__(self, out: TrainingOutput, moment: Moment) -> ACLLoss:
        loss = acl_loss(
            out, self.margin, moment.exclude, self.positive_area, self.temperature, moment.together
        )
        return ACLLoss(self.image * loss.image, self.feature * loss.feature, self.area * loss.area)


OBJECTIVE = ACLObjective
