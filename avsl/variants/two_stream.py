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
from avsl.variants.image_audio import Heard, ImageAudioVariant
from avsl.variants.two_stream_card import TWO_STREAM_CARD

IMAGE_PX = 224  # of the published networks


@dataclass(frozen=True)
class Seen:
    """What the image tower makes of B frames."""

    heads: Tensor  # (B, heads, C, h, w), unit length over C
    objects: Tensor | None = None  # (B, h', w') objectness, where object guidance is on

    def __len__(self) -> int:
        return len(self.heads)

    def __getitem__(self, index: Tensor | slice | list[int]) -> "Seen":
        """The features of some of the frames."""
        return Seen(self.heads[index], None if self.objects is None else self.objects[index])

    @classmethod
    def cat(cls, parts: "list[Seen]") -> "Seen":
        """Several batches as one."""
        objects = [part.objects for part in parts if part.objects is not None]
        heads = torch.cat([part.heads for part in parts])
        return cls(heads, torch.cat(objects) if objects else None)


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

    def see(self, image: Tensor) -> Seen:
        with autocast(self.device):
            heads = torch.stack(self.model.embed_image(image), dim=1)
            objects = None if self._objects is None else objectness(self._objects(image)).float()
        return Seen(heads.float(), objects)

    def hear(self, sound: Tensor) -> Heard:
        """Embeddings (N, heads, C)."""
        spectrogram = self.model.spectrogram(sound)
        with autocast(self.device):
            return Heard(torch.stack(self.model.embed_audio(spectrogram), dim=1).float())

    @torch.inference_mode()
    def ground(self, seen: Seen, embeddings: Tensor) -> Tensor:
        """Maps (B, h, w) in [0, 1] of frame b with embedding b (B, heads, C): the heard half."""
        cosines = torch.einsum("bkchw,bkc->bkhw", seen.heads, embeddings).mean(dim=1)
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
