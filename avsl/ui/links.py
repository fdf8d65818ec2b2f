"""Links that bring an example back: what may stand in one, and the box that shows it.

A link is opened by whoever is sent it, so it can ask for nothing but what the page offers: a
variant that is listed or allowed here, never another Hub id or a folder.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from avsl import variants
from avsl.errors import SettingError
from avsl.overlay import Look, Style
from avsl.ui import copy
from avsl.ui.choosing import allowed
from avsl.ui.gallery import Offer, offers
from avsl.ui.result import Result
from avsl.variants import State

KEYS = ("example", "variant", "look", "threshold", "opacity")
LEAST, MOST = 0.01, 0.99  # a threshold, as on its slider


@dataclass(frozen=True)
class Link:
    """What a link asks for, as far as it may be had."""

    example: Offer | None = None
    variant: str | None = None
    look: str | None = None
    threshold: float | None = None
    opacity: float | None = None
    complaints: tuple[str, ...] = ()  # on what was left out

    @property
    def style(self) -> Style:
        opacity = Style.opacity if self.opacity is None else self.opacity
        return Style(self.look or Look.HEAT, self.threshold, opacity)


def asked(request: gr.Request) -> Link | None:
    """What the address of the page asks for; None where it asks for nothing."""
    query = dict(getattr(request, "query_params", None) or {})
    return parsed(query) if any(key in query for key in KEYS) else None


def parsed(query: Mapping[str, str]) -> Link:
    """The values that the page offers; every other is left out and complained of."""
    readers: dict[str, Callable[[str], Any]] = {
        "example": _example, "variant": _variant, "look": _look,
        "threshold": lambda text: _number("threshold", text, LEAST, MOST),
        "opacity": lambda text: _number("opacity", text, 0.0, 1.0),
    }  # fmt: skip
    taken: dict[str, Any] = {}
    complaints = []
    for key, read in readers.items():
        if key in query:
            try:
                taken[key] = read(str(query[key]))
            except SettingError as error:
                complaints.append(str(error))
    link = Link(**taken, complaints=tuple(complaints))
    if link.threshold is None or link.example is not None:
        return link
    return replace(link, threshold=None, complaints=(*complaints, copy.LINK_THRESHOLD_ALONE))


def _example(text: str) -> Offer:
    known = {offer.name: offer for offer in offers()}
    return known[_one_of("example", text, [*known])]


def _variant(text: str) -> str:
    return _one_of("variant", text, [*_titles(), *(allowed() or [])])


def _look(text: str) -> str:
    return _one_of("look", text, [look.value for look in Look])


def _one_of(key: str, text: str, known: list[str]) -> str:
    if text not in known:
        raise SettingError(copy.link_unknown(key, text, known))
    return text


def _number(key: str, text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise SettingError(copy.link_out_of_range(key, text, least, most))
    return number


def _titles() -> dict[str, str]:
    return {card.name: card.title for card in variants.cards()}


def choices(name: str) -> list[tuple[str, str]]:
    """What the choice of variants offers, ``name`` among it."""
    listed = [(title, each) for each, title in _titles().items()]
    return listed if (name in _titles()) else [*listed, (name, name)]


def needs_download(name: str) -> bool:
    """Whether running it would first bring it to this machine, which a link must not do."""
    state = {card.name: card.state for card in variants.cards()}
    return state.get(name) is State.NEEDS_DOWNLOAD


def query_of(result: Result, example: Offer | None, style: Style) -> str:
    """The part of a link behind the question mark, "" where no link brings the result back."""
    made = result.localization.provenance
    is_listed = made.variant in _titles() and made.loaded_as in ("", made.variant)
    if example is None or not (is_listed or made.variant in (allowed() or [])):
        return ""
    threshold = style.threshold or result.localization.threshold
    values = (example.name, made.variant, style.look, f"{threshold:g}", f"{style.opacity:g}")
    return urlencode(dict(zip(KEYS, map(str, values), strict=True)))


# The box.


def box(query: str) -> str:
    """The link with a button that copies it; nothing without one. The page's script completes it
    with its own address, which the server need not know.
    """
    if not query:
        return ""
    return (
        f'<div class="avsl-link" data-query="{escape(query)}"><label>{escape(copy.LINK)}'
        f'<input type="text" readonly value="?{escape(query)}"></label>'
        f'<button type="button">{escape(copy.LINK_COPY)}</button>'
        f'<p class="avsl-hint" aria-live="polite">{escape(copy.LINK_HINT)}</p></div>'
    )


STYLE = """
.avsl-link { display: grid; grid-template-columns: 1fr auto; gap: .4rem .5rem; align-items: end; }
.avsl-link label { font-size: .85rem; min-width: 0; }
.avsl-link input {
  display: block; width: 100%; margin-top: .2rem; padding: .45rem .6rem; font: inherit;
  color: var(--body-text-color); background: var(--input-background-fill);
  border: 1px solid var(--input-border-color); border-radius: 8px; text-overflow: ellipsis;
}
.avsl-link button {
  padding: .45rem .9rem; font-size: .85rem; font-weight: 600; cursor: pointer; border-radius: 8px;
  color: var(--button-secondary-text-color); background: var(--button-secondary-background-fill);
  border: 1px solid var(--button-secondary-border-color);
}
.avsl-link p { grid-column: 1 / -1; margin: 0; }
"""
SCRIPT = (
    """
const part = (name) => element.querySelector('.avsl-link' + name);
const fill = () => {
  if (part('')) part(' input').value = new URL('?' + part('').dataset.query, location.href).href;
};
watch('value', fill);
fill();
element.addEventListener('click', async (event) => {
  const field = part(' input'), button = event.target.closest('.avsl-link button');
  if (event.target === field) field.select();
  if (!button) return;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {  // not given to pages at plain http
    field.select();
    document.execCommand('copy');
  }
"""
    f"  button.textContent = {json.dumps(copy.LINK_COPIED)};\n"
    f"  setTimeout(() => (button.textContent = {json.dumps(copy.LINK_COPY)}), 2000);\n"
    "});\n"
)
