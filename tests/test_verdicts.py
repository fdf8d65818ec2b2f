"""One moment, one truth: what is drawn, said and listed at any time is of the same verdict."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avsl.captions import NOT_FOUND, OFF_SCREEN, captions, stretches
from avsl.errors import SettingError
from avsl.localization import (
    Localization,
    Provenance,
    Verdict,
    guess_level,
    spans,
    summary,
    verdicts,
)
from avsl.localizer import Localizer
from tests.support import CornerVariant, tone_clip

DURATION_S = 3.0
PROVENANCE = Provenance("by hand", "0", "clip", "", 10.0, -60.0)
times = st.integers(0, 2999).map(lambda ms: ms / 1000)


@st.composite
def localizations(draw) -> Localization:
    """Of one to eight moments at uneven times, with any verdicts, maps and cuts."""
    count = draw(st.integers(1, 8))
    at = sorted(draw(st.sets(times, min_size=count, max_size=count)))
    said = draw(st.lists(st.sampled_from(Verdict), min_size=count, max_size=count))
    maps = np.random.default_rng(draw(st.integers(0, 99))).random((count, 3, 4), np.float32)
    maps[[verdict is Verdict.SILENT for verdict in said]] = 0
    return Localization(
        np.array(at), maps, np.zeros((count, 2)), np.zeros(count, np.float32),
        np.zeros(count, np.float32), tuple(said), DURATION_S, 40, 30, 0.5, 1.0, PROVENANCE,
        cuts_s=tuple(sorted(draw(st.sets(times, max_size=3)))),
    )  # fmt: skip


@given(localizations(), st.lists(times, min_size=1, max_size=20))
def test_a_map_is_seen_only_under_its_own_verdict(found, at):
    for time_s in [*at, *found.times_s, *found.cuts_s]:
        verdict = found.verdict_at(time_s)
        assert found.shown_at(time_s).any() == (verdict is Verdict.SOUNDING)
        assert found.guess_at(time_s).any() == (verdict is Verdict.NOT_FOUND)


@given(localizations(), st.lists(times, min_size=1, max_size=20))
def test_spans_and_captions_agree_with_every_moment(found, at):
    tiles, told = spans(found), stretches(found)
    assert tiles[0].start_s == told[0].start_s == 0
    assert tiles[-1].end_s == told[-1].end_s == DURATION_S
    for time_s in [*at, *found.times_s, *found.cuts_s]:
        (tile,) = (each for each in tiles if each.start_s <= time_s < each.end_s)
        (said,) = (each for each in told if each.start_s <= time_s < each.end_s)
        index = found.nearest(time_s)
        assert tile.verdict is said.verdict is found.verdicts[index] is found.verdict_at(time_s)
        assert bool(said.where) == bool(found.regions(index))


@given(localizations(), st.lists(times, min_size=1, max_size=20))
def test_a_caption_says_what_the_badge_says(found, at):
    cues = captions(found)
    for time_s in [*at, *found.times_s]:
        said = [cue.text for cue in cues if cue.start_s <= time_s < cue.end_s]
        verdict = found.verdict_at(time_s)
        assert len(said) == (verdict is not Verdict.SILENT)
        assert all(text.endswith(NOT_FOUND) == (verdict is Verdict.NOT_FOUND) for text in said)
        assert all(text.endswith(OFF_SCREEN) == (verdict is Verdict.UNSEEN) for text in said)


@given(localizations())
def test_at_its_own_time_a_moment_shows_its_own_map(found):
    for index, time_s in enumerate(found.times_s):
        assert np.array_equal(found.shown_at(time_s), found.shown(index))
        assert np.array_equal(found.guess_at(time_s), found.guess(index))


def test_absence_is_said_only_below_a_gate_for_it():
    loud, sure = np.zeros(4), np.array([2.0, 0.5, 0.1, np.nan])
    assert verdicts(loud, sure, -60.0, 1.0) == (Verdict.SOUNDING, *[Verdict.NOT_FOUND] * 3)
    assert verdicts(loud, sure, -60.0, 1.0, 0.2) == (
        Verdict.SOUNDING, Verdict.NOT_FOUND, Verdict.UNSEEN, Verdict.NOT_FOUND,
    )  # fmt: skip
    assert [each for each in Verdict if each.is_abstention] == [Verdict.NOT_FOUND, Verdict.UNSEEN]


def test_the_card_decides_whether_absence_can_be_said():
    variant = CornerVariant(unsure_from_s=-1)
    assert set(Localizer(variant).run(tone_clip()).verdicts) == {Verdict.NOT_FOUND}
    variant.card = replace(variant.card, absence_gate=0.5)
    found = Localizer(variant).run(tone_clip())
    assert set(found.verdicts) == {Verdict.UNSEEN}
    assert "not in view" in summary(found)
    assert not found.guess(0).any() and not found.guess_regions(0), "known not to be there"


def test_a_share_takes_a_verdict_or_its_words_and_nothing_else():
    found = Localizer(CornerVariant(unsure_from_s=1.0)).run(tone_clip())
    assert found.share("sounding here") == found.share(Verdict.SOUNDING) == 0.5
    with pytest.raises(SettingError, match="There is no verdict 'somewhere'"):
        found.share("somewhere")


def test_a_guess_is_the_map_of_a_moment_whose_source_was_not_found():
    found = Localizer(CornerVariant(unsure_from_s=1.0)).run(tone_clip())
    found.maps[-1] *= 0.5  # all of it below the threshold
    assert not found.guess(0).any() and not found.guess_regions(0)
    assert not found.shown(19).any() and not found.regions(19)
    (region,) = found.guess_regions(19)
    assert region.where == "lower left"
    assert guess_level(found.guess(19), 0.5) == pytest.approx(0.225)


def test_files_of_before_are_read_as_what_they_knew(tmp_path):
    found = Localizer(CornerVariant(unsure_from_s=1.0)).run(tone_clip())
    file = tmp_path / "found.npz"
    found.save(file)
    with np.load(file) as data:
        arrays = {name: data[name] for name in data.files if name != "facts"}
        facts = json.loads(str(data["facts"]))
    facts["format"] = "avsl.localization/1"
    facts["verdicts"] = [word.replace(Verdict.NOT_FOUND, "heard, but not in view")
                         for word in facts["verdicts"]]  # fmt: skip
    del facts["absence_gate"]
    np.savez(file, **arrays, facts=json.dumps(facts))
    again = Localization.load(file)
    assert again.verdicts == found.verdicts
    assert again.absence_gate is None
