"""Where people keep these sets: annotation files, and pictures and sounds by the id of a clip."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from avsl.errors import MediaError
from avsl.media.endings import PICTURES, SOUNDS, VIDEOS, taken
from train.data.listed import AnnotationError, Moment
from train.data.media import Protocol, of_picture, of_video
from train.data.shards import Sample, index, unpacked

ANNOTATIONS = ("annotations", "metadata", "")  # below the data root
VIDEO_FOLDERS = ("videos", "video", "")
PICTURE_FOLDERS = ("frames", "extend_frames", "images", "VGGSound_img", "visual_frames")
SOUND_FOLDERS = ("audio", "extend_audio", "audio_wav", "wav", "VGGSound_aud")
SHARD_FOLDERS = ("shards", "")
MIDDLE_FRAME = "image_050.jpg"  # SSLalignment: ten frames a second, a folder a clip

_SECONDS = re.compile(r"(.{11})_(\d{1,6})")  # ID_000030
_RANGE = re.compile(r"(.{11})_(\d+)_(\d+)")  # ID_30000_40000 (ms) or ID_30_40 (s)


def annotation(root: Path, name: str, upstream: str, folders: Iterable[str] = ()) -> Path:
    """The annotation file ``name`` ("lvs/vggss.json", or without its folder) below ``root``.

    Raises :class:`AnnotationError` that says where upstream has it.
    """
    for folder in (*ANNOTATIONS, *folders):
        for each in (name, Path(name).name):
            if (root / folder / each).is_file():
                return root / folder / each
    raise AnnotationError(
        f'The annotations "{Path(name).name}" are missing: put them at '
        f"{root / 'annotations' / name}. They are in {upstream}."
    )


def below(root: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """The folders of these names that exist below ``root``, then ``root`` itself."""
    seen: dict[tuple[int, int], Path] = {}  # by inode: some disks do not tell "Test" from "test"
    for folder in (*(root / name for name in names), root):
        if folder.is_dir():
            seen.setdefault((folder.stat().st_dev, folder.stat().st_ino), folder)
    return tuple(seen.values())


def vggsound_key(stem: str) -> str:
    """Any of VGGSound's names of a clip -> the one the annotations use, ``ID_000030``.

    ``ID_30000_40000`` is in milliseconds, ``ID_30_40`` in seconds: each lasts ten seconds.
    """
    if found := _RANGE.fullmatch(stem):
        start, end = int(found[2]), int(found[3])
        return f"{found[1]}_{start // 1000 if end - start > 1000 else start:06d}"
    if found := _SECONDS.fullmatch(stem):
        return f"{found[1]}_{int(found[2]):06d}"
    return stem


@dataclass(frozen=True, eq=False)
class Store:
    """Pictures and sounds by id, wherever they were found; the first place found counts."""

    videos: dict[str, Path] = field(default_factory=dict)
    pictures: dict[str, Path] = field(default_factory=dict)
    sounds: dict[str, Path] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)  # of prepared shards

    def has(self, picture: str, sound: str | None = None) -> bool:
        """Whether the picture of one clip and the sound of another (None: its own) are there."""
        return self._seen(picture) and self._heard(sound or picture)

    def files(self, picture: str, sound: str | None = None) -> tuple[Path, ...]:
        """What :meth:`open` would read, shards left out."""
        heard = sound or picture
        if picture in self.videos:
            own = heard == picture
            other = self.sounds.get(heard) or self.videos.get(heard)
            return tuple(file for file in (self.videos[picture], None if own else other) if file)
        places = (self.pictures.get(picture), self.sounds.get(heard) or self.videos.get(heard))
        return tuple(file for file in places if file)

    def open(self, picture: str, sound: str | None, protocol: Protocol) -> Moment:
        """The picture of one clip with the sound of another (None: its own)."""
        heard = sound or picture
        if picture in self.videos:
            if heard == picture:
                return of_video(self.videos[picture], None, protocol)
            with self._sound(heard) as file:
                return of_video(self.videos[picture], file, protocol)
        with self._picture(picture) as seen, self._sound(heard) as file:
            return of_picture(seen, file, protocol)

    def _seen(self, name: str) -> bool:
        return any(name in place for place in (self.videos, self.pictures, self.samples))

    def _heard(self, name: str) -> bool:
        return any(name in place for place in (self.videos, self.sounds, self.samples))

    def _picture(self, name: str):
        return unpacked(self.pictures.get(name), self.samples.get(name), PICTURES)

    def _sound(self, name: str):
        file = self.sounds.get(name) or self.videos.get(name)
        return unpacked(file, self.samples.get(name), SOUNDS)


def store(
    folders: Iterable[Path], key: Callable[[str], str] = str, with_videos: bool = True
) -> Store:
    """Look through set folders for videos, extracted pictures and sounds, and prepared shards.

    ``key`` turns a file's stem into the id of the annotations.
    """
    found = Store()
    for folder in folders:
        if with_videos:
            _collect(found.videos, _files(folder, VIDEO_FOLDERS, VIDEOS), key)
        _collect(found.pictures, _pictures(folder), key)
        _collect(found.sounds, _files(folder, SOUND_FOLDERS, SOUNDS), key)
        for each in SHARD_FOLDERS:
            for name, sample in index(folder / each).items():
                found.samples.setdefault(key(name), sample)
    return found


def videos(folder: Path, key: Callable[[str], str] = str) -> dict[str, Path]:
    """The videos of one folder (not below it) by id."""
    if not folder.is_dir():
        raise MediaError(f'There is no folder "{folder}". Name the one that holds the videos.')
    found: dict[str, Path] = {}
    _collect(found, _files(folder, ("",), VIDEOS), key)
    return found


def _collect(found: dict[str, Path], files: Iterator[Path], key: Callable[[str], str]) -> None:
    for file in files:
        found.setdefault(key(file.stem if file.is_file() else file.name), _inside(file))


def _files(folder: Path, names: Iterable[str], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        if (folder / name).is_dir():
            files = taken(sorted((folder / name).iterdir()), folder / name, suffixes)
            yield from (file for file in files if file.is_file())


def _pictures(folder: Path) -> Iterator[Path]:
    yield from _files(folder, PICTURE_FOLDERS, PICTURES)
    for name in PICTURE_FOLDERS:  # a folder a clip that holds its middle frame
        if (folder / name).is_dir():
            clips = sorted((folder / name).iterdir())
            yield from (clip for clip in clips if (clip / MIDDLE_FRAME).is_file())


def _inside(file: Path) -> Path:
    return file if file.is_file() else file / MIDDLE_FRAME
