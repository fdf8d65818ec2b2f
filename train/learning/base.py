"""The contract between the training loop and what it trains."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from avsl.description import Description
from train.objectives import Moment


@dataclass(frozen=True, eq=False)
class Batch:
    """B pictures with their sounds, on the device of the network."""

    images: Tensor  # (B, 3, H, W) float32 in [0, 1]
    waveforms: Tensor  # (B, S) float32 in [-1, 1], 16 kHz
    descriptions: tuple[Description, ...] = ()  # (B,) where the data has words

    def __len__(self) -> int:
        return len(self.images)


class Learner(Protocol):
    """A network with its objective: all that the loop needs to know of a method."""

    module: nn.Module  # what is trained, frozen parts included

    def trainable(self) -> list[nn.Parameter]:
        """What the optimizer moves."""
        ...

    def loss(self, batch: Batch, moment: Moment) -> Any:
        """A scalar, or a frozen dataclass of scalar terms with a ``total``."""
        ...

    def after_step(self) -> None:
        """What follows each optimizer step: moving averages."""
        ...

    def maps(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Maps (B, h, w) in [0, 1] and confidence (B,) of each picture with its own sound."""
        ...

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        """Write a variant's folder (model.safetensors, card.json) that ``avsl.load`` takes.

        ``facts``: what the run knows for the card: name, trained_on, threshold, threshold_rule,
        confidence_gate, confidence_rule, summary, limits, paper.
        """
        ...
