"""What a file is by its name, where a whole folder is given.

A file that is named by itself is opened whatever its name.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath

VIDEOS = (
    ".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v", ".ogv", ".mpg", ".mpeg", ".ts", ".flv",
    ".3g2", ".3gp", ".3gpp", ".asf", ".divx", ".dv", ".f4v", ".m1v", ".m2p", ".m2t", ".m2ts",
    ".m2v", ".mk3d", ".mp2v", ".mp4v", ".mpe", ".mpv", ".mts", ".mxf", ".ogm", ".ogx", ".qt",
    ".vob", ".wmv",
)  # fmt: skip
PICTURES = (  # also those that move, since none of them sounds
    ".jpg", ".jpeg", ".png", ".webp", ".apng", ".avif", ".bmp", ".gif", ".heic", ".heif", ".hif",
    ".jfif", ".jpe", ".tif", ".tiff",
)  # fmt: skip
SOUNDS = (  # .ogg too: of the files of that name few show anything
    ".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".3ga", ".aac", ".ac3", ".aif", ".aifc",
    ".aiff", ".amr", ".au", ".awb", ".caf", ".eac3", ".m4b", ".m4r", ".mka", ".mp2", ".mpa",
    ".oga", ".snd", ".spx", ".w64", ".weba", ".wma", ".wv",
)  # fmt: skip
SYSTEM_FILES = (".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini")  # and "._..." of macOS
SYSTEM_FOLDERS = ("__macosx", "@eadir", ".trashes", "$recycle.bin", "system volume information")
OF_SYSTEM = "files of the system (._*, .DS_Store, ...)"
MOST_KINDS = 10  # in a sentence


def is_of_system(path: PurePath | str) -> bool:
    """Whether a system put the file there, not a person; ``path`` from the folder given on."""
    *folders, name = (part.lower() for part in PurePath(path).parts)
    in_system_folder = any(folder in SYSTEM_FOLDERS for folder in folders)
    return in_system_folder or name in SYSTEM_FILES or name.startswith("._")


def taken(files: Iterable[Path], folder: Path, endings: tuple[str, ...] = VIDEOS) -> list[Path]:
    """Those of the ``files`` below ``folder`` that have one of the ``endings``."""
    return [file for file in files if not _why_not(file, folder, endings)]


def left_out(files: Iterable[Path], folder: Path, endings: tuple[str, ...] = VIDEOS) -> str:
    """A sentence on the ``files`` that are not taken, for nothing is skipped in silence.

    Empty where there are none.
    """
    reasons = (_why_not(file, folder, endings) for file in files)
    kinds = Counter(filter(None, reasons))
    most_first = sorted(kinds.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{count} {kind}" for kind, count in most_first]
    if len(told) > MOST_KINDS:
        told[MOST_KINDS:] = [f"{len(told) - MOST_KINDS} other kinds"]
    return f"Left out, being no videos by their names: {', '.join(told)}." if told else ""


def _why_not(file: Path, folder: Path, endings: tuple[str, ...]) -> str:
    """Which kind of file it is that is not taken; "" where it is."""
    if is_of_system(file.relative_to(folder)):
        return OF_SYSTEM
    ending = file.suffix.lower()
    return "" if ending in endings else ending or "no ending"
