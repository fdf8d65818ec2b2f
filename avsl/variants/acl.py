"""ACL as a variant: frames and sound windows in, maps out; and its researcher's door."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.clip import Clip
from avsl.devices import autocast, best_device
from avsl.models.acl import ACL, ImageFeatures
from avsl.models.beats import fbank
from avsl.models.int8 import int8_vision
from avsl.progress import Progress, no_progress
from avsl.settings import SAMPLE_RATE_HZ
from avsl.shots import cut_times
from avsl.variants.acl_card import ACL_CARD
from avsl.variants.base import Evidence, State, VariantCard
from avsl.variants.keyframes import KeyframeEncoder
from avsl.variants.windows import cut_windows, sound_windows

IMAGE_PX = 352
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
LOGITS_PER_MAP_PX = 4  # maps are stored at a quarter of the logits' sides
WINDOW_S = 10.0  # what ACL was trained on
WINDOW_HOP_S = 1.0
BATCH_FRAMES = 8
CUT_SIZE = (64, 48)  # of the grey frames in which cuts are looked for
MAX_CACHED_FRAMES = 600  # of one clip, 0.4 MB each
PROBE_NOISE_DBFS = -20.0
PEAK_SHARE = 0.01  # confidence looks at the strongest hundredth of a map
LABEL_FROM = 0.15  # probability below which a sound goes unnamed


@dataclass(frozen=True)
class Heard:
    """What N sound windows became."""

    embeddings: Tensor  # (N, E)
    labels: tuple[str, ...]  # (N,) the likeliest AudioSet class, "" where none is likely


class AclVariant:
    """A loaded ACL. ``window_s`` is how much sound each map rests on: 10 s as in training, or
    less for an answer that follows the sound more quickly.
    """

    def __init__(
        self,
        model: ACL,
        card: VariantCard = ACL_CARD,
        class_names: tuple[str, ...] = (),
        image_px: int = IMAGE_PX,
        window_s: float = WINDOW_S,
        device: torch.device | None = None,
        int8: bool = False,
    ) -> None:
        """``int8``: frames are encoded on the processor with 8-bit products, see
        :mod:`avsl.models.int8`; everything else stays as it is.
        """
        self.device = torch.device("cpu") if int8 else device or best_device()
        self.model = model.eval().to(self.device)
        self.int8 = int8
        self._vision = int8_vision(model.vision) if int8 else model.vision
        self.card = replace(card, state=State.READY)
        self.class_names = class_names
        self.image_px = image_px
        self.window_s = window_s
        self._cache: tuple[object, bytes, list[ImageFeatures]] | None = None

    def in_int8(self) -> "AclVariant":
        """The same variant with 8-bit frame encoding."""
        return AclVariant(
            self.model, self.card, self.class_names, self.image_px, self.window_s, int8=True
        )

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

    # The three steps of every image-audio variant.

    @torch.inference_mode()
    def encode_frames(self, frames: np.ndarray) -> ImageFeatures:
        """uint8 (N, H, W, 3) of any size, squashed to a square -> what the decoder needs."""
        with autocast(self.device):
            return self.model.encode_image(self.image(frames), self._vision)

    @torch.inference_mode()
    def encode_audio(self, waveform: np.ndarray, windows_s: np.ndarray) -> Heard:
        """(S,) float32 at 16 kHz and windows (N, 2) in seconds, all of one length."""
        embeddings, labels = [], []
        for some in np.array_split(windows_s, -(-len(windows_s) // BATCH_FRAMES)):
            banks = fbank(torch.from_numpy(cut_windows(waveform, some)).to(self.device))
            with autocast(self.device):
                features, last = self.model.hear(banks)
                embeddings.append(self.model.text(self.model.audio_proj(features)))
                labels += self._labels(self.model.beats.classify(last))
        return Heard(torch.cat(embeddings), tuple(labels))

    @torch.inference_mode()
    def encode_text(self, text: str) -> Tensor:
        """Words ground as sounds do: (1, E)."""
        with autocast(self.device):
            return self.model.text.read(text)

    @torch.inference_mode()
    def ground(self, seen: ImageFeatures, embeddings: Tensor) -> Tensor:
        """Maps (B, h, w) in [0, 1] of frame b with embedding b, over the whole frame again."""
        with autocast(self.device):
            logits = self.model.ground(seen, embeddings)
        side = self.image_px // LOGITS_PER_MAP_PX
        return self.model.masker.heatmap(logits.float(), (side, side))

    def localize(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Evidence:
        """Maps at ``times_s`` (T,); frames that show the same share one encoding."""
        windows_s, which = sound_windows(times_s, clip.duration_s, self.window_s, WINDOW_HOP_S)
        progress(0.0, "listening")
        heard = self.encode_audio(clip.waveform, windows_s)
        maps, confidence = self._grounded(clip, times_s, heard.embeddings[which], progress)
        return Evidence(
            maps,
            confidence,
            np.minimum(windows_s, clip.duration_s)[which],
            self._notes(clip),
            tuple(heard.labels[index] for index in which) if self.class_names else (),
            _cuts(clip),
        )

    def localize_text(
        self, clip: Clip, times_s: np.ndarray, text: str, progress: Progress = no_progress
    ) -> Evidence:
        """The same for words instead of the sound: where "a dog" is seen, heard or not."""
        asked = self.encode_text(text).expand(len(times_s), -1)
        maps, confidence = self._grounded(clip, times_s, asked, progress)
        windows_s = np.repeat(times_s[:, None], 2, axis=1)
        labels = (text,) * len(times_s)
        return Evidence(maps, confidence, windows_s, self._notes(clip), labels, _cuts(clip))

    def _grounded(
        self, clip: Clip, times_s: np.ndarray, embeddings: Tensor, progress: Progress
    ) -> tuple[np.ndarray, np.ndarray]:
        """Maps (T, h, w) and confidence (T,) of the frames at ``times_s`` with their embeddings."""
        maps, confidence, done = [], [], 0
        for seen in self._frames(clip, times_s, progress):
            asked = embeddings[done : done + len(seen)]
            done += len(seen)
            found = self.ground(seen, asked)
            chance = [peaks(self.ground(seen, probe.expand_as(asked))) for probe in self._probes]
            maps.append(found.cpu().numpy())
            confidence.append((peaks(found) - torch.stack(chance).amax(0)).cpu().numpy())
        return np.concatenate(maps), np.concatenate(confidence)

    def _frames(
        self, clip: Clip, times_s: np.ndarray, progress: Progress
    ) -> Iterator[ImageFeatures]:
        """Features of the frames at ``times_s`` in batches; those of the last clip are kept, so
        that another sound over the same picture encodes nothing.
        """
        key = times_s.tobytes()
        if self._cache is not None and self._cache[0] is clip.source and self._cache[1] == key:
            yield from self._cache[2]
            return
        encoder, kept = KeyframeEncoder(self.encode_frames), []
        frames = clip.frames_at(times_s)
        done = 0
        while batch := list(islice(frames, BATCH_FRAMES)):
            progress(0.2 + 0.8 * done / len(times_s), "looking at frames")
            features = encoder(batch)
            done += len(batch)
            kept.append(features)
            yield features
            if done > MAX_CACHED_FRAMES:
                kept.clear()
        if done <= MAX_CACHED_FRAMES:
            self._cache = (clip.source, key, kept)

    @cached_property
    def _probes(self) -> Tensor:
        """Embeddings of silence and of white noise, which must not light anything up: (2, 1, E)."""
        samples = round(self.window_s * SAMPLE_RATE_HZ)
        noise = np.random.default_rng(0).standard_normal(samples) * 10 ** (PROBE_NOISE_DBFS / 20)
        sounds = np.stack([np.zeros(samples), noise]).astype(np.float32)
        window = np.array([[0.0, self.window_s]])
        return torch.stack([self.encode_audio(sound, window).embeddings for sound in sounds])

    def image(self, frames: np.ndarray) -> Tensor:
        """uint8 (N, H, W, 3) -> (N, 3, px, px) normalised as CLIP was trained, bicubic."""
        pixels = torch.from_numpy(frames).to(self.device).permute(0, 3, 1, 2).float()
        size = (self.image_px, self.image_px)
        square = F.interpolate(pixels, size, mode="bicubic", antialias=True).clamp(0, 255) / 255
        mean, std = (
            torch.tensor(v, device=self.device)[:, None, None] for v in (CLIP_MEAN, CLIP_STD)
        )
        return (square - mean) / std

    def _labels(self, chances: Tensor) -> list[str]:
        if not self.class_names:
            return [""] * len(chances)
        best = chances.float().max(dim=-1)
        return [
            self.class_names[index] if chance >= LABEL_FROM else ""
            for chance, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]

    def _notes(self, clip: Clip) -> tuple[str, ...]:
        notes = ["Frames were encoded in int8, which moves the maps a little."] if self.int8 else []
        if clip.width != clip.height:
            notes.append(
                f"Frames were squashed from {clip.width}x{clip.height} to "
                f"{self.image_px}x{self.image_px} for CLIP; the maps are stretched back."
            )
        if clip.duration_s < self.window_s:
            notes.append(
                f"The sound was padded with silence to the {self.window_s:g} s that the variant "
                "listens to."
            )
        return tuple(notes)


def _cuts(clip: Clip) -> tuple[float, ...]:
    return cut_times(clip.stream(*CUT_SIZE, gray=True))


def peaks(maps: Tensor) -> Tensor:
    """The mean of the strongest hundredth of each map: (B, h, w) -> (B,)."""
    flat = maps.flatten(1)
    return flat.topk(max(1, round(PEAK_SHARE * flat.shape[1])), dim=1).values.mean(dim=1)
