"""Files of a variant to the Hub: all in one commit, or nothing.

Large files travel over Xet where the Hub offers it, else over git-lfs. Only the commit at the end
makes anything visible; a repository or branch that was made for it is taken back when it fails.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, constants
from huggingface_hub.errors import (
    HfHubHTTPError,
    HTTPError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.hf_api import ModelInfo
from huggingface_hub.utils import validate_repo_id

from avsl.errors import PublishError, SettingError
from avsl.variants.base import CARD_FILE

MADE_BY_THE_HUB = {".gitattributes", "README.md"}  # what a repository may hold and still be free
TOKENS_PAGE = "https://huggingface.co/settings/tokens"
TAKEN = (409, 412)


@dataclass(frozen=True)
class Published:
    """What is on the Hub now."""

    repo: str
    commit: str
    url: str  # of the commit
    created: bool  # whether the repository is new
    changed: bool  # False: everything was there already


def publish(
    contents: Mapping[str, Path | bytes],
    repo: str,
    private: bool = False,
    revision: str | None = None,
    message: str = "Publish a variant of avsl",
    token: str | None = None,
) -> Published:
    """Put ``contents`` (name in the repository -> file or bytes) to ``repo``, "user/name".

    ``revision``: a branch (None: main), made where it is missing; ``private`` counts for a new
    repository. ``token``: None takes the user's own. Raises :class:`PublishError`, after which
    nothing of this call is on the Hub unless the sentence says so.
    """
    _require_name(repo)
    api = HfApi(endpoint=constants.ENDPOINT, token=token, library_name="avsl")
    with _refusals(repo, "Nothing was published."):
        _require_owner(api, repo)
        info = _info(api, repo)
        if info:
            _require_free(info, private)
        else:
            api.create_repo(repo, private=private)
    return _Push(api, contents, repo, revision or "main", message, info is None).run()


@dataclass(eq=False)
class _Push:
    """The part that is taken back when it fails."""

    api: HfApi
    contents: Mapping[str, Path | bytes]
    repo: str
    branch: str
    message: str
    created: bool  # the repository was made by us, just now
    branched: bool = False
    head: str = ""  # of the branch, before

    def run(self) -> Published:
        try:
            with _refusals(self.repo, ""):
                self._prepare()
                done = self._commit()
        except BaseException as error:
            if arrived := self._arrived():
                return self._published(arrived)
            left = self._undo()
            if isinstance(error, PublishError):
                raise PublishError(f"{error}{left}") from error
            raise
        return self._published(done)

    def _prepare(self) -> None:
        """See the head to commit on; a branch that is missing starts where main is."""
        branches = {ref.name for ref in self.api.list_repo_refs(self.repo).branches}
        missing = self.branch not in branches
        self.head = self._info("main" if missing else self.branch).sha or ""
        if missing:
            self.api.create_branch(self.repo, branch=self.branch, revision=self.head)
            self.branched = True

    def _commit(self) -> str:
        try:
            return self._commit_as(self.contents)
        except (OSError, RuntimeError) as error:
            if not _is_xet(error):
                raise
        with ExitStack() as files:  # open files go over git-lfs: Xet takes only paths
            return self._commit_as(
                {
                    name: io.BytesIO(each) if isinstance(each, bytes)
                    else files.enter_context(open(each, "rb"))
                    for name, each in self.contents.items()
                }
            )  # fmt: skip

    def _commit_as(self, contents: Mapping) -> str:
        """One commit on top of the very head that was seen, or an error; its id."""
        additions = [CommitOperationAdd(name, each) for name, each in contents.items()]
        return self.api.create_commit(
            self.repo,
            additions,
            commit_message=self.message,
            revision=self.branch,
            parent_commit=self.head or None,
        ).oid

    def _arrived(self) -> str:
        """The commit if it is there although its answer was lost."""
        if not self.head:
            return ""
        with suppress(HTTPError, OSError):
            info = self._info(self.branch)
            there = {file.rfilename: file for file in info.siblings or []}
            if all(_is_same(each, there.get(name)) for name, each in self.contents.items()):
                return info.sha or ""
        return ""

    def _undo(self) -> str:
        """Take back what was made for this commit; a sentence where it could not be."""
        try:
            if self.created:
                if all(_names(self._info(one)) <= MADE_BY_THE_HUB for one in self._revisions()):
                    self.api.delete_repo(self.repo)
            elif self.branched and self._info(self.branch).sha == self.head:
                self.api.delete_branch(self.repo, branch=self.branch)
        except (HTTPError, OSError):
            what = "repository" if self.created else f"branch {self.branch}"
            return f" Nothing was published, but the new empty {what} could not be removed."
        return " Nothing was published."

    def _revisions(self) -> list[str]:
        return ["main", self.branch] if self.branched else ["main"]

    def _info(self, revision: str) -> ModelInfo:
        return self.api.model_info(self.repo, revision=revision, files_metadata=True)

    def _published(self, commit: str) -> Published:
        url = f"{self.api.endpoint}/{self.repo}/commit/{commit}"
        return Published(self.repo, commit, url, self.created, commit != self.head)


def _require_name(repo: str) -> None:
    try:
        validate_repo_id(repo)
    except ValueError as error:
        raise SettingError(f"{repo!r} is no name for the Hub: write user/name.") from error
    if repo.count("/") != 1:
        raise SettingError(f"{repo!r} is no name for the Hub: write user/name.")


def _require_owner(api: HfApi, repo: str) -> None:
    """The token has to be good, may write, and belong to somebody of the repository's owner."""
    try:
        me = api.whoami()
    except LocalTokenNotFoundError as error:
        raise PublishError(
            "You are not logged in to the Hub. Run `hf auth login` with a token that may write "
            f"(made at {TOKENS_PAGE})."
        ) from error
    role = me.get("auth", {}).get("accessToken", {}).get("role")
    if role == "read":
        raise PublishError(f"Your token may only read. Make one that may write at {TOKENS_PAGE}.")
    owner = repo.split("/")[0]
    mine = [me["name"], *(group["name"] for group in me.get("orgs", []))]
    if owner not in mine:
        raise PublishError(
            f"You may not publish as {owner}: the token is of {me['name']}. Choose "
            f"{' or '.join(f'{name}/...' for name in mine)}."
        )


def _info(api: HfApi, repo: str) -> ModelInfo | None:
    try:
        return api.model_info(repo)
    except RepositoryNotFoundError:
        return None


def _require_free(info: ModelInfo, private: bool) -> None:
    """An existing repository has to be empty or a variant's already."""
    names = _names(info)
    if CARD_FILE not in names and (others := sorted(names - MADE_BY_THE_HUB)):
        raise PublishError(
            f"{info.id} exists already and holds something else ({', '.join(others[:3])}). "
            "Choose another name."
        )
    if private and not info.private:
        raise PublishError(
            f"{info.id} exists already and is public; make it private on its page first, or "
            "choose another name."
        )


def _names(info: ModelInfo) -> set[str]:
    return {file.rfilename for file in info.siblings or []}


def _is_same(content: Path | bytes, file) -> bool:
    """Whether a file on the Hub, with its metadata, has this content."""
    if file is None:
        return False
    data = content if isinstance(content, bytes) else content.read_bytes()
    if file.lfs:
        return file.lfs.sha256 == hashlib.sha256(data).hexdigest()
    blob = b"blob %d\0" % len(data) + data  # git's own name for it, no proof of anything
    return file.blob_id == hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def _is_xet(error: OSError | RuntimeError) -> bool:
    """Whether Xet failed rather than the Hub: its client raises Python's own errors."""
    if isinstance(error, HTTPError | OfflineModeIsEnabled):
        return False
    plain = ConnectionError | TimeoutError | PermissionError | RuntimeError
    return isinstance(error, plain) and error.__cause__ is None


@contextmanager
def _refusals(repo: str, ending: str) -> Iterator[None]:
    """Turn what the Hub and the network raise into :class:`PublishError`."""
    try:
        yield
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        behind = error.__cause__ if isinstance(error, RuntimeError) else None
        told = behind if isinstance(behind, Exception) else error
        raise PublishError(f"{_reason(told, repo)} {ending}".strip()) from error


def _reason(error: Exception, repo: str) -> str:
    """One sentence, and what to do."""
    match error:
        case OfflineModeIsEnabled():
            return "Offline mode is on (HF_HUB_OFFLINE); switch it off to publish."
        case RepositoryNotFoundError():
            return f"The Hub does not let this token write to {repo}, or it was removed meanwhile."
        case HfHubHTTPError():
            return _refusal(error, repo)
        case HTTPError() | ConnectionError() | TimeoutError():
            return (
                f"The connection to {constants.ENDPOINT} broke; run the same command again "
                "when it is back."
            )
        case ValueError():
            return f"The Hub does not take these files: {_first_line(error)}."
    return f"The files could not be read or sent: {_first_line(error)}."


def _refusal(error: HfHubHTTPError, repo: str) -> str:
    status = error.response.status_code
    if status == 401:
        return f"The Hub does not accept your token. Make one that may write at {TOKENS_PAGE}."
    if status == 403:
        return f"Your token may not write to {repo}. Make one that may at {TOKENS_PAGE}."
    if status in TAKEN:
        return f"{repo} was taken or changed by somebody else meanwhile. Look at it and try again."
    return f"The Hub answered {status}: {_first_line(error)}."


def _first_line(error: Exception) -> str:
    said = getattr(error, "server_message", None) or str(error)
    return " ".join(said.split())[:200].rstrip(".")
