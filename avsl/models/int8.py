"""CLIP's vision tower with 8-bit linear layers: about twice as fast on processors, nearly the same.

Weights are quantized once, activations as they come (dynamic quantization). How far the maps move
is measured by ``tests.bench.acl_speed``; it is an option, never the default.
"""

import copy
import warnings

import torch
import torch.nn.functional as F
from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor, nn

from avsl.models.clip import VisionTower


def int8_vision(tower: VisionTower) -> VisionTower:
    """A copy of ``tower`` for the processor whose blocks multiply in int8."""
    tower = copy.deepcopy(tower).cpu().float()
    blocks = tower.visual.transformer.resblocks
    for index, block in enumerate(blocks):
        blocks[index] = _quantized(LinearBlock(block))
    return tower


def _quantized(block: "LinearBlock") -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # moving to torchao, still supported
        return torch.ao.quantization.quantize_dynamic(block, {nn.Linear}, dtype=torch.qint8)


class LinearBlock(nn.Module):
    """open_clip's residual attention block with every projection a Linear layer."""

    def __init__(self, block: ResidualAttentionBlock) -> None:
        super().__init__()
        attention = block.attn
        self.heads = attention.num_heads
        self.ln_1, self.ln_2 = block.ln_1, block.ln_2
        self.qkv = nn.Linear(attention.embed_dim, 3 * attention.embed_dim)
        self.qkv.weight, self.qkv.bias = attention.in_proj_weight, attention.in_proj_bias
        self.out_proj = nn.Linear(attention.embed_dim, attention.embed_dim)
        self.out_proj.weight, self.out_proj.bias = (
            attention.out_proj.weight,
            attention.out_proj.bias,
        )
        self.mlp = block.mlp

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in self.qkv(self.ln_1(x)).chunk(3, dim=-1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.out_proj(mixed)
        return x + self.mlp(self.ln_2(x))
