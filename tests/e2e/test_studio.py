"""The Studio's two tabs, driven in a real browser as a person would."""

import csv
import time

import pytest
from playwright.sync_api import Page, expect

from avsl.ui import copy as words
from avsl.ui.studio import copy
from tests.e2e.test_localize import PLAYED, set_slider, wait_until

LONG_MS = 90_000
TABS = {"compare": copy.TAB_COMPARE, "listening": copy.TAB_LISTENING}


def visit(page: Page, name: str) -> None:
    tab = page.get_by_role("tab", name=TABS[name], exact=True)
    if not tab.is_visible():  # on a phone the last tabs are in a menu
        page.get_by_label("More tabs").first.click()
        tab = page.locator(".overflow-dropdown button", has_text=TABS[name])
    tab.click()
    page.wait_for_selector(f"#{name}-run")
    page.wait_for_timeout(500)


def upload(page: Page, name: str, path) -> None:
    page.set_input_files(f"#{name}-clip input[type=file]", str(path))
    page.wait_for_selector(f"#{name}-clip video")


def wait_for_result(page: Page, name: str) -> None:
    page.wait_for_selector(f"#{name}-figures img", timeout=LONG_MS)
    page.wait_for_selector(f"#{name}-video video", timeout=LONG_MS)
    expect(page.locator(f"#{name}-run")).to_be_enabled()


def test_two_variants_on_an_uploaded_clip(open_page, clips, app):
    page = open_page()
    visit(page, "compare")
    upload(page, "compare", clips["bell"])
    page.click("#compare-run")
    wait_for_result(page, "compare")
    played = page.eval_on_selector("#compare-video video", PLAYED)
    assert played["error"] is None
    assert played["time"] > 0.7
    assert played["sound"] > 1000
    assert played["length"] == pytest.approx(9.0, abs=0.15)
    assert played["width"] == 1280
    costs = page.inner_text("#compare-costs")
    assert "sync" in costs
    assert "acl-tiny" in costs
    assert "11.7 MB" in costs
    # the bell is an example of the app, so its truth is known, although it was uploaded
    assert "cIoU" in page.inner_text("#compare-truth")
    assert page.locator("#compare-figures img").count() == 3
    assert page.locator("#video video").count() == 1  # Localize has it too
    page.context.close()
    wait_until(lambda: app.kept() == [], 15)


def test_one_threshold_for_all_redraws_and_runs_nothing(open_page):
    page = open_page()
    visit(page, "compare")
    page.click("#compare-example-world-turns")
    wait_for_result(page, "compare")
    costs, picture = page.inner_text("#compare-costs"), picture_of(page)
    expect(page.locator("#compare-warning")).to_contain_text(copy.OWN_LEVELS)
    started = time.monotonic()
    page.locator("#compare-shared input").check()
    expect(page.locator("#compare-warning")).to_contain_text("do not transfer")
    set_slider(page, "compare-level", 0.9)
    expect(page.locator("#compare-costs")).to_contain_text("0.90")
    assert time.monotonic() - started < 6
    assert picture_of(page) != picture
    assert seconds_of(page.inner_text("#compare-costs")) == seconds_of(costs)  # of the same run

    before = page.get_attribute("#compare-video video", "src")
    page.click("#compare-redraw")
    page.wait_for_function(
        "(before) => ![null, before].includes("
        "document.querySelector('#compare-video video')?.getAttribute('src') ?? null)",
        arg=before, timeout=LONG_MS,
    )  # fmt: skip
    expect(page.locator("#compare-redraw")).to_be_enabled()
    assert page.eval_on_selector("#compare-video video", PLAYED)["sound"] > 1000

    page.click("#compare-prepare")
    with page.expect_download() as saving:
        page.locator("#compare-files a[download]").first.click(timeout=LONG_MS)
    with open(saving.value.path()) as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert "iou_sync_acl-tiny" in rows[0]


def picture_of(page: Page) -> str:
    return page.locator("#compare-figures img").first.get_attribute("src")


def seconds_of(costs: str) -> list[str]:
    return [word for word in costs.split("\t") if word.strip().endswith(" s")]


def test_a_score_for_acl_tiny_on_an_example(open_page):
    page = open_page(color_scheme="dark")
    visit(page, "listening")
    page.click("#listening-example-world-steady")
    wait_for_result(page, "listening")
    assert "It listens" in page.inner_text("#listening-score")
    assert float(page.inner_text("#listening-score .number")) > 0.5
    assert page.locator("#listening-figures img").count() == 5
    assert page.locator("#listening-parts tbody tr").count() == 4
    expect(page.locator("#listening-yardstick tbody tr").first).to_contain_text("acl-tiny")
    played = page.eval_on_selector("#listening-video video", PLAYED)
    assert played["length"] == pytest.approx(6.0, abs=0.15)
    assert played["sound"] > 1000
    visit(page, "compare")  # the same clip is there, to be compared with one press
    page.wait_for_selector("#compare-clip video")
    page.click("#compare-run")
    wait_for_result(page, "compare")
    assert page.eval_on_selector("#compare-video video", PLAYED)["length"] == pytest.approx(
        6.0, abs=0.15
    )


@pytest.mark.parametrize("name", ["compare", "listening"])
def test_stop_stops_and_leaves_nothing(open_page, clips, app, name):
    page = open_page()
    kept = set(app.kept())
    visit(page, name)
    upload(page, name, clips["long"])
    page.click(f"#{name}-run")
    wait_until(lambda: len(set(app.kept()) - kept) == 1, 30)
    page.click(f"#{name}-stop")
    expect(page.locator(f"#{name}-status")).to_contain_text(words.STOPPED_TITLE)
    assert set(app.kept()) <= kept
    assert not page.locator(f"#{name}-stop").is_visible()
    assert page.locator(f"#{name}-empty").is_visible()


def test_mistakes_get_a_sentence(open_page, clips, app):
    page = open_page()
    visit(page, "compare")
    page.click("#compare-run")
    problem = page.locator("#compare-status [role=alert]")
    expect(problem).to_contain_text(words.NO_VIDEO)
    upload(page, "compare", clips["mute"])
    page.click("#compare-run")
    expect(problem).to_contain_text("no sound track", timeout=LONG_MS)
    for box in page.locator("#compare-variants input:checked").all()[:1]:
        box.uncheck()
    page.click("#compare-run")
    expect(problem).to_contain_text(copy.TOO_FEW)
    visit(page, "listening")
    page.wait_for_selector("#listening-clip video")
    page.click("#listening-run")
    expect(page.locator("#listening-status [role=alert]")).to_contain_text("no sound track")
    assert "Traceback" not in app.log.read_text()


@pytest.mark.parametrize("name", ["compare", "listening"])
def test_a_phone_shows_it_all_without_scrolling_sideways(open_page, name):
    page = open_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)  # until the last tabs are in their menu
    visit(page, name)
    page.click(f"#{name}-example-world-turns")
    wait_for_result(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in ("run", "video video", "moment", "figures img", "prepare"):
        box = page.locator(f"#{name}-{control}").first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
