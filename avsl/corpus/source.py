"""What clips a corpus has: a folder of videos, one video, a list of paths, prepared shards."""

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from avsl.corpus import shards
from avsl.corpus.listed import LISTS, listed
from avsl.corpus.sources import Source, id_of, is_url
from avsl.errors import MediaError, SettingError
from avsl.media.endings import VIDEOS, left_out, taken
from avsl.names import encodable


@dataclass(frozen=True)
class Corpus:
    """Clips in the order of their ids, no id twice."""

    name: str
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()  # what was left out, as sentences

    @property
    def digest(self) -> str:
        """sha256 of all ids and names: another one is another corpus."""
        sha = hashlib.sha256()
        for each in self.sources:
            sha.update(f"{each.id}\t{each.path}\t{each.sound}\n".encode(errors="backslashreplace"))
        return sha.hexdigest()

    def parts(self, per_part: int) -> list[tuple[Source, ...]]:
        """The clips in runs of ``per_part``: the same runs whoever works on them."""
        starts = range(0, len(self.sources), per_part)
        return [self.sources[start : start + per_part] for start in starts]


def corpus(given: str | Path) -> Corpus:
    """The clips of a folder (videos at any depth, or shards), a video, a shard or a list.

    Raises :class:`SettingError` where it is a URL or two clips share an id, :class:`MediaError`
    where there is nothing to localize.
    """
    path = Path(given)
    if is_url(str(given)):
        raise SettingError(
            f'Folders and shards are read from this disk, not from "{given}". Name the clips there '
            "in a list: a .txt with a URL a line, a .csv or a .jsonl."
        )
    if path.is_dir():
        sources, notes = _of_folder(path)
    elif not path.is_file():
        raise MediaError(f'There is no "{given}". Name a folder, a video, a list or a shard.')
    elif path.suffix.lower() in LISTS:
        sources, notes = listed(path), ()
    elif path.suffix.lower() == ".tar":
        sources, notes = shards.samples([path])
    else:
        sources, notes = [Source(id_of(path.name), path.name, str(path.absolute()))], ()
    if not sources:
        raise MediaError(f'"{given}" holds no clips: {" ".join(notes) or "it is empty."}')
    told = (replace(s, id=encodable(s.id), path=encodable(s.path)) for s in sources)  # in tables
    ordered = sorted(told, key=lambda source: source.id)
    _require_single(ordered)
    return Corpus(path.name, tuple(ordered), tuple(notes))


def _of_folder(folder: Path) -> tuple[list[Source], tuple[str, ...]]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    tars, videos = taken(files, folder, (".tar",)), taken(files, folder)
    if tars and videos:
        raise SettingError(
            f'"{folder}" holds both shards (.tar) and videos. Name a folder that holds only one of '
            "them, or a list."
        )
    found, notes = shards.samples(tars) if tars else (_videos(folder, videos), ())
    note = left_out(files, folder, (*VIDEOS, ".tar"))
    return found, (*notes, note) if note else notes


def _videos(folder: Path, files: list[Path]) -> list[Source]:
    names = [(file.relative_to(folder).as_posix(), file) for file in files]
    return [Source(id_of(name), name, str(file.absolute())) for name, file in names]


def _require_single(ordered: list[Source]) -> None:
    for before, after in pairwise(ordered):
        if before.id == after.id:
            raise SettingError(
                f'Two clips have the id "{before.id}": "{before.path}" and "{after.path}". Rename '
                "one, or give them ids of your own in a list (CSV or JSONL with id and path)."
            )
