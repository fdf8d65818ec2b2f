"""The world's benchmark sets: what each promises its cases to be."""

from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest

from avsl.synthetic.world.taxonomy import HEARD, NAMES, UNHEARD_CLASSES
from train.data.cases import TRUTH_PX, Kind
from train.data.world import FilmSet, Part, world_sets

SETS = {some.name: some for some in world_sets()}
PICTURES = [name for name, some in SETS.items() if not isinstance(some, FilmSet)]


def small(name: str, each: int = 3):
    """The set with few cases."""
    parts = tuple(Part(part.name, part.recipe, each) for part in SETS[name].parts)
    return replace(SETS[name], parts=parts, validation_share=0.34)


@pytest.mark.parametrize("name", PICTURES)
def test_cases_are_what_the_set_announces(name):
    some = small(name)
    cases = list(some.cases())
    tested = [case for case in cases if not case.validation]
    assert tuple(case.id for case in tested) == some.ids() and len(tested) == some.expected
    assert len({case.id for case in cases}) == len(cases) > len(tested)
    for case in cases:
        assert case.truth.shape == (1, TRUTH_PX, TRUTH_PX) and case.truth.dtype == np.float32
        assert len(case.clip.frame_times_s) == 1 and case.clip.duration_s == 3.0
    assert [case.id for case in some.cases(limit=2) if not case.validation] == list(some.ids()[:2])


def test_another_seed_gives_other_cases_of_the_same_names():
    first = next(small("world/single").cases())
    other = next(replace(small("world/single"), seed=1).cases())
    assert first.id == other.id and not np.array_equal(first.clip.waveform, other.clip.waveform)


def test_the_open_set_halves_share_no_class():
    def labels(name: str) -> set[str]:
        return {case.label for case in small(name, 12).cases()}

    heard, unheard = labels("world/open-set-heard"), labels("world/open-set-unheard")
    assert heard <= {NAMES[k] for k in HEARD} and unheard <= {NAMES[k] for k in UNHEARD_CLASSES}


def test_half_of_the_extended_set_shows_nothing_that_is_heard():
    parts = {part.name: part.count for part in SETS["world/extended"].parts}
    assert parts["sounding"] == parts["off-screen"] + parts["silent"]
    for case in small("world/extended").cases():
        assert case.truth.any() == ("-sounding-" in case.id), case.id


def test_interactive_cases_share_the_picture_and_differ_in_sound_and_truth():
    cases = [case for case in small("world/interactive").cases() if not case.validation]
    for _, group in groupby(cases, lambda case: case.group):
        one, other = group
        frames = [next(case.clip.frames_at(np.array([0.0]))) for case in (one, other)]
        assert np.array_equal(*frames)
        assert not np.array_equal(one.clip.waveform, other.clip.waveform)
        assert not (one.truth * other.truth).any() and one.label != other.label


def test_a_mixture_holds_its_sources():
    cases = [case for case in small("world/multi").cases() if not case.validation]
    for _, group in groupby(cases, lambda case: case.group):
        one, other, both = group
        assert both.mixture and not one.mixture
        assert np.array_equal(both.truth, np.maximum(one.truth, other.truth))


def test_films_cover_the_scenarios_and_say_when_nothing_in_view_sounds():
    films = SETS["world/video"]
    brief = replace(
        films,
        scenarios=tuple(replace(part, count=1) for part in films.scenarios),
        validation_each=0,
    )
    cases = {case.label: case for case in brief.cases()}
    assert set(cases) == {"single", "mixed", "multi-entity", "off-screen"}
    assert brief.kind is Kind.VIDEO and brief.expected == 4
    assert not cases["off-screen"].truth.any() and cases["single"].truth.any()
    assert all(len(case.times_s) == len(case.truth) == 16 for case in cases.values())
