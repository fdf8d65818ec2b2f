"""Clips from memory: what is mixed, resampled, cut or padded is said."""

import numpy as np
import pytest

from avsl.clip import Clip
from avsl.errors import SettingError


def numbered_frames(count: int) -> np.ndarray:
    frames = np.zeros((count, 8, 10, 3), np.uint8)
    frames[:] = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return frames


def test_frames_are_the_ones_on_screen_in_any_order():
    clip = Clip.from_arrays(numbered_frames(10), 5.0, np.zeros(32000, np.float32))
    shown = clip.frames(np.array([1.9, 0.0, 0.21, 0.19, 99.0, -1.0]))[:, 0, 0, 0]
    assert shown.tolist() == [9, 0, 1, 0, 9, 0]


def test_channels_are_averaged_never_laid_end_to_end():
    stereo = np.stack([np.full(16000, 0.5), np.full(16000, -0.1)], axis=1)
    clip = Clip.from_arrays(numbered_frames(5), 5.0, stereo)
    assert clip.waveform.shape == (16000,)
    assert clip.waveform == pytest.approx(0.2)
    assert any("averaged" in note for note in clip.notes)


def test_resampling_keeps_pitch_and_length():
    clock = np.arange(48000) / 48000
    clip = Clip.from_arrays(numbered_frames(5), 5.0, np.sin(2 * np.pi * 1000 * clock), 48000)
    assert len(clip.waveform) == 16000
    assert np.abs(np.fft.rfft(clip.waveform)).argmax() == 1000
    assert any("resampled" in note for note in clip.notes)


def test_not_a_number_becomes_silence_and_overshoot_is_clipped():
    clip = Clip.from_arrays(numbered_frames(5), 5.0, np.array([np.nan, 7.0, -7.0]))
    assert clip.waveform.tolist() == [0.0, 1.0, -1.0]


def test_another_sound_leaves_the_frames_and_says_so():
    clip = Clip.from_arrays(numbered_frames(10), 5.0, np.zeros(32000, np.float32))
    swapped = clip.with_sound(np.ones(8000, np.float32), "The sound was swapped.")
    assert swapped.source is clip.source
    assert len(swapped.waveform) == 32000
    assert swapped.waveform.sum() == 8000
    assert swapped.notes[-1].startswith("The sound was swapped.")
    assert "1.5 s before the picture" in swapped.notes[-1]


def test_wrong_frames_are_refused():
    with pytest.raises(SettingError, match="uint8"):
        Clip.from_arrays(np.zeros((2, 8, 8)), 5.0, np.zeros(10))


@pytest.mark.parametrize("fps_hz", [0, -5, np.inf, np.nan])
def test_an_impossible_frame_rate_is_refused(fps_hz):
    with pytest.raises(SettingError, match="Frames per second"):
        Clip.from_arrays(numbered_frames(2), fps_hz, np.zeros(10))
