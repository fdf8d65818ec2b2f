"""Published weights: found on this machine or downloaded from the Hub, and verified.

:func:`fetch` takes what is here, else tries ordered sources; :func:`find` only looks. What is
here means the by-hand folder first (``AVSL_WEIGHTS``, else ``~/.cache/avsl/weights``), then the
cache of huggingface_hub, which keeps its layout, its environment variables and its tools.

From 2.x on huggingface_hub deletes a download that stops half way. So the bytes travel by
:mod:`avsl.transfer`, which resumes, to the place where its cache wants them; ``hf_hub_download``
finds them there and does the rest.
"""

import hashlib
import json
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import validate_repo_id
from tqdm import tqdm

from avsl.errors import VariantError, WeightsError
from avsl.progress import Progress, no_progress, part
from avsl.settings import LIMITS
from avsl.storage import storage_errors
from avsl.transfer import Remote, UnusableError, receive

_SAFE_PART = re.compile(r'(?!\.+$)[^\\:*?"<>|\x00-\x1f~-][^\\:*?"<>|\x00-\x1f]*')
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPO_TYPES = ("model", "space", "dataset")
_COMMON_NAMES = {"model.safetensors", "pytorch_model.bin", "config.json"}  # say nothing alone


@dataclass(frozen=True)
class Source:
    """One place on the Hub where a file is published; pinned as far as it is known.

    Raises :class:`VariantError` for names that could leave their folder.
    """

    repo: str  # "owner/name"
    file: str  # path inside the repository, with forward slashes
    revision: str | None = None  # commit, tag or branch; None: main
    repo_type: str = "model"  # or "space", "dataset"
    sha256: str | None = None  # None: recorded on first use and required from then on

    def __post_init__(self) -> None:
        for text in (self.repo, self.file, self.revision or "main"):
            if not _is_safe(text):
                raise VariantError(f"{text!r} is refused: it is no plain name below a folder.")
        try:
            validate_repo_id(self.repo)
        except ValueError as error:
            raise VariantError(f"{self.repo!r} is no repository: write owner/name.") from error
        if self.repo_type not in _REPO_TYPES:
            raise VariantError(f"{self.repo_type!r} is none of {', '.join(_REPO_TYPES)}.")

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.file).name

    @property
    def command(self) -> str:
        """The shell command that puts the file where the by-hand folder is searched."""
        words = ["hf", "download", self.repo, self.file]
        words += ["--repo-type", self.repo_type] if self.repo_type != "model" else []
        words += ["--revision", self.revision] if self.revision else []
        return shlex.join([*words, "--local-dir", str(weights_folder() / self.repo)])


@dataclass(frozen=True)
class Fetched:
    """A folder on this machine with all files of a variant."""

    folder: Path
    note: str = ""  # what a user has to know of where it came from


def weights_folder() -> Path:
    """The folder for files put there by hand: ``AVSL_WEIGHTS`` or ``~/.cache/avsl/weights``."""
    if chosen := os.environ.get("AVSL_WEIGHTS"):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "avsl" / "weights"


def find(sources: Sequence[Source]) -> Path | None:
    """The file if it is on this machine already; no network, nothing is read or verified."""
    return _by_hand(sources) or next(filter(None, map(_cached, sources)), None)


def fetch(sources: Sequence[Source], purpose: str, progress: Progress = no_progress) -> Path:
    """The file's path on this machine, downloaded from the first source that has it, and verified.

    ``purpose`` completes the sentence of an error ("the sound encoder of ACL"). When ``progress``
    raises ``Cancelled``, what has arrived stays and the next call goes on from there.

    Raises :class:`WeightsError` when no source gives the file, or the one put there by hand is not
    the published one; :class:`StorageError` when the disk is too full.
    """
    if by_hand := _by_hand(sources):
        _verify_by_hand(sources, by_hand, progress)
        return by_hand
    assert sources, "a file without a source"
    reasons = []
    for obtain in (_from_cache, _from_hub):
        for source in sources:
            try:
                if path := obtain(source, progress):
                    return path
            except (HTTPError, OSError) as error:
                reasons.append((source.repo, _reason(error)))
    raise WeightsError(_how_to_get(sources[0], purpose, reasons))


def fetch_folder(
    repo: str,
    files: Sequence[str],
    progress: Progress = no_progress,
    revision: str | None = None,
) -> Fetched:
    """``files`` of one commit of a model repository: the newest of ``revision`` (None: main).

    Where the Hub cannot be asked, what was last fetched stands in, which the note says. Files put
    by hand are taken as they are. Raises as :func:`fetch`.
    """
    purpose, share = f"the variant {repo}", 1 / len(files)
    sources = [Source(repo, file, revision) for file in files]
    note = ""
    if not all(_by_hand([source]) for source in sources):
        commit, note = _commit(sources, purpose, progress)
        sources = [replace(source, revision=commit) for source in sources]
    paths = [
        fetch([source], purpose, part(progress, index * share, (index + 1) * share))
        for index, source in enumerate(sources)
    ]
    if sources[0].revision != revision:
        _remember(sources[0], revision or "main")
    return Fetched(paths[-1].parent, note)


def _commit(sources: Sequence[Source], purpose: str, progress: Progress) -> tuple[str, str]:
    """The commit to take ``sources`` from, and a note where the Hub could not be asked for it."""
    first = sources[0]
    cached = [_cached(source) for source in sources]
    here = cached[0].parent.name if all(cached) else ""
    if here and here == first.revision:  # a commit never changes
        return here, ""
    try:
        progress(0.0, f"looking for the newest {first.repo}")
        commit = _repo_commit(first)
    except (HTTPError, OSError) as error:
        why = _reason(error)
        if not here:
            raise WeightsError(_how_to_get(first, purpose, [(first.repo, why)])) from error
        return here, (
            f"{first.repo} could not be asked for a newer version ({why}); the one downloaded "
            f"before, {here[:7]}, is used."
        )
    return commit, ""


def _repo_commit(source: Source) -> str:
    """The commit that ``source.revision`` is now; one request."""
    url = hf_hub_url(source.repo, source.file, revision=source.revision)
    commit = get_hf_file_metadata(url, library_name="avsl").commit_hash or ""
    if not _is_safe(commit) or "/" in commit:
        raise UnusableError("the server does not answer like the Hub (see HF_ENDPOINT)")
    return commit


def _remember(source: Source, revision: str) -> None:
    """Note, where huggingface_hub does, that ``revision`` is the commit that is here in full."""
    ref = _repo_folder(source) / "refs" / revision
    try:
        ref.parent.mkdir(parents=True, exist_ok=True)
        fresh = ref.with_name(f"{ref.name}.{os.getpid()}")
        fresh.write_text(source.revision or "", encoding="utf-8")
        fresh.replace(ref)
    except OSError:  # a cache that is read-only stays as it is
        return


def _is_safe(path: str) -> bool:
    """Whether every part of ``path`` is a plain name on every system: no "..", drive or option."""
    return all(_SAFE_PART.fullmatch(part) for part in path.split("/"))


def _by_hand_places(source: Source) -> list[Path]:
    """FOLDER/OWNER/NAME/FILE and, unless many files have that name, FOLDER/FILE."""
    folder = weights_folder()
    flat = [] if source.name in _COMMON_NAMES else [folder / source.name]
    return [folder / source.repo / source.file, *flat]


def _by_hand(sources: Sequence[Source]) -> Path | None:
    """The file put there by hand, unverified."""
    places = (place for source in sources for place in _by_hand_places(source))
    return next((place for place in places if place.is_file()), None)


def _verify_by_hand(sources: Sequence[Source], path: Path, progress: Progress) -> None:
    """The file has to be a pinned one, where all sources of its name are pinned."""
    pins = {source.sha256 for source in sources if path in _by_hand_places(source)}
    if None not in pins and _digest(path, progress) not in pins:
        raise WeightsError(
            f"{path} is not the published file (its checksum differs). "
            "Replace it, or remove it to have it downloaded."
        )


def _cached(source: Source) -> Path | None:
    """The file in huggingface_hub's cache, unverified."""
    found = try_to_load_from_cache(
        source.repo, source.file, revision=source.revision, repo_type=source.repo_type
    )
    return Path(found) if isinstance(found, str) else None


def _from_cache(source: Source, progress: Progress) -> Path | None:
    """The verified file from the cache, or None; ``UnusableError`` when it was bad and removed."""
    path = _cached(source)
    if path:
        _verify(source, path, progress)
    return path


def _repo_folder(source: Source) -> Path:
    """The repository's folder in the cache, as huggingface_hub names it."""
    name = "--".join([f"{source.repo_type}s", *source.repo.split("/")])
    return Path(constants.HF_HUB_CACHE).expanduser() / name


def _lock(source: Source, remote: Remote) -> Path:
    """The lock of one content, beside huggingface_hub's own."""
    folder = _repo_folder(source)
    return folder.parent / ".locks" / folder.name / f"{remote.etag}.avsl.lock"


def _digest(path: Path, progress: Progress) -> str:
    """The file's sha256 in hexadecimal."""
    progress(1.0, f"checking {path.name}")
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(source: Source, path: Path, progress: Progress) -> None:
    """Compare with the pinned, the recorded and the announced checksum; remove a bad file.

    Raises ``UnusableError``. What is seen for the first time is recorded.
    """
    digest = _digest(path, progress)
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
        if expected and digest != expected:
            _remove(path)
            raise UnusableError(f"{complaint}; it was removed")
    if _record_key(source) not in recorded:
        _record(source, digest)


def _announced_digest(path: Path) -> str | None:
    """The sha256 that large files have as their blob's name; one step only, see shared blobs."""
    name = path.readlink().name if path.is_symlink() else ""
    return name if _SHA256.fullmatch(name) else None


def _remove(path: Path) -> None:
    """Take a file out of the cache: the snapshot's entry and the blob behind it."""
    behind = path.parent / path.readlink() if path.is_symlink() else path
    for place in (behind.resolve(), behind, path):
        place.unlink(missing_ok=True)


def _record_file(source: Source) -> Path:
    return _repo_folder(source) / "avsl-sha256.json"


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


def _from_hub(source: Source, progress: Progress) -> Path:
    """Download, place in the cache and verify; raises ``UnusableError`` or an HTTP error."""
    progress(0.0, f"looking for {source.name} at {source.repo}")
    remote = _announced(source)
    with storage_errors(_repo_folder(source)):
        blob = _repo_folder(source) / "blobs" / remote.etag
        receive(remote, blob, _lock(source, remote), progress)
        path = Path(
            hf_hub_download(
                source.repo,
                source.file,
                revision=source.revision,
                repo_type=source.repo_type,
                library_name="avsl",
                tqdm_class=partial(tqdm, disable=True),
            )
        )
        if not path.is_symlink():  # no symlinks on this disk: the snapshot holds a copy
            blob.unlink(missing_ok=True)
    _verify(source, path, progress)
    return path


def _announced(source: Source) -> Remote:
    """Ask the Hub for commit, etag and size; one request, so that a dead server costs little."""
    address = partial(hf_hub_url, source.repo, source.file, repo_type=source.repo_type)
    metadata = get_hf_file_metadata(address(revision=source.revision), library_name="avsl")
    commit, etag = metadata.commit_hash or "", metadata.etag or ""
    if not (_is_safe(commit) and _is_safe(etag)) or "/" in commit + etag:
        raise UnusableError("the server does not answer like the Hub (see HF_ENDPOINT)")
    if (metadata.size or 0) > LIMITS.max_weights_bytes:
        raise UnusableError(
            f"its file is over the limit of {LIMITS.max_weights_bytes / 1e6:.0f} MB"
        )
    return Remote(source.name, address(revision=commit), etag, metadata.size)


def _reason(error: Exception) -> str:
    """Why a source gave nothing, as half a sentence."""
    match error:
        case UnusableError():
            return str(error)
        case OfflineModeIsEnabled():
            return "offline mode is on, see HF_HUB_OFFLINE"
        case RevisionNotFoundError() | RemoteEntryNotFoundError():
            return "the file is not there"
        case GatedRepoError():
            return "access has to be asked for on its page, then `hf auth login`"
        case RepositoryNotFoundError():
            return "no such repository, or it is private"
        case HfHubHTTPError() if error.response.status_code in (401, 403):
            return "access is refused, try `hf auth login`"
        case HfHubHTTPError():
            return f"the server answers {error.response.status_code}"
        case HTTPError():
            return f"no connection to {constants.ENDPOINT}"
    return str(error)


def _how_to_get(source: Source, purpose: str, reasons: Sequence[tuple[str, str]]) -> str:
    """The sentences of a file that cannot be had now: which, what for, why, and two ways out."""
    whys = dict.fromkeys(why for _, why in reasons)
    told = [f"{repo}: {why}" for repo, why in dict.fromkeys(reasons)] if len(whys) > 1 else whys
    place = _by_hand_places(source)[0]
    return (
        f"{source.name}, {purpose}, is not on this machine and could not be downloaded "
        f"({'; '.join(told)}). Put it by hand at {place}, or run this when online: {source.command}"
    )
