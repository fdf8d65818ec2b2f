"""Tables of the studies in Markdown, from the files in train/results.

python -m train.studies.tables [STUDY ...]
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from math import nan
from pathlib import Path
from typing import Any

from avsl.cli_streams import print_any_name
from train.studies.summary import RESULTS, Estimate, read

MARGIN = ", margin "  # "lvs, noise 0.2, margin -0.1" is in the row "lvs, noise 0.2" of a sweep
COLUMNS = {
    "cIoU": ("single", "ciou"),
    "AUC": ("single", "auc"),
    "mIoU": ("single", "miou"),
    "covered": ("single", "covered"),
    "inside": ("single", "inside"),
    "peak on source": ("single", "on_source"),
    "on silent": ("single", "on_silent"),
    "shown": ("single", "found"),
    "of these on silent": ("single", "wrong"),
    "twins: cIoU": ("twins", "ciou"),
    "twins: on silent": ("twins", "on_silent"),
    "unheard: cIoU": ("unheard", "ciou"),
    "paired: cIoU": ("paired", "ciou"),
    "unpaired: cIoU": ("unpaired", "ciou"),
    "unpaired: peak on source": ("unpaired", "on_source"),
}
SWEPT = ("cIoU", "AUC", "peak on source")  # what a sweep over margins is shown by
PROPOSED, NONE = "-0.2", "0"  # MarginNCE's margin, and that of the methods it improves


def table(study: dict[str, Any]) -> str:
    """An arm a row; of a sweep a margin a column, and what MarginNCE's brings."""
    arms = study["arms"]
    if not all(MARGIN in name for name in arms):
        return "\n".join(_arms(arms))
    rows = _rows(arms)
    parts = [f"{name}, %:\n\n" + "\n".join(_sweep(rows, COLUMNS[name])) for name in SWEPT]
    gains = f"What a margin of {PROPOSED} adds to {NONE}, in points, seed by seed:\n\n"
    return "\n\n".join([*parts, gains + "\n".join(_gains(rows))])


Rows = dict[str, dict[str, dict[str, Any]]]  # arms of a sweep by row, then by margin


def _rows(arms: dict[str, Any]) -> Rows:
    found: Rows = {}
    for name, arm in arms.items():
        row, _, margin = name.rpartition(MARGIN)
        found.setdefault(row, {})[margin] = arm
    return found


def _arms(arms: dict[str, Any]) -> Iterator[str]:
    known = {
        name: where for name, where in COLUMNS.items() if _has(next(iter(arms.values())), *where)
    }
    yield from _head(["", *known])
    for name, arm in arms.items():
        yield _row([name, *(estimate(arm, *where) for where in known.values())])


def _has(arm: dict[str, Any], where: str, measure: str) -> bool:
    return measure in arm["test"].get(where, {})


def _sweep(rows: Rows, where: tuple[str, str]) -> Iterator[str]:
    margins = dict.fromkeys(chain.from_iterable(rows.values()))
    yield from _head(["", *(f"m = {margin}" for margin in margins)])
    for row, arms in rows.items():
        cells = (estimate(arms[each], *where) if each in arms else "" for each in margins)
        yield _row([row, *cells])


def _gains(rows: Rows) -> Iterator[str]:
    """Differences between trainings alike but for the margin, and those of all methods together."""
    yield from _head(["", *SWEPT])
    together: dict[str, dict[str, list[float]]] = {}
    for row, arms in rows.items():
        if PROPOSED not in arms or NONE not in arms:
            continue
        found = {name: _differences(arms, *COLUMNS[name]) for name in SWEPT}
        yield _row([row, *(_signed(found[name]) for name in SWEPT)])
        noise = together.setdefault(row.rpartition(", ")[2], {name: [] for name in SWEPT})
        for name in SWEPT:
            noise[name] += found[name]
    for noise, found in together.items():
        yield _row([f"all, {noise}", *(_signed(found[name]) for name in SWEPT)])


def _differences(arms: dict[str, dict[str, Any]], where: str, measure: str) -> list[float]:
    """Of the seeds that both have."""
    with_, without = (
        dict(zip(arms[each]["seeds"], arms[each]["test"][where][measure]["each"], strict=True))
        for each in (PROPOSED, NONE)
    )
    return [with_[seed] - without[seed] for seed in with_ if seed in without]


def _signed(differences: list[float]) -> str:
    found = Estimate.of(differences)
    return f"{'+' if found.mean >= 0 else ''}{found}"


def estimate(arm: dict[str, Any], where: str, measure: str) -> str:
    """Mean and 95 % interval over the seeds, as in a file."""
    found = arm["test"][where][measure]
    spread = found["half_width"]
    return str(Estimate(found["mean"], nan if spread is None else spread, ()))


def _head(names: list[str]) -> Iterator[str]:
    yield _row(names)
    yield _row(["---"] + ["---:"] * (len(names) - 1))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    print_any_name()
    parser = argparse.ArgumentParser(
        "train.studies.tables", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("study", nargs="*", help="default: all that have results")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    for told in read(options.results, options.study):
        print(f"### {told['study']}: {told['trials']} trainings\n\n{table(told)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
