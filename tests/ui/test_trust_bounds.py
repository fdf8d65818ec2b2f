"""What one visitor may take, and what the others get: time, memory, disk, a place in the queue."""

import threading
import time
from pathlib import Path

import pytest

from avsl.errors import AvslError, Cancelled, LimitError
from avsl.progress import no_progress
from avsl.ui.jobs import Busy, Line, Replaced, Run, Workspace
from avsl.ui.trust.journal import TookTooLong
from avsl.ui.trust.limits import Bounds, bounds
from avsl.ui.trust.memory import estimated_bytes
from tests.support import tone_clip

GB = 1_000_000_000


def workspace(folder: Path, **limits) -> Workspace:
    return Workspace(folder, Line(slots=2), limits=Bounds(**limits))


def until(true) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kept(space: Workspace, session: str, size: int) -> str:
    with space.draft() as draft:
        (draft.folder / "overlay-1.mp4").write_bytes(bytes(size))
        return space.keep(session, draft, draft)


# --- time ---


def test_a_job_that_takes_too_long_is_stopped_with_a_sentence(tmp_path):
    space = workspace(tmp_path, job_s=0.05)
    with pytest.raises(TookTooLong) as caught, space.running("anna", no_progress) as run:
        time.sleep(0.1)
        run.progress(0.5, "looking")
    assert isinstance(caught.value, Cancelled)
    assert "Cut the clip" in str(caught.value)
    assert space.line.counts() == (0, 0)
    assert space.journal.counts() == {("none", "too long"): 1}


def test_waiting_does_not_count_as_work(tmp_path):
    space = workspace(tmp_path, job_s=0.2)
    with space.running("anna", no_progress) as run:
        with space.line.aside(run):
            time.sleep(0.4)
        run.progress(0.5, "looking")


# --- the queue ---


def test_a_place_in_the_queue_is_told_and_never_rises():
    line, told = Line(slots=1, most_waiting=9), {name: [] for name in "abcd"}

    first: dict[str, list[int]] = {}  # places told before the job's first turn
    everyone = threading.Event()

    def job(name: str, asides: int) -> None:
        run = Run(lambda _, stage: told[name].append(stage))
        with line.turn(run):
            first[name] = [int(stage.split()[2]) for stage in told[name]]
            everyone.wait(20)
            for _ in range(asides):
                with line.aside(run):
                    time.sleep(0.15)
                time.sleep(0.1)

    threads = []
    for name in "abcd":
        threads.append(threading.Thread(target=job, args=(name, 2)))
        threads[-1].start()
        until(lambda: sum(line.counts()) >= len(threads))
    until(lambda: told["d"])
    everyone.set()
    for thread in threads:
        thread.join(20)
    assert "waiting, position 3 in the queue" in told["d"]
    for places in first.values():
        assert places == sorted(places, reverse=True)


def test_those_who_stand_aside_count_for_the_length_of_the_queue():
    line = Line(slots=1, most_waiting=1)
    first, second = Run(no_progress), Run(no_progress)
    with line.turn(first), line.aside(first), line.turn(second), line.aside(second):
        assert line.counts() == (0, 2)
        with pytest.raises(Busy, match="Too many"), line.turn(Run(no_progress)):
            raise AssertionError


# --- memory ---


def test_a_longer_clip_is_expected_to_take_more_memory_and_a_network_more_than_none():
    short, long = tone_clip(2.0), tone_clip(20.0)
    assert estimated_bytes(short, ("sync",), None) < estimated_bytes(long, ("sync",), None)
    assert estimated_bytes(long, ("sync",), None) < estimated_bytes(long, ("sync",), 60.0)
    assert estimated_bytes(long, ("sync",), 5.0) < estimated_bytes(long, ("acl",), 5.0)


def test_what_never_fits_is_refused_with_a_sentence(tmp_path):
    space = workspace(tmp_path, memory_bytes=10_000_000)
    with (
        pytest.raises(LimitError, match=r"0\.2 GB of memory, and this machine has 0\.0 GB"),
        space.running("anna", no_progress) as run,
        space.draft() as draft,
    ):
        draft.reserve(run, tone_clip(2.0), "sync")
    assert space.memory.held_bytes == 0


def test_what_does_not_fit_now_waits_and_is_told_its_place(tmp_path):
    clip = tone_clip(2.0)
    space = workspace(tmp_path, memory_bytes=int(1.5 * estimated_bytes(clip, ("sync",), None)))
    told, begun = [], threading.Event()

    def second() -> None:
        with (
            space.running("bob", lambda _, stage: told.append(stage)) as run,
            space.draft() as draft,
        ):
            draft.reserve(run, clip, "sync")
            begun.set()

    with space.running("anna", no_progress) as run, space.draft() as draft:
        draft.reserve(run, clip, "sync")
        other = threading.Thread(target=second)
        other.start()
        until(lambda: told)
        assert told[0] == "waiting for memory, position 1 in the queue"
        assert not begun.wait(0.3)
        with space.running("carl", no_progress):  # the slot of the one that waits is free
            pass
    assert begun.wait(20)
    other.join(20)
    assert space.memory.held_bytes == 0


def test_who_waits_for_memory_can_be_stopped_and_leaves_nothing(tmp_path):
    clip = tone_clip(2.0)
    space = workspace(tmp_path, memory_bytes=estimated_bytes(clip, ("sync",), None))
    ended = []

    def second() -> None:
        try:
            with space.running("bob", no_progress) as run, space.draft() as draft:
                draft.reserve(run, clip, "sync")
        except AvslError as error:
            ended.append(error)

    with space.running("anna", no_progress) as run, space.draft() as draft:
        draft.reserve(run, clip, "sync")
        other = threading.Thread(target=second)
        other.start()
        until(lambda: space.line.counts()[1])
        assert space.stop("bob")
        other.join(20)
    assert isinstance(ended[0], Cancelled)
    assert not isinstance(ended[0], Replaced)
    assert space.memory.held_bytes == 0
    assert list(tmp_path.iterdir()) == []


# --- disk ---


def test_a_session_that_fills_its_share_loses_its_oldest_result_and_nobody_elses(tmp_path):
    space = workspace(tmp_path, session_bytes=250_000)
    bobs = kept(space, "bob", 100_000)
    first, second, third = (kept(space, "anna", 100_000) for _ in range(3))
    assert not (tmp_path / first).exists()
    assert all((tmp_path / each).exists() for each in (second, third, bobs))


def test_when_all_is_full_the_result_that_was_used_longest_ago_goes(tmp_path):
    space = workspace(tmp_path, disk_bytes=250_000)
    old, used = kept(space, "anna", 100_000), kept(space, "bob", 100_000)
    space.find(old, object)
    newest = kept(space, "carl", 100_000)
    assert not (tmp_path / used).exists()
    assert (tmp_path / old).exists()
    assert (tmp_path / newest).exists()


def test_the_newest_result_stays_however_large_it_is(tmp_path):
    space = workspace(tmp_path, disk_bytes=1000, session_bytes=1000)
    assert (tmp_path / kept(space, "anna", 100_000)).exists()


# --- the numbers ---


def test_bounds_can_be_set_from_outside_and_nonsense_is_ignored(tmp_path, monkeypatch):
    usual = bounds(tmp_path)
    monkeypatch.setenv("AVSL_JOB_MINUTES", "5")
    monkeypatch.setenv("AVSL_MEMORY_MB", "3000")
    monkeypatch.setenv("AVSL_DISK_MB", "nan")
    monkeypatch.setenv("AVSL_SESSION_MB", "-4")
    told = bounds(tmp_path)
    assert (told.job_s, told.memory_bytes) == (300.0, 3 * GB)
    assert told.session_bytes == usual.session_bytes
    assert usual.disk_bytes <= 8 * GB
    assert told.disk_bytes <= 8 * GB
