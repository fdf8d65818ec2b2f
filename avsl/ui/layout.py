"""The page: what stands where, and which handler each button calls."""

import functools
from typing import Any

import gradio as gr

from avsl import variants
from avsl.media import isolate
from avsl.overlay import Look, Style
from avsl.settings import LIMITS
from avsl.ui import benchmark, choosing, copy, links, live, studio, timeline, views
from avsl.ui.gallery import offers
from avsl.ui.handlers import LOOKS, Api
from avsl.ui.jobs import KEEP_S, Workspace
from avsl.ui.page import PICTURE, PLAYER, VIDEO, Page
from avsl.ui.steps import Parts, named
from avsl.ui.theme import CSS, GENTLER_TOASTS, HEAD, theme
from avsl.ui.trust import app as trust
from avsl.ui.trust.blocks import Blocks

CACHE_SWEEP_S = 600  # gradio's own copies of uploads: looked at this often, deleted after KEEP_S
MOST_QUEUED = 64
MOST_SESSIONS = 300  # remembered by gradio, half a megabyte each; the one unused longest goes first
MOST_TYPED = 300  # characters of a Hub id or folder
CAMERA = gr.WebcamOptions(
    mirror=False,  # the preview shows what the file holds: left stays left
    constraints={
        "video": {"width": {"ideal": 1280}, "height": {"ideal": 720}},
        # what makes calls pleasant removes the very sounds that are looked for
        "audio": {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False},
    },
)


def build(workspace: Workspace, house: live.House) -> gr.Blocks:
    """The whole app over ``workspace``; live visitors come into ``house``.

    Launch it with :func:`launch_options` of the same house. From now on this process leaves every
    file to be decoded to children of its own, see :func:`avsl.media.isolate`.
    """
    isolate()
    page, api = Page(workspace), Api(workspace)
    with Blocks(
        title=copy.TITLE, analytics_enabled=False, delete_cache=(CACHE_SWEEP_S, int(KEEP_S))
    ) as demo:
        gr.HTML(views.head())
        with gr.Tabs() as tabs:
            with gr.Tab(copy.TAB_LOCALIZE, id="localize"):
                parts = _localize_tab()
            on_air = live.tab(house)
            bench = studio.tabs(CAMERA)
            benchmark.tab()
        _endpoints(api)  # before the page's own events, which would take their names
        studio.endpoints(workspace, page.gallery)
        _wire(parts, page)
        studio.wire(bench, workspace, page.gallery, parts)
        _wire_live(on_air, tabs, parts)
        demo.unload(page.leave)
    demo.queue(max_size=MOST_QUEUED, default_concurrency_limit=None)  # jobs.Line does the waiting
    return demo


def launch_options(house: live.House, workspace: Workspace | None = None) -> dict[str, Any]:
    """How the app is launched everywhere: its own looks, nothing shared, nothing recorded.

    With the ``workspace`` it also tells how it is doing, and bounds what comes in.
    """
    kept = trust.app_parts(workspace, house) if workspace else {}
    routes = [live.route(house), *kept.pop("routes", [])]
    return {
        "theme": theme(),
        "css": "".join(_style_sheets()),
        "head": HEAD,
        "state_session_capacity": MOST_SESSIONS,
        "max_file_size": LIMITS.max_file_bytes,
        "footer_links": ["api"],
        "mcp_server": True,
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "pwa": False,
        "js": GENTLER_TOASTS,
        "app_kwargs": {"routes": routes, **kept},
        "ssr_mode": False,  # the Node server before the app lets no WebSocket through
    }


def _style_sheets() -> tuple[str, ...]:
    sheets = (live.style_sheet(), studio.style_sheet(), timeline.style_sheet())
    return (CSS, links.STYLE, *sheets)


def _localize_tab() -> Parts:
    parts: Parts = {"result": gr.State(None), "mode": gr.State(VIDEO)}
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            parts |= _inputs()
            parts |= _variant()
        with gr.Column(scale=7, min_width=320):
            parts["link_note"] = gr.HTML(visible=False, elem_id="link-note")
            parts["status"] = gr.HTML(visible=False, elem_id="status", elem_classes="avsl-status")
            parts["empty"] = gr.HTML(views.message(copy.EMPTY_TITLE, copy.EMPTY), elem_id="empty")
            with gr.Column(visible=False) as parts["outcome"]:
                parts |= _outcome()
            parts |= _examples()
    with gr.Column(visible=False) as parts["inspection"]:
        parts |= _inspection()
    with gr.Column(visible=False) as parts["about"]:
        parts["notes"] = gr.HTML(elem_id="notes")
        parts["provenance"] = gr.HTML(elem_id="provenance")
    return parts


def _inputs() -> Parts:
    parts: Parts = {}
    with gr.Tabs() as parts["kinds"]:
        with gr.Tab(copy.TAB_VIDEO, id=VIDEO) as parts["video_tab"]:
            parts["video"] = gr.Video(
                label=copy.VIDEO, sources=["upload", "webcam"], include_audio=True,
                webcam_options=CAMERA, elem_id="video",
            )  # fmt: skip
            gr.HTML(views.hint(copy.limits(LIMITS) + " " + copy.MIRROR))
            with gr.Accordion(copy.OTHER_SOUND, open=False):
                gr.HTML(views.hint(copy.OTHER_SOUND_HINT))
                parts["other_sound"] = _sound("other-sound")
        with gr.Tab(copy.TAB_PICTURE, id=PICTURE) as parts["picture_tab"]:
            parts["picture"] = gr.Image(
                label=copy.PICTURE, type="filepath", sources=["upload", "clipboard"],
                image_mode=None, elem_id="picture",
            )  # fmt: skip
            parts["sound"] = _sound("sound")
    return parts


def _sound(elem_id: str) -> gr.Audio:
    return gr.Audio(
        label=copy.SOUND, type="filepath", sources=["upload", "microphone"], elem_id=elem_id
    )


def _examples() -> Parts:
    gr.HTML(views.hint(copy.EXAMPLES))
    with gr.Row(elem_classes="avsl-examples"):
        return {
            f"example-{offer.name}": gr.Button(
                offer.title, size="sm", min_width=140, elem_id=f"example-{offer.name}"
            )
            for offer in offers()
        }


def _variant() -> Parts:
    cards = variants.cards()
    first = choosing.for_own_clips(cards)
    parts: Parts = {"own": gr.State(first.name), "others": gr.State([])}
    with gr.Group():
        parts["variant"] = gr.Radio(
            [(card.title, card.name) for card in cards],
            value=first.name,
            label=copy.VARIANT,
            elem_id="variant",
        )
        parts["card"] = gr.HTML(views.card(first), elem_id="variant-card")
    with gr.Accordion(copy.OTHER_VARIANT, open=False, elem_id="other-variant"):
        parts |= _other_variant()
    with gr.Row():
        parts["run"] = gr.Button(copy.RUN, variant="primary", size="lg", elem_id="run", scale=3)
        parts["stop"] = gr.Button(
            copy.CANCEL, variant="stop", size="lg", elem_id="stop", visible=False, scale=1
        )
    return parts


def _other_variant() -> Parts:
    allowed = choosing.allowed()
    gr.HTML(views.hint(copy.OTHER_HINT if allowed is None else copy.allowed_only(allowed)))
    with gr.Row(visible=allowed is None or bool(allowed), elem_classes="avsl-other"):
        return {
            "other_name": gr.Textbox(
                placeholder=copy.OTHER_NAME_EXAMPLE, label=copy.OTHER_NAME, max_lines=1,
                max_length=MOST_TYPED, scale=3, elem_id="other-name",
            ),
            "load": gr.Button(copy.LOAD, size="md", scale=1, min_width=90, elem_id="load"),
        }  # fmt: skip


def _outcome() -> Parts:
    return {
        "verdict": gr.HTML(elem_id="verdict"),
        "video_out": gr.Video(
            label=copy.RESULT_VIDEO, show_label=False, interactive=False, autoplay=False,
            elem_id=PLAYER,
        ),
        "timeline": timeline.place("timeline"),
    }  # fmt: skip


def _inspection() -> Parts:
    parts: Parts = {}
    gr.HTML(views.heading(copy.INSPECT))
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320):
            parts["picture_out"] = gr.HTML(elem_id="moment-picture")
            parts["moment"] = gr.Slider(
                0, 1, 0, step=0.1, label=copy.MOMENT, elem_id="moment", buttons=[]
            )
        with gr.Column(scale=5, min_width=320):
            parts["words"] = gr.HTML(elem_id="moment-words")
            parts |= _drawing()
            parts |= _taking_home()
    return parts


def _drawing() -> Parts:
    with gr.Group():
        return {
            "look": gr.Radio(
                list(LOOKS), value=Look.HEAT.value, label=copy.STYLE, elem_id="look"
            ),
            "threshold": gr.Slider(
                0.01, 0.99, 0.5, step=0.01, label=copy.THRESHOLD, info=copy.THRESHOLD_HINT,
                elem_id="threshold", buttons=[],
            ),
            "opacity": gr.Slider(
                0, 1, Style.opacity, step=0.05, label=copy.OPACITY, elem_id="opacity", buttons=[]
            ),
            "guesses": gr.Checkbox(
                False, label=copy.GUESSES, info=copy.GUESSES_HINT, elem_id="guesses"
            ),
        }  # fmt: skip


def _taking_home() -> Parts:
    parts: Parts = {}
    gr.HTML(views.hint(copy.REDRAW_HINT))
    parts["redraw"] = gr.Button(copy.REDRAW, elem_id="redraw")
    gr.HTML(views.hint(copy.TAKE_HOME_HINT))
    parts["bundle"] = gr.Button(copy.BUNDLE, elem_id="bundle")
    parts["files"] = gr.File(
        label=copy.FILES, file_count="multiple", interactive=False, visible=False, elem_id="files"
    )
    parts["link"] = gr.HTML(elem_id="link", js_on_load=links.SCRIPT, apply_default_css=False)
    return parts


def _wire(parts: Parts, page: Page) -> None:
    """Every button to its handler; none of these events is part of the public API."""
    names = {  # what handlers call the components of which one is an input and one not
        **parts, "clip": parts["video"], "video": parts["video_out"],
        "picture": parts["picture_out"],
    }  # fmt: skip
    outputs = list({id(part): part for part in names.values()}.values())
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    working = {
        "outputs": outputs, "api_visibility": "private", "show_progress_on": parts["status"],
    }  # fmt: skip

    run = {
        "fn": named(page.run, names),
        "inputs": [
            parts[name]
            for name in (
                "mode", "video", "other_sound", "picture", "sound", "variant", "look", "opacity",
                "guesses",
            )
        ],
        "preprocess": False,
        **working,
    }  # fmt: skip
    state = {
        "fn": page.card, "inputs": parts["variant"], "outputs": parts["card"], "queue": False,
        "preprocess": False, **quiet,
    }  # fmt: skip
    parts["run"].click(**run).then(**state)  # a run may have made its variant ready
    for offer in offers():
        chosen = parts[f"example-{offer.name}"].click(
            functools.partial(page.example, offer),
            parts["own"],
            [parts["video"], parts["variant"]],
            **quiet,
        )
        open_tab = chosen.success(lambda: VIDEO, None, parts["mode"], queue=False, **quiet)
        open_tab.success(**run).then(**state)
    buttons = [parts[f"example-{offer.name}"] for offer in offers()]
    gr.on(None, named(page.posters, names), None, buttons, **quiet)  # None: when the page loads
    gr.on(None, named(page.arrive, names), parts["own"], **working)
    parts["stop"].click(page.stop, None, None, queue=False, **quiet)

    for mode in (VIDEO, PICTURE):
        parts[f"{mode}_tab"].select(
            functools.partial(str, mode), None, parts["mode"], queue=False, **quiet
        )
    parts["variant"].change(**state)
    _wire_choosing(parts, page, names, working, quiet)

    drawing = [parts[name] for name in ("look", "threshold", "opacity", "guesses")]
    look = {
        "fn": named(page.inspect, names),
        "inputs": [parts["result"], parts["moment"], *drawing],
        "outputs": [parts["picture_out"], parts["words"], parts["link"]],
        "queue": False,
        "trigger_mode": "always_last",
        **quiet,
    }
    for name in ("moment", "look", "threshold", "opacity", "guesses"):
        parts[name].input(**look)
    moved = {"fn": named(page.move, names), "inputs": [parts["result"], *drawing]}
    parts["timeline"].moved(**look | moved | {"outputs": [parts["moment"], *look["outputs"]]})
    parts["redraw"].click(named(page.redraw, names), [parts["result"], *drawing], **working)
    parts["bundle"].click(named(page.prepare, names), parts["result"], **working)


def _wire_choosing(parts: Parts, page: Page, names: Parts, working: dict, quiet: dict) -> None:
    """What a visitor chose is kept: an example may bring a variant of its own, the next clip that
    is uploaded goes back to theirs.
    """
    keep = {"inputs": parts["variant"], "outputs": parts["own"], "queue": False, **quiet}
    parts["variant"].input(str, preprocess=False, **keep)
    back = {"inputs": parts["own"], "outputs": parts["variant"], "queue": False, **quiet}
    new_clip = (parts["video"].upload, parts["video"].stop_recording, parts["picture"].upload)
    gr.on(new_clip, str, **back)
    load = {
        "fn": named(page.load, names),
        "inputs": [parts["other_name"], parts["others"]],
        **working,
    }
    gr.on((parts["load"].click, parts["other_name"].submit), **load)


def _wire_live(on_air: gr.HTML, tabs: gr.Tabs, parts: Parts) -> None:
    """What was kept of the live picture becomes the video of the Localize tab."""

    def hand_over(event: gr.EventData) -> tuple:
        clip = live.kept(event.recordings)
        return clip, VIDEO, gr.Tabs(selected=VIDEO), gr.Tabs(selected="localize")

    outputs = [parts["video"], parts["mode"], parts["kinds"], tabs]
    on_air.keep(hand_over, None, outputs, api_visibility="private", show_progress="hidden")


def _endpoints(api: Api) -> None:
    """The public API, over components that no page shows: their types check what comes in."""
    with gr.Row(visible=False):
        clip = gr.Video(label="clip", include_audio=True)
        sound = gr.Audio(label="sound", type="filepath")
        variant = gr.Textbox("sync", label="variant")
        style = gr.Dropdown(list(LOOKS), value=LOOKS[0], label="style")
        threshold = gr.Number(None, label="threshold")
        opacity = gr.Number(Style.opacity, label="opacity")
        rate = gr.Number(None, label="maps_per_second")
        result, time_s = gr.Textbox(label="result"), gr.Number(0, label="time_s")
        file, picture = gr.File(label="file"), gr.Image(label="picture", type="filepath")
        words, facts = gr.Textbox(label="summary"), gr.JSON(label="facts")
        knock = gr.Button()
    drawing = [style, threshold, opacity]
    for fn, inputs, outputs in (
        (api.localize, [clip, sound, variant, *drawing, rate], [file, words, facts]),
        (api.inspect, [result, time_s, *drawing], [picture, facts]),
        (api.redraw, [result, *drawing], file),
        (api.bundle, [result], file),
        (api.variants, None, facts),
    ):
        knock.click(fn, inputs, outputs, api_name=fn.__name__)
