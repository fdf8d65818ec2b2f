"""Bars and curves as inline SVG: tooltips without a script, colours from the theme."""

import math
from collections.abc import Sequence
from html import escape

from avsl.benchmark import Curve, Results
from avsl.ui import copy
from avsl.ui.benchmark.figures import ALL, Choice, Column, Figure, leading, variants
from avsl.ui.benchmark.views import opens, value, words
from avsl.ui.views import hint

WIDTH = 400  # of every drawing, in its own units
LINE = 38  # of one bar with its name above
PLOT_HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 250, 50, 10, 10, 40
COLOURS = 8  # the theme has so many; then they return with another dash
MOST_POINTS = 64  # with a tooltip each
MOST_NAME = 38  # letters of a name in a drawing
TICKS = (0, 0.25, 0.5, 0.75, 1)
Span = tuple[float, float]


def plots(results: Results, columns: list[Column], choice: Choice) -> str:
    """Bars of the chosen metric and the curves of the chosen protocol."""
    places = {name: index for index, name in enumerate(variants(results))}
    shown = columns if choice.set == ALL else [leading(columns, choice)]
    kinds = _planes(results.curves, shown, choice)
    drawn = [bars(column, places) for column in shown] + [lines(kind, places) for kind in kinds]
    note = "" if kinds else hint(copy.NO_CURVES)
    return f'<div class="avsl-plots">{"".join(drawn)}</div>{note}'


def _planes(curves: list[Curve], shown: list[Column], choice: Choice) -> list[list[Curve]]:
    """The curves of what is shown, by drawing: those of its protocol and of its rules."""
    rules = {
        (column.set, each.score.rule) for column in shown for each in column.figures.values()
    } | {(column.set, choice.protocol) for column in shown}
    planes: dict[tuple, list[Curve]] = {}
    for each in curves:
        if (each.set, each.protocol) in rules:
            planes.setdefault((each.set, each.protocol, each.x_name, each.y_name), []).append(each)
    return list(planes.values())


def bars(column: Column, places: dict[str, int]) -> str:
    """A bar for each variant, best first, with its interval."""
    order = column.ordered(column.figures)
    figures = [column.figures[name] for name in order]
    top = _most([each.score.value for each in figures], figures[0].score.unit)
    height = LINE * len(figures) + 18
    grid = "".join(
        f'<line class="grid" x1="{WIDTH * at:g}" x2="{WIDTH * at:g}" y1="0" y2="{height - 16}"/>'
        f'<text class="tick" x="{WIDTH * at:g}" y="{height - 3}" text-anchor="{_anchor(at)}">'
        f"{top * at:g}</text>"
        for at in TICKS
    )
    drawn = "".join(
        _bar(each, LINE * index, top, places[each.variant]) for index, each in enumerate(figures)
    )
    title = copy.bars_title(column.name, column.set)
    told = "; ".join(f"{each.variant} {value(each.score)}" for each in figures)
    return _figure(title, told, height, grid + drawn)


def _bar(figure: Figure, y: float, top: float, place: int) -> str:
    score = figure.score
    end, low, high = (
        WIDTH * min(max(number / top, 0.0), 1.0) if math.isfinite(number) else 0.0
        for number in (score.value, score.low, score.high)
    )
    middle = y + 25
    span = "" if math.isnan(score.value) else _range(low, high, middle)
    return (
        f'<g class="bar v{place % COLOURS}" {opens(figure)}><title>{escape(words(figure))}</title>'
        f'<rect class="touch" x="0" y="{y}" width="{WIDTH}" height="{LINE}"/>'
        f'<text x="0" y="{y + 14}">{escape(_short(figure.variant))}</text>'
        f'<text class="value" x="{WIDTH}" y="{y + 14}" text-anchor="end">'
        f"{escape(value(score))}</text>"
        f'<rect class="fill" x="0" y="{y + 20}" width="{end:.1f}" height="10" rx="2"/>'
        f"{span}</g>"
    )


def _range(low: float, high: float, y: float) -> str:
    ends = f"M{low:.1f} {y - 4}v8M{high:.1f} {y - 4}v8"
    return f'<path class="range" d="M{low:.1f} {y}H{high:.1f}{ends}"/>'


def lines(curves: Sequence[Curve], places: dict[str, int]) -> str:
    """A line for each variant; a tooltip for each point."""
    clean = [(curve, _points(curve)) for curve in curves]
    xs = [x for _, points in clean for x, _ in points]
    ys = [y for _, points in clean for _, y in points]
    x_span, y_span = _span(xs), _span(ys)
    first = curves[0]
    drawn = "".join(
        _line(curve, points, x_span, y_span, places.get(curve.variant, index))
        for index, (curve, points) in enumerate(clean)
    )
    frame = _frame(x_span, y_span, first.x_name, first.y_name)
    legend = "".join(
        f'<li><svg class="{_style(places.get(each.variant, index))}" viewBox="0 0 24 8" '
        f'aria-hidden="true"><path class="line" d="M0 4H24"/></svg>{escape(each.variant)}</li>'
        for index, each in enumerate(curves)
    )
    title = copy.curve_title(first.y_name, first.x_name, first.set, first.protocol)
    told = ", ".join(each.variant for each in curves)
    return _figure(title, told, PLOT_HEIGHT, frame + drawn, f"<ul>{legend}</ul>")


def _points(curve: Curve) -> list[tuple[float, float]]:
    pairs = zip(curve.x, curve.y, strict=False)
    return [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]


def _line(
    curve: Curve, points: list[tuple[float, float]], x_span: Span, y_span: Span, place: int
) -> str:
    at = [(_x(x, x_span), _y(y, y_span)) for x, y in points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at) if at else ""
    step = max(1, math.ceil(len(points) / MOST_POINTS))
    marks = "".join(
        f'<circle cx="{at[index][0]:.1f}" cy="{at[index][1]:.1f}" r="5"><title>'
        f"{escape(_spot(curve, *points[index]))}</title></circle>"
        for index in range(0, len(points), step)
    )
    return f'<g class="{_style(place)}"><path class="line" d="{path}"/>{marks}</g>'


def _spot(curve: Curve, x: float, y: float) -> str:
    return f"{curve.variant}: {curve.y_name} {y:.3g} at {curve.x_name} {x:.3g}"


def _style(place: int) -> str:
    """Colour and dash of a variant: two marks, so that neither has to be told apart alone."""
    return f"v{place % COLOURS} d{(place + place // COLOURS) % 4}"


def _frame(x_span: Span, y_span: Span, x_name: str, y_name: str) -> str:
    right, bottom = WIDTH - RIGHT, PLOT_HEIGHT - BOTTOM
    drawn = ""
    for at in TICKS:
        x, y = LEFT + at * (right - LEFT), bottom - at * (bottom - TOP)
        drawn += (
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{_between(y_span, at)}</text>"
            f'<text class="tick" x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">'
            f"{_between(x_span, at)}</text>"
        )
    middle = (TOP + bottom) / 2
    return drawn + (
        f'<text class="axis" x="{(LEFT + right) / 2}" y="{PLOT_HEIGHT - 6}" text-anchor="middle">'
        f"{escape(_short(x_name))}</text>"
        f'<text class="axis" transform="translate(10 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(_short(y_name))}</text>"
    )


def _between(span: Span, at: float) -> str:
    return f"{span[0] + at * (span[1] - span[0]):.3g}"


def _x(x: float, span: Span) -> float:
    return LEFT + (WIDTH - RIGHT - LEFT) * (x - span[0]) / (span[1] - span[0])


def _y(y: float, span: Span) -> float:
    bottom = PLOT_HEIGHT - BOTTOM
    return bottom - (bottom - TOP) * (y - span[0]) / (span[1] - span[0])


def _span(numbers: list[float]) -> Span:
    """A round range: shares and percentages get all of theirs."""
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    for most in (1.0, 100.0):
        if low >= 0 and high <= most:
            return 0.0, most
    return (low, high) if high > low else (low - 1, low + 1)


def _most(numbers: list[float], unit: str) -> float:
    finite = [number for number in numbers if math.isfinite(number)]
    return 100.0 if unit == "%" else max([*finite, 0.0]) or 1.0


def _anchor(at: float) -> str:
    return {0: "start", 1: "end"}.get(at, "middle")


def _short(name: str) -> str:
    return name if len(name) <= MOST_NAME else name[: MOST_NAME - 1] + "…"


def _figure(title: str, told: str, height: float, body: str, below: str = "") -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<desc>{escape(told)}</desc>{body}</svg>{below}</figure>"
    )
