"""A variant whose weights are downloaded: from the real page, from a Hub on loopback."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from avsl.clip import Clip
from avsl.media import write_video
from avsl.settings import SAMPLE_RATE_HZ
from avsl.ui import copy
from tests.e2e.conftest import ROOT, App, started
from tests.e2e.test_localize import PLAYED, run, upload, wait_for_result

pytest_plugins = ["tests.hub_endpoint"]

CRAWL_BYTES_PER_S = 400_000  # 11 s for CLIPSeg, so that even a slow machine can stop it half way
WALK_BYTES_PER_S = 3_000_000  # slow enough to be seen
LONG_MS = 60_000


@pytest.fixture
def hub(hub_endpoint):
    hub_endpoint.add_golden()
    set_speed(hub_endpoint, CRAWL_BYTES_PER_S)
    return hub_endpoint


def set_speed(hub, bytes_per_s: float) -> None:
    for file in hub.files:
        file.bytes_per_s = bytes_per_s


@pytest.fixture
def app(hub, tmp_path) -> Iterator[App]:
    """Instead of the app that all other tests share: one with an empty cache and this Hub."""
    with started(tmp_path, hub.environment(tmp_path)) as app:
        yield app


@pytest.fixture(scope="module")
def short(tmp_path_factory, beacon) -> Path:
    path = tmp_path_factory.mktemp("short") / "beacon.mp4"
    frames = beacon.frames(np.arange(50) / 25)
    clip = Clip.from_arrays(frames, 25.0, beacon.waveform[: 2 * SAMPLE_RATE_HZ])
    write_video(path, frames, 25.0, clip)
    return path


def pick(page: Page, name: str) -> None:
    page.locator(f"#variant input[value='{name}']").check()


def state(page: Page):
    return page.locator("#variant-card .state")


def test_offline_one_sentence_and_then_the_whole_way(open_page, hub, short, app, tmp_path):
    page = open_page()
    offline(page, hub, short, tmp_path)
    hub.up()
    downloads_and_runs(page, hub)
    again_without_a_download(page, hub)
    assert "Traceback" not in app.log.read_text()


def offline(page: Page, hub, short: Path, home: Path) -> None:
    """acl says what is missing, the input stays, and sync works."""
    hub.down()
    expect(page.locator("#variant input[value=sync]")).to_be_checked()
    upload(page, short)
    pick(page, "acl")
    expect(state(page)).to_have_text("needs a download")
    run(page)
    problem = page.locator("#status [role=alert]")
    expect(problem).to_contain_text("is not on this machine", timeout=LONG_MS)
    expect(problem).to_contain_text(str(home / "weights" / "CIDAS"))
    expect(problem.locator("code")).to_contain_text("hf download CIDAS/clipseg-rd64-refined")
    expect(page.locator("#run")).to_be_enabled()
    assert page.locator("#video video").count() == 1
    pick(page, "sync")
    run(page)
    wait_for_result(page)
    assert problem.count() == 0


def downloads_and_runs(page: Page, hub) -> None:
    """The page shows the download, can stop it, goes on from there and plays the result."""
    pick(page, "acl")
    expect(state(page)).to_have_text("needs a download")
    run(page)
    status = page.locator("#status")
    expect(status).to_contain_text("downloading model.safetensors", timeout=LONG_MS)
    expect(status).to_contain_text("of 4.4 MB")
    page.click("#stop")
    expect(status).to_contain_text(copy.STOPPED_TITLE)
    expect(state(page)).to_have_text("needs a download")
    set_speed(hub, WALK_BYTES_PER_S)
    run(page)
    expect(status).to_contain_text("downloading", timeout=LONG_MS)
    wait_for_result(page)
    assert page.eval_on_selector("#overlay video", PLAYED)["frames"] > 10
    assert "ACL" in page.inner_text("#provenance")
    expect(state(page)).to_have_text("ready")


def again_without_a_download(page: Page, hub) -> None:
    sent, asked = hub.sent_bytes(), hub.heads
    before = page.get_attribute("#overlay video", "src")
    run(page)
    expect(page.locator("#overlay video")).not_to_have_attribute("src", before, timeout=LONG_MS)
    wait_for_result(page)
    assert (hub.sent_bytes(), hub.heads) == (sent, asked)


def test_the_command_line_offline_ends_with_one_sentence(hub, short, tmp_path):
    hub.down()
    command = [sys.executable, "-m", "avsl", "run", str(short), "--variant", "acl", "--quiet"]
    ended = subprocess.run(
        command, cwd=ROOT, env=hub.environment(tmp_path), capture_output=True, text=True, timeout=90
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("avsl: config.json")
    assert "hf download CIDAS/clipseg-rd64-refined config.json" in line
