"""A clip of a corpus as a :class:`Clip`: from its file, out of a shard, or fetched from a URL."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from avsl.clip import Clip
from avsl.corpus.needs import needed
from avsl.corpus.sources import Source, is_url
from avsl.errors import AvslError, LimitError, MediaError
from avsl.media import read
from avsl.settings import LIMITS


@contextmanager
def opened(source: Source, scratch: Path) -> Iterator[Clip]:
    """The clip; its frames can be had until this is left. Raises ``MediaError`` and others.

    Copies lie in ``scratch`` meanwhile: a folder that is swept, for a kill leaves them there.
    """
    names = [name for name in (source.media, source.sound) if name]
    if not source.pieces and not any(map(is_url, names)):
        yield read(*map(Path, names))
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        if source.pieces:
            files = _unpacked(source, Path(folder))
        else:
            files = [_local(name, Path(folder) / str(place)) for place, name in enumerate(names)]
        yield read(*files)


def _unpacked(source: Source, folder: Path) -> list[Path]:
    stem, files = PurePosixPath(source.id).name, []
    try:
        with open(source.media, "rb") as shard:
            for piece in source.pieces:
                shard.seek(piece.offset)
                files.append(folder / f"{stem}{piece.suffix}")
                files[-1].write_bytes(shard.read(piece.size))
    except OSError as error:
        raise MediaError(f'"{source.path}" cannot be taken out of its shard: {error}.') from error
    return files


def _local(name: str, folder: Path) -> Path:
    """The file itself, or a copy of what a URL gives, in ``folder``."""
    if not is_url(name):
        return Path(name)
    folder.mkdir()
    file = folder / (PurePosixPath(name).name or "clip")
    try:
        with needed("fsspec").open(name, "rb") as remote, open(file, "wb") as local:
            shutil.copyfileobj(_Bounded(remote, name), local)
    except AvslError:
        raise
    except Exception as error:  # each kind of store has errors of its own
        raise MediaError(f'"{name}" cannot be fetched: {type(error).__name__}: {error}') from error
    return file


class _Bounded:
    """Reads on until there is more than a file may have."""

    def __init__(self, remote, name: str) -> None:
        self._remote, self._name, self._left = remote, name, LIMITS.max_file_bytes

    def read(self, count: int) -> bytes:
        block = self._remote.read(count)
        self._left -= len(block)
        if self._left < 0:
            raise LimitError(
                f'"{self._name}" has more than {LIMITS.max_file_bytes / 1e6:.0f} MB, which is all '
                "that can be read. Cut or compress it."
            )
        return block
