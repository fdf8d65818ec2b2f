"""Maps over time: does the map come and go with what sounds in view?

AVATAR (Choi et al., ICCV 2025) judges annotated frames of a video in four scenarios: single-sound,
mixed-sound and multi-entity by CIoU (the *mean* ciou of the frames, not a success rate) and AUC,
off-screen by the share of true negatives, TN%. Its code counts them at one threshold of the maps;
whether per frame or per pixel could not be read. Here TN% is the share of *moments* with nothing
marked, and ``TN% area`` the share of the picture left dark at those moments.
"""

import torch
from torch import Tensor

from avsl.metrics.overlap import Areas


def true_negative_moment(areas: Areas) -> Tensor:
    """1 for each moment with nothing marked at all, (M,): for the same moments."""
    return (lit(areas) == 0).double()


def lit(areas: Areas) -> Tensor:
    """1 for each moment with anything marked, (M,)."""
    return (areas.hit + areas.stray > 0).double()


def on_off(marked: Tensor, sounding: Tensor, drawn: Tensor | None = None) -> Tensor:
    """Temporal agreement: balanced accuracy of "something in view is heard now".

    ``marked`` (M,) 1 where the map shows anything; ``sounding`` (M,) bool: the truth is not empty;
    ``drawn`` (B, M) weights of resamples. Mean of the share of sounding moments that are marked and
    of the share of silent ones that are not: 0.5 is chance. nan if either kind is missing.
    """
    weight = torch.ones(1, len(marked), dtype=torch.float64) if drawn is None else drawn
    on, off = sounding.double(), (~sounding).double()
    kept = (weight @ (on * marked)) / (weight @ on)
    dark = (weight @ (off * (1 - marked))) / (weight @ off)
    both = (kept + dark) / 2
    return both[0] if drawn is None else both
