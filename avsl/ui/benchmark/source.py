"""Results files: the one that ships, and those that people bring."""

import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from avsl import benchmark
from avsl.benchmark import Results
from avsl.errors import LimitError, MediaError
from avsl.ui import copy

MAX_BYTES = 10_000_000  # ours has a tenth of it


@dataclass(frozen=True)
class Source:
    """Results, and where their pictures lie (``None``: nowhere near)."""

    results: Results
    name: str
    folder: Path | None = None

    def picture(self, name: str) -> Path | None:
        """The file of a case's picture, if there is one and it lies beside the results."""
        if not (self.folder and name):
            return None
        path = (self.folder / name).resolve()
        return path if path.is_relative_to(self.folder.resolve()) and path.is_file() else None


def shipped(folder: Path) -> Source | None:
    """The results in ``folder``; ``None`` if there are none."""
    path = folder / "results.json"
    return Source(_read(path), path.name, folder) if path.exists() else None


def brought(path: Path) -> Source:
    """Somebody's file, which may hold anything; an :class:`AvslError` says why it cannot be shown.

    Its pictures stayed where it came from, and no path in it is ever followed.
    """
    if path.suffix.lower() != ".json":
        raise MediaError(copy.not_json(path.name))
    if path.stat().st_size > MAX_BYTES:
        raise LimitError(copy.results_too_large(path.name, MAX_BYTES))
    found = _read(path)
    if not found.rows:
        raise MediaError(copy.no_figures(path.name))
    return Source(found, path.name)


def _read(path: Path) -> Results:
    try:
        found = benchmark.load(path)
        _check(found, Results, "results")
    except (RecursionError, TypeError, OverflowError, AttributeError) as error:
        raise MediaError(copy.bad_results(path.name, str(error))) from error
    return found


def _check(value: Any, kind: Any, where: str) -> None:
    """Raise :class:`TypeError` unless ``value`` is what its dataclass says it is."""
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for each in fields(kind):
            _check(getattr(value, each.name), hints[each.name], each.name)
        return
    outer, inner = typing.get_origin(kind), typing.get_args(kind)
    if outer is types.UnionType:
        if value is not None:
            _check(value, inner[0], where)
        return
    if not isinstance(value, outer or (int | float if kind is float else kind)):
        raise TypeError(copy.wrong_type(where))
    if kind is float:
        float(value)  # an integer may be too large for it
    if outer is list:
        for each in value:
            _check(each, inner[0], where)
    if outer is dict:
        for key, each in value.items():
            _check(key, inner[0], where)
            _check(each, inner[1], where)
