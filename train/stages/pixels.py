"""Pictures as CLIP wants them."""

import torch
from torch import Tensor

from avsl.variants.acl import CLIP_MEAN, CLIP_STD


def normalised(images: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1], brought to CLIP's mean and deviation."""
    mean, deviation = (
        torch.tensor(each, device=images.device)[:, None, None] for each in (CLIP_MEAN, CLIP_STD)
    )
    return (images - mean) / deviation
