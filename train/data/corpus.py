"""What a folder or a URL of prepared shards holds: how many clips in each, and which are held out.

Held out are those whose ids have the smallest checksums: the same however the shards were cut. They
are a handful, and of all others no more than their number is kept in memory.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from heapq import nsmallest
from itertools import chain
from pathlib import Path
from zlib import crc32

from avsl.errors import MediaError, SettingError
from train.data import shards
from train.data.shard_making import Shard
from train.data.sounds import SUFFIXES
from train.data.store import MANIFEST, Local, Place, place_of

AT_ONCE = 16  # records that are asked for together


@dataclass(frozen=True)
class ShardFile:
    """One tar."""

    name: str
    clips: int
    bytes: int
    sha256: str = ""  # unknown where there is no manifest


@dataclass(frozen=True, order=True)
class HeldOut:
    """One clip that nothing is learned from."""

    checksum: int
    id: str
    shard: int
    row: int  # among the clips of the shard
    first: int = 0  # where it lies in the tar
    end: int = 0  # 0: unknown


@dataclass(frozen=True)
class Corpus:
    """Clips of shards."""

    place: Place
    shards: tuple[ShardFile, ...]
    held_out: tuple[HeldOut, ...]

    @property
    def clips(self) -> int:
        return sum(each.clips for each in self.shards)

    @cached_property
    def _held_rows(self) -> dict[int, list[int]]:
        rows: dict[int, list[int]] = {}
        for each in self.held_out:
            rows.setdefault(each.shard, []).append(each.row)
        return {shard: sorted(held) for shard, held in rows.items()}

    @property
    def counts(self) -> tuple[int, ...]:
        """Of each shard, clips to learn from."""
        held = self._held_rows
        return tuple(s.clips - len(held.get(number, ())) for number, s in enumerate(self.shards))

    def row(self, shard: int, number: int) -> int:
        """Among all clips of a shard, that one to learn from."""
        for held in self._held_rows.get(shard, ()):
            number += held <= number
        return number


def identity(text: str) -> str:
    """Of a folder or a URL: a text that is another one where there are other clips."""
    place = place_of(text)
    told = place.read(MANIFEST)
    if told is None and isinstance(place, Local):
        facts = ((each.name, each.stat()) for each in shards.tars(place.folder))
        told = repr([(name, each.st_size, each.st_mtime_ns) for name, each in facts]).encode()
    return sha256(told or b"").hexdigest()[:16]


def corpus(text: str, held_out: int) -> Corpus:
    """Of a folder or a URL; ``held_out`` clips at most are set aside.

    Raises :class:`avsl.errors.AvslError` where it is not what ``train.data.prepare`` leaves.
    """
    place = place_of(text)
    manifest = place.read(MANIFEST)
    if manifest is None and not isinstance(place, Local):
        raise SettingError(
            f"There is no {MANIFEST} at {text}. Let python -m train.data.prepare come to its end."
        )
    files: list[ShardFile] = []
    held: list[HeldOut] = []
    for file, some in _of_tars(place) if manifest is None else _of_manifest(place, manifest):
        files.append(file)
        held = nsmallest(held_out, chain(held, some))
    return Corpus(place, tuple(files), tuple(held))


Found = tuple[ShardFile, Iterable[HeldOut]]


def _of_manifest(place: Place, manifest: bytes) -> Iterator[Found]:
    told = [
        ShardFile(each["file"], each["clips"], each["bytes"], each["sha256"])
        for each in json.loads(manifest)["shards"]
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        records = pool.map(lambda each: place.read(f"{Path(each.name).stem}.json"), told)
        for number, (file, data) in enumerate(zip(told, records, strict=True)):
            record = Shard.of_json(data)
            if isinstance(place, Local) and place.size(file.name) != file.bytes:
                raise MediaError(f'"{place.folder / file.name}" is not whole. Prepare it again.')
            if record is not None and record.sha256 == file.sha256:
                yield file, _recorded(number, record)
            elif isinstance(place, Local):  # of an older prepare
                yield _of_tar(place.folder / file.name, number, file.sha256)
            else:
                raise MediaError(f"The record of {file.name} at {place} is missing. Prepare again.")


def _recorded(number: int, record: Shard) -> Iterator[HeldOut]:
    first = 0
    for row, (name, end) in enumerate(zip(record.written, record.ends, strict=True)):
        yield HeldOut(crc32(name.encode()), name, number, row, first, end)
        first = end


def _of_tars(place: Local) -> Iterator[Found]:
    """Shards that came without a manifest."""
    for number, tar in enumerate(shards.tars(place.folder)):
        yield _of_tar(tar, number, "")


def _of_tar(tar: Path, number: int, checksum: str) -> Found:
    names = [name for name, _ in usable(tar)]
    file = ShardFile(tar.name, len(names), tar.stat().st_size, checksum)
    clips = (HeldOut(crc32(n.encode()), n, number, row) for row, n in enumerate(names))
    return file, clips


def usable(tar: Path) -> tuple[tuple[str, shards.Sample], ...]:
    """The samples of a shard with picture and sound, with their ids in their order."""
    facts = tar.stat()
    return _usable(tar, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=256)
def _usable(tar: Path, *version: int) -> tuple[tuple[str, shards.Sample], ...]:
    return tuple(
        (name, sample)
        for name, sample in shards.samples(tar).items()
        if ".jpg" in sample and not sample.keys().isdisjoint(SUFFIXES)
    )
