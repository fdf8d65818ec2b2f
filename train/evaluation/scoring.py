"""From a set's run to its numbers: which protocols a kind of set is scored by."""

from dataclasses import replace

import torch

from avsl.benchmark import Curve, Row
from avsl.metrics import best, best_on_average, protocols
from avsl.metrics.cuts import Picker
from avsl.metrics.judged import Judged
from avsl.metrics.score import Score
from train.data.cases import Kind
from train.evaluation.runner import GROUPED, SetRun

PROTOCOLS = {
    Kind.SINGLE: protocols.single,
    Kind.EXTENDED: protocols.extended,
    Kind.SEGMENTATION: protocols.segmentation,
    Kind.INTERACTIVE: protocols.interactive,
    Kind.MULTI: protocols.multi,
    Kind.VIDEO: protocols.video,
}
PICKED_BY = {Kind.VIDEO: best_on_average}  # else for the success rate, as ACL
ALSO_AT = {Kind.SEGMENTATION: (0.5,)}  # thresholds of papers, beside the variant's own
CALIBRATED = "the variant's own"


def judged(run: SetRun, name: str) -> Judged | None:
    """What variant ``name`` said of the set beside the truth; None without a single test case.

    Cases that it could not do are not there, so ``found`` is less than ``expected``; where the
    cases of a picture are scored together, a picture counts only with all of its cases.
    """
    tray, done = run.trays[name], _scored(run, name)
    if all(run.cases[index].validation for index in done):
        return None
    maps, truths = tray.maps.tensor(), run.truths.tensor()
    if len(done) < len(run.cases):
        maps = maps[torch.tensor([row for index in done for row in tray.rows[index]])]
        truths = truths[torch.tensor([row for index in done for row in run.cases[index].rows])]
    groups = {group: number for number, group in enumerate(f.group for f in run.cases)}
    confidence = dict(zip(tray.rows, tray.confidence, strict=True))
    each = [(run.cases[index], index) for index in done for _ in run.cases[index].rows]
    return Judged.of(
        maps,
        truths,
        confidence=torch.cat([torch.from_numpy(confidence[index]) for index in done]),
        sounding=torch.tensor([on for index in done for on in run.cases[index].sounding]),
        group=torch.tensor([groups[facts.group] for facts, _ in each]),
        validation=torch.tensor([facts.validation for facts, _ in each]),
        mixture=torch.tensor([facts.mixture for facts, _ in each]),
        case=torch.tensor([index for _, index in each]),
        labels=tuple(facts.label for facts, _ in each),
        expected=run.benchmark.expected,
    )


def _scored(run: SetRun, name: str) -> list[int]:
    rows = run.trays[name].rows
    if run.benchmark.kind not in GROUPED:
        return list(rows)
    broken = {facts.group for index, facts in enumerate(run.cases) if index not in rows}
    return [index for index in rows if run.cases[index].group not in broken]


def score(run: SetRun, name: str, stack: Judged) -> tuple[list[Row], list[Curve]]:
    """Every number and curve of variant ``name``, whose :func:`judged` is ``stack``."""
    kind, card = run.benchmark.kind, run.trays[name].variant.card
    fixed = {card.threshold, *ALSO_AT.get(kind, ())}
    scores = PROTOCOLS[kind](stack, tuple(fixed)) + negative_scores(run, name)
    rows = [Row(run.benchmark.name, name, _named(one, card.threshold)) for one in scores]
    lines = [
        Curve(run.benchmark.name, name, *line) for line in protocols.curves(stack, picker(kind))
    ]
    return rows, lines


def picker(kind: Kind) -> Picker:
    """How a set of this kind chooses one threshold for all maps."""
    return PICKED_BY.get(kind, best)


def negative_scores(run: SetRun, name: str) -> list[Score]:
    """pIA (low is right) and AUC_N (high is right) of the maps with foreign sounds."""
    tray = run.trays[name]
    heard = tray.negatives.cases
    if not heard:
        return []
    maps = tray.negatives.maps.tensor()
    stack = Judged.of(
        maps,
        torch.zeros(maps.shape, dtype=torch.uint8),
        case=torch.tensor([index for _, index in heard]),
        labels=tuple(sort for sort, _ in heard),
        expected=run.benchmark.expected,
    )
    scores = protocols.negative(stack, (tray.variant.card.threshold,))
    return [replace(score, expected=run.benchmark.expected) for score in scores]


def _named(score: Score, calibrated: float) -> Score:
    """Say where a threshold known beforehand comes from."""
    if score.rule != "fixed" or score.threshold != calibrated:
        return score
    return replace(score, rule=CALIBRATED)
