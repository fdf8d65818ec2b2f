"""The last seconds of a sound that goes on, on the client's clock."""

from dataclasses import dataclass

import numpy as np

from avsl.audio import FLOOR_DBFS, HOLD_S, loudness_dbfs
from avsl.errors import SettingError
from avsl.settings import SAMPLE_RATE_HZ

JITTER_S = 0.04  # timestamps this far from where the sound should go on are taken for jitter ...
SLEW = 0.05  # ... and pull the clock along by this share, so that the two never drift apart
LATE_S = 0.75  # sound that stopped coming this long before a moment says nothing of it


@dataclass(frozen=True, eq=False)
class Sound:
    """What is known of the sound at one moment; never changed."""

    samples: np.ndarray  # (S,) float32 in [-1, 1], mono, 16 kHz, the newest last
    first: int  # number of the first of them since the beginning
    sample_0_s: float  # when sample number 0 sounded, on the client's clock

    @property
    def begin_s(self) -> float:
        """When the oldest sample that is kept begins."""
        return self.sample_0_s + self.first / SAMPLE_RATE_HZ

    @property
    def end_s(self) -> float:
        """When the newest sample ends."""
        return self.sample_0_s + (self.first + len(self.samples)) / SAMPLE_RATE_HZ

    def up_to(self, time_s: float, length_s: float) -> np.ndarray:
        """The ``length_s`` before ``time_s``, or before the end where that is earlier: float32
        (S,), silence where nothing was kept.
        """
        length = round(length_s * SAMPLE_RATE_HZ)
        later = max(0, round((self.end_s - time_s) * SAMPLE_RATE_HZ))
        heard = self.samples[: max(0, len(self.samples) - later)][-length:]
        return np.pad(heard, (length - len(heard), 0))

    def loudness_dbfs(self, time_s: float) -> float:
        """Of the newest 0.25 s, as :func:`avsl.audio.loudness_dbfs` says it; at the floor where
        the sound stopped coming well before ``time_s``.
        """
        if not len(self.samples) or self.end_s < time_s - LATE_S:
            return FLOOR_DBFS
        newest = self.samples[-round(HOLD_S * SAMPLE_RATE_HZ) :]
        return float(loudness_dbfs(newest, np.zeros(1))[0])


class RollingSound:
    """Chunks in, the last ``length_s`` out. Not locked: the session does that."""

    def __init__(self, length_s: float) -> None:
        self._most = round(length_s * SAMPLE_RATE_HZ)
        self._known: Sound | None = None
        self.missing_s = 0.0  # of sound that never came; silence stands in for it
        self.repeated_s = 0.0  # of sound that came twice and was cut

    def now(self) -> Sound:
        """What is known now."""
        return self._known or Sound(np.empty(0, np.float32), 0, 0.0)

    def add(self, time_s: float, samples: np.ndarray) -> None:
        """The next chunk (S,), whose first sample sounds at ``time_s``."""
        samples = checked(samples)
        if not len(samples):
            return
        if self._known is None:
            self._known = Sound(samples[-self._most :], max(0, len(samples) - self._most), time_s)
            return
        known = self._known
        late_s = time_s - known.end_s
        sample_0_s = known.sample_0_s
        if abs(late_s) <= JITTER_S:
            sample_0_s += SLEW * late_s
        elif late_s > 0:
            self.missing_s += late_s
            gap = round(late_s * SAMPLE_RATE_HZ)
            # of a long gap no more than fits is filled; the numbers go on as if all were
            filled = min(gap, self._most)
            first = known.first + (gap - filled)
            known = Sound(np.pad(known.samples, (0, filled)), first, sample_0_s)
        else:
            cut = min(round(-late_s * SAMPLE_RATE_HZ), len(samples))
            self.repeated_s += cut / SAMPLE_RATE_HZ
            samples = samples[cut:]
        joined = np.concatenate([known.samples, samples])
        first = known.first + max(0, len(joined) - self._most)
        self._known = Sound(joined[-self._most :], first, sample_0_s)


def checked(samples: np.ndarray) -> np.ndarray:
    """``samples`` as float32 (S,) in [-1, 1]; raises :class:`SettingError` for another shape."""
    samples = np.asarray(samples)
    if samples.ndim != 1 or samples.dtype.kind != "f":
        raise SettingError("Live sound must be mono: a float32 array of shape (samples,).")
    return np.clip(np.nan_to_num(samples.astype(np.float32)), -1.0, 1.0)
