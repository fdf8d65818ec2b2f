"""Text files that people made: lists and tables in any Unicode encoding, with any line ends, their
columns parted by commas, semicolons or tabs.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

ENCODINGS = {  # by the mark that a file begins with; the longer ones first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SEPARATORS = ",;\t"


def read_text(file: Path) -> str:
    """Without marks of the byte order, lines ended by a newline.

    Raises ``UnicodeDecodeError``, a ``ValueError``, for what is no text, and ``OSError``.
    """
    data = file.read_bytes()
    text = StringIO(data.decode(_encoding(data)), newline=None).read()
    return re.sub("^\ufeff+", "", text, flags=re.MULTILINE)  # joined files have them within, too


def _encoding(data: bytes) -> str:
    for mark, encoding in ENCODINGS.items():
        if data.startswith(mark):
            return encoding
    if data[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" else "utf-8"


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not empty, stripped, with their numbers from 1 on."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.strip()


def cells(text: str) -> Iterator[list[str]]:
    """The cells of every line of a table that has no heading."""
    return csv.reader(StringIO(text), delimiter=_separator(text))


def table(text: str) -> csv.DictReader:
    """The rows of a table by its heading, whose names are stripped and in small letters."""
    told = re.match(r"sep=(.)\n", text)  # Excel's way to say it
    body = text[told.end() :] if told else text
    rows = csv.DictReader(StringIO(body), delimiter=told[1] if told else _separator(text))
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    return rows


def _separator(text: str) -> str:
    """The most frequent one of the first line; a comma where it has none."""
    first = text.partition("\n")[0]
    return max(SEPARATORS, key=first.count)
