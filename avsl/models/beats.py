"""BEATs, the frozen audio encoder (Chen et al., ICML 2023, arXiv 2212.09058).

A transformer over 16 x 16 patches of a log-mel spectrogram with gated relative position bias
(WavLM's) and DeepNorm residuals. Parameter names follow the published checkpoints, so that
``load_state_dict`` of a published file is strict.
"""

import math
from dataclasses import dataclass, fields
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm
from torchaudio.compliance.kaldi import get_mel_banks

from avsl.models.attention import Attention

SAMPLE_RATE_HZ = 16_000.0
FRAME_SAMPLES, SHIFT_SAMPLES, FFT_SIZE = 400, 160, 512  # 25 ms, 10 ms
PREEMPHASIS = 0.97
MEL_BINS = 128
FBANK_MEAN, FBANK_STD = 15.41663, 6.55582  # of AudioSet, from the published code


@dataclass(frozen=True)
class BEATsConfig:
    """The fields of a published ``cfg`` that shape the network; the defaults are the base size."""

    embed_dim: int = 512
    encoder_embed_dim: int = 768
    encoder_ffn_embed_dim: int = 3072
    encoder_layers: int = 12
    encoder_attention_heads: int = 12
    input_patch_size: int = 16
    conv_pos: int = 128
    conv_pos_groups: int = 16
    num_buckets: int = 320
    max_distance: int = 800
    predictor_class: int = 527

    @classmethod
    def from_published(cls, cfg: dict) -> "BEATsConfig":
        """From the ``cfg`` of a checkpoint; raises ValueError for a network we do not build."""
        expected = {
            "layer_norm_first": False, "deep_norm": True, "gru_rel_pos": True,
            "relative_position_embedding": True, "conv_bias": False, "activation_fn": "gelu",
        }  # fmt: skip
        odd = {name: cfg[name] for name, value in expected.items() if cfg.get(name, value) != value}
        if odd:
            raise ValueError(f"This BEATs configuration is not supported: {odd}.")
        return cls(**{field.name: cfg[field.name] for field in fields(cls) if field.name in cfg})


def fbank(waveform: Tensor) -> Tensor:
    """Normalised kaldi filter banks: (B, S) in [-1, 1] at 16 kHz -> float32 (B, frames, 128).

    Frames of 25 ms every 10 ms, mean removed, pre-emphasis, Povey window; only whole frames. The
    whole batch at once; bit-equal to ``torchaudio.compliance.kaldi.fbank`` of each waveform.
    """
    frames = (waveform.float() * 2**15).unfold(-1, FRAME_SAMPLES, SHIFT_SAMPLES)
    frames = frames - frames.mean(dim=-1, keepdim=True)
    previous = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
    windowed = (frames - PREEMPHASIS * previous) * povey_window().to(frames)
    power = torch.fft.rfft(windowed, FFT_SIZE).abs().pow(2)
    banks = (power @ mel_banks().to(power)).clamp(min=torch.finfo(torch.float32).eps).log()
    return (banks - FBANK_MEAN) / (2 * FBANK_STD)


def povey_window() -> Tensor:
    """Kaldi's window: a symmetric Hann to the power 0.85, (400,)."""
    return torch.hann_window(FRAME_SAMPLES, periodic=False).pow(0.85)


@cache
def mel_banks() -> Tensor:
    """Triangles on the mel scale from 20 Hz to 8 kHz: (257, 128); the last bin has no weight."""
    banks, _ = get_mel_banks(MEL_BINS, FFT_SIZE, SAMPLE_RATE_HZ, 20.0, 0.0, 100.0, -500.0, 1.0)
    return F.pad(banks, (0, 1)).T


class BEATs(nn.Module):
    """(B, frames, 128) filter banks to tokens (B, N, D), time-major over the patches."""

    def __init__(self, config: BEATsConfig) -> None:
        super().__init__()
        self.config = config
        patch = config.input_patch_size
        self.patch_embedding = nn.Conv2d(1, config.embed_dim, patch, patch, bias=False)
        self.layer_norm = nn.LayerNorm(config.embed_dim)
        self.post_extract_proj = nn.Linear(config.embed_dim, config.encoder_embed_dim)
        self.encoder = Encoder(config)
        self.predictor = nn.Linear(config.encoder_embed_dim, config.predictor_class)

    def forward(self, banks: Tensor) -> list[Tensor]:
        """The output of every block, each (B, N, D); N = time patches x 8 frequency patches."""
        patches = self.patch_embedding(banks[:, None])
        tokens = self.layer_norm(patches.flatten(2).transpose(1, 2))
        return self.encoder(self.post_extract_proj(tokens))

    def classify(self, tokens: Tensor) -> Tensor:
        """Class probabilities in [0, 1] from the last block's (B, N, D): (B, classes)."""
        return self.predictor(tokens).sigmoid_().mean(dim=1)


class Encoder(nn.Module):
    def __init__(self, config: BEATsConfig) -> None:
        super().__init__()
        width = config.encoder_embed_dim
        conv = nn.Conv1d(
            width, width, config.conv_pos, padding=config.conv_pos // 2,
            groups=config.conv_pos_groups,
        )  # fmt: skip
        self.pos_conv = nn.Sequential(weight_norm(conv, dim=2))
        self.layers = nn.ModuleList(Block(config) for _ in range(config.encoder_layers))
        self.layer_norm = nn.LayerNorm(width)
        self.relative_attention_bias = nn.Embedding(
            config.num_buckets, config.encoder_attention_heads
        )
        self.config = config

    def forward(self, tokens: Tensor) -> list[Tensor]:
        positions = self.pos_conv(tokens.transpose(1, 2))[..., : tokens.shape[1]]
        tokens = self.layer_norm(tokens + F.gelu(positions).transpose(1, 2))
        bias = self.position_bias(tokens.shape[1])
        outputs = []
        for layer in self.layers:
            tokens = layer(tokens, bias)
            outputs.append(tokens)
        return outputs

    def position_bias(self, length: int) -> Tensor:
        """The table all blocks share, before their gates: (heads, length, length)."""
        place = torch.arange(length, device=self.relative_attention_bias.weight.device)
        buckets = relative_buckets(
            place[None] - place[:, None], self.config.num_buckets, self.config.max_distance
        )
        return self.relative_attention_bias(buckets).permute(2, 0, 1)


def relative_buckets(offset: Tensor, buckets: int, max_distance: int) -> Tensor:
    """T5's bidirectional buckets of ``memory - query``: half exact, half logarithmic."""
    buckets //= 2
    exact = buckets // 2
    distance = offset.abs()
    ratio = torch.log(distance.float().clamp(min=1) / exact) / math.log(max_distance / exact)
    far = (exact + (ratio * (buckets - exact)).long()).clamp(max=buckets - 1)
    return (offset > 0).long() * buckets + torch.where(distance < exact, distance, far)


class Block(nn.Module):
    """Post-norm transformer block with DeepNorm's residual weight (arXiv 2203.00555)."""

    def __init__(self, config: BEATsConfig) -> None:
        super().__init__()
        width = config.encoder_embed_dim
        self.self_attn = GatedAttention(width, config.encoder_attention_heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, config.encoder_ffn_embed_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_embed_dim, width)
        self.final_layer_norm = nn.LayerNorm(width)
        self.residual = (2 * config.encoder_layers) ** 0.25

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.self_attn_layer_norm(x * self.residual + self.self_attn(x, bias))
        return self.final_layer_norm(x * self.residual + self.fc2(F.gelu(self.fc1(x))))


class GatedAttention(Attention):
    """Self-attention whose position bias each query scales by a GRU-like gate (WavLM)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.grep_linear = nn.Linear(width // heads, 8)
        self.grep_a = nn.Parameter(torch.ones(1, heads, 1, 1))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """``bias`` (heads, N, N): the position table that all blocks share."""
        q, k, v = self.split(x)
        return self.mix(q, k, v, self.gate(q) * bias)

    def gate(self, q: Tensor) -> Tensor:
        """How much each query heeds the bias, from (B, heads, N, d): (B, heads, N, 1)."""
        parts = self.grep_linear(q).unflatten(-1, (2, 4)).sum(-1).sigmoid()
        a, b = parts.chunk(2, dim=-1)
        return a * (b * self.grep_a - 1) + 2
