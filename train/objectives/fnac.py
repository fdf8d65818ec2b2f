"""FNAC: "False Negative Aware Contrastive Learning" (Sun et al., CVPR 2023).

EZ-VSL, and after a warm-up three terms that make a picture's similarities to the batch's sounds
follow those of sounds to sounds and of pictures to pictures: like clips may stay alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.models.object_guided import min_max
from avsl.models.twostream import TwoStreamOutput
from train.objectives.base import TWO_STREAM, Moment, alone
from train.objectives.ez_vsl import TEMPERATURE, ez_vsl_loss
from train.objectives.pooling import pool

WEIGHT = 100.0  # of each of the three terms
WARM_UP = 3 / 20  # of the epochs, during which the three terms are off
FOREGROUND_FROM = 0.6  # of the own map, min-max


@dataclass(frozen=True)
class FNACLoss:
    """Each a scalar; the last three already weighted, and 0 during the warm-up."""

    contrast: Tensor
    sounds: Tensor  # pictures to sounds as sounds to sounds
    foregrounds: Tensor  # sounding regions to each other as sounds to sounds
    pictures: Tensor  # pictures to sounds as pictures to pictures

    @property
    def total(self) -> Tensor:
        return self.contrast + self.sounds + self.foregrounds + self.pictures


def adjacency_losses(
    image: Tensor,
    audio: Tensor,
    scores: Tensor,
    temperature: float = TEMPERATURE,
    first: int = 0,
    together: Callable[[Tensor], Tensor] = alone,
) -> tuple[Tensor, Tensor, Tensor]:
    """The three L1 terms, unweighted: (sounds, foregrounds, pictures).

    ``image`` (b, C, h, w) of this process, of which the first belongs to sound ``first``,
    ``audio`` (B, C), both of unit length over C; ``scores`` (B, B) pooled cosines. Rows are
    softmaxed; means over the picture are not normalised again, as released.
    """
    mine = audio[first : first + len(image)]
    own = torch.einsum("bchw,bc->bhw", image, mine)
    foreground = (image * (min_max(own) > FOREGROUND_FROM)[:, None]).mean((-2, -1))
    regions, pictures = together(foreground), together(image.mean((-2, -1)))
    cross, sounds, pictures, regions = (
        (similarity / temperature).softmax(dim=1)
        for similarity in (scores, _gram(audio), _gram(pictures), _gram(regions))
    )
    return F.l1_loss(sounds, cross), F.l1_loss(sounds, regions), F.l1_loss(pictures, cross)


def _gram(vectors: Tensor) -> Tensor:
    return vectors @ vectors.T


@dataclass(frozen=True)
class FNACObjective:
    temperature: float = TEMPERATURE
    margin: float = 0.0  # in EZ-VSL's part
    anneal: float = 0.0  # share of the training in which pooling sharpens; as published: none
    sharpness: float = 0.0  # of pooling from then on; 0, as published: the maximum
    weight: float = WEIGHT
    warm_up: float = WARM_UP  # share of the training

    family: ClassVar[str] = TWO_STREAM
    heads: ClassVar[int] = 1
    needs_target: ClassVar[bool] = False

    def __call__(self, out: TwoStreamOutput, moment: Moment) -> FNACLoss:
        scores = pool(out.maps(), moment.progress, self.anneal, self.sharpness)
        scores = moment.together(scores)
        contrast = ez_vsl_loss(scores, self.temperature, self.margin, moment.exclude)
        if moment.progress < self.warm_up:
            return FNACLoss(contrast, *torch.zeros(3, device=scores.device))
        clips = len(scores)
        terms = adjacency_losses(
            out.image[0], out.audio[0][:clips], scores[:, :clips], self.temperature,
            out.first, moment.together,
        )  # fmt: skip
        return FNACLoss(contrast, *(self.weight * term for term in terms))


OBJECTIVE = FNACObjective
