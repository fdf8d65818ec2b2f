"""How well each block moves in time with the sound, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d

from avsl.synchrony.motion import SERIES_HZ

FAST_S = 0.03  # series are band-passed: Gaussian of this width ...
SLOW_S = 0.2  # ... minus Gaussian of this one, so that only changes within a beat count
SOFT_LIMIT = 2.0  # standard deviations of the sound: one bang alone must not decide
MOTION_FLOOR = 0.15  # added to the deviation of a block, so that stillness is not blown up
SOUND_FLOOR = 0.001  # likewise, so that a silent window stays silent

REACH_BLOCKS = 2.0  # how far neighbours that move alike speak together (Gaussian)
POOLED_FLOOR = 0.1  # added to the deviation once more after that

LAG_REACH = 4  # samples (133 ms): picture and sound may be this far apart ...
LAG_SIGMA = 1.5  # ... and count the less, the farther
MOST_LAG = 9  # samples (300 ms): devices may disagree by so much for as long as they run
SEARCHED_LAG = 12  # samples (400 ms): in a recording the sound may be this far off throughout ...
EARLY_SIGMA, LATE_SIGMA = 2.0, 6.0  # ... and lags count the less, the farther: it is mostly late
CLEAR_LAG, CLEAR_SHARE = 0.3, 0.2  # a lag must beat none by so much: deviations, and a share more
NULL_GAP_S = 0.5  # shifts of the sound beyond this are taken for chance
NULL_FLOOR = 0.1  # correlation; added to the deviation under chance
BUSY_PERCENTILE = 90.0  # over time, of the change of a block ...
LEAST_CHANGE_GREY = 0.3  # ... and what the usual change is at least, for still pictures
LOCAL_S = 0.6  # deviation of the Gaussian within which a moment agrees with the sound
LEAST_AGREEMENT = 0.02  # correlation on the whole; below, no moment is better than another
TOP_SHARE = 0.07  # of the blocks; their mean is the score of the whole picture
BEST_FLOOR = 0.05  # least deviation of that mean under chance: silence and stillness stay at 0


@dataclass(frozen=True, eq=False)
class Synchrony:
    """What one window says."""

    score: np.ndarray  # (h, w) float32: deviations above chance, block by block
    confidence: float  # deviations of the picture's best blocks above theirs under chance
    by_lag: np.ndarray  # (2 * MOST_LAG + 1,) float32: the best blocks' score with the picture so
    # many samples early (first) to late (last), each lag for itself


def band_passed(series: np.ndarray, axis: int = 0) -> np.ndarray:
    """Difference of Gaussians over time at SERIES_HZ; same shape, float32."""
    fast, slow = (
        gaussian_filter1d(series, width_s * SERIES_HZ, axis=axis, mode="nearest")
        for width_s in (FAST_S, SLOW_S)
    )
    return (fast - slow).astype(np.float32)


def normalised_sound(series: np.ndarray) -> np.ndarray:
    """A band-passed sound series (N,) with unit deviation, softly limited."""
    scaled = series / (series.std() + SOUND_FLOOR)
    return SOFT_LIMIT * np.tanh(scaled / SOFT_LIMIT)


def synchrony(
    motion: np.ndarray,
    sound: np.ndarray,
    weights: np.ndarray | None = None,
    mouths: np.ndarray | None = None,
) -> Synchrony:
    """Compare band-passed motion (K, N, h, w) and sound (N,) of one window.

    The sound is also compared at every circular shift: beyond NULL_GAP_S those are what chance
    gives with this very motion and this very sound, and all scores are in its deviations.

    ``weights`` (h, w) in [0, 1]: how much each block counts. ``mouths`` (N,): how well the best
    mouth agrees at every shift; it counts for the confidence, under chance as well.
    """
    heard, shape = normalised_sound(sound), motion.shape[2:]
    return _judged(_prepared(motion), heard, shape, 0, weights, mouths)


@dataclass(frozen=True, eq=False)
class LagScores:
    """What one window says if the sound is early (first) to late (last) by up to SEARCHED_LAG."""

    scores: np.ndarray  # (2 * SEARCHED_LAG + 1, h, w) float32: deviations above chance, by block
    best: np.ndarray  # (2 * SEARCHED_LAG + 1,) float32: of the best blocks, less for unlikely lags
    chance: tuple[float, float]  # mean and deviation of the best lag's ``best`` under chance

    def at(self, lag: int) -> Synchrony:
        """If the sound is late by ``lag`` samples."""
        index = lag + SEARCHED_LAG
        mean, deviation = self.chance
        confidence = float(self.best[index] - mean) / max(deviation, BEST_FLOOR)
        near = slice(SEARCHED_LAG - MOST_LAG, SEARCHED_LAG + MOST_LAG + 1)
        by_lag = self.best[near][::-1]  # a late sound is an early picture
        return Synchrony(self.scores[index], confidence, by_lag)


def score_lags(
    motion: np.ndarray, sound: np.ndarray, weights: np.ndarray | None = None
) -> LagScores:
    """Compare band-passed motion (K, N, h, w) and sound (N,) of one window at every lag;
    ``weights`` as for :func:`synchrony`.

    The sound is also compared at every circular shift: beyond NULL_GAP_S those are what chance
    gives with this very motion and this very sound, and all scores are in its deviations. Chance
    has its choice of lags, too.
    """
    correlation = _correlation(_prepared(motion), torch.from_numpy(normalised_sound(sound)))
    scores = _weighted(_above_chance(_forgiving(correlation)), weights)  # (N shifts, blocks)
    best = _best(scores)
    lags = np.arange(-SEARCHED_LAG, SEARCHED_LAG + 1)
    likely = _likelihood(lags)
    gap = round(NULL_GAP_S * SERIES_HZ) + SEARCHED_LAG
    shifted = [float(p) * best.roll(int(lag)) for lag, p in zip(lags, likely, strict=True)]
    chance = torch.stack(shifted).amax(dim=0)[gap : len(best) - gap]
    rows = torch.from_numpy(-lags % len(best))
    return LagScores(
        scores[rows].reshape(len(lags), *motion.shape[2:]).numpy(),
        (likely * best[rows].numpy()).astype(np.float32),
        (float(chance.mean()), float(chance.std())),
    )


def common_lag(windows: Sequence[LagScores]) -> int:
    """By how many samples the sound is late in a whole recording; 0 unless that is clear."""
    best = np.mean([window.best for window in windows], axis=0)
    lag = int(best.argmax()) - SEARCHED_LAG
    none = max(0.0, best[SEARCHED_LAG])
    return lag if best.max() > (1 + CLEAR_SHARE) * none + CLEAR_LAG else 0


def _likelihood(lags: np.ndarray) -> np.ndarray:
    sigma = np.where(lags < 0, EARLY_SIGMA, LATE_SIGMA)
    return np.exp(-0.5 * (lags / sigma) ** 2)


def weigh_blocks(differences: np.ndarray) -> np.ndarray:
    """How much each block of a window counts, (h, w) in [0, 1]: 1 where it changes as much as most
    of the picture does, less where it hardly does, as walls and ceilings.

    ``differences`` (N, h, w): grey levels from frame to frame.
    """
    change = np.percentile(differences, BUSY_PERCENTILE, axis=0)
    usual = max(float(np.median(change)), LEAST_CHANGE_GREY)
    return np.clip(change / usual, 0, 1).astype(np.float32)


def local_agreement(motion: np.ndarray, sound: np.ndarray, score: np.ndarray) -> np.ndarray:
    """When in a window the best blocks move with the sound: (N,) float32, of mean 1.

    ``motion`` (K, N, h, w) and ``sound`` (N,) are band-passed, ``score`` is (h, w). All 1 where
    they do not do so on the whole.
    """
    count = max(1, round(TOP_SHARE * score.size))
    best = np.argsort(score, axis=None)[-count:]
    blocks = motion.reshape(*motion.shape[:2], -1)[:, :, best]
    moving = (blocks / (blocks.std(axis=1, keepdims=True) + MOTION_FLOOR)).mean(axis=(0, 2))
    agreement = gaussian_filter1d(moving * normalised_sound(sound), LOCAL_S * SERIES_HZ)
    mean = float(agreement.mean())
    return agreement / mean if mean > LEAST_AGREEMENT else np.ones_like(agreement)


def recent_synchrony(
    motion: np.ndarray,
    sound: np.ndarray,
    memories_s: Sequence[float],
    lag: int = 0,
    weights: np.ndarray | None = None,
    mouths: Sequence[np.ndarray | None] | None = None,
) -> list[Synchrony]:
    """:func:`synchrony` as it stands at the window's end, one for each memory.

    The sound counts the less the longer ago it was: by a factor of e for every memory. A short
    memory says soon that something else sounds now; a long one is surer. ``lag``: samples by which
    the picture is known to be later than its sound. ``weights`` and, for each memory, ``mouths``
    as for :func:`synchrony`.
    """
    blocks, heard = _prepared(motion), normalised_sound(sound)
    return [
        _judged(blocks, heard * recency(len(heard), memory_s), motion.shape[2:], lag, weights, each)
        for memory_s, each in zip(memories_s, mouths or [None] * len(memories_s), strict=True)
    ]


def recency(count: int, memory_s: float) -> np.ndarray:
    """How much each of ``count`` samples counts, the newest most: (N,) float32, of mean 1."""
    age_s = np.arange(count)[::-1] / SERIES_HZ
    weights = np.exp(-age_s / memory_s).astype(np.float32)
    return weights / weights.mean()


def _prepared(motion: np.ndarray) -> torch.Tensor:
    """(K, N, h, w) -> (K, N, blocks): unit deviation, neighbours pooled."""
    kinds, count, height, width = motion.shape
    blocks = torch.from_numpy(motion).reshape(kinds, count, height * width)
    blocks = blocks / (blocks.std(dim=1, keepdim=True) + MOTION_FLOOR)
    return _pooled(blocks, height, width)


def _judged(
    blocks: torch.Tensor,
    heard: np.ndarray,
    shape: tuple[int, int],
    lag: int,
    weights: np.ndarray | None = None,
    mouths: np.ndarray | None = None,
) -> Synchrony:
    """Of prepared blocks (K, N, blocks) and a normalised sound (N,)."""
    correlation = _correlation(blocks, torch.from_numpy(heard))  # (N shifts, blocks)
    scores = _weighted(_above_chance(_forgiving(correlation.roll(-lag, dims=0))), weights)
    best = _best(scores)
    if mouths is not None:
        best = best + torch.from_numpy(mouths)
    chance = best[_chance_shifts(len(heard))]
    confidence = (best[0] - chance.mean()) / chance.std().clamp(min=BEST_FLOOR)
    lags = _above_chance(correlation).roll(MOST_LAG, dims=0)[: 2 * MOST_LAG + 1]
    return Synchrony(scores[0].reshape(shape).numpy(), float(confidence), _best(lags).numpy())


def _weighted(scores: torch.Tensor, weights: np.ndarray | None) -> torch.Tensor:
    return scores if weights is None else scores * torch.from_numpy(weights.reshape(-1))


def _best(scores: torch.Tensor) -> torch.Tensor:
    """(N, blocks) -> (N,): the mean of the highest few."""
    return scores.topk(max(1, round(TOP_SHARE * scores.shape[1])), dim=1).values.mean(dim=1)


def _pooled(blocks: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Let neighbours that move alike speak together: (K, N, blocks), unit deviation again."""
    unit = torch.nn.functional.normalize(blocks - blocks.mean(dim=1, keepdim=True), dim=1)
    likeness = (unit.transpose(1, 2) @ unit).clamp(min=0) * _nearness(height, width)
    weights = likeness / (likeness.sum(dim=2, keepdim=True) + 1e-9)
    pooled = blocks @ weights.transpose(1, 2)
    return pooled / (pooled.std(dim=1, keepdim=True) + POOLED_FLOOR)


@lru_cache(maxsize=4)
def _nearness(height: int, width: int) -> torch.Tensor:
    """(blocks, blocks): 1 for a block itself, falling with the distance in blocks."""
    places = torch.cartesian_prod(torch.arange(height), torch.arange(width)).float()
    return torch.exp(-torch.cdist(places, places).square() / (2 * REACH_BLOCKS**2))


def _correlation(blocks: torch.Tensor, sound: torch.Tensor) -> torch.Tensor:
    """At every circular shift of the picture, the best over kinds of motion: (N, blocks)."""
    count = len(sound)
    spectrum = torch.fft.rfft(blocks, dim=1) * torch.fft.rfft(sound).conj()[:, None]
    return torch.fft.irfft(spectrum, n=count, dim=1).amax(dim=0) / count


def _forgiving(shifts: torch.Tensor) -> torch.Tensor:
    """At every shift the best over those nearby, the farther the less: (N, blocks)."""
    best = shifts
    for lag in range(1, LAG_REACH + 1):
        weight = float(np.exp(-0.5 * (lag / LAG_SIGMA) ** 2))
        for signed in (lag, -lag):
            best = torch.maximum(best, weight * shifts.roll(signed, dims=0))
    return best


def _above_chance(correlation: torch.Tensor) -> torch.Tensor:
    """(N shifts, blocks) in deviations above the mean over the shifts that are chance."""
    chance = correlation[_chance_shifts(len(correlation))]
    return (correlation - chance.mean(dim=0)) / (chance.std(dim=0) + NULL_FLOOR)


def _chance_shifts(count: int) -> slice:
    gap = round(NULL_GAP_S * SERIES_HZ)
    return slice(gap, count - gap)
