"""Interactive localization: one picture, several sounds, a map for each (SSLalignment, ICCV 2023).

A picture counts only if the map follows *every* one of its sounds: who always marks the same object
fails, however good that object is.
"""

import torch
from torch import Tensor

from avsl.metrics.overlap import auc, success


def weakest(overlap: Tensor, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The lowest overlap in each picture: (M,) overlaps, (M,) picture ids -> (P,), ids (P,)."""
    ids, member = torch.unique(pictures, return_inverse=True)
    lowest = torch.full((len(ids),), torch.inf, dtype=overlap.dtype)
    return lowest.scatter_reduce_(0, member, overlap, "amin"), ids


def iiou(overlap: Tensor, pictures: Tensor) -> Tensor:
    """1 for each picture whose every source has ciou >= 0.5, (P,); the mean is IIoU."""
    return success(weakest(overlap, pictures)[0])


def iauc(overlap: Tensor, pictures: Tensor) -> Tensor:
    """Each picture's area under success over the 21 overlaps, (P,); the mean is IAUC."""
    return auc(weakest(overlap, pictures)[0])
