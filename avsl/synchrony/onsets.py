"""What is heard: a waveform in, one series of how strongly the sound sets in out."""

from functools import cache

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d

from avsl.settings import SAMPLE_RATE_HZ
from avsl.synchrony.motion import SERIES_HZ

FFT_SAMPLES = 1024
HOP_SAMPLES = 160  # 10 ms
HOPS_HZ = SAMPLE_RATE_HZ / HOP_SAMPLES
CHUNK_HOPS = 3000  # spectrum of 30 s at a time, so that memory does not grow with length
BANDS_PER_OCTAVE = 6
LOWEST_HZ = 80.0
HIGHEST_HZ = 7600.0
LEVEL_PERCENTILE = 95.0  # of the band magnitudes; sets the level that reads 1
COMPRESSION = 10.0  # log1p(COMPRESSION * level)
REFERENCE_HOPS = 2  # an onset is a rise over the spectrum 20 ms earlier
SMOOTHING_S = 0.020


def onset_series(waveform: np.ndarray, count: int) -> np.ndarray:
    """Onset strength of a mono 16 kHz waveform (S,): float32 (count,) at SERIES_HZ, >= 0.

    Superflux (Böck & Widmer 2013): the rise of each band over the largest of its neighbours
    shortly before, so that vibrato is no onset, summed over the bands and compressed.
    """
    levels = waveform_levels(waveform)  # (bands, hops)
    smooth = onset_strength(levels, band_scale(levels))
    clock_s = np.arange(count) / SERIES_HZ
    return np.interp(clock_s, np.arange(len(smooth)) / HOPS_HZ, smooth).astype(np.float32)


def band_scale(levels: np.ndarray) -> float:
    """The level that reads 1 in a sound of these band levels (bands, hops)."""
    return float(np.percentile(levels, LEVEL_PERCENTILE))


def onset_strength(levels: np.ndarray, scale: float) -> np.ndarray:
    """How strongly the sound sets in at each hop: band levels (bands, hops) -> (hops,), >= 0."""
    compressed = np.log1p(COMPRESSION * levels / (scale + 1e-9))
    widest = torch.nn.functional.max_pool1d(torch.from_numpy(compressed.T.copy()), 3, 1, 1)
    reference = widest.numpy().T
    rise = np.maximum(compressed[:, REFERENCE_HOPS:] - reference[:, :-REFERENCE_HOPS], 0)
    flux = np.pad(rise.sum(axis=0), (REFERENCE_HOPS, 0))[: levels.shape[1]]
    return np.log1p(gaussian_filter1d(flux, SMOOTHING_S * HOPS_HZ))


def waveform_levels(waveform: np.ndarray) -> np.ndarray:
    """Mean magnitude in each band every 10 ms: (bands, hops) float32, a chunk at a time."""
    half = FFT_SAMPLES // 2
    padded = np.pad(waveform, (half, half))
    hops = 1 + len(waveform) // HOP_SAMPLES
    levels = []
    for first in range(0, hops, CHUNK_HOPS):
        last = min(first + CHUNK_HOPS, hops) - 1
        part = padded[first * HOP_SAMPLES : last * HOP_SAMPLES + FFT_SAMPLES]
        levels.append(band_levels(part))
    return np.concatenate(levels, axis=1)


def band_levels(part: np.ndarray) -> np.ndarray:
    """Mean magnitude in each band of every whole FFT window, HOP_SAMPLES apart, in a stretch of
    sound (S,) float32, S >= FFT_SAMPLES: (bands, hops) float32.
    """
    spectrum = torch.stft(
        torch.from_numpy(part), FFT_SAMPLES, HOP_SAMPLES, window=torch.hann_window(FFT_SAMPLES),
        center=False, return_complex=True,
    )  # fmt: skip
    return (_bands() @ spectrum.abs()).numpy()


@cache
def _bands() -> torch.Tensor:
    return torch.from_numpy(band_filters())


def band_centres_hz() -> np.ndarray:
    """The middle of each band, (bands,), six an octave."""
    return _band_edges_hz()[1:-1]


def _band_edges_hz() -> np.ndarray:
    count = int(BANDS_PER_OCTAVE * np.log2(HIGHEST_HZ / LOWEST_HZ))
    return LOWEST_HZ * 2 ** (np.arange(-1, count + 1) / BANDS_PER_OCTAVE)


def band_filters() -> np.ndarray:
    """Triangular bands, six an octave, each of sum 1: (bands, FFT_SAMPLES / 2 + 1) float32."""
    edges_hz = _band_edges_hz()
    count = len(edges_hz) - 2
    bins_hz = np.arange(FFT_SAMPLES // 2 + 1) * SAMPLE_RATE_HZ / FFT_SAMPLES
    low, middle, high = (edges_hz[i : count + i, None] for i in range(3))
    rising, falling = (bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)
    filters = np.clip(np.minimum(rising, falling), 0, None)
    # the lowest bands are narrower than a bin: they take the nearest one
    empty = np.flatnonzero(filters.sum(axis=1) == 0)
    filters[empty, np.abs(bins_hz - middle[empty]).argmin(axis=1)] = 1
    return (filters / filters.sum(axis=1, keepdims=True)).astype(np.float32)
