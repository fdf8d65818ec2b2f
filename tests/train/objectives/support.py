"""Features of unit length, as the towers give them."""

import torch
import torch.nn.functional as F

from avsl.models.twostream import TwoStreamOutput


def output(
    pictures: int = 4,
    sounds: int | None = None,
    heads: int = 1,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> TwoStreamOutput:
    """B random pictures of 3 x 2 places and as many sounds, or more."""
    draw = torch.Generator().manual_seed(seed)

    def unit(*shape: int) -> torch.Tensor:
        return F.normalize(torch.randn(*shape, generator=draw, dtype=dtype), dim=1)

    return TwoStreamOutput(
        tuple(unit(pictures, 5, 3, 2) for _ in range(heads)),
        tuple(unit(sounds or pictures, 5) for _ in range(heads)),
    )
