"""Where a file is published, and where a person may have put it by hand."""

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from huggingface_hub.utils import validate_repo_id

from avsl.errors import VariantError

_SAFE_PART = re.compile(r'(?!\.+$)[^\\:*?"<>|\x00-\x1f~-][^\\:*?"<>|\x00-\x1f]*')
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
            if not is_safe(text):
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


def weights_folder() -> Path:
    """The folder for files put there by hand: ``AVSL_WEIGHTS`` or ``~/.cache/avsl/weights``."""
    if chosen := os.environ.get("AVSL_WEIGHTS"):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "avsl" / "weights"


def is_safe(path: str) -> bool:
    """Whether every part of ``path`` is a plain name on every system: no "..", drive or option."""
    return all(_SAFE_PART.fullmatch(part) for part in path.split("/"))


def by_hand_places(source: Source) -> list[Path]:
    """FOLDER/OWNER/NAME/FILE and, unless many files have that name, FOLDER/FILE."""
    folder = weights_folder()
    flat = [] if source.name in _COMMON_NAMES else [folder / source.name]
    return [folder / source.repo / source.file, *flat]


def by_hand(sources: Sequence[Source]) -> Path | None:
    """The file put there by hand, unverified."""
    places = (place for source in sources for place in by_hand_places(source))
    return next((place for place in places if place.is_file()), None)
