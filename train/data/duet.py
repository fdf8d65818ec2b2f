"""Two sounds at once: VGGSound-Duet and MUSIC-Duet, in the lists of AVGN.

Mo and Tian (CVPR 2023, AVGN). **VGGSound-Duet** (``vggsound_duet_test.csv``: clip, class, other
clip, its class) joins each VGG-SS clip with another: here the two frames stand side by side as
tiles and the sounds are added; each sound alone is a case too. **MUSIC-Duet** (``music_duet.json``)
is played as a duet, so its sources cannot be heard alone: each is asked for with the duet's sound,
as upstream does, and only a variant that is told the class can tell them apart. Its boxes are left,
top, width, height; AVGN's code reads them as corners, which leaves many truths empty, so its
numbers do not compare.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from avsl.clip import ArrayFrames, Clip
from avsl.text_files import cells, read_text
from train.data import vggss
from train.data.cases import TRUTH_PX, Kind
from train.data.layouts import Store, annotation, below, store, vggsound_key
from train.data.listed import AnnotationError, Entry, ListedSet, Moment
from train.data.media import Protocol
from train.data.truths import Box, union

AVGN = "github.com/stoneMo/AVGN, folder metadata"
MIXTURE, FIRST, SECOND = "mixture", "source1", "source2"
CASES_A_PAIR = 3
MUSIC_FOLDERS = ("music_duet", "music-duet", "MUSIC-Duet", "MUSIC", "music")
FRAME_DIGITS = 10  # ID_SEGMENT_FRAME: "_000_00000" follows the id of the sound


@dataclass(frozen=True)
class Half:
    """One of the two clips of a pair."""

    id: str
    label: str
    boxes: tuple[Box, ...]


def vggsound_duet(root: Path, protocol: Protocol) -> ListedSet:
    """Each pair as its mixture and as its two sounds alone: three cases of one picture."""
    media, pairs = store(below(root, vggss.FOLDERS), vggsound_key), _pairs(root)
    found, missing = [], []
    for first, second in pairs:
        cases = list(_pair(media, protocol, first, second))
        if media.has(first.id) and media.has(second.id):
            found += cases
        else:
            missing += [case.id for case in cases]
    about = (
        "VGGSound-Duet: frames of two VGG-SS clips side by side (source-wise tiles), both sounds "
        "at once and each alone (AVGN, Mo and Tian, CVPR 2023)."
    )
    expected = CASES_A_PAIR * vggss.CLIPS
    parts = (expected, about, tuple(found), tuple(missing))
    return ListedSet("vggsound-duet", Kind.MULTI, *parts, vggss.LENGTH_S, vggss.RATE_HZ)


def _pairs(root: Path) -> list[tuple[Half, Half]]:
    known = vggss.boxes(root)
    file = annotation(root, "avgn/vggsound_duet_test.csv", AVGN, vggss.FOLDERS)
    rows = [row for row in cells(read_text(file)) if len(row) >= 3]

    def half(name: str) -> Half:
        return Half(name, known[name].label, known[name].boxes)

    return [(half(row[0]), half(row[2])) for row in rows if {row[0], row[2]} <= known.keys()]


def _pair(media: Store, protocol: Protocol, first: Half, second: Half) -> Iterator[Entry]:
    group = f"{first.id}+{second.id}"
    sources = {FIRST: (first,), SECOND: (second,), MIXTURE: (first, second)}
    for name, heard in sources.items():
        yield Entry(
            id=f"{group}/{name}",
            open=partial(_tiles, media, protocol, (first, second), heard),
            truth=partial(_tiled_truth, (first, second), heard),
            files=tuple(file for each in (first, second) for file in media.files(each.id)),
            group=group,
            label=name if len(heard) > 1 else heard[0].label,
            mixture=len(heard) > 1,
        )


def _tiles(media: Store, protocol: Protocol, shown: tuple[Half, ...], heard: tuple[Half, ...]):
    """Both frames at 224 px side by side; the sounds of ``heard``, added and clipped."""
    moments = {half.id: media.open(half.id, None, protocol) for half in shown}
    frames = [_frame(moments[half.id]) for half in shown]
    sounds = [moments[half.id].clip.waveform for half in heard]
    length = max(map(len, sounds))
    sound = np.clip(sum(np.pad(each, (0, length - len(each))) for each in sounds), -1, 1)
    clip = Clip(
        name=" + ".join(half.id for half in shown),
        duration_s=max(each.clip.duration_s for each in moments.values()),
        source=ArrayFrames(np.concatenate(frames, axis=1)[None], np.zeros(1)),
        waveform=sound.astype(np.float32),
    )
    return Moment(clip, next(iter(moments.values())).times_s)


def _frame(moment: Moment) -> np.ndarray:
    return moment.clip.frames(moment.times_s[:1], TRUTH_PX, TRUTH_PX)[0]


def _tiled_truth(shown: tuple[Half, ...], heard: tuple[Half, ...]) -> np.ndarray:
    """Boxes of ``heard``, squeezed into the half of the picture where their clip stands."""
    return union([_into_half(box, shown.index(half)) for half in heard for box in half.boxes])


def _into_half(box: Box, place: int) -> Box:
    left, top, right, bottom = np.clip(box, 0, 1)
    return ((left + place) / 2, top, (right + place) / 2, bottom)


def music_duet(root: Path, protocol: Protocol) -> ListedSet:
    """Each frame of a duet as its mixture and as its two sources, all with the duet's sound."""
    folders = below(root, MUSIC_FOLDERS)
    rows = _duets(annotation(root, "avgn/music_duet.json", AVGN, MUSIC_FOLDERS))
    pictures = store(folders, with_videos=False)
    found, missing = [], []
    for row in rows:
        sound = row["file"][:-FRAME_DIGITS]
        entries = list(_duet(pictures, protocol, row, sound))
        if pictures.has(row["file"], sound):
            found += [replace(e, files=pictures.files(row["file"], sound)) for e in entries]
        else:
            missing += [entry.id for entry in entries]
    about = (
        "MUSIC-Duet: frames of two instruments playing together, boxes of both (MUSIC, Zhao et "
        "al., ECCV 2018; boxes and list of AVGN, CVPR 2023)."
    )
    parts = (CASES_A_PAIR * len(rows), about, tuple(found), tuple(missing))
    return ListedSet("music-duet", Kind.MULTI, *parts)


def _duets(file: Path) -> list[dict]:
    keys = {"file", "class_src1", "bbox_src1", "class_src2", "bbox_src2"}
    try:
        rows = json.loads(read_text(file))
        if all(keys <= row.keys() for row in rows):
            return rows
    except (ValueError, AttributeError, TypeError):
        pass
    raise AnnotationError(f"{file} is not AVGN's list of duets. Take it anew: {AVGN}.")


def _duet(media: Store, protocol: Protocol, row: dict, sound: str) -> Iterator[Entry]:
    boxes = [_corners(row[f"bbox_src{number}"]) for number in (1, 2)]
    classes = [row[f"class_src{number}"].replace("_", " ") for number in (1, 2)]
    sources = {FIRST: (boxes[:1], classes[0]), SECOND: (boxes[1:], classes[1])}
    for name, (drawn, label) in (*sources.items(), (MIXTURE, (boxes, MIXTURE))):
        yield Entry(
            id=f"{row['file']}/{name}",
            open=partial(media.open, row["file"], sound, protocol),
            truth=partial(union, drawn),
            files=(),
            group=row["file"],
            label=label,
            mixture=name == MIXTURE,
        )


def _corners(box: Box) -> Box:
    left, top, width, height = box
    return (left, top, left + width, top + height)
