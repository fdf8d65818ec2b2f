"""What every tab's handlers have in common: updates by component name, and how work ends."""

import functools
import inspect
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from avsl.errors import Cancelled
from avsl.ui import copy, views
from avsl.ui.handlers import sentence
from avsl.ui.jobs import Replaced

Parts = dict[str, Any]  # component name -> component
Updates = dict[str, Any]  # component name -> its new value, or gr.update(...)


def named(handler: Callable, parts: Parts) -> Callable:
    """``handler``'s updates by name as gradio wants them: by component.

    Each step of a generator repeats what the steps before it said. A browser that is slower than
    the steps loses them otherwise: gradio's client sends on only what changed between two steps
    and writes it into the earlier one, though the page may not have got to that one yet.
    """

    def by_component(updates: Updates) -> dict:
        return {parts[name]: value for name, value in updates.items()}

    @functools.wraps(handler)
    def once(*arguments):
        return by_component(handler(*arguments))

    @functools.wraps(handler)
    def stepwise(*arguments):
        said: dict = {}
        for updates in handler(*arguments):
            for component, value in by_component(updates).items():
                said[component] = _both(said[component], value) if component in said else value
            yield dict(said)

    return stepwise if inspect.isgeneratorfunction(handler) else once


def _both(earlier: Any, later: Any) -> Any:
    """What brings a component to where ``earlier`` and then ``later`` bring it."""
    if not _is_update(later):
        return later
    return {**(earlier if _is_update(earlier) else gr.update(value=earlier)), **later}


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"


def guarded(
    work: Callable[[], Iterator[Updates]], unfinished: Callable[[], Updates]
) -> Iterator[Updates]:
    """Pass on what ``work`` yields; its end by an error becomes a sentence that stays in the
    component ``status``. ``unfinished`` gives what else the page shows after such an end.
    """
    try:
        yield from work()
    except Replaced:
        return
    except Cancelled as error:
        message = views.message(copy.STOPPED_TITLE, str(error))
        yield unfinished() | {"status": shown(message)}
    except Exception as error:
        text = sentence(error)
        gr.Warning(escape(copy.brief(text), quote=False), title=copy.PROBLEM_TITLE)
        yield unfinished() | {"status": shown(views.message(copy.PROBLEM_TITLE, text, "problem"))}


def shown(value: Any, visible: bool = True) -> dict:
    return gr.update(value=value, visible=visible)


def path_of(payload: dict | None) -> Path | None:
    """Where gradio put an uploaded file (it has checked that it lies in its upload folder)."""
    return Path(payload["path"]) if payload and payload.get("path") else None
