"""Disk trouble as sentences."""

import errno
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
    errno.EROFS: "the disk is read-only",
}


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn the system's errors about ``folder`` into a :class:`StorageError` that says why."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        raise StorageError(
            f"The result could not be written to {folder}: {_REASONS[error.errno]}. "
            "Free some space or choose another folder."
        ) from error


def require_free_disk(folder: Path, needed_bytes: int = LIMITS.min_free_disk_bytes) -> None:
    """Raise :class:`StorageError` unless ``folder``'s disk has ``needed_bytes`` left."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        raise StorageError(
            f"Only {free / 1e6:.0f} MB are free at {existing}; "
            f"{needed_bytes / 1e6:.0f} MB are needed. Free some space or choose another folder."
        )
