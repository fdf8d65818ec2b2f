"""One file: from this machine, else from the first of its sources that has it."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm import tqdm

from avsl.errors import WeightsError
from avsl.hub.cache import cached, digest, lock, repo_folder, verify
from avsl.hub.source import Source, by_hand, by_hand_places, is_safe
from avsl.progress import Progress, no_progress
from avsl.settings import LIMITS
from avsl.storage import storage_errors
from avsl.transfer import Remote, UnusableError, receive


class NotFetched(WeightsError):
    """No source gives the file now; ``why`` is half a sentence."""

    def __init__(self, source: Source, purpose: str, reasons: Sequence[tuple[str, str]]) -> None:
        """``reasons``: for each repository that was tried, why it gave nothing."""
        whys = dict.fromkeys(why for _, why in reasons)
        told = [f"{repo}: {why}" for repo, why in dict.fromkeys(reasons)] if len(whys) > 1 else whys
        self.why = "; ".join(told)
        super().__init__(
            f"{source.name}, {purpose}, is not on this machine and could not be downloaded "
            f"({self.why}). Put it by hand at {by_hand_places(source)[0]}, or run this when "
            f"online: {source.command}"
        )


def find(sources: Sequence[Source]) -> Path | None:
    """The file if it is on this machine already; no network, nothing is read or verified."""
    return by_hand(sources) or next(filter(None, map(cached, sources)), None)


def fetch(sources: Sequence[Source], purpose: str, progress: Progress = no_progress) -> Path:
    """The file's path on this machine, downloaded from the first source that has it, and verified.

    ``purpose`` completes the sentence of an error ("the sound encoder of ACL"). When ``progress``
    raises ``Cancelled``, what has arrived stays and the next call goes on from there.

    Raises :class:`WeightsError` when no source gives the file, or the one put there by hand is not
    the published one; :class:`StorageError` when the disk is too full.
    """
    if mine := by_hand(sources):
        _verify_by_hand(sources, mine, progress)
        return mine
    assert sources, "a file without a source"
    reasons = []
    for obtain in (_from_cache, _from_hub):
        for source in sources:
            try:
                if path := obtain(source, progress):
                    return path
            except (HTTPError, OSError) as error:
                reasons.append((source.repo, reason(error)))
    raise NotFetched(sources[0], purpose, reasons)


def _verify_by_hand(sources: Sequence[Source], path: Path, progress: Progress) -> None:
    """The file has to be a pinned one, where all sources of its name are pinned."""
    pins = {source.sha256 for source in sources if path in by_hand_places(source)}
    if None not in pins and digest(path, progress) not in pins:
        raise WeightsError(
            f"{path} is not the published file (its checksum differs). "
            "Replace it, or remove it to have it downloaded."
        )


def _from_cache(source: Source, progress: Progress) -> Path | None:
    """The verified file from the cache, or None; ``UnusableError`` when it was bad and removed."""
    path = cached(source)
    if path:
        verify(source, path, progress)
    return path


def _from_hub(source: Source, progress: Progress) -> Path:
    """Download, place in the cache and verify; raises ``UnusableError`` or an HTTP error."""
    progress(0.0, f"looking for {source.name} at {source.repo}")
    remote = _announced(source)
    with storage_errors(repo_folder(source)):
        blob = repo_folder(source) / "blobs" / remote.etag
        receive(remote, blob, lock(source, remote), progress)
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
    verify(source, path, progress)
    return path


def _announced(source: Source) -> Remote:
    """Ask the Hub for commit, etag and size; one request, so that a dead server costs little."""
    address = partial(hf_hub_url, source.repo, source.file, repo_type=source.repo_type)
    metadata = get_hf_file_metadata(address(revision=source.revision), library_name="avsl")
    commit, etag = metadata.commit_hash or "", metadata.etag or ""
    if not (is_safe(commit) and is_safe(etag)) or "/" in commit + etag:
        raise UnusableError("the server does not answer like the Hub (see HF_ENDPOINT)")
    if (metadata.size or 0) > LIMITS.max_weights_bytes:
        raise UnusableError(
            f"its file is over the limit of {LIMITS.max_weights_bytes / 1e6:.0f} MB"
        )
    return Remote(source.name, address(revision=commit), etag, metadata.size)


def reason(error: Exception) -> str:
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
