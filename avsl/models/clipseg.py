"""CLIPSeg's decoder (Lüddecke and Ecker, CVPR 2022): CLIP's inner states and a condition to logits.

Parameter names follow the published checkpoints (``decoder.*`` without the prefix).
"""

import torch.nn.functional as F
from torch import Tensor, nn

from avsl.models.attention import Attention


class CLIPSegDecoder(nn.Module):
    """Reduced vision states, FiLM on the deepest, post-norm layers, upsampling by the patch."""

    def __init__(
        self, vision: int = 768, condition: int = 512, width: int = 64, ffn: int = 2048,
        heads: int = 4, states: int = 3, patch: int = 16,
    ) -> None:  # fmt: skip
        super().__init__()
        self.film_mul = nn.Linear(condition, width)
        self.film_add = nn.Linear(condition, width)
        self.reduces = nn.ModuleList(nn.Linear(vision, width) for _ in range(states))
        self.layers = nn.ModuleList(DecoderLayer(width, ffn, heads) for _ in range(states))
        self.transposed_convolution = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, width // 2, 4, 4),
            nn.ReLU(),
            nn.ConvTranspose2d(width // 2, 1, patch // 4, patch // 4),
        )

    def forward(
        self, reduced: tuple[Tensor, ...], condition: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        """Logits (P, patch h, patch w) of P pairs.

        ``reduced``: of each state, deepest first, (P, 1 + h w, width) from :meth:`reduce`;
        ``condition`` (P, D); ``grid`` is (h, w).
        """
        mul, add = self.film_mul(condition)[:, None], self.film_add(condition)[:, None]
        x = self.layers[0](reduced[0] * mul + add)
        for layer, state in zip(self.layers[1:], reduced[1:], strict=True):
            x = layer(state + x)
        patches = x[:, 1:].transpose(1, 2).unflatten(2, grid)
        return self.transposed_convolution(patches)[:, 0]

    def reduce(self, states: list[Tensor]) -> tuple[Tensor, ...]:
        """Vision states (B, 1 + h w, D) to the decoder's width, and deepest first."""
        return tuple(part(x) for part, x in zip(self.reduces, reversed(states), strict=True))


class DecoderLayer(nn.Module):
    """Attention, add, norm, MLP with ReLU, add, norm."""

    def __init__(self, width: int, ffn: int, heads: int) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = MLP(width, ffn)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer_norm1(x + self.self_attn(x))
        return self.layer_norm2(x + self.mlp(x))


class MLP(nn.Module):
    def __init__(self, width: int, ffn: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, ffn)
        self.fc2 = nn.Linear(ffn, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.relu(self.fc1(x)))
