"""Results of the benchmark: one file that the evaluation writes and the app shows."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from avsl.errors import MediaError
from avsl.metrics.score import Score

VERSION = 1


@dataclass(frozen=True)
class Row:
    """A score of a variant on a set."""

    set: str
    variant: str
    score: Score


@dataclass(frozen=True)
class Curve:
    """A line to plot: success over threshold, recall over precision, ..."""

    set: str
    variant: str
    protocol: str
    x_name: str
    y_name: str
    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class CaseScore:
    """A case worth a look: one of the best or the worst of a variant on a set."""

    set: str
    variant: str
    id: str
    label: str
    value: float  # its overlap in [0, 1], see ``metric``
    metric: str
    picture: str  # file of picture, truth and map side by side, relative to the results; "": none


@dataclass(frozen=True)
class Cost:
    """What a variant took on a set."""

    set: str
    variant: str
    cases: int
    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Results:
    """All of one run of the benchmark."""

    made: dict[str, str]  # when, with which avsl and torch, on what, seed, command
    sets: dict[str, str]  # name -> what it is
    rows: list[Row] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    cases: list[CaseScore] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """As JSON that a person can read; what is undefined (nan) is null."""
        kept = _nan_as_none({"version": VERSION, **asdict(self)})
        path.write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def load(path: Path) -> Results:
    """Read what :meth:`Results.save` wrote; :class:`MediaError` says what is wrong with a file."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] != VERSION:
            raise MediaError(f'"{path.name}" is of version {kept["version"]}, not {VERSION}.')
        return Results(
            made=kept["made"],
            sets=kept["sets"],
            rows=[Row(**{**row, "score": _score(row["score"])}) for row in kept["rows"]],
            curves=[Curve(**curve) for curve in kept["curves"]],
            cases=[CaseScore(**_none_as_nan(case, "value")) for case in kept["cases"]],
            costs=[Cost(**cost) for cost in kept["costs"]],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MediaError(
            f'"{path.name}" is not a results file of python -m train.evaluate: {error}.'
        ) from error


def _score(kept: dict) -> Score:
    return Score(**_none_as_nan(kept, "value", "low", "high"))


def _none_as_nan(kept: dict, *names: str) -> dict:
    return {**kept, **{name: math.nan for name in names if kept[name] is None}}


def _nan_as_none(value: Any) -> Any:
    """JSON knows no nan."""
    if isinstance(value, dict):
        return {key: _nan_as_none(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_nan_as_none(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value
