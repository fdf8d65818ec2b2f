"""The Benchmark tab: what stands where, and what each choice shows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from avsl.benchmark import Results
from avsl.errors import AvslError
from avsl.ui import copy
from avsl.ui.benchmark import charts, views
from avsl.ui.benchmark.figures import (
    ALL,
    Choice,
    chosen,
    columns,
    figures,
    leading,
    metrics,
    protocols,
    sets,
)
from avsl.ui.benchmark.source import Source, brought, shipped
from avsl.ui.theme import BENCHMARK_SCRIPT, SHOW_CASES
from avsl.ui.views import heading, hint, message

RESULTS = Path(__file__).parent / "results"
CHOICES = ("set", "protocol", "metric")
DRAWN = ("shown", "about", "table", "plots", "cases", "costs", "made")
Updates = dict[str, Any]  # component name -> its new value, or gr.update(...)


class Benchmark:
    """The tab's behaviour over the results in ``folder``; ``None`` as source means these."""

    def __init__(self, folder: Path = RESULTS) -> None:
        self.folder = folder

    def arrive(self, *wish: Any) -> Updates:
        """As :meth:`show`, and the links that carry the shipped results."""
        own = shipped(self.folder)
        return {**self.show(*wish), "downloads": views.downloads(own) if own else ""}

    def show(
        self, source: Source | None, set_: str | None, protocol: str | None, metric: str | None
    ) -> Updates:
        """Everything for a choice, or for what comes closest to it."""
        here = source or shipped(self.folder)
        if here is None or not here.results.rows:
            return _nothing()
        results, choice = here.results, chosen(here.results, set_, protocol, metric)
        found = columns(results, choice)
        first = leading(found, choice)
        return {
            **_choices(results, choice, Choice(set_, protocol, metric)),
            "shown": views.shown(here),
            "about": views.about(results, choice),
            "table": views.table(found, choice),
            "plots": charts.plots(results, found, choice),
            "cases": _cases(here, choice, first.set, first.ordered(first.figures)[0]),
            "costs": views.costs(results),
            "made": views.made(results),
            "close": gr.update(visible=source is not None),
        }

    def cases(
        self,
        source: Source | None,
        set_: str | None,
        protocol: str | None,
        metric: str | None,
        event: gr.EventData,
    ) -> Updates:
        """The cases of the figure that was pressed."""
        here = source or shipped(self.folder)
        asked = getattr(event, "_data", None) or {}
        where, variant = asked.get("set"), asked.get("variant")
        if here is None or not (isinstance(where, str) and isinstance(variant, str)):
            return {}
        choice = chosen(here.results, set_, protocol, metric)
        return {"cases": _cases(here, choice, where, variant)}

    def open(self, file: dict | None) -> Updates:
        """Show somebody's results instead; a file that is none leaves all as it was."""
        try:
            source = brought(Path(file["path"])) if file else None
        except AvslError as error:
            text = message(copy.RESULTS_PROBLEM_TITLE, str(error), "problem")
            return {"problem": gr.update(value=text, visible=True)}
        return {"source": source, **_no_problem(), **self.show(source, None, None, None)}

    def close(self) -> Updates:
        """Back to the shipped results."""
        return {"source": None, **_no_problem(), **self.show(None, None, None, None)}


def _cases(source: Source, choice: Choice, set_: str, variant: str) -> str:
    asked = [
        each
        for each in figures(source.results)
        if (each.set, each.variant, each.protocol) == (set_, variant, choice.protocol)
        and (choice.set != ALL or each.name == choice.metric)
    ]
    return views.cases(source, set_, variant, asked)


def _choices(results: Results, choice: Choice, asked: Choice) -> Updates:
    """What can be chosen now; a value only where the asked one is none of these.

    So a late answer never takes back what the user has chosen since.
    """
    names = [(name, name) for name in sets(results)]
    offered = {
        "set": [*names, (copy.ALL_SETS, ALL)],
        "protocol": protocols(results, choice.set),
        "metric": metrics(results, choice.set, choice.protocol),
    }
    updates = {}
    for name, choices in offered.items():
        value = getattr(choice, name)
        changed = {} if value == getattr(asked, name) else {"value": value}
        updates[name] = gr.update(choices=choices, interactive=True, **changed)
    return updates


def _nothing() -> Updates:
    empty = {name: gr.update(choices=[], value=None, interactive=False) for name in CHOICES}
    return {**empty, **dict.fromkeys(DRAWN, ""), "shown": views.empty()}


def _no_problem() -> Updates:
    return {"problem": gr.update(value="", visible=False)}


def tab(folder: Path = RESULTS) -> None:
    """Place the tab and wire it; nothing is drawn before it is opened for the first time."""
    page = Benchmark(folder)
    with gr.Tab(copy.TAB_BENCHMARK, id="benchmark", elem_id="benchmark") as opened:
        parts = _place()
    _wire(parts, page, opened)


def _place() -> dict[str, Any]:
    parts: dict[str, Any] = {"source": gr.State(None)}
    gr.HTML(heading(copy.BENCHMARK) + hint(copy.BENCHMARK_INTRO))
    with gr.Row(equal_height=True, elem_classes="avsl-choices"):
        for name, label in zip(CHOICES, (copy.SET, copy.PROTOCOL, copy.METRIC), strict=True):
            parts[name] = gr.Dropdown([], label=label, elem_id=f"benchmark-{name}", min_width=180)
    with gr.Row(elem_classes="avsl-sources"):
        parts["shown"] = _html("shown")
        parts["close"] = gr.Button(
            copy.CLOSE_RESULTS,
            size="sm",
            visible=False,
            scale=0,
            min_width=210,
            elem_id="benchmark-close",
        )
        parts["upload"] = gr.UploadButton(
            copy.OPEN_RESULTS, file_types=[".json"], size="sm", scale=0, elem_id="benchmark-open"
        )
    parts["problem"] = gr.HTML(visible=False, elem_id="benchmark-problem")
    for name in (*DRAWN[1:], "downloads"):
        parts[name] = _html(name)
    return parts


def _html(name: str) -> gr.HTML:
    return gr.HTML(
        elem_id=f"benchmark-{name}", js_on_load=BENCHMARK_SCRIPT, apply_default_css=False
    )


def _wire(parts: dict[str, Any], page: Benchmark, opened: gr.Tab) -> None:
    outputs = [part for name, part in parts.items() if name != "upload"]
    quiet = {"api_visibility": "private", "show_progress": "hidden", "preprocess": False}
    wish = [parts["source"], *(parts[name] for name in CHOICES)]

    def by_component(handler: Callable) -> Callable:
        def answer(*arguments):
            return {parts[name]: value for name, value in handler(*arguments).items()}

        return answer

    def pressed(source, set_, protocol, metric, event: gr.EventData):
        return page.cases(source, set_, protocol, metric, event).get("cases", gr.skip())

    show = {"fn": by_component(page.show), "inputs": wish, "outputs": outputs, **quiet}
    opened.select(**show | {"fn": by_component(page.arrive)})
    for name in CHOICES:
        parts[name].input(**show, trigger_mode="always_last")
    for name in ("table", "plots"):
        parts[name].click(pressed, wish, parts["cases"], **quiet).then(
            None, None, None, js=SHOW_CASES, **quiet
        )
    parts["upload"].upload(by_component(page.open), parts["upload"], outputs, **quiet)
    parts["close"].click(by_component(page.close), None, outputs, **quiet)
