"""Results as a table to read, files to keep and plots."""

import csv
import math
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np

from avsl.benchmark import Curve, Results, Row
from avsl.storage import storage_errors
from train.evaluation.best_and_worst import file_name

RESULTS, TABLE = "results.json", "results.csv"
COLUMNS = ("variant", "protocol", "metric", "value", "95 % interval", "N found of expected",
           "threshold", "chosen by")  # fmt: skip
NUMBERS = {"value"}  # columns set flush right
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")


def table(results: Results) -> str:
    """Every row as text, set by set, and what every variant cost."""
    return "\n".join(line for name in results.sets for line in _set_lines(results, name))


def _set_lines(results: Results, name: str) -> Iterator[str]:
    yield f"\n{name}: {results.sets[name]}"
    rows = [_cells(row) for row in results.rows if row.set == name]
    if not rows:
        yield "  No numbers: no case of it could be evaluated."
        return
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    previous = ""
    for cells in [COLUMNS, *rows]:
        again = cells[0] == previous
        previous = cells[0]
        yield "  " + "  ".join(_padded(cells, widths, again)).rstrip()
    for cost in results.costs:
        if cost.set == name:
            each = 1000 * cost.seconds / max(cost.cases, 1)
            yield (
                f"  {cost.variant}: {cost.cases} cases in {cost.seconds:.1f} s "
                f"({each:.1f} ms each), at most {cost.peak_mb:.0f} MB"
            )


def _padded(cells: tuple[str, ...], widths: list[int], again: bool) -> Iterator[str]:
    for column, cell, width in zip(COLUMNS, cells, widths, strict=True):
        if column == "variant" and again:
            cell = ""
        yield cell.rjust(width) if column in NUMBERS else cell.ljust(width)


def _cells(row: Row) -> tuple[str, ...]:
    score = row.score
    unit = "" if score.unit == "%" else f" {score.unit}"
    interval = "" if math.isnan(score.low) else f"[{score.low:.1f}, {score.high:.1f}]"
    return (
        row.variant,
        score.protocol,
        score.metric,
        "undefined" if math.isnan(score.value) else f"{score.value:.2f}{unit}",
        interval,
        f"{score.found} of {score.expected}",
        "" if score.threshold is None else f"{score.threshold:.3g}",
        score.rule,
    )


def write(results: Results, folder: Path) -> list[Path]:
    """``results.json``, ``results.csv`` and ``plots/`` into ``folder``: the files written.

    Cases' pictures are there already (:func:`train.evaluation.best_and_worst`).
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        results.save(folder / RESULTS)
        write_csv(results, folder / TABLE)
        return [folder / RESULTS, folder / TABLE, *plots(results, folder / "plots")]


def write_csv(results: Results, path: Path) -> None:
    """One line a row, the fields of :class:`avsl.metrics.score.Score` as columns."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = None
        for row in results.rows:
            fields = {"set": row.set, "variant": row.variant, **vars(row.score)}
            if writer is None:
                writer = csv.DictWriter(file, list(fields))
                writer.writeheader()
            writer.writerow(fields)


def plots(results: Results, folder: Path) -> list[Path]:
    """Two pictures a set: bars with intervals, and every curve."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name in results.sets:
        rows = [row for row in results.rows if row.set == name and _in_percent(row)]
        curves = [curve for curve in results.curves if curve.set == name]
        if rows:
            drawn.append(_bars(rows, name, folder / f"{file_name(name)}.png"))
        if curves:
            drawn.append(_lines(curves, name, folder / f"{file_name(name)}-curves.png"))
    return drawn


def _in_percent(row: Row) -> bool:
    return row.score.unit == "%" and not math.isnan(row.score.value)


def _figure(width: float, height: float, columns: int = 1):
    """A figure apart from pyplot, which would keep every one; its axes as a list."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _bars(rows: list[Row], name: str, path: Path) -> Path:
    names = list(dict.fromkeys(row.variant for row in rows))
    kinds = list(dict.fromkeys(_kind(row) for row in rows))
    found = {(row.variant, _kind(row)): row.score for row in rows}
    figure, (axes,) = _figure(9, 1 + 0.12 * len(kinds) * (len(names) + 1))
    for place, variant in enumerate(names):
        has = [index for index, kind in enumerate(kinds) if (variant, kind) in found]
        scores = [found[variant, kinds[index]] for index in has]
        values = np.array([score.value for score in scores])
        ends = np.array([[score.low, score.high] for score in scores]).T
        reach = np.nan_to_num(np.abs(ends - values))
        height = 0.8 / len(names)
        at = np.array(has) + height * (place + 0.5) - 0.4
        colour = COLOURS[place % len(COLOURS)]
        axes.barh(at, values, height, xerr=reach, color=colour, label=variant, ecolor="#444444")
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set_ylim(len(kinds) - 0.4, -0.6)  # the first on top
    axes.set_xlim(0, 100)
    axes.set_xlabel("%, with 95 % intervals")
    most = max(row.score.found for row in rows)
    axes.set_title(f"{name}: {most} of {rows[0].score.expected} cases")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, dpi=100)
    return path


def _kind(row: Row) -> str:
    score = row.score
    rule = f", {score.rule}" if score.rule and score.rule != score.protocol else ""
    return f"{score.protocol} {score.metric}{rule}"


def _lines(curves: list[Curve], name: str, path: Path) -> Path:
    """One panel for each kind of curve, the variants together in it."""
    colours = dict(zip(dict.fromkeys(curve.variant for curve in curves), cycle(COLOURS)))
    kinds = list(dict.fromkeys((curve.protocol, curve.x_name, curve.y_name) for curve in curves))
    figure, panels = _figure(4 * len(kinds), 3.5, len(kinds))
    for axes, (protocol, x_name, y_name) in zip(panels, kinds, strict=True):
        for curve in curves:
            if (curve.protocol, curve.x_name, curve.y_name) == (protocol, x_name, y_name):
                axes.plot(curve.x, curve.y, color=colours[curve.variant], label=curve.variant)
        axes.set(xlabel=x_name, ylabel=y_name, title=protocol)
        axes.grid(alpha=0.3)
    panels[-1].legend()
    figure.suptitle(name)
    figure.savefig(path, dpi=100)
    return path
