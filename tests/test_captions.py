"""Captions say what is heard and where, when it is heard."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from avsl.captions import Cue, captions, stretches, webvtt
from avsl.errors import SettingError
from avsl.localization import Localization, Verdict
from avsl.localizer import Localizer
from tests.support import CornerVariant, tone_clip


@pytest.fixture(scope="module")
def found() -> Localization:
    """3 s at 10 a second: a second lower left, one off screen, one of silence."""
    clip = tone_clip(duration_s=3.0, silent_after_s=2.0)
    return Localizer(CornerVariant(unsure_from_s=1.0)).run(clip)


def always(found: Localization) -> Localization:
    """As if it sounded at the lower left all the time."""
    return replace(found, verdicts=(Verdict.SOUNDING,) * 30, maps=found.maps[:1].repeat(30, 0))


def texts(found: Localization) -> list[str]:
    return [cue.text for cue in captions(found)]


def test_they_say_where_and_what_is_off_screen_and_nothing_of_silence(found):
    shown, unseen = captions(found)
    assert (shown.text, unseen.text) == ("sound, lower left", "sound, source not found")
    assert shown.start_s == 0
    assert shown.end_s == unseen.start_s == pytest.approx(0.95)  # between moments 0.9 and 1.0
    assert unseen.end_s < 2.5  # the tone ends at 2 s, and is held a quarter of a second


def test_names_of_sounds_begin_and_end_cues(found):
    named = replace(always(found), labels=("dog",) * 10 + ("",) * 9 + ("bell",) * 11)
    assert texts(named) == ["dog, lower left", "sound, lower left", "bell, lower left"]


def test_what_moves_gets_a_cue_for_each_place(found):
    sure = always(found)
    sure.maps[15:] = np.flip(sure.maps[15:], axis=2)
    left, right = captions(sure)
    assert (left.text, right.text) == ("sound, lower left", "sound, lower right")
    assert left.end_s == right.start_s == pytest.approx(1.45)


def test_what_flickers_between_two_places_gets_one_readable_cue(found):
    sure = always(found)
    sure.maps[2::3] = np.flip(sure.maps[2::3], axis=2)
    assert texts(sure) == ["sound, lower left"]
    assert len(stretches(sure)) == 20  # nothing is smoothed but the words to be read


def test_a_sound_too_faint_to_mark_has_no_place(found):
    assert captions(found, threshold=0.95)[0].text == "sound"
    with pytest.raises(SettingError):
        captions(found, threshold=1.5)


def test_stretches_tile_the_clip(found):
    runs = stretches(found)
    assert runs[0].start_s == 0
    assert runs[-1].end_s == pytest.approx(3.0)
    assert runs[-1].verdict is Verdict.SILENT
    assert all(a.end_s == b.start_s for a, b in pairwise(runs))


def test_a_silent_clip_has_no_cues_but_is_a_valid_file():
    silent = Localizer(CornerVariant()).run(tone_clip(1.0, silent_after_s=0.0))
    assert webvtt(captions(silent)) == "WEBVTT\n"


def test_webvtt_has_clock_times_and_no_markup():
    text = webvtt([Cue(0.0, 1.25, "dog & <bark>\n\nloud"), Cue(59.9996, 3661.5, "bell, left")])
    assert text == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:01.250\ndog &amp; &lt;bark&gt; loud\n"
        "\n00:01:00.000 --> 01:01:01.500\nbell, left\n"
    )
