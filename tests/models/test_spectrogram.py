"""The front ends: the published spectrogram is scipy's, the small one hears what it should."""

import numpy as np
import pytest
import torch
from scipy.signal import spectrogram

from avsl.models.spectrogram import log_mel, log_spectrogram
from avsl.settings import SAMPLE_RATE_HZ

THREE_S = 3 * SAMPLE_RATE_HZ


def sounds() -> np.ndarray:
    """Noise, a faint tone on a constant, and digital silence."""
    clock = np.arange(THREE_S) / SAMPLE_RATE_HZ
    noise = np.random.default_rng(0).normal(0, 0.2, THREE_S).clip(-1, 1)
    return np.stack([noise, 0.01 * np.sin(2 * np.pi * 440 * clock) + 0.1, 0 * clock])


def test_linear_spectrogram_equals_scipys_as_ez_vsl_uses_it():
    ours = log_spectrogram(torch.from_numpy(sounds()))
    assert ours.shape == (3, 1, 257, 200)
    for sound, mine in zip(sounds(), ours, strict=True):
        _, _, density = spectrogram(sound, SAMPLE_RATE_HZ, nperseg=512, noverlap=274)
        assert np.abs(np.log(density + 1e-7) / 12 - mine[0].numpy()).max() < 1e-4


def test_mel_hears_pitch_loudness_and_silence():
    clock = torch.arange(THREE_S) / SAMPLE_RATE_HZ
    low, high = (0.3 * torch.sin(2 * torch.pi * hz * clock) for hz in (200, 3000))
    mel = log_mel(torch.stack([low, high, low / 10, 0 * low]))
    assert mel.shape == (4, 1, 64, 149)
    loudest = mel.mean(-1)[:, 0].argmax(-1)
    assert loudest[0] == loudest[2] < loudest[1] - 20
    assert mel[0].max() > mel[2].max() + 0.5
    assert mel[3].std() == pytest.approx(0, abs=1e-6)
    assert mel[3].mean() < mel[:3].mean() and mel.abs().max() < 3


@pytest.mark.parametrize("front", [log_spectrogram, log_mel])
def test_a_batch_is_its_sounds_one_by_one(front):
    batch = torch.from_numpy(sounds())
    together = front(batch)
    assert torch.allclose(together, torch.cat([front(sound[None]) for sound in batch]), atol=1e-6)
