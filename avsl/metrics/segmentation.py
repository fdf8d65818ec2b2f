"""Segmentation as AVSBench scores it: mIoU and F with beta^2 = 0.3 (Zhou et al., ECCV 2022)."""

import torch
from torch import Tensor

from avsl.metrics.overlap import Areas, areas_at

BETA2 = 0.3
F_THRESHOLDS = torch.linspace(0, 1 - 1e-10, 255)  # reached or exceeded


def frame_iou(areas: Areas, pixels: int) -> Tensor:
    """Each frame's share of the mIoU, in [0, 1].

    ``areas`` of the pixels that *exceed* a threshold, (M,) or (M, T), truth 0 or 1; ``pixels`` in a
    frame. A frame where nothing sounds scores the share of it that was left unmarked.
    """
    overlap = areas.hit / (areas.truth + areas.stray + 1e-7)
    return torch.where(areas.truth > 0, overlap, (pixels - areas.stray) / (pixels + 1e-7))


def frame_f(maps: Tensor, truth: Tensor) -> Tensor:
    """F at the 255 thresholds of every frame in which something sounds: (M', 255) float32.

    Average over the frames, then take the maximum: one threshold for the whole set. (AVSBench's own
    code takes the maximum per batch, so that its figure depends on the batch size.)
    """
    sounding = (truth != 0).flatten(1).any(1)
    areas = areas_at(maps[sounding], truth[sounding], F_THRESHOLDS)
    # In float32, as upstream: the sixth decimal of the percentage would differ otherwise.
    precision = areas.hit.float() / (areas.hit + areas.stray + 1e-20).float()
    recall = areas.hit.float() / (areas.truth + 1e-20).float()
    f = (1 + BETA2) * precision * recall / (BETA2 * precision + recall)
    return f.nan_to_num(0.0)


def f_measure(per_frame: Tensor) -> float:
    """The F of a set from :func:`frame_f`, in [0, 1]; nan without a sounding frame."""
    if not len(per_frame):
        return float("nan")
    return float(per_frame.numpy().mean(0).max())  # numpy adds frame by frame, as upstream
