"""How much lies on disk, and what goes first."""

import os
from collections.abc import Iterable
from pathlib import Path


def size_of(folder: Path) -> int:
    """Bytes of the files below ``folder``; what vanishes meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue
    return total


def over(sizes: Iterable[tuple[str, int]], most_bytes: int) -> list[str]:
    """The names that have to go so that the rest fits; ``sizes`` begins with what goes first.

    The last never goes: somebody has just been promised it.
    """
    sizes = list(sizes)
    total, going = sum(size for _, size in sizes), []
    for name, size in sizes[:-1]:
        if total <= most_bytes:
            break
        going.append(name)
        total -= size
    return going
