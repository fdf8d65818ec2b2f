"""The common loop of the stages: short, seeded, by steps or by the clock."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

WARM_UP = 0.05  # share of the training over which the rate rises
CLIP_NORM = 1.0


@dataclass(frozen=True)
class Budget:
    """How long a stage runs: a number of steps (the same result again) or minutes."""

    steps: int | None = None
    minutes: float | None = None

    def progress(self, step: int, elapsed_s: float) -> float:
        """Share that is done, in [0, 1]."""
        if self.steps is not None:
            return step / self.steps
        return min(1.0, elapsed_s / (60 * (self.minutes or 0)))


@dataclass(frozen=True)
class Course:
    """What a stage went through."""

    losses: tuple[float, ...]
    seconds: float

    @property
    def steps(self) -> int:
        return len(self.losses)

    def facts(self) -> dict[str, float]:
        """For the backbone's file: how long, and from which loss to which."""
        few = max(1, self.steps // 10)
        return {
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "steps_per_s": round(self.steps / self.seconds, 3),
            "first_loss": round(sum(self.losses[:few]) / few, 4),
            "last_loss": round(sum(self.losses[-few:]) / few, 4),
        }


Drawn = TypeVar("Drawn")
Report = Callable[[int, float, float], None]
"""Of a step, its progress and its loss."""


def train(
    parameters: Iterable[nn.Parameter],
    draw: Callable[[int, float], Drawn],
    loss_of: Callable[[Drawn], Tensor],
    budget: Budget,
    rate: float,
    *,
    weight_decay: float = 0.01,
    bf16: bool = False,
    report: Report = lambda step, progress, loss: None,
) -> Course:
    """Minimise ``loss_of(draw(step, progress))`` with AdamW; the rate warms up and falls as a
    cosine.

    ``bf16``: ``loss_of`` in bfloat16 where it is safe (on processors with AVX-512 that is 1.7
    times as quick; others are slower). The world is always drawn in float32.
    """
    parameters = list(parameters)
    optimizer = torch.optim.AdamW(parameters, rate, (0.9, 0.98), weight_decay=weight_decay)
    device = parameters[0].device.type
    start, losses, progress = time.monotonic(), [], 0.0
    while progress < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * schedule(progress)
        drawn = draw(len(losses), progress)
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            loss = loss_of(drawn)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, CLIP_NORM)
        optimizer.step()
        report(len(losses), progress, loss.item())
        losses.append(loss.item())
        progress = budget.progress(len(losses), time.monotonic() - start)
    return Course(tuple(losses), time.monotonic() - start)


def schedule(progress: float) -> float:
    """Share of the full rate: a straight rise, then half a cosine down to a hundredth."""
    if progress < WARM_UP:
        return (progress + 0.1 * WARM_UP) / (1.1 * WARM_UP)
    fallen = (progress - WARM_UP) / (1 - WARM_UP)
    return 0.01 + 0.99 * (1 + math.cos(math.pi * fallen)) / 2
