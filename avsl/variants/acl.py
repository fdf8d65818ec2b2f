"""ACL as a variant: frames and sound windows in, maps out; and its researcher's door."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from avsl.clip import Clip
from avsl.devices import autocast
from avsl.models.acl import ACL, ImageFeatures
from avsl.models.beats import fbank
from avsl.models.clip import CLIP_MEAN, CLIP_STD
from avsl.models.int8 import int8_vision
from avsl.progress import Progress, no_progress
from avsl.variants.acl_card import ACL_CARD
from avsl.variants.base import Evidence, VariantCard, origin_of
from avsl.variants.frames import Eye
from avsl.variants.image_audio import Heard, ImageAudioVariant

IMAGE_PX = 352
LOGITS_PER_MAP_PX = 4  # maps are stored at a quarter of the logits' sides
WINDOW_S = 10.0  # what ACL was trained on
PEAK_SHARE = 0.01  # confidence looks at the strongest hundredth of a map
LABEL_FROM = 0.15  # probability below which a sound goes unnamed


class AclVariant(ImageAudioVariant):
    """A loaded ACL. ``window_s`` is how much sound each map rests on: 10 s as in training, or
    less for an answer that follows the sound more quickly.
    """

    family = "acl"
    inputs = ("class_names", "image_px", "window_s", "probed")
    mean, std, eye = CLIP_MEAN, CLIP_STD, "CLIP"
    hop_s = 1.0
    model: ACL

    def __init__(
        self,
        model: ACL,
        card: VariantCard = ACL_CARD,
        class_names: tuple[str, ...] = (),
        image_px: int = IMAGE_PX,
        window_s: float = WINDOW_S,
        device: torch.device | None = None,
        int8: bool = False,
        probed: bool = True,
    ) -> None:
        """``int8``: frames are encoded on the processor with 8-bit products, see
        :mod:`avsl.models.int8`; everything else stays as it is. ``probed``: as in the base class;
        off where training has taught what to make of silence.
        """
        super().__init__(model, card, image_px, window_s, torch.device("cpu") if int8 else device)
        self.int8, self.probed = int8, probed
        self._vision = int8_vision(model.vision) if int8 else model.vision
        self.class_names = tuple(class_names)

    def in_int8(self) -> "AclVariant":
        """The same variant with 8-bit frame encoding."""
        copy = AclVariant(
            self.model, self.card, self.class_names, self.image_px, self.window_s, int8=True,
            probed=self.probed,
        )  # fmt: skip
        copy.origin = replace(origin_of(self), mode="int8")
        return copy

    # The researcher's door: tensors in, tensors out, on the variant's device.

    def fbank(self, waveform: Tensor) -> Tensor:
        """(B, S) at 16 kHz -> (B, frames, 128), normalised; always float32."""
        return fbank(waveform)

    def audio_features(self, waveform: Tensor) -> Tensor:
        """(B, S) -> (B, N, 2304): BEATs' chosen blocks side by side."""
        return self.model.audio_features(fbank(waveform))

    def audio_token(self, sound: Tensor) -> Tensor:
        """The token that stands in CLIP's sentence, (B, 512), of audio features (B, N, 2304) or
        of a waveform (B, S).
        """
        features = self.audio_features(sound) if sound.ndim == 2 else sound
        return self.model.audio_proj(features)

    def audio_embedding(self, waveform: Tensor) -> Tensor:
        """(B, S) -> (B, 512) in CLIP's shared space, not normalised."""
        return self.model.audio_embedding(waveform)

    def image_embedding(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) normalised -> (B, 512), not normalised."""
        return self.model.vision.embedding(self.model.vision.states(image))

    def dense_features(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) normalised -> (B, 512, h, w): MaskCLIP's features."""
        vision = self.model.vision
        grid = (image.shape[-2] // vision.patch, image.shape[-1] // vision.patch)
        return vision.dense(vision.states(image)).transpose(1, 2).unflatten(2, grid)

    def ground_logits(
        self, image: Tensor, audio_embedding: Tensor, all_pairs: bool = False
    ) -> Tensor:
        """Logits (B, 1, H, W) of image b with embedding b, or (B, N, H, W) of all with all."""
        seen = self.model.encode_image(image)
        if all_pairs:
            return self.model.ground_all(seen, audio_embedding)
        return self.model.ground(seen, audio_embedding)[:, None]

    def heatmap(self, logits: Tensor, size: tuple[int, int]) -> Tensor:
        """(..., H, W) -> (..., *size) in [0, 1]; a fixed threshold has a meaning."""
        return self.model.masker.heatmap(logits, size)

    # What every image-audio variant has to say.

    def sees_with(self) -> Eye:
        """All of it comes trained, so that every ACL on one backbone has the same."""
        how = f"{self.model.config.clipseg} int8={self.int8}"
        return Eye(how, (self.model.vision, self.model.decoder.reduces))

    def see(self, image: Tensor) -> ImageFeatures:
        with autocast(self.device):
            return self.model.encode_image(image, self._vision)

    def hear(self, sound: Tensor) -> Heard:
        banks = fbank(sound)
        with autocast(self.device):
            features, last = self.model.hear(banks)
            embeddings = self.model.text(self.model.audio_proj(features))
            return Heard(embeddings, self._labels(self.model.beats.classify(last)))

    @torch.inference_mode()
    def ground(self, seen: ImageFeatures, embeddings: Tensor) -> Tensor:
        """Maps (B, h, w) in [0, 1] of frame b with embedding b, over the whole frame again."""
        with autocast(self.device):
            logits = self.model.ground(seen, embeddings)
        side = self.image_px // LOGITS_PER_MAP_PX
        return self.model.masker.heatmap(logits.float(), (side, side))

    def certainty(self, maps: Tensor) -> Tensor:
        """The mean of the strongest hundredth of each map: (B, h, w) -> (B,)."""
        flat = maps.flatten(1)
        return flat.topk(max(1, round(PEAK_SHARE * flat.shape[1])), dim=1).values.mean(dim=1)

    # Words instead of sounds.

    @torch.inference_mode()
    def encode_text(self, text: str) -> Tensor:
        """Words ground as sounds do: (1, E)."""
        with autocast(self.device):
            return self.model.text.read(text)

    def localize_text(
        self, clip: Clip, times_s: np.ndarray, text: str, progress: Progress = no_progress
    ) -> Evidence:
        """``localize`` for words instead of the sound: where "a dog" is seen, heard or not."""
        asked = self.encode_text(text).expand(len(times_s), -1)
        windows_s = np.repeat(times_s[:, None], 2, axis=1)
        return self._evidence(clip, times_s, asked, windows_s, (text,) * len(times_s), progress)

    def _labels(self, chances: Tensor) -> tuple[str, ...]:
        """Of each sound (N, classes) the likeliest AudioSet class, "" where none is likely."""
        if not self.class_names:
            return ()
        best = chances.float().max(dim=-1)
        return tuple(
            self.class_names[index] if chance >= LABEL_FROM else ""
            for chance, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        )

    def _notes(self, clip: Clip) -> tuple[str, ...]:
        notes = super()._notes(clip)
        if not self.int8:
            return notes
        return ("Frames were encoded in int8, which moves the maps a little.", *notes)
