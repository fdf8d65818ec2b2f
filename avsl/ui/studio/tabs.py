"""The three tabs as they stand on the page."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from avsl.ui.gallery import Gallery
from avsl.ui.jobs import Workspace
from avsl.ui.steps import Parts
from avsl.ui.studio import compare_tab, copy, listening_tab, marking, source, swapping
from avsl.ui.studio.compare_page import ComparePage
from avsl.ui.studio.listening_page import ListeningPage
from avsl.ui.studio.swapping import copy as swap_copy
from avsl.ui.studio.swapping import tab as swap_tab
from avsl.ui.studio.swapping.page import SwapPage
from avsl.ui.studio.views import marks_css

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Studio:
    """What was placed."""

    compare: gr.Tab
    comparing: Parts
    listening: gr.Tab
    hearing: Parts
    swap: gr.Tab
    swapping: Parts


def tabs(camera: gr.WebcamOptions) -> Studio:
    """Place them; :func:`wire` them when the public API has its names."""
    with gr.Tab(copy.TAB_COMPARE, id="compare", elem_id="compare-tab") as compare:
        comparing = compare_tab.place(camera)
    with gr.Tab(copy.TAB_LISTENING, id="listening", elem_id="listening-tab") as listening:
        hearing = listening_tab.place(camera)
    with gr.Tab(swap_copy.TAB_SWAP, id="swap", elem_id="swap-tab") as swap:
        swapped = swap_tab.place(camera)
    return Studio(compare, comparing, listening, hearing, swap, swapped)


def wire(studio: Studio, workspace: Workspace, gallery: Gallery, home: Parts) -> None:
    """``home``: the Localize tab, with which all share the clip."""
    compare = ComparePage(workspace, gallery)
    compare_tab.wire(studio.comparing, compare, studio.compare, home)
    listening = ListeningPage(workspace, gallery)
    listening_tab.wire(studio.hearing, listening, studio.listening, home)
    swap_tab.wire(studio.swapping, SwapPage(workspace, gallery), studio.swap, home)
    places = (studio.comparing, studio.hearing, studio.swapping)
    source.share(home["video"], [parts["clip"] for parts in places])


def style_sheet() -> str:
    """The tabs' looks."""
    return (HERE / "studio.css").read_text(encoding="utf-8") + marks_css() + "".join(
        part.style_sheet() for part in (marking, swapping)
    )
