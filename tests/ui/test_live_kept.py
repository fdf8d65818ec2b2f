"""The last seconds of a live picture as a clip, from what a browser recorded of it."""

from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from avsl.clip import Clip
from avsl.media import read, write_video
from avsl.settings import SAMPLE_RATE_HZ
from avsl.ui import copy
from avsl.ui.live.kept import KEEP_S, kept

FPS_HZ = 10


@pytest.fixture
def uploads(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    return tmp_path / "uploads"


def recording(path: Path, seconds: float, grey: int, level: float) -> str:
    frames = np.full((round(seconds * FPS_HZ), 48, 64, 3), grey, np.uint8)
    clock_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tone = (level * np.sin(2 * np.pi * 440 * clock_s)).astype(np.float32)
    write_video(path, frames, FPS_HZ, Clip.from_arrays(frames, FPS_HZ, tone))
    return str(path)


def loudest(clip: Clip, start_s: float, end_s: float) -> float:
    first, end = (round(edge_s * SAMPLE_RATE_HZ) for edge_s in (start_s, end_s))
    return float(np.abs(clip.waveform[first:end]).max())


def test_two_recordings_that_overlap_become_the_last_ten_seconds(uploads):
    told = [
        {"path": recording(uploads / "first.mp4", 12, 60, 0.1), "start_s": 100.0},
        {"path": recording(uploads / "second.mp4", 6, 180, 0.5), "start_s": 111.0},
    ]
    clip = read(kept(told))
    assert clip.duration_s == pytest.approx(KEEP_S, abs=0.15)
    before, after = clip.frames(np.array([3.5, 4.5])).mean(axis=(1, 2, 3))
    assert before == pytest.approx(60, abs=8)
    assert after == pytest.approx(180, abs=8)
    assert loudest(clip, 0.5, 3.5) < 0.2 < 0.4 < loudest(clip, 4.5, 9.5)
    assert [path.name for path in uploads.iterdir()] == ["second.kept.mp4"]


def test_a_short_recording_is_kept_whole(uploads):
    told = [{"path": recording(uploads / "only.mp4", 3, 90, 0.3), "start_s": 7.0}]
    assert read(kept(told)).duration_s == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize(
    "told", [None, [], "x", [{}], [{"path": "/etc/passwd", "start_s": 0}], [{"path": 3}] * 2]
)
def test_what_is_no_upload_is_refused(uploads, told):
    with pytest.raises(gr.Error, match=copy.LIVE_PROBLEMS["kept"]):
        kept(told)
