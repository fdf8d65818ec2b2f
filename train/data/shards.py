"""Prepared shards: tar files of ``ID.jpg, ID.flac, ID.json`` as WebDataset names them."""

import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from avsl.errors import MediaError
from avsl.media.endings import is_of_system, taken


@dataclass(frozen=True)
class Piece:
    """Where the bytes of one member lie."""

    shard: Path
    offset: int
    size: int

    def read(self) -> bytes:
        with open(self.shard, "rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


Sample = dict[str, Piece]  # by suffix, ".jpg", ".flac", ...


def index(folder: Path) -> dict[str, Sample]:
    """All samples of the shards in a folder, by id; nothing is unpacked.

    An unfinished shard (``.part``) is not looked at. Raises :class:`MediaError` for a broken one.
    """
    found: dict[str, Sample] = {}
    for shard in tars(folder):
        for name, sample in samples(shard).items():
            found.setdefault(name, {}).update(sample)
    return found


def tars(folder: Path) -> list[Path]:
    """The shards in a folder, in their order; none where there is no folder."""
    return taken(sorted(folder.glob("*.tar")), folder, (".tar",))


def samples(shard: Path) -> dict[str, Sample]:
    """Those of one shard, by id in their order. Raises :class:`MediaError` for a broken one."""
    found: dict[str, Sample] = {}
    for member in _members(shard):
        path = PurePosixPath(member.name)
        name, _, suffix = path.name.partition(".")
        piece = Piece(shard, member.offset_data, member.size)
        found.setdefault(name, {})[f".{suffix.lower()}"] = piece
    return found


def _members(shard: Path) -> list[tarfile.TarInfo]:
    try:
        with tarfile.open(shard, "r:") as tar:
            return [each for each in tar if each.isfile() and not is_of_system(each.name)]
    except (tarfile.TarError, OSError) as error:
        raise MediaError(
            f'The shard "{shard}" is cut off or damaged. Delete it and prepare it again.'
        ) from error


def contents(tar: bytes) -> dict[str, bytes]:
    """Of a stretch of a shard that holds one sample: its members by suffix."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as files:
        for member in files:
            suffix = PurePosixPath(member.name).name.partition(".")[2]
            found[f".{suffix.lower()}"] = files.extractfile(member).read()
    return found


@contextmanager
def unpacked(file: Path | None, sample: Sample | None, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """A plain file as it is, or a member of a shard as a temporary file."""
    if file is not None:
        yield file
        return
    suffix = next((suffix for suffix in suffixes if suffix in (sample or {})), None)
    if suffix is None:
        raise MediaError(f"A sample of a shard lacks its {suffixes[0]} file. Prepare it again.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{sample[suffix].shard.stem}{suffix}"
        path.write_bytes(sample[suffix].read())
        yield path


def write_samples(
    path: Path, samples: Iterable[tuple[str, Iterable[tuple[str, bytes]]]]
) -> dict[str, int]:
    """A tar of samples, each an id and named bytes; where each sample ends in it, by id.

    The same bytes for the same samples on any machine and day.
    """
    ends = {}
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, members in samples:
            for member, data in members:
                info = tarfile.TarInfo(member)  # time 0, owner 0
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            ends[name] = tar.offset
    return ends


def write(path: Path, members: Iterator[tuple[str, bytes]]) -> None:
    """A tar of named bytes."""
    write_samples(path, [("", members)])
