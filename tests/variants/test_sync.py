"""Behaviour of the synchrony variant on small scenes made here: jerking squares and clicks."""

from dataclasses import replace

import numpy as np
import pytest

from avsl.clip import ArrayFrames, Clip
from avsl.errors import Cancelled
from avsl.settings import SAMPLE_RATE_HZ
from avsl.synchrony import motion as motion_module
from avsl.synchrony import onsets as onsets_module
from avsl.variants.sync import SYNC_CARD, SyncVariant

GATE = SYNC_CARD.confidence_gate
SIZE = 28  # pixels, side of a square
SWING = 9.0  # pixels
LEFT, RIGHT = (26, 46), (106, 46)  # upper left corners in a frame of 160 x 120


def beats(seed: int, start_s: float = 0.3, end_s: float = 7.7) -> np.ndarray:
    """Onsets (B,) in seconds with irregular gaps."""
    gaps_s = np.random.default_rng(seed).uniform(0.3, 0.9, 60)
    times_s = start_s - 0.3 + np.cumsum(gaps_s)
    return times_s[times_s < end_s]


def clicks(onsets_s: np.ndarray, duration_s: float = 8.0, seed: int = 0) -> np.ndarray:
    """Decaying noise at each onset: float32 (S,) at 16 kHz."""
    rng = np.random.default_rng(seed)
    out = 1e-4 * rng.standard_normal(round(duration_s * SAMPLE_RATE_HZ))
    burst = np.exp(-np.arange(2400) / 500) * rng.standard_normal(2400) * 0.3
    for onset_s in onsets_s:
        start = round(onset_s * SAMPLE_RATE_HZ)
        end = min(start + len(burst), len(out))
        out[start:end] += burst[: end - start]
    return out.astype(np.float32)


def scene(
    squares: list[tuple[tuple[int, int], np.ndarray]],
    duration_s: float = 8.0,
    fps_hz: float = 25.0,
    size: tuple[int, int] = (160, 120),
    pan: float = 0.0,
) -> np.ndarray:
    """Frames (F, H, W, 3): textured squares that jerk at their onsets, before a wall.

    ``pan`` is how many pixels the camera swings to and fro.
    """
    width, height = size
    rng = np.random.default_rng(7)
    wall = _texture(rng, height, width + 80)
    patches = [_texture(rng, SIZE, SIZE) for _ in squares]
    frames = np.empty((round(duration_s * fps_hz), height, width, 3), np.uint8)
    for index, frame in enumerate(frames):
        time_s = index / fps_hz
        shift = round(40 + pan * np.sin(2 * np.pi * 0.7 * time_s))
        frame[:] = wall[:, shift : shift + width, None]
        for ((x, y), onsets_s), patch in zip(squares, patches, strict=True):
            since_s = time_s - onsets_s[onsets_s <= time_s + 1e-9]
            swing = SWING * np.exp(-since_s[-1] / 0.08) if len(since_s) else 0.0
            left = round(x + swing) - (shift - 40)
            frame[y : y + SIZE, left : left + SIZE] = patch[..., None]
        noise = rng.integers(-2, 3, frame.shape)
        frame[:] = np.clip(frame + noise, 0, 255)
    return frames


def _texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    coarse = rng.uniform(30, 220, (height // 6 + 2, width // 6 + 2))
    return np.kron(coarse, np.ones((6, 6)))[:height, :width].astype(np.uint8)


def localize(frames: np.ndarray, waveform: np.ndarray, fps_hz: float = 25.0, rate_hz: float = 4.0):
    clip = Clip.from_arrays(frames, fps_hz, waveform)
    times_s = np.arange(0, clip.duration_s, 1 / rate_hz)
    return times_s, SyncVariant().localize(clip, times_s)


def peak(heatmap: np.ndarray) -> tuple[float, float]:
    """Place of the largest value as shares of the width and the height."""
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    return (column + 0.5) / heatmap.shape[1], (row + 0.5) / heatmap.shape[0]


def share_inside(maps: np.ndarray, corner: tuple[int, int], size=(160, 120)) -> float:
    """Share of maps that peak in the square at ``corner``, with the swing and a cell around."""
    (x, y), (width, height) = corner, size
    inside = 0
    for heatmap in maps:
        u, v = peak(heatmap)
        inside += x - 4 <= u * width <= x + SIZE + SWING + 4 and (
            y - 4 <= v * height <= y + SIZE + 4
        )
    return inside / len(maps)


@pytest.fixture(scope="module")
def two_squares() -> np.ndarray:
    return scene([(LEFT, beats(1)), (RIGHT, beats(2))])


@pytest.mark.parametrize(("heard", "corner"), [(1, LEFT), (2, RIGHT)])
def test_of_two_moving_things_the_sounding_one_is_found(two_squares, heard, corner):
    _, found = localize(two_squares, clicks(beats(heard)))
    assert (found.confidence >= GATE).all()
    assert share_inside(found.maps, corner) >= 0.95


@pytest.mark.parametrize("late_s", [0.1, 0.165, 0.233, 0.333])
def test_a_sound_that_is_late_throughout_finds_its_source(two_squares, late_s):
    """As recorded from afar, or by a camera that holds its pictures back."""
    times_s, found = localize(two_squares, clicks(beats(1) + late_s))
    assert (found.confidence >= GATE).all()
    assert share_inside(found.maps[times_s < 7.5], LEFT) >= 0.9


def test_a_lag_is_told_only_where_it_is_clear(two_squares):
    clip = Clip.from_arrays(two_squares, 25.0, np.zeros(0, np.float32))
    variant = SyncVariant()
    motion = variant.watch(clip, np.zeros(1))
    lags = [variant.judge(motion, clicks(beats(1) + late_s)).lag for late_s in (0, 0.04, 0.233)]
    assert lags[:2] == [0, 0]
    assert lags[2] / motion_module.SERIES_HZ == pytest.approx(0.233, abs=0.08)


def test_maps_are_in_range_and_the_region_is_compact(two_squares):
    times_s, found = localize(two_squares, clicks(beats(1)))
    assert found.maps.dtype == np.float32
    assert found.maps.min() >= 0
    assert found.maps.max() <= 1
    assert found.audio_windows_s.shape == (len(times_s), 2)
    areas = (found.maps >= SYNC_CARD.threshold).mean(axis=(1, 2))
    assert 0.01 < np.median(areas) < 0.15  # a square is 4 % of the frame, its swing 5 %


def test_another_rhythm_is_heard_but_not_in_view(two_squares):
    clip = Clip.from_arrays(two_squares, 25.0, clicks(beats(1)))
    times_s = np.arange(0, 8, 0.25)
    variant = SyncVariant()
    motion = variant.watch(clip, times_s)
    passing = []
    for seed in range(100, 130):
        judged = variant.judge(motion, clicks(beats(seed)))
        found = variant.draw(motion, judged, times_s)
        passing.append((found.confidence >= GATE).mean())
    assert np.mean(passing) <= 0.07  # the gate lets about 3 % pass; 30 sounds are few


def test_below_the_gate_the_map_is_a_guess(two_squares):
    _, found = localize(two_squares, clicks(beats(103)))
    assert (found.confidence < GATE - 1).all()
    assert found.maps.max(axis=(1, 2)) == pytest.approx(1.0)


def test_silence_and_still_pictures_give_nothing(two_squares):
    _, silent = localize(two_squares, np.zeros(8 * SAMPLE_RATE_HZ, np.float32))
    still = np.repeat(two_squares[:1], 200, axis=0)
    _, static = localize(still, clicks(beats(1)))
    for found in (silent, static):
        assert not found.maps.any()
        assert (found.confidence < GATE).all()


def test_camera_motion_is_not_mistaken_for_the_source():
    frames = scene([(LEFT, beats(1)), (RIGHT, beats(2))], pan=10)
    _, found = localize(frames, clicks(beats(2)))
    assert (found.confidence >= GATE).all()
    centres = [peak(heatmap)[0] for heatmap in found.maps]
    assert np.mean(np.array(centres) > 0.5) >= 0.95


def test_the_region_follows_when_another_thing_starts_to_sound():
    first, second = beats(1, 0.3, 7.5), beats(2, 8.3, 15.7)
    frames = scene([(LEFT, first), (RIGHT, second)], 16.0)
    times_s, found = localize(frames, clicks(np.concatenate([first, second]), 16.0))
    assert share_inside(found.maps[times_s < 7.5], LEFT) >= 0.95
    assert share_inside(found.maps[(times_s > 8.5) & (times_s < 15.5)], RIGHT) >= 0.95


def test_portrait_pictures_keep_their_shape():
    size = (120, 200)
    corner = (40, 130)
    frames = scene([(corner, beats(1)), ((40, 30), beats(2))], size=size)
    _, found = localize(frames, clicks(beats(1)))
    height, width = found.maps.shape[1:]
    assert height / width == pytest.approx(200 / 120, rel=0.1)
    assert share_inside(found.maps, corner, size) >= 0.9


@pytest.mark.parametrize("fps_hz", [12.0, 50.0, 60.0])
def test_other_frame_rates(fps_hz):
    frames = scene([(LEFT, beats(1)), (RIGHT, beats(2))], fps_hz=fps_hz)
    _, found = localize(frames, clicks(beats(1)), fps_hz)
    assert share_inside(found.maps, LEFT) >= 0.9
    assert (found.confidence >= GATE).all()


def test_repeated_frames_do_no_harm(two_squares):
    converted = two_squares[(np.arange(240) * 25 / 30).astype(int)]
    _, found = localize(converted, clicks(beats(1)), 30.0)
    assert share_inside(found.maps, LEFT) >= 0.9
    assert (found.confidence >= GATE).all()


@pytest.mark.parametrize(
    ("count", "size", "fps_hz"),
    [(1, (160, 120), 25.0), (2, (160, 120), 1.0), (25, (160, 120), 25.0), (75, (1, 1), 25.0),
     (75, (3, 700), 25.0), (15, (64, 48), 5.0)],
)  # fmt: skip
def test_too_little_to_follow_abstains(count, size, fps_hz):
    width, height = size
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    times_s, found = localize(frames, clicks(beats(1, 0.1, count / fps_hz), count / fps_hz), fps_hz)
    assert found.maps.shape[0] == len(times_s)
    assert (found.confidence < GATE).all()


def test_the_same_clip_gives_the_same_result(two_squares):
    _, first = localize(two_squares, clicks(beats(1)))
    _, second = localize(two_squares, clicks(beats(1)))
    assert np.array_equal(first.maps, second.maps)
    assert np.array_equal(first.confidence, second.confidence)


def test_working_in_chunks_changes_nothing(two_squares, monkeypatch):
    _, whole = localize(two_squares, clicks(beats(1)))
    monkeypatch.setattr(motion_module, "CHUNK_FRAMES", 17)
    monkeypatch.setattr(onsets_module, "CHUNK_HOPS", 123)
    _, chunked = localize(two_squares, clicks(beats(1)))
    np.testing.assert_allclose(chunked.maps, whole.maps, atol=1e-3)
    np.testing.assert_allclose(chunked.confidence, whole.confidence, atol=1e-3)


def test_progress_rises_and_can_cancel(two_squares):
    clip = Clip.from_arrays(two_squares, 25.0, clicks(beats(1)))
    fractions = []
    SyncVariant().localize(clip, np.arange(0, 8, 0.5), lambda done, _: fractions.append(done))
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert fractions[-1] <= 1

    def stop(fraction, stage):
        raise Cancelled

    with pytest.raises(Cancelled):
        SyncVariant().localize(clip, np.arange(0, 8, 0.5), stop)


def recorded_screen(fps_hz: float) -> tuple[Clip, Clip]:
    """Two squares that jerk for a quarter of a second, at beats of their own, and nothing between:
    with all frames, and with those left out that repeat the one before.
    """
    heard_s, other_s = beats(1, end_s=6.5), beats(2, end_s=6.5)
    frames = scene([(LEFT, heard_s), (RIGHT, other_s)], fps_hz=fps_hz)
    times_s = np.arange(len(frames)) / fps_hz
    since_s = times_s[:, None] - np.concatenate([heard_s, other_s])
    moves = ((since_s >= 0) & (since_s < 0.25)).any(axis=1)
    moves[0] = True
    shown = frames[np.maximum.accumulate(np.where(moves, np.arange(len(frames)), 0))]
    full = Clip.from_arrays(shown, fps_hz, clicks(heard_s))
    return full, replace(full, source=ArrayFrames(frames[moves], times_s[moves]))


@pytest.mark.parametrize("fps_hz", [25, 30, 60])
def test_frames_that_a_screen_recorder_left_out_change_nothing(fps_hz):
    full, sparse = recorded_screen(fps_hz)
    assert len(sparse.frame_times_s) < 0.8 * len(full.frame_times_s)
    times_s = np.arange(0, 8, 0.25)
    expected, found = (SyncVariant().localize(clip, times_s) for clip in (full, sparse))
    assert expected.confidence.max() > 2 * GATE
    np.testing.assert_array_equal(found.confidence > GATE, expected.confidence > GATE)
    np.testing.assert_allclose(found.confidence, expected.confidence, rtol=0.1)
    both = [np.concatenate(each.maps) >= 0.5 for each in (expected, found)]
    assert (both[0] & both[1]).sum() > 0.95 * (both[0] | both[1]).sum()


def test_the_step_of_a_clock_is_found_among_uneven_frames():
    step = motion_module.frame_step_s
    assert step(np.arange(50) / 25) == pytest.approx(0.04)
    assert step(np.arange(50) / 5) == pytest.approx(0.2)  # slow, but even
    ticks = np.cumsum([1, 1, 2, 9, 1, 1, 30, 4, 1, 1, 2, 1])
    assert step(np.round(ticks / 30, 3)) == pytest.approx(1 / 30, abs=0.001)
    assert step(np.cumsum([3, 5, 7, 15, 4, 3, 3]) / 30) == pytest.approx(1 / 30, abs=0.001)
    assert step(np.zeros(1)) == np.inf
