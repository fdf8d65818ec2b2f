"""IS3 and VPO (SSLalignment): one picture, several sounds, for each what makes it.

Senocak et al. (ICCV 2023; IS3 and the interactive measures in arXiv 2407.13676). The lists are
SSLalignment's ``metadata``: ``[{"image", "audio", "gt_box"}]`` with paths of its authors' machine,
of which the file names count, and boxes in pixels of a 224 px square; the ``_seg`` lists name a
mask file in place of the box. Names end in ``_SOURCE``: what is before it is the picture. Folders
below the set's: ``visual_frames``, ``audio_wav``, and for masks ``gt_masks`` or ``gray_masks``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from avsl.text_files import read_text
from train.data.cases import TRUTH_PX, Kind
from train.data.layouts import Store, annotation, below, store
from train.data.listed import AnnotationError, Entry, ListedSet, split
from train.data.media import Protocol
from train.data.truths import fractions, mask, union

UPSTREAM = "github.com/kaistmm/SSLalignment, folder metadata"
MASK_FOLDERS = ("gt_masks", "gray_masks", "masks")


class Truth(StrEnum):
    """Which of upstream's truths: its tables with cIoU use boxes, those with mIoU masks."""

    BOX = "bbox"
    MASK = "seg"


@dataclass(frozen=True)
class Collection:
    """One of the sets, with the names its files go by."""

    name: str
    folders: tuple[str, ...]
    lists: str  # file name without its ending
    expected: int | None  # None: as many as the list has
    named: bool  # the last part of a name is the class
    about: str


IS3 = Collection(
    "is3",
    ("is3", "IS3", "synthetic3241", "synthetic3240"),
    "synthetic3240",
    6480,
    True,
    "IS3: 3,240 generated pictures of two sources each, heard in turn (SSLalignment, ICCV 2023).",
)
VPO_SS = Collection(
    "vpo/ss",
    ("vpo_ss", "VPO-SS", "vpo/ss", "COCO_AV"),
    "vpo_ss",
    None,
    False,
    "VPO-SS: COCO pictures with the sound of one of their objects (list of SSLalignment).",
)
VPO_MS = Collection(
    "vpo/ms",
    ("vpo_ms", "VPO-MS", "vpo/ms", "COCO_AV_MS"),
    "vpo_ms",
    None,
    False,
    "VPO-MS: COCO pictures with the sounds of several of their objects, heard in turn "
    "(list of SSLalignment).",
)


def collection(
    which: Collection, root: Path, protocol: Protocol, truth: Truth = Truth.BOX
) -> ListedSet:
    """The set with boxes or masks for its truth; cases of one picture follow on each other."""
    folders = below(root, which.folders)
    media, rows = store(folders, with_videos=False), _rows(root, which, truth)
    entries = [_entry(which, media, protocol, row, folders, truth) for row in rows]
    places = {entry.group: place for place, entry in reversed(list(enumerate(entries)))}
    entries.sort(key=lambda entry: places[entry.group])  # stable: pictures in the list's order
    sounds = {_stem(row["image"]): _stem(row["audio"]) for row in rows}
    found, missing = split(entries, lambda entry: media.has(entry.id, sounds[entry.id]))
    expected = which.expected or len(rows)
    return ListedSet(which.name, Kind.INTERACTIVE, expected, which.about, found, missing)


def _rows(root: Path, which: Collection, truth: Truth) -> list[dict]:
    name = f"sslalignment/{which.lists}_{truth}.json"
    file = annotation(root, name, UPSTREAM, which.folders)
    try:
        rows = json.loads(read_text(file))
        return [{key: row[key] for key in ("image", "audio", "gt_box")} for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise AnnotationError(f"{file} is not SSLalignment's list; see {UPSTREAM}.") from error


def _entry(
    which: Collection,
    media: Store,
    protocol: Protocol,
    row: dict,
    folders: tuple[Path, ...],
    truth: Truth,
) -> Entry:
    name, sound = _stem(row["image"]), _stem(row["audio"])
    group, _, source = name.rpartition("_")
    return Entry(
        id=name,
        open=partial(media.open, name, sound, protocol),
        truth=_truth(row["gt_box"], folders, truth),
        files=media.files(name, sound) if media.has(name, sound) else (),
        group=group,
        label=source if which.named else "",
    )


def _stem(path: str) -> str:
    return PurePosixPath(path).stem


def _truth(given, folders: tuple[Path, ...], truth: Truth) -> Callable[[], np.ndarray]:
    if truth is Truth.BOX:
        return lambda: union([fractions([int(value) for value in given], TRUTH_PX)])
    return lambda: mask(_mask_file(PurePosixPath(given).name, folders))[None]


def _mask_file(name: str, folders: tuple[Path, ...]) -> Path:
    paths = [folder / kind / name for folder in folders for kind in MASK_FOLDERS]
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        raise AnnotationError(f'The mask "{name}" is missing: put it into {paths[0].parent}.')
    return found
