"""A clip as if it were happening now."""

from collections.abc import Iterable, Iterator

import numpy as np

from avsl.clip import Clip
from avsl.live import LiveMap, LiveSession
from avsl.settings import SAMPLE_RATE_HZ

CHUNK = 800  # samples, 50 ms
ORIGIN_S = 4321.0  # of the client's clock, which starts anywhere


def replay(
    session: LiveSession,
    clip: Clip,
    times_s: Iterable[float],
    width: int = 320,
    late_s: float = 0.0,
) -> Iterator[tuple[float, LiveMap]]:
    """The clip's frames at ``times_s`` and, in chunks, the sound that had been heard by then: each
    moment on the clip's clock with what is said of it. ``late_s``: by how much the camera stamps
    its frames too late.
    """
    times_s, sent = np.asarray(times_s), 0
    for time_s, picture in zip(times_s, clip.frames_at(times_s, width), strict=True):
        while (sent + CHUNK) / SAMPLE_RATE_HZ <= time_s:
            session.hear(ORIGIN_S + sent / SAMPLE_RATE_HZ, clip.waveform[sent : sent + CHUNK])
            sent += CHUNK
        session.see(ORIGIN_S + late_s + time_s, picture)
        yield float(time_s), session.step()


def evenly(duration_s: float, rate_hz: float) -> np.ndarray:
    return np.arange(0, duration_s, 1 / rate_hz)


def unevenly(duration_s: float, seed: int = 0) -> np.ndarray:
    """Gaps of 10 to 30 Hz, as a browser under load sends frames."""
    gaps_s = np.random.default_rng(seed).uniform(1 / 30, 1 / 10, round(30 * duration_s))
    times_s = np.cumsum(gaps_s)
    return times_s[times_s < duration_s]
