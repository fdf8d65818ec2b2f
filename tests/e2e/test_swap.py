"""The tab "Swap the sound", driven in a real browser as a person would."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from avsl.ui import copy as words
from avsl.ui.studio.swapping import copy
from avsl.ui.studio.swapping.gallery import sounding_gallery

LONG_MS = 90_000
CHANGED = 24  # of 255: pixels that differ by more are drawn on


def visit(page: Page) -> None:
    tab = page.get_by_role("tab", name=copy.TAB_SWAP, exact=True)
    if not tab.is_visible():  # on a phone the last tabs are in a menu
        page.get_by_label("More tabs").first.click()
        tab = page.locator(".overflow-dropdown button", has_text=copy.TAB_SWAP)
    tab.click()
    page.wait_for_selector("#swap-run")
    page.wait_for_timeout(500)


def fill(page: Page) -> None:
    visit(page)
    page.click("#swap-run")
    page.wait_for_selector("#swap-grid img", timeout=LONG_MS)
    expect(page.locator("#swap-run")).to_be_enabled()


def press(page: Page, alt: str) -> None:
    """The pair that is called so in the first picture that has it."""
    page.locator(f'#swap-grid td button:has(img[alt="{alt}"])').first.click()
    page.wait_for_selector(f'#swap-detail img[alt="{alt}"]')


def marked(page: Page) -> np.ndarray:
    """Where the large picture is drawn on: bool (H, W) of the gallery's first picture."""
    source = page.get_attribute("#swap-detail img", "src")
    picture = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    plain = sounding_gallery().stills[0].frame
    drawn = np.asarray(picture.convert("RGB").resize(plain.shape[1::-1], Image.Resampling.BOX))
    return np.abs(drawn.astype(int) - plain).max(axis=2) > CHANGED


def share_on(page: Page, name: str) -> float:
    """Of what is drawn, the share that lies in the box of a thing of the first picture."""
    gallery = sounding_gallery()
    mask = gallery.masks[gallery.stills[0], name]
    rows, columns = np.nonzero(mask)
    drawn = marked(page)
    box = drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return float(box.sum() / drawn.sum())


def test_the_region_moves_to_what_is_heard(open_page):
    page = open_page()
    fill(page)
    expect(page.locator("#swap-about")).to_contain_text("4 pictures looked at")
    press(page, "dog's sound: upper left")
    assert share_on(page, "dog") > 0.8
    press(page, "guitar's sound: right")
    assert share_on(page, "guitar") > 0.8
    assert share_on(page, "dog") < 0.1
    assert page.locator("#swap-grid [aria-pressed=true]").count() == 1
    press(page, "owl's sound: nothing shown")  # it is not in this picture
    assert marked(page).mean() < 0.01


def test_own_sounds_words_and_pictures_join_the_grid(open_page, clips, app):
    page = open_page()
    fill(page)
    page.set_input_files("#swap-sound input[type=file]", str(clips["sound"]))
    expect(page.locator("#swap-grid thead")).to_contain_text("beeps", timeout=LONG_MS)
    expect(page.locator("#swap-about")).to_contain_text("No picture had to be looked at again")
    expect(page.locator("#swap-about")).to_contain_text("1 sound heard; 4 pairs")

    page.fill("#swap-words input, #swap-words textarea", "guitar")
    page.keyboard.press("Enter")
    press(page, "“guitar”: right")
    assert share_on(page, "guitar") > 0.8
    expect(page.locator("#swap-about")).to_contain_text("No picture had to be looked at again")

    page.get_by_role("tab", name=copy.OWN_PICTURE).click()
    page.set_input_files("#swap-picture input[type=file]", str(clips["picture"]))
    expect(page.locator("#swap-grid tbody tr")).to_have_count(5, timeout=LONG_MS)
    expect(page.locator("#swap-about")).to_contain_text("1 picture looked at")

    page.get_by_role("button", name="Take out: beeps").click()
    expect(page.locator("#swap-grid thead")).not_to_contain_text("beeps")
    page.click("#swap-prepare")
    with page.expect_download() as saving:
        page.locator("#swap-files a[download]").first.click(timeout=LONG_MS)
    assert Image.open(saving.value.path()).width > 900
    assert "Traceback" not in app.log.read_text()


def test_a_sound_is_spoken_into_the_microphone(open_page):
    page = open_page()
    visit(page)
    page.locator("#swap-sound [aria-label='Record audio']").click()
    page.locator("#swap-sound button:has-text('Record')").first.click()
    page.wait_for_timeout(2000)
    page.locator("#swap-sound button:has-text('Stop')").first.click()
    expect(page.locator("#swap-grid thead")).to_contain_text(copy.RECORDING, timeout=LONG_MS)


def test_the_moment_at_which_the_clip_stands_becomes_a_row(open_page, clips):
    page = open_page()
    visit(page)
    page.get_by_role("tab", name=copy.MOMENT_OF_CLIP).click()
    page.set_input_files("#swap-clip input[type=file]", str(clips["bell"]))
    page.wait_for_selector("#swap-clip video")
    page.evaluate("document.querySelector('#swap-clip video').currentTime = 2.4")
    page.wait_for_timeout(500)
    page.click("#swap-add-moment")
    expect(page.locator("#swap-grid tbody")).to_contain_text("at 2.4 s", timeout=LONG_MS)
    expect(page.locator("#swap-grid thead")).to_contain_text("around 2.4 s")
    page.wait_for_selector("#video video", state="attached")  # the clip is in every tab
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_selector("#compare-clip video")


def test_a_variant_without_words_offers_none(open_page):
    page = open_page()
    fill(page)
    expect(page.locator("#swap-words")).to_be_visible()
    page.click("#swap-variant input")
    page.get_by_role("option", name="margin-tiny").click()
    expect(page.locator("#swap-words")).not_to_be_visible(timeout=LONG_MS)
    expect(page.locator("#swap-about")).to_contain_text("4 pictures looked at")


def test_mistakes_get_a_sentence_and_the_grid_stays(open_page):
    page = open_page()
    fill(page)
    page.fill("#swap-words input, #swap-words textarea", "zebra")
    page.click("#swap-ask")
    problem = page.locator("#swap-status [role=alert]")
    expect(problem).to_contain_text("'zebra' is not among them")
    assert page.locator("#swap-grid td button").count() == 28
    page.get_by_role("tab", name=copy.MOMENT_OF_CLIP).click()
    page.click("#swap-add-moment")
    expect(problem).to_contain_text(copy.NO_CLIP)
    expect(problem).to_contain_text(words.PROBLEM_TITLE)


def test_keys_walk_the_grid(open_page):
    page = open_page(color_scheme="dark")
    fill(page)
    page.locator("#swap-grid td button").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_selector('#swap-detail img[alt="dog\'s sound: upper left"]')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_scrolling_sideways(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    fill(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in ("run", "sound", "words", "grid td button", "detail img", "prepare"):
        box = page.locator(f"#swap-{control}").first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
