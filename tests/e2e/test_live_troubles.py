"""What can go wrong while live: each time the page says so and goes on, or says what to do."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute
from websockets.sync.client import ClientConnection, connect

from avsl.ui import copy
from avsl.ui.live.bench.client import socket_address
from avsl.ui.live.bench.server import Server
from avsl.ui.live.protocol import Choose, News, Shown, Stage, decode_answer, encode
from tests.e2e.conftest import ELSEWHERE, App, free_port, started
from tests.e2e.cutting_proxy import certificate
from tests.e2e.live_pages import (
    LIVE_MS,
    go_live,
    holds_camera,
    open_tab,
    press_start,
    show,
    wait_for,
    wait_for_maps,
    wait_for_notice,
    wait_for_problem,
    wait_for_words,
    wait_until_loaded,
)

PREFIX = "/spaces/avsl"
RESTART_MS = 3 * LIVE_MS
BOTH = ["videoinput", "audioinput"]
LONG_S = 7.0  # longer than a line may go unanswered (wire.js) and a clock may leap (visit.py)
# The minute until camera and microphone are let go, shortened.
SHORT_MINUTE = """() => {
    const wait = window.setTimeout;
    window.setTimeout = (what, ms, ...more) => wait(what, ms === 60000 ? 1000 : ms, ...more);
}"""
# Devices that are there, by kind, and the error that asking for them ends with.
DEVICES = """([kinds, error]) => {
    navigator.mediaDevices.enumerateDevices = async () =>
        kinds.map((kind) => ({kind, label: '', deviceId: ''}));
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', error); };
}"""
# The question for camera and microphone stands until the page is told window.answer().
ASKING = """() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const answered = new Promise((answer) => { window.answer = answer; });
    navigator.mediaDevices.getUserMedia = async (what) => { await answered; return ask(what); };
}"""
ENDED = """() => {  // both, one after the other, as when the permission is taken back
    for (const track of document.querySelector('.avsl-live video').srcObject.getTracks())
        track.dispatchEvent(new Event('ended'));
}"""
CAMERA_MUTED = """(muted) => {
    const [track] = document.querySelector('.avsl-live video').srcObject.getVideoTracks();
    Object.defineProperty(track, 'muted', {configurable: true, value: muted});
    track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
}"""
LISTEN = """(enabled) => {
    document.querySelector('.avsl-live video').srcObject.getAudioTracks()[0].enabled = enabled;
}"""


@pytest.fixture
def open_page(open_page) -> Callable[..., Page]:
    """Nothing is uploaded at once, so the page need not settle first."""
    return partial(open_page, settle_s=0)


def test_behind_a_proxy_with_https_the_socket_is_secure(open_page, proxied, tmp_path):
    if (tls := certificate(tmp_path, ELSEWHERE)) is None:
        pytest.skip("No openssl on this machine to make a certificate with.")
    with started(tmp_path, dict(os.environ) | {"GRADIO_ROOT_PATH": PREFIX}) as app:
        proxy = proxied(app, prefix=PREFIX, host=ELSEWHERE, tls=tls)
        page = open_page(proxy.url, ignore_https_errors=True)
        with page.expect_websocket() as opening:
            go_live(page)
        assert opening.value.url == f"{proxy.url.replace('https', 'wss')}live"
        wait_for_maps(page)
        assert page.get_attribute(".avsl-live", "data-way") == "socket"
        assert "Traceback" not in app.log.read_text()


def test_it_goes_on_by_itself_when_the_server_was_started_anew(open_page, proxied, tmp_path):
    port = free_port()
    with started(_folder(tmp_path, "first"), dict(os.environ), port) as app:
        pages = [open_page(app.url), open_page(proxied(app, sockets=False).url)]
        for page in pages:
            wait_until_loaded(page)
            page.evaluate("window.opened = true")
            go_live(page)
        for page in pages:
            wait_for_maps(page)
        app.process.kill()
        app.process.wait()
        for page in pages:
            wait_for(page, "lost")
            wait_for_words(page, copy.LIVE_WORDS["lost"])
    with started(_folder(tmp_path, "second"), dict(os.environ), port):
        for page, way in zip(pages, ("socket", "calls"), strict=True):
            wait_for(page, "live", RESTART_MS)
            wait_for_maps(page)
            assert page.get_attribute(".avsl-live", "data-way") == way
            page.get_by_role("button", name=copy.LIVE_KEEP).click()
            page.wait_for_selector("#video video[src]", timeout=LIVE_MS)
            assert page.evaluate("window.opened"), "the page was loaded anew"


def _folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def test_a_line_that_dies_without_a_word_is_noticed(open_page, app, proxied):
    proxy = proxied(app)
    page = open_page(proxy.url)
    go_live(page)
    wait_for_maps(page)
    proxy.freeze()
    wait_for(page, "lost")
    wait_for(page, "live")
    wait_for_maps(page)


def test_it_goes_on_after_the_laptop_slept(open_page, browser):
    page = open_page()
    go_live(page)
    wait_for_maps(page)
    with _asleep(browser):
        time.sleep(LONG_S)
    wait_for_maps(page)
    wait_for(page, "live")
    assert holds_camera(page)


@contextmanager
def _asleep(browser) -> Iterator[None]:
    """All processes of the browser stand still."""
    facts = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    processes = [each["id"] for each in facts["processInfo"]]
    try:
        for each in processes:
            os.kill(each, signal.SIGSTOP)
        yield
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)


def test_out_of_sight_it_pauses_and_after_a_minute_lets_go(open_page):
    page = open_page()
    go_live(page)
    show(page, False)
    wait_for(page, "paused")
    assert holds_camera(page)
    show(page, True)
    wait_for(page, "live")
    wait_for_maps(page)
    page.evaluate(SHORT_MINUTE)
    show(page, False)
    _wait_until_let_go(page)
    show(page, True)
    press_start(page)
    wait_for(page, "live")
    wait_for_maps(page)


def test_out_of_sight_in_two_ways_it_lets_go_all_the_same(open_page):
    page = open_page()
    page.evaluate(SHORT_MINUTE)
    go_live(page)
    page.get_by_role("tab", name=copy.TAB_LOCALIZE).click()
    wait_for(page, "paused")
    show(page, False)
    _wait_until_let_go(page)


def test_what_is_allowed_while_out_of_sight_waits_for_being_seen(open_page):
    page = open_page()
    page.evaluate(ASKING)
    open_tab(page)
    press_start(page)
    wait_for(page, "asking")
    show(page, False)
    page.evaluate("window.answer()")
    wait_for(page, "paused")
    show(page, True)
    wait_for(page, "live")
    wait_for_maps(page)


def _wait_until_let_go(page: Page) -> None:
    wait_for(page, "idle")
    wait_for_words(page, copy.LIVE_WORDS["left"])
    assert not holds_camera(page)


def test_permission_that_is_taken_back_is_told_and_so_is_its_denial(open_page):
    page = open_page()
    go_live(page)
    page.evaluate(DEVICES, [BOTH, "NotAllowedError"])
    page.evaluate(ENDED)
    wait_for_problem(page, "ended")
    press_start(page)
    wait_for_problem(page, "denied")


def test_why_there_is_no_camera_or_microphone(open_page):
    page = open_page()
    open_tab(page)
    for kinds, error, problem in (
        (["audioinput"], "NotFoundError", "no-camera"),
        (["videoinput"], "NotFoundError", "no-microphone"),
        (BOTH, "NotReadableError", "taken"),
        (BOTH, "AbortError", "taken"),
        (BOTH, "SecurityError", "denied"),
    ):
        page.evaluate(DEVICES, [kinds, error])
        press_start(page)
        wait_for_problem(page, problem)


def test_a_machine_without_a_camera(launch, app):
    browser = launch(["--use-fake-device-for-media-stream=device-count=0"])
    page = browser.new_page()
    page.goto(app.url)
    page.wait_for_selector("#run")
    open_tab(page)
    press_start(page)
    wait_for_problem(page, "no-camera")
    browser.close()


def test_an_address_that_browsers_do_not_trust(open_page, app):
    page = open_page(app.url.replace("127.0.0.1", ELSEWHERE))
    open_tab(page)
    press_start(page)
    wait_for_problem(page, "insecure")


def test_a_microphone_without_sound_and_a_camera_that_pauses_are_noticed(open_page):
    page = open_page()
    go_live(page)
    wait_for_notice(page, "")
    page.evaluate(LISTEN, False)
    wait_for_notice(page, "deaf")
    page.evaluate(CAMERA_MUTED, True)
    wait_for_notice(page, "muted")
    page.evaluate(CAMERA_MUTED, False)
    wait_for_notice(page, "deaf")
    page.evaluate(LISTEN, True)
    wait_for_notice(page, "")
    wait_for_maps(page)


def test_where_all_places_are_taken_one_waits_in_line(open_page, app):
    with ExitStack() as stack:
        live, next_in_line = _take_every_place(app, stack)
        page = open_page()
        open_tab(page)
        press_start(page)
        wait_for(page, "waiting")
        wait_for_words(page, copy.live_waiting(len(live), 2))
        next_in_line.close()
        wait_for_words(page, copy.live_waiting(len(live), 1))
        live[0].close()
        wait_for(page, "live")
        wait_for_maps(page)


def _take_every_place(
    app: App, stack: ExitStack
) -> tuple[list[ClientConnection], ClientConnection]:
    """Those who are live, and the one who is the first not to be."""
    live = []
    while True:
        visitor = stack.enter_context(connect(socket_address(app.url), proxy=None))
        visitor.send(encode(Choose("sync")))
        while (stage := decode_answer(visitor.recv(LIVE_MS / 1000)).stage) is Stage.LOADING:
            pass
        if stage is Stage.WAITING:
            return live, visitor
        assert stage is Stage.LIVE
        live.append(visitor)


def test_another_variant_can_be_chosen_while_live_however_long_it_loads(open_page):
    page, wire = open_page(), Wire()
    page.route_web_socket("**/live", wire.through)
    go_live(page)
    wait_for_maps(page)
    shape = wire.maps[-1].levels.shape
    wire.holds = True
    page.select_option(".avsl-live [data-part=variant]", "margin-tiny")
    wait_for(page, "loading")
    page.wait_for_timeout(1000 * LONG_S)
    wait_for(page, "loading")
    wire.release()
    wait_for(page, "live")
    wait_for_maps(page)
    assert wire.maps[-1].levels.shape != shape
    assert wire.opened == 1


class Wire:
    """The page's socket, on which the server's answers can be held back once it is loading."""

    def __init__(self) -> None:
        self.opened, self.holds = 0, False
        self.maps: list[Shown] = []
        self._loading = False
        self._held: list[bytes] = []

    def through(self, page: WebSocketRoute) -> None:
        self.opened += 1
        self._page = page
        page.connect_to_server().on_message(self._answer)

    def release(self) -> None:
        self.holds = self._loading = False
        for message in self._held:
            self._page.send(message)

    def _answer(self, message: bytes) -> None:
        answer = decode_answer(message)
        if isinstance(answer, Shown):
            self.maps.append(answer)
        if self._loading:
            self._held.append(message)
        else:
            self._page.send(message)
        self._loading |= self.holds and isinstance(answer, News)


def test_of_a_page_that_is_closed_nothing_remains_on_the_server(open_page, app):
    page = open_page()
    wait_until_loaded(page)
    page.close()
    _wait_until(lambda: _visits(app) == 0)
    sockets, files = _sockets(app), _files(app)
    page = open_page()
    go_live(page)
    wait_for_maps(page)
    assert _visits(app) == 1
    assert _files(app) == files
    page.close()
    _wait_until(lambda: _visits(app) == 0)
    _wait_until(lambda: _sockets(app) <= sockets)
    assert _files(app) == files


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LIVE_MS / 1000
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def _visits(app: App) -> int:
    """Threads that make maps for somebody."""
    return len(re.findall(r'ui/live/visit\.py", line \d+ in _work', app.stacks()))


def _sockets(app: App) -> int:
    return Server(app.url, app.process.pid).usage().sockets


def _files(app: App) -> set[tuple[Path, int]]:
    """Everything in the app's folder for temporary files, its log aside, with the sizes."""
    home = app.log.parent
    return {(each, each.stat().st_size) for each in home.rglob("*") if each != app.log}
