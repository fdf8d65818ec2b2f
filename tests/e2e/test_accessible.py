"""Whether everybody can use the page: axe-core's rules on every tab, empty and with a result."""

import pytest
from playwright.sync_api import Page, expect

from avsl.ui import copy as words
from avsl.ui.studio import copy
from avsl.ui.studio.swapping import copy as swap_copy
from tests.e2e.test_studio import LONG_MS, wait_for_result

TABS = {
    "localize": words.TAB_LOCALIZE,
    "live": words.TAB_LIVE,
    "compare": copy.TAB_COMPARE,
    "listening": copy.TAB_LISTENING,
    "swap": swap_copy.TAB_SWAP,
    "benchmark": words.TAB_BENCHMARK,
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SERIOUS = {"serious", "critical"}
# gradio's link to a video's file holds a button of its own size, so that each seems to cover the
# other; they do the same, and together they are 30 px wide
ONE_TARGET = ("target-size", 'class="download-link')


def troubles(page: Page) -> list[str]:
    """Serious violations: the rule, and where."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(800)  # until nothing fades any more
    found = Axe().run(page, options=RULES).response
    assert len(found["passes"]) > 10, "axe did not look at the page"
    return [
        f"{each['id']}: {node['target']}: {node['html'][:200]}: {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
        if not (each["id"] == ONE_TARGET[0] and ONE_TARGET[1] in node["html"])
    ]


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=TABS[name], exact=True).click()
    page.wait_for_timeout(1000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_as_it_is_first_seen(open_page, scheme):
    page = open_page(color_scheme=scheme)
    found = []
    for name in TABS:
        open_tab(page, name)
        found += troubles(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_results(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.click("#example-world-turns")
    page.wait_for_selector("#moment-picture img", timeout=LONG_MS)
    expect(page.locator("#run")).to_be_enabled(timeout=LONG_MS)
    found = troubles(page)
    for name in ("compare", "listening"):
        open_tab(page, name)
        page.click(f"#{name}-run")
        wait_for_result(page, name)
        if name == "compare":
            page.click("#compare-marking button")
        found += troubles(page)
    open_tab(page, "swap")
    page.click("#swap-run")
    page.wait_for_selector("#swap-grid img", timeout=LONG_MS)
    expect(page.locator("#swap-run")).to_be_enabled(timeout=LONG_MS)
    page.locator("#swap-grid td button").first.click()
    found += troubles(page)
    assert not found, "\n".join(found)
