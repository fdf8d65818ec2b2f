"""What a person says is sounding at one moment: boxes and brush strokes, or a mask from a file.

>>> annotations, notes = read_annotations("mask.png", "clip.mp4", time_s=1.5)
>>> against_truth(comparison, *on_moments(annotations, comparison.times_s, aspect))

As a truth it is a square of the protocols' size (:data:`avsl.metrics.boxes.SIDE_PX`), to which maps
are brought, as in VGG-SS (Chen et al., CVPR 2021): the frame is squeezed into it.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from avsl.errors import LimitError, MediaError, SettingError
from avsl.media import read_mask
from avsl.metrics.boxes import SIDE_PX, rasterise
from avsl.storage import whole
from avsl.text_files import read_text

KIND = "avsl-annotation"  # of our own files
MOST_BYTES = 50_000_000  # of a file of boxes; VGG-SS has 1.3 MB
MOST_BOXES, MOST_STROKES, MOST_POINTS = 64, 512, 20_000  # at one moment
MOST_MOMENTS = 2_000
LEAST_SHARE = 1e-4  # of the frame: smaller is a slip of the hand
LONG_SIDE_PX = 4 * SIDE_PX  # of the frame on which strokes are drawn
VGGSS_TIME_S = 5.0  # its boxes are of frame 125 at 25 fps
YOUTUBE_ID = 11  # letters, with which the names of VGGSound's clips begin

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Stroke:
    """A brush drawn over the frame."""

    radius: float  # of the brush, as a fraction of the frame's width
    points: tuple[tuple[float, float], ...]  # x, y as fractions of the frame


@dataclass(frozen=True, eq=False)
class Marks:
    """What sounds at one moment, all of it together; with nothing at all: nothing in view does."""

    boxes: tuple[Box, ...] = ()  # left, top, right, bottom as fractions of the frame
    strokes: tuple[Stroke, ...] = ()
    painted: np.ndarray | None = None  # bool (SIDE_PX, SIDE_PX): a mask from a file

    def mask(self, aspect: float) -> np.ndarray:
        """uint8 (SIDE_PX, SIDE_PX), 1 where it sounds; ``aspect``: the frame's width by height."""
        mask = rasterise(self.boxes).numpy()
        mask |= _brushed(self.strokes, aspect)
        return mask if self.painted is None else mask | self.painted

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; ``painted`` as its bits, row by row, in base64."""
        strokes = [{"radius": each.radius, "points": each.points} for each in self.strokes]
        drawn = {"boxes": self.boxes, "strokes": strokes}
        if self.painted is None:
            return drawn
        return drawn | {"painted": b64encode(np.packbits(self.painted)).decode()}

    @classmethod
    def from_dict(cls, values: Any) -> "Marks":
        """What :meth:`to_dict` wrote; raises :class:`SettingError` for anything else."""
        try:
            boxes = tuple(_box(each) for each in values.get("boxes", ()))
            strokes = tuple(_stroke(each) for each in values.get("strokes", ()))
            painted = _bits(values["painted"]) if "painted" in values else None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SettingError(
                "A marked moment has boxes of left, top, right, bottom and strokes with a radius "
                "and points, all of them fractions of the frame from 0 to 1; a painted mask is one "
                "that avsl wrote."
            ) from error
        points = sum(len(stroke.points) for stroke in strokes)
        if len(boxes) > MOST_BOXES or len(strokes) > MOST_STROKES or points > MOST_POINTS:
            raise LimitError(
                f"At one moment there can be {MOST_BOXES} boxes and {MOST_STROKES} strokes with "
                f"{MOST_POINTS} points. Clear some of them."
            )
        return cls(boxes, strokes, painted)


@dataclass(frozen=True, eq=False)
class Annotation:
    """Marks and when they hold."""

    time_s: float
    marks: Marks


def on_moments(
    annotations: Iterable[Annotation], times_s: np.ndarray, aspect: float
) -> tuple[np.ndarray, list[int]]:
    """Masks uint8 (M, SIDE_PX, SIDE_PX) and the indices of the M moments of ``times_s`` (T,) that
    they belong to: the nearest ones, rising. Of several at one moment the last counts.
    """
    nearest = {
        int(np.abs(times_s - each.time_s).argmin()): each.marks.mask(aspect)
        for each in annotations
    }
    moments = sorted(nearest)
    masks = [nearest[moment] for moment in moments]
    return np.array(masks, np.uint8).reshape(-1, SIDE_PX, SIDE_PX), moments


# Files.


def read_annotations(
    path: Path | str, clip: str, time_s: float
) -> tuple[list[Annotation], tuple[str, ...]]:
    """The annotations of the clip of that name in a file, and notes on what was made of it.

    A picture is a mask at ``time_s``: what is brighter than half grey sounds. A JSON file is what
    :func:`write_annotations` wrote, a list of boxes ``[[left, top, right, bottom], ...]`` at
    ``time_s``, or VGG-SS's list, whose boxes are of second 5. Raises :class:`MediaError` for other
    files, :class:`SettingError` where nothing in it is of this clip, :class:`LimitError`.
    """
    path = Path(path)
    if path.suffix.lower() != ".json":
        marks, notes = _picture(path)
        return [Annotation(time_s, marks)], notes
    found = _listed(_json(path), Path(clip).stem, time_s)
    if not found:
        raise SettingError(f"Nothing in {path.name} is of the clip {clip}.")
    return found, ()


def write_annotations(path: Path | str, clip: str, annotations: Sequence[Annotation]) -> None:
    """A JSON file for :func:`read_annotations`."""
    moments = [{"time_s": each.time_s, **each.marks.to_dict()} for each in annotations]
    with whole(Path(path)) as place:
        told = json.dumps({"kind": KIND, "clip": clip, "moments": moments}, indent=1)
        place.write_text(told, encoding="utf-8")


def _picture(path: Path) -> tuple[Marks, tuple[str, ...]]:
    try:
        gray = read_mask(path)  # what is transparent is not marked
    except MediaError as error:
        raise MediaError(
            f"{path.name} is neither a picture of a mask nor a JSON file of boxes."
        ) from error
    size = gray.shape[::-1]
    square = cv2.resize(gray, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    note = f"The mask of {size[0]}x{size[1]} pixels was laid over the whole frame."
    return Marks(painted=square > 127), (note,)


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LimitError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB.")
        return json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise MediaError(f"{path.name} cannot be read as JSON.") from error


def _listed(content: Any, stem: str, time_s: float) -> list[Annotation]:
    try:
        if isinstance(content, dict) and content.get("kind") == KIND:
            return [_moment(each) for each in content["moments"][:MOST_MOMENTS]]
        if isinstance(content, list) and content and isinstance(content[0], dict):
            return _of_vggss(content, stem)
        if isinstance(content, list):
            return [Annotation(time_s, Marks.from_dict({"boxes": content}))]
    except (KeyError, TypeError, ValueError) as error:
        raise MediaError(f"An entry of the list of boxes is broken: {error!r}.") from error
    raise MediaError("The JSON file is no list of boxes; see the README for the forms it can have.")


def _moment(values: dict) -> Annotation:
    return Annotation(_number(values["time_s"]), Marks.from_dict(values))


def _of_vggss(rows: list[dict], stem: str) -> list[Annotation]:
    """The entry of the clip: of its name, or the only one of its YouTube id."""
    fitting = [row for row in rows if row["file"] == stem]
    fitting = fitting or [row for row in rows if row["file"][:YOUTUBE_ID] == stem[:YOUTUBE_ID]]
    if len(fitting) != 1 or len(stem) < YOUTUBE_ID:
        return []
    boxes = [box for box in map(_clipped, fitting[0]["bbox"]) if box]
    return [Annotation(VGGSS_TIME_S, Marks(tuple(boxes)))]


def _clipped(corners: Sequence[float]) -> Box | None:
    """Cut to the frame, as upstream does with the broken ones; None where nothing is left."""
    left, top, right, bottom = (min(max(_number(each), 0.0), 1.0) for each in corners)
    return (left, top, right, bottom) if (right - left) * (bottom - top) > LEAST_SHARE else None


def _box(corners: Sequence[float]) -> Box:
    found = _clipped(corners)
    if found is None:
        raise ValueError(corners)
    return found


def _stroke(values: dict) -> Stroke:
    radius = _number(values["radius"])
    points = tuple((_number(x), _number(y)) for x, y in values["points"])
    if not 0 < radius <= 1 or not points:
        raise ValueError(values)
    return Stroke(radius, points)


def _bits(text: str) -> np.ndarray:
    """bool (SIDE_PX, SIDE_PX) from what :meth:`Marks.to_dict` made of it."""
    bits = np.frombuffer(b64decode(text, validate=True), np.uint8)
    return np.unpackbits(bits).reshape(SIDE_PX, SIDE_PX).astype(bool)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isfinite(number := float(value)):
        raise ValueError(value)
    return number


def _brushed(strokes: Sequence[Stroke], aspect: float) -> np.ndarray:
    """uint8 (SIDE_PX, SIDE_PX): drawn with a round brush on the frame, then squeezed."""
    width, height = (max(1, round(LONG_SIDE_PX * min(1, a))) for a in (aspect, 1 / aspect))
    canvas = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        line = np.clip([*stroke.points, stroke.points[-1]], -1, 2) * [width, height]
        thickness = max(1, round(2 * stroke.radius * width))
        cv2.polylines(canvas, [line.round().astype(np.int32)], False, 1, thickness)
    return cv2.resize(canvas, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_NEAREST)
