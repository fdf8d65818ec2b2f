"""Lay out the trials that results tell of, so that a study goes on where it was on another machine.

    python -m train.studies.restore [STUDY ...] [--results train/results] [--out DIR]

Only the figures come back, not the weights. What the plan trains otherwise today is left out.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from avsl.cli_streams import print_any_name
from avsl.synthetic.world import VERSION
from train.config import TrainConfig
from train.studies.plan import Trial, trials
from train.studies.run import OUT, TRIAL
from train.studies.summary import RESULTS, UNEQUAL, read


def restored(told: dict[str, Any]) -> Iterator[tuple[Trial, dict[str, Any]]]:
    """Of a study's file: every trial with what it left, as :mod:`train.studies.run` writes it."""
    planned = {(trial.arm, trial.config.seed): trial for trial in trials(told["study"])}
    for name, arm in told["arms"].items():
        for index, seed in enumerate(arm["seeds"]):
            trial = planned.get((name, seed))
            if told["world"] == VERSION and trial and _is_same(trial, arm["config"]):
                yield trial, _left(trial, arm, index)


def _is_same(trial: Trial, config: dict[str, Any]) -> bool:
    own = {name: trial.config.to_dict()[name] for name in UNEQUAL}
    return not trial.config.differs(TrainConfig.from_dict(config | own))


def _left(trial: Trial, arm: dict[str, Any], index: int) -> dict[str, Any]:
    course = arm["course"][index]
    return {
        "arm": trial.arm,
        "seed": trial.config.seed,
        "world": VERSION,
        "config": trial.config.to_dict(),
        "seconds": 60 * arm["minutes"] / len(arm["seeds"]),
        "validation": [
            dict(zip(course, moment, strict=True)) for moment in zip(*course.values(), strict=True)
        ],
        "test": {
            name: {measure: found["each"][index] for measure, found in measures.items()}
            for name, measures in arm["test"].items()
        },
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    parser = argparse.ArgumentParser(
        "train.studies.restore", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("study", nargs="*", metavar="STUDY", help="default: all")
    parser.add_argument("--results", type=Path, default=RESULTS, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    options = parser.parse_args(arguments)
    for told in read(options.results, options.study):
        count = 0
        for trial, left in restored(told):
            path = options.out / trial.study / trial.folder / TRIAL
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(left, indent=1) + "\n", encoding="utf-8")
                count += 1
        print(f"{told['study']}: {count} of {told['trials']} trials restored")
    return 0


if __name__ == "__main__":
    sys.exit(main())
