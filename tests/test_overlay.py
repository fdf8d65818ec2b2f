"""What the pictures show, and that they show nothing where there is nothing."""

import numpy as np
import pytest

from avsl.errors import SettingError
from avsl.localization import Verdict
from avsl.localizer import Localizer
from avsl.overlay import Look, Style, badge, draw, draw_moment
from tests.support import CornerVariant, tone_clip


@pytest.fixture
def frame() -> np.ndarray:
    return np.full((240, 320, 3), 90, np.uint8)


@pytest.fixture
def corner() -> np.ndarray:
    heatmap = np.zeros((12, 16), np.float32)
    heatmap[7:11, 1:6] = 0.9
    return heatmap


INSIDE, OUTSIDE = (180, 70), (40, 260)  # row, column


@pytest.mark.parametrize("look", [Look.HEAT, Look.CONTOUR, Look.BOXES])
def test_empty_map_leaves_the_frame_alone(frame, look):
    drawn = draw(frame, np.zeros((12, 16), np.float32), 0.5, look, 1.0)
    assert np.array_equal(drawn, frame)


@pytest.mark.parametrize("look", list(Look))
def test_drawing_shows_the_region_and_does_not_touch_the_input(frame, corner, look):
    before = frame.copy()
    drawn = draw(frame, corner, 0.5, look, 0.8)
    assert not np.array_equal(drawn, before)
    assert np.array_equal(frame, before)


@pytest.mark.parametrize("look", list(Look))
def test_zero_opacity_draws_nothing(frame, corner, look):
    assert np.array_equal(draw(frame, corner, 0.5, look, 0.0), frame)


def test_heat_colours_the_region_and_only_it(frame, corner):
    drawn = draw(frame, corner, 0.5, Look.HEAT, 0.8)
    assert np.abs(drawn[INSIDE].astype(int) - 90).max() > 60
    assert np.array_equal(drawn[OUTSIDE], frame[OUTSIDE])


def test_heat_under_the_threshold_is_not_drawn(frame, corner):
    assert np.array_equal(draw(frame, corner * 0.5, 0.7, Look.HEAT, 0.8), frame)


def test_spotlight_keeps_the_region_and_dims_the_rest(frame, corner):
    drawn = draw(frame, corner, 0.5, Look.SPOTLIGHT, 0.8)
    assert drawn[INSIDE].tolist() == [90, 90, 90]
    assert drawn[OUTSIDE].max() < 30


def test_box_encloses_the_region(frame, corner):
    changed = np.argwhere((draw(frame, corner, 0.5, Look.BOXES, 1.0) != frame).any(axis=2))
    assert changed.min(axis=0) == pytest.approx([140, 20], abs=4)
    assert changed.max(axis=0) == pytest.approx([220, 120], abs=4)


@pytest.mark.parametrize("shape", [(640, 360), (360, 640), (9, 7), (1, 1)])
@pytest.mark.parametrize("look", list(Look))
def test_any_frame_size_can_be_drawn(shape, look, corner):
    frame = np.zeros((*shape, 3), np.uint8)
    assert draw(frame, corner, 0.5, look, 0.8).shape == frame.shape


def test_badge_says_the_verdict_and_differs_by_it():
    pictures = [badge(verdict, 480) for verdict in Verdict]
    assert len({picture.tobytes() for picture in pictures}) == len(Verdict)


def test_moment_uses_the_calibrated_threshold_unless_told_otherwise(frame):
    found = Localizer(CornerVariant()).run(tone_clip(width=320, height=240))
    own = draw_moment(frame, found, 1.0, Style(legend=False))
    same = draw_moment(frame, found, 1.0, Style(threshold=0.5, legend=False))
    strict = draw_moment(frame, found, 1.0, Style(threshold=0.99, legend=False))
    assert np.array_equal(own, same)
    assert not np.array_equal(own, strict)


@pytest.mark.parametrize("wrong", [{"opacity": 2}, {"threshold": 1.5}, {"look": "jet"}])
def test_wrong_style_is_refused_with_the_range(wrong):
    with pytest.raises(SettingError):
        Style(**wrong)


def test_a_guess_is_a_thin_dashed_line_with_its_word_and_only_when_asked_for(frame):
    found = Localizer(CornerVariant(unsure_from_s=-1)).run(tone_clip())
    plain = draw_moment(frame, found, 0.5, Style(legend=False))
    assert np.array_equal(plain, frame), "off by default"
    drawn = draw_moment(frame, found, 0.5, Style(legend=False, guesses=True))
    changed = (drawn != frame).any(axis=2)
    assert 0.001 < changed.mean() < 0.05
    edge = changed[121:124, 10:150].any(axis=0)
    assert 0.3 < edge.mean() < 0.9, "the region's upper edge is dashed"
    assert changed[160:200, 40:120].any(), "the word stands in the middle"
    assert not changed[:100].any() and not changed[:, 200:].any()


def test_what_is_shown_has_no_guess(frame):
    found = Localizer(CornerVariant()).run(tone_clip())
    both = [draw_moment(frame, found, 0.5, Style(guesses=asked)) for asked in (False, True)]
    assert np.array_equal(*both)
