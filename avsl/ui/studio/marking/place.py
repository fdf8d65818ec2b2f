"""Where the marking stands in a tab, and the table under it."""

from collections.abc import Sequence

import gradio as gr

from avsl.compare import Rightness
from avsl.ui.steps import Parts
from avsl.ui.studio import views
from avsl.ui.studio.marking import copy
from avsl.ui.studio.marking.stage import SCRIPT
from avsl.ui.views import hint


def place() -> Parts:
    parts: Parts = {}
    with gr.Accordion(copy.TITLE, open=False, elem_id="compare-marking"):
        gr.HTML(hint(copy.INTRO))
        parts["stage"] = gr.HTML(
            js_on_load=SCRIPT, apply_default_css=False, elem_id="compare-stage"
        )
        parts["marked"] = gr.HTML(elem_id="compare-marked", apply_default_css=False)
        parts["truth"] = gr.File(
            label=copy.FILE, file_types=["image", ".json"], elem_id="compare-truth-file", height=110
        )
        gr.HTML(hint(copy.FILE_HINT))
        parts["taken"] = gr.HTML(elem_id="compare-taken")
    return parts


def table(told: Sequence[Rightness], moments: int) -> str:
    """Every variant against what was marked at so many moments."""
    return views.rightness(told, copy.TABLE, copy.table_hint(moments), copy.UNMARKED)
