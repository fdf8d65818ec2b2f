"""Rows say in pixels and shares what a localization shows."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from avsl.corpus import rows, tables
from avsl.corpus.sources import Source
from avsl.localizer import Localizer
from tests.support import CornerVariant, tone_clip

README = Path(__file__).resolve().parents[2] / "avsl" / "corpus" / "README.md"


@pytest.fixture(scope="module")
def looked():
    clip = tone_clip(3.0, width=64, height=48, silent_after_s=2.0)
    return clip, Localizer(CornerVariant(unsure_from_s=1.0)).run(clip, 5.0)


def test_a_row_a_moment_with_the_strongest_region_in_pixels(looked):
    _, found = looked
    made = rows.moment_rows("x", found, found.threshold)
    assert [row["time_s"] for row in made] == pytest.approx(np.arange(15) / 5)
    first = made[0]
    box = [first[name] for name in ("box_x0_px", "box_y0_px", "box_x1_px", "box_y1_px")]
    assert box == [0, 24, 32, 48]
    assert (first["area_share"], first["shown_share"]) == (0.25, 0.25)
    assert first["peak"] == pytest.approx(0.9)
    assert (first["peak_x_px"], first["peak_y_px"]) == (2.0, 26.0)
    assert first["where"] == "lower left" and first["verdict"] == "sounding here"


def test_moments_that_show_nothing_have_a_row_without_places(looked):
    _, found = looked
    made = rows.moment_rows("x", found, found.threshold)
    assert {row["verdict"] for row in made} == {
        "sounding here", "heard; the source was not found", "nothing audible",
    }  # fmt: skip
    for row in made:
        if row["verdict"] != "sounding here":
            assert row["shown_share"] == 0 and row["regions"] == 0
            assert "peak" not in row and "box_x0_px" not in row


def test_rows_fit_the_tables_and_say_nothing_of_the_clock(looked, tmp_path):
    clip, found = looked
    row = rows.clip_row(Source("x", "x.mp4", "/x.mp4"), clip, found, 0.5)
    assert set(row) == set(tables.CLIPS.names)
    assert "seconds" not in row and row["moments"] == 15
    assert row["sounding_share"] + row["silent_share"] + row["not_found_share"] == pytest.approx(1)
    assert set(rows.moment_rows("x", found, 0.5)[0]) == set(tables.MOMENTS.names)
    for name in ("one", "two"):
        tables.write(tmp_path / name, [row], tables.CLIPS)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_maps_come_back_to_half_precision(looked):
    _, found = looked
    (npz, packed), (facts, told) = rows.map_files(Source("a/b.c", "-", "-"), found)
    assert (npz, facts) == ("a/b%2Ec.npz", "a/b%2Ec.json")  # one WebDataset key
    assert json.loads(told)["clip_id"] == "a/b.c"
    with np.load(io.BytesIO(packed)) as data:
        assert data["maps"].dtype == np.float16
        np.testing.assert_allclose(data["maps"], found.maps, atol=5e-4)
        np.testing.assert_array_equal(data["times_s"], found.times_s)


def test_every_column_is_documented():
    text = README.read_text()
    schemas = (tables.MOMENTS, tables.CLIPS, tables.TIMINGS, tables.DEAD_LETTERS)
    assert not [name for schema in schemas for name in schema.names if f"`{name}`" not in text]
