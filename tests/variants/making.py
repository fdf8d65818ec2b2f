"""Small random networks, as variants, for tests of everything but their maps' sense."""

from dataclasses import replace

import numpy as np
import torch

from avsl.clip import Clip
from avsl.models.beats import BEATsConfig
from avsl.models.clip import A_PHOTO_OF, EOT, SOT
from avsl.models.published import ACLConfig, CLIPSegConfig, build
from avsl.models.twostream import TINY, TwoStream
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants.acl import AclVariant
from avsl.variants.two_stream import TwoStreamVariant

CPU = torch.device("cpu")
WORDS = (SOT, EOT, *A_PHOTO_OF, 1929)  # the last is "dog"
TINY_ACL = ACLConfig(
    BEATsConfig(
        embed_dim=16, encoder_embed_dim=16, encoder_ffn_embed_dim=32, encoder_layers=2,
        encoder_attention_heads=2, conv_pos=8, conv_pos_groups=2, num_buckets=32, max_distance=64,
        predictor_class=3,
    ),
    CLIPSegConfig(
        embed=16, vision_width=16, vision_layers=3, vision_heads=2, vision_ffn=32, patch=16,
        native_px=64, text_width=16, text_layers=1, text_heads=2, text_ffn=32, context=8,
        vocabulary=len(WORDS), words=WORDS, decoder_width=8, decoder_heads=2, decoder_ffn=16,
        blocks=(0, 1),
    ),
    beats_blocks=(1, 2),
)  # fmt: skip


def tiny_acl() -> AclVariant:
    torch.manual_seed(0)
    classes = ("dog", "bell", "rain")
    return AclVariant(build(TINY_ACL), class_names=classes, image_px=64, window_s=1.28, device=CPU)


def tiny_two_stream(heads: int = 1) -> TwoStreamVariant:
    """With running statistics as after training, so that the sounds differ."""
    torch.manual_seed(0)
    model = TwoStream(replace(TINY, heads=heads))
    for _ in range(3):
        model.train()(torch.randn(8, 3, 112, 112), model.spectrogram(0.1 * torch.randn(8, 48_000)))
    return TwoStreamVariant(model, image_px=112, device=CPU)


def changing_clip(duration_s: float = 4.0, fps_hz: float = 4.0) -> Clip:
    """Every frame another picture of blocks, with noise that swells and ebbs."""
    rng = np.random.default_rng(0)
    count = max(1, round(duration_s * fps_hz))
    small = rng.integers(0, 256, (count, 6, 8, 3), dtype=np.uint8)
    frames = small.repeat(8, axis=1).repeat(8, axis=2)
    clock = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = 0.2 * rng.standard_normal(len(clock)) * np.sin(2 * np.pi * 0.7 * clock)
    return Clip.from_arrays(frames, fps_hz, sound.clip(-1, 1).astype(np.float32))
