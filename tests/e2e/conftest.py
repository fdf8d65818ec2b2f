"""The real app in a subprocess, and a real Chromium with a fake camera and microphone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import av
import numpy as np
import pytest

from avsl.clip import Clip
from avsl.media import write_video
from avsl.settings import SAMPLE_RATE_HZ
from tests.e2e import watched_app
from tests.e2e.cutting_proxy import CuttingProxy
from tests.e2e.live_scene import CAMERA_HZ

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = "avsl.test"  # this machine, but browsers trust the name as little as any other
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
]
SETTLE_S = 1.5  # before this the page sometimes loses an upload
START_S = 90


@dataclass(frozen=True)
class App:
    """The app under test."""

    url: str
    results: Path  # where it keeps what it made
    process: subprocess.Popen
    log: Path

    def kept(self) -> list[str]:
        """The ids of the results on disk."""
        return [path.name for path in self.results.glob("*") if path.name != "examples"]

    def stacks(self) -> str:
        """Where each of its threads is just now."""
        told, deadline = len(self.log.read_text()), time.monotonic() + START_S
        self.process.send_signal(signal.SIGUSR1)
        while watched_app.LAST_WORDS not in (stacks := self.log.read_text()[told:]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return stacks


@pytest.fixture(scope="session")
def app(tmp_path_factory) -> Iterator[App]:
    with started(tmp_path_factory.mktemp("app"), dict(os.environ)) as app:
        yield app


@contextmanager
def started(
    home: Path,
    environment: dict[str, str],
    port: int = 0,
    module: str = "tests.e2e.watched_app",
) -> Iterator[App]:
    """The app as a process of its own that keeps its files in ``home``; ``port`` 0: a free one.

    ``module`` starts it, and may change what it is made of.
    """
    port = port or free_port()
    log = home / "log.txt"
    environment = environment | {"TMPDIR": str(home), "GRADIO_HEARTBEAT_INTERVAL": "1"}
    with open(log, "w") as file:
        command = [sys.executable, "-m", module, "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_until_it_answers(url, process, log)
        (root,) = home.glob("avsl-*")
        yield App(url, root / "results", process, log)
    finally:
        process.terminate()
        process.wait(20)
    killed = process.returncode == -signal.SIGKILL  # then it cannot tidy up
    assert killed or not list(home.glob("avsl-*")), "the app left files behind"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_until_it_answers(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"The app does not answer at {url}:\n{log.read_text()}")


@pytest.fixture(scope="session")
def beacon() -> Clip:
    """4 s, left half flashing with every beep, right half dark: what the fake camera sees."""
    beeps_s = np.array([0.5, 1.2, 1.6, 2.5, 2.9, 3.6])
    times_s = np.arange(4 * 25) / 25
    since_s = times_s[:, None] - beeps_s
    lit = ((since_s >= 0) & (since_s < 0.12)).any(axis=1)
    frames = np.full((len(times_s), 240, 320, 3), 30, np.uint8)
    frames[:, :, :160] = 120
    frames[lit, 60:180, 20:140] = 255
    clock = np.arange(4 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    ringing = ((clock[:, None] >= beeps_s) & (clock[:, None] < beeps_s + 0.12)).any(axis=1)
    sound = 0.5 * np.sin(2 * np.pi * 880 * clock) * ringing
    return Clip.from_arrays(frames, 25.0, sound.astype(np.float32), name="beacon")


@pytest.fixture(scope="session")
def camera_flags(beacon, tmp_path_factory) -> list[str]:
    return fake_devices(beacon, tmp_path_factory.mktemp("camera"))


def fake_devices(clip: Clip, folder: Path) -> list[str]:
    """The flags with which Chromium plays the clip as its camera and microphone."""
    times_s = np.arange(round(clip.duration_s * CAMERA_HZ)) / CAMERA_HZ
    with av.open(str(folder / "camera.mjpeg"), "w", format="mjpeg") as file:
        stream = file.add_stream("mjpeg", rate=CAMERA_HZ)
        stream.bit_rate = 20_000_000  # a small one leaves blocks that move
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuvj420p"
        for frame in clip.frames_at(times_s):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        file.mux(stream.encode())
    _wav(folder / "microphone.wav", clip.waveform)
    return [
        f"--use-file-for-fake-video-capture={folder / 'camera.mjpeg'}",
        f"--use-file-for-fake-audio-capture={folder / 'microphone.wav'}",
    ]


def _wav(path: Path, waveform: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((32767 * waveform).astype("<i2").tobytes())


@pytest.fixture(scope="package")  # until these tests end: it keeps an event loop running meanwhile
def launch() -> Iterator[Callable]:
    """Launches a Chromium with more flags; it is closed in the end."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if chromium is None:
        why = "No chromium on this machine (Debian: apt-get install chromium)."
        if os.environ.get("AVSL_REQUIRE_BROWSER") == "1":
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda flags: playwright.chromium.launch(
            executable_path=chromium, args=[*FLAGS, *flags]
        )


@pytest.fixture(scope="package")
def browser(launch, camera_flags) -> Iterator:
    browser = launch(camera_flags)
    yield browser
    browser.close()


@pytest.fixture
def proxied() -> Iterator[Callable]:
    """Makes proxies before an app, with the options of :class:`CuttingProxy`."""
    made: list[CuttingProxy] = []

    def proxy(app: App, **options) -> CuttingProxy:
        made.append(CuttingProxy(urlsplit(app.url).port, **options))
        return made[-1]

    yield proxy
    for each in made:
        each.close()


@pytest.fixture
def open_page(app, browser) -> Iterator:
    """Opens the app in a fresh browser profile; afterwards nothing may have left the machine."""
    contexts, asked = [], []

    def opened(url: str = app.url, settle_s: float = SETTLE_S, **options):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("#run")
        page.wait_for_timeout(1000 * settle_s)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert len(asked) > 10
    outside = {url for url in asked if _host(url) not in {"127.0.0.1", ELSEWHERE, ""}}
    assert not outside, f"requests that left the machine: {outside}"


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "") if url.startswith(("http", "ws")) else ""


@pytest.fixture(scope="session")
def clips(tmp_path_factory, beacon) -> dict[str, Path]:
    """Files to upload, by what they are."""
    from avsl.synthetic.examples import ensure_example

    folder = tmp_path_factory.mktemp("clips")
    files = {name: ensure_example(name, folder) for name in ("bell", "turns")}
    files["text"] = folder / "notes.mp4"
    files["text"].write_text("Milk, bread, a new drum.")
    files["empty"] = folder / "empty.mp4"
    files["empty"].touch()
    files["mute"] = folder / "mute.mp4"
    mute = replace(beacon, waveform=np.zeros(0, np.float32))
    write_video(files["mute"], (frame for _, frame in beacon.stream()), 25.0, mute)
    files["long"] = _long_clip(folder / "long.mp4")
    files["picture"] = _still(folder / "still.png", beacon)
    files["sound"] = folder / "beeps.wav"
    _wav(files["sound"], beacon.waveform)
    return files


def _long_clip(path: Path) -> Path:
    """Two minutes of a wandering square: long enough to be stopped."""
    seconds, fps_hz = 120, 12.5
    rng = np.random.default_rng(5)
    frames = np.full((round(seconds * fps_hz), 360, 640, 3), 60, np.uint8)
    for index, x in enumerate(300 + 200 * np.sin(np.arange(len(frames)) / 9)):
        frames[index, 140:220, int(x) : int(x) + 80] = 220
    sound = 0.2 * rng.standard_normal(seconds * SAMPLE_RATE_HZ).astype(np.float32)
    clip = Clip.from_arrays(frames, fps_hz, np.clip(sound, -1, 1), name="long")
    write_video(path, frames, fps_hz, clip)
    return path


def _still(path: Path, clip: Clip) -> Path:
    from PIL import Image

    Image.fromarray(clip.frames(np.array([0.55]))[0]).save(path)
    return path
