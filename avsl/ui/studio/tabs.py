"""The two tabs as they stand on the page."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from avsl.ui.gallery import Gallery
from avsl.ui.jobs import Workspace
from avsl.ui.steps import Parts
from avsl.ui.studio import compare_tab, copy, listening_tab, marking, source
from avsl.ui.studio.compare_page import ComparePage
from avsl.ui.studio.listening_page import ListeningPage
from avsl.ui.studio.views import marks_css

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Studio:
    """What was placed."""

    compare: gr.Tab
    comparing: Parts
    listening: gr.Tab
    hearing: Parts


def tabs(camera: gr.WebcamOptions) -> Studio:
    """Place both; :func:`wire` them when the public API has its names."""
    with gr.Tab(copy.TAB_COMPARE, id="compare", elem_id="compare-tab") as compare:
        comparing = compare_tab.place(camera)
    with gr.Tab(copy.TAB_LISTENING, id="listening", elem_id="listening-tab") as listening:
        hearing = listening_tab.place(camera)
    return Studio(compare, comparing, listening, hearing)


def wire(studio: Studio, workspace: Workspace, gallery: Gallery, home: Parts) -> None:
    """``home``: the Localize tab, with which both share the clip."""
    compare = ComparePage(workspace, gallery)
    compare_tab.wire(studio.comparing, compare, studio.compare, home)
    listening = ListeningPage(workspace, gallery)
    listening_tab.wire(studio.hearing, listening, studio.listening, home)
    source.share(home["video"], [studio.comparing["clip"], studio.hearing["clip"]])


def style_sheet() -> str:
    """The tabs' looks."""
    return (HERE / "studio.css").read_text() + marks_css() + marking.style_sheet()
