"""The tab "Is it listening?": what stands where, and which handler each button calls."""

import gradio as gr

from avsl.ui import copy as words
from avsl.ui import timeline
from avsl.ui.desk import choices
from avsl.ui.steps import Parts, named
from avsl.ui.studio import copy, listening_views, pieces, source
from avsl.ui.studio.listening_page import PLAYER, ListeningPage, offered, preselected
from avsl.ui.studio.source import QUIET
from avsl.ui.studio.yardstick import shipped
from avsl.ui.views import heading, hint


def place(camera: gr.WebcamOptions) -> Parts:
    parts: Parts = {"result": gr.State(None)}
    gr.HTML(heading(copy.LISTENING) + hint(copy.LISTENING_INTRO))
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            parts |= source.place("listening", camera)
        with gr.Column(scale=7, min_width=320):
            parts |= _choosing()
            parts |= pieces.state("listening", copy.LISTENING_EMPTY_TITLE, copy.LISTENING_EMPTY)
            parts |= source.examples("listening")
    with gr.Column(visible=False) as parts["outcome"]:
        parts["score"] = gr.HTML(elem_id="listening-score")
        parts["parts"] = gr.HTML(elem_id="listening-parts", apply_default_css=False)
        gr.HTML(hint(copy.LISTENING_VIDEO))
        parts["video"] = gr.Video(
            label=copy.LISTENING_VIDEO, show_label=False, interactive=False, autoplay=False,
            elem_id=PLAYER, elem_classes="avsl-player",
        )  # fmt: skip
        parts["timeline"] = timeline.place("listening-timeline")
    with gr.Column(visible=False) as parts["inspection"]:
        parts |= _inspection()
    parts["yardstick"] = gr.HTML(
        listening_views.yardstick(shipped()), apply_default_css=False, elem_id="listening-yardstick"
    )
    return parts


def _choosing() -> Parts:
    parts: Parts = {
        "chosen": gr.Dropdown(
            choices([]), value=preselected(), label=copy.LISTENING_VARIANT, filterable=False,
            elem_id="listening-variant",
        )
    }  # fmt: skip
    with gr.Accordion(copy.OTHER_SOUND, open=False):
        gr.HTML(hint(copy.OTHER_SOUND_HINT))
        parts["other_sound"] = gr.Audio(
            label=words.SOUND, type="filepath", sources=["upload", "microphone"],
            elem_id="listening-other",
        )  # fmt: skip
    return parts | pieces.run_and_stop("listening", copy.LISTENING_RUN)


def _inspection() -> Parts:
    parts: Parts = {}
    gr.HTML(heading(copy.COMPARE_MOMENTS))
    parts["figures"] = gr.HTML(elem_id="listening-figures")
    parts["moment"] = gr.Slider(
        0, 1, 0, step=0.1, label=words.MOMENT, elem_id="listening-moment", buttons=[]
    )
    return parts | pieces.to_take_home("listening", copy.LISTENING_FILES_HINT)


def wire(parts: Parts, page: ListeningPage, opened: gr.Tab, home: Parts) -> None:
    """``home``: the Localize tab, whose clip and other loaded variants are at hand here too."""
    working = {
        "outputs": list(parts.values()), "api_visibility": "private",
        "show_progress_on": parts["status"], "preprocess": False,
    }  # fmt: skip
    files = [parts[name] for name in ("clip", "other_sound", "chosen")]
    run = {"fn": named(page.run, parts), "inputs": files, **working}
    parts["run"].click(**run)
    source.wire(parts, page, opened, run, home["video"])
    ready = [home["others"], parts["chosen"]]
    opened.select(offered, ready, parts["chosen"], preprocess=False, queue=False, **QUIET)
    at_once = {"queue": False, "preprocess": False, "trigger_mode": "always_last", **QUIET}
    parts["moment"].input(
        named(page.inspect, parts), [parts["result"], parts["moment"]], parts["figures"], **at_once
    )
    parts["timeline"].moved(
        named(page.move, parts), parts["result"], [parts["moment"], parts["figures"]], **at_once
    )
    parts["prepare"].click(named(page.prepare, parts), parts["result"], **working)
