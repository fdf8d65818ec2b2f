"""Whether the Live tab keeps picture and sound on one clock, in a real browser.

    python -m tests.bench.live_clock [--seconds 300]

Instead of camera and microphone the page is given a canvas and an oscillator. A script lights up
the one and starts the other at the same moment, again and again, and notes when. What the page
sends is read on its way to the server: how much later than that moment a flash and a beep are
stamped, in medians of every minute. Fake devices of Chromium are no use for this: they drift apart
by themselves.
"""

import argparse
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import sync_playwright

from avsl.ui.live.protocol import Hear, See, decode, picture
from tests.bench.live_browser import onsets
from tests.e2e.conftest import FLAGS, SETTLE_S, started
from tests.e2e.test_live import go_live

DEVICES = """
window.lit_s = [];
navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    [canvas.width, canvas.height] = [320, 240];
    const audio = new AudioContext({latencyHint: 'interactive'});
    await audio.resume();
    const tone = new OscillatorNode(audio, {frequency: 880});
    const gain = new GainNode(audio, {gain: 0});
    const out = audio.createMediaStreamDestination();
    tone.connect(gain).connect(out);
    tone.start();
    let next_s = performance.now() / 1000 + 1, until_s = 0;
    const paint = () => {
        requestAnimationFrame(paint);
        const now_s = performance.now() / 1000;
        if (now_s >= next_s) {
            next_s = now_s + 0.6 + 0.5 * Math.random();
            until_s = now_s + 0.15;
            gain.gain.setValueAtTime(0.5, audio.currentTime);
            gain.gain.setValueAtTime(0, audio.currentTime + 0.1);
            window.lit_s.push(now_s);
        }
        pen.fillStyle = now_s < until_s ? '#fff' : '#222';
        pen.fillRect(0, 0, 320, 240);
    };
    paint();
    return new MediaStream(
        [...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()]);
};
"""
NEAR_S = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300.0)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        messages, lit_s = _watched(Path(folder), options.seconds)
    told = [decode(each) for each in messages]
    flashes_s = _flashes([each for each in told if isinstance(each, See)])
    beeps_s = onsets([each for each in told if isinstance(each, Hear)])
    flash_ms, beep_ms = _later_ms(flashes_s, lit_s), _later_ms(beeps_s, lit_s)
    print("minute   flash late   beep late   apart (ms, medians)")
    minutes, apart_ms = ((lit_s - lit_s[0]) // 60).astype(int), flash_ms - beep_ms
    medians = []
    for minute in np.unique(minutes):
        now = minutes == minute
        medians.append(np.nanmedian(apart_ms[now]))
        print(
            f"{minute:6d}{np.nanmedian(flash_ms[now]):12.0f}{np.nanmedian(beep_ms[now]):12.0f}"
            f"{medians[-1]:12.0f}"
        )
    print(f"drift: {max(medians) - min(medians):.0f} ms over {options.seconds:g} s")


def _watched(folder: Path, seconds: float) -> tuple[list[bytes], np.ndarray]:
    messages: list[bytes | str] = []
    with started(folder, dict(os.environ)) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.add_init_script(DEVICES)
        page.on("websocket", lambda line: line.on("framesent", lambda sent: messages.append(sent)))
        page.goto(app.url)
        page.wait_for_selector("#run")
        page.wait_for_timeout(1000 * SETTLE_S)
        go_live(page)
        page.wait_for_timeout(1000 * seconds)
        lit_s = np.array(page.evaluate("window.lit_s"))
        browser.close()
    return [each for each in messages if isinstance(each, bytes)], lit_s


def _flashes(pictures: list[See]) -> np.ndarray:
    """When the picture turns bright."""
    bright = np.array([picture(each.jpeg).mean() > 128 for each in pictures])
    times_s = np.array([each.time_s for each in pictures])
    return times_s[bright & ~np.roll(bright, 1)]


def _later_ms(found_s: np.ndarray, lit_s: np.ndarray) -> np.ndarray:
    """(N,) of every moment, how much later it was found; nan where it was not."""
    nearest_s = found_s[np.abs(found_s[None] - lit_s[:, None]).argmin(axis=1)] - lit_s
    return 1000 * np.where(np.abs(nearest_s) < NEAR_S, nearest_s, np.nan)


if __name__ == "__main__":
    main()
