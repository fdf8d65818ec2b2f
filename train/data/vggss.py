"""VGG-SS and its offspring: extended (SLAVC), heard and unheard classes, SSLalignment's list.

LVS (Chen et al., CVPR 2021, arXiv 2104.02691): boxes on frame 125 at 25 fps of ten-second VGGSound
clips, normalised; the truth is their union. ``vggss.json``: ``[{"file", "class", "bbox"}]``.
A few of its boxes are broken (an edge of -2.9e16, or no area) and are cut away by clipping to
[0, 1], as upstream does; two clips (M1P1xla8rg0_000000, MKC9LvRivTM_000030) are left without truth.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from avsl.text_files import cells, read_text, table
from train.data.cases import TRUTH_PX, Kind
from train.data.layouts import Store, annotation, below, store, vggsound_key
from train.data.listed import AnnotationError, Entry, ListedSet, split
from train.data.media import Protocol
from train.data.truths import Box, union

FOLDERS = ("vggss", "VGGSS", "VGG-SS", "vgg-ss", "vggsound", "VGGSound", "VGGSound_v1")
EXTENDED_FOLDERS = ("vggss_extended", "Extended-VGGSound-test", *FOLDERS)
LVS = "github.com/hche11/Localizing-Visual-Sounds-the-Hard-Way, folder metadata"
SLAVC = "github.com/stoneMo/SLAVC, folder metadata"
SSLALIGNMENT = "github.com/kaistmm/SSLalignment, metadata/ours_vggss.txt"
CLIPS, HEARD, UNHEARD, SSL_LIST = 5158, 2564, 2575, 4655
LENGTH_S, RATE_HZ = 10.0, 25.0


@dataclass(frozen=True)
class Boxes:
    """One clip of ``vggss.json``."""

    label: str
    boxes: tuple[Box, ...]  # as fractions of the picture; some are broken


def boxes(root: Path) -> dict[str, Boxes]:
    """All clips of ``vggss.json`` by id, in its order."""
    file = annotation(root, "lvs/vggss.json", LVS, FOLDERS)
    try:
        rows = json.loads(read_text(file))
        return {row["file"]: Boxes(row["class"], tuple(map(tuple, row["bbox"]))) for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise AnnotationError(f"{file} is not LVS's list of boxes. Take it anew: {LVS}.") from error


def listed_ids(root: Path, name: str, upstream: str) -> tuple[str, ...]:
    """First column of a list, one clip a line, in VGGSound's naming or the annotations'."""
    file = annotation(root, name, upstream, FOLDERS)
    rows = cells(read_text(file))
    return tuple(vggsound_key(row[0].strip()) for row in rows if row and row[0])


def silent_pairs(file: Path) -> tuple[tuple[str, str], ...]:
    """SLAVC's extended list: (clip seen, clip heard) of each pair where nothing in view sounds."""
    rows = list(table(read_text(file)))
    if not rows or not {"video", "audio", "label"} <= rows[0].keys():
        raise AnnotationError(f'{file} needs the columns "video,audio,label"; see {SLAVC}.')
    return tuple((row["video"], row["audio"]) for row in rows if row["label"] == "non-sounding")


def single(
    root: Path, protocol: Protocol, name: str = "vggss", ids: Iterable[str] | None = None
) -> ListedSet:
    """VGG-SS, or the clips of it in ``ids``."""
    known, media = boxes(root), store(below(root, FOLDERS), vggsound_key)
    wanted = known if ids is None else [each for each in ids if each in known]
    entries = [_entry(media, protocol, each, known[each]) for each in wanted]
    return _set(name, Kind.SINGLE, _EXPECTED[name], _ABOUT[name], entries, media)


def heard(root: Path, protocol: Protocol) -> ListedSet:
    ids = listed_ids(root, "slavc/vggss_heard_test.csv", SLAVC)
    return single(root, protocol, "vggss/heard", ids)


def unheard(root: Path, protocol: Protocol) -> ListedSet:
    ids = listed_ids(root, "slavc/vggss_unheard_test.csv", SLAVC)
    return single(root, protocol, "vggss/unheard", ids)


def ssl_list(root: Path, protocol: Protocol) -> ListedSet:
    ids = listed_ids(root, "sslalignment/ours_vggss.txt", SSLALIGNMENT)
    return single(root, protocol, "vggss/4655", ids)


def extended(root: Path, protocol: Protocol) -> ListedSet:
    """Every clip of VGG-SS, and as many pairs where nothing in view sounds.

    Of SLAVC's 5,158 silent pairs 4,779 show a VGG-SS picture with another clip's sound; 379 are
    clips of VGGSound in which what sounds is out of view.
    """
    known = boxes(root)
    file = annotation(root, "slavc/vggss_test_plus_silent.csv", SLAVC, EXTENDED_FOLDERS)
    media = store(below(root, EXTENDED_FOLDERS), vggsound_key)
    entries = [_entry(media, protocol, each, known[each]) for each in known]
    entries += [silent(media, protocol, *pair) for pair in silent_pairs(file)]
    name = "vggss/extended"
    return _set(name, Kind.EXTENDED, _EXPECTED[name], _ABOUT[name], entries, media)


def silent(media: Store, protocol: Protocol, seen: str, heard_id: str) -> Entry:
    """A picture with a sound that nothing in it makes."""
    return Entry(
        id=f"{seen}+{heard_id}",
        open=partial(media.open, seen, heard_id, protocol),
        truth=partial(np.zeros, (1, TRUTH_PX, TRUTH_PX), np.float32),
        files=media.files(seen, heard_id) if media.has(seen, heard_id) else (),
        label="non-sounding",
    )


def _entry(media: Store, protocol: Protocol, name: str, known: Boxes) -> Entry:
    return Entry(
        id=name,
        open=partial(media.open, name, None, protocol),
        truth=partial(union, known.boxes),
        files=media.files(name) if media.has(name) else (),
        label=known.label,
    )


def _set(name, kind, expected, about, entries: list[Entry], media: Store) -> ListedSet:
    found, missing = split(entries, lambda entry: media.has(*entry.id.split("+")))
    return ListedSet(name, kind, expected, about, found, missing, LENGTH_S, RATE_HZ)


_EXPECTED = {
    "vggss": CLIPS,
    "vggss/heard": HEARD,
    "vggss/unheard": UNHEARD,
    "vggss/4655": SSL_LIST,
    "vggss/extended": 2 * CLIPS,
}
_TRUTH = "boxes on the frame at 5 s of VGGSound clips"
_ABOUT = {
    "vggss": f"VGG-SS: {_TRUTH} (LVS, Chen et al., CVPR 2021).",
    "vggss/heard": f"VGG-SS, the 110 classes heard in training: {_TRUTH} (split of SLAVC, 2022).",
    "vggss/unheard": f"VGG-SS, 110 classes never heard in training: {_TRUTH} (split of SLAVC).",
    "vggss/4655": f"VGG-SS, the clips SSLalignment could still get: {_TRUTH} (ICCV 2023).",
    "vggss/extended": f"Extended VGG-SS: {_TRUTH}, and as many pairs where nothing in view sounds "
    "(SLAVC, Mo and Morgado, NeurIPS 2022).",
}
