"""Two-stream networks as a variant: LVS, EZ-VSL, SLAVC, FNAC, MarginNCE, and our small ones."""

from dataclasses import dataclass

import torch
from torch import Tensor

from avsl.clip import Clip
from avsl.devices import autocast
from avsl.models.object_guided import object_guided, objectness
from avsl.models.spectrogram import WINDOW_S
from avsl.models.twostream import (
    IMAGE_MEAN,
    IMAGE_STD,
    ResNetTower,
    TwoStream,
    confidence,
    heatmap,
)
from avsl.variants.base import VariantCard
from avsl.variants.frames import Eye
from avsl.variants.image_audio import Heard, ImageAudioVariant
from avsl.variants.two_stream_card import TWO_STREAM_CARD

IMAGE_PX = 224  # of the published networks


@dataclass(frozen=True)
class Seen:
    """What B frames have become: by the image tower, or by the heads after it."""

    features: Tensor  # (B, C, h, w) of the tower; (B, heads, C, h, w), unit length over C
    objects: Tensor | None = None  # (B, h', w') objectness, where object guidance is on

    @property
    def nbytes(self) -> int:
        return self.features.nbytes + (0 if self.objects is None else self.objects.nbytes)

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, index: Tensor | slice | list[int]) -> "Seen":
        """What some of the frames have become."""
        return Seen(self.features[index], None if self.objects is None else self.objects[index])

    @classmethod
    def cat(cls, parts: "list[Seen]") -> "Seen":
        """Several batches as one."""
        objects = [part.objects for part in parts if part.objects is not None]
        features = torch.cat([part.features for part in parts])
        return cls(features, torch.cat(objects) if objects else None)


class TwoStreamVariant(ImageAudioVariant):
    """A loaded two-stream network. Maps have the size of the image tower's, 7 x 7 or 14 x 14;
    their rule is :func:`avsl.models.twostream.heatmap`.
    """

    family = "two-stream"
    mean, std, eye = IMAGE_MEAN, IMAGE_STD, "the network"
    hop_s = 0.5
    model: TwoStream

    def __init__(
        self,
        model: TwoStream,
        card: VariantCard = TWO_STREAM_CARD,
        image_px: int = IMAGE_PX,
        window_s: float = WINDOW_S,
        device: torch.device | None = None,
        objects: ResNetTower | None = None,
    ) -> None:
        """``objects``: an ImageNet classifier's tower, which switches object guidance (OGL) on."""
        super().__init__(model, card, image_px, window_s, device)
        self._objects = None if objects is None else objects.eval().to(self.device)

    def object_guided(self, objects: ResNetTower) -> "TwoStreamVariant":
        """The same variant with object guidance (EZ-VSL's OGL), for the numbers published with it.

        Six tenths of its maps are deaf and each is min-max scaled, so a fixed threshold loses its
        meaning; the confidence stays that of the map that heard.
        """
        return TwoStreamVariant(
            self.model, self.card, self.image_px, self.window_s, self.device, objects
        )

    def sees_with(self) -> Eye:
        config, backbone = self.model.config, self.model.config.backbone
        how = f"{config.towers} {config.image} {backbone and backbone.clipseg}"
        objects = () if self._objects is None else (self._objects,)
        return Eye(how, (self.model.image_tower, *objects))

    def see(self, image: Tensor) -> Seen:
        with autocast(self.device):
            objects = None if self._objects is None else objectness(self._objects(image)).float()
            return Seen(self.model.see(image), objects)

    @torch.inference_mode()
    def attend(self, seen: Seen) -> Seen:
        """Into the common space: the heads are what the methods learn."""
        with autocast(self.device):  # no dropout: the network is in evaluation mode
            heads = torch.stack([head(seen.features) for head in self.model.image_heads], dim=1)
        return Seen(heads.float(), seen.objects)

    def hear(self, sound: Tensor) -> Heard:
        """Embeddings (N, heads, C)."""
        spectrogram = self.model.spectrogram(sound)
        with autocast(self.device):
            return Heard(torch.stack(self.model.embed_audio(spectrogram), dim=1).float())

    @torch.inference_mode()
    def ground(self, seen: Seen, embeddings: Tensor) -> Tensor:
        """Maps (B, h, w) in [0, 1] of frame b with embedding b (B, heads, C): the heard half."""
        cosines = torch.einsum("bkchw,bkc->bkhw", seen.features, embeddings).mean(dim=1)
        return heatmap(cosines)

    @torch.inference_mode()
    def judge(self, seen: Seen, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (B, h, w), blended with what the frames show where object guidance is on, and
        confidence (B,).
        """
        maps, sure = super().judge(seen, embeddings)
        if seen.objects is not None:
            maps = object_guided(maps, seen.objects, (self.image_px, self.image_px))
        return maps, sure

    def certainty(self, maps: Tensor) -> Tensor:
        """The mean of the strongest quarter of each map, as SLAVC: (B, h, w) -> (B,)."""
        return confidence(maps)

    def _notes(self, clip: Clip) -> tuple[str, ...]:
        notes = super()._notes(clip)
        if self._objects is None:
            return notes
        return ("Six tenths of each map mark objects whether or not they sound (OGL).", *notes)
