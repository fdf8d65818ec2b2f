"""The contract between the training loop and what it trains."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import torch
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

    def __getitem__(self, rows: slice) -> "Batch":
        """Some of the pairs."""
        return Batch(self.images[rows], self.waveforms[rows], self.descriptions[rows])

    def to(self, device: torch.device) -> "Batch":
        """The same pairs where the network is."""
        images, sounds = (
            each.to(device, non_blocking=True) for each in (self.images, self.waveforms)
        )
        return Batch(images, sounds, self.descriptions)


@dataclass(frozen=True, eq=False)
class Prepared:
    """What the parts of a network that never learn make of B pairs; of most networks that is no
    more than normalised pictures and spectrograms.
    """

    values: dict[str, Tensor]  # each (B, ...); "heard" is all that is left of the sound
    descriptions: tuple[Description, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __getitem__(self, rows: slice | Tensor) -> "Prepared":
        """Some of the pairs."""
        told = self.descriptions
        if told:
            told = told[rows] if isinstance(rows, slice) else tuple(told[i] for i in rows.tolist())
        return Prepared({name: value[rows] for name, value in self.values.items()}, told)

    def to(self, device: torch.device) -> "Prepared":
        """The same where the network is, in float32."""
        values = {
            name: value.to(device, torch.float32, non_blocking=True)
            for name, value in self.values.items()
        }
        return Prepared(values, self.descriptions)


def frozen_parts(name: str, *parts: nn.Module) -> str:
    """A text that is the same for the same weights alone: ``name`` and their checksum."""
    checksum = 0
    for part in parts:
        for value in part.state_dict().values():
            checksum = crc32(value.cpu().numpy().tobytes(), checksum)
    return f"{name}, {checksum:08x}"


class Learner(Protocol):
    """A network with its objective: all that the loop needs to know of a method."""

    module: nn.Module  # what is trained, frozen parts included
    frozen: str  # which parts never learn, the same text for the same ones; "": all of it learns

    def compile(self, backend: str) -> None:
        """Have ``torch.compile`` make the heavy parts quicker; what they compute stays."""
        ...

    def trainable(self) -> list[nn.Parameter]:
        """What the optimizer moves."""
        ...

    def prepare(self, batch: Batch) -> Prepared:
        """Without gradient; the same for the same batch throughout the training."""
        ...

    def loss(self, prepared: Prepared, moment: Moment) -> Any:
        """A scalar, or a frozen dataclass of scalar terms with a ``total``."""
        ...

    def after_step(self) -> None:
        """What follows each optimizer step: moving averages."""
        ...

    def maps(self, prepared: Prepared) -> tuple[Tensor, Tensor]:
        """Maps (B, h, w) in [0, 1] and confidence (B,) of each picture with its own sound."""
        ...

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        """Write a variant's folder (model.safetensors, card.json) that ``avsl.load`` takes.

        ``facts``: what the run knows for the card: name, trained_on, threshold, threshold_rule,
        confidence_gate, confidence_rule, absence_gate, absence_rule, summary, limits, paper.
        """
        ...
