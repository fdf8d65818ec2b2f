"""Take-away files: overlay video, picture to share, masks, raw maps, COCO, CSV, captions, timeline,
manifest.

Every writer is a pure function of a :class:`Localization` (and the clip, where pictures of it are
needed); none of them runs a variant.
"""

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

from avsl import captions, manifest, share, timeline
from avsl.clip import Clip
from avsl.errors import SettingError
from avsl.localization import (
    Localization,
    Region,
    best_moment,
    guess_level,
    mask,
    regions_with_cells,
)
from avsl.media import output_rate_hz, write_video
from avsl.overlay import GUESS, Style, draw_moment, overlay_frames
from avsl.progress import Progress, no_progress
from avsl.storage import require_free_disk, storage_errors, whole


@dataclass(frozen=True)
class Job:
    """What every writer is given."""

    clip: Clip
    localization: Localization
    style: Style
    progress: Progress = no_progress
    formats: tuple[str, ...] = ()  # all that belong together; (): those that are written now

    @property
    def threshold(self) -> float:
        return self.style.threshold or self.localization.threshold


def overlay_mp4(job: Job, path: Path) -> tuple[str, ...]:
    """H.264 + AAC at the clip's rate with its original sound; notes on changes to that."""
    return write_video(path, _watched(job), output_rate_hz(job.clip), job.clip)


def _watched(job: Job) -> Iterator[np.ndarray]:
    for time_s, frame in overlay_frames(job.clip, job.localization, job.style):
        job.progress(min(1.0, time_s / job.clip.duration_s), "drawing the video")
        yield frame


def timeline_png(job: Job, path: Path) -> None:
    """Waveform, loudness, confidence and verdicts over time."""
    path.write_bytes(timeline.png(job.localization, job.clip.waveform))


def localization_npz(job: Job, path: Path) -> None:
    """Raw maps and everything else; ``Localization.load`` reads it."""
    job.localization.save(path)


def masks_png(job: Job, folder: Path) -> None:
    """One 0/255 mask a moment at the frame's size, named by index and milliseconds."""
    folder.mkdir(parents=True, exist_ok=True)
    found = job.localization
    for index, time_s in enumerate(found.times_s):
        job.progress(index / len(found.times_s), "writing the masks")
        inside = mask(found.shown(index), job.threshold, found.width, found.height)
        Image.fromarray(inside.astype(np.uint8) * 255).save(folder / _moment_name(index, time_s))


def frames_png(job: Job, folder: Path) -> None:
    """One drawn frame a moment, named as the masks are."""
    folder.mkdir(parents=True, exist_ok=True)
    found = job.localization
    for index, frame in enumerate(job.clip.frames_at(found.times_s)):
        job.progress(index / len(found.times_s), "writing the frames")
        time_s = float(found.times_s[index])
        drawn = draw_moment(frame, found, time_s, job.style)
        Image.fromarray(drawn).save(folder / _moment_name(index, time_s), compress_level=1)


def coco_json(job: Job, path: Path) -> None:
    """COCO instances: an image a moment, an annotation a region with its uncompressed RLE mask.

    Guesses, where the style has them, are of a category of their own.
    """
    found = job.localization
    annotations: list[dict] = []
    for index in range(len(found.times_s)):
        job.progress(index / len(found.times_s), "writing the regions")
        annotations += _annotations(found, found.shown(index), job.threshold, index, SOURCE_ID)
        if job.style.guesses:
            guess = found.guess(index)
            level = guess_level(guess, job.threshold)
            annotations += _annotations(found, guess, level, index, GUESS_ID) if level else []
    for number, annotation in enumerate(annotations, 1):
        annotation["id"] = number
    images = [
        {
            "id": index,
            "file_name": _moment_name(index, time_s),
            "width": found.width,
            "height": found.height,
            "time_s": float(time_s),
            "verdict": found.verdicts[index],
        }
        for index, time_s in enumerate(found.times_s)
    ]
    categories = [{"id": SOURCE_ID, "name": "sounding"}]
    categories += [{"id": GUESS_ID, "name": GUESS}] if job.style.guesses else []
    info = {"description": "Sounding regions", "avsl": asdict(found.provenance)}
    _write_json(
        path,
        {"info": info, "images": images, "annotations": annotations, "categories": categories},
    )


SOURCE_ID, GUESS_ID = 1, 2  # COCO's categories


def _annotations(
    found: Localization, heatmap: np.ndarray, level: float, index: int, category: int
) -> Iterator[dict]:
    """Of every region of a map (h, w) at or above ``level``."""
    inside = mask(heatmap, level, found.width, found.height)
    for region, cells in regions_with_cells(heatmap, level, found.width, found.height):
        x0, y0, x1, y1 = region.box
        part = inside & own_pixels(cells, heatmap >= level, inside.shape)
        yield {
            "id": 0,  # counted when all are there
            "image_id": index,
            "category_id": category,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": int(part.sum()),
            "iscrowd": 1,
            "score": region.peak,
            "segmentation": rle(part),
        }


def own_pixels(cells: np.ndarray, any_cells: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels that belong to one region: its ``cells`` and their margin, less the cells of the
    others; bool (h, w) twice -> bool ``shape``.
    """
    near = ndimage.binary_dilation(cells, np.ones((3, 3))) & ~(any_cells & ~cells)
    height, width = shape
    return cv2.resize(near.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0


def rle(inside: np.ndarray) -> dict:
    """COCO's uncompressed run lengths of a bool (H, W) mask, column by column, zeros first."""
    flat = inside.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff([0, *changes, len(flat)]).tolist()
    return {"size": list(inside.shape), "counts": [0, *counts] if flat[0] else counts}


SOURCE = "source"  # a row that is no guess
CSV_COLUMNS = (
    "time_s", "verdict", "confidence", "loudness_dbfs", "label",
    "where", "x0", "y0", "x1", "y1", "area", "x", "y", "peak",
)  # fmt: skip


def moments_csv(job: Job, path: Path) -> None:
    """A row per region, or one with empty fields for a moment without any.

    Where the style has guesses, so has the table: rows of another ``kind``, its last column.
    """
    found = job.localization
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        guesses = job.style.guesses
        rows.writerow((*CSV_COLUMNS, "kind") if guesses else CSV_COLUMNS)
        for index, time_s in enumerate(found.times_s):
            moment = [
                f"{time_s:.3f}",
                found.verdicts[index],
                f"{found.confidence[index]:.3f}",
                f"{found.loudness_dbfs[index]:.1f}",
                found.labels[index] if found.labels else "",
            ]
            regions, kind = found.regions(index, job.threshold), SOURCE
            if guesses and not regions:
                regions, kind = found.guess_regions(index, job.threshold), GUESS
            for region in regions or [None]:
                row = moment + _region_row(region)
                rows.writerow([*row, kind if region else ""] if guesses else row)


def _region_row(region: Region | None) -> list[str]:
    if region is None:
        return [""] * 9
    numbers = (*region.box, region.area, *region.centroid, region.peak)
    return [region.where, *(f"{number:.4g}" for number in numbers)]


def captions_vtt(job: Job, path: Path) -> None:
    """WebVTT: what is heard and where, while anything is."""
    cues = captions.captions(job.localization, job.threshold)
    path.write_text(captions.webvtt(cues), encoding="utf-8")


def manifest_json(job: Job, path: Path) -> None:
    """What made these files: enough to run it again and compare, see :mod:`avsl.again`."""
    style = replace(job.style, threshold=job.threshold)
    _write_json(path, manifest.content(job.clip, job.localization, style, job.formats))


def share_png(job: Job, path: Path) -> None:
    """The best moment with a caption, to show to others."""
    found = job.localization
    index = best_moment(found)
    (frame,) = job.clip.frames_at(found.times_s[index : index + 1])
    Image.fromarray(share.picture(frame, found, index, job.style)).save(path)


@dataclass(frozen=True)
class Written:
    """What :func:`export` did."""

    files: dict[str, Path]  # format -> file or folder
    notes: tuple[str, ...]  # what had to be changed to write it, as sentences


@dataclass(frozen=True)
class Format:
    """One kind of file: its name in the output folder, what it is, and its writer."""

    file: str
    about: str
    write: Callable[[Job, Path], tuple[str, ...] | None]  # returns notes, if any


FORMATS: dict[str, Format] = {
    "video": Format("overlay.mp4", "the overlay with the original sound", overlay_mp4),
    "share": Format("share.png", "the best moment with a caption, to show", share_png),
    "timeline": Format("timeline.png", "waveform, confidence and verdicts", timeline_png),
    "npz": Format("localization.npz", "raw maps, for Localization.load", localization_npz),
    "masks": Format("masks", "a black and white PNG per moment", masks_png),
    "frames": Format("frames", "a drawn PNG per moment", frames_png),
    "coco": Format("coco.json", "regions with RLE masks", coco_json),
    "csv": Format("moments.csv", "a row per moment and region", moments_csv),
    "vtt": Format("captions.vtt", "what sounds where, as subtitles", captions_vtt),
    "manifest": Format("manifest.json", "how it was made", manifest_json),
}
DEFAULT_FORMATS = tuple(name for name in FORMATS if name != "frames")  # frames are large


def export(job: Job, folder: Path | str, formats: tuple[str, ...] = DEFAULT_FORMATS) -> Written:
    """Write the chosen formats into ``folder``.

    Raises :class:`SettingError` for an unknown format, :class:`avsl.errors.StorageError` when
    the disk is full or may not be written.
    """
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise SettingError(f"No such format: {', '.join(unknown)}. Formats: {', '.join(FORMATS)}.")
    folder, job = Path(folder), replace(job, formats=job.formats or tuple(formats))
    files: dict[str, Path] = {}
    notes: list[str] = []
    with storage_errors(folder):
        require_free_disk(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if "manifest" in formats:  # comes last, and says that all beside it is of one run
            (folder / FORMATS["manifest"].file).unlink(missing_ok=True)
        for name in formats:
            files[name] = folder / FORMATS[name].file
            with whole(files[name]) as place:
                notes += FORMATS[name].write(job, place) or ()
    return Written(files, tuple(notes))


def bundle(folder: Path, path: Path) -> Path:
    """Every file below ``folder`` in one zip at ``path``."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file != path]
    with (
        storage_errors(path.parent),
        whole(path) as place,
        zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive,
    ):
        for file in files:
            archive.write(file, file.relative_to(folder))
    return path


def _moment_name(index: int, time_s: float) -> str:
    return f"{index:05d}_{round(1000 * time_s):07d}ms.png"


def _write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
