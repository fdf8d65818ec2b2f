"""Variants as folders, seen without loading a network: what their cards say, and which ship.

A folder has ``card.json`` and ``model.safetensors``; :mod:`avsl.checkpoint` writes and loads it.
"""

import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from avsl.errors import VariantError
from avsl.variants.acl_card import ACL_CARD
from avsl.variants.base import CARD_FILE, WEIGHTS_FILE, State, VariantCard
from avsl.variants.two_stream_card import TWO_STREAM_CARD

FORMAT = "avsl.card/1"
SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"  # beside the package, if at all
FAMILIES = {"acl": ACL_CARD, "two-stream": TWO_STREAM_CARD}  # what a card leaves out is as here
IMAGE_PX, WINDOW_S = (16, 2048), (0.1, 60.0)  # what a folder may ask for

log = logging.getLogger(__name__)
_told: set[str] = set()  # what was logged once is not logged at every look


@dataclass(frozen=True)
class Kept:
    """What ``card.json`` of a folder holds."""

    family: str  # of FAMILIES
    card: VariantCard
    inputs: dict[str, Any]  # all else: the network's sizes, image_px, window_s, ...


def read(folder: Path) -> Kept:
    """The card of ``folder``; raises :class:`VariantError` with what is wrong with it."""
    path = folder / CARD_FILE
    told = json_object(path)
    if told.get("format") != FORMAT:
        raise VariantError(f"{path} is not a card of this version ({FORMAT}).")
    family = told.get("family", "acl")
    if family not in FAMILIES:
        raise VariantError(
            f"{path} is of a family this version does not know ({family}); it knows "
            f"{', '.join(FAMILIES)}. A newer avsl may load it."
        )
    _check_number(path, told, "image_px", IMAGE_PX)
    _check_number(path, told, "window_s", WINDOW_S)
    return Kept(family, _card(path, told.get("card"), FAMILIES[family]), told)


def json_object(path: Path) -> dict:
    """What a JSON file holds; :class:`VariantError` where there is none or it is no object."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VariantError(f"There is no {path.name} in {path.parent}.") from error
    except ValueError as error:
        raise VariantError(f"{path} is not JSON.") from error
    if not isinstance(told, dict):
        raise VariantError(f"{path} is not a JSON object.")
    return told


def _check_number(path: Path, told: dict, name: str, bounds: tuple[float, float]) -> None:
    value, (low, high) = told.get(name), bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise VariantError(f"{path} needs {name} as a number from {low:g} to {high:g}.")


def _card(path: Path, told: Any, stand_in: VariantCard) -> VariantCard:
    """The card's facts, ``stand_in``'s where it says nothing; unknown ones are left out."""
    if not isinstance(told, dict):
        raise VariantError(f"{path} has no card.")
    expected = asdict(stand_in)
    facts = {name: value for name, value in told.items() if name in expected}
    for name, value in facts.items():
        if name == "absence_gate" and value is None:
            continue
        is_number = name == "absence_gate" or isinstance(expected[name], float)
        kind, word = (int | float, "number") if is_number else (str, "text")
        if not isinstance(value, kind):
            raise VariantError(f"{path}: {name} of its card is no {word}.")
    return replace(stand_in, **{**facts, "state": State.READY})


def shipped_folders() -> dict[str, Path]:
    """The folders of the variants that ship, by name; none where only the package is installed."""
    if not SHIPPED.is_dir():
        return {}
    return {path.name: path for path in sorted(SHIPPED.iterdir()) if (path / CARD_FILE).is_file()}


def shipped_cards() -> list[VariantCard]:
    """The cards of the variants that ship and are whole; a broken one is logged and left out.

    A variant is called as its folder is, whatever its card says, so that no two share a name.
    """
    cards = []
    for name, folder in shipped_folders().items():
        try:
            card = read(folder).card
            _check_weights(folder / WEIGHTS_FILE)
            cards.append(replace(card, name=name))
        except VariantError as error:
            _log_once(f"{name} is left out: {error}")
    return cards


def _check_weights(path: Path) -> None:
    """By its header: half a file, or a pointer that Git LFS left in its place, is refused."""
    try:
        with safe_open(path, framework="np"):
            return
    except (OSError, SafetensorError) as error:
        raise VariantError(f"{path} is missing, cut or no safetensors file.") from error


def _log_once(sentence: str) -> None:
    if sentence not in _told:
        _told.add(sentence)
        log.warning(sentence)
