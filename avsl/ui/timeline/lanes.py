"""The lanes of a timeline as inline SVG, stretched to whatever width there is.

Time goes from 0 to ``WIDE`` and every value from ``HIGH`` at the bottom to 0 at the top; lines keep
their width, and colours come from the style sheet, so that a lane fits both themes.
"""

from collections.abc import Sequence

import numpy as np

from avsl.captions import Stretch
from avsl.localization import Localization, Verdict, edges_s, spans
from avsl.timeline import envelope

WIDE, HIGH = 1000, 100
COLUMNS = 500  # more than can be told apart
LEAST_REACH = 0.05  # of the waveform lane, or noise in a silent clip would fill it
LEAST_LABEL = 0.03  # of the clip's length; shorter names have no room to be read
QUIETEST_DBFS = 20  # below what is audible: the lower end of the loudness lane
BARS = {
    Verdict.SOUNDING: HIGH,
    Verdict.NOT_FOUND: HIGH // 2,
    Verdict.UNSEEN: HIGH // 4,
    Verdict.SILENT: HIGH // 8,
}
NAMES = {
    Verdict.SOUNDING: "sounding",
    Verdict.NOT_FOUND: "not-found",
    Verdict.UNSEEN: "unseen",
    Verdict.SILENT: "silent",
}


def waveform(sound: np.ndarray, duration_s: float) -> str:
    """The extremes of ``sound`` (S,) at 16 kHz over the clip's length."""
    low, high, times_s = envelope(sound, COLUMNS)
    reach = max(LEAST_REACH, float(np.abs(sound).max(initial=0)))
    x = WIDE * times_s / duration_s
    there, back = (_points(x, _y(each, -reach, reach)) for each in (high, low))
    return _svg(f'<path class="wave" d="M{there} {" ".join(reversed(back.split()))}Z"/>')


def loudness(found: Localization, audible_dbfs: float) -> str:
    """The level, and a dotted line from where on it is audible."""
    floor = audible_dbfs - QUIETEST_DBFS
    x, level = _thinned(found, found.loudness_dbfs)
    line = f'<path class="line" d="M{_points(x, _y(level, floor, 0.0))}"/>'
    return _svg(_gate(_y(np.array([audible_dbfs]), floor, 0.0)[0]) + line)


def confidence(found: Localization, top: float) -> str:
    """The confidence from 0 to ``top``, filled where it reaches the gate."""
    gate = found.confidence_gate
    x, sure = _thinned(found, found.confidence)
    line = _points(x, _y(sure, 0.0, top))
    above = _points(x, _y(np.maximum(sure, gate), 0.0, top))
    level = _y(np.array([gate]), 0.0, top)[0]
    fill = f'<path class="sure" d="M{x[0]:.1f},{level:.1f} {above} {x[-1]:.1f},{level:.1f}Z"/>'
    return _svg(fill + _gate(level) + f'<path class="line" d="M{line}"/>')


def top_of(found: Sequence[Localization]) -> float:
    """Up to where lanes of confidence go that share a unit."""
    return max(
        max(1.5 * each.confidence_gate, 1.1 * float(each.confidence.max(initial=0)))
        for each in found
    )


def verdicts(found: Localization) -> str:
    """A bar for each stretch of one verdict, whose height tells them apart as its colour does."""
    paths = dict.fromkeys(BARS, "")
    for span in spans(found):
        x, right = (WIDE * time_s / found.duration_s for time_s in (span.start_s, span.end_s))
        height = BARS[span.verdict]
        paths[span.verdict] += f"M{x:.1f} {HIGH}v-{height}H{right:.1f}V{HIGH}Z"
    return _svg(
        "".join(f'<path class="{NAMES[each]}" d="{path}"/>' for each, path in paths.items() if path)
    )


def swatch(verdict: Verdict) -> str:
    """A verdict's bar for the legend."""
    return _svg(f'<path class="{NAMES[verdict]}" d="M0 {HIGH}v-{BARS[verdict]}H{WIDE}V{HIGH}Z"/>')


def curve(times_s: np.ndarray, values: np.ndarray, duration_s: float, number: int) -> str:
    """A path over ``values`` (T,) in [0, 1], broken where they are NaN."""
    pieces: list[str] = []
    for run in np.ma.clump_unmasked(np.ma.masked_invalid(values)):
        x, y = WIDE * times_s[run] / duration_s, _y(values[run], 0.0, 1.0)
        pieces.append(f"M{_points(x, y)}" if len(x) > 1 else f"M{x[0]:.1f},{y[0]:.1f}h1")
    return f'<path class="curve c{number}" d="{"".join(pieces)}"/>'


def curve_swatch(number: int) -> str:
    """A curve's line for the legend."""
    return _svg(f'<path class="curve c{number}" d="M0,{HIGH // 2}H{WIDE}"/>')


def curves(paths: Sequence[str]) -> str:
    """Several of :func:`curve` in one lane, with a line at a half."""
    return _svg(_gate(HIGH / 2) + "".join(paths))


def labels(runs: Sequence[Stretch], duration_s: float) -> list[tuple[float, float, str]]:
    """(start, length, name) in shares of the clip of all that has a name and room for it."""
    named: list[Stretch] = []
    for run in runs:
        if named and named[-1].heard == run.heard and named[-1].end_s == run.start_s:
            start_s = named.pop().start_s
        else:
            start_s = run.start_s
        if run.heard:
            named.append(Stretch(start_s, run.end_s, run.verdict, run.heard, ""))
    shares = [(run.start_s / duration_s, run.end_s / duration_s, run.heard) for run in named]
    return [(start, end - start, name) for start, end, name in shares if end - start >= LEAST_LABEL]


def _thinned(found: Localization, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(x, values): the largest of each of at most ``COLUMNS`` parts, held to the clip's ends."""
    step = max(1, -(-len(values) // COLUMNS))
    starts = np.arange(0, len(values), step)
    largest = np.maximum.reduceat(values, starts)
    edges = edges_s(found)
    middles = (edges[starts] + edges[np.minimum(starts + step, len(values))]) / 2
    times_s = np.array([0.0, *middles, found.duration_s])
    return WIDE * times_s / found.duration_s, np.array([largest[0], *largest, largest[-1]])


def _y(values: np.ndarray, bottom: float, top: float) -> np.ndarray:
    return HIGH * (1 - (np.clip(values, bottom, top) - bottom) / (top - bottom))


def _points(x: np.ndarray, y: np.ndarray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _gate(y: float) -> str:
    return f'<path class="gate" d="M0,{y:.1f}H{WIDE}"/>'


def _svg(inner: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" aria-hidden="true">'
        f"{inner}</svg>"
    )
