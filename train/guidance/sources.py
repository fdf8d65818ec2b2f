"""Descriptions that need no language model now: of a file, or of the world itself."""

import json
from collections.abc import Sequence
from pathlib import Path

from avsl.errors import SettingError
from avsl.text_files import numbered_lines, read_text
from train.guidance.book import Book, Entry, Key, Reject, Why
from train.guidance.clips import ClipToDescribe
from train.guidance.schema import Checked, SchemaError, from_mapping, from_text

WORLD_STREAM = "train"


def file_key(file: Path) -> Key:
    """Of descriptions that came from a file."""
    return Key("file", file.name)


def from_file(file: Path, clips: Sequence[ClipToDescribe], book: Book) -> None:
    """Take the descriptions of ``clips`` from JSON lines, checked and repaired as a model's are.

    A line has ``id`` and either ``description`` (an object), ``answer`` (a model's text) or the
    description's own fields. A clip without a usable line is rejected with the reason.
    """
    rows = _rows(file)
    for clip in clips:
        if clip.id in book.described:
            continue
        try:
            if clip.id not in rows:
                raise SchemaError(f"{file.name} has no line for it.")
            checked = _checked(rows[clip.id])
            key = book.key
            book.add(Entry(clip.id, key.prompt, key.model, checked.description, checked.repairs))
        except SchemaError as error:
            _reject(book, clip.id, str(error), rows.get(clip.id))


def _rows(file: Path) -> dict[str, dict]:
    """Line by id; :class:`SettingError` for a line that no clip could be told from."""
    if not file.is_file():
        raise SettingError(f"There is no file {file} to take descriptions from.")
    rows = {}
    for number, line in numbered_lines(read_text(file)):
        try:
            row = json.loads(line)
            rows[str(row["id"])] = row
        except (ValueError, KeyError, TypeError) as error:
            raise SettingError(
                f"Line {number} of {file} is not a JSON object with an id; mend or remove it."
            ) from error
    return rows


def _checked(row: dict) -> Checked:
    found = row.get("description", row.get("answer"))
    if isinstance(found, str):
        return from_text(found)
    return from_mapping(row if found is None else found)


def _reject(book: Book, name: str, reason: str, row: dict | None) -> None:
    answer = "" if row is None else json.dumps(row, ensure_ascii=False)
    key = book.key
    book.reject(Reject(name, key.prompt, key.model, Why.UNUSABLE, reason, answer))


def world_key(difficulty: str) -> Key:
    """Of descriptions by the world itself."""
    from avsl.synthetic.world import VERSION

    return Key(f"world-{VERSION}", f"world/{difficulty}")


def from_world(count: int, seed: int, difficulty: str, book: Book) -> None:
    """Scenes 0 to ``count`` of the world's training stream in the words of its own describer.

    Ids are "train/SEED/INDEX". Raises :class:`SettingError` for an unknown difficulty.
    """
    import torch

    from avsl.synthetic.world import DIFFICULTIES, World, descriptions

    if difficulty not in DIFFICULTIES:
        raise SettingError(f"The world is {', '.join(DIFFICULTIES)}, not {difficulty!r}.")
    world = World(difficulty=DIFFICULTIES[difficulty])
    scenes = world.scenes(WORLD_STREAM, seed, torch.arange(count))
    for index, told in enumerate(descriptions(scenes, world.difficulty)):
        name = f"{WORLD_STREAM}/{seed}/{index}"
        if name not in book.described:
            book.add(Entry(name, book.key.prompt, book.key.model, told))
