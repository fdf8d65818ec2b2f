"""The socket of the Live tab and its fallback, with a session whose answer is known."""

import base64
import gc
import logging
import threading
import time
import weakref

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from avsl.live import LiveSession
from avsl.localization import Verdict
from avsl.ui import copy
from avsl.ui.live import House, route, visit
from avsl.ui.live.calls import server_function
from avsl.ui.live.protocol import (
    Choose,
    Hear,
    News,
    See,
    Shown,
    Stage,
    Stay,
    bundle,
    decode_answer,
    encode,
    unbundle,
)
from tests.ui.live_fakes import FakeRooms, FakeSession
from tests.ui.test_live_protocol import jpeg

SOON_S = 10.0


@pytest.fixture
def sessions() -> list[FakeSession]:
    return []


@pytest.fixture
def rooms() -> FakeRooms:
    return FakeRooms()


@pytest.fixture
def house(sessions, rooms) -> House:
    def opened(variant: object) -> FakeSession:
        sessions.append(FakeSession(variant))
        return sessions[-1]

    return House(rooms, opened)


@pytest.fixture
def client(house):
    with TestClient(Starlette(routes=[route(house)])) as client:
        yield client


def told(socket) -> News | Shown:
    return decode_answer(socket.receive_bytes())


def become_live(socket, variant: str = "sync") -> News:
    socket.send_bytes(encode(Choose(variant)))
    return until(socket, Stage.LIVE)


def until(socket, stage: Stage) -> News:
    while True:
        news = told(socket)
        if isinstance(news, News) and news.stage is stage:
            return news


def soon(true) -> None:
    deadline = time.monotonic() + SOON_S
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert true()


def live_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "avsl-live"]


def test_a_picture_and_a_sound_give_a_map(client, sessions):
    with client.websocket_connect("/live") as socket:
        news = become_live(socket)
        assert (news.side_px, news.rate_hz) == (160, 12.0)
        socket.send_bytes(encode(Hear(5.0, np.zeros(640, np.float32))))
        socket.send_bytes(encode(See(5.02, jpeg())))
        shown = told(socket)
    assert shown.time_s == 5.02
    assert shown.verdict is Verdict.SOUNDING
    assert (shown.where, shown.heard) == ("left", "bell")
    assert shown.levels.shape == (12, 16)
    assert shown.levels[5, 2] == 230  # 0.9 of 255
    assert shown.levels[5, 10] == 0
    assert sessions[0].heard == [(5.0, 640)]
    assert sessions[0].variant.card.name == "sync"


def test_a_slow_session_drops_pictures_and_never_queues(client, sessions):
    with client.websocket_connect("/live") as socket:
        become_live(socket)
        sessions[0].gate.clear()
        for index in range(20):
            socket.send_bytes(encode(See(1.0 + index / 20, jpeg())))
        soon(lambda: sessions[0].waiting and sessions[0].waiting[0] == 1.95)
        sessions[0].gate.set()
        shown = told(socket)
        while shown.time_s < 1.95:
            shown = told(socket)
    assert len(sessions[0].stepped_s) < 5
    assert shown.dropped > 14


def test_closing_the_socket_forgets_everything(client, sessions, rooms):
    with client.websocket_connect("/live") as socket:
        become_live(socket)
        socket.send_bytes(encode(See(1.0, jpeg())))
        told(socket)
        assert len(rooms.inside) == 1
    soon(lambda: not rooms.inside and not live_threads())


def test_another_variant_begins_another_session(client, sessions):
    with client.websocket_connect("/live") as socket:
        become_live(socket)
        become_live(socket)
        socket.send_bytes(encode(See(1.0, jpeg())))
        told(socket)
    assert [len(each.stepped_s) for each in sessions] == [0, 1]


def test_a_variant_that_cannot_be_live_is_told(client):
    with client.websocket_connect("/live") as socket:
        socket.send_bytes(encode(Choose("/etc/passwd")))
        assert "cannot be used live" in until(socket, Stage.REFUSED).text


def test_who_finds_the_house_full_waits_for_their_turn(client, rooms):
    rooms.places = 1
    with client.websocket_connect("/live") as first:
        become_live(first)
        with client.websocket_connect("/live") as second:
            second.send_bytes(encode(Choose("sync")))
            assert until(second, Stage.WAITING).text == "1 person is live, you are next."
            first.close()
            assert until(second, Stage.LIVE)


def test_a_clock_that_leaps_begins_anew(client, sessions):
    with client.websocket_connect("/live") as socket:
        become_live(socket)
        for time_s in (1.0, 1.1, 400.0):
            socket.send_bytes(encode(See(time_s, jpeg())))
        soon(lambda: sessions[0].resets == 1)


@pytest.mark.parametrize(
    "message",
    [b"", b"nonsense" * 10, encode(See(1.0, b"no picture"))],
    ids=["empty", "nonsense", "no JPEG"],
)
def test_nonsense_is_refused_with_a_reason_and_nothing_in_the_log(client, message, caplog):
    with caplog.at_level(logging.WARNING), client.websocket_connect("/live") as socket:
        become_live(socket)
        socket.send_bytes(message)
        with pytest.raises(WebSocketDisconnect) as closed:
            while True:
                socket.receive_bytes()
    assert closed.value.code == 1008
    assert closed.value.reason
    assert not caplog.records


def test_a_text_message_is_refused(client):
    with client.websocket_connect("/live") as socket:
        socket.send_text("hello")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_bytes()
    assert closed.value.code == 1008


def test_a_flood_is_refused(client, monkeypatch):
    monkeypatch.setattr(visit, "MOST_AT_ONCE", 20)
    monkeypatch.setattr(visit, "MOST_HZ", 0)  # whatever the speed of this machine
    with client.websocket_connect("/live") as socket:
        become_live(socket)
        for _ in range(30):
            socket.send_bytes(encode(Hear(1.0, np.zeros(2, np.float32))))
        with pytest.raises(WebSocketDisconnect) as closed:
            while True:
                socket.receive_bytes()
    assert closed.value.reason == "too many messages"


def test_a_foreign_page_cannot_use_a_server_on_this_machine(client):
    home = {"host": "127.0.0.1:7860"}
    foreign = home | {"origin": "https://elsewhere.example"}
    with client.websocket_connect("/live", headers=foreign) as socket:
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_bytes()
        assert closed.value.code == 1008
    own = home | {"origin": "http://localhost:7860"}
    proxied = foreign | {"x-forwarded-host": "elsewhere.example"}
    for headers in (own, proxied):
        with client.websocket_connect("/live", headers=headers) as socket:
            become_live(socket)


def test_a_failing_session_is_told_in_a_sentence_and_logged(client, sessions, caplog):
    with client.websocket_connect("/live") as socket:
        become_live(socket)
        sessions[0].step = lambda: 1 / 0
        socket.send_bytes(encode(See(1.0, jpeg())))
        assert until(socket, Stage.REFUSED).text == copy.LIVE_UNEXPECTED
    assert "ZeroDivisionError" in caplog.text


def calling(house: House):
    exchange = server_function(house)

    def call(*messages: bytes, caller: str = "anna") -> list[News | Shown]:
        answers = exchange([caller, base64.b64encode(bundle(list(messages))).decode()])
        return [decode_answer(answer) for answer in unbundle(base64.b64decode(answers))]

    return call


def test_single_calls_do_the_same_where_no_socket_passes(house, rooms):
    call = calling(house)
    answers = call(encode(Choose("sync")))
    while not any(getattr(each, "stage", None) is Stage.LIVE for each in answers):
        time.sleep(0.02)
        answers = call(encode(Stay()))
    maps: list[Shown] = []
    for index in range(20):
        maps += [each for each in call(encode(See(2.0 + index, jpeg()))) if isinstance(each, Shown)]
    assert maps[-1].where == "left"
    assert call() == []  # takes leave
    soon(lambda: not rooms.inside and not live_threads())


def test_a_call_that_is_nonsense_is_refused(house, rooms):
    call, exchange = calling(house), server_function(house)
    assert call(b"nonsense")[0].stage is Stage.REFUSED
    for load in ("not base64!", "A" * 2_000_000):
        answers = unbundle(base64.b64decode(exchange(["bob", load])))
        assert decode_answer(answers[0]).stage is Stage.REFUSED
    assert exchange([7, None]) == ""
    soon(lambda: not live_threads())


def test_nothing_of_a_session_stays_in_memory_when_its_socket_has_closed(rooms):
    opened = []

    def remembered(variant) -> LiveSession:
        session = LiveSession(variant)
        opened.append(weakref.ref(session))
        return session

    with TestClient(Starlette(routes=[route(House(rooms, remembered))])) as client:
        with client.websocket_connect("/live") as socket:
            become_live(socket)
            for index in range(4):
                socket.send_bytes(encode(Hear(index / 10, np.full(1600, 0.1, np.float32))))
                socket.send_bytes(encode(See(index / 10, jpeg())))
            while not isinstance(told(socket), Shown):
                pass
            assert opened[0]() is not None
        deadline_s = time.monotonic() + SOON_S
        while opened[0]() is not None and time.monotonic() < deadline_s:
            gc.collect()
            time.sleep(0.05)
    assert opened[0]() is None
