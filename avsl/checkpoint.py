"""Variants with weights as folders, ``model.safetensors`` and ``card.json``.

A folder is all there is to a variant: no pickles, strict names and shapes. Its card names the
family of the network: ACL or two-stream. The files in which the parts of ACL were released are
read once, here, and can be kept as a folder.
"""

import csv
import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from avsl.errors import VariantError
from avsl.models.published import ACLConfig, build, from_published
from avsl.models.twostream import TwoStream, TwoStreamConfig
from avsl.storage import storage_errors, whole
from avsl.variants.acl import AclVariant
from avsl.variants.acl_card import ACL_CARD
from avsl.variants.base import CARD_FILE, WEIGHTS_FILE, Origin
from avsl.variants.folders import FORMAT, Kept, json_object, read
from avsl.variants.image_audio import ImageAudioVariant
from avsl.variants.two_stream import TwoStreamVariant
from avsl.variants.two_stream_card import MAP_RULE

AUDIOSET_LABELS = Path(__file__).parent / "variants" / "audioset_labels.csv"
HALVED_FROM = 1000  # numbers of a tensor; below, scales and statistics that saving costs nothing


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


def from_files(
    clipseg_config: Path, clipseg: Path, beats: Path, acl: Path | None = None
) -> AclVariant:
    """:func:`convert_published` with every file named; without ``acl`` the audio projector and the
    mask scalars are new, to be trained.
    """
    beats_checkpoint = _weights(beats)
    learned = None if acl is None else _weights(acl)
    try:
        model = from_published(
            _weights(clipseg), json_object(clipseg_config), beats_checkpoint, learned
        )
    except (KeyError, RuntimeError, ValueError) as error:
        raise VariantError(f"These files do not make an ACL: {error}") from error
    names = class_names(beats_checkpoint.get("label_dict", {}))
    return AclVariant(model, class_names=names)


def untrained() -> AclVariant:
    """A full-size ACL with random weights: for measuring speed, its maps mean nothing."""
    card = replace(ACL_CARD, name="acl-untrained", title="ACL (untrained weights)")
    variant = AclVariant(build(ACLConfig()), card)
    variant.origin = Origin("acl", mode="untrained")
    return variant


def class_names(label_dict: dict) -> tuple[str, ...]:
    """BEATs' classes in order of their index, in words where AudioSet's list has the id."""
    words = _audioset_words()
    return tuple(words.get(label_dict[index], label_dict[index]) for index in sorted(label_dict))


@cache
def _audioset_words() -> dict[str, str]:
    with AUDIOSET_LABELS.open(newline="", encoding="utf-8") as file:
        return {row["mid"]: row["display_name"] for row in csv.DictReader(file)}


def save_folder(variant: ImageAudioVariant, folder: Path | str, half: bool = False) -> None:
    """Write a variant with weights to ``folder``, which :func:`load_folder` reads.

    ``half``: large tensors are kept in half precision, which halves the file and moves the maps by
    less than a hundredth; they are loaded as float32 all the same.
    """
    folder = Path(folder)
    card = {
        "format": FORMAT,
        "family": variant.family,
        "card": asdict(variant.card),
        "network": variant.model.config.to_dict(),
        **{name: getattr(variant, name) for name in variant.inputs},
    }
    if variant.family == TwoStreamVariant.family:
        card["map"] = MAP_RULE  # for who reads it
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        state = {name: value.contiguous() for name, value in variant.model.state_dict().items()}
        if half:
            state = halved(state)
        (folder / CARD_FILE).unlink(missing_ok=True)  # weights without a card are no variant
        with whole(folder / WEIGHTS_FILE) as place:
            save_file(state, place)
        with whole(folder / CARD_FILE) as place:
            place.write_text(json.dumps(card, indent=1), encoding="utf-8")


def halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """In half precision where that saves something and the range of the numbers allows it."""
    return {name: _halved(value) for name, value in state.items()}


def _halved(value: Tensor) -> Tensor:
    if not value.is_floating_point() or value.numel() <= HALVED_FROM:
        return value
    fits = bool(value.abs().max() <= torch.finfo(torch.float16).max)
    return value.half() if fits else value


def load_folder(folder: Path | str) -> ImageAudioVariant:
    """The variant in ``folder``, of whichever family; :class:`VariantError` for anything else."""
    folder = Path(folder)
    kept = read(folder)
    kind = AclVariant if kept.family == AclVariant.family else TwoStreamVariant
    inputs = {name: kept.inputs[name] for name in kind.inputs if name in kept.inputs}
    model = _network(folder, kept)
    try:
        model.load_state_dict(_weights(folder / WEIGHTS_FILE))
    except RuntimeError as error:
        raise VariantError(f"{folder / WEIGHTS_FILE} does not fit its card: {error}") from error
    return kind(model, kept.card, **inputs)


def _network(folder: Path, kept: Kept) -> nn.Module:
    """A network of the card's sizes with random weights."""
    try:
        sizes = kept.inputs["network"]
        if kept.family == AclVariant.family:
            return build(ACLConfig.from_dict(sizes))
        return TwoStream(TwoStreamConfig.from_dict(sizes)).eval()
    except (KeyError, TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        raise VariantError(
            f"{folder / CARD_FILE} does not describe a network of the family {kept.family}: {error}"
        ) from error


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
