"""The picture to share: the best moment, as it is drawn, over a strip that says what it is."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from avsl.clip import Clip
from avsl.export import Job, export
from avsl.localization import best_moment
from avsl.localizer import Localizer
from avsl.overlay import VERDICT_RGB, Style
from avsl.share import LEAST_WIDTH, LONG_SIDE, MARGIN, SMALL, _cut, _font, _lines
from tests.support import CornerVariant, tone_clip


def shared(clip: Clip, found, tmp_path, style: Style | None = None) -> np.ndarray:
    job = Job(clip, found, style or Style())
    return np.asarray(Image.open(export(job, tmp_path, ("share",)).files["share"]))


def test_the_best_moment_is_drawn_large(tmp_path):
    clip = tone_clip()
    found = Localizer(CornerVariant()).run(clip)
    picture = shared(clip, found, tmp_path).astype(int)
    height = LONG_SIDE * clip.height // clip.width
    assert picture.shape[1] == LONG_SIDE
    assert height + 2 * MARGIN < picture.shape[0] < height + 300
    plain = shared(clip, found, tmp_path, Style(opacity=0.0)).astype(int)
    changed = np.abs(picture - plain).max(axis=2) > 30
    assert changed[height // 2 + 60 : height - 20, 20 : LONG_SIDE // 2 - 60].mean() > 0.9
    assert changed[: height // 2 - 60].mean() < 0.01


def test_the_strip_says_verdict_variant_and_title(tmp_path):
    clip = tone_clip()
    found = Localizer(CornerVariant()).run(clip)
    words = [line for line, _, _ in _lines(found, 0, 1000)]
    assert words[0] == "Sounding at the lower left: seen for 2.0 of 2.0 s."
    assert words[1].startswith("arrays, sounding here at 0.0 s")
    assert words[2].startswith("Corner, avsl ")
    unseen = Localizer(CornerVariant(unsure_from_s=-1)).run(clip)
    top = LONG_SIDE * clip.height // clip.width
    for each in (found, unseen):
        colour = shared(clip, each, tmp_path)[top + 2, 600]
        assert tuple(colour) == VERDICT_RGB[each.verdicts[0]]


def test_a_tall_picture_has_room_for_its_caption(tmp_path):
    frames = np.full((10, 160, 40, 3), 120, np.uint8)
    clip = Clip.from_arrays(frames, 10.0, tone_clip(1.0).waveform)
    picture = shared(clip, Localizer(CornerVariant(unsure_from_s=-1)).run(clip), tmp_path)
    assert picture.shape[1] == LEAST_WIDTH
    assert picture.shape[0] > LONG_SIDE


@pytest.mark.parametrize(("name", "kept"), [("a bell.mp4", "a bell"), ("鐘.mp4", "Sounding here")])
def test_a_name_is_written_where_the_font_has_its_letters(name, kept):
    found = Localizer(CornerVariant()).run(tone_clip())
    found = replace(found, provenance=replace(found.provenance, clip=name))
    assert _lines(found, 0, 1000)[1][0].startswith(kept)


def test_a_long_name_loses_its_middle():
    text = _cut("begin " + 200 * "x" + " end", 500)
    assert _font(SMALL).getlength(text) <= 500
    assert text.startswith("begin") and text.endswith("end")


def test_the_best_moment_is_the_surest_that_shows_something():
    found = Localizer(CornerVariant()).run(tone_clip(3.0), map_rate_hz=1)
    found.confidence[:] = [1.0, 1.5, 9.0]
    assert best_moment(found) == 2
    found.maps[2] = 0
    assert best_moment(found) == 1
    found.maps[:] = 0
    assert best_moment(found) == 2
