"""Prints, as JSON, how far each golden tensor is from ours. Run by test_acl.py.

The filter banks of a loud pure tone hold float32 rounding noise: an ulp of the window, which
torch's ``pow`` rounds otherwise with AVX-512 than with AVX2, moves 6 of 76,032 bins by up to
0.0002. The reference was run with AVX2 kernels, so this has to be too
(``ATEN_CPU_CAPABILITY=avx2``), and that has to be set before torch starts.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from avsl.models.acl import ACL, feature_mask
from avsl.models.beats import fbank
from avsl.models.published import from_published

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "acl_small"


def published_small() -> ACL:
    """The golden ACL, assembled from files in the published formats."""
    return from_published(
        load_file(GOLDEN / "clipseg" / "model.safetensors"),
        json.loads((GOLDEN / "clipseg" / "config.json").read_text()),
        torch.load(GOLDEN / "beats.pt", weights_only=True),
        torch.load(GOLDEN / "Param_best.pth", weights_only=True),
    )


@torch.inference_mode()
def computed(model: ACL, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Every golden tensor from the golden inputs alone."""
    banks = fbank(given["waveform"])
    blocks = model.beats(banks)
    features = model.audio_features(banks)
    token = model.audio_proj(features)
    audio = model.text(token)
    seen = model.encode_image(given["image"])
    states = model.vision.states(given["image"])
    logits, pairs = model.ground(seen, audio), model.ground_all(seen, audio, most_pairs=4)
    return {
        "fbank": banks,
        "beats_last": blocks[-1],
        "beats_concat": features,
        "audio_token": token,
        "audio_embedding": audio,
        "logits": logits[:, None],
        "pair_logits": pairs,
        "heatmap_224": model.masker.heatmap(logits, (224, 224))[:, None],
        "dense_visual": model.vision.dense(states).transpose(1, 2).unflatten(2, seen.grid),
        "image_embedding": model.vision.embedding(states),
        "feature_mask": feature_mask(pairs),
        "soft_image_mask": model.masker.soft(pairs),
    }


def main() -> None:
    given = load_file(GOLDEN / "expected.safetensors")
    ours = computed(published_small(), given)
    json.dump({n: float((ours[n] - given[n]).abs().max()) for n in ours}, sys.stdout)


if __name__ == "__main__":
    main()
