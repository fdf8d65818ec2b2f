"""Several sources in one frame: class-aware IoU and average precision, with and without labels.

Per frame there are K truths and K maps, one for each source. *Frame-wise* a frame counts once, with
the mean over its sources (class-aware IoU of DSOL, Hu et al., NeurIPS 2020; CAP and PIAP of Mix and
Localize, Hu et al., CVPR 2022). *Source-wise* every source counts as a case of its own; papers that
cut a duet into its two tiles report this, on maps of one tile each, which is easier: never compare
the two. The average precision is that of the pixels of a map, which needs no threshold.
"""

from itertools import permutations

import torch
from torch import Tensor

from avsl.metrics.overlap import chunks

MOST_SOURCES = 5  # 120 permutations; frames with more are refused


def pixel_ap(maps: Tensor, truth: Tensor) -> Tensor:
    """Average precision of the pixels of each map: (M, H, W), (M, H, W) -> (M,) float64.

    Pixels are ranked by their value, equal values together; a pixel is positive where the truth is
    0.5 or more. nan where nothing is positive.
    """
    found = torch.zeros(len(maps), dtype=torch.float64)
    for rows, values, true in chunks(maps, truth):
        found[rows] = _pixel_ap(values.flatten(1), true.flatten(1))
    return found


def frame_means(values: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
    """Mean over the sources of each frame: (M,) values, (M,) frame ids -> (F,), ids (F,)."""
    ids, member = torch.unique(frames, return_inverse=True)
    total = torch.zeros(len(ids), dtype=torch.float64).index_add_(0, member, values.double())
    return total / torch.bincount(member, minlength=len(ids)), ids


def cap(maps: Tensor, truth: Tensor, frames: Tensor) -> Tensor:
    """Class-aware average precision of each frame, (F,): every map against its own source."""
    return frame_means(pixel_ap(maps, truth), frames)[0]


def piap(maps: Tensor, truth: Tensor, frames: Tensor) -> Tensor:
    """Permutation-invariant average precision of each frame, (F,).

    The maps of a frame may be handed to its sources in any order; the best order counts. So a model
    that finds both objects but cannot tell which of them is heard keeps its full score: the gap to
    CAP is what it confuses.
    """
    best = [float(_best_order(maps[at], truth[at])) for at in _frames(frames)]
    return torch.tensor(best, dtype=torch.float64)


def _best_order(maps: Tensor, truth: Tensor) -> Tensor:
    count = len(maps)
    if count > MOST_SOURCES:
        raise ValueError(f"A frame has {count} sources; PIAP is computed for {MOST_SOURCES}.")
    pairs = torch.cartesian_prod(torch.arange(count), torch.arange(count)).view(-1, 2)
    table = pixel_ap(maps[pairs[:, 0]], truth[pairs[:, 1]]).view(count, count)
    orders = torch.tensor(list(permutations(range(count))))
    return table[torch.arange(count), orders].mean(1).max()


def _frames(frames: Tensor) -> list[Tensor]:
    return [(frames == frame).nonzero().flatten() for frame in torch.unique(frames)]


def _pixel_ap(values: Tensor, truth: Tensor) -> Tensor:
    ranked, order = values.sort(1, descending=True)
    positive = (truth >= 0.5).gather(1, order).double()
    pixels = values.shape[1]
    precision = positive.cumsum(1) / torch.arange(1, pixels + 1)
    # Equal values are one step: each takes the precision at the last of its kind.
    last = torch.ones_like(ranked, dtype=torch.bool)
    last[:, :-1] = ranked[:, 1:] != ranked[:, :-1]
    place = torch.where(last, torch.arange(pixels), pixels)
    place = place.flip(1).cummin(1).values.flip(1)
    return (precision.gather(1, place) * positive).sum(1) / positive.sum(1)
