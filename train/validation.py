"""How good a network is while it trains, on scenes that nothing is learned from.

From the same scenes come the threshold and the gate that the card of the variant will carry.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from math import isnan, nan
from typing import TypeVar

import numpy as np
import torch
from scipy.stats import beta
from torch import Tensor

from avsl.synthetic.world import DIFFICULTIES, Classes, Recipe, World, descriptions
from train import distributed
from train.config import TrainConfig
from train.data.stream import ShardSource
from train.learning.base import Batch, Learner, Prepared
from train.measures import measured, peak_on
from train.objectives import Moment, total
from train.remembered import AT_ONCE, Feed

STREAM, SEED = "validation train", 0  # the same scenes whatever the training's seed
JUDGED = ("data", "classes", "difficulty", "px", "sound_s")  # of a configuration: decides on scenes
ABSENT = 0.95  # of what reads "not in view" has to be so, by the lower bound of that share
BOUND = 0.95  # how sure such a bound is
PASSED = 0.1  # share of the scenes with their source out of view that may pass the gate
Pairs = TypeVar("Pairs", Batch, Prepared)


@dataclass(frozen=True)
class Validation:
    """Of one moment of the training; nan where the data have no truth."""

    step: int
    loss: float
    ciou: float = nan  # per cent, at the threshold
    auc: float = nan
    miou: float = nan
    covered: float = nan  # of the source
    inside: float = nan  # of what is marked
    on_source: float = nan  # peaks
    on_silent: float = nan
    threshold: float = nan  # absolute, the best for these scenes
    gate: float = nan  # confidence that a tenth of the scenes without a source in view reach
    found: float = nan  # per cent of the scenes with one in view that reach it
    absence: float = 0.0  # confidence below which a source is out of view; see ``absent``
    absent: float = 0.0  # per cent of the scenes with one out of view below it; 0: no gate is sure
    wrong: float = nan  # per cent of those found whose peak is on something silent all the same

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
    """What a network is judged on."""

    batch: Batch | Prepared
    truth: Tensor | None  # (B, px, px) bool; None: nobody knows
    silent: Tensor | None  # (B, px, px) bool: what is in view and does not sound
    out_of_view: Batch | Prepared | None  # pictures with sounds of something else

    @classmethod
    def of(cls, config: TrainConfig, words: bool = False) -> "Scenes":
        """Matched scenes of the world, as hard as those of training; or clips held out of it."""
        if config.of_world:
            return cls.of_world(config, STREAM, Recipe(Classes(config.classes)), words)
        clips = ShardSource.of(config, held_out=True)
        return cls(clips.pairs(torch.arange(config.validation_scenes), None), None, None, None)

    @classmethod
    def of_world(
        cls, config: TrainConfig, stream: str, recipe: Recipe, words: bool = False
    ) -> "Scenes":
        """As many of ``recipe`` as ``config`` says, in its size and difficulty."""
        world = World(recipe, DIFFICULTIES[config.difficulty], config.px, config.sound_s)
        return _made(stream, world, config.validation_scenes, words)

    def kept(self, feed: Feed, name: str = STREAM) -> "Scenes":
        """The same as the frozen parts of the learner see them, once and for all."""

        world = tuple(getattr(feed.config, fact) for fact in JUDGED)

        def keep(which: str, batch: Batch) -> Prepared:
            what = (name, which, len(batch), *world)
            kept = feed.keep("judging", what, lambda: _cut(batch, AT_ONCE))
            return Prepared(kept.values, batch.descriptions)

        return replace(
            self,
            batch=keep("in view", self.batch),
            out_of_view=self.out_of_view and keep("out of view", self.out_of_view),
        )


@lru_cache(maxsize=8)
def _made(stream: str, seen: World, count: int, words: bool) -> Scenes:
    """Scenes with their source in view, and half as many without."""
    unseen = replace(seen, recipe=replace(seen.recipe, off_screen=1.0))
    made = seen.pairs(stream, SEED, torch.arange(count))
    away = unseen.pairs(f"{stream} out of view", SEED, torch.arange(-(-count // 2)))
    told = tuple(descriptions(made.scenes, seen.difficulty)) if words else ()
    return Scenes(
        Batch(made.images, made.waveforms, told),
        made.truth,
        made.masks.any(1) & ~made.truth,
        Batch(away.images, away.waveforms),
    )


def validate(learner: Learner, scenes: Scenes, config: TrainConfig, step: int) -> Validation:
    """All processes call it, since losses may look at all pairs; those of rank 0 count.

    Leaves the network in training mode.
    """
    learner.module.eval()
    loss = _loss(learner, scenes.batch, config)
    found = Validation(step, loss)
    if distributed.rank() == 0 and scenes.truth is not None:
        found = Validation(step, loss, **judged(learner, scenes, config.batch))
    learner.module.train()
    return found


def judged(
    learner: Learner, scenes: Scenes, at_once: int, threshold: float | None = None
) -> dict[str, float]:
    """What is measured of the maps, at ``threshold`` or the best for these scenes."""
    maps, sure = all_maps(learner, scenes.batch, at_once)
    _, deaf = all_maps(learner, scenes.out_of_view, at_once)
    gate = float(np.quantile(deaf.numpy(), 1 - PASSED, method="higher"))
    shown = sure >= gate
    absence = absence_gate(sure.numpy(), deaf.numpy())
    return asdict(measured(maps, scenes.truth, scenes.silent, threshold)) | {
        "gate": gate,
        "absence": absence or 0.0,
        "absent": 0.0 if absence is None else 100 * (deaf < absence).float().mean().item(),
        "found": 100 * shown.float().mean().item(),
        "wrong": 100 * int((peak_on(maps, scenes.silent) & shown).sum()) / max(int(shown.sum()), 1),
    }


def absence_gate(in_view: np.ndarray, out_of_view: np.ndarray) -> float | None:
    """The highest confidence below which at least ``ABSENT`` of the scenes are out of view, by the
    lower bound of that share and with either kind as frequent; None where there is none.

    ``in_view`` (N,) and ``out_of_view`` (M,): confidences of either kind.
    """
    for gate in np.unique(out_of_view)[:0:-1]:
        below = int((in_view < gate).sum())
        wrong = beta.ppf(BOUND, below + 1, len(in_view) - below) if below < len(in_view) else 1.0
        right = float((out_of_view < gate).mean())
        if right >= ABSENT * (right + wrong):
            return float(gate)
    return None


def all_maps(learner: Learner, batch: Batch | Prepared, at_once: int) -> tuple[Tensor, Tensor]:
    """Maps (B, h, w) and confidence (B,) of any number of pairs, on the processor."""
    found = [learner.maps(part) for part in _prepared(learner, _cut(batch, at_once))]
    maps, sure = zip(*found, strict=True)
    return torch.cat(maps).float().cpu(), torch.cat(sure).float().cpu()


@torch.no_grad()
def _loss(learner: Learner, batch: Batch | Prepared, config: TrainConfig) -> float:
    """The mean over whole batches of the training's size, as at the end of the training."""
    size = min(config.batch, len(batch))
    whole = (part for part in _cut(batch, size) if len(part) == size)  # with as many negatives
    mine = (share(part, distributed.rank(), distributed.count()) for part in whole)
    losses = [
        total(learner.loss(part, Moment(progress=1.0))).float() for part in _prepared(learner, mine)
    ]
    return distributed.mean({"loss": torch.stack(losses).mean()})["loss"]


def _prepared(learner: Learner, parts: Iterable[Batch | Prepared]) -> Iterator[Prepared]:
    """Each where the network is, seen by its frozen parts."""
    device = next(learner.module.parameters()).device
    for part in parts:
        here = part.to(device)
        with torch.no_grad():
            yield here if isinstance(here, Prepared) else learner.prepare(here)


def _cut(batch: Pairs, size: int) -> Iterator[Pairs]:
    for first in range(0, len(batch), size):
        yield batch[first : first + size]


def share(batch: Batch | Prepared, rank: int, processes: int) -> Batch | Prepared:
    """What one of several processes has of a batch."""
    size = len(batch) // processes
    return batch[rank * size : (rank + 1) * size]
