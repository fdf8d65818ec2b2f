"""A variant ten times slower than it is: fewer maps, none of them old, and a page that answers."""

import os

from tests.e2e.conftest import started
from tests.e2e.live_pages import go_live, wait_for_maps

SETTLE_MS = 5_000  # by then every step compares picture and sound, and the pace is found
WATCHED_MS = 12_000
WATCH = """(root) => {
    [window.ages_s, window.frames] = [[], 0];
    new MutationObserver(() => window.ages_s.push(
        performance.now() / 1000 - Number(root.dataset.time)
    )).observe(root, {attributes: true, attributeFilter: ['data-time']});
    const frame = () => { window.frames += 1; requestAnimationFrame(frame); };
    frame();
}"""


def test_ten_times_slower_means_fewer_maps_and_not_older_ones(browser, tmp_path):
    with started(tmp_path, dict(os.environ), module="tests.e2e.slow_app") as app:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(app.url)
        page.wait_for_selector("#run")
        go_live(page)
        wait_for_maps(page)
        page.wait_for_timeout(SETTLE_MS)
        page.eval_on_selector(".avsl-live", WATCH)
        page.wait_for_timeout(WATCHED_MS)
        ages_s, frames = page.evaluate("[window.ages_s, window.frames]")
        page.context.close()
    half = len(ages_s) // 2
    assert half > 5, "it goes on"
    first, second = (sorted(part)[half // 2] for part in (ages_s[:half], ages_s[half:]))
    assert second < 1.5 and second < first + 0.5, "no backlog builds up"
    assert frames / (WATCHED_MS / 1000) > 15, "frames that the page paints a second"
