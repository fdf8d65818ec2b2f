"""How good a network is while it trains, on scenes that nothing is learned from.

From the same scenes come the threshold and the gate that the card of the variant will carry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.metrics.overlap import auc, ciou, success
from avsl.metrics.thresholds import SWEEP, best, sweep
from avsl.synthetic.world import DIFFICULTIES, Classes, Recipe, World, descriptions
from train import distributed
from train.config import TrainConfig
from train.data.stream import ShardSource
from train.learning.base import Batch, Learner
from train.objectives import Moment, total

STREAM, SEED = "validation train", 0  # the same scenes whatever the training's seed
PASSED = 0.1  # share of the scenes with their source out of view that may pass the gate


@dataclass(frozen=True)
class Validation:
    """Of one moment of the training; nan where the data have no truth."""

    step: int
    loss: float
    ciou: float = nan  # per cent, at the threshold
    auc: float = nan
    threshold: float = nan  # absolute, the best for these scenes
    gate: float = nan  # confidence that a tenth of the scenes without a source in view reach
    found: float = nan  # per cent of the scenes with one in view that reach it

    @property
    def score(self) -> float:
        """What the best network is chosen by; more is better."""
        return -self.loss if isnan(self.ciou) else (self.ciou + self.auc) / 2

    @property
    def line(self) -> str:
        """For who watches."""
        if isnan(self.ciou):
            return f"step {self.step:,}: validation loss {self.loss:.3f}"
        return (
            f"step {self.step:,}: validation cIoU {self.ciou:.1f}, AUC {self.auc:.1f} at "
            f"{self.threshold:.2f}, loss {self.loss:.3f}; {self.found:.0f} % of the sources found "
            f"at {100 * PASSED:.0f} % false alarms"
        )


@dataclass(frozen=True, eq=False)
class Scenes:
    """What a training is judged on."""

    batch: Batch
    truth: Tensor | None  # (B, px, px) bool; None: nobody knows
    out_of_view: Batch | None  # pictures with sounds of something else

    @classmethod
    def of(cls, config: TrainConfig, words: bool = False) -> "Scenes":
        """Matched scenes of the world, as hard as those of training; or clips held out of it."""
        count = config.validation_scenes
        if not config.of_world:
            clips = ShardSource.of(config, held_out=True)
            return cls(clips.pairs(torch.arange(count), None), None, None)
        seen, truth = _scenes(config, Recipe(classes=Classes(config.classes)), count, words)
        away = Recipe(classes=Classes(config.classes), off_screen=1.0)
        unseen, _ = _scenes(config, away, -(-count // 2), False, "out of view")
        return cls(seen, truth, unseen)


def _scenes(
    config: TrainConfig, recipe: Recipe, count: int, words: bool, part: str = ""
) -> tuple[Batch, Tensor]:
    world = World(recipe, DIFFICULTIES[config.difficulty], config.px, config.sound_s)
    made = world.pairs(f"{STREAM} {part}".strip(), SEED, torch.arange(count))
    told = tuple(descriptions(made.scenes, world.difficulty)) if words else ()
    return Batch(made.images, made.waveforms, told), made.truth


def validate(learner: Learner, scenes: Scenes, config: TrainConfig, step: int) -> Validation:
    """All processes call it, since losses may look at all pairs; those of rank 0 count.

    Leaves the network in training mode.
    """
    learner.module.eval()
    loss = _loss(learner, scenes.batch, config)
    found = Validation(step, loss)
    if distributed.rank() == 0 and scenes.truth is not None:
        found = _judged(learner, scenes, config, found)
    learner.module.train()
    return found


def _judged(learner: Learner, scenes: Scenes, config: TrainConfig, found: Validation) -> Validation:
    maps, sure = all_maps(learner, scenes.batch, config.batch)
    _, deaf = all_maps(learner, scenes.out_of_view, config.batch)
    truth = scenes.truth
    large = F.interpolate(maps[:, None], truth.shape[1:], mode="bilinear")[:, 0]
    areas = sweep(large, truth.float())
    chosen = best(areas)
    overlap = ciou(areas.at(chosen))
    gate = float(np.quantile(deaf.numpy(), 1 - PASSED, method="higher"))
    return Validation(
        found.step,
        found.loss,
        100 * success(overlap).mean().item(),
        100 * auc(overlap).mean().item(),
        round(float(SWEEP[chosen]), 2),
        gate,
        100 * (sure >= gate).float().mean().item(),
    )


def all_maps(learner: Learner, batch: Batch, at_once: int) -> tuple[Tensor, Tensor]:
    """Maps (B, h, w) and confidence (B,) of any number of pairs, on the processor."""
    found = [learner.maps(part) for part in parts(batch, at_once, _device(learner))]
    maps, sure = zip(*found, strict=True)
    return torch.cat(maps).float().cpu(), torch.cat(sure).float().cpu()


@torch.no_grad()
def _loss(learner: Learner, batch: Batch, config: TrainConfig) -> float:
    """The mean over whole batches of the training's size, as at the end of the training."""
    size = min(config.batch, len(batch))
    losses = []
    for part in parts(batch, size, _device(learner)):
        if len(part) == size:  # a smaller one would have fewer negatives
            mine = share(part, distributed.rank(), distributed.count())
            losses.append(total(learner.loss(mine, Moment(progress=1.0))).float())
    return distributed.mean({"loss": torch.stack(losses).mean()})["loss"]


def parts(batch: Batch, size: int, device: torch.device) -> Iterator[Batch]:
    """The batch in pieces, on ``device``."""
    for first in range(0, len(batch), size):
        yield on_device(_cut(batch, slice(first, first + size)), device)


def share(batch: Batch, rank: int, processes: int) -> Batch:
    """What one of several processes has of a batch."""
    size = len(batch) // processes
    return _cut(batch, slice(rank * size, (rank + 1) * size))


def on_device(batch: Batch, device: torch.device) -> Batch:
    """The same pairs where the network is."""
    images, sounds = (
        each.to(device, non_blocking=True) for each in (batch.images, batch.waveforms)
    )
    return Batch(images, sounds, batch.descriptions)


def _cut(batch: Batch, rows: slice) -> Batch:
    return Batch(batch.images[rows], batch.waveforms[rows], batch.descriptions[rows])


def _device(learner: Learner) -> torch.device:
    return next(learner.module.parameters()).device
