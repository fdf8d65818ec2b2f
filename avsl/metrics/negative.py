"""Negative audio: the map should be empty when nothing in view is heard.

Silence, noise, or the sound of something out of the picture (Juanola et al., ICASSP 2025).
"""

import torch
from torch import Tensor

from avsl.metrics.overlap import OVERLAPS, Areas


def pia(areas: Areas, pixels: int) -> Tensor:
    """Share of each picture that is marked although nothing in it is heard, in [0, 1]; 0 is right.

    ``areas`` of maps whose truth is empty, (M,); ``pixels`` in a map.
    """
    return areas.stray / pixels


def auc_n(activated: Tensor) -> Tensor:
    """Each map's share of AUC_N from its pIA, (M,) -> (M,) in [0, 1].

    Area under the share of maps whose pIA is *at most* each of 21 areas 0..1: high is right. (The
    released code of "Learning from Silence and Noise" counts pIA of *at least* each area, where low
    is right; the two add up to nearly 1.)
    """
    kept = (activated[:, None] <= OVERLAPS).double()
    return torch.trapezoid(kept, OVERLAPS, dim=1)
