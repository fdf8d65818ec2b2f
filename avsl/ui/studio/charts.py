"""What variants say over time and how far they agree, on the clip's clock."""

import io
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from avsl.compare import Comparison, Overlap
from avsl.localization import Localization, Verdict, spans
from avsl.overlay import VERDICT_RGB
from avsl.timeline import dress
from avsl.ui.studio import copy

LINES = (  # light, dark, dashes: never told apart by colour alone
    ("#6d63ba", "#9d95dc", "-"),
    ("#b7791f", "#d9a94f", "--"),
    ("#2b8a7e", "#52b5a8", ":"),
    ("#b8496b", "#de839f", "-."),
    ("#64748b", "#98a6ba", (0, (6, 2, 1, 2, 1, 2))),
    ("#2f7fb5", "#6fb1de", (0, (2, 1))),
)
LANE_INCHES, IOU_INCHES = 0.3, 1.5


def png(comparison: Comparison, agreed: Overlap, dark: bool) -> bytes:
    """A lane of verdicts for each variant, and below the IoU of every two: a PNG file's bytes."""
    out = io.BytesIO()
    FigureCanvasAgg(_figure(comparison, agreed, dark)).print_png(out)
    return out.getvalue()


def _figure(comparison: Comparison, agreed: Overlap, dark: bool) -> Figure:
    ink = "#e8e8ec" if dark else "#22222a"
    count = len(comparison.entrants)
    height = LANE_INCHES * count + IOU_INCHES + 0.9
    chart = Figure(figsize=(10, height), layout="constrained")
    chart.patch.set_facecolor("#15151a" if dark else "white")
    ratios = (*[LANE_INCHES] * count, IOU_INCHES)
    *lanes, last = chart.subplots(count + 1, sharex=True, height_ratios=ratios)
    for entrant, lane in zip(comparison.entrants, lanes, strict=True):
        _verdicts(lane, entrant.name, entrant.localization)
    _ious(last, comparison, agreed, dark)
    for lane in (*lanes, last):
        dress(lane, ink)
    last.set_xlim(0, comparison.entrants[0].localization.duration_s)
    last.set_xlabel(copy.TIME_LABEL, color=ink, fontsize=9)
    patches = [Patch(color=_hex(verdict), label=verdict.value) for verdict in Verdict]
    lines = last.get_lines()
    chart.legend(
        handles=[*patches, *lines], loc="outside upper left", ncols=4 if len(lines) == 1 else 3,
        frameon=False,
        labelcolor=ink, fontsize=8.5, handlelength=2.6,
    )  # fmt: skip
    return chart


def _verdicts(lane: Axes, name: str, found: Localization) -> None:
    for span in spans(found):
        lane.axvspan(span.start_s, span.end_s, color=_hex(span.verdict), linewidth=0)
    lane.set_yticks([])
    lane.set_ylabel(name, rotation=0, ha="right", va="center")


def _ious(lane: Axes, comparison: Comparison, agreed: Overlap, dark: bool) -> None:
    names, marks = comparison.names, agreed.areas > 0
    for number, (a, b) in enumerate(combinations(range(len(names)), 2)):
        *colours, dashes = LINES[number]
        told = np.where(marks[a] | marks[b], agreed.ious[a, b], np.nan)  # of nothing there is none
        lane.plot(
            comparison.times_s, told, color=colours[dark], linestyle=dashes,
            linewidth=1.6, marker="o", markersize=2.5, label=f"IoU {names[a]}, {names[b]}",
        )  # fmt: skip
    lane.set_ylim(-0.04, 1.04)
    lane.set_yticks([0, 0.5, 1])
    lane.grid(axis="y", linewidth=0.4, alpha=0.4)
    lane.set_ylabel(copy.IOU, rotation=0, ha="right", va="center")


def _hex(verdict: Verdict) -> str:
    return "#{:02x}{:02x}{:02x}".format(*VERDICT_RGB[verdict])
