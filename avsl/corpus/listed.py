"""Lists of clips: text with a path a line, CSV or JSONL with ``path`` and maybe ``id``, ``sound``.

Paths are relative to the list's own folder; URLs ("s3://bucket/a.mp4") go to fsspec.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from avsl.corpus.sources import Source, id_of, is_url
from avsl.errors import SettingError
from avsl.text_files import numbered_lines, read_text, table

LISTS = (".txt", ".csv", ".jsonl")


def listed(file: Path) -> list[Source]:
    """Every clip of a list; raises :class:`SettingError` that names the line that is none."""
    rows = {".txt": _text, ".csv": _csv, ".jsonl": _jsonl}[file.suffix.lower()]
    try:
        return [_source(file, line, row) for line, row in rows(file)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingError(
            f'"{file.name}" is no list: it is not Unicode text. Save it as UTF-8.'
        ) from error


def _text(file: Path) -> Iterator[tuple[int, dict]]:
    for line, text in numbered_lines(read_text(file)):
        yield line, {"path": text}


def _csv(file: Path) -> Iterator[tuple[int, dict]]:
    rows = table(read_text(file))
    for row in rows:
        yield rows.line_num, row


def _jsonl(file: Path) -> Iterator[tuple[int, dict]]:
    for line, text in numbered_lines(read_text(file)):
        try:
            yield line, json.loads(text)
        except ValueError as error:
            raise SettingError(f'Line {line} of "{file.name}" is not JSON.') from error


def _source(file: Path, line: int, row: dict) -> Source:
    told = row if isinstance(row, dict) else {}
    path, given, sound = (str(told.get(name) or "").strip() for name in ("path", "id", "sound"))
    if not path:
        raise SettingError(
            f'Line {line} of "{file.name}" names no path. A CSV needs a heading with "path" (and, '
            'if wanted, "id" and "sound"); JSONL needs an object with "path" a line.'
        )
    return Source(
        given or id_of(path), path, _absolute(file, path), sound and _absolute(file, sound)
    )


def _absolute(file: Path, name: str) -> str:
    return name if is_url(name) else str((file.parent / name).absolute())
