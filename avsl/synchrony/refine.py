"""From block scores to a map that lies on the things that move."""

import cv2
import numpy as np

from avsl.synchrony.motion import SERIES_HZ

STRUCK_SIGMA_S = 0.5  # a moment is drawn from the motion at onsets about this near ...
NOW_HALF_S = 0.07  # ... and from the motion this near, so that a map follows what travels
NOW_FLOOR = 0.15  # of the largest motion now: what rests between two beats stays in the map
SCORE_POWER = 1.5  # above 1: little but well-timed motion wins over much that fits badly
MOTION_POWER = 0.4  # below 1: the whole of a thing is shown, not only what moves most
GUIDE_RADIUS_PX = 4  # half the window of the guided filter, in map pixels
GUIDE_SOFTNESS = 0.02**2  # variance of the guide (in [0, 1]) below which the filter smooths


def moving_cells(cells: np.ndarray, sound: np.ndarray, moment_s: float) -> np.ndarray:
    """What moves with the onsets around a moment: cells (N, h, w), sound (N,) -> (h, w) float32.

    The motion at nearby onsets, weighted by their strength, times the motion right now.
    """
    reach = round(3 * STRUCK_SIGMA_S * SERIES_HZ)
    centre = min(round(moment_s * SERIES_HZ), len(sound) - 1)
    near = slice(max(0, centre - reach), centre + reach + 1)
    distance_s = np.arange(len(sound))[near] / SERIES_HZ - moment_s
    weights = np.exp(-0.5 * (distance_s / STRUCK_SIGMA_S) ** 2) * np.maximum(sound[near], 0)
    struck = np.tensordot(weights.astype(np.float32), cells[near].astype(np.float32), axes=1)
    struck /= weights.sum() + 1e-6
    half = round(NOW_HALF_S * SERIES_HZ)
    now = cells[max(0, centre - half) : centre + half + 1].max(axis=0).astype(np.float32)
    now = cv2.GaussianBlur(now, (0, 0), 1.0)
    now += NOW_FLOOR * now.max() + 1e-3
    return (struck * now) ** MOTION_POWER


def edge_aligned(score: np.ndarray, moving: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """One map: block scores (h, w), moving (2h, 2w), grey uint8 (4h, 4w) -> (4h, 4w) float32.

    Values are in [0, 1] and the largest is 1, or all are 0 where nothing scores above chance.
    """
    size = guide.shape[::-1]
    timed = np.maximum(score, 0) ** SCORE_POWER
    evidence = cv2.resize(timed, size) * cv2.resize(moving, size)
    filtered = guided_filter(evidence, guide.astype(np.float32) / 255)
    peak = filtered.max()
    if peak <= 0:
        return np.zeros(guide.shape, np.float32)
    return np.clip(filtered / peak, 0, 1)


def guided_filter(values: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """Smooth ``values`` within the edges of ``guide``, both float32 (H, W) (He et al. 2013)."""
    size = (2 * GUIDE_RADIUS_PX + 1,) * 2

    def mean(image: np.ndarray) -> np.ndarray:
        return cv2.blur(image, size, borderType=cv2.BORDER_REFLECT)

    mean_guide, mean_values = mean(guide), mean(values)
    variance = mean(guide * guide) - mean_guide**2
    covariance = mean(guide * values) - mean_guide * mean_values
    slope = covariance / (variance + GUIDE_SOFTNESS)
    offset = mean_values - slope * mean_guide
    return mean(slope) * guide + mean(offset)
