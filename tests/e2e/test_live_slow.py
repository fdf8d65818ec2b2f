"""A variant ten times slower than it is: fewer maps, none of them old, and a page that answers."""

import os
from itertools import pairwise
from statistics import median

from tests.e2e.conftest import started
from tests.e2e.live_pages import go_live, wait_for_maps

SETTLE_MS = 5_000  # by then every step compares picture and sound, and the pace is found
MAPS = 16
PATIENCE_MS = 120_000
WATCH = """(root) => {
    window.shown = [];  // [when it is shown, when its frame was taken], seconds
    window.frames = 0;
    new MutationObserver(() => window.shown.push(
        [performance.now() / 1000, Number(root.dataset.time)]
    )).observe(root, {attributes: true, attributeFilter: ['data-time']});
    const frame = () => { window.frames += 1; requestAnimationFrame(frame); };
    frame();
}"""


def test_ten_times_slower_means_fewer_maps_and_not_older_ones(browser, tmp_path):
    """Ages are told in maps, not in seconds: how long a map takes is the machine's business."""
    with started(tmp_path, dict(os.environ), module="tests.e2e.slow_app") as app:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(app.url)
        page.wait_for_selector("#run")
        go_live(page)
        wait_for_maps(page)
        page.wait_for_timeout(SETTLE_MS)
        page.eval_on_selector(".avsl-live", WATCH)
        page.wait_for_function(f"window.shown.length >= {MAPS}", timeout=PATIENCE_MS)
        shown, frames = page.evaluate("[window.shown, window.frames]")
        page.context.close()
    times_s = [shown_s for shown_s, _ in shown]
    ages_s = [shown_s - taken_s for shown_s, taken_s in shown]
    interval_s = median(after - before for before, after in pairwise(times_s))
    half = len(ages_s) // 2
    first_s, second_s = median(ages_s[:half]), median(ages_s[half:])
    assert second_s < 3 * interval_s and second_s < first_s + interval_s, "no backlog builds up"
    assert frames > 2 * len(shown), "the page goes on painting between two maps"
