"""The generated examples: repeatable, true to their own truth, sound and motion in step."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from avsl import media
from avsl.audio import AUDIBLE_DBFS, FRAME_S
from avsl.errors import SettingError
from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic import Example, Source, ensure_example, examples, make
from avsl.synthetic.scenes import FPS_HZ, HEIGHT, WIDTH

NAMES = [card.name for card in examples()]


@pytest.fixture(scope="module", params=NAMES)
def example(request: pytest.FixtureRequest) -> Iterator[Example]:
    yield make(request.param, seed=0)


def test_same_seed_same_clip(example: Example) -> None:
    again = make(example.clip.name, seed=0)
    assert np.array_equal(again.clip.waveform, example.clip.waveform)
    times_s = [0.0, 3.3, 7.7]
    assert np.array_equal(again.clip.frames(times_s), example.clip.frames(times_s))
    assert [s.spans_s for s in again.truth.sources] == [s.spans_s for s in example.truth.sources]


def test_another_seed_is_another_clip_and_off_screen_stays_empty() -> None:
    first, second = make("offscreen", 1), make("offscreen", 2)
    assert not np.array_equal(first.clip.waveform, second.clip.waveform)
    pictures = [made.clip.frames([1.0]).astype(int) for made in (first, second)]
    assert np.abs(pictures[0] - pictures[1]).mean() > 3
    assert first.truth.sounding_at(5.0)
    assert not first.truth.mask_at(5.0).any()


def test_unknown_name_is_told() -> None:
    with pytest.raises(SettingError, match="no example called 'opera'"):
        make("opera")


def test_form(example: Example) -> None:
    clip = example.clip
    assert (clip.width, clip.height, round(clip.fps_hz)) == (WIDTH, HEIGHT, FPS_HZ)
    assert 8 <= clip.duration_s <= 12
    assert len(clip.waveform) == round(clip.duration_s * SAMPLE_RATE_HZ)
    assert 0.5 < np.abs(clip.waveform).max() < 1
    assert not clip.notes


def test_spans_are_where_the_sound_is(example: Example) -> None:
    level = levels_dbfs(example.clip.waveform)
    times_s = (np.arange(len(level)) + 0.5) * FRAME_S
    sounding = np.array([example.truth.sounding_at(t) for t in times_s])
    assert sounding.mean() > 0.4
    assert level[~sounding].max(initial=-100) < AUDIBLE_DBFS
    for source in example.truth.sources:
        for start_s, end_s in source.spans_s:
            first, last = round(start_s / FRAME_S), round(end_s / FRAME_S) - 1
            assert min(level[first], level[last]) > AUDIBLE_DBFS - 1


def test_masks_lie_in_the_frame(example: Example) -> None:
    for time_s in np.arange(0.1, example.clip.duration_s, 0.5):
        mask = example.truth.mask_at(time_s)
        expected = any(s.in_view and s.sounding_at(time_s) for s in example.truth.sources)
        assert mask.shape == (HEIGHT, WIDTH)
        assert mask.any() == expected
        if expected:
            assert 0.015 < mask.mean() < 0.15
            inner = mask[2:-2, 2:-2]
            assert inner.sum() == mask.sum(), "the source is whole"


def test_sound_and_motion_are_in_step(example: Example) -> None:
    """The source's motion follows its sound best within one frame (40 ms) of no delay."""
    changes = picture_changes(example)
    onsets = onset_strength(example.clip.waveform, len(changes))
    for source in example.truth.sources:
        if not source.in_view:
            continue
        motion = motion_of(source, changes)
        on = np.array([source.sounding_at(k / FPS_HZ) for k in range(len(changes))])
        lags = range(-6, 7)
        likeness = [np.corrcoef(motion[on], np.roll(onsets, lag)[on])[0, 1] for lag in lags]
        assert abs(lags[int(np.argmax(likeness))]) <= 1
        assert max(likeness) > 0.2


def picture_changes(example: Example) -> np.ndarray:
    """Between each frame and the next, in grey levels: uint8 (F - 1, HEIGHT, WIDTH)."""
    frames = [frame for _, frame in example.clip.stream(gray=True)]
    return np.stack([cv2.absdiff(a, b) for a, b in pairwise(frames)])


def motion_of(source: Source, changes: np.ndarray) -> np.ndarray:
    """Mean change of the picture where the source is, per frame interval: (F - 1,)."""
    masks = (source.mask(k / FPS_HZ) | source.mask((k + 1) / FPS_HZ) for k in range(len(changes)))
    moved = [change[mask].mean() for change, mask in zip(changes, masks, strict=True)]
    return np.array(moved)


def onset_strength(waveform: np.ndarray, intervals: int) -> np.ndarray:
    """Rise of the level in each frame interval over the one before, in dB: (intervals,)."""
    hop = SAMPLE_RATE_HZ // FPS_HZ
    power = np.square(waveform[: intervals * hop].reshape(intervals, hop)).mean(axis=1)
    level = 10 * np.log10(power + 1e-6)
    return np.maximum(np.diff(level, prepend=level[:1]), 0)


def levels_dbfs(waveform: np.ndarray) -> np.ndarray:
    frame = round(FRAME_S * SAMPLE_RATE_HZ)
    power = np.square(waveform[: len(waveform) // frame * frame].reshape(-1, frame)).mean(axis=1)
    return 10 * np.log10(power + 1e-30)


def test_ensure_example_writes_once(tmp_path: Path) -> None:
    path = ensure_example("offscreen", tmp_path)
    written = path.stat().st_mtime_ns
    assert ensure_example("offscreen", tmp_path) == path
    assert path.stat().st_mtime_ns == written
    clip = media.read(path)
    assert (clip.width, clip.height, round(clip.fps_hz)) == (WIDTH, HEIGHT, FPS_HZ)
    assert abs(clip.duration_s - 9.0) < 0.08
    assert clip.has_sound
