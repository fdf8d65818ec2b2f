"""Pictures of every tab for the documentation: ``python -m tests.bench.screens [--out FOLDER]``.

Each with a result, on a desktop in light and dark and on a phone.
"""

import argparse
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from avsl.media import read
from avsl.synthetic import ensure_example
from avsl.ui import copy as words
from avsl.ui.studio import copy
from avsl.ui.studio.swapping import copy as swap_copy
from tests.e2e.conftest import FLAGS, SETTLE_S, fake_devices, started

OUT = Path("avsl/ui/screens")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
WAYS = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
}
QUALITY, TALLEST = 72, 2400  # of the files; pixels
LONG_MS = 120_000
PAINTED = "(id) => document.querySelector(`${id} video`)?.readyState >= 2"


def localize(page: Page) -> None:
    page.click("#example-world-turns")
    page.wait_for_selector("#moment-picture img", timeout=LONG_MS)
    page.wait_for_function(PAINTED, arg="#overlay", timeout=LONG_MS)
    expect(page.locator("#run")).to_be_enabled(timeout=LONG_MS)
    settle(page)


def live(page: Page) -> None:
    page.click("#live [data-part=start]")
    page.wait_for_selector("#live .avsl-live[data-state=live]", timeout=LONG_MS)
    page.wait_for_selector("#live [data-verdict=sounding]", timeout=LONG_MS)


def studio(name: str) -> Callable[[Page], None]:
    def compare(page: Page) -> None:
        page.click(f"#{name}-example-world-turns")
        page.wait_for_selector(f"#{name}-figures img", timeout=LONG_MS)
        page.wait_for_function(PAINTED, arg=f"#{name}-video", timeout=LONG_MS)
        expect(page.locator(f"#{name}-run")).to_be_enabled(timeout=LONG_MS)
        settle(page)

    return compare


def swap(page: Page) -> None:
    page.click("#swap-run")
    page.wait_for_selector("#swap-grid img", timeout=LONG_MS)
    page.wait_for_timeout(4000)
    settle(page)


TABS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "localize": (words.TAB_LOCALIZE, localize),
    "live": (words.TAB_LIVE, live),
    "compare": (copy.TAB_COMPARE, studio("compare")),
    "listening": (copy.TAB_LISTENING, studio("listening")),
    "swap": (swap_copy.TAB_SWAP, swap),
    "benchmark": (words.TAB_BENCHMARK, lambda page: settle(page)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--tabs", nargs="+", choices=TABS, default=list(TABS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        started(Path(folder), dict(os.environ)) as app,
        sync_playwright() as playwright,
    ):
        camera = read(ensure_example("bell", Path(folder)))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[*FLAGS, *fake_devices(camera, Path(folder))],
        )
        for tab in options.tabs:
            for way, context in WAYS.items():
                page = browser.new_context(**context).new_page()
                page.goto(app.url)
                page.wait_for_selector("#run")
                page.wait_for_timeout(1000 * SETTLE_S)
                title, act = TABS[tab]
                show(page, title)
                act(page)
                keep(page, options.out / f"{tab}-{way}.webp")
                page.context.close()
        browser.close()


def show(page: Page, title: str) -> None:
    tab = page.get_by_role("tab", name=title, exact=True)
    if not tab.is_visible():  # on a phone the last tabs are in a menu
        page.get_by_label("More tabs").first.click()
        tab = page.locator(".overflow-dropdown button", has_text=title)
    tab.click()
    page.wait_for_timeout(1500)


def settle(page: Page) -> None:
    """Until nothing fades or loads any more."""
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(1500)


def keep(page: Page, path: Path) -> None:
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    picture.crop((0, 0, picture.width, min(picture.height, TALLEST))).save(
        path, quality=QUALITY, method=6
    )
    print(path, flush=True)


if __name__ == "__main__":
    main()
