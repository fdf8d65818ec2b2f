"""How heavy the page is, and how soon it answers: ``python -m tests.bench.page [--rounds 3]``.

In a real Chromium with every request to elsewhere refused: bytes and requests until the page stands
still, first contentful paint, and from the click on an example to its verdict and to its video. The
first round pays for the start of the networks.
"""

import argparse
import os
import shutil
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from avsl.ui.gallery import offers
from tests.e2e.conftest import FLAGS, started

LOADED = """() => {
  const all = [...performance.getEntriesByType('resource'),
               ...performance.getEntriesByType('navigation')];
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return [all.length, all.reduce((sum, each) => sum + each.transferSize, 0), paint.startTime];
}"""
STILL_MS, LONG_MS = 2500, 60_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with (
        TemporaryDirectory() as folder,
        started(Path(folder), dict(os.environ)) as app,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for _ in range(rounds):
            page, refused = opened(browser, app.url)
            requests, size, paint_ms = page.evaluate(LOADED)
            print(f"{requests} requests, {size / 1e6:.2f} MB, first paint {paint_ms:.0f} ms, "
                  f"{refused} requests to elsewhere")  # fmt: skip
            page.context.close()
        for offer in offers():
            told = [answered(browser, app.url, offer.name) for _ in range(rounds)]
            verdicts, videos = zip(*told, strict=True)
            print(f"{offer.name:<14}first: verdict {verdicts[0]:.1f} s, video {videos[0]:.1f} s"
                  f"; median: {statistics.median(verdicts):.1f} s, "
                  f"{statistics.median(videos):.1f} s")  # fmt: skip
        browser.close()


def opened(browser: Browser, url: str) -> tuple[Page, int]:
    """The page when it stands still, and how many requests it made to elsewhere."""
    refused = []
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()

    def only_here(route) -> None:
        if route.request.url.startswith((url, "data:", "blob:")):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    page.route("**/*", only_here)
    page.goto(url)
    page.wait_for_selector("#run")
    page.wait_for_timeout(STILL_MS)
    return page, len(refused)


def answered(browser: Browser, url: str, example: str) -> tuple[float, float]:
    """Seconds from the click to the verdict and to the video."""
    page, _ = opened(browser, url)
    began = time.monotonic()
    page.click(f"#example-{example}")
    page.wait_for_selector("#verdict h2", timeout=LONG_MS)
    verdict_s = time.monotonic() - began
    page.wait_for_selector("#overlay video", timeout=LONG_MS)
    video_s = time.monotonic() - began
    page.context.close()
    return verdict_s, video_s


if __name__ == "__main__":
    main()
