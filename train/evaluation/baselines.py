"""Baselines that hear nothing: what a number is worth without any listening."""

from collections.abc import Callable

import cv2
import numpy as np
from scipy import ndimage

from avsl.clip import Clip
from avsl.progress import Progress, no_progress
from avsl.variants import Evidence, State, VariantCard

CENTRE_SIGMA = 0.25  # of the picture's sides, so a wide picture has a wide blob
SALIENCY_PX = 64  # Hou and Zhang's size: details much finer than objects are lost on purpose
SALIENCY_BLUR_PX = 2.5
MAP_PX = 56


class Baseline:
    """A :class:`avsl.variants.Variant` of a picture alone, ``look``: uint8 (H, W, 3) -> (h, w)."""

    def __init__(self, name: str, title: str, summary: str, paper: str, look: Callable) -> None:
        self._look = look
        self.card = VariantCard(
            name=name,
            title=title,
            summary=summary,
            limits="It does not listen: the map is the same whatever is heard.",
            state=State.READY,
            licence="MIT",
            paper=paper,
            threshold=0.5,
            threshold_rule="Half of the strongest value.",
            confidence_gate=0.5,
            confidence_rule="Mean of the top quarter of the map, as SLAVC for two-stream maps.",
        )

    def localize(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Evidence:
        """Maps at ``times_s`` (T,): (T, h, w)."""
        frames = clip.frames_at(times_s, SALIENCY_PX, SALIENCY_PX)
        maps = np.stack([self._look(frame) for frame in frames]).astype(np.float32)
        windows = np.tile([0.0, clip.duration_s], (len(maps), 1))
        return Evidence(maps, top_quarter(maps), windows)


def baselines() -> list[Baseline]:
    """``whole``, ``centre`` and ``saliency``."""
    return [
        Baseline("whole", "Whole image", "Everything sounds.", "", whole),
        Baseline(
            "centre",
            "Centre Gaussian",
            f"A Gaussian in the middle, its sigma {CENTRE_SIGMA} of each side.",
            "",
            centre,
        ),
        Baseline(
            "saliency",
            "Saliency (spectral residual)",
            "What stands out from the picture's own statistics.",
            "Hou and Zhang, CVPR 2007",
            saliency,
        ),
    ]


def top_quarter(maps: np.ndarray) -> np.ndarray:
    """Mean of the largest quarter of each map: (T, h, w) -> (T,) float32."""
    values = np.sort(maps.reshape(len(maps), -1), axis=1)
    return values[:, -max(1, values.shape[1] // 4) :].mean(axis=1).astype(np.float32)


def whole(frame: np.ndarray) -> np.ndarray:
    return np.ones((MAP_PX, MAP_PX), np.float32)


def centre(frame: np.ndarray) -> np.ndarray:
    place = (np.arange(MAP_PX) + 0.5) / MAP_PX - 0.5
    along = np.exp(-((place / CENTRE_SIGMA) ** 2) / 2)
    return np.outer(along, along)


def saliency(frame: np.ndarray) -> np.ndarray:
    """Spectral residual of uint8 (64, 64, 3): what is left of the log spectrum after its local
    mean, back in the picture, squared, blurred; scaled to [0, 1], 0 for a picture of one colour.
    """
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float64) / 255
    if np.ptp(grey) < 1 / 255:
        return np.zeros((SALIENCY_PX, SALIENCY_PX))
    spectrum = np.fft.fft2(grey)
    level = np.log(np.abs(spectrum) + 1e-9)
    residual = level - ndimage.uniform_filter(level, 3, mode="wrap")
    back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    smooth = ndimage.gaussian_filter(back, SALIENCY_BLUR_PX)
    return (smooth - smooth.min()) / max(np.ptp(smooth), 1e-12)
