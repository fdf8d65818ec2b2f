"""The timeline on the page: a piece of HTML with its script."""

from pathlib import Path

import gradio as gr

from avsl.ui.timeline.drawing import verdict_colours

HERE = Path(__file__).parent


def place(elem_id: str) -> gr.HTML:
    """An empty timeline; :func:`avsl.ui.timeline.timeline` makes its values.

    Its event ``moved`` brings ``time_s``, to where a visitor moved the playhead of a video that
    does not play.
    """
    script = (HERE / "timeline.js").read_text(encoding="utf-8")
    return gr.HTML(elem_id=elem_id, js_on_load=script, apply_default_css=False)


def style_sheet() -> str:
    """The looks of all timelines."""
    return (HERE / "timeline.css").read_text(encoding="utf-8") + verdict_colours()
