"""What stands in every Studio tab alike; ``prefix`` begins the ids."""

import gradio as gr

from avsl.ui import copy as words
from avsl.ui.steps import Parts
from avsl.ui.studio import copy
from avsl.ui.views import hint, message


def run_and_stop(prefix: str, run: str) -> Parts:
    """The button called ``run``, and the one that is there while a job runs."""
    with gr.Row():
        return {
            "run": gr.Button(
                run, variant="primary", size="lg", elem_id=f"{prefix}-run", scale=3
            ),
            "stop": gr.Button(
                words.CANCEL, variant="stop", size="lg", elem_id=f"{prefix}-stop", visible=False,
                scale=1,
            ),
        }  # fmt: skip


def state(prefix: str, title: str, empty: str) -> Parts:
    """What the tab says of its job, and what it says while there is no result."""
    return {
        "status": gr.HTML(
            visible=False, elem_id=f"{prefix}-status", elem_classes="avsl-status"
        ),
        "empty": gr.HTML(message(title, empty), elem_id=f"{prefix}-empty"),
    }  # fmt: skip


def to_take_home(prefix: str, what: str) -> Parts:
    """The files, and the notes on what was done to get there."""
    gr.HTML(hint(what))
    return {
        "prepare": gr.Button(copy.PREPARE, elem_id=f"{prefix}-prepare"),
        "files": gr.File(
            label=words.FILES, file_count="multiple", interactive=False, visible=False,
            elem_id=f"{prefix}-files",
        ),
        "notes": gr.HTML(elem_id=f"{prefix}-notes"),
    }  # fmt: skip
