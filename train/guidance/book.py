"""Descriptions on disk: JSON lines that survive a kill at any moment.

``FILE.jsonl`` holds a line for every description; ``FILE.rejects.jsonl`` one for every clip that
has none, with the reason. Lines are only ever added while work goes on. A last line that was torn
by a kill is cut off, so that its clip is asked for again; a broken line elsewhere is counted.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from huggingface_hub.utils import WeakFileLock

from avsl.description import Description
from avsl.errors import SettingError
from avsl.storage import storage_errors
from train.guidance.schema import SchemaError, from_mapping


@dataclass(frozen=True)
class Key:
    """What an answer depends on besides the clip; another prompt or model is asked anew."""

    prompt: str
    model: str


class Why(StrEnum):
    """Whether it helps to ask again."""

    UNUSABLE = "unusable"  # the clip or the answer cannot be used: --again asks once more
    UNANSWERED = "unanswered"  # the endpoint failed or the budget was used up: the next run asks


@dataclass(frozen=True)
class Reject:
    """A clip without a description."""

    id: str
    prompt: str
    model: str
    why: Why
    reason: str  # a sentence
    answer: str = ""  # what the model said last, if it said anything

    @property
    def key(self) -> Key:
        return Key(self.prompt, self.model)


@dataclass(frozen=True)
class Entry:
    """A description with what it rests on."""

    id: str
    prompt: str
    model: str
    description: Description
    repairs: tuple[str, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def key(self) -> Key:
        return Key(self.prompt, self.model)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "description": self.description.as_json()}


def rejects_file(file: Path) -> Path:
    """Where the rejects of ``descriptions.jsonl`` lie: ``descriptions.rejects.jsonl``."""
    return file.with_name(f"{file.stem}.rejects{file.suffix}")


def load_descriptions(file: Path) -> dict[str, Description]:
    """Every description in ``file`` by clip, for training; of several of a clip, the last.

    The order of the clips' lines, which depends on which answer came first, makes no difference.
    """
    entries, broken = _read(file, _entry)
    if broken:
        raise SettingError(
            f"{broken} of the lines in {file} are broken; run python -m train.describe on it to "
            "have those clips described again."
        )
    if not entries:
        raise SettingError(f"{file} holds no descriptions; python -m train.describe makes them.")
    latest = {entry.id: entry.description for entry in entries}
    return {name: latest[name] for name in sorted(latest)}


class Book:
    """The file of one run, held by one process at a time."""

    def __init__(self, file: Path, key: Key) -> None:
        self.file, self.key = file, key
        for each in (file, rejects_file(file)):
            _mend(each)
        entries, self.broken_lines = _read(file, _entry)
        if self.broken_lines:  # told at the end, and their clips are done again
            _write(file, [entry.as_json() for entry in entries])
        self.described = {entry.id: entry for entry in entries if entry.key == key}
        rejects, _ = _read(rejects_file(file), _reject)
        mine = {each.id: each for each in rejects if each.key == key}
        self.rejected = {name: each for name, each in mine.items() if name not in self.described}
        self._others = [each for each in rejects if each.key != key]

    def add(self, entry: Entry) -> None:
        """Keep a description."""
        _append(self.file, entry.as_json())
        self.described[entry.id] = entry
        self.rejected.pop(entry.id, None)

    def reject(self, reject: Reject) -> None:
        """Keep why a clip has no description."""
        _append(rejects_file(self.file), asdict(reject))
        self.rejected[reject.id] = reject

    def close(self) -> None:
        """Leave in the rejects only what is still rejected."""
        _write(
            rejects_file(self.file),
            [asdict(each) for each in (*self._others, *self.rejected.values())],
        )


@contextmanager
def opened(file: Path, key: Key) -> Iterator[Book]:
    """The book in ``file``; :class:`SettingError` while another process writes it."""
    with storage_errors(file.parent), ExitStack() as held:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            held.enter_context(WeakFileLock(file.with_name(f".{file.name}.lock"), timeout=0.2))
        except TimeoutError as error:
            raise SettingError(f"Another run is writing {file}; wait for it or stop it.") from error
        book = Book(file, key)
        try:
            yield book
        finally:
            book.close()


def _write(file: Path, rows: list[dict]) -> None:
    """The whole file at once, so that a kill leaves the old one or the new; none for no rows."""
    if not rows:
        file.unlink(missing_ok=True)
        return
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with storage_errors(file.parent):
        fresh.write_bytes(b"".join(map(_line, rows)))
        fresh.replace(file)


def _append(file: Path, row: dict) -> None:
    """One write for the whole line, so that a kill leaves at most one torn line, the last."""
    with storage_errors(file.parent), open(file, "ab", buffering=0) as out:
        out.write(_line(row))


def _line(row: dict) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"


def _mend(file: Path) -> None:
    """Cut off a torn last line; complete one that only lacks its end."""
    data = file.read_bytes() if file.exists() else b""
    if not data or data.endswith(b"\n"):
        return
    start = data.rfind(b"\n") + 1
    try:
        json.loads(data[start:])
    except ValueError:
        os.truncate(file, start)
        return
    with open(file, "ab") as out:
        out.write(b"\n")


def _read(file: Path, parse) -> tuple[list, int]:
    """What ``parse`` makes of every line, and how many lines it could make nothing of."""
    found, broken = [], 0
    for line in _lines(file):
        try:
            found.append(parse(json.loads(line)))
        except (ValueError, KeyError, TypeError, SchemaError):
            broken += 1
    return found, broken


def _lines(file: Path) -> Iterable[str]:
    if not file.exists():
        return []
    text = file.read_bytes().decode("utf-8", errors="replace")
    return [line for line in text.split("\n") if line.strip()]


def _entry(row: dict) -> Entry:
    checked = from_mapping(row["description"])
    known = {**row, "description": checked.description, "repairs": tuple(row.get("repairs", ()))}
    return Entry(**known)


def _reject(row: dict) -> Reject:
    return Reject(**{**row, "why": Why(row["why"])})
