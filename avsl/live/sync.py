"""Synchrony live: each frame is compared once with the one before, the rest is kept."""

import cv2
import numpy as np

from avsl.clip import resized
from avsl.live.lag import Lag
from avsl.live.sound import Sound
from avsl.live.watcher import Sighting, watcher_for
from avsl.synchrony.correlation import band_passed, recency, recent_synchrony, weigh_blocks
from avsl.synchrony.faces import FaceTracker, face_size
from avsl.synchrony.motion import SERIES_HZ, grey_differences, working_size
from avsl.synchrony.refine import STRUCK_SIGMA_S, edge_aligned, moving_cells
from avsl.synchrony.running import RunningMotion, RunningOnsets, RunningSpeech
from avsl.synchrony.speakers import Speakers, Voice, compare_mouths
from avsl.variants.sync import (
    CONFIDENCE_GATE,
    MIN_DURATION_S,
    STEADY_GREY,
    WINDOW_S,
    SyncVariant,
)

SETTLED_S = 4.0  # picture and sound that must be known before a source in view is denied
JUDGE_EVERY_S = 0.25  # picture and sound are compared anew so often; every frame has its map
PLACE_MEMORY_S = 2.0  # where it sounds: soon right again when another thing takes over
SURE_MEMORY_S = 6.0  # whether it does: surer, and no more often wrong than with all 8 s alike ...
LATELY_LESS = 4.0  # ... but at most so many times as sure as the short memory: for sparse beats
# that was less sure up to 3.5 times, for what had gone out of view 9 times and more
BACKLOG = 8  # frames: a quarter of a second of a camera, in about as long as one comparison takes
RECENT_S = 3 * STRUCK_SIGMA_S  # of motion and sound that a map is drawn from
LEAST_FACE = 1 / 8  # of the picture's height: smaller ones take longer to find ...
MOST_FACES = 4  # ... and each one that is followed costs a millisecond a frame
CALM_S = 0.2  # after a cut, before faces are looked for: in flashing light that would be always
SAME_SHAPE = 0.03  # pictures whose aspects differ by less are one picture, sent larger or smaller


class SyncWatcher:
    """What moves in time with the sound, from the last 8 s; there is an answer from 2 s on.

    It judges a moment as :class:`avsl.variants.sync.SyncVariant` judges the end of a clip, since
    the future is not known, and lets the past count less, since the present is what is asked for.
    """

    sound_s = WINDOW_S + 1.0
    sides_px = (192, 320)
    backlog = BACKLOG

    def __init__(self) -> None:
        self._lag = Lag()
        self._shape: tuple[int, int] | None = None  # of the last picture
        self._score: np.ndarray | None = None  # (h, w) float32, of the last judgement
        self._confidence, self._settled = 0.0, False
        self._judged_at_s = -np.inf

    def follow(self, time_s: float, picture: np.ndarray) -> None:
        """What moved until then; as :class:`avsl.live.watcher.Watcher`."""
        self._moved(time_s, picture)

    def look(self, time_s: float, picture: np.ndarray, sound: Sound) -> Sighting:
        """As :class:`avsl.live.watcher.Watcher`; the map's longer side is about 80 pixels, and it
        is empty below the gate.
        """
        grey = self._moved(time_s, picture)
        self._onsets.add(sound.samples, sound.first)
        self._speech.add(sound.samples, sound.first, self._faces.is_following(time_s))
        if time_s - self._judged_at_s >= JUDGE_EVERY_S:
            self._judge(time_s, sound)
            self._judged_at_s = time_s
        heatmap = self._map(time_s, grey, sound)
        return Sighting(heatmap, self._confidence, settled=self._settled)

    def _moved(self, time_s: float, picture: np.ndarray) -> np.ndarray:
        """The frame in grey, of the working size, after it was compared with the one before."""
        shape = picture.shape[:2]
        if self._shape is None or not _alike(shape, self._shape):
            self._begin(shape)
        grey = resized(picture, *self._size, gray=True)
        if self._motion.add(time_s, grey, resized=shape != self._shape):
            self._faces.cut()
            self._cut_s = time_s
        self._shape = shape
        self._faces.forget_before(time_s - WINDOW_S)
        if time_s - self._cut_s >= CALM_S:
            height, width = shape
            self._faces.add(time_s, resized(picture, *face_size(width, height), gray=False))
        return grey

    def _begin(self, shape: tuple[int, int]) -> None:
        height, width = shape
        self._size = working_size(width, height)
        self._motion = RunningMotion(WINDOW_S)
        self._faces, self._cut_s = FaceTracker(LEAST_FACE, MOST_FACES), -np.inf
        self._onsets, self._speech = RunningOnsets(WINDOW_S), RunningSpeech(WINDOW_S)
        self._score, self._judged_at_s = None, -np.inf
        self._confidence, self._settled = 0.0, False

    def _judge(self, time_s: float, sound: Sound) -> None:
        """Compare what is known of both picture and sound; too little of either says nothing."""
        self._score, self._confidence = None, 0.0
        end_s = min(time_s, sound.end_s)
        self._settled = end_s - max(self._motion.begin_s, sound.begin_s) >= SETTLED_S
        length_s = end_s - max(self._motion.begin_s, sound.begin_s, end_s - WINDOW_S)
        if length_s < MIN_DURATION_S or not sound.samples.any():
            return
        clock_s = _clock(end_s, length_s)
        motion = self._motion.series(clock_s)
        if motion is None:
            return
        heard = self._onsets.series(clock_s, sound.sample_0_s)
        memories_s = PLACE_MEMORY_S, SURE_MEMORY_S
        differences, shape = grey_differences(motion), motion.shape[2:]
        speakers = self._compare_mouths(clock_s, sound.sample_0_s, memories_s, shape)
        place, sure = recent_synchrony(
            band_passed(motion, axis=1),
            band_passed(heard),
            memories_s,
            self._lag.samples,
            weigh_blocks(differences),
            [each and each.agreement for each in speakers],
        )
        self._lag.learn(sure.by_lag, JUDGE_EVERY_S)
        self._score = place.score + speakers[0].score if speakers[0] else place.score
        shake = float(np.median(differences, axis=(1, 2)).mean())
        steady = min(1.0, STEADY_GREY / max(shake, 1e-6))
        self._confidence = steady * min(sure.confidence, LATELY_LESS * place.confidence)

    def _compare_mouths(
        self,
        clock_s: np.ndarray,
        sample_0_s: float,
        memories_s: tuple[float, ...],
        shape: tuple[int, int],
    ) -> list[Speakers | None]:
        """Who speaks at the end of ``clock_s`` (N,), for each memory."""
        count, tracks = len(clock_s), self._faces.mouths(clock_s)
        if not tracks:
            return [None] * len(memories_s)
        speech = self._speech.probability(clock_s, sample_0_s)
        voice = Voice(speech, self._onsets.bands(clock_s, sample_0_s))
        return [
            compare_mouths(
                tracks, voice, slice(0, count), shape, recency(count, memory_s), self._lag.samples
            )
            for memory_s in memories_s
        ]

    def _map(self, time_s: float, grey: np.ndarray, sound: Sound) -> np.ndarray:
        guide = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        if self._score is None or self._confidence < CONFIDENCE_GATE:
            return np.zeros(guide.shape, np.float32)
        clock_s = _clock(time_s, RECENT_S)
        sounded_s = clock_s - self._lag.seconds  # what is seen at clock_s
        heard = band_passed(self._onsets.series(sounded_s, sound.sample_0_s))
        moving = moving_cells(self._motion.cells(clock_s), heard, RECENT_S)
        return edge_aligned(self._score, moving, guide)


def _clock(end_s: float, length_s: float) -> np.ndarray:
    """Times at SERIES_HZ over ``length_s``, of which the last is ``end_s``: (N,)."""
    return end_s - np.arange(int(length_s * SERIES_HZ))[::-1] / SERIES_HZ


def _alike(shape: tuple[int, int], other: tuple[int, int]) -> bool:
    ratio = (shape[0] * other[1]) / (shape[1] * other[0])
    return abs(ratio - 1) < SAME_SHAPE


@watcher_for.register
def _(variant: SyncVariant) -> SyncWatcher:
    return SyncWatcher()
