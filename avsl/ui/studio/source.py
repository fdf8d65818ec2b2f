"""The clip of a Studio tab: one for the whole app, the examples below it."""

import functools

import gradio as gr

from avsl.ui import copy as words
from avsl.ui.desk import Desk
from avsl.ui.gallery import offers
from avsl.ui.steps import Parts, named
from avsl.ui.studio import copy
from avsl.ui.views import hint

SAME = "(clip) => clip"
QUIET = {"api_visibility": "private", "show_progress": "hidden"}


def place(prefix: str, camera: gr.WebcamOptions) -> Parts:
    """The input and its hint; ``prefix`` begins the ids."""
    clip = gr.Video(
        label=copy.CLIP, sources=["upload", "webcam"], include_audio=True,
        webcam_options=camera, elem_id=f"{prefix}-clip", elem_classes="avsl-clip",
    )  # fmt: skip
    gr.HTML(hint(copy.CLIP_HINT))
    return {"clip": clip}


def examples(prefix: str) -> Parts:
    """A button for each; they get their pictures when the tab is opened."""
    gr.HTML(hint(words.EXAMPLES))
    with gr.Row(elem_classes="avsl-examples"):
        return {
            f"example-{offer.name}": gr.Button(
                offer.title, size="sm", min_width=110, elem_id=f"{prefix}-example-{offer.name}"
            )
            for offer in offers()
        }


def wire(parts: Parts, desk: Desk, opened: gr.Tab, run: dict, main: gr.Video) -> None:
    """Examples to the clip and on to ``run``, their pictures when the tab is opened; ``main`` is
    the clip of Localize, which gets what a visitor puts in here.
    """
    clip = parts["clip"]
    hand_on = {"fn": None, "inputs": clip, "outputs": main, "js": SAME, **QUIET}
    gr.on([clip.upload, clip.stop_recording, clip.clear], **hand_on)
    for offer in offers():
        chosen = parts[f"example-{offer.name}"].click(
            functools.partial(desk.example_clip, offer), None, clip, **QUIET
        )
        chosen.success(**hand_on)
        chosen.success(**run)
    buttons = [parts[f"example-{offer.name}"] for offer in offers()]
    opened.select(named(desk.posters, parts), None, buttons, **QUIET)
    parts["stop"].click(desk.stop, None, None, queue=False, **QUIET)


def share(main: gr.Video, clips: list[gr.Video]) -> None:
    """Whatever ``main`` comes to hold is in ``clips`` too; the browser does it by itself."""
    same_in_all = f"(clip) => Array({len(clips)}).fill(clip)"
    main.change(None, main, clips, js=same_in_all, **QUIET)
