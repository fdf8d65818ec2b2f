"""Which figures of the results answer a choice of set, protocol and metric; no HTML here."""

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from avsl.benchmark import Results
from avsl.metrics.score import Score

ALL = ""  # in place of a set's name: every set
LOWER_IS_BETTER = {"pIA"}  # of silence and noise: how much of the picture is marked all the same
FIELDS = (
    "set", "variant", "protocol", "metric", "value", "low", "high", "unit", "found", "expected",
    "threshold", "rule",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One score and whose it is; ``name`` tells it from the others of its protocol."""

    set: str
    variant: str
    name: str
    score: Score

    @property
    def protocol(self) -> str:
        return self.score.protocol


@dataclass(frozen=True)
class Choice:
    """What the user looks at; made by :func:`chosen`, so that there is something to see."""

    set: str  # or ALL
    protocol: str
    metric: str  # a Figure's name


@dataclass(frozen=True)
class Column:
    """One column of the table: a metric of a set, by variant."""

    set: str
    name: str
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def lower_is_better(self) -> bool:
        return any(each.score.metric in LOWER_IS_BETTER for each in self.figures.values())

    def merit(self, variant: str) -> float:
        """Larger is better; -inf for what was not run or is undefined."""
        figure = self.figures.get(variant)
        if figure is None or math.isnan(figure.score.value):
            return -math.inf
        return -figure.score.value if self.lower_is_better else figure.score.value

    def best(self) -> set[str]:
        """The variants with the best value; none where there is nothing to compare."""
        merits = {variant: self.merit(variant) for variant in self.figures}
        most = max(merits.values(), default=-math.inf)
        defined = [merit for merit in merits.values() if merit > -math.inf]
        return {name for name, merit in merits.items() if merit == most} if defined[1:] else set()

    def ordered(self, variants: Iterable[str]) -> list[str]:
        """Best first, what has no value last."""
        return sorted(variants, key=self.merit, reverse=True)


def figures(results: Results) -> list[Figure]:
    """Every row, named: by its metric, and its rule and threshold as far as these tell it apart."""
    rules = _several(results, lambda score: (score.protocol, score.metric))
    thresholds = _several(results, lambda score: (score.protocol, score.metric, score.rule))
    found = []
    for row in results.rows:
        score, name = row.score, row.score.metric
        if (score.protocol, score.metric) in rules:
            name = f"{name}, {score.rule}"
        if (score.protocol, score.metric, score.rule) in thresholds and score.threshold is not None:
            name = f"{name} {score.threshold:g}"
        found.append(Figure(row.set, row.variant, name, score))
    return found


def _several(results: Results, key: Callable[[Score], tuple]) -> set[tuple]:
    """The keys under which one variant has more than one score on one set."""
    counts = Counter((row.set, row.variant, key(row.score)) for row in results.rows)
    return {asked for (*_, asked), count in counts.items() if count > 1}


def sets(results: Results) -> list[str]:
    """Of which there are figures, in the order of the file."""
    return _distinct(row.set for row in results.rows)


def protocols(results: Results, set_: str) -> list[str]:
    return _distinct(each.protocol for each in _within(results, set_))


def metrics(results: Results, set_: str, protocol: str) -> list[str]:
    return _distinct(each.name for each in _within(results, set_) if each.protocol == protocol)


def variants(results: Results) -> list[str]:
    """In the order of the file: a variant's place gives it its colour everywhere."""
    return _distinct(row.variant for row in results.rows)


def chosen(results: Results, set_: str | None, protocol: str | None, metric: str | None) -> Choice:
    """The choice as far as the results have it, and the first of what they have otherwise."""
    set_ = _among([*sets(results), ALL], set_)
    protocol = _among(protocols(results, set_), protocol)
    return Choice(set_, protocol, _among(metrics(results, set_, protocol), metric))


def columns(results: Results, choice: Choice) -> list[Column]:
    """One set: a column for each metric of the protocol. All sets: one for each set."""
    found: dict[tuple[str, str], Column] = {}
    for each in _within(results, choice.set):
        wanted = choice.set != ALL or each.name == choice.metric
        if each.protocol == choice.protocol and wanted:
            column = found.setdefault((each.set, each.name), Column(each.set, each.name))
            column.figures.setdefault(each.variant, each)
    return list(found.values())


def leading(table: list[Column], choice: Choice) -> Column:
    """The column that the table is sorted by and the bars show."""
    return next((column for column in table if column.name == choice.metric), table[0])


def table_csv(results: Results) -> str:
    """Every row of the results as a table for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for row in results.rows:
        names = {"set": row.set, "variant": row.variant}
        writer.writerow([names.get(name) or getattr(row.score, name, "") for name in FIELDS])
    return out.getvalue()


def _within(results: Results, set_: str) -> list[Figure]:
    return [each for each in figures(results) if set_ in (ALL, each.set)]


def _among(names: list[str], wanted: str | None) -> str:
    return wanted if wanted in names else next(iter(names), "")


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
