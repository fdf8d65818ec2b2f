"""Disk trouble as sentences."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avsl.errors import StorageError
from avsl.settings import LIMITS

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "writing there is not allowed",
    errno.EPERM: "writing there is not allowed",
    errno.EFBIG: "the file is too large for the disk or for what is allowed",
    errno.EROFS: "the disk is read-only",
    errno.ENOTDIR: "a part of that path is a file",
    errno.EEXIST: "a file has that name",
    errno.EISDIR: "a folder has that name",
    errno.ENAMETOOLONG: "the name is too long",
}


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn the system's errors about ``folder`` into a :class:`StorageError` that says why."""
    try:
        yield
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError):  # of no disk
            raise
        reason = _REASONS.get(error.errno) or os.strerror(error.errno)
        raise StorageError(
            f"The result could not be written to {folder}: {reason}. "
            "Free some space or choose another folder."
        ) from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place to write what is to be ``path``, a file or a folder: it takes that name when the
    block ends well, and goes otherwise.

    So whoever finds ``path`` finds all of it, also after a kill or a power cut. The place has the
    same ending, since some writers go by that.
    """
    place = path.with_name(f".{path.stem[:100]}-{secrets.token_hex(6)}{path.suffix}")
    try:
        yield place
        if place.is_dir():
            if path.exists():
                _remove(path)  # no system swaps two folders
        else:
            _to_disk(place)
        place.replace(path)
    finally:
        _remove(place)


def _to_disk(file: Path) -> None:
    """Wait until the disk has it: else a name may outlive a power cut and its content not."""
    with open(file, "rb+") as written:
        os.fsync(written.fileno())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def require_free_disk(folder: Path, needed_bytes: int = LIMITS.min_free_disk_bytes) -> None:
    """Raise :class:`StorageError` unless ``folder``'s disk has ``needed_bytes`` left."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        raise StorageError(
            f"Only {free / 1e6:.0f} MB are free at {existing}; "
            f"{needed_bytes / 1e6:.0f} MB are needed. Free some space or choose another folder."
        )
