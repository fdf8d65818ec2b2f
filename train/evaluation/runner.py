"""Put every case of a set to every variant, once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from avsl.errors import AvslError, Cancelled
from avsl.progress import Progress, no_progress
from avsl.variants import Variant
from train.data.cases import BenchmarkSet, Case, Kind
from train.evaluation.memory import peak_mb, reset_peak
from train.evaluation.negatives import NEGATIVE_CASES, Negatives, OffScreen
from train.evaluation.pictures import thumbnail
from train.evaluation.predictors import predict
from train.evaluation.stack import Stack

GROUPED = (Kind.INTERACTIVE, Kind.MULTI)  # cases of one picture are judged together


@dataclass(frozen=True)
class Facts:
    """What stays of a case when its clip is gone; ``rows`` are its maps in the truths."""

    id: str
    label: str
    group: str
    mixture: bool
    validation: bool
    rows: range
    sounding: tuple[bool, ...]  # of each row: something in view is heard
    shown: int  # the row that a picture of the case shows
    picture: bytes  # jpeg of that moment; empty where no pictures are wanted


@dataclass(eq=False)
class Tray:
    """What one variant said of one set, in the order of the cases it could judge."""

    variant: Variant
    negatives: Negatives
    maps: Stack = field(default_factory=Stack)
    confidence: list[np.ndarray] = field(default_factory=list)
    rows: dict[int, range] = field(default_factory=dict)  # case judged -> its rows in ``maps``
    missed: Counter = field(default_factory=Counter)  # sentence -> cases it kept from being judged
    seconds: float = 0.0
    peak_mb: float = 0.0

    def judge(self, index: int, case: Case, foreign: np.ndarray | None) -> None:
        """Ask the variant; a case it cannot do is counted with the sentence that says why.

        ``foreign`` (S,): another case's sound, for :class:`Negatives`.
        """
        reset_peak()
        try:
            predicted = predict(self.variant, case)
        except Cancelled:
            raise
        except AvslError as error:
            self.missed[str(error)] += 1
            return
        self.peak_mb = max(self.peak_mb, peak_mb())
        self.seconds += predicted.seconds
        self.rows[index] = self.maps.add(predicted.maps)
        self.confidence.append(predicted.confidence)
        if not case.validation:
            self.negatives.ask(self.variant, index, case, foreign)


@dataclass(frozen=True, eq=False)
class SetRun:
    """A set, every case's facts and truth, and what each variant (by name) said."""

    benchmark: BenchmarkSet
    cases: list[Facts]
    truths: Stack
    trays: dict[str, Tray]


@dataclass(frozen=True)
class Wanted:
    """How to run: ``limit`` test cases (all: None), with ``pictures`` of them kept or not."""

    limit: int | None = None
    seed: int = 0  # of the noise among the foreign sounds
    pictures: bool = True
    negative_cases: int = NEGATIVE_CASES


def run_set(
    benchmark: BenchmarkSet,
    variants: dict[str, Variant],
    wanted: Wanted,
    progress: Progress = no_progress,
) -> SetRun:
    """Every variant on every case; cases are made once and let go one by one.

    Pictures alone with each sound of theirs (interactive, multi) are never cut apart by
    ``limit``: it is rounded up to whole pictures.
    """
    count = wanted.negative_cases if benchmark.kind is Kind.SINGLE else 0
    trays = {name: Tray(each, Negatives(count, wanted.seed)) for name, each in variants.items()}
    run = SetRun(benchmark, [], Stack(), trays)
    available = len(benchmark.ids())
    total = available if wanted.limit is None else min(wanted.limit, available)
    tested, off_screen = 0, OffScreen()
    for index, case in enumerate(_limited(benchmark, wanted.limit)):
        progress(min(tested / max(total, 1), 1.0), f"{benchmark.name}: {case.id}")
        tested += not case.validation
        foreign = off_screen.swap(case)
        run.cases.append(_facts(case, run.truths, wanted.pictures))
        for tray in trays.values():
            tray.judge(index, case, foreign)
    progress(1.0, benchmark.name)
    return run


def _limited(benchmark: BenchmarkSet, limit: int | None) -> Iterator[Case]:
    if limit is None or benchmark.kind not in GROUPED:
        yield from benchmark.cases(limit)
        return
    tested, group = 0, None
    for case in benchmark.cases():
        if not case.validation and tested >= limit and case.group != group:
            return
        tested += not case.validation
        group = case.group
        yield case


def _facts(case: Case, truths: Stack, pictures: bool) -> Facts:
    areas = case.truth.reshape(len(case.truth), -1).sum(axis=1)
    shown = int(areas.argmax())
    return Facts(
        id=case.id,
        label=case.label,
        group=case.group or case.id,
        mixture=case.mixture,
        validation=case.validation,
        rows=truths.add(case.truth),
        sounding=tuple(bool(area > 0) for area in areas),
        shown=shown,
        picture=thumbnail(case.clip, case.times_s[shown]) if pictures else b"",
    )
