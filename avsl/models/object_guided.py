"""Object-guided localization (EZ-VSL, ECCV 2022): a map that heard, blended with one that is deaf.

At test only. Published numbers with "OGL" were made so; the deaf half marks objects whether or not
they sound, so it must never be on where a map is to show that something was heard.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

HEARD_SHARE = 0.4  # of the audio-visual map in the blend
ROUNDING = 1e-6  # relative: resizing a constant map leaves differences below this


def objectness(features: Tensor) -> Tensor:
    """Mean magnitude over the channels of a classifier's features: (B, C, h, w) to (B, h, w).

    The published one is an ImageNet ResNet-18, :class:`avsl.models.twostream.ResNetTower`.
    """
    return features.abs().mean(dim=1)


def object_guided(
    maps: Tensor, objects: Tensor, size: tuple[int, int] = (224, 224), share: float = HEARD_SHARE
) -> Tensor:
    """``share`` of the map and the rest of the objectness, each min-max: (B, *size) in [0, 1].

    ``maps`` (B, h, w) and ``objects`` (B, h', w') in any unit; bilinear with aligned corners.
    """
    heard, seen = (min_max(_fit(part, size)) for part in (maps, objects))
    return share * heard + (1 - share) * seen


def min_max(maps: Tensor) -> Tensor:
    """Each map (..., h, w) to [0, 1]; a constant one, up to its rounding, to about zero."""
    low, high = maps.amin((-2, -1), keepdim=True), maps.amax((-2, -1), keepdim=True)
    span = high - low
    told_apart = span > ROUNDING * torch.maximum(low.abs(), high.abs())
    return (maps - low) / span.where(told_apart, 1.0)


def _fit(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(maps[:, None], size, mode="bilinear", align_corners=True)[:, 0]
