"""The Live tab in a real browser with a fake camera and microphone: how right, how late, how apart.

    python -m tests.bench.live_browser [--variant sync] [--seconds 300] [--json FILE]

The scene of the browser tests is played: a disc that flashes and beeps on the left, on the right,
and is gone. What the page sends is read on its way to the server, so that the truth of every map
is known from the very picture it was made of. Told are

- of the maps drawn at audible moments with the disc in view, how many lie on its side: of all, and
  of those the given seconds after it moved; and of those in silence, how many are empty,
- the time from a picture's capture to its map being drawn, and maps a second,
- how far flashes come after beeps on the page's clock, minute by minute: their differences are the
  drift of camera against microphone, the fake devices' own included.
"""

import argparse
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Page, sync_playwright

from avsl.settings import SAMPLE_RATE_HZ
from avsl.ui.live.protocol import Hear, See, decode, picture
from tests.e2e import live_scene
from tests.e2e.conftest import FLAGS, SETTLE_S, started
from tests.e2e.test_live import go_live, open_tab

AFTER_S = (0.0, 2.0, 4.0, 6.0)  # since the disc moved
WATCH = """(root) => {
    window.drawn = [];
    new MutationObserver(() => {
        const {time, verdict, side} = root.dataset;
        window.drawn.push([performance.now() / 1000, Number(time), verdict, side]);
    }).observe(root, {attributes: true, attributeFilter: ['data-time']});
}"""
LOUD = 0.1  # of a beep's envelope
LONGEST_S = 0.3  # between a beep and its flash


@dataclass(frozen=True)
class Sent:
    """What the page sent: the disc's side and light by picture, beeps by sample."""

    seen_s: np.ndarray  # (F,) rising
    sides: list[str]  # (F,) left, right or "" where it is gone
    lit: np.ndarray  # (F,) bool
    beeps_s: np.ndarray  # (B,) onsets


@dataclass(frozen=True)
class Drawn:
    """One map on screen; times in seconds of the page's clock."""

    at_s: float
    time_s: float  # of its picture
    verdict: str
    side: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="sync")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--json", type=Path, help="write every map to this file")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        sent, drawn = _watched(Path(folder), options.variant, options.seconds)
    print(f"{options.variant}, {options.seconds:g} s, {len(drawn)} maps")
    _say_right(sent, drawn)
    _say_late(drawn)
    _say_apart(sent)
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in drawn]))


def _watched(folder: Path, variant: str, seconds: float) -> tuple[Sent, list[Drawn]]:
    scene, messages = live_scene.make(folder), []
    flags = [
        *FLAGS,
        f"--use-file-for-fake-video-capture={scene.camera}",
        f"--use-file-for-fake-audio-capture={scene.microphone}",
    ]
    home = folder / "app"
    home.mkdir()
    with started(home, dict(os.environ)) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.on("websocket", lambda line: line.on("framesent", lambda sent: messages.append(sent)))
        page.goto(app.url)
        page.wait_for_selector("#run")
        page.wait_for_timeout(1000 * SETTLE_S)
        drawn = _visit(page, variant, seconds)
        browser.close()
    return _sent([each for each in messages if isinstance(each, bytes)]), drawn


def _visit(page: Page, variant: str, seconds: float) -> list[Drawn]:
    open_tab(page)
    page.eval_on_selector(".avsl-live", WATCH)
    page.select_option(".avsl-live [data-part=variant]", variant)
    go_live(page)
    page.wait_for_timeout(1000 * seconds)
    return [Drawn(*each) for each in page.evaluate("window.drawn") if each[2]]


def _sent(messages: list[bytes]) -> Sent:
    told = [decode(each) for each in messages]
    pictures = [each for each in told if isinstance(each, See)]
    looked = [_disc(picture(each.jpeg)) for each in pictures]
    return Sent(
        np.array([each.time_s for each in pictures]),
        [side for side, _ in looked],
        np.array([lit for _, lit in looked]),
        onsets([each for each in told if isinstance(each, Hear)]),
    )


def _disc(frame: np.ndarray) -> tuple[str, bool]:
    """Where the disc is in a picture of the scene, and whether it is lit."""
    scale = frame.shape[1] / live_scene.WIDTH
    for side, x in (("left", live_scene.LEFT_X), ("right", live_scene.RIGHT_X)):
        red, green, blue = map(int, frame[round(live_scene.DISC_Y * scale), round(x * scale)])
        if red - blue > 60:
            return side, green > 180
    return "", False


def onsets(pieces: list[Hear]) -> np.ndarray:
    """When each beep begins: the first loud sample after a while without one."""
    times_s = np.concatenate(
        [each.time_s + np.arange(len(each.samples)) / SAMPLE_RATE_HZ for each in pieces]
    )
    loud_s = times_s[np.abs(np.concatenate([each.samples for each in pieces])) > LOUD]
    return loud_s[np.diff(loud_s, prepend=-np.inf) > 0.1]


def _say_right(sent: Sent, drawn: list[Drawn]) -> None:
    moved_s = np.array(
        [sent.seen_s[0]]
        + [
            time_s
            for time_s, now, before in zip(
                sent.seen_s[1:], sent.sides[1:], sent.sides, strict=False
            )
            if now != before
        ]
    )
    of = {round(float(t), 3): side for t, side in zip(sent.seen_s, sent.sides, strict=True)}
    known = [(each, of[each.time_s]) for each in drawn if each.time_s in of]
    for after_s in AFTER_S:
        heard = [
            each.side == truth
            for each, truth in known
            if truth
            and each.verdict != "silent"
            and each.time_s - moved_s[moved_s <= each.time_s + 1e-3].max() >= after_s
        ]
        print(f"on the right side, {after_s:g} s after it moved: {_share(heard)}")
    wrong = [bool(each.side) and each.side != truth for each, truth in known if truth]
    print(f"on the other side, of all with it in view: {_share(wrong)}")
    print(
        "empty in silence: "
        + _share([not each.side for each, _ in known if each.verdict == "silent"])
    )
    print("empty with it gone: " + _share([not each.side for each, truth in known if not truth]))


def _share(found: list[bool]) -> str:
    return f"{100 * np.mean(found):.1f} % of {len(found)}" if found else "none"


def _say_late(drawn: list[Drawn]) -> None:
    late_ms = [1000 * (each.at_s - each.time_s) for each in drawn]
    p50, p95 = np.percentile(late_ms, [50, 95])
    rate_hz = len(drawn) / (drawn[-1].at_s - drawn[0].at_s)
    print(f"capture to map: p50 {p50:.0f} ms, p95 {p95:.0f} ms; {rate_hz:.1f} maps a second")


def _say_apart(sent: Sent) -> None:
    lit_s = sent.seen_s[sent.lit & ~np.roll(sent.lit, 1)]
    after_ms, when_s = [], []
    for beep_s in sent.beeps_s:
        near_s = lit_s[np.abs(lit_s - beep_s) < LONGEST_S]
        if len(near_s):
            after_ms.append(1000 * float(near_s[np.abs(near_s - beep_s).argmin()] - beep_s))
            when_s.append(beep_s - sent.beeps_s[0])
    minutes = (np.array(when_s) // 60).astype(int)
    each = [np.median(np.array(after_ms)[minutes == minute]) for minute in np.unique(minutes)]
    told = ", ".join(f"{value:.0f}" for value in each)
    print(f"flash after beep, median of each minute: {told} ms ({len(after_ms)} beeps)")
    print(f"  from the least to the most: {max(each) - min(each):.0f} ms")


if __name__ == "__main__":
    main()
