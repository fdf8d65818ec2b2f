"""One frame of the Studio's videos: the same picture several times, each with another map."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from avsl.clip import Clip
from avsl.localization import Localization
from avsl.overlay import Style, draw_moment
from avsl.ui.studio import copy

MOST_WIDTH = 1440  # pixels of the whole picture
LEAST_CELL = 480  # smaller clips are enlarged, for the letters' sake
PLEASANT_RATIO = 2.0  # width by height of the whole
VOID = 0.2  # how bad an empty place is, against a logarithm of shapes
LETTERS = 20  # cells are this many times as wide as their letters are high
DARK, LIGHT, PALE = (18, 18, 22), (250, 250, 250), (190, 190, 198)


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of several."""

    title: str
    found: Localization
    note: str = ""  # beside the title
    verdict: bool = True  # whether the verdict is stamped on it


def columns(count: int, clip: Clip) -> int:
    """In how many columns ``count`` pictures of the clip make the most pleasant shape."""

    def strangeness(across: int) -> float:
        rows = -(-count // across)
        free = rows * across - count
        shape = log(across * clip.width / (rows * clip.height) / PLEASANT_RATIO)
        return abs(shape) + VOID * max(0, free - 1)  # the first free place shows the clip itself

    return min(range(1, count + 1), key=strangeness)


def cell_width(count: int, clip: Clip) -> int:
    """Of each of ``count`` pictures, in pixels; even."""
    most = MOST_WIDTH // columns(count, clip)
    return min(most, max(clip.width, LEAST_CELL)) // 2 * 2


def mosaic(
    panels: Sequence[Panel], clip: Clip, frame: np.ndarray, time_s: float, style: Style
) -> np.ndarray:
    """``frame`` uint8 (H, W, 3) once for each panel, with what it shows at ``time_s``.

    A place that stays free shows the frame as it is.
    """
    across = columns(len(panels), clip)
    cells = [_cell(panel, frame, time_s, style) for panel in panels]
    free = -len(cells) % across
    if free:
        cells.append(np.concatenate([strip(copy.PLAIN, "", frame.shape[1]), frame]))
        cells += [np.full_like(cells[0], DARK)] * (free - 1)
    rows = [np.concatenate(cells[k : k + across], axis=1) for k in range(0, len(cells), across)]
    return np.concatenate(rows)


def _cell(panel: Panel, frame: np.ndarray, time_s: float, style: Style) -> np.ndarray:
    above = strip(panel.title, noted(panel, style), frame.shape[1])
    return np.concatenate([above, draw_panel(panel, frame, time_s, style)])


def draw_panel(panel: Panel, frame: np.ndarray, time_s: float, style: Style) -> np.ndarray:
    """The frame with what the panel shows at that time: uint8 (H, W, 3)."""
    plain = Style(style.look, style.threshold, style.opacity, panel.verdict)
    return draw_moment(frame, panel.found, time_s, plain)


def noted(panel: Panel, style: Style) -> str:
    """What stands beside a panel's title."""
    return panel.note or copy.panel_threshold(style.threshold or panel.found.threshold)


@lru_cache(maxsize=64)
def strip(title: str, note: str, width: int) -> np.ndarray:
    """A line of words to stand above a picture: uint8 (h, ``width``, 3)."""
    size = max(11, width // LETTERS)
    picture = Image.new("RGB", (width, 2 * size // 2 * 2), DARK)
    pen, middle, pad = ImageDraw.Draw(picture), picture.height // 2, size // 2
    font = _fitting(f"{title}  {note}", size, width - 3 * pad)
    pen.text((pad, middle), title, font=font, fill=LIGHT, anchor="lm")
    pen.text((width - pad, middle), note, font=font, fill=PALE, anchor="rm")
    return np.asarray(picture)


def _fitting(words: str, size: int, width: int) -> ImageFont.FreeTypeFont:
    """The font at ``size``, or smaller so that ``words`` fit into ``width``."""
    font = ImageFont.load_default(size)
    long = font.getlength(words)
    return font if long <= width else ImageFont.load_default(max(8, int(size * width / long)))
