"""One run of the benchmark: sets and variants in, results out."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from avsl.benchmark import Cost, Results
from avsl.devices import best_device
from avsl.progress import Progress, no_progress, part
from avsl.storage import storage_errors
from avsl.variants import Variant
from avsl.version import __version__
from train.data.cases import BenchmarkSet
from train.evaluation.best_and_worst import best_and_worst
from train.evaluation.report import RESULTS
from train.evaluation.runner import SetRun, Wanted, run_set
from train.evaluation.scoring import judged, score


def evaluate(
    sets: list[BenchmarkSet],
    variants: dict[str, Variant],
    wanted: Wanted | None = None,
    folder: Path | None = None,
    progress: Progress = no_progress,
) -> Results:
    """Every variant (by the name to show) on every set.

    Pictures of the best and the worst cases go to ``folder``/cases; without a folder there are
    none. What could not be evaluated is in ``made["notes"]``, one sentence a line. The results so
    far are saved there after each set, so that a long run that is stopped has not been in vain.
    """
    wanted = replace(wanted or Wanted(), pictures=folder is not None)
    results, notes = Results(_made(wanted), {}), []
    for place, benchmark in enumerate(sets):
        here = part(progress, place / len(sets), (place + 1) / len(sets))
        run = run_set(benchmark, variants, wanted, here)
        results.sets[benchmark.name] = benchmark.about
        notes += _notes(run)
        for name in variants:
            here(1.0, f"{benchmark.name}: scoring {name}")
            _add(results, run, name, folder)
        results.made["notes"] = "\n".join(notes)
        if folder is not None:
            with storage_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                results.save(folder / RESULTS)
    return results


def _add(results: Results, run: SetRun, name: str, folder: Path | None) -> None:
    stack = judged(run, name)
    if stack is None:
        return
    rows, curves = score(run, name, stack)
    tray = run.trays[name]
    results.rows.extend(rows)
    results.curves.extend(curves)
    results.cases.extend(best_and_worst(run, name, stack, folder))
    results.costs.append(Cost(run.benchmark.name, name, len(tray.rows), tray.seconds, tray.peak_mb))


def _made(wanted: Wanted) -> dict[str, str]:
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "avsl": __version__,
        "torch": torch.__version__,
        "device": str(best_device()),
        "seed": str(wanted.seed),
        "test cases": "all" if wanted.limit is None else f"the first {wanted.limit} of each set",
        "negative audio": f"the first {wanted.negative_cases} test cases of a single-source set, "
        "with silence, white noise at -20 dBFS and another case's sound",
        "maps": "brought to 224 x 224 bilinearly, scored in half precision",
        "python": sys.version.split()[0],
    }


def _notes(run: SetRun) -> Iterator[str]:
    benchmark = run.benchmark
    tested = sum(not facts.validation for facts in run.cases)
    if tested < benchmark.expected:
        yield f"{benchmark.name}: {tested} of {benchmark.expected} cases were evaluated."
    for name, tray in run.trays.items():
        yield from _missed(f"{benchmark.name}, {name}", tray.missed, "cases")
        yield from _missed(f"{benchmark.name}, {name}", tray.negatives.missed, "foreign sounds")


def _missed(where: str, missed: Counter, what: str) -> Iterator[str]:
    for sentence, count in missed.most_common():
        yield f"{where}: {count} {what} not evaluated. {sentence}"
