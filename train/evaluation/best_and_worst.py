"""The cases of a set on which a variant did best and worst, as pictures."""

from pathlib import Path

from avsl.benchmark import CaseScore
from avsl.metrics import Judged, ciou
from avsl.metrics.cuts import absolute_cuts
from avsl.metrics.multisource import frame_means
from avsl.storage import storage_errors
from train.evaluation.pictures import panels
from train.evaluation.runner import SetRun
from train.evaluation.scoring import picker

CASES = 3  # of each end
FOLDER = "cases"


def best_and_worst(run: SetRun, name: str, stack: Judged, folder: Path | None) -> list[CaseScore]:
    """The best test cases of variant ``name``, best first, then the worst, worst last.

    Ranked by ciou at the threshold that validation chose (without validation cases: the test set),
    as a mean over the moments at which something in view is heard; cases without any are left
    out. ``stack`` is the variant's :func:`train.evaluation.scoring.judged`. Pictures go to
    ``folder``/cases; where there is no folder there are none.
    """
    located = ~stack.empty
    tested = located & ~stack.validation
    if not tested.any():
        return []
    cut = absolute_cuts(stack, located, (), picker(run.benchmark.kind))[0]
    values, cases = frame_means(ciou(cut.areas.of(tested)), stack.case[tested])
    ranked = sorted(zip(values.tolist(), cases.tolist(), strict=True), key=lambda entry: -entry[0])
    ends = [*ranked[:CASES], *ranked[max(CASES, len(ranked) - CASES) :]]
    scores = []
    for value, index in ends:
        facts = run.cases[index]
        picture = _picture(run, name, index, cut.threshold, folder) if folder else ""
        metric = f"ciou at {cut.threshold:.2f} ({cut.rule})"
        scores.append(
            CaseScore(run.benchmark.name, name, facts.id, facts.label, value, metric, picture)
        )
    return scores


def _picture(run: SetRun, name: str, index: int, threshold: float, folder: Path) -> str:
    """Write the case's panels; returns the file relative to ``folder``."""
    facts, tray = run.cases[index], run.trays[name]
    truth = run.truths.part(facts.rows)[facts.shown].numpy()
    heatmap = tray.maps.part(tray.rows[index])[facts.shown].numpy()
    file = f"{FOLDER}/{file_name(run.benchmark.name)}/{file_name(name)}/{index:05d}.jpg"
    with storage_errors(folder):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(panels(facts.picture, truth, heatmap, threshold))
    return file


def file_name(text: str) -> str:
    """A set's or a variant's name as a file's: letters, digits and dashes."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in text)
    return kept.strip("-") or "unnamed"
