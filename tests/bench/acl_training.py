"""What training ACL at full size takes: the paper's preset, random weights, scenes of the world.

``python -m tests.bench.acl_training [--batch 2] [--steps 3] [--threads 1]`` takes real steps at
352 px with 10 s of sound and prints, of each, its loss, its vision passes and its seconds; then
images per second, peak memory and how much is learned. The weights mean nothing, the work is the
same. Fails where a loss is not finite or a step sees a picture other than twice.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from typing import TypeVar

import torch
from torch import nn

from avsl.devices import autocast, best_device
from train.config import TrainConfig
from train.data.stream import source
from train.evaluation.memory import peak_mb, reset_peak
from train.learning import Batch, Learner, learner
from train.objectives import Moment, total
from train.presets import preset

PRESET = "acl-vggsound144k"
PASSES = 2  # of the vision tower for each picture of a step
Made = TypeVar("Made")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: as torch likes")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    changes = {"start": "", "data": "world", "batch": options.batch, "steps": options.steps}
    config = preset(PRESET).changed(changes)
    torch.manual_seed(config.seed)
    student = learner(config, best_device())
    sizes(student)
    measure(student, config)


def sizes(student: Learner) -> None:
    learned = sum(each.numel() for each in student.trainable())
    every = sum(each.numel() for each in student.module.parameters())
    print(f"{learned:,} of {every / 1e6:.1f} million parameters are learned")


def measure(student: Learner, config: TrainConfig) -> None:
    """The steps one after another, then their medians; the making of scenes is not counted."""
    device, seconds = best_device(), []
    learned = student.trainable()
    optimizer = torch.optim.Adam(learned, config.learning_rate, weight_decay=config.weight_decay)
    reset_peak()
    for number in range(config.steps):
        batch = pairs(config, number).to(device)
        with counted_passes(student.module.vision.visual.conv1) as passes:
            frozen_s, learning_s, loss = step(student, optimizer, batch, number / config.steps)
        seconds.append(frozen_s + learning_s)
        print(
            f"step {number + 1}: loss {loss:.4f}, {sum(passes)} vision passes for {len(batch)} "
            f"pictures, {seconds[-1]:.1f} s (frozen parts {frozen_s:.1f} s)",
            flush=True,
        )
        if not isfinite(loss) or sum(passes) != PASSES * len(batch):
            raise SystemExit(f"Expected a finite loss and {PASSES * len(batch)} vision passes.")
    middle_s = statistics.median(seconds)
    print(f"median {middle_s:.2f} s a step, {config.batch / middle_s:.3f} images/s on {device}")
    print(f"peak memory {peak_mb():.0f} MB")
    if device.type == "cuda":
        print(f"peak memory of the GPU {torch.cuda.max_memory_allocated() / 2**20:.0f} MB")


def pairs(config: TrainConfig, number: int) -> Batch:
    """Batch ``number`` of the world."""
    return source(config).pairs(torch.arange(config.batch) + number * config.batch, number)


def step(
    student: Learner, optimizer: torch.optim.Optimizer, batch: Batch, progress: float
) -> tuple[float, float, float]:
    """As the training loop takes it: seconds of the frozen parts and of the rest, and the loss."""
    optimizer.zero_grad(set_to_none=True)
    with autocast(batch.images.device):
        frozen_s, prepared = timed(lambda: student.prepare(batch))

    def learn() -> float:
        with autocast(batch.images.device):
            loss = total(student.loss(prepared, Moment(progress)))
        loss.backward()
        optimizer.step()
        student.after_step()
        return loss.item()

    learning_s, loss = timed(learn)
    return frozen_s, learning_s, loss


def timed(work: Callable[[], Made]) -> tuple[float, Made]:
    started = time.perf_counter()
    made = work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started, made


@contextmanager
def counted_passes(first_layer: nn.Module) -> Iterator[list[int]]:
    """Pictures of each pass, counted where every pass of the tower begins."""
    passes: list[int] = []
    hook = first_layer.register_forward_pre_hook(lambda _, images: passes.append(len(images[0])))
    try:
        yield passes
    finally:
        hook.remove()


if __name__ == "__main__":
    main()
