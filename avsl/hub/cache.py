"""huggingface_hub's cache: what of a source lies there, and whether it is genuine."""

import hashlib
import json
import os
import re
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache

from avsl.hub.source import Source
from avsl.progress import Progress
from avsl.transfer import Remote, UnusableError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def cached(source: Source) -> Path | None:
    """The file in huggingface_hub's cache, unverified."""
    found = try_to_load_from_cache(
        source.repo, source.file, revision=source.revision, repo_type=source.repo_type
    )
    return Path(found) if isinstance(found, str) else None


def repo_folder(source: Source) -> Path:
    """The repository's folder in the cache, as huggingface_hub names it."""
    name = "--".join([f"{source.repo_type}s", *source.repo.split("/")])
    return Path(constants.HF_HUB_CACHE).expanduser() / name


def lock(source: Source, remote: Remote) -> Path:
    """The lock of one content, beside huggingface_hub's own."""
    folder = repo_folder(source)
    return folder.parent / ".locks" / folder.name / f"{remote.etag}.avsl.lock"


def digest(path: Path, progress: Progress) -> str:
    """The file's sha256 in hexadecimal."""
    progress(1.0, f"checking {path.name}")
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(source: Source, path: Path, progress: Progress) -> None:
    """Compare with the pinned, the recorded and the announced checksum; remove a bad file.

    Raises ``UnusableError``. What is seen for the first time is recorded.
    """
    found = digest(path, progress)
    recorded = _recorded(source)
    expectations = (
        (source.sha256, "its checksum is not the expected one"),
        (_announced_digest(path), "its file is damaged (the checksum differs)"),
        (
            recorded.get(_record_key(source)),
            "its file differs from the one first used here; if you trust the change, "
            f"delete {_record_file(source)}",
        ),
    )
    for expected, complaint in expectations:
        if expected and found != expected:
            remove(path)
            raise UnusableError(f"{complaint}; it was removed")
    if _record_key(source) not in recorded:
        _record(source, found)


def _announced_digest(path: Path) -> str | None:
    """The sha256 that large files have as their blob's name; one step only, see shared blobs."""
    name = path.readlink().name if path.is_symlink() else ""
    return name if _SHA256.fullmatch(name) else None


def remove(path: Path) -> None:
    """Take a file out of the cache: the snapshot's entry and the blob behind it."""
    behind = path.parent / path.readlink() if path.is_symlink() else path
    for place in (behind.resolve(), behind, path):
        place.unlink(missing_ok=True)


def _record_file(source: Source) -> Path:
    return repo_folder(source) / "avsl-sha256.json"


def _record_key(source: Source) -> str:
    return f"{source.revision or 'main'}/{source.file}"


def _recorded(source: Source) -> dict[str, str]:
    """revision/file -> sha256 as first used on this machine; an unreadable record is no record."""
    try:
        record = json.loads(_record_file(source).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _record(source: Source, digest: str) -> None:
    """Remember ``digest``; a cache that is read-only stays as it is."""
    record = {**_recorded(source), _record_key(source): digest}
    file = _record_file(source)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        fresh.write_text(json.dumps(record, indent=1), encoding="utf-8")
        fresh.replace(file)
    except PermissionError:
        return
