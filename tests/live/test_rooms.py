"""Who is let in, who waits, and that turns are fair."""

import itertools
import threading
import time
from collections import Counter

import pytest

from avsl.live import LiveRooms, Seat
from tests.live.making import Picky, frame, open_session


def test_the_line_is_told_its_place_and_moves_up():
    rooms = LiveRooms(most=2)
    assert rooms.enter("a") == Seat(live=True, place=0, live_now=1)
    assert rooms.enter("b") == Seat(live=True, place=0, live_now=2)
    assert rooms.enter("c") == Seat(live=False, place=1, live_now=2)
    assert rooms.enter("d") == Seat(live=False, place=2, live_now=2)
    assert rooms.enter("c").place == 1, "asking again keeps the place"
    rooms.leave("a")
    assert rooms.enter("d") == Seat(live=False, place=1, live_now=2)
    assert rooms.enter("c") == Seat(live=True, place=0, live_now=2)
    rooms.leave("d")  # out of the line
    rooms.leave("b")
    rooms.leave("nobody")
    assert rooms.enter("e") == Seat(live=True, place=0, live_now=2)


def test_a_slow_machine_lets_in_fewer_and_throws_nobody_out(ticking):
    rooms = LiveRooms(most=4)
    assert rooms.capacity == 4
    assert rooms.enter("a").live and rooms.enter("b").live
    session = open_session(ticking, cost_s=0.15)  # one gets 6 maps a second, two would get 3
    session.see(0.0, frame())
    rooms.step(session)
    assert rooms.capacity == 1
    assert rooms.enter("b").live
    rooms.leave("a")
    assert rooms.enter("c") == Seat(live=False, place=1, live_now=1)


def test_all_get_the_same_number_of_turns():
    """Every session always has a frame waiting, and one of them does not share willingly."""
    rooms, turns, enough = LiveRooms(), Counter(), threading.Event()
    started = threading.Barrier(4)

    def visit(name: str, length_s: float) -> None:
        def look() -> None:
            turns.update(name)
            time.sleep(length_s)

        session = open_session(on_look=look)
        rooms.enter(name)
        started.wait()
        for time_s in itertools.count():
            if enough.is_set():
                return
            session.see(float(time_s), frame())
            rooms.step(session)
            if sum(turns.values()) >= 60:
                enough.set()

    visits = zip("abcd", (0.001, 0.001, 0.001, 0.004), strict=True)
    threads = [threading.Thread(target=visit, args=each) for each in visits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(turns.values()) <= 1.5 * min(turns.values())


def test_a_step_that_fails_gives_its_turn_back():
    rooms = LiveRooms()
    broken, good = open_session(on_look=Picky().fail), open_session()
    for session in (broken, good):
        session.see(0.0, frame())
    with pytest.raises(Picky.Failed):
        rooms.step(broken)
    assert rooms.step(good) is not None


def test_sessions_are_asked_for_fewer_frames_when_many_share(ticking):
    rooms = LiveRooms()
    session = open_session(ticking, cost_s=0.05)
    rates = []
    for name in "abc":
        rooms.enter(name)
        session.see(float(len(rates)), frame())
        rooms.step(session)
        rates.append(session.wanted_rate_hz)
    assert rates == [12.0, 6.0, 4.0]
