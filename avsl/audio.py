"""What is heard, before any variant: loudness and the gate under which nothing is audible."""

import numpy as np
from scipy.ndimage import maximum_filter1d

from avsl.settings import SAMPLE_RATE_HZ

FLOOR_DBFS = -120.0  # digital silence reads this instead of minus infinity
AUDIBLE_DBFS = -60.0  # below: nothing audible; quiet rooms record at about -55
FRAME_S = 0.025  # one loudness value is the RMS of this much sound
CANCELLED = 0.1  # a mean with less than this share of what independent channels leave is cancelled
HOLD_S = 0.25  # a short sound counts as heard this long before and after it


def loudness_dbfs(waveform: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Loudness at ``times_s`` (T,): float32 (T,) dBFS in [FLOOR_DBFS, 0].

    RMS over 25 ms around its mean (a constant offset is not heard) relative to a full-scale square
    wave, and of those the largest within 0.25 s: the gap between two clicks of a clock is not
    silence. ``waveform`` is (S,) float32 at 16 kHz; moments outside it are at the floor.
    """
    frame = round(FRAME_S * SAMPLE_RATE_HZ)
    count = -(-len(waveform) // frame)
    if count == 0:
        return np.full(len(times_s), FLOOR_DBFS, np.float32)
    padded = np.zeros(count * frame, np.float32)
    padded[: len(waveform)] = waveform
    power = padded.reshape(count, frame).var(axis=1)
    level = np.maximum(10 * np.log10(power + 1e-30), FLOOR_DBFS)
    held = maximum_filter1d(level, 2 * round(HOLD_S / FRAME_S) + 1, mode="nearest")
    index = np.floor(np.asarray(times_s) / FRAME_S).astype(int)
    heard = held[np.clip(index, 0, count - 1)]
    beyond = (index < 0) | (index >= count + round(HOLD_S / FRAME_S))
    return np.where(beyond, FLOOR_DBFS, heard).astype(np.float32)


def is_audible(waveform: np.ndarray) -> bool:
    """Whether anything in a mono 16 kHz waveform (S,) is above the gate."""
    times_s = np.arange(0, len(waveform) / SAMPLE_RATE_HZ, HOLD_S)
    return bool((loudness_dbfs(waveform, times_s) > AUDIBLE_DBFS).any())


class ChannelPowers:
    """Tells channels whose mean is silent although they are not: out-of-phase stereo, R = -L."""

    def __init__(self) -> None:
        self._channels: np.ndarray | float = 0.0
        self._mean = 0.0

    def add(self, block: np.ndarray) -> None:
        """Take the next samples (n, channels) into account."""
        if block.shape[1] > 1:
            self._channels = self._channels + np.square(block, dtype=np.float64).sum(axis=0)
            self._mean += float(np.square(block.mean(axis=1, dtype=np.float64)).sum())

    def channel_to_use(self) -> int | None:
        """The loudest channel where the mean cancels them; None where the mean is as it should."""
        channels = np.atleast_1d(self._channels)
        if self._mean >= CANCELLED * channels.sum() / len(channels) ** 2:
            return None
        return int(channels.argmax())
