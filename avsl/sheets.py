"""Contact sheets: moments across, variants or sounds down, each frame with what is shown there."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from avsl.clip import Clip
from avsl.compare import Comparison
from avsl.listening import Listening, Played, Probing
from avsl.localization import Localization, Verdict
from avsl.overlay import VERDICT_RGB, Style, draw

MOMENTS = 6
CELL_PX = 320  # width of a frame on the sheet
CELL_INCHES = 2.2
INK = "#22222a"
PLAIN = Style()


@dataclass(frozen=True)
class Row:
    """One row of a sheet."""

    title: str
    under: str  # in small letters below the title
    found: Localization
    unshown: str = ""  # words where something is heard and nothing shown; "": the verdict's


def comparison_png(comparison: Comparison, clip: Clip, style: Style = PLAIN) -> bytes:
    """Evenly spread moments by variants, as a PNG file's bytes."""
    rows = [
        Row(
            entrant.name,
            f"threshold {style.threshold or entrant.localization.threshold:.2f}\n"
            f"{entrant.cost.seconds + entrant.cost.spared_s:.1f} s",
            entrant.localization,
        )
        for entrant in comparison.entrants
    ]
    return png(rows, _spread(np.arange(len(comparison.times_s))), clip, style)


def probing_png(probing: Probing, told: Listening, clip: Clip, style: Style = PLAIN) -> bytes:
    """Moments that show something with the clip's own sound, by sounds, as a PNG file's bytes."""
    shows = np.array([verdict is Verdict.SOUNDING for verdict in probing.own.verdicts])
    chosen = np.flatnonzero(shows & probing.audible)
    moments = _spread(chosen if len(chosen) else np.arange(len(shows)))
    parts = {
        Played.OTHER: told.other,
        Played.SILENCE: told.silence,
        Played.NOISE: told.noise,
        Played.SHIFTED: told.shifted,
    }
    rows = []
    for played, found in probing.found.items():
        part = parts.get(played)
        under = "" if part is None else f"moved {part.moved:.0%}\nempty {part.emptied:.0%}"
        rows.append(Row(played.value, under, found, "nothing shown"))
    return png(rows, moments, clip, style, told.sentence)


def _spread(indices: np.ndarray) -> np.ndarray:
    """At most ``MOMENTS`` of them, evenly."""
    count = min(MOMENTS, len(indices))
    places = (np.arange(count) + 0.5) * len(indices) / count
    return indices[places.astype(int)]


def png(
    rows: Sequence[Row], moments: np.ndarray, clip: Clip, style: Style, caption: str = ""
) -> bytes:
    """``rows`` at the ``moments`` (M,), indices of the localizations' times, rising."""
    first = rows[0].found
    frames = clip.frames(first.times_s[moments], width=min(CELL_PX, clip.width))
    shape = first.height / first.width
    size = (CELL_INCHES * (len(moments) + 0.7), (CELL_INCHES * shape + 0.3) * len(rows) + 0.5)
    chart = Figure(figsize=size, layout="constrained", facecolor="white")
    cells = chart.subplots(len(rows), len(moments), squeeze=False)
    for row, line in zip(rows, cells, strict=True):
        for index, frame, cell in zip(moments, frames, line, strict=True):
            _fill(cell, frame, row, int(index), style)
        line[0].set_ylabel(
            f"{row.title}\n{row.under}", rotation=0, ha="right", va="center", color=INK, fontsize=9
        )
    for index, cell in zip(moments, cells[0], strict=True):
        cell.set_title(f"{first.times_s[index]:.1f} s", color=INK, fontsize=9)
    if caption:
        chart.supxlabel(caption, color=INK, fontsize=9, wrap=True)
    out = io.BytesIO()
    FigureCanvasAgg(chart).print_png(out)
    return out.getvalue()


def _fill(cell: Axes, frame: np.ndarray, row: Row, index: int, style: Style) -> None:
    threshold = style.threshold or row.found.threshold
    cell.imshow(draw(frame, row.found.shown(index), threshold, style.look, style.opacity))
    cell.set_xticks([])
    cell.set_yticks([])
    colour = "#{:02x}{:02x}{:02x}".format(*VERDICT_RGB[row.found.verdicts[index]])
    for edge in cell.spines.values():
        edge.set(color=colour, linewidth=2)
    cell.set_xlabel(_words(row, index, threshold), color=INK, fontsize=7)


def _words(row: Row, index: int, threshold: float) -> str:
    verdict = row.found.verdicts[index]
    if verdict is Verdict.SOUNDING and not (row.found.shown(index) >= threshold).any():
        return "nothing over the threshold"
    return (row.unshown if verdict.is_abstention else "") or verdict.value
