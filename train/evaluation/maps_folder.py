"""Score maps that somebody saved, whatever made them: a folder to one dictionary of protocols.

    maps.safetensors   ``maps`` (M, 224, 224) in [0, 1]; optionally ``ground_truth`` (M, 224, 224)
    any name.json      all optional; every list has one entry for each map:
      boxes       corners [left, top, right, bottom] of each box, as fractions of the picture
      images      which picture a map belongs to: maps of one picture are its sources (interactive)
      sounding    1 where something in view sounds, and
      confidence  how sure the variant is of it (extended; ``threshold`` of the maps, default 0.5)
      empty       indices of the maps in whose frame nothing sounds (segmentation)

``sounding``, ``confidence`` and ``threshold`` may lie within ``extended``, and ``empty`` within
``segmentation``. Protocols whose part is missing are left out, and ``left_out`` says why.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from avsl.errors import MediaError, SettingError
from avsl.media.endings import taken
from avsl.metrics import SWEEP, adaptive, areas_at, auc, ciou, median, rasterise, success, sweep
from avsl.metrics.boxes import SIDE_PX
from avsl.metrics.extended import ap, max_f1
from avsl.metrics.interactive import iauc, iiou
from avsl.metrics.overlap import Areas
from avsl.metrics.segmentation import f_measure, frame_f, frame_iou
from avsl.text_files import read_text

MAPS_FILE = "maps.safetensors"
EXTENDED_THRESHOLD = 0.5
SEGMENTATION_THRESHOLDS = (0.3, 0.5)


@dataclass(frozen=True, eq=False)
class Saved:
    """The folder's content, checked; None where it has no such part."""

    maps: Tensor  # (M, 224, 224) float
    truth: Tensor  # (M, 224, 224) in [0, 1]
    images: Tensor | None  # (M,) int
    sounding: Tensor | None  # (M,) bool
    confidence: Tensor | None  # (M,) float64
    threshold: float  # of the maps, in the extended protocol
    empty: list[int] | None


def score_folder(folder: Path) -> dict:
    """Every protocol that the folder has the parts for, in percent; see the module for the files.

    :class:`MediaError` or :class:`SettingError` says what is wrong with a file.
    """
    saved = read_folder(folder)
    swept = sweep(saved.maps, saved.truth)
    result = {
        "found": len(saved.maps),
        "acl_sweep": {
            f"{value:.2f}": _two(ciou(swept.at(index)))
            for index, value in enumerate(SWEEP.tolist())
        },
        "median": _per_map(median(saved.maps, saved.truth), saved.images),
        "adaptive": _per_map(adaptive(saved.maps, saved.truth), saved.images),
    }
    left_out = {}
    if saved.images is None:
        left_out["iiou, iauc"] = "The json has no images: which maps belong to one picture."
    if saved.sounding is None or saved.confidence is None:
        left_out["extended"] = "The json does not have both sounding and confidence."
    else:
        result["extended"] = _extended(saved)
    if saved.empty is None:
        left_out["segmentation"] = (
            "The json does not say which frames are empty; give an empty list if none is."
        )
    else:
        result["segmentation"] = _segmentation(saved)
    return {**result, "left_out": left_out}


def _two(overlap: Tensor) -> dict:
    return {"ciou": _percent(success(overlap)), "auc": _percent(auc(overlap))}


def _percent(values: Tensor) -> float:
    return 100 * float(values.mean())


def _per_map(areas: Areas, images: Tensor | None) -> dict:
    overlap = ciou(areas)
    scores = _two(overlap)
    if images is not None:
        scores["iiou"] = _percent(iiou(overlap, images))
        scores["iauc"] = _percent(iauc(overlap, images))
    return {**scores, "per_sample": overlap.tolist()}


def _extended(saved: Saved) -> dict:
    cut = torch.tensor([saved.threshold], dtype=torch.float64)
    right = success(ciou(areas_at(saved.maps, saved.truth, cut).at(0))) > 0
    parts = (right, saved.sounding, saved.confidence)
    sounding = right[saved.sounding].double()
    return {
        "threshold": saved.threshold,
        "ap": 100 * float(ap(*parts)),
        "max_f1": 100 * float(max_f1(*parts)),
        "loc_acc": _percent(sounding) if len(sounding) else None,
    }


def _segmentation(saved: Saved) -> dict:
    truth = saved.truth.clone()
    truth[saved.empty] = 0
    cuts = torch.tensor(SEGMENTATION_THRESHOLDS, dtype=torch.float64)
    marked = areas_at(saved.maps, truth, cuts, strict=True)
    f = f_measure(frame_f(saved.maps, truth))
    return {
        f"{cut:.1f}": {
            "miou": _percent(frame_iou(marked.at(index), truth[0].numel())),
            "f": None if f != f else 100 * f,
        }
        for index, cut in enumerate(SEGMENTATION_THRESHOLDS)
    }


def read_folder(folder: Path) -> Saved:
    """Read and check the folder's files."""
    tensors = _tensors(folder / MAPS_FILE)
    about = _about(folder)
    maps = _checked_maps(tensors.get("maps"), "maps")
    parts = {**_section(about, "extended"), **_section(about, "segmentation"), **about}
    count = len(maps)
    images = _one_each(parts, "images", count)
    sounding = _one_each(parts, "sounding", count)
    confidence = _one_each(parts, "confidence", count)
    try:
        return Saved(
            maps=maps,
            truth=_truth(tensors.get("ground_truth"), parts.get("boxes"), count),
            images=None if images is None else _numbered(images),
            sounding=None if sounding is None else torch.tensor(sounding, dtype=torch.bool),
            confidence=(
                None if confidence is None else torch.tensor(confidence, dtype=torch.float64)
            ),
            threshold=float(parts.get("threshold", EXTENDED_THRESHOLD)),
            empty=_indices(parts.get("empty"), count),
        )
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"A list in the json of {folder} holds what is no number: {error}."
        ) from error


def _tensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise MediaError(
            f"{path.parent} has no {MAPS_FILE}. Save the maps there as a tensor called maps, of "
            f"shape (M, {SIDE_PX}, {SIDE_PX})."
        )
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise MediaError(f"{path} cannot be read as safetensors: {error}.") from error


def _about(folder: Path) -> dict:
    files = taken(sorted(folder.glob("*.json")), folder, (".json",))
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        raise SettingError(f"{folder} has several json files ({names}); leave one there.")
    if not files:
        return {}
    try:
        about = json.loads(read_text(files[0]))
    except (OSError, ValueError) as error:
        raise MediaError(f"{files[0]} cannot be read as json: {error}.") from error
    if not isinstance(about, dict):
        raise SettingError(f"{files[0]} must hold an object with keys such as boxes and images.")
    return about


def _section(about: dict, name: str) -> dict:
    section = about.get(name)
    return section if isinstance(section, dict) else {}


def _checked_maps(maps: Tensor | None, name: str) -> Tensor:
    if maps is None:
        raise SettingError(f"{MAPS_FILE} has no tensor called {name}.")
    if maps.ndim != 3 or maps.shape[1:] != (SIDE_PX, SIDE_PX) or not len(maps):
        raise SettingError(
            f"{name} is of shape {tuple(maps.shape)}; it must be (M, {SIDE_PX}, {SIDE_PX}): one "
            f"map for each case, resized to {SIDE_PX} x {SIDE_PX}."
        )
    values = maps.float()
    if not values.isfinite().all() or values.min() < 0 or values.max() > 1:
        raise SettingError(f"{name} holds values that are not between 0 and 1; scale it first.")
    return maps


def _one_each(parts: dict, name: str, count: int) -> list | None:
    values = parts.get(name)
    if values is not None and (not isinstance(values, list) or len(values) != count):
        held = f"{len(values)} entries" if isinstance(values, list) else "no list"
        raise SettingError(f"{name} has {held} for {count} maps; it needs one for each.")
    return values


def _numbered(names: list) -> Tensor:
    """Pictures by any name -> (M,) int."""
    known = {name: index for index, name in enumerate(dict.fromkeys(map(str, names)))}
    return torch.tensor([known[str(name)] for name in names])


def _indices(values: list | None, count: int) -> list[int] | None:
    if values is None:
        return None
    if not isinstance(values, list) or any(int(value) not in range(count) for value in values):
        raise SettingError(f"empty must list indices of maps, from 0 to {count - 1}.")
    return [int(value) for value in values]


def _truth(given: Tensor | None, boxes: list | None, count: int) -> Tensor:
    """From boxes, from ``ground_truth``, or from both, which must then agree."""
    if given is None and boxes is None:
        raise SettingError(
            f"There is no truth to compare with: give boxes in the json, or a tensor ground_truth "
            f"in {MAPS_FILE}."
        )
    drawn = None if boxes is None else _rasterised(boxes, count)
    if given is None:
        return drawn
    if len(_checked_maps(given, "ground_truth")) != count:
        raise SettingError(f"ground_truth has {len(given)} entries for {count} maps.")
    if drawn is not None:
        differing = ((drawn > 0) != (given > 0)).flatten(1).sum(1)
        if differing.any():
            raise SettingError(
                f"The boxes of {int((differing > 0).sum())} of {count} maps do not give their "
                f"ground_truth; at map {int(differing.argmax())} {int(differing.max())} pixels "
                "differ. Leave one of the two out, or mend it."
            )
    return given


def _rasterised(boxes: list, count: int) -> Tensor:
    _one_each({"boxes": boxes}, "boxes", count)
    for index, of_map in enumerate(boxes):
        if not isinstance(of_map, list) or any(len(box) != 4 for box in of_map):
            raise SettingError(
                f"The boxes of map {index} must be a list of [left, top, right, bottom]."
            )
    return torch.stack([rasterise(of_map) for of_map in boxes])
