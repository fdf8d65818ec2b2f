"""Swapping sounds from files and to files: what to pair, a sheet of all pairs, the same as JSON."""

import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from avsl.clip import resized
from avsl.localization import Verdict
from avsl.media import read_picture, read_sound
from avsl.names import printable
from avsl.overlay import VERDICT_RGB, Style, draw
from avsl.settings import SAMPLE_RATE_HZ
from avsl.swap import Sound, Still, Swapped, Words

LONG_SIDE_PX = 960  # larger pictures are shrunk: no variant looks at more than half of that
CELL_PX, CELL_INCHES = 240, 1.7
INK = "#22222a"
PLAIN = Style()


def still_of(path: Path, time_s: float | None = None, name: str = "") -> Still:
    """A picture file, or a frame of a video at ``time_s`` (None: half-way), called after its file
    unless it has a ``name``. Raises what :func:`avsl.media.read_picture` raises.
    """
    frame, notes = read_picture(path, time_s)
    height, width = frame.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return Still(name or path.stem, resized(frame, *size, gray=False), notes)


def sound_of(path: Path, around_s: tuple[float, float] | None = None, name: str = "") -> Sound:
    """The sound of a file, or only from and to ``around_s``, called after its file unless it has a
    ``name``. Raises what :func:`avsl.media.read_sound` raises.
    """
    waveform, notes = read_sound(path)
    if around_s is not None:
        first, last = (max(0, round(each * SAMPLE_RATE_HZ)) for each in around_s)
        waveform = waveform[first:last]
    return Sound(name or path.stem, waveform, notes)


def drawn(
    found: Swapped, picture: int, asked: int, width: int, style: Style = PLAIN, unsure: bool = False
) -> np.ndarray:
    """One pair's picture with its map: uint8 (H, ``width``, 3). ``unsure``: as in
    :meth:`avsl.swap.Swapped.shown`.
    """
    frame = found.stills[picture].frame
    height = max(1, round(frame.shape[0] * width / frame.shape[1]))
    small = resized(frame, width, height, gray=False)
    threshold = style.threshold or found.card.threshold
    return draw(small, found.shown(picture, asked, unsure), threshold, style.look, style.opacity)


def swap_report(found: Swapped) -> dict:
    """Every pair as JSON: its verdict, where it is shown, how sure; and what it took."""
    return {
        "variant": found.card.name,
        "threshold": found.card.threshold,
        "confidence_gate": found.card.confidence_gate,
        "pictures": [still.name for still in found.stills],
        "asked": [
            {"name": each.name, "words": isinstance(each, Words), "heard_as": label}
            for each, label in zip(found.asked, found.labels, strict=True)
        ],
        "pairs": [
            {
                "picture": still.name,
                "asked": each.name,
                "verdict": found.verdict(row, column).value,
                "where": list(found.places(row, column)),
                "confidence": round(float(found.confidence[row, column]), 4),
                "peak": [round(share, 4) for share in found.peak(row, column)],
            }
            for row, still in enumerate(found.stills)
            for column, each in enumerate(found.asked)
        ],
        "spent": {name: round(value, 4) for name, value in asdict(found.spent).items()},
        "notes": list(found.notes),
    }


def swap_png(found: Swapped, style: Style = PLAIN) -> bytes:
    """Pictures down, sounds and words across, as a PNG file's bytes."""
    rows, columns = len(found.stills), len(found.asked)
    shapes = [still.frame.shape[0] / still.frame.shape[1] for still in found.stills]
    size = (CELL_INCHES * (columns + 1.1), CELL_INCHES * sum(shapes) + 0.45 * rows + 0.4)
    chart = Figure(figsize=size, layout="constrained", facecolor="white")
    cells = chart.subplots(rows, columns, squeeze=False, height_ratios=shapes)
    for row, line in enumerate(cells):
        for column, cell in enumerate(line):
            _fill(cell, found, row, column, style)
        line[0].set_ylabel(
            _broken(found.stills[row].name), rotation=0, ha="right", va="center", color=INK,
            fontsize=8,
        )  # fmt: skip
    for each, cell in zip(found.asked, cells[0], strict=True):
        cell.set_title(called(each.name, isinstance(each, Words)), color=INK, fontsize=8)
    out = io.BytesIO()
    FigureCanvasAgg(chart).print_png(out)
    return out.getvalue()


def called(name: str, is_words: bool) -> str:
    """A column's name: words stand between quotes."""
    shown = printable(name)
    return f"“{shown}”" if is_words else shown


def _fill(cell, found: Swapped, row: int, column: int, style: Style) -> None:
    cell.imshow(drawn(found, row, column, CELL_PX, style))
    cell.set_xticks([])
    cell.set_yticks([])
    verdict = found.verdict(row, column)
    colour = "#{:02x}{:02x}{:02x}".format(*VERDICT_RGB[verdict])
    for edge in cell.spines.values():
        edge.set(color=colour, linewidth=2)
    nothing = verdict.value if verdict is Verdict.SILENT else "nothing shown"
    cell.set_xlabel(", ".join(found.places(row, column)) or nothing, color=INK, fontsize=7)


def _broken(name: str, width: int = 16) -> str:
    """``name`` in short lines."""
    lines: Sequence[str] = [""]
    for word in printable(name).split():
        fits = len(lines[-1]) + len(word) < width
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if fits else [*lines, word]
    return "\n".join(filter(None, lines))
