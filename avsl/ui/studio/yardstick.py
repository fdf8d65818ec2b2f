"""The listening score of every variant that ships, for comparison.

``yardstick.json`` is made by ``python -m tests.bench.listening --json``.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("yardstick.json")


@dataclass(frozen=True)
class Mark:
    """One variant's score on the films."""

    name: str
    title: str
    deaf: bool  # a baseline that hears nothing
    score: float | None  # mean over the films that have one
    films: int  # that have one
    moments: int


@dataclass(frozen=True)
class Yardstick:
    """Scores of variants, the best first, baselines last."""

    films: int
    seconds: float  # of each film
    other: str
    avsl_version: str
    when: str
    marks: tuple[Mark, ...]


@cache
def shipped() -> Yardstick:
    facts = json.loads(FILE.read_text(encoding="utf-8"))
    marks = [Mark(**facts) for facts in facts.pop("variants")]
    return Yardstick(**facts, marks=tuple(sorted(marks, key=_best_first)))


def _best_first(mark: Mark) -> tuple:
    return mark.deaf, mark.score is None, -round(mark.score or 0.0, 2), -mark.films
