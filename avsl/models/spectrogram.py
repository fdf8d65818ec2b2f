"""What the two-stream networks hear: log-spectrograms of mono sound at 16 kHz, batched.

The linear one is that of the EZ-VSL family (EZ-VSL, SLAVC, FNAC: 3 s give 257 x 200), for released
weights and for training as published; the mel one is small, for small variants; kaldi's is what
BEATs hears.
"""

from functools import cache

import torch
from scipy.signal import get_window
from torch import Tensor
from torchaudio.functional import melscale_fbanks

from avsl.models.beats import fbank
from avsl.settings import SAMPLE_RATE_HZ

WINDOW_S = 3.0  # of sound, as the EZ-VSL family hears

FRAME, SHIFT = 512, 238  # samples: nperseg, and nperseg less noverlap
LINEAR_FLOOR, LINEAR_SCALE = 1e-7, 12.0

MEL_BINS = 64
MEL_FRAME = 512  # samples, 32 ms
MEL_SHIFT = 320  # samples, 20 ms
MEL_RANGE_HZ = (50.0, 7600.0)
MEL_FLOOR = 1e-4  # power under which nothing is told apart; about the noise of a quiet recording
MEL_CENTRE, MEL_SCALE = -2.0, 4.0  # so that ordinary sounds lie about -1 to 1


def log_spectrogram(waveform: Tensor) -> Tensor:
    """(B, S) in [-1, 1] to (B, 1, 257, T), T = (S - 274) // 238: 200 for 3 s.

    log(power density + 1e-7) / 12; equal to ``scipy.signal.spectrogram(x, 16000, nperseg=512,
    noverlap=274)`` under the same logarithm to 1e-4.
    """
    frames = waveform.float().clamp(-1, 1).unfold(-1, FRAME, SHIFT)
    frames = frames - frames.mean(dim=-1, keepdim=True)
    window = tukey_window().to(frames)
    power = torch.fft.rfft(frames * window).abs().square()
    density = power / (SAMPLE_RATE_HZ * window.square().sum())
    density[..., 1:-1] *= 2  # one side stands for both
    return ((density + LINEAR_FLOOR).log() / LINEAR_SCALE).transpose(-1, -2)[:, None]


def log_mel(waveform: Tensor) -> Tensor:
    """(B, S) in [-1, 1] to (B, 1, 64, T), T = 1 + (S - 512) // 320: 149 for 3 s.

    Silence is one constant about -1.8, the same everywhere; ordinary sounds lie about -1 to 1.
    """
    frames = waveform.float().unfold(-1, MEL_FRAME, MEL_SHIFT)
    window = torch.hann_window(MEL_FRAME, device=frames.device)
    power = torch.fft.rfft(frames * window).abs().square()
    level = (power @ mel_filters().to(power) + MEL_FLOOR).log()
    return ((level - MEL_CENTRE) / MEL_SCALE).transpose(-1, -2)[:, None]


def kaldi(waveform: Tensor) -> Tensor:
    """(B, S) in [-1, 1] to (B, 1, T, 128), BEATs' normalised filter banks."""
    return fbank(waveform)[:, None]


FRONTS = {
    "linear": log_spectrogram,
    "mel": log_mel,
    "kaldi": kaldi,
}  # by the name a configuration carries


@cache
def tukey_window() -> Tensor:
    """scipy's default for spectrograms, a quarter of it tapered: (512,)."""
    return torch.from_numpy(get_window(("tukey", 0.25), FRAME)).float()


@cache
def mel_filters() -> Tensor:
    """Triangles on the mel scale: (257, 64)."""
    low, high = MEL_RANGE_HZ
    return melscale_fbanks(MEL_FRAME // 2 + 1, low, high, MEL_BINS, SAMPLE_RATE_HZ)
