"""A link to an example brings it back; a hostile one does no harm."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from avsl.ui import copy
from tests.e2e.test_localize import (
    PLAYED,
    RESULT_MS,
    picture,
    set_slider,
    wait_for_another_picture,
    wait_for_result,
)

LINK = "?example=bell&variant=sync&look=contour&threshold=0.4&opacity=0.9"


def link(page) -> dict[str, str]:
    query = parse_qs(urlsplit(page.input_value("#link input")).query)
    return {key: value for key, (value,) in query.items()}


def test_a_link_is_run_and_drawn_as_it_says_and_can_be_passed_on(open_page, app):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(app.url + LINK + "&utm_source=friend#here")
    wait_for_result(page)
    expect(page.locator("#look input:checked")).to_have_value("contour")
    expect(page.locator("#threshold input[type=number]")).to_have_value("0.4")
    expect(page.locator("#opacity input[type=number]")).to_have_value("0.9")
    expect(page.locator("#variant input:checked")).to_have_value("sync")
    expect(page.locator("#video video")).to_have_count(1)
    assert not page.locator("#link-note .avsl-message").is_visible()
    assert page.eval_on_selector("#overlay video", PLAYED)["sound"] > 1000
    expect(page.locator("#link input")).to_have_value(app.url + LINK)

    before = picture(page)
    set_slider(page, "threshold", 0.8)
    wait_for_another_picture(page, before)
    expect(page.locator("#link input")).to_have_value(app.url + LINK.replace("0.4", "0.8"))
    page.click("#link button")
    expect(page.locator("#link button")).to_have_text(copy.LINK_COPIED)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.input_value("#link input")

    shown = picture(page)
    page.goto(copied)
    wait_for_result(page)
    # the same moment, style and threshold to the pixel
    expect(page.locator("#moment-picture img")).to_have_attribute("src", shown)
    assert "Traceback" not in app.log.read_text()


def test_a_browser_slower_than_the_server_misses_nothing(open_page, app):
    page = open_page()
    page.goto(app.url + LINK)  # the clip is made and looked at once: then the steps come at once
    wait_for_result(page)

    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 10})
    page.goto(app.url + LINK)
    wait_for_result(page)
    expect(page.locator("#video video")).to_have_count(1, timeout=RESULT_MS)
    expect(page.locator("#look input:checked")).to_have_value("contour")


def test_a_hostile_link_gives_a_sentence_and_a_usable_page(open_page, app):
    page = open_page()
    page.goto(app.url)
    expect(page.locator("#variant input:checked")).to_have_value("sync")  # a visit without a link
    assert not page.locator("#link-note .avsl-message").is_visible()
    said = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    evil = "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"
    page.goto(f"{app.url}?example={evil}&variant=evil/model&look={evil}&threshold=nan&opacity=9")
    note = page.locator("#link-note .avsl-message")
    expect(note).to_contain_text(copy.LINK_TITLE, timeout=RESULT_MS)
    for words in ("'evil/model' is none of", "threshold 'nan' is no number", "onerror=alert(1)"):
        expect(note).to_contain_text(words)
    assert page.locator("#link-note img").count() == 0 and said == []
    assert page.locator("#empty").is_visible()
    expect(page.locator("#variant input:checked")).to_have_value("sync")
    page.click("#example-bell")
    wait_for_result(page)
    assert not note.is_visible()
    assert link(page)["example"] == "bell"
    assert "Traceback" not in app.log.read_text()
