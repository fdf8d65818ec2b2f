"""The newest frame, never a backlog; nothing shown that is not heard; costs set the pace."""

import threading

import numpy as np
import pytest

from avsl.errors import SettingError, VariantError
from avsl.live import LiveSession
from avsl.localization import Verdict
from tests.live.making import Ticking, frame, open_session, stand_in
from tests.support import CornerVariant

BEGIN_S = 1000.0
LOUD = np.tile(np.float32([0.5, -0.5]), 2000)  # 0.25 s
QUIET = np.zeros(4000, np.float32)


def test_the_newest_frame_is_looked_at_and_the_others_are_counted():
    variant = stand_in()
    session = LiveSession(variant)
    for index in range(5):
        session.see(BEGIN_S + index, frame())
    found = session.step()
    assert variant.looked_at_s == [BEGIN_S + 4] and found.time_s == BEGIN_S + 4
    assert found.dropped == 4
    assert session.step() is None, "no frame is looked at twice"


def test_a_variant_that_follows_sees_a_few_frames_before_the_newest():
    variant = stand_in()
    variant.backlog = 2
    session = LiveSession(variant)
    for index in range(5):
        session.see(BEGIN_S + index, frame())
    assert session.step().dropped == 2
    assert variant.followed_s == [BEGIN_S + 2, BEGIN_S + 3]
    assert variant.looked_at_s == [BEGIN_S + 4]


def test_before_it_knows_enough_it_denies_nothing():
    variant = stand_in()
    variant.confidence, variant.settled = 0.0, False
    session = LiveSession(variant)
    session.hear(BEGIN_S, LOUD)
    session.see(BEGIN_S + 0.25, frame())
    assert session.step().verdict is None
    session.hear(BEGIN_S + 0.25, QUIET)
    session.see(BEGIN_S + 0.5, frame())
    assert session.step().verdict is Verdict.SILENT, "that it knows"
    variant.settled = True
    session.hear(BEGIN_S + 0.5, LOUD)
    session.see(BEGIN_S + 0.75, frame())
    assert session.step().verdict is Verdict.NOT_FOUND


def test_a_frame_that_comes_late_is_not_looked_at():
    session = open_session()
    session.see(BEGIN_S + 1, frame())
    session.step()
    session.see(BEGIN_S, frame())
    assert session.step() is None
    session.see(BEGIN_S + 2, frame())
    assert session.step().dropped == 1


def test_what_is_said_of_a_frame():
    session = open_session()
    session.hear(BEGIN_S, LOUD)
    session.see(BEGIN_S + 0.25, frame())
    found = session.step()
    assert found.verdict is Verdict.SOUNDING and found.label == "a bell"
    assert found.map.dtype == np.float32 and found.map[:, :4].min() > 0.8
    assert (found.confidence, found.gate, found.threshold) == (2.0, 1.0, 0.5)
    assert found.loudness_dbfs == pytest.approx(-6.0, abs=0.1)


def test_the_map_goes_with_the_sound():
    """With the first frame after the sound has ended, and back with the first after it begins."""
    session = open_session()
    shown = []
    for index, sound in enumerate((LOUD, QUIET, QUIET, LOUD)):
        session.hear(BEGIN_S + 0.25 * index, sound)
        session.see(BEGIN_S + 0.25 * (index + 1), frame())
        found = session.step()
        shown.append(bool(found.map.any()))
        assert (found.verdict is Verdict.SILENT) is not shown[-1]
    assert shown == [True, False, False, True]


def test_without_a_microphone_nothing_is_audible():
    session = open_session()
    session.see(BEGIN_S, frame())
    found = session.step()
    assert found.verdict is Verdict.SILENT and not found.map.any()


def test_missing_and_repeated_sound_is_counted():
    session = open_session()
    for time_s in (0.0, 0.5, 0.7):
        session.hear(BEGIN_S + time_s, LOUD)
    assert session.missing_s == pytest.approx(0.25)
    assert session.repeated_s == pytest.approx(0.05)


def test_a_reset_forgets_clock_sound_and_waiting_frame():
    session = open_session()
    session.hear(BEGIN_S, LOUD)
    session.see(BEGIN_S + 0.2, frame())
    session.reset()
    assert session.step() is None
    session.see(1.0, frame())  # the clock of a page that was loaded again
    assert session.step().verdict is Verdict.SILENT


def test_what_was_seen_before_a_reset_is_not_told_after_it():
    session = open_session(on_look=lambda: session.reset())
    session.see(BEGIN_S, frame())
    assert session.step() is None


@pytest.mark.parametrize(
    "picture",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((0, 8, 3), np.uint8),
     np.zeros((8, 9000, 3), np.uint8)],
)  # fmt: skip
def test_only_pictures_are_frames(picture):
    with pytest.raises(SettingError, match="live frame"):
        open_session().see(BEGIN_S, picture)


def test_a_time_must_be_one():
    session = open_session()
    with pytest.raises(SettingError, match="finite time"):
        session.see(float("nan"), frame())
    with pytest.raises(SettingError, match="finite time"):
        session.hear(float("inf"), LOUD)


def test_a_variant_that_needs_whole_clips_says_so():
    with pytest.raises(VariantError, match="cannot be used live"):
        LiveSession(CornerVariant())


def test_frames_and_sound_may_come_while_a_frame_is_looked_at():
    session = open_session()
    done = threading.Event()

    def client() -> None:
        for index in range(500):
            session.hear(BEGIN_S + 0.25 * index, LOUD)
            session.see(BEGIN_S + 0.25 * index, frame())
        done.set()

    thread = threading.Thread(target=client)
    thread.start()
    times_s, dropped = [], 0
    while not done.is_set() or not times_s or times_s[-1] < BEGIN_S + 0.25 * 499:
        if (found := session.step()) is not None:
            times_s.append(found.time_s)
            dropped = found.dropped
    thread.join()
    assert times_s == sorted(set(times_s))
    assert len(times_s) + dropped == 500


# the pace


def served(clock: Ticking, cost_s: float, seconds: float, sent_hz: float):
    """A client that sends at a rate to a worker that is always at it: the session, its last map,
    and the ages of the maps in seconds when they are done.
    """
    session = open_session(clock, cost_s)
    begin_s, sent, ages_s, last = clock.now_s, 0, [], None
    while clock.now_s < begin_s + seconds:
        while begin_s + sent / sent_hz <= clock.now_s:
            session.see(begin_s + sent / sent_hz, frame())
            sent += 1
        if (found := session.step()) is None:
            clock.now_s = begin_s + sent / sent_hz
        else:
            last = found
            ages_s.append(clock.now_s - found.time_s)
    return session, last, ages_s


def test_ten_times_slower_means_fewer_maps_and_not_older_ones(ticking):
    session, last, ages_s = served(ticking, 0.3, 60.0, sent_hz=20.0)
    assert max(ages_s) <= 0.3 + 1 / 20.0 + 1e-6, "a step and the time between two frames"
    assert len(ages_s) == pytest.approx(200, abs=2)
    assert last.dropped == pytest.approx(1000, abs=20)
    assert session.wanted_rate_hz == 3.0
    assert session.wanted_side_px == 160


def test_a_quick_variant_gets_every_frame_and_asks_for_more(ticking):
    session, last, ages_s = served(ticking, 0.01, 5.0, sent_hz=20.0)
    assert last.dropped == 0
    assert len(ages_s) == pytest.approx(100, abs=1)
    assert session.wanted_rate_hz == 30.0
    assert session.wanted_side_px == 320


def test_one_slow_step_changes_nothing_and_many_do(ticking):
    variant = stand_in(ticking, 0.02)
    session = LiveSession(variant)

    def steps(count: int, cost_s: float) -> float:
        variant.cost_s = cost_s
        for _ in range(count):
            session.see(ticking.now_s, frame())
            assert session.step().cost_s == pytest.approx(cost_s)
        return session.wanted_rate_hz

    assert steps(10, 0.02) == 30.0
    assert steps(1, 2.0) == 30.0
    assert steps(31, 0.1) == 6.0
    assert 160 < session.wanted_side_px < 320
    assert steps(31, 0.02) == 30.0


def test_a_step_that_is_dear_every_time_and_again_counts(ticking):
    """As where every sixth also compares picture and sound."""
    variant = stand_in(ticking)
    session = LiveSession(variant)
    for index in range(60):
        variant.cost_s = 0.2 if index % 6 == 0 else 0.02
        session.see(ticking.now_s, frame())
        session.step()
    assert session.wanted_rate_hz == pytest.approx(0.6 / 0.05, abs=2)
