"""Motion, onsets and speech of something that goes on: all of it is looked at once."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from avsl.settings import SAMPLE_RATE_HZ
from avsl.shots import is_cut
from avsl.synchrony.motion import (
    MIN_FRAME_GAP_S,
    Measured,
    busyness,
    compared,
    flow_estimator,
    on_clock,
    without_camera,
)
from avsl.synchrony.onsets import (
    FFT_SAMPLES,
    HOP_SAMPLES,
    HOPS_HZ,
    band_levels,
    band_scale,
    onset_strength,
)
from avsl.synchrony.speakers import NO_PAST, SPEECH_CHUNK, hear_chunk, voice_bands

DIFFERENCE_POWER = 0.5  # frames twice as far apart differ by this power of two more ...
FLOW_POWER = 1.0  # ... and what moves between them has gone twice as far
PAUSE_S = 2.0  # frames farther apart than this are not compared
CONTEXT_HOPS = 20  # before a stretch of onsets, for the reference and the smoothing


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two consecutive frames compared."""

    middle_s: float
    time_s: float  # when the second appeared
    difference: np.ndarray  # (2h, 2w) float32, as in Measured
    flow: np.ndarray  # (2h, 2w) float32
    moving: np.ndarray  # (2h, 2w) float16: their busyness


class RunningMotion:
    """What moved in the last ``window_s`` of a stream of grey frames at an uneven rate."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._estimator = flow_estimator()
        self._pairs: deque[_Pair] = deque()
        self._last: tuple[float, np.ndarray] | None = None

    def add(self, time_s: float, frame: np.ndarray, resized: bool = False) -> bool:
        """The next frame, uint8 (H, W) of the working size, later than the one before.

        ``resized``: it comes from a larger or smaller picture than the one before. That changes
        every edge, so as over a cut the motion before is held. A frame that comes too soon after
        the last is left out; after a pause all begins anew. Returns whether another shot begins.
        """
        if self._last is None:
            self._last = time_s, frame
            return False
        before_s, before = self._last
        if time_s - before_s < MIN_FRAME_GAP_S:
            return False
        self._last = time_s, frame
        if time_s - before_s > PAUSE_S:
            self._pairs.clear()
            return False
        difference, flow = compared(self._estimator, before, frame)
        flow = without_camera(flow[None])[0]
        cut = is_cut(before, frame)
        if resized or cut:
            difference, flow = self._held(difference, flow)
        moving = busyness(difference, flow)
        self._pairs.append(_Pair((before_s + time_s) / 2, time_s, difference, flow, moving))
        while self._pairs[0].middle_s < time_s - self._window_s:
            self._pairs.popleft()
        return cut

    def _held(self, difference: np.ndarray, flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._pairs:
            return self._pairs[-1].difference, self._pairs[-1].flow
        return np.zeros_like(difference), np.zeros_like(flow)

    @property
    def begin_s(self) -> float:
        """Since when motion is known; infinity before there is any."""
        return self._pairs[0].middle_s if self._pairs else np.inf

    def series(self, clock_s: np.ndarray) -> np.ndarray | None:
        """Motion series (2, N, h, w) at ``clock_s`` (N,), as
        :class:`avsl.synchrony.motion.Motion` has them; None where too few frames differ.
        """
        if len(self._pairs) < 2:
            return None
        first_s = 2 * self._pairs[0].middle_s - self._pairs[0].time_s
        times_s = np.array([first_s, *(pair.time_s for pair in self._pairs)])
        gaps_s = np.diff(times_s)
        # all are brought to one gap, or a late frame would look like motion everywhere
        longer = (gaps_s / np.median(gaps_s)).astype(np.float32)[:, None, None]
        measured = Measured(
            times_s,
            np.stack([pair.difference for pair in self._pairs]) / longer**DIFFERENCE_POWER,
            np.stack([pair.flow for pair in self._pairs]) / longer**FLOW_POWER,
            np.zeros(len(self._pairs), bool),  # held already
        )
        moved = on_clock(measured, clock_s)
        return None if moved is None else moved[0]

    def cells(self, clock_s: np.ndarray) -> np.ndarray:
        """How much moves in each cell at ``clock_s`` (N,): float16 (N, 2h, 2w), of the nearest
        pair. Only once motion is known.
        """
        middle_s = np.array([pair.middle_s for pair in self._pairs])
        nearest = np.round(np.interp(clock_s, middle_s, np.arange(len(middle_s)))).astype(int)
        return np.stack([self._pairs[index].moving for index in nearest])


class RunningOnsets:
    """How strongly the sound set in over the last ``window_s``."""

    def __init__(self, window_s: float) -> None:
        self._most_hops = round(window_s * HOPS_HZ)
        self._levels: np.ndarray | None = None  # (bands, hops) float32, the newest last
        self._next = 0  # the hop that comes next; hop j is centred on sample j * HOP_SAMPLES

    def add(self, samples: np.ndarray, first: int) -> None:
        """The sound kept so far, float32 (S,) at 16 kHz, whose first sample is number ``first``
        since the beginning. Only what is new in it is looked at.
        """
        half = FFT_SAMPLES // 2
        earliest = -(-(first + half) // HOP_SAMPLES)
        if self._levels is None or self._next < earliest:
            self._levels, self._next = None, earliest
        last = (first + len(samples) - half) // HOP_SAMPLES  # the newest hop heard in full
        if last < self._next:
            return
        start = self._next * HOP_SAMPLES - half - first
        fresh = band_levels(samples[start : last * HOP_SAMPLES + half - first])
        known = fresh if self._levels is None else np.concatenate([self._levels, fresh], axis=1)
        self._levels = known[:, -self._most_hops :]
        self._next = last + 1

    def series(self, clock_s: np.ndarray, sample_0_s: float) -> np.ndarray:
        """Onset strength at ``clock_s`` (N,): float32 (N,), held where nothing is known.

        ``sample_0_s`` is when sample number 0 sounds on that clock.
        """
        if self._levels is None:
            return np.zeros(len(clock_s), np.float32)
        count, hops_s = self._levels.shape[1], self._hops_s(sample_0_s)
        start = max(0, int(np.searchsorted(hops_s, clock_s[0])) - CONTEXT_HOPS)
        start = min(start, max(0, count - CONTEXT_HOPS))
        strength = onset_strength(self._levels[:, start:], band_scale(self._levels))
        return np.interp(clock_s, hops_s[start:], strength).astype(np.float32)

    def bands(self, clock_s: np.ndarray, sample_0_s: float) -> dict[str, np.ndarray]:
        """The bands of a :class:`avsl.synchrony.speakers.Voice` at ``clock_s`` (N,), of a sound of
        which something is known; held where nothing is.
        """
        assert self._levels is not None
        return voice_bands(self._levels, self._hops_s(sample_0_s), clock_s)

    def _hops_s(self, sample_0_s: float) -> np.ndarray:
        """When the hops that are kept are heard: (hops,)."""
        count = self._levels.shape[1]
        return sample_0_s + np.arange(self._next - count, self._next) / HOPS_HZ


class RunningSpeech:
    """Where in the last ``window_s`` somebody spoke. Every chunk is heard once, or never."""

    def __init__(self, window_s: float) -> None:
        most = int(window_s * SAMPLE_RATE_HZ / SPEECH_CHUNK) + 1
        self._known: deque[float] = deque(maxlen=most)  # of the newest chunks
        self._next = 0  # the chunk that comes next; chunk k begins at sample k * SPEECH_CHUNK
        self._past = NO_PAST

    def add(self, samples: np.ndarray, first: int, listen: bool) -> None:
        """The sound kept so far, as for :meth:`RunningOnsets.add`. What is new in it is listened to
        if ``listen``, and taken for no speech otherwise, as is what nobody kept.
        """
        end = (first + len(samples)) // SPEECH_CHUNK
        kept_from = -(-first // SPEECH_CHUNK)
        heard_from = min(end, max(self._next, kept_from)) if listen else end
        if heard_from > self._next:
            self._past = NO_PAST
            self._known.extend([0.0] * min(heard_from - self._next, self._known.maxlen))
        for chunk in range(heard_from, end):
            start = chunk * SPEECH_CHUNK - first
            probability, self._past = hear_chunk(samples[start : start + SPEECH_CHUNK], self._past)
            self._known.append(probability)
        self._next = max(self._next, end)

    def probability(self, clock_s: np.ndarray, sample_0_s: float) -> np.ndarray:
        """That there is speech at ``clock_s`` (N,): float32 (N,), as for
        :meth:`RunningOnsets.series`; 0 before anything is known.
        """
        if not self._known:
            return np.zeros(len(clock_s), np.float32)
        chunks = np.arange(self._next - len(self._known), self._next)
        chunks_s = sample_0_s + chunks * SPEECH_CHUNK / SAMPLE_RATE_HZ
        return np.interp(clock_s, chunks_s, self._known, left=0.0).astype(np.float32)
