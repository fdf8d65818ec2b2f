"""SaN's terms: the map empties when nothing is heard, and noise on a sound does not move it.

After the ACL-SaN code line: the same pictures are also given silence, noise, and their own sound
with noise on it. (Its code swaps the names of the first two terms, which matters once their weights
differ; here each is computed from what it is named after.) The terms go on top of an objective, for
either family: ACL has masks and their areas, a two-stream network has :func:`soft_area`. Silence
and noise can be negatives as well: give them as the last sounds of a batch.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

CENTRE, WIDTH = 0.4, 0.1  # LVS calls places under a cosine of 0.4 silent; the width is ours


@dataclass(frozen=True)
class SilenceLoss:
    """Each a scalar, already weighted."""

    silence: Tensor
    noise: Tensor
    noisy: Tensor

    @property
    def total(self) -> Tensor:
        return self.silence + self.noise + self.noisy


@dataclass(frozen=True)
class SilenceTerms:
    """The weights of the three."""

    silence: float = 1.0
    noise: float = 1.0
    noisy: float = 1.0

    def __call__(
        self, *, silence_area: Tensor, noise_area: Tensor, clean: Tensor, noisy: Tensor
    ) -> SilenceLoss:
        """Areas of any shape under silence and under noise; ``clean`` and ``noisy`` (B, N) scores
        of the pairs without and with noise on the sounds.
        """
        return SilenceLoss(
            silence=self.silence * area_loss(silence_area),
            noise=self.noise * area_loss(noise_area),
            noisy=self.noisy * steadiness_loss(clean, noisy),
        )


def area_loss(area: Tensor) -> Tensor:
    """How much of the pictures is marked though nothing is heard: the mean area."""
    return area.abs().mean()


def steadiness_loss(clean: Tensor, noisy: Tensor) -> Tensor:
    """Mean square by which noise on the sounds moved the pairs' scores."""
    return F.mse_loss(noisy, clean)


def soft_area(maps: Tensor, centre: float = CENTRE, width: float = WIDTH) -> Tensor:
    """Share of cosine maps (..., h, w) that is marked, in (0, 1): (...)."""
    return torch.sigmoid((maps - centre) / width).mean((-2, -1))
