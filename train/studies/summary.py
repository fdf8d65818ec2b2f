"""Bring the trials of a study together.

    python -m train.studies.summary STUDY [--trials DIR] [--to train/results]

Writes STUDY.json: of every arm the mean over its seeds with a 95 % interval, each seed's figures,
and the course of validation, from which one sees whether it had converged.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from scipy.stats import t as student_t

from avsl.cli_streams import print_any_name
from avsl.errors import SettingError
from train.studies.plan import STUDIES, trials
from train.studies.run import OUT, TRIAL

RESULTS = Path(__file__).resolve().parents[1] / "results"
FORMAT = "avsl.study/1"
COURSE = ("step", "loss", "ciou", "auc")
UNEQUAL = ("seed", "name", "summary")  # what arms differ in without being another training


@dataclass(frozen=True)
class Estimate:
    """Of a few seeds."""

    mean: float
    half_width: float  # of the 95 % interval by Student's t; nan of a single seed
    each: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> "Estimate":
        each = tuple(round(value, 2) for value in values)
        if len(each) < 2:
            return cls(each[0], nan, each)
        spread = stdev(each) * student_t.ppf(0.975, len(each) - 1) / len(each) ** 0.5
        return cls(round(fmean(each), 2), round(spread, 2), each)

    def __str__(self) -> str:
        spread = "" if self.half_width != self.half_width else f" ± {self.half_width:.1f}"
        return f"{self.mean:.1f}{spread}"


def gather(study: str, folder: Path) -> list[dict[str, Any]]:
    """What every finished trial in ``folder`` left, in any order."""
    files = sorted(folder.glob(f"{study}/*/{TRIAL}"))
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    if not found:
        raise SettingError(
            f"No trial of {study} is done in {folder}: python -m train.studies.run {study}."
        )
    return found


def read(folder: Path, studies: list[str]) -> Iterator[dict[str, Any]]:
    """The files of these studies in ``folder``, or of all that there are."""
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.get("format") == FORMAT and (not studies or told["study"] in studies):
            yield told


def summary(study: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """The study's file; arms in the order of the plan, those without a trial left out."""
    arms = {}
    for name in dict.fromkeys(trial.arm for trial in trials(study)):
        mine = sorted((each for each in found if each["arm"] == name), key=lambda e: e["seed"])
        if mine:
            arms[name] = _arm(mine)
    return {
        "format": FORMAT,
        "study": study,
        "command": f"python -m train.studies.run {study}",
        "world": found[0]["world"],
        "expected": len(trials(study)),
        "trials": sum(len(arm["seeds"]) for arm in arms.values()),
        "arms": arms,
    }


def _arm(mine: list[dict[str, Any]]) -> dict[str, Any]:
    first = mine[0]
    return {
        "seeds": [each["seed"] for each in mine],
        "config": {k: v for k, v in first["config"].items() if k not in UNEQUAL},
        "minutes": round(sum(each["seconds"] for each in mine) / 60, 1),
        "test": {
            name: {
                measure: vars(Estimate.of(each["test"][name][measure] for each in mine))
                for measure in first["test"][name]
            }
            for name in first["test"]
        },
        "course": [
            {name: [round(moment[name], 3) for moment in each["validation"]] for name in COURSE}
            for each in mine
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    parser = argparse.ArgumentParser(
        "train.studies.summary", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("study", choices=sorted(STUDIES))
    parser.add_argument("--trials", type=Path, default=OUT, help="default: %(default)s")
    parser.add_argument("--to", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    try:
        told = summary(options.study, gather(options.study, options.trials))
    except SettingError as error:
        print(f"summary: {error}", file=sys.stderr)
        return 2
    options.to.mkdir(parents=True, exist_ok=True)
    path = options.to / f"{options.study}.json"
    path.write_text(json.dumps(told, indent=1).replace("NaN", "null") + "\n", encoding="utf-8")
    print(f"{path}: {told['trials']} of {told['expected']} trials")
    return 0


if __name__ == "__main__":
    sys.exit(main())
