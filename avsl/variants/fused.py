"""What it is times which one moves in time: an image-audio variant with synchrony.

The semantic part says what the thing is and marks all of its kind, whole. Synchrony says which of
them moves with the sound. What moves alike is one thing, so a rival is told from the source by the
motion of each, and the rest of the map goes to the one with which it moves.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from avsl.clip import Clip
from avsl.progress import Progress, no_progress, part
from avsl.synchrony.correlation import band_passed
from avsl.synchrony.motion import Motion
from avsl.variants.base import Evidence
from avsl.variants.frames import FrameFeatures
from avsl.variants.fused_card import MOST, NEUTRAL, TILT, TRUST, fused_card
from avsl.variants.image_audio import ImageAudioVariant
from avsl.variants.sync import CONFIDENCE_GATE, SyncVariant

SEMANTIC_SHARE = 0.6  # of the work
STILL = "Too little motion or sound to tell which one sounds, so {} was taken alone."

# Lengths are shares of the map's height. All were chosen on films of the drawn world.
NEAR = 0.07  # synchrony is averaged over so much of a thing ...
NEAR_FLOOR = 0.1  # ... and counts less where less of it is marked
OWN_MOTION = 0.08  # around a peak: what moves there is the motion of the thing
FINE = 0.04
MARKED = 0.5  # of the map's maximum: where the source and a rival may lie
BUSY = 0.2  # of the largest marked motion: what moves less is no rival
MOST_BUSY = 3.0  # times the mean
APART = 0.12  # a rival is no nearer than this
UNLIKE = 0.2  # correlation of a rival's motion with the source's, at most; farther off more
LIKENESS_WEIGHT, DISTANCE_WEIGHT = 24.0, 12.0  # of each place, between source and rival
MASS_FLOOR = 5.0  # map pixels: little things are not judged by a few lucky ones
# A rival is put out wholly or in part: limits at which it is not, and at which it is.
ALIKE = (0.25, 0.1)  # the motions' mean correlation
TIMED = (0.9, 0.6)  # the rival's synchrony as a share of the source's
DISTANCE = (0.3, 0.45)


class FusedVariant:
    """``semantic`` says what sounds, ``synchrony`` which one and when."""

    def __init__(self, semantic: ImageAudioVariant, synchrony: SyncVariant | None = None) -> None:
        self.semantic = semantic
        self.synchrony = synchrony or SyncVariant()
        self.card = fused_card(semantic.card)

    @property
    def device(self) -> object:
        """The semantic part's."""
        return self.semantic.device

    @property
    def frames(self) -> FrameFeatures:
        """What the semantic part saw; may be shared."""
        return self.semantic.frames

    @frames.setter
    def frames(self, frames: FrameFeatures) -> None:
        self.semantic.frames = frames

    @property
    def eye_key(self) -> str:
        """The semantic part's."""
        return self.semantic.eye_key

    @property
    def weights_bytes(self) -> int:
        """What the network's weights take in memory."""
        return self.semantic.weights_bytes

    def localize(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Evidence:
        """Maps at ``times_s`` (T,), of the semantic part's size."""
        semantic = self.semantic.localize(clip, times_s, part(progress, 0.0, SEMANTIC_SHARE))
        told = part(progress, SEMANTIC_SHARE, 1.0)
        motion = self.synchrony.watch(clip, times_s, told)
        judged = None if motion is None else self.synchrony.judge(motion, clip.waveform, told)
        if motion is None or judged is None:
            confidence = semantic.confidence / np.float32(self.semantic.card.confidence_gate)
            note = STILL.format(self.semantic.card.name)
            return replace(semantic, confidence=confidence, notes=(*semantic.notes, note))
        moving = Moving.of(motion)
        scores, sure, windows_s = self.synchrony.at_moments(judged, times_s)
        maps = np.zeros_like(semantic.maps)
        for index, heatmap in enumerate(semantic.maps):
            maps[index] = fuse(heatmap, scores[index], moving)
            told(0.8 + 0.2 * index / len(maps), "Telling like things apart")
        starts = np.minimum(semantic.audio_windows_s[:, 0], windows_s[:, 0])
        ends = np.maximum(semantic.audio_windows_s[:, 1], windows_s[:, 1])
        return replace(
            semantic,
            maps=maps,
            confidence=self.join(semantic.confidence, sure),
            audio_windows_s=np.stack([starts, ends], axis=1),
        )

    def join(self, semantic: np.ndarray, synchrony: np.ndarray) -> np.ndarray:
        """One confidence of both, (T,) each; the gate is 1."""
        gates = np.clip(synchrony / CONFIDENCE_GATE, 0, MOST)
        joined = semantic / self.semantic.card.confidence_gate + TRUST * (gates - NEUTRAL)
        return joined.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Moving:
    """How each block of a clip moves."""

    series: np.ndarray  # (2, N, blocks) float32, band-passed, about unit deviation
    amount: np.ndarray  # (2h, 2w) float32: how strongly each cell moves within a beat
    shape: tuple[int, int]  # h, w

    @classmethod
    def of(cls, motion: Motion) -> "Moving":
        passed = band_passed(motion.series, axis=1)
        series = passed / (passed.std(axis=1, keepdims=True) + 0.05)
        amount = band_passed(np.sqrt(motion.cells.astype(np.float32)), axis=0).std(axis=0)
        return cls(series.reshape(*series.shape[:2], -1), amount, motion.series.shape[2:])

    def likeness(self, where: np.ndarray) -> np.ndarray:
        """How much each place moves as what ``where`` (H, W) weighs: correlation, (H, W)."""
        small = cv2.resize(where, self.shape[::-1], interpolation=cv2.INTER_AREA).ravel()
        own = self.series @ (small / (small.sum() + 1e-9))
        own /= own.std(axis=1, keepdims=True) + 1e-3
        alike = np.einsum("knb,kn->kb", self.series, own) / own.shape[1]
        return _resized(alike.mean(axis=0).reshape(self.shape), where.shape)


def fuse(heatmap: np.ndarray, score: np.ndarray, moving: Moving) -> np.ndarray:
    """The semantic map (H, W) without what moves otherwise than the source, highest on the source.

    ``score`` (h, w): synchrony of each block, in deviations.
    """
    side = heatmap.shape[0]
    timed = _resized(score, heatmap.shape)
    amount = _resized(moving.amount, heatmap.shape)
    mean = (amount * heatmap).sum() / max(heatmap.sum(), 1e-6)
    weight = heatmap * np.minimum(amount / max(mean, 1e-6), MOST_BUSY)
    near = _average(timed, weight, NEAR * side, NEAR_FLOOR)
    marked = heatmap >= MARKED * heatmap.max()
    source = _highest(near, marked)
    rival = _rival(source, weight, marked, moving)
    kept = heatmap
    if rival is not None:
        kept = heatmap * _kept(source, rival, weight, timed, moving)
    tilt = np.clip(near / max(near[source], 1e-3), 0, 1)
    return (kept * (1 - TILT + TILT * tilt)).astype(np.float32)


def _rival(
    source: tuple[int, int], weight: np.ndarray, marked: np.ndarray, moving: Moving
) -> tuple[int, int] | None:
    """The marked place that moves least as the source does; None where all moves alike."""
    side = weight.shape[0]
    alike = _moves_as(source, weight, moving)
    busy = _blurred(weight, FINE * side)
    away = _distance(source, weight.shape)
    worth = UNLIKE - alike + 0.5 * np.minimum(away, 0.4)
    place = _highest(worth, marked & (busy >= BUSY * busy.max()) & (away > APART))
    return place if place != source and worth[place] > 0 else None


def _kept(
    source: tuple[int, int],
    rival: tuple[int, int],
    weight: np.ndarray,
    timed: np.ndarray,
    moving: Moving,
) -> np.ndarray:
    """What of each place is kept, (H, W) in [0, 1]."""
    as_source, as_rival = (_moves_as(place, weight, moving) for place in (source, rival))
    to_source, to_rival = (_distance(place, weight.shape) for place in (source, rival))
    nearer = LIKENESS_WEIGHT * (as_source - as_rival) + DISTANCE_WEIGHT * (to_rival - to_source)
    owned = np.clip(1.3 / (1 + np.exp(-nearer)) - 0.15, 0, 1)
    score, other = (
        (timed * weight * share).sum() / ((weight * share).sum() + MASS_FLOOR)
        for share in (owned, 1 - owned)
    )
    strength = (
        _between((as_source[rival] + as_rival[source]) / 2, *ALIKE)
        * _between(other / max(score, 0.05), *TIMED)
        * _between(to_source[rival], *DISTANCE)
    )
    return 1 - strength * (1 - owned)


def _moves_as(place: tuple[int, int], weight: np.ndarray, moving: Moving) -> np.ndarray:
    """(H, W): correlation with the motion around ``place``, where little moves that of nearby."""
    side = weight.shape[0]
    dot = np.zeros_like(weight)
    dot[place] = 1
    alike = moving.likeness(_blurred(dot, OWN_MOTION * side) * weight)
    return _average(alike, weight, FINE * side, 0.02)


def _between(value: float, none: float, full: float) -> float:
    """0 at ``none``, 1 at ``full``, linear in between."""
    return float(np.clip((value - none) / (full - none), 0, 1))


def _highest(values: np.ndarray, allowed: np.ndarray) -> tuple[int, int]:
    return np.unravel_index(np.where(allowed, values, -np.inf).argmax(), values.shape)


def _distance(place: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """(H, W) in shares of the height."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(y - place[0], x - place[1]) / shape[0]


def _average(values: np.ndarray, weight: np.ndarray, sigma: float, floor: float) -> np.ndarray:
    return _blurred(values * weight, sigma) / (_blurred(weight, sigma) + floor)


def _blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    image = np.ascontiguousarray(values, np.float32)
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)


def _resized(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    image = np.ascontiguousarray(values, np.float32)
    return cv2.resize(image, shape[::-1], interpolation=cv2.INTER_LINEAR)
