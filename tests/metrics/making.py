"""Small maps and truths with known answers, and the golden figures of the released evaluators."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "metrics"


def golden() -> tuple[Tensor, Tensor, dict]:
    """Maps (28, 224, 224) half, truth (28, 224, 224) uint8, and what is expected of them."""
    tensors = load_file(GOLDEN / "maps.safetensors")
    expected = json.loads((GOLDEN / "expected.json").read_text())
    return tensors["maps"], tensors["ground_truth"], expected


def block(rows: slice, columns: slice, value: float = 1.0, side: int = 8) -> Tensor:
    """A (side, side) picture that is ``value`` in one block and 0 elsewhere."""
    picture = torch.zeros(side, side)
    picture[rows, columns] = value
    return picture


LEFT = block(slice(None), slice(0, 4))
RIGHT = block(slice(None), slice(4, 8))
NOTHING = torch.zeros(8, 8)


def found(scores, metric: str, protocol: str | None = None, rule: str | None = None):
    """The one score of that metric, protocol and rule."""
    (score,) = [
        s
        for s in scores
        if s.metric == metric and protocol in (None, s.protocol) and rule in (None, s.rule)
    ]
    return score
