"""A localization as rows of the tables and as one clip's map files: pure functions."""

import io
import json

import numpy as np

from avsl.clip import Clip
from avsl.corpus.sources import Source
from avsl.localization import Localization, Region, Verdict, summary


def moment_rows(clip_id: str, found: Localization, threshold: float) -> list[dict]:
    """A row a moment looked at, whether anything is shown at it or not."""
    return [_moment(clip_id, found, index, threshold) for index in range(len(found.times_s))]


def _moment(clip_id: str, found: Localization, index: int, threshold: float) -> dict:
    shown, regions = found.shown(index), found.regions(index, threshold)
    return {
        "clip_id": clip_id,
        "moment": index,
        "time_s": float(found.times_s[index]),
        "verdict": found.verdicts[index].value,
        "confidence": float(found.confidence[index]),
        "loudness_dbfs": float(found.loudness_dbfs[index]),
        "label": (found.labels[index] if found.labels else "") or None,
        **_peak(shown, found.width, found.height),
        "shown_share": float((shown >= threshold).mean()),
        "regions": len(regions),
        **(_region(regions[0]) if regions else {}),
    }


def _peak(shown: np.ndarray, width: int, height: int) -> dict:
    """The largest value of a map (h, w) and the middle of its cell, in pixels of the frame."""
    if not shown.any():
        return {}
    row, column = np.unravel_index(shown.argmax(), shown.shape)
    return {
        "peak": float(shown[row, column]),
        "peak_x_px": float((column + 0.5) * width / shown.shape[1]),
        "peak_y_px": float((row + 0.5) * height / shown.shape[0]),
    }


def _region(region: Region) -> dict:
    names = ("box_x0_px", "box_y0_px", "box_x1_px", "box_y1_px", "centre_x_px", "centre_y_px")
    places = zip(names, (*region.box, *region.centroid), strict=True)
    return {"where": region.where, "area_share": region.area, **dict(places)}


def clip_row(source: Source, clip: Clip, found: Localization, threshold: float) -> dict:
    """The clip's one row; nothing in it depends on when and by whom it was made."""
    made = found.provenance
    return {
        "clip_id": source.id,
        "path": source.path,
        "sha256": made.clip_sha256,
        "duration_s": found.duration_s,
        "width_px": found.width,
        "height_px": found.height,
        "fps_hz": clip.fps_hz,
        "moments": len(found.times_s),
        "map_height": found.maps.shape[1],
        "map_width": found.maps.shape[2],
        "sounding_share": found.share(Verdict.SOUNDING),
        "silent_share": found.share(Verdict.SILENT),
        "not_found_share": found.share(Verdict.NOT_FOUND),
        "unseen_share": found.share(Verdict.UNSEEN),
        "confidence_max": float(found.confidence.max()),
        "summary": summary(found),
        "notes": list(found.notes),
        "threshold": threshold,
        "confidence_gate": found.confidence_gate,
        "map_rate_hz": made.map_rate_hz,
        "variant": made.variant,
        "weights_sha256": made.weights_sha256,
        "device": made.device,
        "avsl_version": made.avsl_version,
    }


def map_files(source: Source, found: Localization) -> list[tuple[str, bytes]]:
    """``KEY.npz`` with maps float16 (T, h, w) and times_s float64 (T,), and ``KEY.json``."""
    packed = io.BytesIO()
    np.savez_compressed(packed, maps=found.maps.astype(np.float16), times_s=found.times_s)
    told = {
        "clip_id": source.id,
        "width_px": found.width,
        "height_px": found.height,
        "cuts_s": [float(cut_s) for cut_s in found.cuts_s],
    }
    key = key_of(source.id)
    return [(f"{key}.npz", packed.getvalue()), (f"{key}.json", json.dumps(told).encode())]


def key_of(clip_id: str) -> str:
    """The id as WebDataset's key, which ends at a name's first dot: "a/b.c" -> "a/b%2Ec"."""
    return clip_id.replace("%", "%25").replace(".", "%2E").lstrip("/")
