"""Verdicts, regions, saving: what a user reads off a localization."""

from itertools import pairwise

import numpy as np
import pytest

from avsl.audio import FLOOR_DBFS, loudness_dbfs
from avsl.errors import Cancelled, LimitError, MediaError, NoSoundError, SettingError
from avsl.localization import Localization, Verdict, regions, spans, summary, where_words
from avsl.localizer import Localizer
from avsl.settings import SAMPLE_RATE_HZ
from tests.support import CornerVariant, tone_clip


def test_loudness_of_a_full_scale_square_wave_is_zero_and_of_silence_the_floor():
    square = np.ones(SAMPLE_RATE_HZ, np.float32)
    square[::2] = -1
    sound = np.concatenate([square, np.zeros(2 * SAMPLE_RATE_HZ, np.float32)])
    loudness = loudness_dbfs(sound, np.array([0.5, 2.5, 99.0]))
    assert loudness == pytest.approx([0.0, FLOOR_DBFS, FLOOR_DBFS], abs=0.01)


def test_a_constant_offset_is_not_heard():
    offset = np.full(2 * SAMPLE_RATE_HZ, 0.05, np.float32)
    assert (loudness_dbfs(offset, np.arange(0, 2, 0.05)) == FLOOR_DBFS).all()
    tone = 0.1 * np.sin(np.arange(2 * SAMPLE_RATE_HZ) * 2 * np.pi * 440 / SAMPLE_RATE_HZ)
    both = loudness_dbfs((offset + tone).astype(np.float32), np.array([1.0]))
    assert both == pytest.approx([-23.0], abs=0.1)


def test_gap_between_clicks_is_not_silence():
    sound = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    sound[:: SAMPLE_RATE_HZ // 3] = 0.8
    assert (loudness_dbfs(sound, np.arange(0, 2, 0.05)) > -60).all()


def test_every_moment_gets_the_verdict_that_loudness_and_confidence_call_for():
    clip = tone_clip(duration_s=3.0, silent_after_s=2.0)
    found = Localizer(CornerVariant(unsure_from_s=1.0)).run(clip)
    assert found.verdicts[found.nearest(0.4)] is Verdict.SOUNDING
    assert found.verdicts[found.nearest(1.5)] is Verdict.NOT_FOUND
    assert found.verdicts[found.nearest(2.8)] is Verdict.SILENT
    assert found.maps[found.nearest(2.8)].max() == 0
    assert found.shown_at(1.5).max() == 0, "an unsure map is never shown as evidence"
    assert found.shown_at(0.4).max() == pytest.approx(0.9)


def test_spans_tile_the_clip():
    clip = tone_clip(duration_s=3.0, silent_after_s=2.0)
    tiles = spans(Localizer(CornerVariant(unsure_from_s=1.0)).run(clip))
    assert [span.verdict for span in tiles] == [Verdict.SOUNDING, Verdict.NOT_FOUND, Verdict.SILENT]
    assert (tiles[0].start_s, tiles[-1].end_s) == (0.0, 3.0)
    assert all(a.end_s == b.start_s for a, b in pairwise(tiles))


def test_shown_map_is_linear_between_moments_of_its_verdict_and_ends_with_it():
    found = Localizer(CornerVariant(unsure_from_s=1.0)).run(tone_clip(), map_rate_hz=2)
    found.maps[1] = 0
    assert found.shown_at(0.25).max() == pytest.approx(0.45)
    found.maps[1] = 0.8
    assert found.shown_at(0.7).max() == pytest.approx(0.8), "nothing fades into what is not found"
    assert found.shown_at(0.8).max() == 0
    assert found.guess_at(0.7).max() == 0
    assert found.guess_at(0.8).max() == pytest.approx(0.9)


def test_maps_are_not_blended_across_a_cut():
    variant = CornerVariant(unsure_from_s=1.0)
    variant.cuts_s = (0.8,)
    found = Localizer(variant).run(tone_clip(), map_rate_hz=2)
    assert found.shown_at(0.75).max() == pytest.approx(0.9)
    assert found.verdict_at(0.79) is Verdict.SOUNDING
    assert found.shown_at(0.85).max() == 0
    assert found.verdict_at(0.8) is Verdict.NOT_FOUND
    assert spans(found)[0].end_s == 0.8, "a moment holds up to the cut, not up to the middle"


def test_region_is_where_the_map_is():
    heatmap = np.zeros((12, 16), np.float32)
    heatmap[6:, :8] = 0.9
    heatmap[1:3, 12:15] = 0.6
    first, second = regions(heatmap, 0.5, 640, 480)
    assert first.where == "lower left"
    assert first.box == (0, 240, 320, 480)
    assert first.area == pytest.approx(0.25)
    assert first.centroid == pytest.approx((160, 360))
    assert second.where == "upper right"
    assert regions(heatmap, 0.7, 640, 480) == [first]


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [(0.1, 0.1, "upper left"), (0.5, 0.5, "centre"), (0.5, 0.9, "bottom"), (1.0, 0.5, "right")],
)
def test_words_for_places(x, y, words):
    assert where_words(x, y) == words


def test_summary_says_where_or_why_nothing_is_shown():
    assert "lower left" in summary(Localizer(CornerVariant()).run(tone_clip()))
    assert "was not found" in summary(Localizer(CornerVariant(0.0)).run(tone_clip()))
    silent = tone_clip(silent_after_s=0.0)
    assert "Nothing audible" in summary(Localizer(CornerVariant()).run(silent))


def test_saved_localization_comes_back_the_same(tmp_path):
    found = Localizer(CornerVariant(1.0)).run(tone_clip())
    found.save(tmp_path / "found.npz")
    again = Localization.load(tmp_path / "found.npz")
    assert np.array_equal(again.maps, found.maps)
    assert again.verdicts == found.verdicts
    assert again.provenance == found.provenance
    assert again.notes == found.notes


def test_loading_something_else_says_so(tmp_path):
    (tmp_path / "other.npz").write_bytes(b"not a zip")
    with pytest.raises(MediaError, match="not a saved localization"):
        Localization.load(tmp_path / "other.npz")


def test_clip_without_sound_is_refused_with_what_to_do():
    clip = tone_clip()
    mute = type(clip)(clip.name, clip.duration_s, clip.source, np.zeros(0, np.float32))
    with pytest.raises(NoSoundError, match="add a sound file"):
        Localizer(CornerVariant()).run(mute)


@pytest.mark.parametrize("rate_hz", [-1.0, 1000.0])
def test_impossible_rate_is_refused(rate_hz):
    with pytest.raises(SettingError, match="Maps per second"):
        Localizer(CornerVariant()).run(tone_clip(), map_rate_hz=rate_hz)


def test_too_many_maps_are_refused_before_any_work():
    variant = CornerVariant()
    clip = tone_clip()
    long = type(clip)(clip.name, 3600.0, clip.source, clip.waveform)
    with pytest.raises(LimitError, match="Lower the rate"):
        Localizer(variant).run(long, map_rate_hz=10)
    assert variant.calls == 0


def test_progress_can_cancel():
    def stop(fraction, stage):
        raise Cancelled

    with pytest.raises(Cancelled):
        Localizer(CornerVariant()).run(tone_clip(), progress=stop)
