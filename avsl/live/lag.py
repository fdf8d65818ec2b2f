"""By how much a camera's pictures are later than the microphone's sound, learned as it goes on.

Cameras hold a picture back for a few hundredths of a second, wireless microphones their sound for
more, and no browser tells by how much. The lag is the same for as long as they run, so that what
is too weak to see in one judgement adds up over many.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from avsl.synchrony.correlation import MOST_LAG
from avsl.synchrony.motion import SERIES_HZ

MEMORY_S = 20.0  # of what the lags scored: by a factor of e less for so much longer ago
SMOOTH = 1.0  # samples (Gaussian): neighbouring lags belong together
CLEAR = 0.15  # how far, in deviations above chance, a lag must beat the one that is in use ...
PROMINENT = 0.3  # ... and stand above most lags, which chance makes all alike


class Lag:
    """Of one session; 0 until something clearly speaks for another."""

    def __init__(self) -> None:
        self.samples = 0  # at SERIES_HZ; above 0: the picture is late
        self._scores = np.zeros(2 * MOST_LAG + 1)

    @property
    def seconds(self) -> float:
        """The same in seconds, between -0.3 and 0.3."""
        return self.samples / SERIES_HZ

    def learn(self, by_lag: np.ndarray, passed_s: float) -> None:
        """What each lag scores now, as :class:`avsl.synchrony.correlation.Synchrony` has it,
        ``passed_s`` after the last time.
        """
        kept = np.exp(-passed_s / MEMORY_S)
        self._scores = kept * self._scores + (1 - kept) * by_lag
        smooth = gaussian_filter1d(self._scores, SMOOTH, mode="nearest")
        best = int(smooth.argmax())
        better = smooth[best] > smooth[self.samples + MOST_LAG] + CLEAR
        if better and smooth[best] > np.median(smooth) + PROMINENT:
            self.samples = best - MOST_LAG
