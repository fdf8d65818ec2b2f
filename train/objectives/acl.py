"""ACL's three losses (WACV 2024): image level, feature level, and the area of the mask."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.models.acl import TrainingOutput

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


def acl_loss(out: TrainingOutput) -> ACLLoss:
    """The losses of one batch of B clips."""
    return ACLLoss(
        image_loss(out.v_i, out.audio),
        feature_loss(out.v_f, out.audio),
        area_loss(out.positive_area, out.negative_area),
    )


def image_loss(v_i: Tensor, audio: Tensor) -> Tensor:
    """Symmetric InfoNCE between masked images (B, E) and sounds (B, E)."""
    return _both_ways(F.normalize(v_i, dim=-1) @ F.normalize(audio, dim=-1).T)


def feature_loss(v_f: Tensor, audio: Tensor) -> Tensor:
    """The same over cos(v_f[b, n], audio[b]), v_f (B, B, E): the sound is indexed by the image,
    as published.
    """
    cosine = torch.einsum("bne,be->bn", F.normalize(v_f, dim=-1), F.normalize(audio, dim=-1))
    return _both_ways(cosine)


def area_loss(positive: Tensor, negative: Tensor) -> Tensor:
    """How far the mean mask areas are from 0.4 for matching pairs and 0 for the others."""
    return (positive - POSITIVE_AREA).abs() + (negative - NEGATIVE_AREA).abs()


def _both_ways(similarity: Tensor) -> Tensor:
    """Cross-entropy of (B, B) over rows and over columns, averaged; the diagonal is right."""
    logits = similarity / TEMPERATURE
    own = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
