"""Variants with weights as folders, ``model.safetensors`` and ``card.json``.

A folder is all there is to a variant: no pickles, strict names and shapes. The files in which the
parts of ACL were released are read once, here, and can be kept as a folder.
"""

import csv
import json
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from avsl.errors import VariantError
from avsl.models.published import ACLConfig, build, from_published
from avsl.storage import storage_errors
from avsl.variants.acl import AclVariant
from avsl.variants.acl_card import ACL_CARD
from avsl.variants.base import CARD_FILE, WEIGHTS_FILE, State, VariantCard

FORMAT = "avsl.card/1"
AUDIOSET_LABELS = Path(__file__).parent / "variants" / "audioset_labels.csv"


def convert_published(clipseg: Path | str, beats: Path | str, acl: Path | str) -> AclVariant:
    """An ACL from the files its parts were released in, as they lie on the Hub.

    ``clipseg``: the folder with config.json and model.safetensors (or pytorch_model.bin);
    ``beats``: the ``.pt`` file; ``acl``: ``Param_best.pth``. Pickles are read with
    ``weights_only``, so they cannot run code. Raises :class:`VariantError` that names the misfit.
    """
    folder = Path(clipseg)
    weights = folder / "model.safetensors"
    if not weights.is_file():
        weights = folder / "pytorch_model.bin"
    return from_files(folder / "config.json", weights, Path(beats), Path(acl))


def from_files(clipseg_config: Path, clipseg: Path, beats: Path, acl: Path) -> AclVariant:
    """:func:`convert_published` with every file named."""
    beats_checkpoint = _weights(beats)
    try:
        model = from_published(
            _weights(clipseg), _json(clipseg_config), beats_checkpoint, _weights(acl)
        )
    except (KeyError, RuntimeError, ValueError) as error:
        raise VariantError(f"These files do not make an ACL: {error}") from error
    names = class_names(beats_checkpoint.get("label_dict", {}))
    return AclVariant(model, class_names=names)


def untrained() -> AclVariant:
    """A full-size ACL with random weights: for measuring speed, its maps mean nothing."""
    card = replace(ACL_CARD, name="acl-untrained", title="ACL (untrained weights)")
    return AclVariant(build(ACLConfig()), card)


def class_names(label_dict: dict) -> tuple[str, ...]:
    """BEATs' classes in order of their index, in words where AudioSet's list has the id."""
    words = _audioset_words()
    return tuple(words.get(label_dict[index], label_dict[index]) for index in sorted(label_dict))


@cache
def _audioset_words() -> dict[str, str]:
    with AUDIOSET_LABELS.open(newline="") as file:
        return {row["mid"]: row["display_name"] for row in csv.DictReader(file)}


def save_folder(variant: AclVariant, folder: Path | str) -> None:
    """Write a variant with weights to ``folder``, which :func:`load_folder` reads."""
    folder = Path(folder)
    card = {
        "format": FORMAT,
        "family": "acl",
        "card": asdict(variant.card),
        "network": variant.model.config.to_dict(),
        "class_names": variant.class_names,
        "image_px": variant.image_px,
        "window_s": variant.window_s,
    }
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        save_file(variant.model.state_dict(), folder / WEIGHTS_FILE)
        (folder / CARD_FILE).write_text(json.dumps(card, indent=1))


def load_folder(folder: Path | str) -> AclVariant:
    """The variant in ``folder``; raises :class:`VariantError` for anything else."""
    folder = Path(folder)
    card = _json(folder / CARD_FILE)
    if card.get("format") != FORMAT:
        raise VariantError(f"{folder / CARD_FILE} is not a card of this version ({FORMAT}).")
    model = build(ACLConfig.from_dict(card["network"]))
    try:
        model.load_state_dict(_weights(folder / WEIGHTS_FILE))
    except RuntimeError as error:
        raise VariantError(f"{folder / WEIGHTS_FILE} does not fit its card: {error}") from error
    known = {field.name for field in fields(VariantCard)}
    facts = {name: value for name, value in card["card"].items() if name in known}
    return AclVariant(
        model,
        replace(ACL_CARD, **{**facts, "state": State.READY}),
        tuple(card["class_names"]),
        card["image_px"],
        card["window_s"],
    )


def _json(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise VariantError(f"There is no {path.name} in {path.parent}.") from error
    except ValueError as error:
        raise VariantError(f"{path} is not JSON.") from error


def _weights(path: Path) -> dict:
    """A state dict or checkpoint from safetensors, or from a pickle of tensors alone."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise VariantError(f"There is no file {path}.") from error
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise VariantError(f"{path} is not a checkpoint of tensors: it was not loaded.") from error
