"""From block scores to a map that follows the edges of things."""

import cv2
import numpy as np

from avsl.synchrony.motion import SERIES_HZ

NEAR_S = 0.5
SHARP = 0.5
GUIDE_RADIUS_PX = 5  # half the window of the guided filter, in map pixels
GUIDE_SOFTNESS = 0.02**2  # variance of the guide (in [0, 1]) under which the filter smooths


def struck_energy(cells: np.ndarray, sound: np.ndarray, moment_s: float) -> np.ndarray:
    t = np.arange(len(sound)) / SERIES_HZ
    near = np.flatnonzero(np.abs(t - moment_s) < 2.5 * NEAR_S)
    w = np.exp(-0.5 * ((t[near] - moment_s) / NEAR_S) ** 2)
    w = w * np.maximum(sound[near], 0)
    return (w / (w.sum() + 1e-6)) @ cells[near].reshape(len(near), -1).astype(np.float32)


def edge_aligned(score: np.ndarray, energy: np.ndarray, guide: np.ndarray) -> np.ndarray:
    height, width = guide.shape
    large = np.maximum(
        cv2.resize(np.maximum(score, 0), (width, height), interpolation=cv2.INTER_LINEAR), 0
    )
    moving = cv2.resize(energy, (width, height), interpolation=cv2.INTER_LINEAR)
    drawn = large * np.maximum(moving, 0) ** SHARP
    filtered = guided_filter(drawn, guide.astype(np.float32) / 255)
    peak = filtered.max()
    if peak <= 0:
        return np.zeros((height, width), np.float32)
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
