"""The two-stream network of LVS, EZ-VSL, SLAVC, FNAC and MarginNCE.

One ResNet-18 sees the picture and keeps its map, another hears a spectrogram and pools it into one
vector; their cosines at every place are the map of where the sound comes from. Towers carry
torchvision's names for their weights (ResNet: He et al., CVPR 2016).
"""

from dataclasses import asdict, dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from avsl.models.pretrained_towers import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    FrozenTower,
    beats_channels,
    clip_channels,
    frozen_towers,
)
from avsl.models.published import ACLConfig, build
from avsl.models.spectrogram import FRONTS

HEAT_CENTRE, HEAT_WIDTH = 0.4, 0.2  # cosines; LVS calls places below that centre silent
LEARNED, FROZEN_CLIP, FROZEN_RESNET = "learned", "frozen clip", "frozen resnet"  # towers
IMAGE_MEAN, IMAGE_STD = IMAGENET_MEAN, IMAGENET_STD


@dataclass(frozen=True)
class TowerConfig:
    """Sizes of one tower; the defaults are ResNet-18's."""

    width: int = 64  # channels of the first stage; every later one has twice as many
    blocks: tuple[int, ...] = (2, 2, 2, 2)  # per stage
    strides: tuple[int, ...] = (1, 2, 2, 2)  # of each stage; the last of LVS is 1
    stem: str = "resnet"  # or "patch", the cheap one; both make a quarter of the side

    @property
    def channels(self) -> int:
        """Of the last stage."""
        return self.width * 2 ** (len(self.blocks) - 1)


@dataclass(frozen=True)
class TwoStreamConfig:
    """What it takes to build a :class:`TwoStream`; travels with the weights.

    The defaults are EZ-VSL's. A 224 px picture makes a 7 x 7 map, or 14 x 14 if the last stage of
    the image tower has stride 1.
    """

    image: TowerConfig = field(default_factory=TowerConfig)
    audio: TowerConfig = field(default_factory=TowerConfig)
    dim: int | None = 512  # of the common space; None: no projections, as LVS
    hidden: int = 0  # units of a layer before the projections, for towers that do not learn
    heads: int = 1  # projections of each tower; SLAVC has two
    batch_norm: bool = False  # affine-free, before the cosine: small networks need it to start
    image_dropout: float = 0.0  # before the projections, SLAVC and FNAC 0.9
    front: str = "linear"  # the spectrogram, of avsl.models.spectrogram.FRONTS
    towers: str = (
        LEARNED  # or FROZEN_CLIP or FROZEN_RESNET, which come trained and stay as they are
    )
    backbone: ACLConfig | None = (
        None  # sizes of the ACL whose BEATs, or CLIP too, frozen towers are
    )

    @property
    def image_channels(self) -> int:
        """Of what the image tower gives."""
        return clip_channels(self.backbone) if self.towers == FROZEN_CLIP else self.image.channels

    @property
    def audio_channels(self) -> int:
        """Of what the audio tower gives."""
        return self.audio.channels if self.towers == LEARNED else beats_channels(self.backbone)

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "TwoStreamConfig":
        towers = {name: _tower(values[name]) for name in ("image", "audio")}
        sizes = values.get("backbone")
        return cls(**{**values, **towers, "backbone": sizes and ACLConfig.from_dict(sizes)})


def _tower(values: dict) -> TowerConfig:
    """Tuples come back from JSON as lists."""
    tuples = {name: tuple(values[name]) for name in ("blocks", "strides")}
    return TowerConfig(**{**values, **tuples})


LVS = TwoStreamConfig(
    image=TowerConfig(strides=(1, 2, 2, 1)), audio=TowerConfig(strides=(1, 2, 2, 1)), dim=None
)
EZ_VSL = TwoStreamConfig()  # and of MarginNCE
SLAVC = TwoStreamConfig(heads=2, image_dropout=0.9)
FNAC = TwoStreamConfig(image_dropout=0.9)
TINY = TwoStreamConfig(  # 0.5 M parameters: 112 px pictures, 14 x 14 maps
    # Each place of the map sees 44 px, about one object: where it sees the whole picture, as in a
    # deeper tower, the place that fits the sound best need not be where the object is.
    image=TowerConfig(width=48, blocks=(1, 1), strides=(1, 2), stem="patch"),
    audio=TowerConfig(width=16, blocks=(1, 1, 1, 1), strides=(1, 2, 2, 2), stem="patch"),
    dim=128,
    batch_norm=True,
    front="mel",
)


@dataclass(frozen=True)
class TwoStreamOutput:
    """What the towers give: B pictures, N sounds, each of unit length over C; one per head."""

    image: tuple[Tensor, ...]  # (B, C, h, w)
    audio: tuple[Tensor, ...]  # (N, C)
    first: int = 0  # picture b belongs to sound first + b

    def maps(self, head: int = 0) -> Tensor:
        """Cosines of every place of every picture with every sound: (B, N, h, w) in [-1, 1]."""
        return cosine_maps(self.image[head], self.audio[head])


class TwoStream(nn.Module):
    """The whole network; ``config`` stays with it."""

    def __init__(self, config: TwoStreamConfig) -> None:
        super().__init__()
        self.config = config
        self.image_tower, self.audio_tower = _towers(config)
        self.image_dropout = nn.Dropout(config.image_dropout)
        self.image_heads = self._heads(config.image_channels)
        self.audio_heads = self._heads(config.audio_channels)

    def _heads(self, channels: int) -> nn.ModuleList:
        sizes = self.config
        return nn.ModuleList(
            Head(channels, sizes.dim, sizes.batch_norm, sizes.hidden) for _ in range(sizes.heads)
        )

    def spectrogram(self, waveform: Tensor) -> Tensor:
        """(N, S) at 16 kHz to the (N, 1, F, T) this network was made for."""
        return FRONTS[self.config.front](waveform)

    def see(self, image: Tensor) -> Tensor:
        """What the tower makes of (B, 3, H, W), normalised with IMAGE_MEAN and IMAGE_STD:
        (B, image_channels, h, w).
        """
        return self.image_tower(image)

    def hear(self, spectrogram: Tensor) -> Tensor:
        """The loudest place of each channel of the tower: (N, 1, F, T) to (N, audio_channels)."""
        return self.audio_tower(spectrogram).amax((-2, -1))

    def project(self, seen: Tensor, heard: Tensor) -> TwoStreamOutput:
        """What was seen and heard, in the common space of each head."""
        return TwoStreamOutput(self._project_image(seen), self._project_audio(heard))

    def _project_image(self, seen: Tensor) -> tuple[Tensor, ...]:
        features = self.image_dropout(seen)
        return tuple(head(features) for head in self.image_heads)

    def _project_audio(self, heard: Tensor) -> tuple[Tensor, ...]:
        pooled = heard[..., None, None]
        return tuple(head(pooled).flatten(1) for head in self.audio_heads)

    def embed_image(self, image: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W), normalised with IMAGE_MEAN and IMAGE_STD, to (B, C, h, w) per head."""
        return self._project_image(self.see(image))

    def embed_audio(self, spectrogram: Tensor) -> tuple[Tensor, ...]:
        """(N, 1, F, T) to (N, C) per head."""
        return self._project_audio(self.hear(spectrogram))

    def forward(self, image: Tensor, spectrogram: Tensor) -> TwoStreamOutput:
        return self.project(self.see(image), self.hear(spectrogram))

    def similarity_maps(self, image: Tensor, spectrogram: Tensor) -> Tensor:
        """Cosine maps of all pairs, the mean over the heads: (B, N, h, w) in [-1, 1]."""
        out = self(image, spectrogram)
        return torch.stack([out.maps(head) for head in range(self.config.heads)]).mean(0)


def cosine_maps(image: Tensor, audio: Tensor) -> Tensor:
    """(B, C, h, w) with (N, C), both of unit length over C: (B, N, h, w)."""
    return (audio @ image.flatten(2)).unflatten(2, image.shape[2:])


def heatmap(cosines: Tensor) -> Tensor:
    """sigmoid((cosine - 0.4) / 0.2): [-1, 1] to (0, 1), in any shape.

    The same for every picture, never min-max, so that a fixed threshold means something: 0.5 is a
    cosine of 0.4, and what is unrelated (0) stays dark at 0.12.
    """
    return torch.sigmoid((cosines - HEAT_CENTRE) / HEAT_WIDTH)


def confidence(maps: Tensor) -> Tensor:
    """How sure a map is that it sees its sound: (..., h, w) to (...), in the map's unit.

    The mean of its top quarter, as in SLAVC's extended test sets.
    """
    places = maps.flatten(-2)
    return places.topk(-(-places.shape[-1] // 4), dim=-1).values.mean(-1)


def _towers(config: TwoStreamConfig) -> tuple[nn.Module, nn.Module]:
    """For pictures and for sounds, with random weights."""
    if config.towers == LEARNED:
        return ResNetTower(3, config.image), ResNetTower(1, config.audio)
    eye, ear = frozen_towers(build(config.backbone))
    if config.towers == FROZEN_CLIP:
        return eye, ear
    return FrozenTower(ResNetTower(3, config.image)), ear


class ResNetTower(nn.Module):
    """(B, C, H, W) to (B, config.channels, h, w): a ResNet of basic blocks without its pooling."""

    def __init__(self, channels: int, config: TowerConfig) -> None:
        super().__init__()
        kernel, stride, pad = (4, 4, 0) if config.stem == "patch" else (7, 2, 3)
        self.conv1 = nn.Conv2d(channels, config.width, kernel, stride, pad, bias=False)
        self.bn1 = nn.BatchNorm2d(config.width)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if config.stem == "resnet" else nn.Identity()
        self.stages = len(config.blocks)
        narrow = config.width
        for index, (depth, stride) in enumerate(zip(config.blocks, config.strides, strict=True)):
            wide = config.width * 2**index
            setattr(self, f"layer{index + 1}", _stage(narrow, wide, depth, stride))
            narrow = wide
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        for index in range(self.stages):
            x = getattr(self, f"layer{index + 1}")(x)
        return x


def _stage(narrow: int, wide: int, depth: int, stride: int) -> nn.Sequential:
    shortcut = None
    if stride != 1 or narrow != wide:
        shortcut = nn.Sequential(
            nn.Conv2d(narrow, wide, 1, stride, bias=False), nn.BatchNorm2d(wide)
        )
    first = BasicBlock(narrow, wide, stride, shortcut)
    return nn.Sequential(first, *(BasicBlock(wide, wide) for _ in range(depth - 1)))


class Head(nn.Module):
    """Into the common space: (B, C, h, w) to (B, dim, h, w), unit length over dim."""

    def __init__(self, channels: int, dim: int | None, batch_norm: bool, hidden: int = 0) -> None:
        super().__init__()
        self.proj = nn.Conv2d(hidden or channels, dim, 1) if dim else nn.Identity()
        if hidden:
            evened = nn.BatchNorm2d(channels, affine=False)  # states of several blocks
            self.proj = nn.Sequential(evened, nn.Conv2d(channels, hidden, 1), nn.ReLU(), self.proj)
        self.norm = nn.BatchNorm2d(dim or channels, affine=False) if batch_norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.norm(self.proj(x)), dim=1)
