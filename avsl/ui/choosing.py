"""Which variant is taken: at first, for an example, and what a visitor may ask for."""

import os
from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from avsl import variants
from avsl.errors import VariantError
from avsl.ui import copy
from avsl.ui.gallery import Offer
from avsl.variants import State, VariantCard
from avsl.variants.fused_card import SUFFIX

BEST_ON_REAL_CLIPS = ("acl+sync", "acl", "sync")
HOSTED = "SPACE_ID"  # Hugging Face sets it for a Space
ALLOWED = "AVSL_ALLOWED_VARIANTS"  # Hub ids with commas between: all that may be loaded there
THIS_MACHINE = ("127.0.0.1", "::1")


def for_own_clips(cards: Sequence[VariantCard]) -> VariantCard:
    """The one that is best on clips from a camera, of those that are ready."""
    ready = {card.name: card for card in cards if card.state is State.READY}
    return next((ready[name] for name in BEST_ON_REAL_CLIPS if name in ready), cards[0])


def for_example(offer: Offer, own: str) -> str:
    """The variant that suits an example where it ships, else the visitor's ``own``."""
    return offer.suits if offer.suits in _listed() else own


def admitted(wanted: str, request: gr.Request | None) -> str:
    """The name of a variant that this visitor may have; raises :class:`VariantError` otherwise.

    Those listed are for everyone. On a page that is open to the public (``SPACE_ID`` or
    ``AVSL_ALLOWED_VARIANTS`` is set) others are only the Hub ids allowed there, to the letter: on
    the Hub strangers can add revisions to a repository. Elsewhere any Hub id will do, and a folder
    to who sits at this machine.
    """
    name, listed = wanted.strip() if isinstance(wanted, str) else "", _listed()
    if name in listed:
        return name
    if not name:
        raise VariantError(copy.NO_NAME)
    is_id, ids = variants.is_hub_id(name), allowed()
    if ids is not None:
        if not is_id or name not in ids or _is_folder(name):
            raise VariantError(copy.not_allowed(name, [*listed, *ids]))
        return name
    if not _is_here(request) and (not is_id or _is_folder(name)):
        raise VariantError(copy.no_such_variant(name, listed))
    return name


def allowed() -> list[str] | None:
    """The Hub ids that may be loaded besides those listed; None on a page that is not public."""
    if HOSTED not in os.environ and ALLOWED not in os.environ:
        return None
    told = os.environ.get(ALLOWED, "").split(",")
    return [name.strip() for name in told if name.strip()]


def _listed() -> list[str]:
    return [card.name for card in variants.cards()]


def _is_folder(name: str) -> bool:
    """Whether a folder would be loaded, with synchrony or without."""
    try:
        return Path(name).is_dir() or Path(name.removesuffix(SUFFIX)).is_dir()
    except (OSError, ValueError):  # too long, or with a null
        return False


def _is_here(request: gr.Request | None) -> bool:
    """Whether the visitor's browser runs on the machine of the page."""
    client = getattr(request, "client", None)
    return getattr(client, "host", None) in THIS_MACHINE
