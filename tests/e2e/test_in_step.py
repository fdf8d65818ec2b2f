"""Four variants beside each other show the same frame; and whoever stops is heard at once."""

import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from avsl.clip import Clip
from avsl.media import write_video
from avsl.settings import SAMPLE_RATE_HZ
from avsl.ui.studio.panels import strip
from tests.e2e.test_studio import LONG_MS, upload, visit, wait_for_result

FPS_HZ, SECONDS, BITS = 25, 3, 7
FOUR = ("acl-tiny", "margin-tiny", "lvs-tiny", "ez-vsl-tiny")  # of which three share an eye
WIDTH, HEIGHT = 320, 180
SOON_S = 2.0  # for the click, the stop within a second, and a page that polls

# reads the number of the frame from each quarter, at every frame that the browser shows
READ_QUARTERS = """async (video, [bits, across, strip, high]) => {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const light = (x, y) => pen.getImageData(x, y, 1, 1).data.slice(0, 3).reduce((a, b) => a + b);
  const number = (left, top) => {
    let found = 0;
    for (let bit = 0; bit < bits; bit++) {
      const at = (k) => left + Math.round((2 * bit + k + 0.5) * across / (2 * bits));
      const y = top + strip + Math.round(0.95 * high);
      found += (light(at(0), y) > light(at(1), y)) << bit;
    }
    return found;
  };
  const seen = [], half = video.videoHeight / 2;
  video.muted = true;
  video.currentTime = 0;
  const look = (_, {mediaTime}) => {
    pen.drawImage(video, 0, 0);
    const numbers = [[0, 0], [across, 0], [0, half], [across, half]].map((at) => number(...at));
    seen.push([mediaTime, ...numbers]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  await video.play();
  await new Promise((done) => { video.onended = done; });
  return seen;
}"""


@pytest.fixture
def numbered(tmp_path) -> Path:
    """A clip along whose lower edge every frame has its number, in pairs of black and white."""
    frames = np.full((SECONDS * FPS_HZ, HEIGHT, WIDTH, 3), 90, np.uint8)
    edges = np.linspace(0, WIDTH, 2 * BITS + 1).round().astype(int)
    for index, frame in enumerate(frames):
        frame[40:80, 40 : 80 + index] = 200
        for bit in range(BITS):
            white = 2 * bit + (0 if index >> bit & 1 else 1)
            for cell in (2 * bit, 2 * bit + 1):
                frame[-28:, edges[cell] : edges[cell + 1]] = 255 * (cell == white)
    clock = np.arange(SECONDS * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    sound = (0.3 * np.sin(2 * np.pi * 440 * clock) * (clock % 0.5 < 0.2)).astype(np.float32)
    clip = Clip.from_arrays(frames, float(FPS_HZ), sound, name="numbered")
    write_video(tmp_path / "numbered.mp4", (f for _, f in clip.stream()), float(FPS_HZ), clip)
    return tmp_path / "numbered.mp4"


def choose(page: Page, names: tuple[str, ...]) -> None:
    boxes = page.locator("#compare-variants input[type=checkbox]").all()
    for box in boxes:
        box.set_checked(box.get_attribute("name") in names)
    assert sum(box.is_checked() for box in boxes) == len(names)


def test_four_variants_show_the_same_frame_while_the_video_plays(open_page, numbered):
    page = open_page()
    visit(page, "compare")
    upload(page, "compare", numbered)
    choose(page, FOUR)
    page.click("#compare-run")
    wait_for_result(page, "compare")
    looked = [row.locator("td").nth(4).inner_text() for row in
              page.locator("#compare-costs tbody tr").all()]  # fmt: skip
    assert looked[2:] == ["0", "0"]  # margin-tiny's eye looked for them all
    across, half = page.eval_on_selector(
        "#compare-video video", "(video) => [video.videoWidth / 2, video.videoHeight / 2]"
    )
    above = half * strip("a", "b", WIDTH).shape[0] / (HEIGHT + strip("a", "b", WIDTH).shape[0])
    seen = page.eval_on_selector(
        "#compare-video video", READ_QUARTERS, [BITS, across, above, half - above]
    )
    assert len(seen) > 20
    times_s, numbers = np.array(seen)[:, 0], np.array(seen)[:, 1:]
    assert (np.ptp(numbers, axis=1) == 0).all()
    assert np.abs(numbers[:, 0] - times_s * FPS_HZ).max() <= 1
    assert np.ptp(numbers[:, 0]) > FPS_HZ


def test_stopping_frees_the_worker_at_once(open_page, clips, app):
    page = open_page()
    kept = set(app.kept())
    visit(page, "compare")
    upload(page, "compare", clips["long"])
    page.click("#compare-run")
    page.wait_for_timeout(4000)  # in the midst of a network
    began = time.monotonic()
    page.click("#compare-stop")
    while set(app.kept()) - kept:  # what it had on disk goes when it ends
        time.sleep(0.02)
        assert time.monotonic() - began < SOON_S
    expect(page.locator("#compare-run")).to_be_enabled()
    page.click("#compare-example-world-turns")  # and the next one has its turn
    page.wait_for_selector("#compare-figures img", timeout=LONG_MS)
