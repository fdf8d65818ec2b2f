"""The columns of the tables, and how they become Parquet; README.md says what each means.

Units stand in the names: ``_s`` seconds, ``_px`` pixels of the clip's upright frame from its upper
left corner, ``_share`` a part of 1, ``_hz``, ``_dbfs``. Empty (null) where there is nothing.
"""

from pathlib import Path
from typing import Any

from avsl.corpus.needs import needed
from avsl.names import encodable

pa = needed("pyarrow")
parquet = needed("pyarrow.parquet")

TEXT, REAL, FINE, WHOLE = pa.string(), pa.float32(), pa.float64(), pa.int32()

MOMENTS = pa.schema(
    {
        "clip_id": TEXT, "moment": WHOLE, "time_s": FINE, "verdict": TEXT, "confidence": REAL,
        "loudness_dbfs": REAL, "label": TEXT, "peak": REAL, "peak_x_px": REAL, "peak_y_px": REAL,
        "shown_share": REAL, "regions": WHOLE, "where": TEXT, "box_x0_px": REAL, "box_y0_px": REAL,
        "box_x1_px": REAL, "box_y1_px": REAL, "area_share": REAL, "centre_x_px": REAL,
        "centre_y_px": REAL,
    }
)  # fmt: skip
CLIPS = pa.schema(
    {
        "clip_id": TEXT, "path": TEXT, "sha256": TEXT, "duration_s": FINE, "width_px": WHOLE,
        "height_px": WHOLE, "fps_hz": FINE, "moments": WHOLE, "map_height": WHOLE,
        "map_width": WHOLE, "sounding_share": FINE, "silent_share": FINE,
        "not_found_share": FINE, "unseen_share": FINE, "confidence_max": REAL, "summary": TEXT,
        "notes": pa.list_(TEXT), "threshold": FINE,
        "confidence_gate": FINE, "map_rate_hz": FINE, "variant": TEXT, "weights_sha256": TEXT,
        "device": TEXT, "avsl_version": TEXT,
    }
)  # fmt: skip
TIMINGS = pa.schema({"clip_id": TEXT, "seconds": FINE, "variant_seconds": FINE})
DEAD_LETTERS = pa.schema({"clip_id": TEXT, "path": TEXT, "kind": TEXT, "sentence": TEXT})
TABLES = {"moments": MOMENTS, "clips": CLIPS, "timings": TIMINGS}


def write(path: Path, rows: list[dict], schema: pa.Schema) -> None:
    """Parquet of ``rows``: the same bytes for the same rows."""
    kept = [{name: _kept(value) for name, value in row.items()} for row in rows]
    parquet.write_table(pa.Table.from_pylist(kept, schema), path, compression="zstd")


def _kept(value: Any) -> Any:
    """Parquet's text is UTF-8, and a sentence may name a file whose name is not."""
    if isinstance(value, str):
        return encodable(value)
    return [_kept(each) for each in value] if isinstance(value, list) else value
