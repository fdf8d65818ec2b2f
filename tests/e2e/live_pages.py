"""What the tests of the Live tab do on its page, and wait for."""

from playwright.sync_api import Page, expect

from avsl.ui import copy
from avsl.ui.gallery import offers

LIVE_MS = 30_000
# The tab goes out of sight, or comes back: headless Chromium has no window to minimise.
SIGHT = """(visible) => {
    const state = visible ? 'visible' : 'hidden';
    Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => state});
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => !visible});
    document.dispatchEvent(new Event('visibilitychange'));
}"""

MAP_SINCE = """(since_s) => {
    const {verdict, time} = document.querySelector('.avsl-live').dataset;
    return verdict && Number(time) > since_s;
}"""


def wait_until_loaded(page: Page) -> None:
    """The examples' posters come last; a page that is still loading gradio loads anew when the
    server is gone.
    """
    posters = page.locator(".avsl-examples img")
    expect(posters).to_have_count(len(offers()), timeout=3 * LIVE_MS)


def go_live(page: Page) -> None:
    open_tab(page)
    press_start(page)
    wait_for(page, "live")


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name=copy.TAB_LIVE).click()
    page.wait_for_selector(".avsl-live [data-part=start]")


def press_start(page: Page) -> None:
    page.click(".avsl-live [data-part=start]")


def wait_for(page: Page, state: str, timeout_ms: float = LIVE_MS) -> None:
    """Also where the tab is not the one that is open."""
    selector = f".avsl-live[data-state={state}]"
    page.wait_for_selector(selector, state="attached", timeout=timeout_ms)


def wait_for_maps(page: Page) -> None:
    """Until a map of a picture that was taken after this call is there."""
    since_s = page.evaluate("performance.now() / 1000")
    page.wait_for_function(MAP_SINCE, arg=since_s, timeout=LIVE_MS)


def wait_for_problem(page: Page, problem: str) -> None:
    """And its sentence, with which nothing of camera and microphone is left."""
    page.wait_for_selector(f".avsl-live[data-problem={problem}]", timeout=LIVE_MS)
    wait_for(page, "problem")
    wait_for_words(page, copy.LIVE_PROBLEMS[problem])
    expect(page.locator("[data-part=start]")).to_have_text(copy.LIVE_START)
    assert not holds_camera(page)


def wait_for_words(page: Page, sentence: str) -> None:
    expect(page.locator("[data-part=message]")).to_have_text(sentence, timeout=LIVE_MS)


def wait_for_notice(page: Page, key: str) -> None:
    """``key`` empty: until there is none."""
    notice = page.locator(".avsl-live [data-part=notice]")
    expect(notice).to_have_text(copy.LIVE_WORDS["notices"].get(key, ""), timeout=LIVE_MS)
    expect(notice).to_be_visible(visible=bool(key))


def holds_camera(page: Page) -> bool:
    return page.evaluate("document.querySelector('.avsl-live video').srcObject !== null")


def show(page: Page, visible: bool) -> None:
    page.evaluate(SIGHT, visible)
