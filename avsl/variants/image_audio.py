"""What all variants share that look at single frames and hear windows of sound.

A subclass says how its network sees, hears and grounds; from that come the three steps
(``encode_frames``, ``encode_audio``, ``ground``) and ``localize``. Seeing is dear, and needs no
sound: what was seen is kept for the clip at hand, so that another sound over the same picture, or
another variant with the same eye, encodes no frame.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avsl.clip import Clip
from avsl.devices import best_device
from avsl.progress import Progress, no_progress, part
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants import scarce
from avsl.variants.base import Evidence, State, VariantCard
from avsl.variants.frames import Eye, FrameFeatures
from avsl.variants.keyframes import Features
from avsl.variants.scarce import in_parts
from avsl.variants.windows import cut_windows, sound_windows

BATCH_WINDOWS = 8
PROBE_NOISE_DBFS = -20.0
LISTENED = 0.2  # of the work, when the sound is done


@dataclass(frozen=True)
class Heard:
    """What N sound windows became."""

    embeddings: Tensor  # (N, ...), as ``ground`` takes them
    labels: tuple[str, ...] = ()  # (N,) what each may be, "" where unsure; () if none are named


@runtime_checkable
class ReadsWords(Protocol):
    """A variant that takes words in the place of a sound: one whose embeddings are a text tower's.
    Of ours the ACL family.
    """

    def encode_text(self, text: str) -> Tensor:
        """Words as ``ground`` takes a sound: (1, ...). Raises :class:`avsl.errors.SettingError`
        for a word that the variant has never read.
        """


class ImageAudioVariant(ABC):
    """A loaded network. ``image_px`` is the side frames are squashed to; ``window_s`` is how much
    sound each map rests on.
    """

    family: ClassVar[str]  # of networks, as in a folder's card
    inputs: ClassVar[tuple[str, ...]] = ("image_px", "window_s")  # a folder keeps them too
    mean: ClassVar[tuple[float, ...]]  # of frames, as the network was trained
    std: ClassVar[tuple[float, ...]]
    eye: ClassVar[str]  # what frames are squashed for, in words
    hop_s: ClassVar[float]  # between the centres of sound windows
    probed = True  # confidence is what a map has above those of silence and noise

    def __init__(
        self,
        model: nn.Module,
        card: VariantCard,
        image_px: int,
        window_s: float,
        device: torch.device | None = None,
    ) -> None:
        self.device = device or best_device()
        self.model = model.eval().to(self.device)
        self.card = replace(card, state=State.READY)
        self.image_px = image_px
        self.window_s = window_s
        self.frames = FrameFeatures()  # of the clip at hand; may be shared, see ``eye_key``
        self._parts = 0  # batches that had to be split in this run

    # What a network has to say.

    @abstractmethod
    def sees_with(self) -> Eye:
        """What ``see`` uses."""

    @abstractmethod
    def see(self, image: Tensor) -> Features:
        """(N, 3, px, px), normalised, to what the eye makes of N frames."""

    def attend(self, seen: Features) -> Features:
        """What ``ground`` needs of what was seen: all that was learned on top of the eye. Cheap."""
        return seen

    @abstractmethod
    def hear(self, sound: Tensor) -> Heard:
        """(N, S) at 16 kHz, S samples being ``window_s``."""

    @abstractmethod
    def ground(self, seen: Features, embeddings: Tensor) -> Tensor:
        """Maps (B, h, w) in [0, 1] of frame b with embedding b, over the whole frame again."""

    @abstractmethod
    def certainty(self, maps: Tensor) -> Tensor:
        """How strongly maps (B, h, w) mark something: (B,), in the maps' unit."""

    # The other steps of every image-audio variant.

    @torch.inference_mode()
    def look(self, frames: np.ndarray) -> Features:
        """uint8 (N, H, W, 3) of any size, squashed to a square -> what the eye makes of them."""
        parts = in_parts(lambda some: self.see(self.image(some)), frames)
        self._parts += len(parts) - 1
        return type(parts[0]).cat(parts) if len(parts) > 1 else parts[0]

    def encode_frames(self, frames: np.ndarray) -> Features:
        """uint8 (N, H, W, 3) -> what ``ground`` needs."""
        return self.attend(self.look(frames))

    @cached_property
    def eye_key(self) -> str:
        """Variants with the same key make the same of a frame. Worked out when first asked for;
        the eye's weights must not change afterwards.
        """
        looks = f"{self.family} {self.image_px} {self.mean} {self.std} {self.device}"
        return f"{looks} {self.sees_with().checksum()}"

    @property
    def weights_bytes(self) -> int:
        """What the network's weights take in memory."""
        return sum(value.nbytes for value in self.model.state_dict().values())

    @torch.inference_mode()
    def encode_audio(self, waveform: np.ndarray, windows_s: np.ndarray) -> Heard:
        """(S,) float32 at 16 kHz and windows (N, 2) in seconds, all of one length."""
        batches = np.array_split(windows_s, -(-len(windows_s) // BATCH_WINDOWS))
        sounds = [torch.from_numpy(cut_windows(waveform, some)) for some in batches]
        parts = [in_parts(lambda some: self.hear(some.to(self.device)), each) for each in sounds]
        heard = [each for some in parts for each in some]
        self._parts += len(heard) - len(sounds)
        labels = tuple(label for each in heard for label in each.labels)
        return Heard(torch.cat([each.embeddings for each in heard]), labels)

    @torch.inference_mode()
    def judge(self, seen: Features, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (B, h, w) and confidence (B,): by how much more certain a map is than those that
        silence and noise give on the same frame; or, not ``probed``, how certain it is.
        """
        found = self.ground(seen, embeddings)
        if not self.probed:
            return found, self.certainty(found)
        chance = [
            self.certainty(self.ground(seen, probe.expand_as(embeddings))) for probe in self._probes
        ]
        return found, self.certainty(found) - torch.stack(chance).amax(0)

    def localize(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Evidence:
        """Maps at ``times_s`` (T,); frames that show the same share one encoding.

        Where the graphics card's memory is short it takes less at once, or the processor does the
        work; the notes say so.
        """
        self._parts = 0
        try:
            found, note = self._localize(clip, times_s, progress), scarce.SMALLER
            if not self._parts:
                return found
        except torch.OutOfMemoryError:
            if self.device == scarce.CPU:
                raise
            found = None
        if found is None:  # out of the handler, whose traceback holds on to the memory
            with scarce.on_the_processor(self):
                found, note = self._localize(clip, times_s, progress), scarce.ON_THE_PROCESSOR
        return replace(found, notes=(*found.notes, note))

    def _localize(self, clip: Clip, times_s: np.ndarray, progress: Progress) -> Evidence:
        windows_s, which = sound_windows(times_s, clip.duration_s, self.window_s, self.hop_s)
        progress(0.0, "listening")
        heard = self.encode_audio(clip.waveform, windows_s)
        labels = tuple(heard.labels[index] for index in which) if heard.labels else ()
        windows_s = np.minimum(windows_s, clip.duration_s)[which]
        return self._evidence(clip, times_s, heard.embeddings[which], windows_s, labels, progress)

    def _evidence(
        self,
        clip: Clip,
        times_s: np.ndarray,
        embeddings: Tensor,
        windows_s: np.ndarray,
        labels: tuple[str, ...],
        progress: Progress,
    ) -> Evidence:
        """What the frames at ``times_s`` (T,) show of their embeddings (T, ...)."""
        maps, confidence, done = [], [], 0
        looked = self.frames.of(
            clip, times_s, self.eye_key, self.look, part(progress, LISTENED, 1.0)
        )
        for seen in looked:
            sounds = embeddings[done : done + len(seen)]
            parts = in_parts(lambda a, b: self.judge(self.attend(a), b), seen, sounds)
            self._parts += len(parts) - 1
            done += len(seen)
            for found, sure in parts:
                maps.append(found.cpu().numpy())
                confidence.append(sure.cpu().numpy())
        return Evidence(
            np.concatenate(maps),
            np.concatenate(confidence),
            windows_s,
            self._notes(clip),
            labels,
            self.frames.cuts_s(clip),
        )

    @cached_property
    def _probes(self) -> Tensor:
        """Embeddings of silence and of white noise, which must light nothing up: (2, 1, ...)."""
        samples = round(self.window_s * SAMPLE_RATE_HZ)
        noise = np.random.default_rng(0).standard_normal(samples) * 10 ** (PROBE_NOISE_DBFS / 20)
        sounds = np.stack([np.zeros(samples), noise]).astype(np.float32)
        window = np.array([[0.0, self.window_s]])
        return torch.stack([self.encode_audio(sound, window).embeddings for sound in sounds])

    def image(self, frames: np.ndarray) -> Tensor:
        """uint8 (N, H, W, 3) -> (N, 3, px, px) normalised as the network was trained, bicubic."""
        pixels = torch.from_numpy(frames).to(self.device).permute(0, 3, 1, 2).float()
        size = (self.image_px, self.image_px)
        square = F.interpolate(pixels, size, mode="bicubic", antialias=True).clamp(0, 255) / 255
        mean, std = (
            torch.tensor(v, device=self.device)[:, None, None] for v in (self.mean, self.std)
        )
        return (square - mean) / std

    def _notes(self, clip: Clip) -> tuple[str, ...]:
        """What had to be done to the clip, as sentences."""
        notes = []
        if clip.width != clip.height:
            notes.append(
                f"Frames were squashed from {clip.width}x{clip.height} to "
                f"{self.image_px}x{self.image_px} for {self.eye}; the maps are stretched back."
            )
        if clip.duration_s < self.window_s:
            notes.append(
                f"The sound was padded with silence to the {self.window_s:g} s that the variant "
                "listens to."
            )
        return tuple(notes)
