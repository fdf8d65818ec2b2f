"""Truths of boxes: normalised corners to a mask, and several annotators to one truth."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

SIDE_PX = 224  # of every truth and every map that is scored


def rasterise(boxes: Sequence[Sequence[float]] | np.ndarray, side_px: int = SIDE_PX) -> Tensor:
    """The union of boxes as a mask.

    ``boxes`` (N, 4): left, top, right, bottom as fractions of the picture; what lies outside [0, 1]
    is cut off. Edges are rounded down to pixels and the right and lower edge are not part of the
    box, as in the evaluators of LVS, EZ-VSL, SLAVC and ACL.
    Returns (side, side) uint8, 1 inside. No boxes: nothing sounds in view.
    """
    mask = torch.zeros(side_px, side_px, dtype=torch.uint8)
    corners = np.clip(np.asarray(boxes, np.float64).reshape(-1, 4), 0, 1) * side_px
    for left, top, right, bottom in corners.astype(int):
        mask[top:bottom, left:right] = 1
    return mask


def consensus(masks: Tensor | np.ndarray, needed: int = 2) -> Tensor:
    """SoundNet-Flickr's truth from its annotators' masks.

    ``masks`` (A, H, W), 1 where an annotator saw the source. A pixel that ``needed`` of them agree
    on is fully true, one that a single annotator marked is half true (Senocak et al., CVPR 2018).
    Returns (H, W) float32 in [0, 1].
    """
    votes = torch.as_tensor(masks).float().sum(0)
    return (votes / needed).clamp(max=1)
