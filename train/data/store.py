"""A folder of shards, on this disk or anywhere that fsspec reaches: ``s3://``, ``gs://``, ...

A name in it is given to a whole file at once and never to a part of one, so that whoever finds a
name finds all of it, also after a kill.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import fsspec

from avsl.errors import SettingError, StorageError

MANIFEST = "manifest.json"  # comes last: it tells of all that is there
PART = ".part"  # ends the names of what is not whole
# A put is seen as a whole or not at all there; elsewhere a file is put by another name, then moved.
WHOLE_PUTS = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"}


def is_remote(place: str) -> bool:
    """Whether it is a URL of something else than this disk."""
    return "://" in place and not place.startswith(("file://", "local://"))


def place_of(text: str) -> "Place":
    """Raises :class:`SettingError` for a URL of a kind that cannot be used here."""
    if not is_remote(text):
        return Local(Path(text.partition("://")[2] or text))
    try:
        files, root = fsspec.core.url_to_fs(text)
    except (ImportError, ValueError) as error:
        raise SettingError(f"{text} cannot be used: {error}") from error
    return Remote(text, files, root.rstrip("/"))


class Place:
    """Files by name."""

    shared: bool  # whether other processes see it

    def read(self, name: str) -> bytes | None:
        """None where there is no such file."""
        raise NotImplementedError

    def size(self, name: str) -> int | None:
        """In bytes; None where there is no such file."""
        raise NotImplementedError

    def part(self, name: str, scratch: Path) -> Path:
        """Where to make the file to put under ``name``; ``scratch``: a temporary folder."""
        raise NotImplementedError

    def put(self, part: Path, name: str) -> None:
        """A whole local file, which is gone afterwards."""
        raise NotImplementedError

    def delete(self, name: str) -> None:
        """Whether it is there or not."""
        raise NotImplementedError

    def fetch(self, name: str, path: Path) -> None:
        """A local copy."""
        raise NotImplementedError

    def stretch(self, name: str, first: int, end: int) -> bytes:
        """Bytes ``first`` to ``end`` of a file."""
        raise NotImplementedError

    def write(self, name: str, data: bytes) -> None:
        """A small file."""
        with tempfile.TemporaryDirectory() as folder:
            part = self.part(name, Path(folder))
            part.write_bytes(data)
            self.put(part, name)


@dataclass(frozen=True)
class Local(Place):
    """A folder on this disk."""

    folder: Path
    shared = True

    def __str__(self) -> str:
        return str(self.folder)

    def read(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def size(self, name: str) -> int | None:
        path = self.folder / name
        return path.stat().st_size if path.is_file() else None

    def part(self, name: str, scratch: Path) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{name}{PART}"

    def put(self, part: Path, name: str) -> None:
        part.replace(self.folder / name)

    def delete(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def fetch(self, name: str, path: Path) -> None:
        shutil.copyfile(self.folder / name, path)

    def stretch(self, name: str, first: int, end: int) -> bytes:
        with open(self.folder / name, "rb") as file:
            file.seek(first)
            return file.read(end - first)


@dataclass(frozen=True)
class Remote(Place):
    """A file system of fsspec and a folder of it."""

    url: str
    files: fsspec.AbstractFileSystem
    root: str

    def __str__(self) -> str:
        return self.url

    @property
    def shared(self) -> bool:
        return "memory" not in self._protocols

    @property
    def _protocols(self) -> set[str]:
        protocol = self.files.protocol
        return {protocol} if isinstance(protocol, str) else set(protocol)

    def read(self, name: str) -> bytes | None:
        with _told(self.url), _missing():
            return self.files.cat_file(self._at(name))
        return None

    def size(self, name: str) -> int | None:
        with _told(self.url), _missing():
            return self.files.info(self._at(name), refresh=True)["size"]
        return None

    def part(self, name: str, scratch: Path) -> Path:
        return scratch / name

    def put(self, part: Path, name: str) -> None:
        at = self._at(name)
        with _told(self.url):
            if self._protocols & WHOLE_PUTS:
                self.files.put_file(str(part), at)
            else:
                self.files.makedirs(self.root, exist_ok=True)
                self.files.put_file(str(part), at + PART)
                self.files.mv(at + PART, at)
            self.files.invalidate_cache(self.root)
        part.unlink()

    def delete(self, name: str) -> None:
        with _told(self.url), _missing():
            self.files.rm_file(self._at(name))

    def fetch(self, name: str, path: Path) -> None:
        with _told(self.url):
            self.files.get_file(self._at(name), str(path))

    def stretch(self, name: str, first: int, end: int) -> bytes:
        with _told(self.url):
            return self.files.cat_file(self._at(name), start=first, end=end)

    def _at(self, name: str) -> str:
        return f"{self.root}/{name}"


@contextmanager
def _missing() -> Iterator[None]:
    """No file of that name is an answer."""
    try:
        yield
    except FileNotFoundError:
        return


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Trouble with a far place as a sentence."""
    try:
        yield
    except Exception as error:  # every file system of fsspec has kinds of its own
        text = str(error) or type(error).__name__
        raise StorageError(f"{url} could not be read or written: {text}") from error
