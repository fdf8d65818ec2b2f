"""The Compare tab: what stands where, and which handler each button calls."""

import gradio as gr

from avsl.ui import copy as words
from avsl.ui import timeline
from avsl.ui.desk import choices
from avsl.ui.steps import Parts, named
from avsl.ui.studio import compare_timeline, copy, marking, pieces, source
from avsl.ui.studio.compare_page import ComparePage, offered, preselected
from avsl.ui.studio.source import QUIET
from avsl.ui.views import heading, hint


def place(camera: gr.WebcamOptions) -> Parts:
    parts: Parts = {"result": gr.State(None)}
    gr.HTML(heading(copy.COMPARE) + hint(copy.COMPARE_INTRO))
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            parts |= source.place("compare", camera)
        with gr.Column(scale=7, min_width=320):
            parts |= _choosing()
            parts |= pieces.state("compare", copy.COMPARE_EMPTY_TITLE, copy.COMPARE_EMPTY)
            parts |= source.examples("compare")
    with gr.Column(visible=False) as parts["outcome"]:
        parts |= _outcome()
    with gr.Column(visible=False) as parts["inspection"]:
        parts |= _inspection()
    return parts


def _choosing() -> Parts:
    parts: Parts = {
        "chosen": gr.CheckboxGroup(
            choices([]), value=preselected(), label=copy.VARIANTS, info=copy.VARIANTS_INFO,
            elem_id="compare-variants",
        )
    }  # fmt: skip
    return parts | pieces.run_and_stop("compare", copy.COMPARE_RUN)


def _outcome() -> Parts:
    parts: Parts = {
        "video": gr.Video(
            label=copy.COMPARE_VIDEO, show_label=False, interactive=False, autoplay=False,
            elem_id=compare_timeline.PLAYER, elem_classes="avsl-player",
        ),
        "timeline": timeline.place("compare-timeline"),
    }  # fmt: skip
    with gr.Row(equal_height=False, elem_classes="avsl-levels"):
        parts["shared"] = gr.Checkbox(
            False, label=copy.SHARED, elem_id="compare-shared", min_width=220, scale=2
        )
        parts["level"] = gr.Slider(
            0.01, 0.99, 0.5, step=0.01, label=copy.SHARED_LEVEL, interactive=False,
            elem_id="compare-level", buttons=[], min_width=220, scale=4,
        )  # fmt: skip
        parts["redraw"] = gr.Button(words.REDRAW, elem_id="compare-redraw", min_width=160, scale=1)
    parts["warning"] = gr.HTML(hint(copy.OWN_LEVELS), elem_id="compare-warning")
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320):
            parts["costs"] = _table("compare-costs")
        with gr.Column(scale=5, min_width=320):
            parts["rightness"] = _table("compare-truth")
    return parts


def _table(elem_id: str) -> gr.HTML:
    return gr.HTML(elem_id=elem_id, apply_default_css=False)


def _inspection() -> Parts:
    parts: Parts = {}
    gr.HTML(heading(copy.COMPARE_MOMENTS))
    parts["figures"] = gr.HTML(elem_id="compare-figures")
    with gr.Row():
        parts["moment"] = gr.Slider(
            0, 1, 0, step=0.1, label=words.MOMENT, elem_id="compare-moment", buttons=[],
            min_width=280, scale=3,
        )  # fmt: skip
        for name, label in (("first", copy.FIRST), ("second", copy.SECOND)):
            parts[name] = gr.Dropdown(
                [], label=label, visible=False, elem_id=f"compare-{name}", min_width=150
            )
    parts |= marking.place()
    parts["pairs"] = _table("compare-pairs")
    return parts | pieces.to_take_home("compare", copy.COMPARE_FILES_HINT)


def wire(parts: Parts, page: ComparePage, opened: gr.Tab, home: Parts) -> None:
    """``home``: the Localize tab, whose clip and other loaded variants are at hand here too."""
    outputs = list(parts.values())
    working = {
        "outputs": outputs, "api_visibility": "private", "show_progress_on": parts["status"],
        "preprocess": False,
    }  # fmt: skip
    level = [parts["shared"], parts["level"]]
    run = {
        "fn": named(page.run, parts), "inputs": [parts["clip"], parts["chosen"], *level], **working
    }  # fmt: skip
    parts["run"].click(**run)
    source.wire(parts, page, opened, run, home["video"])
    ready = [home["others"], parts["chosen"]]
    opened.select(offered, ready, parts["chosen"], preprocess=False, queue=False, **QUIET)

    pair = [parts["first"], parts["second"]]
    wish = [parts["result"], parts["moment"], *pair]
    at_once = {
        "inputs": [*wish, *level], "outputs": outputs, "queue": False, "preprocess": False,
        "trigger_mode": "always_last", **QUIET,
    }  # fmt: skip
    for name in ("moment", "first", "second"):
        parts[name].input(named(page.inspect, parts), **at_once)
    parts["timeline"].moved(
        named(page.move, parts), **at_once | {"inputs": [parts["result"], *pair, *level]}
    )
    for name in ("shared", "level"):
        parts[name].input(named(page.inspect, parts), **at_once)
        parts[name].input(
            named(page.reckon, parts), **at_once | {"inputs": [parts["result"], *level]}
        )
    told = [parts["result"], *level]
    parts["stage"].mark(named(page.mark, parts), **at_once | {"inputs": told})
    parts["truth"].upload(
        named(page.annotate, parts),
        **at_once | {"inputs": [parts["truth"], parts["result"], parts["moment"], *level]},
    )
    parts["shared"].input(named(page.switch, parts), **at_once | {"inputs": parts["shared"]})
    parts["redraw"].click(named(page.redraw, parts), [parts["result"], *level], **working)
    parts["prepare"].click(named(page.prepare, parts), parts["result"], **working)
