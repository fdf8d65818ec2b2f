"""The training-free variant: what moves in time with the sound."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from avsl.clip import Clip
from avsl.progress import Progress, no_progress
from avsl.synchrony.correlation import (
    Synchrony,
    band_passed,
    common_lag,
    local_agreement,
    score_lags,
    synchrony,
    weigh_blocks,
)
from avsl.synchrony.faces import FaceTracker, face_size
from avsl.synchrony.motion import (
    SERIES_HZ,
    Motion,
    MouthTrack,
    block_motion,
    grey_differences,
    hold_frames,
    working_size,
)
from avsl.synchrony.onsets import onset_series
from avsl.synchrony.refine import edge_aligned, moving_cells
from avsl.synchrony.speakers import compare_mouths, hear_voice
from avsl.variants.base import Evidence, State, VariantCard

WINDOW_S = 8.0  # picture and sound that one judgement rests on; shorter clips give all they have
LAG_WINDOW_S = 10.0  # where the sound is late, of which a longer stretch is surer
WINDOW_HOP_S = 1.0  # between judgements; moments in between are interpolated
STEADY_GREY = 10.0  # change of the median block; above it the camera swings, and less is sure
MOMENT_SHARE = 0.25  # by which a moment may be surer than its window, or less sure
MIN_DURATION_S = 2.0  # below, chance has too few shifts of the sound to show itself
CONFIDENCE_GATE = 2.5

SYNC_CARD = VariantCard(
    name="sync",
    title="Synchrony (no training)",
    summary="Shows what moves in time with the sound; needs no weights and runs anywhere.",
    limits=(
        "Continuous sounds such as water, engines or crowds leave no synchrony to find, and of "
        "people talking only some are found."
    ),
    state=State.READY,
    licence="MIT",
    paper="Fisher and Darrell 2004; Kidron, Schechner and Elad 2005; Izadinia et al. 2013",
    threshold=0.5,
    threshold_rule="Half of the strongest value at each moment, checked on generated clips.",
    confidence_gate=CONFIDENCE_GATE,
    confidence_rule=(
        "Deviations by which the best blocks, and the best mouth while there is speech, beat what "
        "the same picture and the same sound give when shifted in time. On 37 real clips of all "
        "kinds, each with settings that were chosen on the others, 34 % of the moments with their "
        "source in view are marked rightly, 4 % of all audible moments wrongly. Of the moments "
        "with a foreign sound 3 % pass the gate, of those with a foreign voice over a face 8 %."
    ),
    min_duration_s=MIN_DURATION_S,
)


@dataclass(frozen=True, eq=False)
class Judgements:
    """What each of the W windows says of one picture and one sound."""

    sound: np.ndarray  # (N,) float32, band-passed onsets at SERIES_HZ
    windows_s: np.ndarray  # (W, 2) start and end
    results: list[Synchrony]
    lag: int  # samples at SERIES_HZ by which the sound is later than what makes it
    agreement: np.ndarray  # (N,) float32: when picture and sound agree, about 1 on the mean


class SyncVariant:
    """Synchrony of motion and sound: see :mod:`avsl.synchrony`.

    ``watch`` (dear) does not depend on the sound; ``judge`` and ``draw`` are cheap, so another
    sound for the same picture is.
    """

    card = SYNC_CARD

    def localize(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Evidence:
        """Maps at ``times_s`` (T,): (T, h, w), the longer side about 80 pixels."""
        motion = self.watch(clip, times_s, progress)
        judged = None if motion is None else self.judge(motion, clip.waveform, progress)
        if motion is None or judged is None:
            return _abstention(clip, times_s)
        return self.draw(motion, judged, times_s, progress)

    def watch(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Motion | None:
        """The motion of the whole clip; None where there is too little picture to follow."""
        if clip.duration_s < MIN_DURATION_S:
            return None
        width, height = working_size(clip.width, clip.height)
        frames = clip.stream(width, height, gray=True)
        motion = block_motion(
            hold_frames(frames, clip.frame_times_s, clip.duration_s),
            clip.duration_s,
            times_s,
            lambda time_s: progress(0.4 * time_s / clip.duration_s, "Following what moves"),
        )
        return motion and replace(motion, mouths=_watch_mouths(clip, motion, progress))

    def judge(
        self, motion: Motion, waveform: np.ndarray, progress: Progress = no_progress
    ) -> Judgements | None:
        """Compare the motion with a mono 16 kHz sound (S,); None where that is digital silence."""
        if not waveform.any():
            return None
        count = motion.series.shape[1]
        moving = band_passed(motion.series, axis=1)
        sound = band_passed(onset_series(waveform, count))
        differences = grey_differences(motion.series)
        voice = hear_voice(waveform, count) if motion.mouths else None
        lagged = []
        for window in _windows(count, LAG_WINDOW_S):
            moved = np.ascontiguousarray(moving[:, window])
            lagged.append(score_lags(moved, sound[window], weigh_blocks(differences[window])))
            progress(0.7 + 0.05 * window.stop / count, "Comparing with the sound")
        lag = common_lag(lagged)
        # most sounds are not late; then shorter windows tell more of when
        windows = list(_windows(count, LAG_WINDOW_S if lag else WINDOW_S))
        results, agreements = [], []
        for index, window in enumerate(windows):
            moved, heard = np.ascontiguousarray(moving[:, window]), sound[window]
            speakers = voice and compare_mouths(motion.mouths, voice, window, moving.shape[2:])
            if lag:
                result = lagged[index].at(lag)
            else:
                mouths = speakers.agreement if speakers else None
                result = synchrony(moved, heard, weigh_blocks(differences[window]), mouths)
            shake = float(np.median(differences[window], axis=(1, 2)).mean())
            steady = min(1.0, STEADY_GREY / max(shake, 1e-6))
            agreement = np.ones(len(heard), np.float32)
            if not speakers:  # what the picture's best blocks do is not what tells of speech
                agreement = local_agreement(moved, np.roll(sound, -lag)[window], result.score)
            agreements.append(agreement)
            score = result.score + speakers.score if speakers else result.score
            results.append(replace(result, score=score, confidence=steady * result.confidence))
            progress(0.75 + 0.05 * window.stop / count, "Comparing with the sound")
        windows_s = np.array([[window.start, window.stop] for window in windows]) / SERIES_HZ
        return Judgements(sound, windows_s, results, lag, _overlap_mean(agreements, windows))

    def at_moments(
        self, judged: Judgements, times_s: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Block scores (T, h, w), confidence (T,) and windows (T, 2) at ``times_s`` (T,)."""
        between = _Interpolation(judged.windows_s.mean(axis=1), times_s)
        scores = np.stack([result.score for result in judged.results])
        confidences = np.array([result.confidence for result in judged.results])
        each = [between.one(scores, index) for index in range(len(times_s))]
        return np.stack(each), between(confidences).astype(np.float32), between(judged.windows_s)

    def draw(
        self,
        motion: Motion,
        judged: Judgements,
        times_s: np.ndarray,
        progress: Progress = no_progress,
    ) -> Evidence:
        """The map and the confidence at each moment (T,); below the gate a map is a guess."""
        between = _Interpolation(judged.windows_s.mean(axis=1), times_s)
        scores = np.stack([result.score for result in judged.results])
        confidences = np.array([result.confidence for result in judged.results])
        sample = np.clip(np.round(times_s * SERIES_HZ), 0, len(judged.agreement) - 1).astype(int)
        lately = 1 + MOMENT_SHARE * np.tanh(judged.agreement[sample] - 1)
        confidence = (between(confidences) * lately).astype(np.float32)
        maps = np.zeros((len(times_s), *motion.guides.shape[1:]), np.float32)
        heard = np.roll(judged.sound, -judged.lag)  # the sound when what makes it is seen
        for index, time_s in enumerate(times_s):
            moving = moving_cells(motion.cells, heard, time_s)
            score = between.one(scores, index)
            maps[index] = edge_aligned(score, moving, motion.guides[index])
            progress(0.8 + 0.2 * index / len(times_s), "Drawing the maps")
        return Evidence(maps, confidence, between(judged.windows_s), cuts_s=motion.cuts_s)


def _watch_mouths(clip: Clip, motion: Motion, progress: Progress) -> tuple[MouthTrack, ...]:
    """The faces of a clip whose motion is known, each through the shots it is in."""
    tracker, cuts_s = FaceTracker(), list(motion.cuts_s)
    for time_s, frame in clip.stream(*face_size(clip.width, clip.height)):
        while cuts_s and time_s >= cuts_s[0]:
            cuts_s.pop(0)
            tracker.cut()
        tracker.add(time_s, frame)
        progress(0.4 + 0.3 * min(1.0, time_s / clip.duration_s), "Looking for faces")
    return tracker.mouths(np.arange(motion.series.shape[1]) / SERIES_HZ)


def _windows(count: int, length_s: float) -> Iterator[slice]:
    """Samples of overlapping windows that cover ``count`` of them, the last ending with them."""
    size, hop = min(count, round(length_s * SERIES_HZ)), round(WINDOW_HOP_S * SERIES_HZ)
    for start in np.unique([*range(0, count - size, hop), count - size]).tolist():
        yield slice(start, start + size)


def _overlap_mean(series: list[np.ndarray], windows: list[slice]) -> np.ndarray:
    """The mean of what overlapping windows say of each sample: (N,) float32."""
    total, count = (np.zeros(windows[-1].stop, np.float32) for _ in range(2))
    for each, window in zip(series, windows, strict=True):
        total[window] += each
        count[window] += 1
    return total / count


class _Interpolation:
    """Linear between window centres (W,), held at the ends, at moments (T,)."""

    def __init__(self, centres_s: np.ndarray, times_s: np.ndarray) -> None:
        place = np.interp(times_s, centres_s, np.arange(len(centres_s)))
        self._before = place.astype(int)
        self._after = np.minimum(self._before + 1, len(centres_s) - 1)
        self._share = place - self._before

    def one(self, values: np.ndarray, index: int) -> np.ndarray:
        """Of values (W, ...) the one at moment ``index``."""
        share = np.float32(self._share[index])
        return (1 - share) * values[self._before[index]] + share * values[self._after[index]]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Of values (W, ...) those at all moments: (T, ...)."""
        share = self._share.reshape(-1, *[1] * (values.ndim - 1))
        return (1 - share) * values[self._before] + share * values[self._after]


def _abstention(clip: Clip, times_s: np.ndarray) -> Evidence:
    """Empty maps without confidence."""
    width, height = working_size(clip.width, clip.height)
    return Evidence(
        np.zeros((len(times_s), height // 2, width // 2), np.float32),
        np.zeros(len(times_s), np.float32),
        np.tile([0.0, clip.duration_s], (len(times_s), 1)),
        ("Too little picture or sound to compare the two, so nothing is shown.",),
    )
