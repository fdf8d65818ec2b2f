"""Which stretch of sound each moment is judged by, for variants with a fixed window."""

import numpy as np

from avsl.settings import SAMPLE_RATE_HZ


def sound_windows(
    times_s: np.ndarray, duration_s: float, window_s: float, hop_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Windows (N, 2) in seconds, and for each moment (T,) the index of its window.

    Windows are ``window_s`` long, centred on multiples of ``hop_s``, and moved inward so that they
    lie within the clip where it is long enough: a short clip has one window from 0 on, which
    :func:`cut_windows` pads with silence, as in training.
    """
    centres = np.round(np.asarray(times_s) / hop_s) * hop_s
    latest = max(duration_s - window_s, 0.0)
    starts = np.clip(centres - window_s / 2, 0.0, latest)
    unique, which = np.unique(starts, return_inverse=True)
    return np.stack([unique, unique + window_s], axis=1), which


def cut_windows(waveform: np.ndarray, windows_s: np.ndarray) -> np.ndarray:
    """(S,) at 16 kHz and windows (N, 2) of one length -> (N, samples) float32, zero beyond S."""
    starts = np.round(windows_s[:, 0] * SAMPLE_RATE_HZ).astype(int)
    length = round(float(windows_s[0, 1] - windows_s[0, 0]) * SAMPLE_RATE_HZ)
    padded = np.pad(waveform, (0, max(0, int(starts.max()) + length - len(waveform))))
    return np.stack([padded[start : start + length] for start in starts])
