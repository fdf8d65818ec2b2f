"""The clips to describe: a folder of videos, or a list of them with what is known of each."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from avsl.errors import MediaError, SettingError
from avsl.media import read
from avsl.media.endings import taken
from avsl.text_files import numbered_lines, read_text, table

JPEG_QUALITY = 85


@dataclass(frozen=True)
class ClipToDescribe:
    """One clip; ``path`` is None where only its labels are known."""

    id: str
    path: Path | None
    labels: tuple[str, ...] = ()


def clips_in(source: Path) -> list[ClipToDescribe]:
    """The clips of a folder (all videos below it, named by their path without ending) or a list.

    A list is ``.txt`` (a path a line), ``.csv`` (columns id, path, label) or ``.jsonl`` (id, path,
    labels); paths are relative to the list. Raises :class:`SettingError`.
    """
    if source.is_dir():
        files = taken(sorted(source.rglob("*")), source)
        clips = [
            ClipToDescribe(file.relative_to(source).with_suffix("").as_posix(), file)
            for file in files
        ]
    elif source.is_file():
        clips = [_clip(row, source.parent) for row in _rows(source)]
    else:
        raise SettingError(f"There is no folder or list {source}.")
    if not clips:
        raise SettingError(f"{source} names no clip. Give a folder with videos, or a list.")
    _require_one_each(clips, source)
    return clips


def _rows(source: Path) -> Iterable[dict]:
    try:
        text = read_text(source)
    except UnicodeDecodeError as error:
        raise SettingError(f"{source} is no list: it is not Unicode text.") from error
    if source.suffix == ".csv":
        return table(text)
    lines = [line for _, line in numbered_lines(text)]
    if source.suffix == ".jsonl":
        return [_json_row(line, source) for line in lines]
    return [{"path": line} for line in lines]


def _json_row(line: str, source: Path) -> dict:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise SettingError(f"{source} holds a line that is not JSON: {line[:60]!r}.") from error
    if not isinstance(row, dict):
        raise SettingError(f"{source} holds a line that is no object: {line[:60]!r}.")
    return row


def _clip(row: dict, folder: Path) -> ClipToDescribe:
    path = folder / row["path"] if row.get("path") else None
    name = row.get("id") or (Path(row["path"]).with_suffix("").as_posix() if path else "")
    if not name:
        raise SettingError(f"A line of the list has neither id nor path: {row}.")
    labels = row.get("labels") or row.get("label") or ()
    labels = (labels,) if isinstance(labels, str) else labels
    return ClipToDescribe(str(name), path, tuple(str(label).strip() for label in labels))


def _require_one_each(clips: list[ClipToDescribe], source: Path) -> None:
    seen: set[str] = set()
    for clip in clips:
        if clip.id in seen:
            raise SettingError(f"{source} names {clip.id!r} twice; ids have to differ.")
        seen.add(clip.id)


def jpeg_frames(path: Path | None, count: int, longest_px: int) -> list[bytes]:
    """``count`` frames spread evenly over a clip, as JPEG; none where there is no path.

    Raises :class:`avsl.errors.MediaError` or :class:`avsl.errors.LimitError`.
    """
    if path is None or not count:
        return []
    clip = read(path)
    shrink = min(1.0, longest_px / max(clip.width, clip.height))
    size = (max(1, round(clip.width * shrink)), max(1, round(clip.height * shrink)))
    times_s = (np.arange(count) + 0.5) / count * clip.duration_s
    return [_jpeg(frame, path) for frame in clip.frames_at(times_s, *size)]


def _jpeg(frame: np.ndarray, path: Path) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(frame[..., ::-1]), quality)
    if not done:
        raise MediaError(f'A frame of "{path.name}" could not be written as JPEG.')
    return data.tobytes()
