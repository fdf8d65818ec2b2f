"""What decides which pixels of a map are marked: sweep, median, adaptive."""

import numpy as np
import torch
from torch import Tensor

from avsl.metrics.overlap import Areas, areas_above, areas_at, auc, ciou, success

SWEEP = 0.05 * torch.arange(1, 20, dtype=torch.float64)  # 0.05..0.95: ACL's absolute thresholds


def sweep(maps: Tensor, truth: Tensor) -> Areas:
    """At each threshold of ``SWEEP``, reached or exceeded: areas (M, 19). As ACL (WACV 2024)."""
    return areas_at(maps, truth, SWEEP)


def median(maps: Tensor, truth: Tensor) -> Areas:
    """The half of each map above its median, as LVS, EZ-VSL, SLAVC, FNAC and SSLalignment.

    Strictly above, as SSLalignment: a constant map marks nothing. (The earlier ones keep the
    median itself, one pixel of 50,176 more in a map without ties.) Their min-max normalisation
    moves the median along with the map, so it is left out.
    """
    half = torch.full((len(maps),), maps.shape[1] * maps.shape[2] // 2)
    return areas_above(maps, truth, ranked(maps, half))


def adaptive(maps: Tensor, truth: Tensor) -> Areas:
    """As many pixels of each map as its truth has (SSLalignment): knows the size of the answer.

    Strictly above the pixel of that rank, as released: one pixel less where there are no ties.
    Half true pixels count whole; an empty truth asks for half of the map.
    """
    pixels = truth.shape[1] * truth.shape[2]
    area = torch.tensor([int(row.count_nonzero()) for row in truth], dtype=torch.long)
    area = torch.where(area > 0, area, pixels // 2)
    return areas_above(maps, truth, ranked(maps, pixels - area))


def best(areas: Areas) -> int:
    """The index of the best of T thresholds: highest cIoU@0.5, among equals the highest AUC."""
    overlap = ciou(areas)
    rates = zip(success(overlap).mean(0).tolist(), auc(overlap).mean(0).tolist(), strict=True)
    ordered = list(rates)
    return max(range(len(ordered)), key=ordered.__getitem__)


def best_on_average(areas: Areas) -> int:
    """The index of the threshold with the highest mean ciou: steadier than a success rate where
    many maps are of few clips.
    """
    return int(ciou(areas).mean(0).argmax())


def ranked(maps: Tensor, ranks: Tensor) -> Tensor:
    """Each map's value at a rank, 0 the lowest: (M, H, W), (M,) -> (M,) float32."""
    found = np.zeros(len(maps), np.float32)
    # numpy selects in place, twenty times faster than torch.kthvalue
    for index, (pixels, rank) in enumerate(zip(maps.flatten(1), ranks.tolist(), strict=True)):
        found[index] = np.partition(pixels.float().numpy(), rank)[rank]
    return torch.from_numpy(found)
