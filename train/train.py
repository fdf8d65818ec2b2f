"""Train a variant, from nothing to a folder that avsl.load takes.

    python -m train.train --preset margin-tiny [--set key=value ...] [--out DIR] [--resume]
    torchrun --nproc-per-node 2 --max-restarts 3 -m train.train --preset margin-tiny

Presets are in train/presets, settings and what each does in train/config.py; --preset also takes
the config.json of an earlier training. A killed training goes on with --resume, with the same
losses as if nothing had happened; one that torchrun restarts does so by itself. On many machines:
train/SCALE.md. Exit code: 0 fine, 2 a setting or file is wrong, 130 stopped.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from math import cos, pi
from pathlib import Path
from zlib import crc32

import torch
from torch import nn

from avsl.cli_streams import print_any_name
from avsl.errors import AvslError, SettingError
from train import distributed
from train.config import TrainConfig, assignments
from train.data.scenes_on_disk import ScenesOnDisk
from train.facts import facts
from train.learning import Learner, learner
from train.logbook import Logbook
from train.objectives import Moment, terms, total
from train.presets import preset
from train.remembered import Feed
from train.run_folder import RunFolder
from train.speed import Speed
from train.validation import Scenes, Validation, all_maps, validate

OK, USAGE, INTERRUPTED = 0, 2, 130
PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Trained:
    """What came out, with the weights that were kept."""

    best: Validation
    history: list[Validation]
    student: Learner
    feed: Feed


def train(config: TrainConfig, out: Path, resume: bool = False) -> Trained:
    """The whole training, which leaves a variant's folder in ``out``.

    In several processes (``torchrun``) all of them call it, and that of rank 0 writes.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    with distributed.processes(config.device) as joined:
        return _train(config, RunFolder(out), resume or joined.restarted, joined.device)


def _train(config: TrainConfig, folder: RunFolder, resume: bool, device: torch.device) -> Trained:
    rank, processes = distributed.rank(), distributed.count()
    _check_shares(config, processes)

    # The folder, and what an earlier run left there. Only rank 0 sees it: others may be elsewhere.
    state = distributed.told(folder.begin(config, resume) if rank == 0 else None)
    first = state["step"] if state else 0
    history = [Validation(**each) for each in state["history"]] if state else []
    spent_s = state["spent_s"] if state else 0.0

    # The same first weights in every process.
    torch.manual_seed(config.seed)
    student = learner(config, device)
    student.module.train()
    if config.compile:
        student.compile(_backend(config.compile))
    learned = student.trainable()
    optimizer = _optimizer(config, learned)
    dtype = _precision(config, device)
    scaler = torch.amp.GradScaler(device.type, enabled=dtype is torch.float16)
    if state:
        student.module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
        scaler.load_state_dict(state["scaler"])

    # What it learns from and what it is judged on; no scene is in both.
    words = bool(config.guidance)
    if config.of_world and config.cache and not config.remember and rank == 0:
        ScenesOnDisk(config).make()
    distributed.agree(True, device)
    speed = Speed()
    feed = Feed(config, student, device, lambda: _autocast(device, dtype), speed.waiting)
    stream = feed.stream(rank, processes, first * config.accumulate, words)
    scenes = Scenes.of(config, words)
    judged_on = scenes.kept(feed) if config.remember else scenes
    log = Logbook(folder.run, config.steps, first) if rank == 0 else None
    if log:
        for sentence in _announced(config, processes, device, dtype, learned, first):
            log.say(sentence)
    began, stopped = time.monotonic(), _has_stalled(history, config.patience)

    for step in range(first, config.steps):
        if stopped:
            break
        # Dropout and all else that is drawn follow from seed, step and rank: nothing to keep.
        torch.manual_seed(crc32(f"{config.seed} {step} {rank}".encode()))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config, step)

        # Each batch is contrasted by itself; gradients add up to the mean over the batches.
        optimizer.zero_grad(set_to_none=True)
        moment = Moment(progress=step / config.steps)
        for batch in islice(stream, config.accumulate):
            with _autocast(device, dtype):
                loss = student.loss(batch, moment)
            scaler.scale(total(loss) / config.accumulate).backward()

        # All processes' gradients, unscaled, cut to length; the same step is then taken by each.
        distributed.average_gradients(learned)
        scaler.unscale_(optimizer)
        length = nn.utils.clip_grad_norm_(learned, config.clip_norm or float("inf"))
        scaler.step(optimizer)
        scaler.update()
        student.after_step()
        done = step + 1

        if done % config.log_every == 0 or done == config.steps:
            row = distributed.mean(terms(loss)) | {
                "gradient": length.item(),
                "learning_rate": learning_rate(config, step),
            }
            if log:
                log.loss(done, row)
                log.speed(done, speed.row())

        # The best so far is kept, and the training ends where nothing gets better any more.
        judge = done % config.validate_every == 0 or done == config.steps
        if judge:
            found = validate(student, judged_on, config, done)
            if log:
                if not history or found.score > _best(history).score:
                    folder.keep_best(student.module)
                log.validation(found)
                _draw(log, student, scenes, config, found)
            history.append(found)
            stopped = distributed.agree(_has_stalled(history, config.patience), device)

        # All that is needed to go on from here as if nothing had happened.
        if log and (judge or done % config.save_every == 0):
            folder.keep({
                "step": done,
                "module": student.module.state_dict(),
                "optimizer": optimizer.state_dict(),
                "scaler": scaler.state_dict(),
                "history": [vars(each) for each in history],
                "spent_s": spent_s + time.monotonic() - began,
            })  # fmt: skip

    # The best network becomes the variant, with what was measured on its card.
    best = _best(history)
    if log:
        student.module.load_state_dict(folder.best())
        student.save(folder.path, facts(config, best, history[-1].step * _pairs_a_step(config)))
        log.say(f"Kept: {best.line}.")
        log.say(_took(spent_s + time.monotonic() - began, history[-1].step))
        log.say(speed.line(processes))
        log.say(f"The variant is in {folder.path}: avsl.load({str(folder.path)!r}).")
        log.close()
    distributed.agree(True, device)
    return Trained(best, history, student, feed)


def learning_rate(config: TrainConfig, step: int) -> float:
    """Up from 0 in the warm-up, then down along half a cosine, or constant."""
    warm = config.warm_up * config.steps
    if step + 1 <= warm:
        return config.learning_rate * (step + 1) / warm
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - warm) / max(config.steps - warm, 1)
    share = config.last_rate + (1 - config.last_rate) * (1 + cos(pi * done)) / 2
    return config.learning_rate * share


def _optimizer(config: TrainConfig, learned: list[nn.Parameter]) -> torch.optim.Optimizer:
    make = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return make(learned, config.learning_rate, weight_decay=config.weight_decay)


def _precision(config: TrainConfig, device: torch.device) -> torch.dtype | None:
    """Of the networks' passes; None: float32. Losses are float32 in any case."""
    if config.precision == "auto":
        good = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if good else None
    if config.precision == "float16" and device.type != "cuda":
        raise SettingError("precision=float16 needs a GPU with cuda; float32 runs anywhere.")
    return PRECISIONS.get(config.precision)


def _backend(name: str) -> str:
    known = torch.compiler.list_backends(exclude_tags=())
    if name not in known:
        raise SettingError(f"compile is one of {', '.join(known)} or empty, not {name!r}.")
    return name


def _autocast(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager:
    return torch.autocast(device.type, dtype) if dtype else nullcontext()


def _best(history: list[Validation]) -> Validation:
    return max(history, key=lambda each: each.score)  # the first among equals


def _has_stalled(history: list[Validation], patience: int) -> bool:
    """Whether ``patience`` validations in a row brought nothing better."""
    if not patience or not history:
        return False
    return len(history) - 1 - history.index(_best(history)) >= patience


def _check_shares(config: TrainConfig, processes: int) -> None:
    if config.batch % processes or config.validation_scenes % processes:
        raise SettingError(
            f"batch ({config.batch}) and validation_scenes ({config.validation_scenes}) must be "
            f"multiples of the number of processes ({processes})."
        )


def _pairs_a_step(config: TrainConfig) -> int:
    return config.batch * config.accumulate


def _announced(
    config: TrainConfig,
    processes: int,
    device: torch.device,
    dtype: torch.dtype | None,
    learned: list[nn.Parameter],
    first: int,
) -> Iterator[str]:
    """What is about to happen, and what a reader of numbers may get wrong."""
    numbers = sum(each.numel() for each in learned)
    precision = str(dtype or torch.float32).removeprefix("torch.")
    yield (
        f"{config.name}: {config.objective} {config.objective_settings or ''} on {config.data}, "
        f"{numbers:,} parameters, {processes} x {device}, {precision}"
    )
    pool = config.batch if config.negatives == "gathered" else config.batch // processes
    yield f"{config.steps:,} steps of {_pairs_a_step(config)} pairs; each meets {pool - 1} others."
    if config.accumulate > 1:
        yield (
            f"Gradients of {config.accumulate} batches make a step: steadier, but no pair meets "
            "one negative more. Only a larger batch, or more processes with negatives=gathered, do."
        )
    if first:
        yield f"Resumed after step {first:,}."


def _draw(
    log: Logbook, student: Learner, scenes: Scenes, config: TrainConfig, found: Validation
) -> None:
    log.draw_curves()
    few = scenes.batch[: config.pictures]
    student.module.eval()
    maps, _ = all_maps(student, few, config.batch)
    student.module.train()
    threshold = 0.5 if scenes.truth is None else found.threshold
    log.draw_maps(few, scenes.truth, maps, threshold)


def _took(seconds: float, steps: int) -> str:
    return (
        f"{steps:,} steps in {seconds / 60:.1f} min: {steps / max(seconds, 1e-9):.2f} steps/s, "
        "validations included."
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    options = _parser().parse_args(arguments)
    try:
        config = preset(options.preset).changed(assignments(options.set))
        train(config, options.out or Path("avsl-out") / config.name, options.resume)
    except AvslError as error:
        print(f"train: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("\ntrain: stopped; go on with --resume.", file=sys.stderr)
        return INTERRUPTED
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "train.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--preset", required=True, metavar="NAME", help="of train/presets, or a config.json")
    add(
        "--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE",
        help="other values of settings",
    )  # fmt: skip
    add("--out", type=Path, metavar="DIR", help="where to (default: avsl-out/NAME)")
    add("--resume", action="store_true", help="go on with the training in DIR, if it was begun")
    return parser


if __name__ == "__main__":
    sys.exit(main())
