"""Names of files among the words of a command line: any name that a file may have."""

import argparse
import os
import re
import sys
from collections.abc import Iterable, Sequence
from glob import glob
from pathlib import Path

OPTION = re.compile(r"--[a-z0-9-]+")  # as all of ours look, and few files
WILD = re.compile(r"[*?[]")


class Parser(argparse.ArgumentParser):
    """Takes a word that begins with a dash for the file of that name where there is one."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace=None):
        if self._subparsers is not None:  # the command's own parser knows its options
            return super().parse_known_args(args, namespace)
        args = sys.argv[1:] if args is None else args
        self._dashed = [word for word in args if self._is_dashed(word)]
        words = [f"./{word}" if self._is_file(word) else word for word in args]
        found, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, []

    def error(self, message: str):
        """Say also how a file of such a name is given."""
        missing = [word for word in getattr(self, "_dashed", ()) if not self._is_file(word)]
        if missing:
            message += f'. If "{missing[0]}" is a file, give its folder too: ./{missing[0]}'
        super().error(message)

    def _is_file(self, word: str) -> bool:
        return word in self._dashed and os.path.lexists(word)

    def _is_dashed(self, word: str) -> bool:
        """Whether it may be a name: not an option of ours, nor a number."""
        option = word.partition("=")[0]
        return (
            word.startswith("-")
            and word != "--"
            and option not in self._option_string_actions
            and (os.path.lexists(word) or not OPTION.fullmatch(option))
            and not self._negative_number_matcher.match(word)
        )


def expanded(paths: Iterable[Path]) -> list[Path]:
    """``paths`` with the files that patterns such as ``*.mp4`` stand for, where no shell did it.

    A pattern that no file has stays: reading it says that there is no such file.
    """
    return [path for given in paths for path in _expanded(given)]


def _expanded(given: Path) -> list[Path]:
    if not WILD.search(str(given)) or os.path.lexists(given):
        return [given]
    found = glob(str(given), recursive=True)  # noqa: PTH207 (Path's knows no absolute pattern)
    return [Path(name) for name in sorted(found)] or [given]
