"""The Live tab as it stands on the page, and the script that runs it in the browser."""

import json
from html import escape
from pathlib import Path

import gradio as gr
import matplotlib
import numpy as np

from avsl.localization import Verdict
from avsl.overlay import COLORMAP, LINE_RGB, SOFT_EDGE, VERDICT_RGB, Look, Style
from avsl.ui import copy
from avsl.ui.live.calls import server_function
from avsl.ui.live.house import House, live_cards
from avsl.ui.live.kept import KEEP_S
from avsl.ui.views import heading, hint

HERE = Path(__file__).parent
PARTS = ("wire", "capture", "drawing", "keeping", "page")  # of the script, in this order
LOOKS = (Look.HEAT, Look.CONTOUR, Look.SPOTLIGHT)
NAMES = {
    Verdict.SOUNDING: "sounding",
    Verdict.SILENT: "silent",
    Verdict.NOT_FOUND: "not-found",
    Verdict.UNSEEN: "unseen",
}
LISTENING = "listening"  # where there is no verdict yet


def tab(house: House) -> gr.HTML:
    """Place the tab; the component's event ``keep`` brings the path of an uploaded recording."""
    with gr.Tab(copy.TAB_LIVE, id="live", elem_id="live-tab"):
        gr.HTML(heading(copy.LIVE) + hint(copy.LIVE_INTRO))
        return gr.HTML(
            _markup(),
            js_on_load=_script(),
            server_functions=[server_function(house)],
            apply_default_css=False,
            elem_id="live",
        )


def _script() -> str:
    """The page's script with what it has to know of the library."""
    known = {
        "WORDS": copy.LIVE_WORDS | {"verdicts": _verdicts()},
        "HEAT_RGB": _heat_rgb(),
        "LINE_RGB": LINE_RGB,
        "SOFT_EDGE": SOFT_EDGE,
        "KEEP_S": KEEP_S,
        "WORKLET": _read("worklet"),
    }
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    return constants + "\n".join(map(_read, PARTS))


def _verdicts() -> dict[str, str]:
    said = {name: verdict.value for verdict, name in NAMES.items()}
    return said | {LISTENING: copy.LIVE_LISTENING}


def _read(part: str) -> str:
    return (HERE / "script" / f"{part}.js").read_text(encoding="utf-8")


def _heat_rgb() -> list[list[int]]:
    """The colour of each level, 0 to 255, as :mod:`avsl.overlay` draws it."""
    colours = matplotlib.colormaps[COLORMAP](0.25 + 0.75 * np.linspace(0, 1, 256))[:, :3]
    return np.round(255 * colours).astype(int).tolist()


def _markup() -> str:
    return (
        '<section class="avsl-live" data-state="idle">'
        f"<div>{_stage()}{_gauges()}</div>"
        f'<div class="controls">{_buttons()}{_choices()}</div></section>'
    )


def _stage() -> str:
    return (
        '<div class="stage" data-part="stage">'
        f'<video data-part="video" aria-label="{escape(copy.LIVE_VIDEO)}" playsinline muted>'
        "</video>"
        '<canvas data-part="canvas" aria-hidden="true"></canvas>'
        '<p class="badge" data-part="badge" hidden><span class="dot"></span>'
        '<span data-part="words" role="status"></span></p>'
        '<p class="message" data-part="message" role="status"></p></div>'
        '<p class="notice" data-part="notice" role="status" hidden></p>'
    )


def _gauges() -> str:
    level = (
        f'<div class="level" data-part="level" role="meter" aria-label="{escape(copy.LIVE_LEVEL)}"'
        ' aria-valuemin="-60" aria-valuemax="0" aria-valuenow="-60"><i></i></div>'
    )
    numbers = ((copy.LIVE_RATE, "rate"), (copy.LIVE_LATENCY, "latency"))
    rows = "".join(
        f'<div><dt>{escape(name)}</dt><dd data-part="{part}">–</dd></div>' for name, part in numbers
    )
    return (
        f'<dl class="gauges"><div class="loudness"><dt>{escape(copy.LIVE_LEVEL)}</dt>'
        f"<dd>{level}</dd></div>{rows}</dl>"
    )


def _buttons() -> str:
    return (
        '<div class="buttons">'
        f'<button type="button" class="main" data-part="start">{escape(copy.LIVE_START)}</button>'
        f'<button type="button" data-part="keep" disabled>{escape(copy.LIVE_KEEP)}</button>'
        f'<button type="button" data-part="turn" hidden>{escape(copy.LIVE_TURN)}</button></div>'
        f"{hint(copy.LIVE_KEEP_HINT)}"
    )


def _choices() -> str:
    variants = "".join(
        f'<option value="{escape(card.name)}">{escape(card.title)}</option>'
        for card in live_cards()
    )
    looks = "".join(
        f'<label><input type="radio" name="live-look" value="{look}"'
        f"{' checked' if look is Look.HEAT else ''}> {look}</label>"
        for look in LOOKS
    )
    return (
        f'<label class="field">{escape(copy.VARIANT)}'
        f'<select data-part="variant">{variants}</select></label>'
        f'<label class="field">{escape(copy.LIVE_CAMERA)}<select data-part="camera" disabled>'
        f"<option>{escape(copy.LIVE_CAMERA_FIRST)}</option></select></label>"
        f'<fieldset class="field" data-part="looks"><legend>{escape(copy.STYLE)}</legend>{looks}'
        f'</fieldset><label class="field">{escape(copy.OPACITY)}<input type="range" '
        f'data-part="opacity" min="0" max="1" step="0.05" value="{Style.opacity}"></label>'
        f'<label class="switch"><input type="checkbox" data-part="mirror"> '
        f"{escape(copy.LIVE_MIRROR)}</label>{hint(copy.LIVE_PRIVACY)}"
    )


def style_sheet() -> str:
    """The tab's looks, with the verdicts in the colours of the library."""
    dots = "".join(
        f".avsl-live [data-verdict={NAMES[verdict]}] .dot "
        f"{{ background: rgb({red},{green},{blue}); }}\n"
        for verdict, (red, green, blue) in VERDICT_RGB.items()
    )
    return (HERE / "live.css").read_text(encoding="utf-8") + dots
