"""Looked at once, frame by frame and chunk by chunk, it comes to what the whole clip says."""

import numpy as np
import pytest

from avsl.clip import resized
from avsl.settings import SAMPLE_RATE_HZ
from avsl.synchrony import running as running_module
from avsl.synchrony.motion import block_motion
from avsl.synchrony.onsets import onset_series
from avsl.synchrony.running import RunningMotion, RunningOnsets
from tests.variants.test_sync import LEFT, beats, clicks, scene

FPS_HZ = 25.0
INSIDE = slice(6, -6)  # of a series: its ends are padded differently


@pytest.fixture(scope="module")
def grey() -> list[np.ndarray]:
    frames = scene([(LEFT, beats(1))], 2.4, FPS_HZ)
    return [resized(frame, 160, 120, gray=True) for frame in frames]


@pytest.mark.parametrize("chunk", [160, 777, 4096])
def test_onsets_in_chunks_are_those_of_the_whole(chunk):
    waveform = clicks(beats(1, 0.3, 5.7), 6.0)
    running = RunningOnsets(8.0)
    for end in range(chunk, len(waveform) + chunk, chunk):
        first = max(0, end - 2 * SAMPLE_RATE_HZ)  # no more than two seconds are at hand
        running.add(waveform[first:end], first)
    clock_s = np.arange(180) / 30
    ours, whole = running.series(clock_s, 0.0), onset_series(waveform, 180)
    np.testing.assert_allclose(ours[INSIDE], whole[INSIDE], atol=0.02 * whole.max())


def test_a_stretch_of_onsets_is_that_of_all_of_them():
    waveform = clicks(beats(1, 0.3, 5.7), 6.0)
    running = RunningOnsets(8.0)
    running.add(waveform, 0)
    clock_s = 100.0 + np.arange(160) / 30
    whole, newest = (running.series(some, 100.0) for some in (clock_s, clock_s[-45:]))
    np.testing.assert_allclose(newest, whole[-45:], atol=1e-5)


def test_onsets_go_on_after_a_gap_that_nobody_kept():
    waveform = clicks(beats(1, 0.3, 5.7), 6.0)
    running = RunningOnsets(8.0)
    running.add(waveform[:16000], 0)
    running.add(waveform[48000:], 48000)
    clock_s = 3.5 + np.arange(60) / 30
    whole = onset_series(waveform, 180)
    corr = np.corrcoef(running.series(clock_s, 0.0), np.interp(clock_s, np.arange(180) / 30, whole))
    assert corr[0, 1] > 0.95


def test_the_first_moments_of_a_sound():
    running, waveform = RunningOnsets(8.0), clicks(np.array([0.02]), 0.2)
    for end in range(200, 3200, 200):
        running.add(waveform[:end], 0)
        assert np.isfinite(running.series(np.arange(9) / 30, 0.0)).all()


def test_nothing_heard_is_no_onset():
    running = RunningOnsets(8.0)
    running.add(np.empty(0, np.float32), 0)
    assert not running.series(np.arange(30) / 30, 0.0).any()


def test_motion_frame_by_frame_is_that_of_the_whole_clip(grey):
    times_s = np.arange(len(grey)) / FPS_HZ
    whole = block_motion(zip(times_s, grey, strict=True), 2.4, times_s[:1], lambda time_s: None)
    running = RunningMotion(8.0)
    for time_s, frame in zip(times_s, grey, strict=True):
        running.add(time_s, frame)
    clock_s = np.arange(whole.series.shape[1]) / 30
    np.testing.assert_allclose(running.series(clock_s), whole.series, atol=1e-3)
    np.testing.assert_allclose(running.cells(clock_s), whole.cells, rtol=1e-2, atol=1e-2)


def test_a_late_frame_does_not_look_like_motion(grey, monkeypatch):
    """Of a band that drifts evenly through a still picture, every fifth frame is lost."""
    wide = np.tile(grey[0][80:104], (1, 2))
    running = RunningMotion(8.0)
    for index in range(40):
        if index % 5 != 2:
            frame = grey[0].copy()
            frame[80:104] = wide[:, index : index + 160]
            running.add(index / FPS_HZ, frame)

    def unevenness() -> float:
        return running.series(np.arange(5, 40) / 30)[1][:, 10:13].mean(axis=(1, 2)).std()

    ours = unevenness()
    monkeypatch.setattr(running_module, "FLOW_POWER", 0.0)
    assert ours < 0.7 * unevenness()


def test_a_larger_picture_of_the_same_is_no_motion(grey):
    running = RunningMotion(8.0)
    for index in range(12):
        frame = grey[0] if index < 6 else np.clip(grey[0].astype(int) + 40, 0, 255).astype(np.uint8)
        running.add(index / FPS_HZ, frame, resized=index == 6)
    assert not running.cells(np.arange(12) / 30).any()


def test_only_the_window_is_kept_and_a_pause_begins_anew():
    running, rng = RunningMotion(2.0), np.random.default_rng(0)
    frames = rng.integers(0, 255, (2, 32, 32), dtype=np.uint8)
    for index in range(200):
        running.add(index / FPS_HZ, frames[index % 2])
    assert 199 / FPS_HZ - 2.1 < running.begin_s < 199 / FPS_HZ - 1.9
    running.add(100.0, frames[0])
    assert running.begin_s == np.inf and running.series(np.arange(9.0)) is None
