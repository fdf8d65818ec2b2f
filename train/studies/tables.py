"""Tables of the studies in Markdown, from the files in train/results.

python -m train.studies.tables [STUDY ...]
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from train.studies.summary import RESULTS, Estimate

COLUMNS = {
    "cIoU": ("single", "ciou"),
    "AUC": ("single", "auc"),
    "mIoU": ("single", "miou"),
    "covered": ("single", "covered"),
    "inside": ("single", "inside"),
    "peak on source": ("single", "on_source"),
    "on silent": ("single", "on_silent"),
    "twins: cIoU": ("twins", "ciou"),
    "twins: on silent": ("twins", "on_silent"),
    "unheard: cIoU": ("unheard", "ciou"),
}
SWEPT = ("single", "on_source")  # what a sweep over margins is shown by


def table(study: dict[str, Any]) -> str:
    """An arm a row; a margin a column where the arms are a sweep."""
    arms = study["arms"]
    swept = [name for name in arms if ", margin " in name]
    lines = _sweep(arms) if len(swept) == len(arms) else _arms(arms)
    return "\n".join(lines)


def _arms(arms: dict[str, Any]) -> Iterator[str]:
    yield from _head(["", *COLUMNS])
    for name, arm in arms.items():
        yield _row([name, *(estimate(arm, *where) for where in COLUMNS.values())])


def _sweep(arms: dict[str, Any]) -> Iterator[str]:
    """ "lvs, noise 0.2, margin -0.1" in the row "lvs, noise 0.2"."""
    split = {tuple(name.rsplit(", margin ", 1)): arm for name, arm in arms.items()}
    rows = dict.fromkeys(row for row, _ in split)
    margins = dict.fromkeys(margin for _, margin in split)
    yield from _head(["", *(f"m = {margin}" for margin in margins)])
    for row in rows:
        cells = (split.get((row, margin)) for margin in margins)
        yield _row([row, *(estimate(arm, *SWEPT) if arm else "" for arm in cells)])


def estimate(arm: dict[str, Any], where: str, measure: str) -> str:
    """Mean and 95 % interval over the seeds, as in a file."""
    found = arm["test"][where][measure]
    spread = found["half_width"]
    return str(Estimate(found["mean"], float("nan") if spread is None else spread, ()))


def _head(names: list[str]) -> Iterator[str]:
    yield _row(names)
    yield _row(["---"] + ["---:"] * (len(names) - 1))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        "train.studies.tables", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("study", nargs="*", help="default: all that have results")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    for path in sorted(options.results.glob("*.json")):
        told = json.loads(path.read_text())
        if told.get("study") and (not options.study or told["study"] in options.study):
            print(f"### {told['study']}: {told['trials']} trainings\n\n{table(told)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
