"""Synchrony live: what is said while a clip happens is what is true of it."""

import numpy as np
import pytest

from avsl.clip import Clip
from avsl.live import LiveMap, LiveSession
from avsl.localization import Verdict
from avsl.localizer import Localizer
from avsl.synthetic import make
from avsl.variants.sync import SyncVariant
from tests.bench.examples_accuracy import peak_inside, steady
from tests.live.replaying import evenly, replay, unevenly
from tests.variants.test_sync import LEFT, RIGHT, beats, clicks, scene

WARM_S = 3.0  # before, there is too little to judge by
SETTLED_S = 2.0  # after another thing takes over


def shown(found: LiveMap) -> bool:
    return found.verdict is Verdict.SOUNDING


def side(found: LiveMap) -> str:
    column = found.map.argmax() % found.map.shape[1]
    return "left" if column < found.map.shape[1] / 2 else "right"


@pytest.fixture(scope="module")
def moving_on() -> list[tuple[float, LiveMap]]:
    """A thing on the left clicks for 8 s, then one on the right, then one out of view."""
    first, second, third = beats(1, 0.3, 7.7), beats(2, 8.3, 15.7), beats(3, 16.3, 23.7)
    frames = scene([(LEFT, first), (RIGHT, second)], 24.0)
    sound = clicks(np.concatenate([first, second, third]), 24.0)
    clip = Clip.from_arrays(frames, 25.0, sound)
    return list(replay(LiveSession(SyncVariant()), clip, evenly(24.0, 12.5), width=160))


def test_the_region_follows_what_sounds(moving_on):
    left = [side(found) for time_s, found in moving_on if WARM_S < time_s < 8 and shown(found)]
    right = [
        side(found) for time_s, found in moving_on if 8 + SETTLED_S < time_s < 16 and shown(found)
    ]
    assert len(left) > 20 and left.count("left") >= 0.95 * len(left)
    assert len(right) > 20 and right.count("right") >= 0.95 * len(right)


def test_a_source_in_view_is_shown_nearly_whenever_it_is_heard(moving_on):
    heard = [
        shown(found)
        for time_s, found in moving_on
        if (WARM_S < time_s < 8 or 8 + SETTLED_S < time_s < 16)
        and found.verdict is not Verdict.SILENT
    ]
    assert np.mean(heard) >= 0.9


def test_nothing_is_shown_in_silence(moving_on):
    silent = [found for _, found in moving_on if found.verdict is Verdict.SILENT]
    assert len(silent) > 20 and not any(found.map.any() for found in silent)


def test_what_went_out_of_view_is_soon_no_longer_shown(moving_on):
    later = [shown(found) for time_s, found in moving_on if time_s > 20.5]
    assert np.mean(later) <= 0.2


def test_before_two_seconds_nothing_is_claimed(moving_on):
    early = [found.verdict for time_s, found in moving_on if time_s < 2]
    assert None in early and set(early) <= {None, Verdict.SILENT}


def test_maps_are_in_range_and_cover_the_frame(moving_on):
    for _, found in moving_on:
        assert found.map.shape == (60, 80) and found.map.dtype == np.float32
        assert found.map.min() >= 0 and found.map.max() <= 1
        assert found.map.any() == shown(found)


def test_live_says_what_the_whole_clip_says():
    """At an uneven rate, of a generated clip whose truth is exact."""
    example = make("talk")
    whole = Localizer("sync").run(example.clip)
    right, same = [], []
    for time_s, found in replay(LiveSession(SyncVariant()), example.clip, unevenly(10.0)):
        if time_s < WARM_S or not steady(example.truth, time_s):
            continue
        same.append(found.verdict is whole.verdict_at(time_s))
        mask = example.truth.mask_at(time_s)
        if mask.any():
            right.append(shown(found) and peak_inside(found.map, mask))
    assert len(right) > 40 and np.mean(right) >= 0.7
    assert np.mean(same) >= 0.7


def test_a_sound_from_elsewhere_is_not_pinned_on_what_moves():
    example = make("offscreen")
    found = list(replay(LiveSession(SyncVariant()), example.clip, evenly(9.0, 15.0)))
    heard = [shown(each) for time_s, each in found if each.verdict is not Verdict.SILENT]
    assert len(heard) > 40 and np.mean(heard) <= 0.1


@pytest.mark.parametrize("late_s", [-0.12, 0.1, 0.2])
def test_a_camera_that_shows_things_early_or_late_is_found_out(late_s):
    """Ten seconds later the region is there nearly whenever it sounds, and where it sounds."""
    onsets_s = beats(1, 0.3, 23.7)
    clip = Clip.from_arrays(scene([(LEFT, onsets_s)], 24.0), 25.0, clicks(onsets_s, 24.0))
    found = list(replay(LiveSession(SyncVariant()), clip, evenly(24.0, 25.0), 160, late_s))
    heard = [each for time_s, each in found if time_s > 14 and each.verdict is not Verdict.SILENT]
    assert len(heard) > 40
    assert np.mean([shown(each) and side(each) == "left" for each in heard]) >= 0.9


def test_a_microphone_that_is_allowed_late_says_nothing_for_two_seconds():
    session, sound = LiveSession(SyncVariant()), clicks(beats(1, 0.0, 1.0), 1.0)
    frames = scene([(LEFT, beats(1))], 4.0, 8.0)
    for index, picture in enumerate(frames):
        if index >= 24:
            heard = sound[2000 * (index - 24) : 2000 * (index - 23)]
            session.hear(50 + index / 8, heard[:1100] if index == 24 else heard)
        session.see(50 + (index + 1) / 8, picture)
        assert session.step().confidence == 0


# frames of other sizes


@pytest.fixture(scope="module")
def warm() -> tuple[LiveSession, Clip]:
    """A session that is sure of the left, five seconds into a clip of six."""
    onsets_s = beats(1, 0.3, 5.7)
    clip = Clip.from_arrays(scene([(LEFT, onsets_s)], 6.0), 25.0, clicks(onsets_s, 6.0))
    session = LiveSession(SyncVariant())
    list(replay(session, clip, evenly(5.0, 12.5), width=160))
    return session, clip


def test_a_smaller_frame_of_the_same_picture_goes_on_and_another_shape_begins_anew(warm):
    session, clip = warm
    later_s = evenly(6.0, 12.5)[-10:]
    confidence = [found.confidence for _, found in replay(session, clip, later_s, width=128)]
    assert min(confidence) > SyncVariant.card.confidence_gate
    portrait = np.zeros((160, 120, 3), np.uint8)
    session.see(1e6, portrait)
    found = session.step()
    assert found.confidence == 0 and found.map.shape[0] > found.map.shape[1]
