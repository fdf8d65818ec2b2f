"""The Localize tab, driven in a real browser as a person would."""

import base64
import io
import json
import time
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from avsl.ui import copy
from avsl.ui.timeline import copy as timeline_copy

RESULT_MS = 60_000
PLAYED = """async (video) => {
    video.muted = false;
    await video.play();
    const start = performance.now();
    while (performance.now() - start < 8000) {
        if (video.currentTime > 0.7 && video.webkitAudioDecodedByteCount > 0) break;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    video.pause();
    return {time: video.currentTime, sound: video.webkitAudioDecodedByteCount,
            frames: video.getVideoPlaybackQuality().totalVideoFrames, length: video.duration,
            width: video.videoWidth, error: video.error && video.error.message};
}"""
HALVES = """(video) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 48];
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0, 64, 48);
    const mean = x => pen.getImageData(x, 28, 32, 20).data.filter((_, i) => i % 4 < 3)
        .reduce((a, b) => a + b) / (32 * 20 * 3);
    return [mean(0), mean(32)];
}"""


def upload(page: Page, path) -> None:
    page.set_input_files("#video input[type=file]", str(path))
    page.wait_for_selector("#video video")


def run(page: Page) -> None:
    page.click("#run")


def wait_for_result(page: Page) -> None:
    page.wait_for_selector("#moment-picture img", timeout=RESULT_MS)
    page.wait_for_selector("#overlay video", timeout=RESULT_MS)
    expect(page.locator("#run")).to_be_enabled()


def picture(page: Page) -> str:
    return page.get_attribute("#moment-picture img", "src")


def pixels(source: str) -> np.ndarray:
    jpeg = base64.b64decode(source.split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(jpeg)), int)


def wait_for_another_picture(page: Page, before: str) -> str:
    page.wait_for_function(
        "(before) => document.querySelector('#moment-picture img').src !== before", arg=before
    )
    return picture(page)


def set_slider(page: Page, name: str, value: float) -> None:
    box = page.locator(f"#{name} input[type=number]")
    box.fill(str(value))
    box.press("Enter")


def test_an_uploaded_clip_comes_back_playing_with_its_sound(open_page, clips, app):
    page = open_page()
    upload(page, clips["bell"])
    run(page)
    wait_for_result(page)
    played = page.eval_on_selector("#overlay video", PLAYED)
    assert played["error"] is None
    assert played["time"] > 0.7
    assert played["frames"] > 10
    assert played["sound"] > 1000
    assert played["length"] == pytest.approx(9.0, abs=0.15)
    assert page.get_attribute("#overlay video", "autoplay") is None
    assert " s" in page.inner_text("#verdict h2")
    assert page.get_by_role("slider", name=timeline_copy.POSITION).is_visible()
    assert "threshold" in page.inner_text("#provenance")
    assert len(app.kept()) == 1
    page.context.close()
    wait_until(lambda: app.kept() == [], 15)  # the session's files go with it


def wait_until(true, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert true()


def test_an_example_is_one_click_away(open_page):
    page = open_page(color_scheme="dark")
    page.click("#example-offscreen")
    wait_for_result(page)
    assert page.locator("#video video").count() == 1
    assert page.inner_text("#moment-words p")
    with page.expect_download() as saving:
        page.click("#bundle")
        page.locator("#files a[download]").first.click(timeout=RESULT_MS)
    with zipfile.ZipFile(saving.value.path()) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["clip"]["duration_s"] == pytest.approx(9.0, abs=0.1)


def test_style_threshold_and_moment_redraw_the_picture_only(open_page, clips):
    page = open_page()
    upload(page, clips["bell"])
    run(page)
    wait_for_result(page)
    seen = [picture(page)]
    made = page.inner_text("#provenance")
    started = time.monotonic()
    page.locator("#look").get_by_label("spotlight").check()
    seen.append(wait_for_another_picture(page, seen[-1]))
    set_slider(page, "opacity", 1)
    seen.append(wait_for_another_picture(page, seen[-1]))
    set_slider(page, "threshold", 0.9)
    seen.append(wait_for_another_picture(page, seen[-1]))
    set_slider(page, "moment", 8)
    seen.append(wait_for_another_picture(page, seen[-1]))
    assert time.monotonic() - started < 4  # four redraws, clicks included; a run takes longer
    assert "8.0 s" in page.inner_text("#moment-words")
    heat, spotlight, dark, tight, _ = map(pixels, seen)
    assert spotlight.mean() < heat.mean() - 5
    assert dark.mean() < spotlight.mean() - 5
    assert tight.mean() < dark.mean() + 1
    assert not page.locator("#stop").is_visible()
    assert page.inner_text("#provenance") == made

    before = page.get_attribute("#overlay video", "src")
    page.click("#redraw")
    page.wait_for_function(
        "(before) => document.querySelector('#overlay video')?.src.endsWith(before) === false",
        arg=before.split("/")[-1], timeout=RESULT_MS,
    )  # fmt: skip
    expect(page.locator("#redraw")).to_be_enabled()
    assert page.eval_on_selector("#overlay video", PLAYED)["sound"] > 1000


def test_camera_and_microphone_give_a_result_that_is_not_mirrored(open_page):
    page = open_page()
    page.click('#video [aria-label="Capture from camera"]')
    page.click('#video [title="grant webcam access"] button')
    page.locator("#video").get_by_text("Record", exact=True).click()
    page.wait_for_timeout(3500)
    page.locator("#video").get_by_text("Stop", exact=True).click()
    page.wait_for_selector("#video video[src]")
    run(page)
    wait_for_result(page)
    played = page.eval_on_selector("#overlay video", PLAYED)
    assert played["time"] > 0.7
    assert played["sound"] > 1000
    assert 2 < played["length"] < 8
    left, right = page.eval_on_selector("#overlay video", HALVES)
    assert left > right + 30  # the camera sees the light half on its left
    assert "nothing audible" not in page.inner_text("#verdict h2").lower()


def test_a_picture_with_a_sound(open_page, clips):
    page = open_page()
    page.get_by_role("tab", name=copy.TAB_PICTURE).click()
    page.set_input_files("#picture input[type=file]", str(clips["picture"]))
    page.wait_for_selector("#picture img")
    run(page)
    expect(page.locator("#status")).to_contain_text(copy.NO_SOUND)
    page.set_input_files("#sound input[type=file]", str(clips["sound"]))
    page.wait_for_selector("#sound .waveform-container, #sound audio", state="attached")
    run(page)
    wait_for_result(page)
    played = page.eval_on_selector("#overlay video", PLAYED)
    assert played["sound"] > 1000
    assert played["length"] == pytest.approx(4.0, abs=0.2)


def test_bad_files_get_a_sentence_and_the_app_goes_on(open_page, clips, app):
    page = open_page()
    for name, words in (("text", "not a video"), ("empty", "0 bytes"), ("mute", "no sound track")):
        upload(page, clips[name])
        run(page)
        expect(page.locator("#status [role=alert]")).to_contain_text(words, timeout=20_000)
        expect(page.locator("#run")).to_be_enabled()
        assert page.locator("#empty").is_visible()
        assert page.locator("#video video").count() == 1  # the input is still there
        assert "Traceback" not in page.inner_text("body")
        if name == "text":  # gradio would call this an error, also of files that we can read
            expect(page.locator(".toast-message-text", has_text=copy.NO_PREVIEW)).to_be_visible()
        page.click('#video [aria-label="Clear"]')
        page.wait_for_selector("#video input[type=file]", state="attached")
    run(page)
    expect(page.locator("#status [role=alert]")).to_contain_text(copy.NO_VIDEO)
    assert app.process.poll() is None
    upload(page, clips["bell"])
    run(page)
    wait_for_result(page)
    assert page.locator("#status [role=alert]").count() == 0
    assert "Traceback" not in app.log.read_text()


def test_two_people_at_once_do_not_meet(open_page, clips):
    anna, bob = open_page(), open_page()
    upload(anna, clips["bell"])
    upload(bob, clips["turns"])
    run(anna)
    run(bob)
    wait_for_result(anna)
    wait_for_result(bob)
    lengths = [page.eval_on_selector("#overlay video", PLAYED)["length"] for page in (anna, bob)]
    assert lengths == pytest.approx([9.0, 11.5], abs=0.2)
    pictures = [picture(anna), picture(bob)]
    set_slider(anna, "moment", 1)
    wait_for_another_picture(anna, pictures[0])
    assert picture(bob) == pictures[1]
    greens = [pixels(picture(page))[-40:, :, 1].mean() for page in (anna, bob)]
    purples = [pixels(picture(page))[-40:, :, 2].mean() for page in (anna, bob)]
    assert purples[0] > greens[0]  # the bell's floor
    assert greens[1] > purples[1]  # the meadow


def test_stop_stops_and_leaves_nothing(open_page, clips, app):
    page = open_page()
    kept = set(app.kept())
    upload(page, clips["long"])
    run(page)
    page.wait_for_selector("#verdict h2", timeout=RESULT_MS)  # found, and now drawing for seconds
    assert len(set(app.kept()) - kept) == 1
    started = time.monotonic()
    page.click("#stop")
    expect(page.locator("#status")).to_contain_text(copy.STOPPED_TITLE)
    assert time.monotonic() - started < 2.5  # the worker itself: see tests/ui, one second
    assert set(app.kept()) <= kept
    assert not page.locator("#stop").is_visible()
    assert not page.locator("#verdict").is_visible()
    assert page.locator("#video video").count() == 1


def test_a_phone_shows_it_all_without_scrolling_sideways(open_page):
    page = open_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.click("#example-bell")
    wait_for_result(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in ("#run", "#overlay video", "#redraw", "#bundle", "#threshold"):
        box = page.locator(control).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
