"""Extended test sets: half of the cases have nothing in view that is heard (SLAVC, NeurIPS 2022).

A variant must say where, and whether: each map comes with a confidence. A case is *detected* at a
confidence threshold that it reaches; a detection is right if something in view sounds and the map
overlaps it by 0.5 or more. Misplaced detections count against the precision, not as missed ones.
"""

import torch
from torch import Tensor

from avsl.metrics.overlap import chunks

MOST_STEPS = 200  # the released code thins the confidences of larger sets to about this many
F1_STEPS = 10


def top_quarter(maps: Tensor) -> Tensor:
    """Two-stream confidence: mean of the highest quarter of each map, (M, H, W) -> (M,)."""
    means = torch.zeros(len(maps))
    for rows, values in chunks(maps):
        quarter = values[0].numel() // 4
        means[rows] = values.flatten(1).topk(quarter, sorted=False).values.mean(1)
    return means


def ap(right: Tensor, sounding: Tensor, confidence: Tensor, drawn: Tensor | None = None) -> Tensor:
    """Average precision over the confidence sweep, in [0, 1].

    ``right`` (N,) bool: the map overlaps its truth; ``sounding`` (N,) bool; ``confidence`` (N,).
    ``drawn`` (B, N): weights of B resamples. Returns () or (B,).
    The threshold runs from the highest confidence down to the second lowest; the precision at a
    recall is the best one at that recall or beyond it.
    """
    steps = confidence.sort().values[:-1].flip(0)[:: max(1, len(confidence) // MOST_STEPS)]
    precision, recall = precision_recall(right, sounding, confidence, steps, drawn)
    if len(steps) < 2:
        return torch.zeros(precision.shape[:-1], dtype=torch.float64)
    reachable = precision.flip(-1).cummax(-1).values.flip(-1)
    return (reachable[..., :-1] * recall.diff(dim=-1)).sum(-1)


def max_f1(
    right: Tensor, sounding: Tensor, confidence: Tensor, drawn: Tensor | None = None
) -> Tensor:
    """The highest F1 at about ten confidences of equal spacing in rank; arguments as :func:`ap`."""
    steps = confidence.sort().values[:: max(1, len(confidence) // F1_STEPS)]
    precision, recall = precision_recall(right, sounding, confidence, steps, drawn)
    both = precision + recall
    f1 = torch.where(both > 0, 2 * precision * recall / both.clamp(min=1e-12), 0.0)
    return f1.max(-1).values


def precision_recall(
    right: Tensor,
    sounding: Tensor,
    confidence: Tensor,
    steps: Tensor,
    drawn: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """At confidences ``steps`` (T,): two (T,), or (B, T) under weights. 1 where undefined."""
    weight = torch.ones(1, len(right), dtype=torch.float64) if drawn is None else drawn
    order = confidence.argsort()
    first = torch.searchsorted(confidence[order].contiguous(), steps.contiguous())

    def detected(which: Tensor) -> Tensor:
        """Weight of the cases of a kind that reach each step."""
        below = (weight * which)[:, order].cumsum(1)
        below = torch.cat([torch.zeros(len(weight), 1, dtype=torch.float64), below], 1)
        return below[:, -1:] - below[:, first]

    correct = detected(sounding & right)
    found = detected(torch.ones_like(sounding))
    missed = (weight * sounding).sum(1, keepdim=True) - detected(sounding)
    precision = torch.where(found > 0, correct / found.clamp(min=1e-12), 1.0)
    wanted = correct + missed
    recall = torch.where(wanted > 0, correct / wanted.clamp(min=1e-12), 1.0)
    return (precision[0], recall[0]) if drawn is None else (precision, recall)
