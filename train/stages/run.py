"""Make a backbone: ``python -m train.stages.run --out FOLDER [--steps A B C E | --minutes M]``.

Stages (a), (b) and (c) of the tiny CLIP path and (e), an image tower for the two-stream networks;
then what was measured of them. A stage that is done is kept in the folder and not repeated;
``--again`` begins anew. Stage (d) is a training: ``python -m train.train --preset acl-tiny``.

On two processor cores they take half the time, since (c) and (e) need neither (a) nor (b):

    python -m train.stages.run --out HEARS --only audio eye --threads 1 --bf16 &
    python -m train.stages.run --out FOLDER --only clip decoder --threads 1 --bf16; wait
    python -m train.stages.run --out FOLDER --join HEARS
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from avsl.cli_streams import print_any_name
from avsl.errors import AvslError, SettingError
from avsl.models.acl import ACL
from avsl.models.published import ACLConfig, build
from avsl.synthetic.world import VERSION
from train.stages import audio, backbone, clip, decoder, eye
from train.stages.loop import Budget, Course, Report
from train.stages.sizes import CLASS_NAMES, tiny

SHOWN_EVERY_S = 10.0
MEASURED_BATCHES = 8
STEPS = (4000, 6000, 4000, 1600)  # about 70 minutes on one processor core


@dataclass(frozen=True)
class Part:
    """One stage: its module's ``run`` and ``measure`` with their settings."""

    name: str
    settings: Any
    run: Callable[..., Course]
    measure: Callable[..., dict[str, float]]


@dataclass(frozen=True)
class Nets:
    """What the stages train."""

    acl: ACL
    eye: eye.Classifier

    @classmethod
    def new(cls, config: ACLConfig, seed: int) -> "Nets":
        torch.manual_seed(seed)
        acl = build(config)
        torch.manual_seed(seed)
        return cls(acl, eye.new())

    def of(self, part: Part) -> nn.Module:
        return self.eye if part.name == "eye" else self.acl


def parts(seed: int = 0) -> tuple[Part, ...]:
    """In their order: the decoder needs the towers."""
    stages = (
        (clip, clip.ClipStage()),
        (decoder, decoder.DecoderStage()),
        (audio, audio.AudioStage()),
        (eye, eye.EyeStage()),
    )
    return tuple(
        Part(
            module.__name__.rpartition(".")[2],
            replace(settings, source=replace(settings.source, seed=seed)),
            module.run,
            module.measure,
        )
        for module, settings in stages
    )


def make(
    folder: Path,
    nets: Nets,
    stages: tuple[Part, ...],
    budgets: tuple[Budget, ...],
    seed: int = 0,
    bf16: bool = False,
    report: Callable[[str], Report] = lambda name: lambda step, progress, loss: None,
    batches: int = MEASURED_BATCHES,
) -> dict[str, Any]:
    """Run the stages that ``folder`` does not hold yet, and measure; the backbone's facts."""
    facts: dict[str, Any] = {"world": VERSION, "seed": seed, "class_names": CLASS_NAMES}
    if backbone.is_one(folder):
        kept, facts = backbone.load(folder)
        if kept.config != nets.acl.config:
            raise SettingError(f"The backbone in {folder} has other sizes: make it --again.")
        nets.acl.load_state_dict(kept.state_dict())
    for part, budget in zip(stages, budgets, strict=True):
        if part.name in facts:
            continue
        torch.manual_seed(seed)
        net = nets.of(part)
        course = part.run(net, budget, part.settings, bf16, report(part.name))
        measured = part.measure(net, part.settings.source, batches)
        facts[part.name] = {**course.facts(), **measured}
        if net is nets.eye:
            backbone.save_eye(nets.eye.tower, folder)
        backbone.save(nets.acl, folder, facts)
    return facts


def shown(name: str) -> Report:
    """Prints where a stage stands, every few seconds."""
    last = time.monotonic()

    def show(step: int, progress: float, loss: float) -> None:
        nonlocal last
        if time.monotonic() - last >= SHOWN_EVERY_S:
            last = time.monotonic()
            print(f"{name}: step {step}, {progress:.0%}, loss {loss:.3f}", flush=True)

    return show


def main(arguments: list[str] | None = None) -> int:
    print_any_name()
    parser = argparse.ArgumentParser(prog="python -m train.stages.run", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the backbone's folder")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="of each stage, instead of steps")
    length.add_argument(
        "--steps", type=int, nargs=4, metavar=("A", "B", "C", "E"),
        help="the same result again (default: %(default)s)", default=STEPS,
    )  # fmt: skip
    parser.add_argument("--only", nargs="+", choices=list(backbone.STAGES), metavar="STAGE")
    parser.add_argument("--join", type=Path, metavar="FOLDER", help="take its stages over, too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0: as torch likes")
    parser.add_argument("--bf16", action="store_true", help="bfloat16: quicker with AVX-512")
    parser.add_argument("--again", action="store_true", help="repeat stages that are done")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    every = parts(given.seed)
    budgets = dict(zip(every, map(Budget, given.steps), strict=True))
    if given.minutes:
        budgets = dict.fromkeys(every, Budget(minutes=given.minutes))
    wanted = {part: budgets[part] for part in every if part.name in (given.only or backbone.STAGES)}
    if given.again:
        backbone.remove(given.out)
    try:
        if given.join:
            facts = backbone.join(given.out, given.join)
        else:
            nets = Nets.new(tiny(), given.seed)
            stages, lengths = tuple(wanted), tuple(wanted.values())
            facts = make(given.out, nets, stages, lengths, given.seed, given.bf16, shown)
    except AvslError as error:
        print(f"train.stages.run: {error}", file=sys.stderr)
        return 1
    print(json.dumps(facts, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
