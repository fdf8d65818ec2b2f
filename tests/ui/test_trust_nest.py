"""The app's folder: gone with the app, swept after a crash, never somebody else's."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from avsl.nest import LOCK, nest, sweep

LIVES = """
import sys, time
from avsl.nest import nest
with nest() as root:
    (root / "upload.mp4").write_text("somebody's")
    print(root, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield tmp_path
    monkeypatch.setattr("tempfile.tempdir", None)


def another_app() -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", LIVES], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    return process, Path(process.stdout.readline().strip())


def test_it_goes_when_the_app_ends_well_or_badly(temporary):
    with nest() as root:
        (root / "results").mkdir()
        assert root.parent == temporary
    with pytest.raises(ZeroDivisionError), nest() as second:
        raise ZeroDivisionError
    assert not root.exists()
    assert not second.exists()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_app_left_goes_at_the_next_start_and_a_living_one_keeps_its_own():
    (killed, theirs), (living, kept) = another_app(), another_app()
    try:
        killed.send_signal(signal.SIGKILL)
        killed.wait(20)
        assert (theirs / "upload.mp4").exists()
        with nest() as mine:
            assert not theirs.exists()
            assert (kept / "upload.mp4").exists()
            assert sweep(mine.parent) == []
    finally:
        living.kill()
        living.wait(20)


def test_only_folders_of_an_app_are_swept(temporary):
    """Others begin their names alike, and a link may lead anywhere."""
    (temporary / "avsl-bench-x").mkdir()
    precious = temporary / "elsewhere"
    precious.mkdir()
    (precious / LOCK).touch()
    (temporary / "avsl-link").symlink_to(precious)
    assert sweep(temporary) == []
    assert (temporary / "avsl-bench-x").is_dir()
    assert (precious / LOCK).exists()


BUSY = """
import threading, time
from avsl.nest import nest
with nest() as root:
    def work():
        time.sleep(0.3)
        (root / "examples").mkdir(parents=True)
        (root / "examples" / "video.mp4").write_text("late")
    threading.Thread(target=work).start()
"""


def test_what_a_thread_writes_after_the_end_goes_too(tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", BUSY], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
