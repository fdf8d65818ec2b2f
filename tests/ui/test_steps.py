"""Handlers' updates by name, and what a page that misses a step still learns."""

import gradio as gr

from avsl.ui.steps import named


def test_every_step_brings_a_page_to_where_all_steps_so_far_would():
    with gr.Blocks():
        clip, words, note = gr.Video(), gr.HTML(), gr.HTML()

    def handler():
        yield {"clip": "bell.mp4", "note": gr.update(value="at work", visible=True)}
        yield {"words": "a bell"}
        yield {"words": gr.update(visible=False), "note": gr.update(visible=False)}
        yield {"words": gr.update(value=None), "note": "done"}

    steps = list(named(handler, {"clip": clip, "words": words, "note": note})())

    at_work = gr.update(value="at work", visible=True)
    assert steps == [
        {clip: "bell.mp4", note: at_work},
        {clip: "bell.mp4", note: at_work, words: "a bell"},
        {
            clip: "bell.mp4",
            note: gr.update(value="at work", visible=False),
            words: gr.update(value="a bell", visible=False),
        },
        {clip: "bell.mp4", note: "done", words: gr.update(value=None, visible=False)},
    ]
