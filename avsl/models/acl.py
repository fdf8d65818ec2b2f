"""ACL: "Can CLIP Help Sound Source Localization?" (Park et al., WACV 2024, arXiv 2311.04066).

Frozen BEATs hears; a small audio tokenizer turns what it heard into one token of CLIP's text
space; CLIP's frozen text tower reads "A photo of <token>"; CLIPSeg's frozen decoder grounds that
embedding in the picture. Only the tokenizer and two mask scalars are trained.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avsl.models.audio_tokenizer import AudioTokenizer
from avsl.models.beats import BEATs, fbank
from avsl.models.clip import TextTower, VisionTower
from avsl.models.clipseg import CLIPSegDecoder

FEATURE_MASK_CENTRE, FEATURE_MASK_WIDTH = 0.5, 0.07


Around = Callable[[Callable[..., Tensor]], Callable[..., Tensor]]


def as_it_is(part: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Nothing around it."""
    return part


@dataclass(frozen=True)
class ImageFeatures:
    """What one pass of the vision tower gives; grounding any number of sounds in it is cheap."""

    reduced: tuple[Tensor, ...]  # per decoder layer, deepest first: (B, 1 + h w, width)
    grid: tuple[int, int]  # (h, w)

    @property
    def nbytes(self) -> int:
        return sum(state.nbytes for state in self.reduced)

    def __len__(self) -> int:
        return len(self.reduced[0])

    def __getitem__(self, index: Tensor | slice | list[int]) -> "ImageFeatures":
        """The features of some of the images."""
        return ImageFeatures(tuple(state[index] for state in self.reduced), self.grid)

    @classmethod
    def cat(cls, parts: "list[ImageFeatures]") -> "ImageFeatures":
        """Several batches of one grid as one."""
        layers = zip(*(part.reduced for part in parts), strict=True)
        return cls(tuple(torch.cat(states) for states in layers), parts[0].grid)


@dataclass(frozen=True)
class TrainingOutput:
    """What ACL's objectives need of B images and S sounds; ``[b, s]`` is image b with sound s.

    S is B, unless the sounds of other processes are contrasted with as well.
    """

    v_f: Tensor  # (B, S, E): dense features of image b averaged under the mask of sound s
    v_i: Tensor  # (B, E): each image under its own hard mask, encoded again
    audio: Tensor  # (S, E)
    logits: Tensor  # (B, S, H, W), or of the decoded pairs alone (B, 1 + N, H, W), own first
    positive_area: Tensor  # (): mean hard-mask area of matching pairs
    negative_area: Tensor  # (): that of the others, times (S - 1) / S as published
    decoded: Tensor | None = None  # (B, S) bool: which pairs were; v_f is 0 for others; None: all
    first: int = 0  # image b belongs to sound first + b


@dataclass(frozen=True)
class FrozenPart:
    """What the parts that never learn make of B clips, all that training asks of them at first."""

    image: Tensor  # (B, 3, H, W), normalised: the masked image is encoded anew each time
    seen: ImageFeatures
    dense: Tensor  # (B, h w, E)
    whole: Tensor  # (B, E): CLIP's embedding of the whole image
    heard: Tensor  # (B, N, 2304)


class ACL(nn.Module):
    """The whole network; names of the parts follow the paper's figure."""

    def __init__(
        self,
        beats: BEATs,
        audio_proj: AudioTokenizer,
        vision: VisionTower,
        text: TextTower,
        decoder: CLIPSegDecoder,
        masker: "Masker",
        beats_blocks: tuple[int, ...] = (4, 8, 12),  # counted from one; outputs concatenated
        clip_blocks: tuple[int, ...] = (3, 6, 9),  # counted from zero; outputs to the decoder
    ) -> None:
        super().__init__()
        self.beats, self.audio_proj = beats, audio_proj
        self.vision, self.text, self.decoder = vision, text, decoder
        self.masker = masker
        self.beats_blocks, self.clip_blocks = beats_blocks, clip_blocks
        for frozen in (beats, vision, text, decoder):
            frozen.requires_grad_(False)

    def train(self, mode: bool = True) -> "ACL":
        """Only the tokenizer and the masker ever leave evaluation mode."""
        super().train(False)
        self.training = mode
        self.audio_proj.train(mode)
        self.masker.train(mode)
        return self

    @property
    def heavy(self) -> tuple[tuple[nn.Module, str], ...]:
        """The methods in which nearly all of the time goes."""
        return (self.vision, "states"), (self.decoder, "forward"), (self.beats, "forward")

    # hearing

    def hear(self, banks: Tensor) -> tuple[Tensor, Tensor]:
        """(B, frames, 128) filter banks to BEATs' chosen blocks side by side, (B, N, 2304), and
        its last block alone, which names the sound.
        """
        with torch.no_grad():
            blocks = self.beats(banks)
        chosen = [blocks[number - 1] for number in self.beats_blocks]
        return torch.cat(chosen, dim=-1), blocks[-1]

    def audio_features(self, banks: Tensor) -> Tensor:
        """(B, frames, 128) filter banks to (B, N, 2304)."""
        return self.hear(banks)[0]

    def audio_embedding(self, waveform: Tensor) -> Tensor:
        """(B, S) at 16 kHz to (B, E), not normalised."""
        return self.text(self.audio_proj(self.audio_features(fbank(waveform))))

    # seeing

    def encode_image(self, image: Tensor, vision: VisionTower | None = None) -> ImageFeatures:
        """(B, 3, H, W), normalised, to what the decoder needs; only the blocks it looks at run.

        ``vision`` stands in for the tower, such as its int8 copy.
        """
        tower = self.vision if vision is None else vision
        return self.features(tower.states(image, last=max(self.clip_blocks)), image)

    def features(self, states: list[Tensor], image: Tensor) -> ImageFeatures:
        """What the decoder needs of the vision tower's states."""
        patch = self.vision.patch
        grid = (image.shape[-2] // patch, image.shape[-1] // patch)
        return ImageFeatures(
            self.decoder.reduce([states[number + 1] for number in self.clip_blocks]), grid
        )

    # grounding

    def ground(self, seen: ImageFeatures, audio: Tensor) -> Tensor:
        """Logits (B, H, W) of image b with embedding b of ``audio`` (B, E)."""
        return self.decoder(seen.reduced, audio, seen.grid)

    def ground_all(self, seen: ImageFeatures, audio: Tensor, most_pairs: int = 256) -> Tensor:
        """Logits (B, N, H, W) of every image with every embedding of ``audio`` (N, E).

        At most ``most_pairs`` pairs are in the decoder at once, which bounds memory.
        """
        every = torch.arange(len(audio), device=audio.device).expand(len(seen), -1)
        return self.ground_each(seen, audio, every, most_pairs)

    def ground_each(
        self,
        seen: ImageFeatures,
        audio: Tensor,
        which: Tensor,
        most_pairs: int = 256,
        around: Around = as_it_is,
    ) -> Tensor:
        """The same with the embeddings ``which`` (B, N) of ``audio``: (B, N, H, W)."""
        ground = around(self.ground)
        image = torch.arange(len(seen), device=which.device).repeat_interleave(which.shape[1])
        pairs = zip(image.split(most_pairs), which.flatten().split(most_pairs), strict=True)
        parts = [ground(seen[some], audio[sounds]) for some, sounds in pairs]
        return torch.cat(parts).unflatten(0, which.shape)

    # training

    @torch.no_grad()
    def frozen(self, image: Tensor, waveform: Tensor) -> FrozenPart:
        """B image passes of the vision tower and B of BEATs."""
        states = self.vision.states(image)
        return FrozenPart(
            image,
            self.features(states, image),
            self.vision.dense(states),
            self.vision.embedding(states),
            self.audio_features(fbank(waveform)),
        )

    def forward(
        self,
        image: Tensor,
        waveform: Tensor,
        most_pairs: int = 256,
        shifts: Sequence[int] | None = None,
    ) -> TrainingOutput:
        """One training pass over B clips with exactly 2B image passes of the vision tower.

        The first, without gradient, serves all groundings and the dense features; the second, with
        gradient, encodes the B masked images. ``shifts``: decode each image with its own sound and
        with those of the images so many places further on, instead of all B x B pairs.
        """
        return self.learning(self.frozen(image, waveform), most_pairs, shifts)

    def learning(
        self,
        frozen: FrozenPart,
        most_pairs: int = 256,
        shifts: Sequence[int] | None = None,
        gather: Callable[[Tensor], Tensor] | None = None,
        first: int = 0,
        around: Around = as_it_is,
    ) -> TrainingOutput:
        """The part of :meth:`forward` that gradients flow through.

        ``gather`` brings the embeddings of other processes' sounds, (B, E) to (S, E), those of this
        one from ``first`` on: B images are decoded with S sounds here, never S with S. ``around``
        is put around the two parts that keep most for the way back: the decoder with at most
        ``most_pairs`` pairs, and the pass over the masked images.
        """
        image, seen, dense = frozen.image, frozen.seen, frozen.dense
        audio = self.text(self.audio_proj(frozen.heard))
        audio = gather(audio) if gather else audio
        sounds = len(audio)
        row = torch.arange(len(image), device=image.device)[:, None]
        which = sounds_to_decode(len(image), shifts, first, sounds).to(image.device)
        logits = self.ground_each(seen, audio, which, most_pairs, around)
        hard = self.masker.hard(logits)
        mine = hard[which == first + row]
        positive = mine.mean()
        v_f = masked_mean(dense, feature_mask(logits), seen.grid)
        pairs, each = len(image), which.shape[1]
        none = torch.zeros(pairs, sounds, dtype=torch.bool, device=image.device)
        return TrainingOutput(
            v_f=v_f.new_zeros(pairs, sounds, v_f.shape[-1]).index_put((row, which), v_f),
            v_i=around(self._encoded_again)(image * mine[:, None]),
            audio=audio,
            logits=logits,
            positive_area=positive,
            negative_area=(each * hard.mean() - positive) / max(each - 1, 1) * (1 - 1 / sounds),
            decoded=none.index_put((row, which), row == row),
            first=first,
        )

    def _encoded_again(self, masked: Tensor) -> Tensor:
        return self.vision.embedding(self.vision.states(masked))


def sounds_to_decode(
    pairs: int, shifts: Sequence[int] | None, first: int = 0, sounds: int | None = None
) -> Tensor:
    """Which of S sounds each of B images is decoded with: (B, S), all in order, or (B, 1 + N), its
    own, which is ``first`` places further on, and those so many places after it.
    """
    sounds = pairs if sounds is None else sounds
    if shifts is None:
        return torch.arange(sounds).expand(pairs, -1)
    return (first + torch.arange(pairs)[:, None] + torch.tensor([0, *shifts])) % sounds


class Masker(nn.Module):
    """The two trained scalars that turn logits into masks."""

    def __init__(self, w: float = 10.0, b: float = 14.0) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(float(w)))
        self.b = nn.Parameter(torch.tensor(float(b)))

    def soft(self, logits: Tensor) -> Tensor:
        """sigmoid(w x + b), the image mask before its noise, in [0, 1]."""
        return torch.sigmoid(self.w * logits + self.b)

    def hard(self, logits: Tensor, tau: float = 1.0) -> Tensor:
        """Gumbel-sigmoid samples in {0, 1} with straight-through gradient (arXiv 1611.01144)."""
        uniform = torch.rand_like(logits).clamp(1e-7, 1 - 1e-7)
        logistic = uniform.log() - torch.log1p(-uniform)
        soft = torch.sigmoid((self.w * logits + self.b + logistic) / tau)
        return (soft > 0.5).to(soft) + soft - soft.detach()

    def heatmap(self, logits: Tensor, size: tuple[int, int]) -> Tensor:
        """The inference map in [0, 1], never min-max normalised: (..., H, W) -> (..., *size).

        sigmoid(x + b / w), not of w x + b: what the released code does, so thresholds transfer.
        """
        flat = logits.reshape(-1, 1, *logits.shape[-2:])
        fitted = F.interpolate(flat, size, mode="bicubic", align_corners=False)
        return torch.sigmoid(fitted + self.b / self.w).reshape(*logits.shape[:-2], *size)


def feature_mask(logits: Tensor) -> Tensor:
    """Per-map min-max, then a steep sigmoid about the middle: (..., H, W) in [0, 1]."""
    low, high = logits.amin((-2, -1), keepdim=True), logits.amax((-2, -1), keepdim=True)
    level = (logits - low) / (high - low)
    return torch.sigmoid((level - FEATURE_MASK_CENTRE) / FEATURE_MASK_WIDTH)


def masked_mean(dense: Tensor, mask: Tensor, grid: tuple[int, int]) -> Tensor:
    """Dense features (B, h w, E) averaged under masks (B, N, H, W): (B, N, E)."""
    weight = F.interpolate(mask, grid, mode="nearest").flatten(2)
    return weight @ dense / weight.sum(-1, keepdim=True)
