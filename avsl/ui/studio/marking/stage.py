"""The frame to mark on, as HTML, and the script that draws on it.

After every change the component's event ``mark`` brings what the frame is marked with.
"""

import base64
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2
import gradio as gr
import numpy as np

from avsl.annotation import Marks
from avsl.errors import SettingError
from avsl.ui.studio.marking import copy
from avsl.ui.views import data_url

HERE = Path(__file__).parent
NUMBERS = ((copy.LEFT, 25), (copy.TOP, 25), (copy.RIGHT, 75), (copy.BOTTOM, 75))


@dataclass(frozen=True)
class Marked:
    """What the event brings."""

    index: int  # of the moment
    marks: Marks | None  # None: not marked


def marked_at(event: gr.EventData) -> Marked:
    """Its content; raises :class:`SettingError` where it is none of the script's."""
    index, marks = (getattr(event, name, None) for name in ("index", "marks"))
    if not isinstance(index, int):
        raise SettingError("There is no such moment to mark.")
    return Marked(index, None if marks is None else Marks.from_dict(marks))


def stage(jpeg: bytes, index: int, marks: Marks | None) -> str:
    """The frame of one moment with its marks, and the tools."""
    known = "" if marks is None else json.dumps(marks.to_dict())
    mask = "" if marks is None or marks.painted is None else _png(marks.painted)
    return (
        f'<section class="avsl-marking" data-index="{index}" data-marks="{escape(known)}"'
        f' data-mask="{mask}"><div class="stage">'
        f'<img src="{data_url(jpeg, "jpeg")}" alt="{escape(copy.FRAME)}" draggable="false">'
        f'<canvas aria-hidden="true"></canvas></div><div class="tools">{_drawing()}'
        f'<p class="avsl-hint" role="status" data-part="said"></p>{_numbers()}</div></section>'
    )


def _drawing() -> str:
    tools = "".join(
        f'<label><input type="radio" name="avsl-marking-tool" value="{value}"'
        f"{' checked' if value == 'box' else ''}> {escape(word)}</label>"
        for value, word in (("box", copy.BOX), ("brush", copy.BRUSH))
    )
    buttons = "".join(
        f'<button type="button" data-part="{part}">{escape(word)}</button>'
        for part, word in (("undo", copy.UNDO), ("clear", copy.CLEAR), ("nothing", copy.NOTHING))
    )
    return (
        f'<fieldset><legend>{escape(copy.TOOL)}</legend>{tools}<label class="size">'
        f'{escape(copy.BRUSH_SIZE)}<input type="range" data-part="radius" min="1" max="15" '
        f'step="0.5" value="4"></label></fieldset><div class="buttons">{buttons}</div>'
    )


def _numbers() -> str:
    fields = "".join(
        f'<label>{escape(word)}<input type="number" data-part="number" min="0" max="100" '
        f'step="1" value="{value}"></label>'
        for word, value in NUMBERS
    )
    return (
        f'<details><summary>{escape(copy.NUMBERS)}</summary><div class="numbers">{fields}'
        f'<button type="button" data-part="add">{escape(copy.ADD)}</button></div></details>'
    )


def _png(painted: np.ndarray) -> str:
    """A mask bool (h, w) as the address of a picture that is clear where it is not marked."""
    png = cv2.imencode(".png", 255 * np.repeat(painted[..., None], 4, 2).astype(np.uint8))[1]
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()


def style_sheet() -> str:
    return (HERE / "marking.css").read_text(encoding="utf-8")


_MARKING = (HERE / "marking.js").read_text(encoding="utf-8")
SCRIPT = f"const WORDS = {json.dumps(copy.WORDS)};\n{_MARKING}"
