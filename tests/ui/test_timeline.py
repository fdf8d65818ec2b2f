"""The timeline under a video says what the localization says, for eyes and for screen readers."""

import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from avsl.localization import Localization
from avsl.localizer import Localizer
from avsl.ui import timeline
from avsl.ui.timeline.drawing import clock
from avsl.ui.timeline.lanes import labels
from avsl.ui.timeline.score import facts
from tests.support import CornerVariant, tone_clip

CLIP = tone_clip(duration_s=3.0, silent_after_s=2.0)


@pytest.fixture(scope="module")
def found() -> Localization:
    """3 s at 10 a second: a second lower left, one not found, one of silence."""
    return Localizer(CornerVariant(unsure_from_s=1.0)).run(CLIP)


def score(*tracks: timeline.Track, **more) -> timeline.Score:
    return timeline.Score("overlay", CLIP.waveform, tracks, **more)


def packed(html: str) -> dict:
    return json.loads(unescape(re.search(r'data-score="([^"]*)"', html)[1]))


def test_the_script_is_told_when_which_words_hold(found):
    told = facts(score(timeline.Track(found)))
    assert (told["player"], told["duration_s"], told["step_s"]) == ("overlay", 3.0, 0.1)
    (track,) = told["tracks"]
    assert track["words"] == ["sounding, lower left", "source not found", "nothing audible"]
    times_s, words = zip(*track["changes"], strict=True)
    assert words == (0, 1, 2)
    assert times_s == pytest.approx((0.0, 0.95, 2.25), abs=0.06)


def test_words_stand_once_however_often_they_hold(found):
    labels = tuple("dog" if index % 2 else "cat" for index in range(30))
    track = facts(score(timeline.Track(replace(found, labels=labels))))["tracks"][0]
    assert len(track["changes"]) > 20
    assert len(track["words"]) == 5


def test_the_threshold_that_is_drawn_decides_on_the_place(found):
    words = facts(score(timeline.Track(found, threshold=0.95)))["tracks"][0]["words"]
    assert words[0] == "sounding"  # fainter than that, so it has no place


def test_what_is_drawn_holds_the_same_facts_and_starts_at_zero(found):
    drawn = score(timeline.Track(found))
    html = timeline.timeline(drawn)
    assert packed(html) == json.loads(json.dumps(facts(drawn)))
    assert 'role="slider"' in html
    assert 'aria-valuetext="0:00, sounding, lower left"' in html
    assert "nan" not in html


def test_verdicts_differ_in_height_and_have_words(found):
    html = timeline.timeline(score(timeline.Track(found)))
    lane = re.search(r'<div class="lane verdict">(.*?)</div>', html)[1]
    heights = {re.search(r"v-(\d+)", path)[1] for path in lane.split("<path")[1:]}
    assert len(heights) == 3
    assert all(f"</svg>{words}</li>" in html for words in ("sounding", "source not found"))


def test_every_variant_has_its_lanes_and_every_pair_its_curve(found):
    values = np.where(np.arange(30) < 10, 0.5, np.nan)
    curves = (timeline.Curve("a & b", found.times_s, values),)
    tracks = (timeline.Track(found, "<one>"), timeline.Track(found, "two"))
    html = timeline.timeline(score(*tracks, curves=curves, curves_title="IoU"))
    assert html.count('class="lane confidence') == html.count('class="lane verdict') == 2
    assert "&lt;one&gt;: sounding, lower left, two: sounding, lower left" in html
    assert html.count('class="lane curves"') == 1
    assert "a &amp; b</li>" in html
    assert [track["name"] for track in packed(html)["tracks"]] == ["<one>", "two"]


def test_names_of_sounds_are_written_where_they_are_heard(found):
    named = replace(found, labels=("dog <b>",) * 10 + ("",) * 5 + ("bell",) * 15)
    track = timeline.Track(named)
    (start, length, name), bell = labels(track.stretches(), 3.0)
    assert (start, name, bell[2]) == (0.0, "dog <b>", "bell")
    assert length == pytest.approx(0.95 / 3)
    assert "dog &lt;b&gt;" in timeline.timeline(score(track))
    assert "lane names" not in timeline.timeline(score(timeline.Track(found)))


def test_an_hour_is_not_more_to_load_than_can_be_seen(found):
    count = 36_000
    long = replace(
        found, times_s=np.arange(count) / 10, duration_s=3600.0,
        maps=found.maps[:1].repeat(count, 0), verdicts=found.verdicts[:1] * count,
        loudness_dbfs=found.loudness_dbfs[:1].repeat(count),
        confidence=np.random.default_rng(0).random(count).astype(np.float32),
    )  # fmt: skip
    assert len(timeline.timeline(score(timeline.Track(long)))) < 60_000


@pytest.mark.parametrize(
    ("time_s", "text"), [(0, "0:00"), (0.5, "0:00.5"), (3, "0:03"), (61, "1:01"), (600, "10:00")]
)
def test_the_clock(time_s, text):
    assert clock(time_s) == text
