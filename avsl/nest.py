"""The app's folder for files: gone when the app ends, and what a killed one left is swept away.

A lock in the folder is held as long as the app lives, and the system lets go of it however the app
ends. So a folder whose lock can be had belongs to nobody, also where two apps share a machine and
whatever number a process has.
"""

import atexit
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX, UNFINISHED = "avsl-", ".avsl-new-"
LOCK = ".avsl-app.lock"
CLEARING_S = 2.0  # how long a folder is cleared into which something still writes
UNFINISHED_S = 3600.0  # older than this, an app that was about to begin never did


@contextmanager
def nest() -> Iterator[Path]:
    """A fresh folder below the system's temporary one; sweeps before.

    It is cleared again at the very end of the process, if this was called before what is used in it
    was imported: a thread that is at work, say on an example, makes its folders anew.
    """
    parent = Path(tempfile.gettempdir())
    sweep(parent)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=parent))
    lock = FileLock(unfinished / LOCK)
    lock.acquire()  # before the folder has a name that others look for
    root = parent / f"{PREFIX}{secrets.token_hex(6)}"
    unfinished.rename(root)
    atexit.register(_clear, root)  # the first to register is the last to be called
    try:
        yield root
    finally:
        _clear(root)
        lock.release(force=True)


def _clear(folder: Path) -> None:
    deadline = time.monotonic() + CLEARING_S
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path) -> list[str]:
    """Delete what killed apps left in ``parent``; their folders' names."""
    swept = []
    for pattern in (f"{PREFIX}*", f"{UNFINISHED}*"):
        for folder in parent.glob(pattern):
            if _is_ours(folder) and _abandoned(folder):
                swept.append(folder.name)
    return swept


def _is_ours(folder: Path) -> bool:
    """A folder of an app of this user; never a link, which may lead anywhere."""
    try:
        mine = not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid()
    except OSError:
        return False
    if not mine or folder.is_symlink() or not folder.is_dir():
        return False
    if folder.name.startswith(UNFINISHED):
        return time.time() - folder.lstat().st_mtime > UNFINISHED_S
    return (folder / LOCK).is_file()


def _abandoned(folder: Path) -> bool:
    """Whether its app is gone; then it goes too."""
    try:
        with FileLock(folder / LOCK, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
    except (Timeout, OSError):
        return False
    return True
