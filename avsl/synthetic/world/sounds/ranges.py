"""Tables of classes: each quantity is a range, and each source draws its own value from it."""

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from avsl.errors import SettingError
from avsl.synthetic.world.draws import Draws

Range = tuple[float, float]


@dataclass(frozen=True)
class SoundDial:
    """How much the sounds of one class differ."""

    variation: float = 1.0  # in [0, 1]; 0: every source of a class sounds alike

    def __post_init__(self) -> None:
        if not 0 <= self.variation <= 1:
            raise SettingError(
                f"The variation of sounds is {self.variation}: choose a number from 0 to 1."
            )

    def near_middle(self, uniform: Tensor) -> Tensor:
        """Uniform numbers in [0, 1), drawn towards 0.5 where there is less variation."""
        return 0.5 + self.variation * (uniform - 0.5)


def drawn(rows: list[Any], draws: Draws, dial: SoundDial) -> dict[str, Tensor]:
    """A value (K,) of each range of the K dataclasses ``rows``, all of one type.

    Rates, times and widths (``_hz``, ``_s``) are drawn on a logarithmic scale.
    """
    names = _names(type(rows[0]))
    device = draws.keys.device
    low, high = torch.stack([_ends(row) for row in rows]).to(device).unbind(2)  # (K, P)
    values = low + (high - low) * dial.near_middle(draws.uniform("values", len(names)))
    logarithmic = torch.tensor([_is_logarithmic(name) for name in names], device=device)
    values = torch.where(logarithmic, values.exp(), values)
    return dict(zip(names, values.unbind(1), strict=True))


@lru_cache(maxsize=256)
def _ends(row: Any) -> Tensor:
    """The ends of each range of a row (P, 2), as they are drawn between."""
    pairs = [(getattr(row, name), _is_logarithmic(name)) for name in _names(type(row))]
    return torch.tensor([[math.log(x) if log else x for x in pair] for pair, log in pairs])


@lru_cache(maxsize=8)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.type in (Range, "Range"))


def _is_logarithmic(name: str) -> bool:
    return name.endswith(("_hz", "_s"))
