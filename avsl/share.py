"""One picture to show to others: the best moment, drawn, over a strip that says what it is."""

from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont

from avsl.localization import Localization, summary
from avsl.overlay import VERDICT_RGB, Style, draw_moment

LONG_SIDE, LEAST_WIDTH = 1200, 800  # pixels of the frame's longer side; of the whole picture
LARGE, SMALL, MARGIN = 34, 24, 28  # pixels: letters of the two kinds of lines, and around them
INK, FAINT, PAPER = (244, 244, 247), (170, 170, 182), (21, 21, 26)
Line = tuple[str, int, tuple[int, int, int]]  # words, height of letters in pixels, colour


def picture(frame: np.ndarray, found: Localization, index: int, style: Style) -> np.ndarray:
    """``frame`` uint8 (H, W, 3) is what moment ``index`` shows: a new uint8 (H', W', 3)."""
    large = _enlarged(frame)
    drawn = draw_moment(large, found, float(found.times_s[index]), style)
    width = max(LEAST_WIDTH, drawn.shape[1])
    side = (width - drawn.shape[1]) // 2
    framed = np.full((drawn.shape[0], width, 3), PAPER, np.uint8)
    framed[:, side : side + drawn.shape[1]] = drawn
    return np.concatenate([framed, _strip(found, index, width)])


def _enlarged(frame: np.ndarray) -> np.ndarray:
    """The frame with its longer side as long as pictures to share have it."""
    height, width = frame.shape[:2]
    scale = LONG_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return cv2.resize(frame, size, interpolation=way)


def _strip(found: Localization, index: int, width: int) -> np.ndarray:
    """The caption: uint8 (h, width, 3)."""
    lines = _lines(found, index, width - 2 * MARGIN)
    height = 2 * MARGIN + sum(round(1.35 * size) for _, size, _ in lines)
    strip = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(strip)
    pen.rectangle((0, 0, width, 5), fill=VERDICT_RGB[found.verdicts[index]])
    y = MARGIN
    for words, size, colour in lines:
        pen.text((MARGIN, y), words, font=_font(size), fill=colour)
        y += round(1.35 * size)
    return np.asarray(strip)


def _lines(found: Localization, index: int, room_px: int) -> list[Line]:
    made, time_s = found.provenance, float(found.times_s[index])
    name = Path(made.clip).stem
    moment = f"{found.verdicts[index].value} at {time_s:.1f} s"
    told = f"{name}, {moment}" if name and _can_be_drawn(name) else moment.capitalize()
    by = f"{made.title or made.variant}, avsl {made.avsl_version}"
    lines = [(words, LARGE, INK) for words in _wrapped(summary(found), LARGE, room_px)]
    return [*lines, *((_cut(words, room_px), SMALL, FAINT) for words in (told, by))]


def _wrapped(text: str, size: int, room_px: int) -> list[str]:
    """Lines of ``text`` that fit."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _font(size).getlength(longer) <= room_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def _cut(text: str, room_px: int) -> str:
    """``text`` with as much left out in its middle as it takes to fit."""
    kept, shorter = len(text), text
    while _font(SMALL).getlength(shorter) > room_px and kept > 2:
        kept -= 1
        shorter = f"{text[: kept // 2]}…{text[len(text) - (kept - kept // 2) :]}"
    return shorter


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_font_file(), size)


def _font_file() -> str:
    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


def _can_be_drawn(text: str) -> bool:
    """Whether the font has every letter of a name that someone gave a file."""
    font = FT2Font(_font_file())
    return all(font.get_char_index(ord(letter)) for letter in text)
