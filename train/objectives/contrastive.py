"""What every contrastive objective shares: InfoNCE with a margin, and whom not to push away.

Similarities are (B, N) with N >= B: picture b belongs to sound b, and sounds from B on (silence,
noise, the sounds of other places) belong to no picture, so they are negatives and no more. Where
several processes share negatives, each has the rows of its own pictures at first: then picture b
belongs to sound ``first + b``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

EXCLUDED = -1e4  # a logit that weighs exactly nothing, in half precision too


def margin_logits(
    similarity: Tensor,
    temperature: float,
    margin: float = 0.0,
    exclude: Tensor | None = None,
    first: int = 0,
) -> Tensor:
    """(..., B, N) cosines to logits; the own pair's is ``(s - margin) / temperature``.

    A negative margin lifts the own pair above the others, so that it need not win by itself: the
    less strict boundary of MarginNCE (Park et al., ICASSP 2023). ``exclude`` (B, B) bool marks the
    pairs that are not to be negatives, such as two clips of one class; own pairs are ignored.
    """
    own = own_pairs(similarity, first)
    logits = torch.where(own, similarity - margin, similarity) / temperature
    if exclude is None:
        return logits
    wide = F.pad(exclude, (0, similarity.shape[-1] - exclude.shape[-1]))
    return logits.masked_fill(wide & ~own, EXCLUDED)


def own_pairs(similarity: Tensor, first: int = 0) -> Tensor:
    """True where picture and sound belong together: (B, N) for any (..., B, N)."""
    pictures, sounds = (
        torch.arange(length, device=similarity.device) for length in similarity.shape[-2:]
    )
    return first + pictures[:, None] == sounds


def own_maps(maps: Tensor, first: int = 0) -> Tensor:
    """Of every picture with its own sound: (B, N, h, w) to (B, h, w)."""
    own = torch.arange(len(maps), device=maps.device)
    return maps[own, first + own]


def find_own(logits: Tensor) -> Tensor:
    """Cross-entropy of (B, N) over rows, the mean of B: each picture looks for its sound."""
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))


def find_both(logits: Tensor) -> Tensor:
    """Each picture looks for its sound and each sound for its picture: the sum of the two means."""
    return find_own(logits) + find_own(logits[:, : len(logits)].T)
