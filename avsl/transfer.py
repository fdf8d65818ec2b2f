"""The bytes of one announced file: fetched over HTTP, resumable, one download at a time."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from huggingface_hub import constants, get_session, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError, HTTPError
from huggingface_hub.utils import WeakFileLock, build_hf_headers

from avsl.progress import Progress
from avsl.settings import LIMITS
from avsl.storage import require_free_disk

REPORT_BYTES = 1 << 18  # progress (and the chance to cancel) comes this often
FRUITLESS_TRIES = 3  # connections in a row without a new byte before the source is given up
RETRY_WAIT_S = 0.5


class UnusableError(OSError):
    """A source answers, but what it has cannot be used; the text says why."""


class CutShortError(UnusableError):
    """The answer ended in good order before the file did."""


@dataclass(frozen=True)
class Remote:
    """What the Hub announces about a file."""

    name: str  # the file's own
    url: str  # of this very commit
    etag: str  # names the content: git-sha1, or sha256 for large files
    size_bytes: int | None


def receive(remote: Remote, blob: Path, lock: Path, progress: Progress) -> None:
    """Bring ``remote`` to ``blob``, going on where an earlier call stopped.

    ``lock`` keeps other threads and processes away. Raises :class:`UnusableError`,
    :class:`StorageError` when the disk is too full, the HTTP client's errors, and whatever
    ``progress`` raises; what has arrived stays beside ``blob``.
    """
    partly = blob.with_name(f"{blob.name}.avsl.incomplete")
    blob.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(lock, remote.name, progress):
        if blob.exists():
            return
        missing_bytes = max((remote.size_bytes or 0) - _size(partly), 0)
        require_free_disk(blob.parent, missing_bytes + LIMITS.min_free_disk_bytes)
        _download(remote, partly, _meter(remote.name, remote.size_bytes, progress))
        partly.replace(blob)


@contextmanager
def _one_at_a_time(lock: Path, name: str, progress: Progress) -> Iterator[None]:
    """Hold ``lock``; ``progress`` may cancel the wait for another download."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(WeakFileLock(lock, timeout=0.5))
                break
            except TimeoutError:
                progress(0.0, f"waiting for another download of {name}")
        yield


def _download(remote: Remote, partly: Path, report: Callable[[int], None]) -> None:
    """Fill ``partly``, going on where it ends; lost connections are taken up again."""
    fruitless = 0
    while True:
        before_bytes = _size(partly)
        try:
            return _stream(remote, partly, report)
        except (HTTPError, CutShortError) as error:
            fruitless = fruitless + 1 if _size(partly) <= before_bytes else 0
            if fruitless >= FRUITLESS_TRIES or not _may_pass(error):
                raise
            report(_size(partly))
            time.sleep(RETRY_WAIT_S)


def _stream(remote: Remote, partly: Path, report: Callable[[int], None]) -> None:
    """One connection: append what is missing to ``partly``."""
    start_bytes = _size(partly)
    if start_bytes and start_bytes == remote.size_bytes:
        return
    wanted = {"Accept-Encoding": "identity"}
    if start_bytes:
        wanted["Range"] = f"bytes={start_bytes}-"
    headers = build_hf_headers(library_name="avsl", headers=wanted)
    timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", remote.url, headers=headers, timeout=timeout_s) as response:
        if response.status_code == 416:  # what is here goes beyond what the server has
            partly.unlink(missing_ok=True)
        hf_raise_for_status(response)
        resumed = response.headers.get("Content-Range", "").startswith(f"bytes {start_bytes}-")
        with open(partly, "ab" if resumed else "wb") as file:  # without a range it starts anew
            _write(response.iter_bytes(), file, remote.size_bytes, report)


def _write(
    chunks: Iterator[bytes], file: BinaryIO, size_bytes: int | None, report: Callable[[int], None]
) -> None:
    """Append ``chunks``; raises ``CutShortError`` or, for too many bytes, ``UnusableError``."""
    report(file.tell())
    for chunk in chunks:
        if file.tell() + len(chunk) > (size_bytes or LIMITS.max_weights_bytes):
            file.truncate(0)
            raise UnusableError("the server sends more than it announced")
        file.write(chunk)
        report(file.tell())
    if size_bytes is not None and file.tell() < size_bytes:
        raise CutShortError("the connection ended before the file did")


def _meter(name: str, size_bytes: int | None, progress: Progress) -> Callable[[int], None]:
    """Turns a count of bytes into calls of ``progress``, not more often than worth it."""
    reported_bytes: int | None = None

    def report(arrived_bytes: int) -> None:
        nonlocal reported_bytes
        step = arrived_bytes - (reported_bytes or 0)
        if reported_bytes is not None and 0 < step < REPORT_BYTES and arrived_bytes != size_bytes:
            return
        reported_bytes = arrived_bytes
        fraction = arrived_bytes / size_bytes if size_bytes else 0.0
        progress(fraction, f"downloading {name} ({_megabytes(arrived_bytes, size_bytes)})")

    return report


def _megabytes(arrived_bytes: int, size_bytes: int | None) -> str:
    """ "12 of 29 MB"; a decimal for small files, no total where none was announced."""
    digits = 0 if (size_bytes or 0) >= 10e6 else 1
    total = f" of {size_bytes / 1e6:.{digits}f}" if size_bytes else ""
    return f"{arrived_bytes / 1e6:.{digits}f}{total} MB"


def _size(path: Path) -> int:
    """Bytes in the file; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def _may_pass(error: Exception) -> bool:
    """Whether asking again can help: a lost connection or a busy server, not a refusal."""
    if not isinstance(error, HfHubHTTPError):
        return True
    status = error.response.status_code
    return status in (408, 416, 429) or status >= 500
