"""Swap the sound: the same pictures with other sounds, or words, and a map for every pair.

>>> found = swap([Still("desk", frame)], [Sound("dog", bark), Sound("kettle", whistle)], "acl-tiny")
>>> found.places(0, 1)  # of the kettle's sound in the first picture: ("upper left",)

How the papers ask whether a map follows its sound (interactive localization: Senocak et al., ICCV
2023): one picture, the sound of each of its things, and one of a thing that is not there. Pictures
are looked at once; what is added later costs no more than listening and grounding.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avsl.audio import AUDIBLE_DBFS, FLOOR_DBFS, FRAME_S, loudness_dbfs
from avsl.errors import SettingError
from avsl.localization import Region, Verdict, regions, verdicts
from avsl.progress import Progress, no_progress, part
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants import Variant, VariantCard, load
from avsl.variants.image_audio import ImageAudioVariant, ReadsWords
from avsl.variants.keyframes import Features

PAIRS_AT_ONCE = 16
MINOR = 0.25  # regions smaller than this share of the largest one get no words
NOTICEABLE_S = 0.05  # what is cut or missing of a sound goes without saying below this


@dataclass(frozen=True, eq=False)
class Still:
    """A picture, known again as this very object."""

    name: str
    frame: np.ndarray  # uint8 (H, W, 3) RGB, upright
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound to play to pictures, known again as this very object."""

    name: str
    waveform: np.ndarray  # (S,) float32 in [-1, 1], mono 16 kHz
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Words:
    """Words in the place of a sound, such as "dog"."""

    name: str
    notes: tuple[str, ...] = ()


Asked = Sound | Words


@dataclass(frozen=True)
class Spent:
    """What one call took: nothing for what an earlier one had done."""

    pictures: int = 0  # looked at
    looking_s: float = 0.0
    asked: int = 0  # sounds listened to and words read
    listening_s: float = 0.0
    pairs: int = 0
    grounding_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Swapped:
    """A map and a verdict for each of P pictures with each of N sounds or words."""

    stills: tuple[Still, ...]  # (P,)
    asked: tuple[Asked, ...]  # (N,)
    maps: np.ndarray  # (P, N, h, w) float32 in [0, 1], each over its whole picture
    confidence: np.ndarray  # (P, N) float32, in the card's unit; compare with its gate
    loudness_dbfs: np.ndarray  # (N,) float32: the loudest of what was heard; not a number for words
    heard: tuple[np.ndarray | None, ...]  # (N,) each (S,), the stretch listened to; None for words
    labels: tuple[str, ...]  # (N,) what the variant takes each sound for, "" where it cannot tell
    card: VariantCard
    notes: tuple[str, ...]  # what was cut, padded or squashed
    spent: Spent

    def verdict(self, picture: int, asked: int) -> Verdict:
        """Of one pair. For words "sounding here" means that the thing is seen."""
        loud = self.loudness_dbfs[asked]
        loud = 0.0 if np.isnan(loud) else loud
        sure = self.confidence[picture, asked]
        gates = self.card.confidence_gate, self.card.absence_gate
        return verdicts([loud], [sure], AUDIBLE_DBFS, *gates)[0]

    def shown(self, picture: int, asked: int, unsure: bool = False) -> np.ndarray:
        """The map to show of one pair: float32 (h, w), empty unless it is sounding here, or
        ``unsure``: whatever is audible is shown, also below the gate.
        """
        found, verdict = self.maps[picture, asked], self.verdict(picture, asked)
        shows = verdict is Verdict.SOUNDING or (unsure and verdict.is_abstention)
        return found if shows else np.zeros_like(found)

    def regions(self, picture: int, asked: int, unsure: bool = False) -> list[Region]:
        """What is shown of one pair at the variant's own threshold, strongest first."""
        height, width = self.stills[picture].frame.shape[:2]
        return regions(self.shown(picture, asked, unsure), self.card.threshold, width, height)

    def places(self, picture: int, asked: int, unsure: bool = False) -> tuple[str, ...]:
        """Where that is in words, the largest first and without what is small beside it:
        ("upper left",); () where nothing is shown.
        """
        found = sorted(self.regions(picture, asked, unsure), key=lambda region: -region.area)
        large = [region.where for region in found if region.area >= MINOR * found[0].area]
        return tuple(dict.fromkeys(large))

    def peak(self, picture: int, asked: int) -> tuple[float, float]:
        """Where the map is strongest, shown or not: (x, y) in [0, 1] from the upper left."""
        found = self.maps[picture, asked]
        row, column = np.unravel_index(int(found.argmax()), found.shape)
        return (float(column) + 0.5) / found.shape[1], (float(row) + 0.5) / found.shape[0]


def swap(
    stills: Sequence[Still],
    asked: Sequence[Asked],
    variant: str | Variant,
    progress: Progress = no_progress,
) -> Swapped:
    """Every picture with every sound; ``variant`` is a name or a loaded one.

    Of a sound longer than the variant listens to, the loudest stretch counts; a shorter one is
    padded with silence. Raises :class:`SettingError` for a variant that needs motion, for words
    where it reads none, for nothing to do and for what is no picture or sound; and what loading
    raises.
    """
    loaded = load(variant, part(progress, 0.0, 0.1)) if isinstance(variant, str) else variant
    return Swapper(loaded).swap(stills, asked, part(progress, 0.1, 1.0))


class Swapper:
    """Remembers what one variant has made of pictures, sounds and pairs of the last call, so that
    the next one only does what is new. For one thread at a time.
    """

    def __init__(self, variant: Variant) -> None:
        """Raises :class:`SettingError` for a variant that does not look at single pictures."""
        if not isinstance(variant, ImageAudioVariant):
            raise SettingError(
                f"{variant.card.name} follows what moves, and in a picture nothing does. Choose a "
                "variant that knows things by their sound, such as acl-tiny."
            )
        self.variant = variant
        self._seen: dict[Still, Features] = {}
        self._heard: dict[Asked, _Heard] = {}
        self._found: dict[tuple[Still, Asked], tuple[np.ndarray, float]] = {}

    @property
    def reads_words(self) -> bool:
        """Whether words may be asked for."""
        return isinstance(self.variant, ReadsWords)

    def swap(
        self, stills: Sequence[Still], asked: Sequence[Asked], progress: Progress = no_progress
    ) -> Swapped:
        """As :func:`swap`; stopped by an error, it keeps what it had done."""
        if not stills or not asked:
            raise SettingError("There is nothing to pair: give a picture or more, and a sound.")
        began = time.perf_counter()
        new_stills = [still for still in dict.fromkeys(stills) if still not in self._seen]
        for index, still in enumerate(new_stills):
            progress(0.4 * index / len(new_stills), "looking at pictures")
            self._seen[still] = self.variant.encode_frames(_checked_frame(still)[None])
        looked = time.perf_counter()
        new_asked = [each for each in dict.fromkeys(asked) if each not in self._heard]
        for index, each in enumerate(new_asked):
            progress(0.4 + 0.3 * index / len(new_asked), "listening")
            self._heard[each] = self._embedded(each)
        listened = time.perf_counter()
        pairs = sum(1 for _ in self._grounded(stills, asked, part(progress, 0.7, 1.0)))
        spent = Spent(
            len(new_stills), looked - began, len(new_asked), listened - looked,
            pairs, time.perf_counter() - listened,
        )  # fmt: skip
        self._forget_all_but(stills, asked)
        return self._swapped(tuple(stills), tuple(asked), spent)

    def _embedded(self, asked: Asked) -> "_Heard":
        if isinstance(asked, Words):
            return _Heard(self._read(asked.name))
        heard, note = stretch(_checked_sound(asked), self.variant.window_s, asked.name)
        window = np.array([[0.0, self.variant.window_s]])
        told = self.variant.encode_audio(heard, window)
        label = told.labels[0] if told.labels else ""
        return _Heard(told.embeddings, heard, _loudest_dbfs(heard), label, note)

    def _read(self, text: str) -> Tensor:
        if not isinstance(self.variant, ReadsWords):
            raise SettingError(
                f"{self.variant.card.name} only knows sounds and reads no words. Variants of the "
                "ACL family read them, such as acl-tiny."
            )
        if not text.strip():
            raise SettingError("There is no word yet. Type the name of a thing, such as dog.")
        return self.variant.encode_text(text.strip())

    @torch.inference_mode()
    def _grounded(
        self, stills: Sequence[Still], asked: Sequence[Asked], progress: Progress
    ) -> Iterator[tuple[Still, Asked]]:
        """Ground every pair that is new, a picture with some sounds at a time."""
        for index, still in enumerate(dict.fromkeys(stills)):
            progress(index / len(stills), "marking")
            new = [each for each in dict.fromkeys(asked) if (still, each) not in self._found]
            for first in range(0, len(new), PAIRS_AT_ONCE):
                some = new[first : first + PAIRS_AT_ONCE]
                seen = self._seen[still][[0] * len(some)]
                embeddings = torch.cat([self._heard[each].embedding for each in some])
                maps, sure = self.variant.judge(seen, embeddings)
                found = zip(some, maps.float().cpu().numpy(), sure.tolist(), strict=True)
                for each, heatmap, confidence in found:
                    self._found[still, each] = heatmap, confidence
                    yield still, each

    def _forget_all_but(self, stills: Sequence[Still], asked: Sequence[Asked]) -> None:
        self._seen = {still: self._seen[still] for still in stills}
        self._heard = {each: self._heard[each] for each in asked}
        self._found = {
            (still, each): self._found[still, each] for still in stills for each in asked
        }

    def _swapped(
        self, stills: tuple[Still, ...], asked: tuple[Asked, ...], spent: Spent
    ) -> Swapped:
        found = [[self._found[still, each] for each in asked] for still in stills]
        heard = [self._heard[each] for each in asked]
        notes = [note for each in (*stills, *asked) for note in each.notes]
        notes += [each.note for each in heard if each.note] + self._squashed(stills)
        return Swapped(
            stills=stills,
            asked=asked,
            maps=np.stack([np.stack([heatmap for heatmap, _ in row]) for row in found]),
            confidence=np.array([[sure for _, sure in row] for row in found], np.float32),
            loudness_dbfs=np.array([each.loudness_dbfs for each in heard], np.float32),
            heard=tuple(each.waveform for each in heard),
            labels=tuple(each.label for each in heard),
            card=self.variant.card,
            notes=tuple(dict.fromkeys((*notes, *filter(None, [self.variant.card.note])))),
            spent=spent,
        )

    def _squashed(self, stills: Sequence[Still]) -> list[str]:
        """Of each picture that is no square."""
        px = self.variant.image_px
        return [
            f'"{still.name}" was squashed from {still.frame.shape[1]}x{still.frame.shape[0]} to '
            f"{px}x{px} for {self.variant.eye}; its maps are stretched back."
            for still in stills
            if still.frame.shape[0] != still.frame.shape[1]
        ]


@dataclass(frozen=True, eq=False)
class _Heard:
    """What a sound, or words, became."""

    embedding: Tensor  # (1, ...), as ``ground`` takes it
    waveform: np.ndarray | None = None
    loudness_dbfs: float = float("nan")
    label: str = ""
    note: str = ""


def stretch(waveform: np.ndarray, window_s: float, name: str) -> tuple[np.ndarray, str]:
    """The loudest ``window_s`` of a sound (S,) at 16 kHz, or all of it where it is no longer than
    that; and a sentence on what was cut or is missing, or "".
    """
    length = round(window_s * SAMPLE_RATE_HZ)
    excess = len(waveform) - length
    if excess < -NOTICEABLE_S * SAMPLE_RATE_HZ:
        seconds = len(waveform) / SAMPLE_RATE_HZ
        return waveform, (
            f'"{name}" lasts {seconds:.1f} s; it was padded with silence to the {window_s:g} s '
            "that the variant listens to."
        )
    if excess <= 0:
        return waveform, ""
    power = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    start = int(np.argmax(power[length:] - power[:-length]))
    heard = waveform[start : start + length]
    if excess <= NOTICEABLE_S * SAMPLE_RATE_HZ:
        return heard, ""
    start_s = start / SAMPLE_RATE_HZ
    return heard, (
        f'Of "{name}" the loudest {window_s:g} s were heard, from {start_s:.1f} to '
        f"{start_s + window_s:.1f} s; the rest was cut."
    )


def _loudest_dbfs(waveform: np.ndarray) -> float:
    times_s = np.arange(0.0, len(waveform) / SAMPLE_RATE_HZ, FRAME_S)
    return float(loudness_dbfs(waveform, times_s).max(initial=FLOOR_DBFS))


def _checked_frame(still: Still) -> np.ndarray:
    frame = still.frame
    if frame.ndim != 3 or frame.shape[-1] != 3 or frame.dtype != np.uint8 or not frame.size:
        raise SettingError(f'"{still.name}" must be a uint8 array of shape (height, width, 3).')
    return frame


def _checked_sound(sound: Sound) -> np.ndarray:
    waveform = np.asarray(sound.waveform, np.float32)
    if waveform.ndim != 1 or not waveform.size or not np.isfinite(waveform).all():
        raise SettingError(f'"{sound.name}" must be one row of finite samples at 16 kHz.')
    return waveform
