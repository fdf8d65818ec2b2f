"""Shards on this disk: where they are, or fetched from a URL shortly before they are needed.

A fetched shard lies in a folder that all processes of a machine share. Whoever needs one first
fetches it, under a lock, and it takes its name only when its checksum is that of the manifest; when
there is no more room, those go that were not needed for longest. So a machine holds the shards of
the present stretch of an epoch and a few ahead, however many there are.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from avsl.checksum import sha256_of
from avsl.errors import AvslError, SettingError, StorageError
from avsl.storage import storage_errors
from train.data.corpus import Corpus, ShardFile
from train.data.store import PART, Local, Place

TRIES = 5
FIRST_PAUSE_S = 1.0  # after a fetch that failed; twice as long after each further one
AT_ONCE = 4  # fetches ahead in each process

log = logging.getLogger(__name__)


class Files(Protocol):
    """Shards by number."""

    def path(self, shard: int) -> Path:
        """A local file with all of it; call it anew for each use."""
        ...

    def expect(self, shards: Iterable[int]) -> None:
        """These are needed soon."""
        ...


class InPlace:
    """Shards of a folder."""

    def __init__(self, folder: Path, shards: tuple[ShardFile, ...]) -> None:
        self._folder, self._shards = folder, shards

    def path(self, shard: int) -> Path:
        return self._folder / self._shards[shard].name

    def expect(self, shards: Iterable[int]) -> None:
        """They are there."""


class Fetched:
    """Shards of a far place, kept in ``folder`` in at most ``room_bytes`` or little more."""

    def __init__(
        self, place: Place, shards: tuple[ShardFile, ...], folder: Path, room_bytes: int
    ) -> None:
        self._place, self._shards = place, shards
        self._folder, self._room_bytes = folder, room_bytes
        self._ahead: _Ahead | None = None

    def path(self, shard: int) -> Path:
        """Raises :class:`StorageError` where it cannot be had."""
        path = self._path(shard)
        with suppress(FileNotFoundError):
            os.utime(path)  # which tells when it was needed last
            return path
        with storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock"):
                if not path.is_file():
                    self._fetch(self._shards[shard], path)
        return path

    def require_room(self, shards: Iterable[int]) -> None:
        """Raises :class:`SettingError` where these, in use at once, do not all fit."""
        wanted = sum(self._shards[shard].bytes for shard in shards)
        if wanted > self._room_bytes:
            raise SettingError(
                f"{wanted / 1e9:.2f} GB of shards are in use at once on a machine: cache_gb "
                f"({self._room_bytes / 1e9:.2f}) has to be more. Smaller shards need less."
            )

    def expect(self, shards: Iterable[int]) -> None:
        if self._ahead is None:
            self._ahead = _Ahead(self._try)
        self._ahead.want([shard for shard in shards if not self._path(shard).is_file()])

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_ahead": None}  # threads stay where they are

    def _path(self, shard: int) -> Path:
        file = self._shards[shard]
        return self._folder / f"{Path(file.name).stem}-{file.sha256[:16]}.tar"

    def _try(self, shard: int) -> None:
        """Unless somebody else is at it; what goes wrong is told to whoever needs the shard."""
        path = self._path(shard)
        with suppress(Timeout, AvslError, OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock", timeout=0):
                if not path.is_file():
                    self._fetch(self._shards[shard], path)

    def _fetch(self, file: ShardFile, path: Path) -> None:
        """Again and again, as networks and stores have their moments."""
        pause_s = FIRST_PAUSE_S
        for left in reversed(range(TRIES)):
            try:
                return self._fetch_once(file, path)
            except AvslError as error:
                if not left:
                    raise StorageError(
                        f"The shard {file.name} could not be fetched in {TRIES} tries. {error} "
                        "Look whether it is there and can be reached, then go on with --resume."
                    ) from error
                log.warning("%s; trying again in %g s", error, pause_s)
            time.sleep(pause_s)
            pause_s *= 2
        return None

    def _fetch_once(self, file: ShardFile, path: Path) -> None:
        self._make_room(file.bytes)
        part = path.with_name(path.name + PART)
        try:
            self._place.fetch(file.name, part)
            if sha256_of(part) != file.sha256:
                raise StorageError(f"{file.name} is not the one that the manifest tells of.")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _make_room(self, wanted: int) -> None:
        """Those that were not needed for longest go; who is reading one keeps what is open."""
        with FileLock(self._folder / "room.lock"):
            there = sorted((_facts(path) for path in self._folder.glob("*.tar*")), reverse=True)
            used = wanted
            for _, size, path in there:
                used += size
                if used > self._room_bytes and path.suffix == ".tar":
                    path.unlink(missing_ok=True)


class _Ahead:
    """Threads that fetch what is wanted, the first wanted first."""

    def __init__(self, fetch: Callable[[int], None]) -> None:
        self._fetch = fetch
        self._wanted: queue.Queue[int] = queue.Queue()
        self._known: set[int] = set()
        for _ in range(AT_ONCE):
            threading.Thread(target=self._run, daemon=True).start()

    def want(self, shards: Iterable[int]) -> None:
        for shard in shards:
            if shard not in self._known:
                self._known.add(shard)
                self._wanted.put(shard)

    def _run(self) -> None:
        while True:
            shard = self._wanted.get()
            self._fetch(shard)
            self._known.discard(shard)


def _facts(path: Path) -> tuple[float, int, Path]:
    """When it was needed last, and its size; nothing where it has just gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0.0, 0, path
    return found.st_mtime, found.st_size, path


def files_of(corpus: Corpus, cache: str, room_bytes: int) -> Files:
    """Where the shards of ``corpus`` are read from.

    Raises :class:`SettingError` where they have to be fetched and there is no ``cache``.
    """
    place = corpus.place
    if isinstance(place, Local):
        return InPlace(place.folder, corpus.shards)
    if not cache:
        raise SettingError(f"Shards of {place} are fetched into a folder: set cache.")
    return Fetched(place, corpus.shards, Path(cache) / "shards", room_bytes)
