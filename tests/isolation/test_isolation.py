"""A child may crash, hang, swell or lie: this process goes on, and no process stays behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from avsl.isolation import (
    Allowance,
    Crashed,
    Failed,
    Hung,
    Keeper,
    Message,
    Overgrown,
    Tired,
    landlock,
)

ROOT = Path(__file__).resolve().parents[2]
PLENTY = Allowance(memory_bytes=500_000_000, cpu_s=60, silence_s=60)
START_S = 120


class Stop(Exception):
    """What a progress raises when the user wants to stop."""


@pytest.fixture(scope="module")
def keeper():
    keeper = Keeper("tests.isolation.misbehaving")
    yield keeper
    keeper.close()


def go_on() -> None:
    """Nobody stops."""


def asked(keeper: Keeper, deed: str, allowance: Allowance = PLENTY, **told) -> Message:
    with keeper.child(allowance) as child:
        child.receive(go_on, START_S)
        child.send(Message(deed, told))
        return child.receive(go_on)


def children_of(pid: int) -> list[int]:
    command = ["ps", "-o", "pid=", "--ppid", str(pid)]
    listed = subprocess.run(command, capture_output=True, text=True)
    return [int(each) for each in listed.stdout.split()]


def gone(pid: int, within_s: float = 10.0) -> bool:
    ends_s = time.monotonic() + within_s
    while time.monotonic() < ends_s:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":  # nobody has asked how it ended, but it did
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("deed", "failure"),
    [
        ("segv", Crashed),
        ("abort", Crashed),
        ("garble", Crashed),
        ("pickle", Crashed),
        ("huge", Crashed),
    ],
)
def test_whatever_a_child_does_is_one_failure_and_the_next_one_works(keeper, deed, failure):
    with pytest.raises(failure):
        asked(keeper, deed)
    assert asked(keeper, "beat").kind == "done"
    assert not children_of(keeper.pid)


def test_a_child_that_is_silent_for_too_long_is_killed(keeper):
    with pytest.raises(Hung):
        asked(keeper, "hang", Allowance(500_000_000, 60, silence_s=0.5))
    assert not children_of(keeper.pid)


def test_slow_work_that_shows_signs_of_life_is_no_hang(keeper):
    assert asked(keeper, "beat", Allowance(500_000_000, 60, silence_s=1.5)).kind == "done"


def test_a_child_that_computes_for_too_long_is_stopped(keeper):
    with pytest.raises(Tired):
        asked(keeper, "spin", Allowance(500_000_000, cpu_s=1, silence_s=60))


def test_memory_is_bounded_and_its_end_can_be_told(keeper):
    assert asked(keeper, "grow", Allowance(200_000_000, 60, 60)).kind == "overgrown"


def test_a_child_killed_from_outside_counts_as_short_of_memory(keeper):
    """Nobody but the system's out-of-memory killer does that."""
    with pytest.raises(Overgrown), keeper.child(PLENTY) as child:
        child.receive(go_on, START_S)
        child.send(Message("deaf"))
        os.kill(child.receive(go_on).told["pid"], 9)
        child.receive(go_on)


def test_a_child_can_write_no_file(keeper, tmp_path):
    file = tmp_path / "planted"
    assert asked(keeper, "write", file=str(file)).kind == "not written"
    assert not file.exists() or file.stat().st_size == 0


def test_a_child_sees_its_own_file_and_no_other_and_no_token(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    mine, other = tmp_path / "mine.mp4", tmp_path / "other.mp4"
    mine.write_bytes(b"mine")
    other.write_bytes(b"other")
    keeper = Keeper("tests.isolation.misbehaving")
    try:
        others = [str(mine), str(other), f"/proc/{os.getpid()}/environ", "/etc/passwd"]
        told = asked(keeper, "peek", file=str(mine), others=others).told
    finally:
        keeper.close()
    token, own, *rest = told["seen"]
    assert token is None and own == b"mine".hex()
    assert not told["confined"] or rest == [None, None, None]
    assert told["confined"] == (landlock.version() > 0)


def test_a_stop_kills_a_child_that_listens_to_nothing(keeper):
    with keeper.child(PLENTY) as child:
        child.receive(go_on, START_S)
        child.send(Message("deaf"))
        pid = child.receive(go_on).told["pid"]
        stop_s = time.monotonic() + 0.5

        def stopping() -> None:
            if time.monotonic() > stop_s:
                raise Stop

        with pytest.raises(Stop):
            child.receive(stopping)
    assert gone(pid)
    assert child.ending["peak_kb"] > 0  # it was reaped


def test_a_reader_that_walks_away_leaves_no_child(keeper):
    with keeper.child(PLENTY) as child:
        child.receive(go_on, START_S)
        child.send(Message("flood"))
        assert len(child.receive(go_on).arrays[0]) == 1_000_000
    assert not children_of(keeper.pid)


def test_nothing_piles_up_while_nobody_reads(keeper):
    """The child waits, so its memory and ours stay as they are."""
    with keeper.child(PLENTY) as child:
        child.receive(go_on, START_S)
        child.send(Message("flood"))
        child.receive(go_on)
        time.sleep(0.5)
    assert child.ending["cpu_s"] < 5


def test_arrays_arrive_as_they_were_sent(keeper):
    sent = [np.arange(12, dtype=np.uint8).reshape(3, 4), np.zeros((0, 2), np.float32)]
    with keeper.child(PLENTY) as child:
        child.receive(go_on, START_S)
        child.send(Message("echo", {"path": "echo", "Übung": "\udcff"}, sent))
        answer = child.receive(go_on)
    assert answer.told["Übung"] == "\udcff"
    for one, other in zip(sent, answer.arrays, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_nursery_that_was_killed_is_replaced(keeper):
    asked(keeper, "beat")
    before = keeper.pid
    with keeper.child(PLENTY) as child:
        child.receive(go_on, START_S)
        child.send(Message("deaf"))
        pid = child.receive(go_on).told["pid"]
        os.kill(before, 9)
        with pytest.raises(Failed):
            child.receive(go_on)
    assert gone(pid), "an orphan"
    assert asked(keeper, "beat").kind == "done" and keeper.pid != before


PARENT = """
import sys, time
from avsl.isolation import Allowance, Keeper, Message
keeper = Keeper("tests.isolation.misbehaving")
with keeper.child(Allowance(500_000_000, 60, 60)) as child:
    child.receive(lambda: None, 120)
    child.send(Message("deaf"))
    print(child.receive(lambda: None).told["pid"], keeper.pid, flush=True)
    time.sleep(600)
"""


def test_no_process_outlives_one_that_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        child, nursery = (int(each) for each in parent.stdout.readline().split())
        assert not gone(child, 0.1)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    assert gone(child) and gone(nursery)
