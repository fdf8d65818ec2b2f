"""The Live tab in a real browser with a fake camera and microphone."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from avsl.ui import copy
from tests.e2e import live_scene
from tests.e2e.live_pages import LIVE_MS, go_live, open_tab, wait_for, wait_for_maps

SETTLED_S = 6.0  # after the disc has moved: sync looks at the last eight seconds
# Where the disc is in the camera's own picture, what is said of it, and what the page measured.
LOOK = """(root, [left, right, y]) => {
    const video = root.querySelector('video'), canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0);
    const there = (x) => {
        const [red, , blue] = pen.getImageData(x, y, 1, 1).data;
        return red - blue > 60;
    };
    return {truth: there(left) ? 'left' : there(right) ? 'right' : '', ...root.dataset};
}"""


@pytest.fixture(scope="module")
def browser(launch, tmp_path_factory) -> Iterator:
    """Its camera and microphone play the scene."""
    scene = live_scene.make(tmp_path_factory.mktemp("live"))
    flags = [
        f"--use-file-for-fake-video-capture={scene.camera}",
        f"--use-file-for-fake-audio-capture={scene.microphone}",
    ]
    browser = launch(flags)
    yield browser
    browser.close()


def look(page: Page) -> dict:
    places = [live_scene.LEFT_X, live_scene.RIGHT_X, live_scene.DISC_Y]
    return page.eval_on_selector(".avsl-live", LOOK, places)


def seen_for(page: Page, seconds: float) -> list[dict]:
    """What the page shows, ten times a second, with how long the disc has been where it is."""
    seen, since_s, start_s = [], time.monotonic(), time.monotonic()
    while time.monotonic() - start_s < seconds:
        now = look(page)
        if seen and now["truth"] != seen[-1]["truth"]:
            since_s = time.monotonic()
        seen.append(now | {"since_s": time.monotonic() - since_s})
        page.wait_for_timeout(100)
    return seen


def test_the_region_is_where_it_sounds_and_nowhere_in_silence(open_page, app):
    page = open_page()
    go_live(page)
    wait_for_maps(page)
    scene_s = live_scene.LEFT_S + live_scene.RIGHT_S + live_scene.SILENT_S
    seen = seen_for(page, 2 * scene_s)
    settled = [each for each in seen if each["since_s"] > SETTLED_S]
    shown = [each for each in settled if each["truth"] and each["side"]]
    right = [each for each in shown if each["side"] == each["truth"]]
    assert len(shown) > 20
    assert len(right) / len(shown) >= 0.95
    silent = [each for each in seen if not each["truth"] and each["since_s"] > 1.5]
    assert silent
    assert not any(each["side"] for each in silent)
    assert {each["verdict"] for each in silent} <= {"silent", ""}
    assert {each["way"] for each in seen} == {"socket"}
    assert all(each["state"] == "live" for each in seen)
    assert "Traceback" not in app.log.read_text()


def test_controls_change_the_drawing_only(open_page):
    page = open_page()
    go_live(page)
    wait_for_maps(page)
    for style in ("contour", "spotlight", "heat"):
        page.locator(".avsl-live").get_by_label(style).check()
    root = page.locator(".avsl-live")
    expect(root).to_have_attribute("data-mirrored", "")
    page.get_by_label(copy.LIVE_MIRROR).uncheck()
    expect(root).not_to_have_attribute("data-mirrored", "")
    expect(page.locator("[data-part=latency]")).to_contain_text("ms")
    expect(page.locator("[data-part=rate]")).to_contain_text("a second")
    expect(root).to_have_attribute("data-state", "live")
    page.click(".avsl-live [data-part=start]")
    wait_for(page, "idle")
    assert page.evaluate("document.querySelector('.avsl-live video').srcObject") is None


def test_the_last_seconds_go_to_the_localize_tab(open_page):
    page = open_page()
    go_live(page)
    page.wait_for_timeout(4000)
    page.get_by_role("button", name=copy.LIVE_KEEP).click()
    page.wait_for_selector("#video video[src]", timeout=LIVE_MS)
    expect(page.locator("#run")).to_be_visible()
    length_s = page.eval_on_selector(
        "#video video",
        "(video) => video.duration || new Promise((done) => "
        "{ video.onloadedmetadata = () => done(video.duration); })",
    )
    assert 2 < length_s < 11
    page.get_by_role("tab", name=copy.TAB_LIVE).click()
    wait_for(page, "idle")


def test_without_permission_it_says_what_to_do(open_page):
    page = open_page()
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    )
    open_tab(page)
    page.click(".avsl-live [data-part=start]")
    wait_for(page, "problem")
    expect(page.locator("[data-part=message]")).to_have_text(copy.LIVE_PROBLEMS["denied"])
    expect(page.locator("[data-part=start]")).to_have_text(copy.LIVE_START)


def test_a_camera_that_stops_is_told_and_can_be_started_again(open_page):
    page = open_page()
    go_live(page)
    page.evaluate(
        "document.querySelector('.avsl-live video').srcObject.getVideoTracks()[0]"
        ".dispatchEvent(new Event('ended'))"
    )
    wait_for(page, "problem")
    expect(page.locator("[data-part=message]")).to_have_text(copy.LIVE_PROBLEMS["ended"])
    page.click(".avsl-live [data-part=start]")
    wait_for(page, "live")


def test_another_tab_pauses_it_and_coming_back_goes_on(open_page):
    page = open_page()
    go_live(page)
    page.get_by_role("tab", name=copy.TAB_LOCALIZE).click()
    wait_for(page, "paused")
    page.get_by_role("tab", name=copy.TAB_LIVE).click()
    wait_for(page, "live")
    wait_for_maps(page)


def test_a_cut_connection_comes_back(open_page, app, proxied):
    proxy = proxied(app)
    page = open_page(proxy.url)
    go_live(page)
    wait_for_maps(page)
    assert page.get_attribute(".avsl-live", "data-way") == "socket"
    proxy.cut()
    wait_for(page, "lost")
    expect(page.locator("[data-part=message]")).to_have_text(copy.LIVE_WORDS["lost"])
    page.wait_for_timeout(2000)
    proxy.mend()
    wait_for(page, "live")
    wait_for_maps(page)


def test_where_no_socket_passes_calls_do(open_page, app, proxied):
    page = open_page(proxied(app, sockets=False).url)
    go_live(page)
    wait_for_maps(page)
    assert page.get_attribute(".avsl-live", "data-way") == "calls"


def test_a_phone_shows_it_all_without_scrolling_sideways(open_page):
    page = open_page()
    page.set_viewport_size({"width": 390, "height": 844})
    go_live(page)
    wait_for_maps(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in ("stage", "start", "keep", "variant", "opacity", "mirror"):
        box = page.locator(f".avsl-live [data-part={part}]").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
