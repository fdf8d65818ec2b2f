"""AVSBench S4 and MS3: five masks a clip, one at the end of each of its five seconds.

Zhou et al. (ECCV 2022, arXiv 2207.05042). Official layout, below ``Single-source/s4_data`` and
``Multi-sources/ms3_data`` with ``s4_meta_data.csv`` and ``ms3_meta_data.csv`` one folder up:

    S4   visual_frames/SPLIT/CATEGORY/ID/ID_1.png   audio_wav/SPLIT/CATEGORY/ID.wav
         gt_masks/SPLIT/CATEGORY/ID/ID_1.png        raw_videos/SPLIT/CATEGORY/ID.mp4
    MS3  visual_frames/ID/ID.mp4_1.png              audio_wav/SPLIT/ID.wav
         gt_masks/SPLIT/ID/ID_1.png                 raw_videos/ID.mp4

ACL's flat one (``s4/visual_frames/ID_1.png`` and so on) is read as well, and so is any mixture.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avsl.clip import ArrayFrames, Clip, resized
from avsl.errors import MediaError
from avsl.media.reading import read
from avsl.media.still import read_still
from avsl.settings import LIMITS
from avsl.text_files import read_text, table
from train.data.cases import Kind
from train.data.layouts import annotation
from train.data.listed import AnnotationError, Entry, ListedSet, Moment, split
from train.data.truths import mask

UPSTREAM = "the AVSBench download, see github.com/OpenNLPLab/AVSBench"
FRAMES = range(1, 6)
TIMES_S = np.arange(5) + 15 / 16  # upstream keeps the last of sixteen pictures a second
LENGTH_S = 5.0
HOMES = ("avsbench", "AVSBench", "avsbench_data", "AVS1", "")


@dataclass(frozen=True)
class Subset:
    """One of the two settings, with the names its files go by."""

    name: str
    places: tuple[str, ...]
    table: str
    expected: int
    about: str


S4 = Subset(
    "avsbench/s4",
    ("Single-source/s4_data", "s4_data", "s4", "S4"),
    "s4_meta_data.csv",
    740,
    "AVSBench S4: exact masks of one sounding source, five a clip (Zhou et al., ECCV 2022).",
)
MS3 = Subset(
    "avsbench/ms3",
    ("Multi-sources/ms3_data", "ms3_data", "ms3", "MS3"),
    "ms3_meta_data.csv",
    64,
    "AVSBench MS3: exact masks of all sounding sources, five a clip, empty where nothing in view "
    "sounds (Zhou et al., ECCV 2022).",
)


@dataclass(frozen=True)
class Row:
    id: str
    split: str
    category: str


@dataclass(frozen=True)
class Files:
    """Of one clip; None or empty where there is none."""

    video: Path | None
    frames: tuple[Path, ...]
    sound: Path | None
    masks: tuple[Path, ...]

    @property
    def complete(self) -> bool:
        playable = self.video or (len(self.frames) == len(FRAMES) and self.sound)
        return bool(playable) and len(self.masks) == len(FRAMES)

    def open(self) -> Moment:
        """The video where there is one, so that motion can be seen; else the five frames."""
        if self.video is not None:
            clip = read(self.video)
            return Moment(clip, TIMES_S + clip.frame_times_s[0])
        return Moment(_five_frames(self.frames, self.sound), TIMES_S)

    def truth(self) -> np.ndarray:
        return np.stack([mask(file) for file in self.masks])


def subset(which: Subset, root: Path) -> ListedSet:
    """The test split, with the official validation split before it."""
    places = [root / home / place for home in HOMES for place in which.places]
    entries, complete = [], set()
    for row in _rows(root, which):
        files = _locate(row, [place for place in places if place.is_dir()])
        entry = _entry(row, files)
        entries.append(entry)
        if files.complete:
            complete.add(id(entry))
    found, missing = split(entries, lambda entry: id(entry) in complete)
    kind = Kind.SEGMENTATION
    return ListedSet(which.name, kind, which.expected, which.about, found, missing, LENGTH_S)


def _entry(row: Row, files: Files) -> Entry:
    paths = (files.video,) if files.video else (*files.frames, files.sound)
    return Entry(
        id=row.id,
        open=files.open,
        truth=files.truth,
        files=tuple(path for path in paths if path),
        label=row.category,
        validation=row.split == "val",
    )


def _rows(root: Path, which: Subset) -> list[Row]:
    """Validation, then test; the first column is the id whatever its name."""
    parents = [str(Path(place).parent) for place in which.places]
    folders = [f"{home}/{parent}" for home in HOMES if home for parent in parents]
    file = annotation(root, which.table, UPSTREAM, [*HOMES, *folders, *parents])
    told = table(read_text(file))
    if "split" not in told.fieldnames:
        raise AnnotationError(f'{file} needs a column "split". Take it from {UPSTREAM}.')
    first = told.fieldnames[0]
    rows = [Row(row[first], row["split"], row.get("category") or "") for row in told]
    return [row for which in ("val", "test") for row in rows if row.split == which]


def _locate(row: Row, places: list[Path]) -> Files:
    return Files(
        video=_first(places, "raw_videos", [f"{base}.mp4" for base in _bases(row)]),
        frames=_five(places, "visual_frames", row),
        sound=_first(places, "audio_wav", [f"{base}.wav" for base in _bases(row)]),
        masks=_five(places, "gt_masks", row),
    )


def _bases(row: Row) -> Iterator[str]:
    """Where a clip may lie below a folder of its kind, most official first."""
    for parts in ((row.split, row.category), (row.split,), (row.category,), ()):
        yield "/".join([part for part in parts if part] + [row.id])


def _five(places: list[Path], kind: str, row: Row) -> tuple[Path, ...]:
    patterns = [pattern for base in _bases(row) for pattern in _patterns(base, row.id)]
    for pattern in dict.fromkeys(patterns):
        names = [pattern.format(number) for number in FRAMES]
        found = [_first(places, kind, [name]) for name in names]
        if all(found):
            return tuple(found)
    return ()


def _patterns(base: str, name: str) -> tuple[str, ...]:
    folder, flat = base.replace("{", "{{"), name.replace("{", "{{")
    return (f"{folder}/{flat}_{{}}.png", f"{folder}/{flat}.mp4_{{}}.png", f"{folder}_{{}}.png")


def _first(places: list[Path], kind: str, names: list[str]) -> Path | None:
    paths = (place / kind / name for place in places for name in names)
    return next((path for path in paths if path.is_file()), None)


def _five_frames(frames: tuple[Path, ...], sound: Path) -> Clip:
    """Five pictures at their moments, with the sound of the clip."""
    first = read(frames[0], sound=sound)
    pictures = [resized(_picture(file), first.width, first.height, False) for file in frames]
    return replace(first, source=ArrayFrames(np.stack(pictures), TIMES_S), digest="")


def _picture(file: Path) -> np.ndarray:
    still = read_still(file, LIMITS)
    if still is None:
        raise MediaError(f'"{file}" is no picture that can be read. Unpack the set again.')
    return still[0]
