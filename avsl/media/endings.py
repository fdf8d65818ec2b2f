"""What a file is by the ending of its name, where a whole folder is given.

A file that is named by itself is opened whatever its name.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

VIDEOS = (".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v", ".ogv", ".mpg", ".mpeg", ".ts", ".flv")
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif")
SOUNDS = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus")
MOST_KINDS = 10  # in a sentence


def left_out(files: Iterable[Path], taken: tuple[str, ...] = VIDEOS) -> str:
    """A sentence on the ``files`` that are not ``taken``, for nothing is skipped in silence.

    Empty where there are none.
    """
    endings = (file.suffix.lower() for file in files)
    kinds = Counter(ending or "no ending" for ending in endings if ending not in taken)
    most_first = sorted(kinds.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{count} {kind}" for kind, count in most_first]
    if len(told) > MOST_KINDS:
        told[MOST_KINDS:] = [f"{len(told) - MOST_KINDS} other kinds"]
    return f"Left out, being no videos by their names: {', '.join(told)}." if told else ""
