"""SLAVC: "A Closer Look at Weakly-Supervised Audio-Visual Source Localization" (NeurIPS 2022).

Two heads: one asks which sound a place belongs to, the other which place a sound belongs to. Each
side of a pair is compared with the other side's slowly averaged network (:mod:`train.ema`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from avsl.models.twostream import TwoStreamOutput, cosine_maps
from train.objectives.base import TWO_STREAM, Moment, alone
from train.objectives.contrastive import find_own, margin_logits

TEMPERATURE = 0.03


def slavc_scores(
    which_sound: Tensor,
    which_place: Tensor,
    temperature: float = TEMPERATURE,
    margin: float = 0.0,
    exclude: Tensor | None = None,
    first: int = 0,
) -> Tensor:
    """log of the sum over places of p(sound | place) p(place | sound): (B, N), at most 0.

    Both heads' cosine maps are (B, N, h, w). The margin is in the softmax over sounds, at every
    place of the own pair's map.
    """
    places_first = which_sound.flatten(2).movedim(-1, 0)
    mine = None if exclude is None else exclude[first : first + len(which_sound)]
    sound = margin_logits(places_first, temperature, margin, mine, first).log_softmax(-1)
    place = (which_place.flatten(2) / temperature).log_softmax(-1)
    return (sound.movedim(0, -1) + place).logsumexp(-1)


def slavc_loss(
    out: TwoStreamOutput,
    target: TwoStreamOutput,
    temperature: float = TEMPERATURE,
    margin: float = 0.0,
    exclude: Tensor | None = None,
    together: Callable[[Tensor], Tensor] = alone,
) -> Tensor:
    """Pictures against averaged sounds, and averaged pictures against sounds.

    As released, pictures look for sounds in both; a cross-entropy goes over the log scores.
    """
    sides = ((out.image, target.audio), (target.image, out.audio))
    losses = []
    for image, audio in sides:
        sound, place = (cosine_maps(*head) for head in zip(image, audio, strict=True))
        scores = slavc_scores(sound, place, temperature, margin, exclude, out.first)
        losses.append(find_own(together(scores)))
    return torch.stack(losses).sum()


@dataclass(frozen=True)
class SLAVCObjective:
    temperature: float = TEMPERATURE
    margin: float = 0.0

    family: ClassVar[str] = TWO_STREAM
    heads: ClassVar[int] = 2
    needs_target: ClassVar[bool] = True

    def __call__(self, out: TwoStreamOutput, moment: Moment) -> Tensor:
        assert moment.target is not None, "SLAVC compares with an averaged network's output"
        return slavc_loss(
            out, moment.target, self.temperature, self.margin, moment.exclude, moment.together
        )


OBJECTIVE = SLAVCObjective
