"""Pictures of a map over its frame: heat, contour, spotlight, boxes; with a verdict and a legend.

Colours are matplotlib's inferno: perceptually uniform and safe for colour-blind eyes. The scale is
fixed, 0 to 1 in every frame, clip and variant, so that pictures can be compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from avsl.clip import Clip
from avsl.errors import SettingError
from avsl.localization import (
    Localization,
    Verdict,
    checked_threshold,
    guess_level,
    mask,
    regions,
    upscaled,
)
from avsl.media import constant_rate, output_rate_hz

COLORMAP = "inferno"
VERDICT_RGB = {  # colour-blind safe (Okabe and Ito), and never the only sign: the words are drawn
    Verdict.SOUNDING: (240, 166, 0),
    Verdict.SILENT: (140, 140, 140),
    Verdict.NOT_FOUND: (86, 180, 233),
    Verdict.UNSEEN: (204, 121, 167),
}
LINE_RGB = (255, 220, 60)
GUESS, GUESS_RGB = "guess", (225, 225, 225)  # its word and its line, thin and dashed
DASH = 6  # length of a guess's dashes and of the gaps between them, in widths of its line
SOFT_EDGE = 0.15  # heat fades in over this much map value below the threshold


class Look(StrEnum):
    """How a region is drawn."""

    HEAT = "heat"
    CONTOUR = "contour"
    SPOTLIGHT = "spotlight"
    BOXES = "boxes"


@dataclass(frozen=True)
class Style:
    """How to draw; changing it never runs a variant again.

    ``threshold`` None means the localization's own calibrated one. ``opacity`` in [0, 1] is the
    strength of the heat, of the spotlight's darkness, of the lines.
    """

    look: Look = Look.HEAT
    threshold: float | None = None
    opacity: float = 0.65
    legend: bool = True  # the verdict's badge and the colour scale
    guesses: bool = False  # outline also where a source may be that was not found

    def __post_init__(self) -> None:
        if self.look not in set(Look):
            raise SettingError(f"There is no style {self.look!r}. Styles: {', '.join(Look)}.")
        if not 0 <= self.opacity <= 1:
            raise SettingError(f"The opacity must lie between 0 and 1, not {self.opacity}.")
        if self.threshold is not None:
            checked_threshold(self.threshold)


def draw(
    frame: np.ndarray, heatmap: np.ndarray, threshold: float, look: Look, opacity: float
) -> np.ndarray:
    """One map (h, w) in [0, 1] over one frame uint8 (H, W, 3): a new uint8 (H, W, 3).

    An empty map leaves heat, contour and boxes untouched, and spotlight dims the whole frame.
    """
    return _DRAW[Look(look)](frame, heatmap, checked_threshold(threshold), opacity)


def draw_moment(
    frame: np.ndarray, localization: Localization, time_s: float, style: Style
) -> np.ndarray:
    """The frame of one moment with its map, verdict and legend: uint8 (H, W, 3)."""
    threshold = style.threshold or localization.threshold
    heatmap = localization.shown_at(time_s)
    drawn = draw(frame, heatmap, threshold, style.look, style.opacity)
    if style.legend:
        _stamp(drawn, badge(localization.verdict_at(time_s), text_size(drawn)), "upper left")
        if style.look is Look.HEAT:
            _stamp(drawn, legend(threshold, text_size(drawn)), "lower right")
    if style.guesses:
        draw_guess(drawn, localization.guess_at(time_s), threshold)
    return drawn


def draw_guess(frame: np.ndarray, guess: np.ndarray, threshold: float) -> None:
    """Outline a guess (h, w) on ``frame`` uint8 (H, W, 3), in place: a thin dashed line without
    any heat, and the word. Nothing for an empty one. ``threshold`` as for :func:`guess_level`.
    """
    level = guess_level(guess, threshold)
    if not level:
        return
    height, width = frame.shape[:2]
    inside = mask(guess, level, width, height).astype(np.uint8)
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    thin = max(2, _line_width(frame) // 2)
    for outline in outlines:
        dashes = _dashes(outline[:, 0], DASH * thin)
        cv2.polylines(frame, dashes, False, (0, 0, 0), thin + 2, cv2.LINE_AA)
        cv2.polylines(frame, dashes, False, GUESS_RGB, thin, cv2.LINE_AA)
    if outlines:
        _tag(frame, max(outlines, key=cv2.contourArea)[:, 0])


def _dashes(points: np.ndarray, length: int) -> list[np.ndarray]:
    """Every other piece of a closed line (P, 2): each int (length, 2) or shorter."""
    starts = range(0, len(points), 2 * length)
    return [np.ascontiguousarray(points[start : start + length]) for start in starts]


def _tag(frame: np.ndarray, points: np.ndarray) -> None:
    """Write :data:`GUESS` in the middle of ``points`` (P, 2), in place, where it fits."""
    word = word_tag(GUESS, text_size(frame))
    height, width = word.shape[:2]
    if height > frame.shape[0] or width > frame.shape[1]:
        return
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    x = int(np.clip((x0 + x1 - width) // 2, 0, frame.shape[1] - width))
    y = int(np.clip((y0 + y1 - height) // 2, 0, frame.shape[0] - height))
    _blend(frame[y : y + height, x : x + width], word)


def overlay_frames(
    clip: Clip, localization: Localization, style: Style
) -> Iterator[tuple[float, np.ndarray]]:
    """Every frame of the overlay video as ``(time_s, uint8 (H, W, 3))``, at the clip's rate."""
    rate_hz = output_rate_hz(clip)
    for index, frame in enumerate(constant_rate(clip, rate_hz)):
        time_s = index / rate_hz
        yield time_s, draw_moment(frame, localization, time_s, style)


def _heat(frame: np.ndarray, heatmap: np.ndarray, threshold: float, opacity: float) -> np.ndarray:
    drawn = frame.copy()
    part = _support(heatmap, threshold - SOFT_EDGE, frame)
    if part is None:
        return drawn
    height, width = frame.shape[:2]
    levels = (upscaled(heatmap, width, height)[part] * 255).astype(np.uint8)
    colour, keep = _heat_tables(threshold, opacity)
    under = cv2.multiply(drawn[part], cv2.LUT(cv2.merge([levels] * 3), keep), scale=1 / 255)
    drawn[part] = cv2.add(under, cv2.LUT(cv2.merge([levels] * 3), colour))
    return drawn


@lru_cache(maxsize=32)
def _heat_tables(threshold: float, opacity: float) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (256, 1, 3) each: the colour times its opacity, and how much frame is kept."""
    value = np.linspace(0, 1, 256)
    soft = np.clip((value - threshold + SOFT_EDGE) / SOFT_EDGE, 0, 1) ** 2
    alpha = (opacity * soft)[:, None]
    rgb = matplotlib.colormaps[COLORMAP](0.25 + 0.75 * value)[:, :3]
    return (
        np.round(255 * alpha * rgb).astype(np.uint8)[:, None],
        np.round(255 * np.repeat(1 - alpha, 3, axis=1)).astype(np.uint8)[:, None],
    )


def _support(heatmap: np.ndarray, level: float, frame: np.ndarray) -> tuple[slice, slice] | None:
    """The part of the frame, with a cell's margin, where the map can exceed ``level``."""
    rows, columns = np.nonzero(heatmap > max(level, 0.0))
    if not len(rows):
        return None
    scale_y, scale_x = frame.shape[0] / heatmap.shape[0], frame.shape[1] / heatmap.shape[1]
    return (
        slice(max(int((rows.min() - 2) * scale_y), 0), int(np.ceil((rows.max() + 3) * scale_y))),
        slice(
            max(int((columns.min() - 2) * scale_x), 0), int(np.ceil((columns.max() + 3) * scale_x))
        ),
    )


def _contour(
    frame: np.ndarray, heatmap: np.ndarray, threshold: float, opacity: float
) -> np.ndarray:
    height, width = frame.shape[:2]
    inside = mask(heatmap, threshold, width, height).astype(np.uint8)
    outlines, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    lines = frame.copy()
    cv2.drawContours(lines, outlines, -1, (0, 0, 0), _line_width(frame) + 2, cv2.LINE_AA)
    cv2.drawContours(lines, outlines, -1, LINE_RGB, _line_width(frame), cv2.LINE_AA)
    return cv2.addWeighted(lines, opacity, frame, 1 - opacity, 0)


def _spotlight(
    frame: np.ndarray, heatmap: np.ndarray, threshold: float, opacity: float
) -> np.ndarray:
    height, width = frame.shape[:2]
    lit = np.clip((upscaled(heatmap, width, height) - threshold) / SOFT_EDGE + 1, 0, 1)
    keep = (255 * (1 - opacity * (1 - lit))).astype(np.uint8)
    return cv2.multiply(frame, cv2.merge([keep] * 3), scale=1 / 255)


def _boxes(frame: np.ndarray, heatmap: np.ndarray, threshold: float, opacity: float) -> np.ndarray:
    height, width = frame.shape[:2]
    lines = frame.copy()
    for region in regions(heatmap, threshold, width, height):
        x0, y0, x1, y1 = (round(edge) for edge in region.box)
        cv2.rectangle(lines, (x0, y0), (x1, y1), (0, 0, 0), _line_width(frame) + 2)
        cv2.rectangle(lines, (x0, y0), (x1, y1), LINE_RGB, _line_width(frame))
        cv2.drawMarker(lines, tuple(map(round, region.centroid)), LINE_RGB, cv2.MARKER_CROSS, 12, 2)
    return cv2.addWeighted(lines, opacity, frame, 1 - opacity, 0)


_DRAW = {
    Look.HEAT: _heat,
    Look.CONTOUR: _contour,
    Look.SPOTLIGHT: _spotlight,
    Look.BOXES: _boxes,
}


def _line_width(frame: np.ndarray) -> int:
    return max(2, round(min(frame.shape[:2]) / 180))


@lru_cache(maxsize=32)
def badge(verdict: Verdict, size: int) -> np.ndarray:
    """The verdict in words on a dark pill with a dot of its colour, letters ``size`` pixels high:
    uint8 (h, w, 4) RGBA.
    """
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(verdict.value)
    pad = size // 2
    width, height = right - left + size + 3 * pad, size + 2 * pad
    picture = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, width - 1, height - 1), height // 2, fill=(16, 16, 20, 190))
    dot = (pad + size // 4, pad + size // 4, pad + 3 * size // 4, pad + 3 * size // 4)
    pen.ellipse(dot, fill=(*VERDICT_RGB[verdict], 255))
    baseline = (height - (bottom - top)) // 2 - top
    pen.text((2 * pad + size - pad // 2, baseline), verdict.value, font=font, fill="white")
    return np.asarray(picture)


@lru_cache(maxsize=32)
def legend(threshold: float, size: int) -> np.ndarray:
    """The fixed colour scale from 0 to 1 with a tick at the threshold, letters ``size`` pixels
    high: uint8 (h, w, 4) RGBA.
    """
    width, bar_height = 9 * size, max(4, size // 2)
    ramp = matplotlib.colormaps[COLORMAP](np.linspace(0.25, 1, width))[None, :, :3]
    bar = np.repeat((255 * ramp).astype(np.uint8), bar_height, axis=0)
    picture = Image.new("RGBA", (width + 2 * size, 3 * size))
    pen = ImageDraw.Draw(picture)
    box = (0, 0, picture.width - 1, picture.height - 1)
    pen.rounded_rectangle(box, size // 2, fill=(16, 16, 20, 190))
    picture.paste(Image.fromarray(bar), (size, size // 2))
    tick_x = size + round(threshold * width)
    pen.line((tick_x, size // 4, tick_x, size // 2 + bar_height + size // 4), fill="white", width=2)
    font = ImageFont.load_default(size * 3 // 4)
    text_y = size // 2 + bar_height + size // 3
    pen.text((size, text_y), "0", font=font, fill="white", anchor="la")
    pen.text((tick_x, text_y), f"{threshold:.2f}", font=font, fill="white", anchor="ma")
    pen.text((size + width, text_y), "1", font=font, fill="white", anchor="ra")
    return np.asarray(picture)


@lru_cache(maxsize=8)
def word_tag(word: str, size: int) -> np.ndarray:
    """A word on a dark pill, letters ``size`` pixels high: uint8 (h, w, 4) RGBA."""
    font, pad = ImageFont.load_default(size), size // 3
    left, top, right, bottom = font.getbbox(word)
    picture = Image.new("RGBA", (round(right - left) + 4 * pad, round(bottom - top) + 2 * pad))
    pen = ImageDraw.Draw(picture)
    box = (0, 0, picture.width - 1, picture.height - 1)
    pen.rounded_rectangle(box, picture.height // 2, fill=(16, 16, 20, 190))
    pen.text((2 * pad - left, pad - top), word, font=font, fill=GUESS_RGB)
    return np.asarray(picture)


def text_size(frame: np.ndarray) -> int:
    """Height of letters on a frame (H, W, 3), in pixels."""
    return max(10, round(min(frame.shape[:2]) / 26))


def _stamp(frame: np.ndarray, picture: np.ndarray, corner: str) -> None:
    """Blend an RGBA picture into a corner of ``frame``, in place; skipped where it won't fit."""
    height, width = picture.shape[:2]
    margin = text_size(frame) // 2
    if width + 2 * margin > frame.shape[1] or height + 2 * margin > frame.shape[0]:
        return
    y = margin if "upper" in corner else frame.shape[0] - margin - height
    x = margin if "left" in corner else frame.shape[1] - margin - width
    _blend(frame[y : y + height, x : x + width], picture)


def _blend(part: np.ndarray, picture: np.ndarray) -> None:
    """An RGBA picture over a part of a frame that is as large, in place."""
    alpha = picture[..., 3:].astype(np.uint16)
    part[:] = (part * (255 - alpha) + picture[..., :3] * alpha) // 255
