"""Several files of one commit: the newest version, or the last that is here in full."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import HTTPError

from avsl.hub.cache import cached, repo_folder
from avsl.hub.files import NotFetched, fetch, reason
from avsl.hub.source import Source, by_hand, is_safe
from avsl.progress import Progress, no_progress, part
from avsl.transfer import UnusableError

WHOLE = ".avsl/"  # before a revision: its last commit that is here in full. No branch is called so.


@dataclass(frozen=True)
class Fetched:
    """A folder on this machine with all files of a variant."""

    folder: Path
    note: str = ""  # what a user has to know of where it came from
    commit: str = ""  # that its files are of; "" where they were put by hand


def fetch_folder(
    repo: str,
    files: Sequence[str],
    progress: Progress = no_progress,
    revision: str | None = None,
) -> Fetched:
    """``files`` of one commit of a model repository: the newest of ``revision`` (None: main).

    Where the Hub cannot be asked, or what it has now does not arrive whole, what was last fetched
    stands in, which the note says. Files put by hand are taken as they are. Raises as
    :func:`avsl.hub.fetch`.
    """
    purpose = f"the variant {repo}"
    sources = [Source(repo, file, revision) for file in files]
    if all(by_hand([source]) for source in sources):
        return Fetched(_all_of(sources, purpose, progress))
    here = _commit_here(sources)
    if here and here == revision:  # a commit never changes
        return Fetched(_all_of(sources, purpose, progress), commit=here)
    try:
        progress(0.0, f"looking for the newest {repo}")
        commit = _newest_commit(sources[0], purpose)
        folder = _all_of(_at(commit, sources), purpose, progress)
    except NotFetched as error:
        if not here:
            raise
        note = (
            f"{repo} could not be brought up to date ({error.why}); the version downloaded "
            f"before, {here[:7]}, is used."
        )
        return Fetched(_all_of(_at(here, sources), purpose, progress), note, here)
    if commit != revision:
        _remember(sources[0], commit)
    return Fetched(folder, commit=commit)


def _all_of(sources: Sequence[Source], purpose: str, progress: Progress) -> Path:
    """The folder with every file of ``sources``, fetched where it is not here."""
    share = 1 / len(sources)
    paths = [
        fetch([source], purpose, part(progress, index * share, (index + 1) * share))
        for index, source in enumerate(sources)
    ]
    return paths[-1].parent


def _at(commit: str, sources: Sequence[Source]) -> list[Source]:
    return [replace(source, revision=commit) for source in sources]


def _commit_here(sources: Sequence[Source]) -> str:
    """The commit of their revision that is on this machine in full, "" if none is.

    huggingface_hub may know a newer one of which another tool has fetched a part.
    """
    revision = sources[0].revision or "main"
    for name in (revision, WHOLE + revision):
        paths = [cached(source) for source in _at(name, sources)]
        if paths[0] and all(paths):
            return paths[0].parent.name
    return ""


def _newest_commit(source: Source, purpose: str) -> str:
    """The commit that ``source.revision`` is now; one request."""
    url = hf_hub_url(source.repo, source.file, revision=source.revision)
    try:
        commit = get_hf_file_metadata(url, library_name="avsl").commit_hash or ""
        if not is_safe(commit) or "/" in commit:
            raise UnusableError("the server does not answer like the Hub (see HF_ENDPOINT)")
    except (HTTPError, OSError) as error:
        raise NotFetched(source, purpose, [(source.repo, reason(error))]) from error
    return commit


def _remember(source: Source, commit: str) -> None:
    """Note, where huggingface_hub does, that ``commit`` of the source's revision is here whole."""
    revision = source.revision or "main"
    try:
        for name in (revision, WHOLE + revision):
            ref = repo_folder(source) / "refs" / name
            ref.parent.mkdir(parents=True, exist_ok=True)
            fresh = ref.with_name(f"{ref.name}.{os.getpid()}")
            fresh.write_text(commit, encoding="utf-8")
            fresh.replace(ref)
    except OSError:  # a cache that is read-only stays as it is
        return
