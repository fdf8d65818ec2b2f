"""Live clients that replay a clip: what they send, and what is reported of the server."""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette

from avsl.cli import OK, SOME_FAILED, USAGE, main
from avsl.clip import Clip
from avsl.errors import NoSoundError, SettingError
from avsl.media import write_video
from avsl.settings import SAMPLE_RATE_HZ
from avsl.ui import copy
from avsl.ui.live import House, route
from avsl.ui.live.bench import BenchError, measure, measuring, table
from avsl.ui.live.bench.client import Client, socket_address
from avsl.ui.live.bench.footage import MOST_S, PIECE, PIECE_S, Footage
from avsl.ui.live.protocol import picture
from tests.support import tone_clip
from tests.ui.live_fakes import FakeRooms, FakeSession

STEP_S = 0.15


@pytest.fixture(scope="module")
def clip() -> Clip:
    """1.1 s of a square that jumps with every beep, at 25 Hz: longer than it is a loop."""
    frames = np.full((27, 120, 160, 3), 40, np.uint8)
    for index in range(27):
        x = 60 if index % 10 < 3 else 20
        frames[index, 30:70, x : x + 40] = 220
    clock_s = np.arange(round(1.1 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = 0.5 * np.sin(2 * np.pi * 660 * clock_s) * (clock_s % 0.4 < 0.12)
    return Clip.from_arrays(frames, 25.0, sound.astype(np.float32), name="jumps")


@pytest.fixture(scope="module")
def file(clip, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "jumps.mp4"
    write_video(path, (frame for _, frame in clip.stream()), 25.0, clip)
    return path


@pytest.fixture(autouse=True)
def _soon_settled(monkeypatch):
    monkeypatch.setattr(measuring, "SETTLE_S", 0.3)


class SlowSession(FakeSession):
    """Takes ``STEP_S`` to look at a picture."""

    def __init__(self, variant: object) -> None:
        super().__init__(variant)
        self.gate = SimpleNamespace(wait=lambda _: time.sleep(STEP_S))


@contextmanager
def serving(places: int, open_session: Callable[[object], FakeSession]) -> Iterator[str]:
    """Only the Live tab's socket, in this process; yields the page's address."""
    app = Starlette(routes=[route(House(FakeRooms(places), open_session))])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


def test_the_command_measures_the_real_app_and_stops_it(file, capsys):
    arguments = ["live-bench", str(file), "--sessions", "2", "--seconds", "3", "--json", "--quiet"]
    assert main(arguments) == OK
    report = json.loads(capsys.readouterr().out)
    assert (report["clip"], report["variant"], report["live_at_once"]) == ("jumps.mp4", "sync", 2)
    for each in [*report["sessions"], report["total"]]:
        assert each["live"] and not each["trouble"]
        assert 0 < each["maps"] <= each["sent"]
        assert each["maps_per_s"] > 1
        assert 0 < each["latency_p50_ms"] <= each["latency_p95_ms"]
        assert 0 <= each["dropped"] < each["sent"]
        assert 0 <= each["sounding_share"] <= 1
    assert len(report["sessions"]) == 2
    assert 0 < report["fair_share"] <= 1
    if Path("/proc/self/stat").exists():
        load = report["server"]
        assert 0 < load["cpu_cores_median"] <= load["cpu_cores_most"]
        assert 50 < load["memory_end_mib"] <= load["memory_most_mib"]
        assert min(load["memory_start_mib"], load["memory_after_mib"]) > 50
        assert min(load["threads_before"], load["threads_after"], load["sockets_after"]) > 0
    port = int(re.search(r":(\d+)/$", report["url"]).group(1))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)


def test_a_slow_variant_gives_fewer_maps_never_older_ones(clip):
    with serving(2, SlowSession) as url:
        report = measure(clip, "sync", sessions=2, seconds=2, url=url)
    for each in report.sessions:
        assert each.maps_per_s < 1 / STEP_S
        assert each.dropped > 3  # 12 pictures a second are sent, fewer than 7 looked at
        assert 1000 * STEP_S <= each.latency_p50_ms <= each.latency_p95_ms < 4000 * STEP_S
    assert report.server is None
    assert "not known of a server that was already there" in table(report)


def test_who_waits_until_the_end_is_told_apart(clip):
    with serving(1, FakeSession) as url:
        report = measure(clip, "sync", sessions=2, seconds=1, url=url)
    assert report.live_at_once == 1
    assert sorted((each.live, each.waited, each.maps > 0) for each in report.sessions) == [
        (False, True, False),
        (True, False, True),
    ]
    assert report.fair_share == 1.0
    assert "1 of 2 were live at once" in table(report)
    assert "waited" in table(report)


def test_a_client_sends_at_the_rate_wished_for_on_a_clock_that_goes_on(clip):
    sessions = []

    def opened(variant: object) -> FakeSession:
        sessions.append(FakeSession(variant))
        return sessions[-1]

    with serving(1, opened) as url:
        client = Client(Footage(clip), "sync")
        asyncio.run(client.visit(socket_address(url), 2.5))
    starts_s = np.array([time_s for time_s, _ in sessions[0].heard])
    assert starts_s[-1] > 2 > clip.duration_s
    assert np.diff(starts_s) == pytest.approx(PIECE_S)
    assert {samples for _, samples in sessions[0].heard} == {PIECE}
    assert client.sent <= 1 + FakeSession.wanted_rate_hz * 2.5
    assert client.sent > FakeSession.wanted_rate_hz
    assert not client.trouble


def test_footage_goes_round_without_a_seam(clip):
    footage = Footage(clip)
    rounds = np.tile(clip.waveform, 4)
    pieces = np.concatenate([footage.sound(piece) for piece in range(100)])
    assert np.array_equal(pieces, rounds[: len(pieces)])
    numbers = range(3 * 27)
    appears_s = np.array([footage.appears_s(number) for number in numbers])
    assert (np.diff(appears_s) > 0.03).all()
    assert appears_s[27] == pytest.approx(clip.duration_s)
    assert [footage.frame_at(time_s + 1e-6) for time_s in appears_s] == list(numbers)


def test_pictures_are_of_the_size_wished_for_and_made_once(clip):
    footage = Footage(clip)
    assert picture(footage.jpeg(3, 96)).shape == (72, 96, 3)
    assert picture(footage.jpeg(3, 900)).shape == (120, 160, 3)
    assert footage.jpeg(3, 96) is footage.jpeg(3 + 27, 96)


def test_only_the_beginning_of_a_long_clip_is_kept():
    footage = Footage(tone_clip(MOST_S + 5))
    assert footage.round_s == MOST_S
    assert footage.frame_at(MOST_S + 0.01) == 10 * MOST_S


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("http://127.0.0.1:7860", "ws://127.0.0.1:7860/live"),
        ("http://localhost:7860/?__theme=dark", "ws://localhost:7860/live"),
        ("https://host.example/folder/", "wss://host.example/folder/live"),
        ("https://host.example/?__sign=a%2Bb", "wss://host.example/live?__sign=a%2Bb"),
    ],
)
def test_the_socket_is_beside_the_page(page, address):
    assert socket_address(page) == address


def test_what_cannot_be_measured_is_said_in_a_sentence(clip, file, capsys):
    with pytest.raises(SettingError, match="1 to 64 sessions, not 0"):
        measure(clip, "sync", sessions=0)
    with pytest.raises(SettingError, match="1 s at least"):
        measure(clip, "sync", seconds=float("nan"))
    with pytest.raises(NoSoundError, match='"arrays" has no sound'):
        measure(Clip.from_arrays(np.zeros((5, 48, 64, 3), np.uint8), 5, np.zeros(0)), "sync")
    with pytest.raises(BenchError, match="no address of the app"):
        measure(clip, "sync", url="127.0.0.1:7860")
    assert main(["live-bench", str(file), "--url", "http://127.0.0.1:9/", "--quiet"]) == USAGE
    assert "No live server answers at ws://127.0.0.1:9/live" in capsys.readouterr().err


def test_a_variant_that_cannot_be_live_is_told_as_the_page_is_told(clip):
    with serving(1, FakeSession) as url, pytest.raises(BenchError, match="cannot be used live"):
        measure(clip, "nothing", url=url)


def test_a_session_that_breaks_is_reported_and_fails_the_command(file, capsys):
    sessions = []

    def opened(variant: object) -> FakeSession:
        sessions.append(FakeSession(variant))
        if len(sessions) == 2:  # the first is there to warm up
            sessions[1].step = lambda: 1 / 0
        return sessions[-1]

    with serving(1, opened) as url:
        arguments = ["live-bench", str(file), "--url", url, "--seconds", "2", "--quiet"]
        assert main(arguments) == SOME_FAILED
    assert f"Session 1: {copy.LIVE_UNEXPECTED}" in capsys.readouterr().out
