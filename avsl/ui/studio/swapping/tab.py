"""The tab "Swap the sound": what stands where, and which handler each button calls."""

from pathlib import Path

import gradio as gr

from avsl.ui import copy as words
from avsl.ui.steps import Parts, Updates, named
from avsl.ui.studio import pieces
from avsl.ui.studio.source import QUIET, SAME
from avsl.ui.studio.swapping import copy
from avsl.ui.studio.swapping.page import SwapPage, knowing, offered, preselected
from avsl.ui.views import heading, hint

SCRIPT = (Path(__file__).parent / "swap.js").read_text(encoding="utf-8")
MOST_TYPED = 60  # characters of words
PLAYHEAD = """(result, variant, unsure, clip) =>
  [result, variant, unsure, clip, document.querySelector('#swap-clip video')?.currentTime ?? 0]"""


def place(camera: gr.WebcamOptions) -> Parts:
    parts: Parts = {"result": gr.State(None), "pressed": gr.State((0, 0))}
    gr.HTML(heading(copy.SWAP) + hint(copy.INTRO))
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320):
            parts |= _choosing()
            parts |= pieces.state("swap", copy.EMPTY_TITLE, copy.EMPTY)
        with gr.Column(scale=5, min_width=320):
            parts |= _own(camera)
    with gr.Column(visible=False) as parts["outcome"]:
        parts |= _outcome()
    return parts


def _choosing() -> Parts:
    parts: Parts = {
        "chosen": gr.Dropdown(
            knowing([]), value=preselected(), label=copy.VARIANT, filterable=False,
            elem_id="swap-variant",
        )
    }  # fmt: skip
    return parts | pieces.run_and_stop("swap", copy.RUN)


def _own(camera: gr.WebcamOptions) -> Parts:
    """What a visitor may bring."""
    parts: Parts = {}
    with gr.Tabs():
        with gr.Tab(copy.OWN_SOUND):
            parts["sound"] = gr.Audio(
                label=copy.SOUND, type="filepath", sources=["upload", "microphone"],
                elem_id="swap-sound",
            )  # fmt: skip
            gr.HTML(hint(copy.SOUND_HINT))
        with gr.Tab(copy.OWN_PICTURE):
            parts["picture"] = gr.Image(
                label=copy.PICTURE, type="filepath", sources=["upload", "clipboard"],
                image_mode=None, height=210, elem_id="swap-picture",
            )  # fmt: skip
        with gr.Tab(copy.MOMENT_OF_CLIP):
            parts["clip"] = gr.Video(
                label=copy.MOMENT_OF_CLIP, sources=["upload", "webcam"], include_audio=True,
                webcam_options=camera, elem_id="swap-clip", elem_classes="avsl-clip",
            )  # fmt: skip
            gr.HTML(hint(copy.MOMENT_HINT))
            parts["add_moment"] = gr.Button(copy.ADD_MOMENT, elem_id="swap-add-moment")
            parts["time_s"] = gr.Number(0, visible=False, label=words.MOMENT)
    return parts


def _outcome() -> Parts:
    parts: Parts = {"about": gr.HTML(elem_id="swap-about")}
    with gr.Row(equal_height=False, elem_classes="avsl-swap-controls"):
        parts["unsure"] = gr.Checkbox(
            False, label=copy.UNSURE, info=copy.UNSURE_INFO, elem_id="swap-unsure", min_width=280
        )
        with gr.Row(visible=False, elem_classes="avsl-other") as parts["wording"]:
            parts["words"] = gr.Textbox(
                label=copy.WORDS, placeholder=copy.WORDS_EXAMPLE, max_lines=1,
                max_length=MOST_TYPED, elem_id="swap-words", scale=3, min_width=160,
            )  # fmt: skip
            parts["ask"] = gr.Button(copy.ASK, elem_id="swap-ask", scale=1, min_width=80)
    with gr.Row(equal_height=False, elem_classes="avsl-swap-board"):
        with gr.Column(scale=17, min_width=320):
            parts["grid"] = gr.HTML(
                elem_id="swap-grid", js_on_load=SCRIPT, apply_default_css=False
            )
        with gr.Column(scale=7, min_width=280, elem_classes="avsl-swap-pressed"):
            parts["detail"] = gr.HTML(elem_id="swap-detail", apply_default_css=False)
            parts["player"] = gr.Audio(
                label=copy.PLAYER, interactive=False, autoplay=False, elem_id="swap-player",
                buttons=[],
            )  # fmt: skip
    return parts | pieces.to_take_home("swap", copy.FILES_HINT)


def wire(parts: Parts, page: SwapPage, opened: gr.Tab, home: Parts) -> None:
    """``home``: the Localize tab, whose clip and other loaded variants are at hand here too."""
    working = {
        "outputs": list(parts.values()), "api_visibility": "private",
        "show_progress_on": parts["status"], "preprocess": False,
    }  # fmt: skip
    now = [parts[name] for name in ("result", "chosen", "unsure")]
    parts["run"].click(named(page.run, parts), now, **working)
    parts["chosen"].input(named(page.turn_to, parts), now, **working)
    gr.on(
        [parts["sound"].upload, parts["sound"].stop_recording],
        named(page.add_sound, parts), [*now, parts["sound"]], **working,
    )  # fmt: skip
    parts["picture"].upload(named(page.add_picture, parts), [*now, parts["picture"]], **working)
    parts["add_moment"].click(
        named(page.add_moment, parts), [*now, parts["clip"], parts["time_s"]], js=PLAYHEAD,
        **working,
    )  # fmt: skip
    gr.on(
        [parts["ask"].click, parts["words"].submit],
        named(page.add_words, parts), [*now, parts["words"]], **working,
    )  # fmt: skip
    parts["prepare"].click(named(page.prepare, parts), parts["result"], **working)
    parts["stop"].click(page.stop, None, None, queue=False, **QUIET)
    _wire_grid(parts, page)
    ready = [home["others"], parts["chosen"]]
    opened.select(offered, ready, parts["chosen"], preprocess=False, queue=False, **QUIET)
    clip = parts["clip"]
    gr.on(
        [clip.upload, clip.stop_recording, clip.clear],
        None, clip, home["video"], js=SAME, **QUIET,
    )  # fmt: skip


def _wire_grid(parts: Parts, page: SwapPage) -> None:
    """What the grid's own buttons and the box above it do: nothing is run."""
    at_once = {"outputs": list(parts.values()), "queue": False, "preprocess": False, **QUIET}
    seen = [parts["result"], parts["unsure"]]

    def press(result: str | None, unsure: bool, event: gr.EventData) -> Updates:
        return page.press(result, unsure, event.row, event.column)

    def take_out(result: str | None, unsure: bool, event: gr.EventData) -> Updates:
        return page.take_out(result, unsure, event.out, event.index)

    def with_event(handler):
        def answer(result, unsure, event: gr.EventData):
            return {parts[name]: value for name, value in handler(result, unsure, event).items()}

        return answer

    parts["grid"].press(with_event(press), seen, trigger_mode="always_last", **at_once)
    parts["grid"].take_out(with_event(take_out), seen, **at_once)
    parts["unsure"].input(
        named(page.show_unsure, parts), [*seen, parts["pressed"]], trigger_mode="always_last",
        **at_once,
    )  # fmt: skip
