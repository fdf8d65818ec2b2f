"""ACL's frozen CLIP and BEATs as the towers of a two-stream network.

With them a two-stream method and ACL start from the same knowledge, so that a comparison is one of
methods, not of pre-training. They never learn; what they make of a scene can be kept.
"""

import torch
from torch import Tensor, nn

from avsl.models.acl import ACL
from avsl.models.clip import CLIP_MEAN, CLIP_STD
from avsl.models.published import ACLConfig

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def frozen_towers(model: ACL) -> tuple["ClipTower", "BeatsTower"]:
    """Those of ``model``, which they share."""
    return ClipTower(model), BeatsTower(model)


def clip_channels(config: ACLConfig) -> int:
    """Of a :class:`ClipTower`."""
    return len(config.clipseg.blocks) * config.clipseg.vision_width


def beats_channels(config: ACLConfig) -> int:
    """Of a :class:`BeatsTower`."""
    return len(config.beats_blocks) * config.beats.encoder_embed_dim


class Frozen(nn.Module):
    """Stays in evaluation mode, whatever it is part of; subclasses freeze what they hold."""

    def freeze(self) -> None:
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "Frozen":
        return super().train(False)


class FrozenTower(Frozen):
    """Any tower as it is."""

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower
        self.freeze()

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        return self.tower(x)


class ClipTower(Frozen):
    """(B, 3, H, W), normalised as for ImageNet, to (B, C, H / patch, W / patch): the states of the
    blocks that ACL's decoder looks at, side by side.
    """

    def __init__(self, model: ACL) -> None:
        super().__init__()
        self.vision, self.blocks = model.vision, model.clip_blocks
        scale, shift = _to_clip()
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("shift", shift, persistent=False)
        self.freeze()

    @torch.no_grad()
    def forward(self, image: Tensor) -> Tensor:
        grid = (image.shape[-2] // self.vision.patch, image.shape[-1] // self.vision.patch)
        states = self.vision.states(image * self.scale + self.shift, last=max(self.blocks))
        chosen = torch.cat([states[number + 1][:, 1:] for number in self.blocks], dim=-1)
        return chosen.transpose(1, 2).unflatten(2, grid)


class BeatsTower(Frozen):
    """(B, 1, frames, 128) normalised filter banks to (B, C, 1, 1): the blocks that ACL's audio
    tokenizer listens to, side by side, the mean of all patches, as BEATs names sounds.
    """

    def __init__(self, model: ACL) -> None:
        super().__init__()
        self.beats, self.blocks = model.beats, model.beats_blocks
        self.freeze()

    @torch.no_grad()
    def forward(self, banks: Tensor) -> Tensor:
        blocks = self.beats(banks[:, 0])
        chosen = torch.cat([blocks[number - 1] for number in self.blocks], dim=-1)
        return chosen.mean(1)[..., None, None]


def _to_clip() -> tuple[Tensor, Tensor]:
    """ImageNet's normalisation to CLIP's: ``x * scale + shift``, each (3, 1, 1)."""
    from_mean, from_std, mean, std = (
        torch.tensor(each)[:, None, None]
        for each in (IMAGENET_MEAN, IMAGENET_STD, CLIP_MEAN, CLIP_STD)
    )
    return from_std / std, (from_mean - mean) / std
