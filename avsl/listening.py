"""Is it listening? The same frames with other sounds: does what is shown follow what is heard?

>>> told = listening(probe(avsl.read("clip.mp4"), "lvs-tiny"))
>>> told.score, told.sentence

Many published networks draw nearly the same map whatever they hear (Juanola et al., ICASSP 2025).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch

from avsl.audio import AUDIBLE_DBFS
from avsl.clip import Clip
from avsl.errors import SettingError
from avsl.grid import region
from avsl.localization import Localization
from avsl.localizer import Localizer
from avsl.metrics import iou
from avsl.progress import Progress, no_progress, part
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants import Variant, load

LEAST_SHIFT_S = 2.0  # either way around: less, and a bark may still meet its own mouth
SHIFT_S = 2.7  # unless asked for; few rhythms repeat after just that
NOISE_SEED = 0
ALWAYS_DBFS = -1000.0  # in place of the loudness rule, which would answer for the variant
STILL = 0.2  # what is shown has not moved where less than this share of it changed
FEWEST_MOMENTS = 3  # with something shown, for a score
LISTENS, HARDLY = 0.5, 0.2  # scores, for the sentence
BUILT_IN_SCENE = 5  # of the sounding world: a frog, which few clips show


class Played(StrEnum):
    """What is heard with the frames."""

    OWN = "its own sound"
    OTHER = "another sound"
    SILENCE = "silence"
    NOISE = "white noise"
    SHIFTED = "its own sound, shifted"


@dataclass(frozen=True, eq=False)
class Probing:
    """What one variant makes of the same T frames with several sounds.

    The verdicts rest on the variant's confidence and its gate alone. The loudness rule of
    :class:`avsl.localizer.Localizer`, which calls quiet moments silent whatever a variant says, is
    off, or every variant would pass the test of silence.
    """

    found: dict[Played, Localization]  # ``SHIFTED`` is missing where the clip is too short for it
    audible: np.ndarray  # (T,) bool: whether the clip's own sound can be heard
    notes: tuple[str, ...]  # what the sounds are and what was done to them

    @property
    def own(self) -> Localization:
        return self.found[Played.OWN]


def probe(
    clip: Clip,
    variant: str | Variant,
    other_sound: np.ndarray | None = None,
    shift_s: float | None = None,
    map_rate_hz: float | None = None,
    progress: Progress = no_progress,
) -> Probing:
    """Run ``variant`` over ``clip`` with its own sound, another, silence, noise and its own
    shifted; an image-audio variant encodes the frames once.

    ``other_sound``: (S,) float32 mono 16 kHz, repeated to the clip's length; None: a built-in one.
    It is brought to the loudness of the clip's own, and so is the noise. ``shift_s``: how much
    later its own sound comes, what leaves at the end coming back at the start; at least 2 s either
    way; None: 2.7 s, or none where the clip is too short. Raises :class:`SettingError` for sounds
    and shifts that cannot be used, and what loading and :meth:`Localizer.run` raise.
    """
    told = part(progress, 0.0, 0.1)
    variant = load(variant, told) if isinstance(variant, str) else variant
    localizer = Localizer(variant, audible_dbfs=ALWAYS_DBFS)
    sounds = _sounds(clip, other_sound, shift_s)
    found = {}
    for index, (played, heard) in enumerate(sounds.items()):
        start, end = (0.1 + 0.9 * (index + k) / len(sounds) for k in (0, 1))
        found[played] = localizer.run(heard, map_rate_hz, part(progress, start, end))
    own = found[Played.OWN]
    notes = [heard.notes[-1] for played, heard in sounds.items() if played is not Played.OWN]
    if Played.SHIFTED not in sounds:
        notes.append(
            f"The clip is too short to shift its sound by {LEAST_SHIFT_S:g} s either way, so that "
            "was left out."
        )
    return Probing(found, own.loudness_dbfs >= AUDIBLE_DBFS, tuple(notes))


def _sounds(clip: Clip, other: np.ndarray | None, shift_s: float | None) -> dict[Played, Clip]:
    """The clip with each sound, its own first, so that frames are encoded for it."""
    length = round(clip.duration_s * SAMPLE_RATE_HZ)
    own = np.zeros(length, np.float32)
    own[: len(clip.waveform)] = clip.waveform[:length]
    noise = np.random.default_rng(NOISE_SEED).standard_normal(length).astype(np.float32)
    sound, words = built_in_sound() if other is None else (other, "Another sound was given")
    sounds = {
        Played.OWN: clip,
        Played.OTHER: clip.with_sound(*_as_loud(_checked(sound, length), own, words)),
        Played.SILENCE: clip.with_sound(np.zeros(length, np.float32), "Silence is digital zero."),
        Played.NOISE: clip.with_sound(*_as_loud(noise, own, "White noise was made")),
    }
    shift = _shift_s(clip.duration_s, shift_s)
    if shift is not None:
        moved = np.roll(own, round(shift * SAMPLE_RATE_HZ))
        sounds[Played.SHIFTED] = clip.with_sound(
            moved, f"Its own sound comes {shift:g} s later; what leaves at the end comes first."
        )
    return sounds


def built_in_sound() -> tuple[np.ndarray, str]:
    """(S,) float32 mono 16 kHz from the sounding world, and what it is in words."""
    from avsl.synthetic.world import EASY, NAMES, Recipe, World  # takes a second to import

    world = World(Recipe(objects=(1.0,)), EASY, px=32, duration_s=8.0)
    pairs = world.pairs("another sound", 0, torch.tensor([BUILT_IN_SCENE]))
    name = NAMES[int(pairs.scenes.classes[0, 0])]
    return pairs.waveforms[0].numpy(), f"Another sound is a made one: {name}"


def _checked(sound: np.ndarray, length: int) -> np.ndarray:
    sound = np.asarray(sound, np.float32)
    if sound.ndim != 1 or not np.isfinite(sound).all():
        raise SettingError("The other sound must be mono: one row of finite samples at 16 kHz.")
    if not sound[:length].any():
        raise SettingError(
            "The other sound is silent for as long as the clip lasts; choose one that can be heard."
        )
    return sound


def _as_loud(sound: np.ndarray, own: np.ndarray, words: str) -> tuple[np.ndarray, str]:
    """``sound`` repeated to the length of ``own`` and as loud on average, and a note on that."""
    fitted = np.resize(sound, len(own))
    wanted, given = (float(np.sqrt(np.square(each).mean())) for each in (own, fitted))
    most = 1 / float(np.abs(fitted).max())
    gain = np.float32(min(wanted / given, most))
    if len(sound) != len(own):
        words += ", repeated" if len(sound) < len(own) else ", cut"
        words += " to the clip's length"
    loud = "as loud as its own" if wanted / given <= most else "as loud as it can be"
    return fitted * gain, f"{words}, made {loud}."


def _shift_s(duration_s: float, asked_s: float | None) -> float | None:
    most_s = duration_s - LEAST_SHIFT_S
    if asked_s is None:
        return SHIFT_S if most_s >= SHIFT_S else LEAST_SHIFT_S if most_s >= LEAST_SHIFT_S else None
    if not LEAST_SHIFT_S <= asked_s <= most_s:
        raise SettingError(
            f"The sound cannot be shifted by {asked_s:g} s: at least {LEAST_SHIFT_S:g} s either "
            f"way are needed, and the clip has {duration_s:.1f} s. Leave the shift out"
            + (f" or choose up to {most_s:.1f} s." if most_s >= LEAST_SHIFT_S else ".")
        )
    return asked_s


# What that says.


@dataclass(frozen=True)
class Reaction:
    """What became of the regions shown with the clip's own sound when another was played."""

    moved: float  # in [0, 1]: how far they are gone or elsewhere, on average
    emptied: float  # share of the moments at which nothing is shown any more


@dataclass(frozen=True)
class Listening:
    """Whether what a variant shows depends on what it hears; not whether it is right.

    ``score`` in [0, 1] is ``other.moved * silence.moved``: how far what is shown with the clip's
    own sound is gone or elsewhere with another clip's, times the same in silence. Both have to
    hold: a map that is there whatever is heard scores 0, and so does one that only tells sound from
    silence; one that shows the source with the true sound and something else or nothing without
    scores 1. Only moments count at which the own sound is audible and something is shown with it;
    with fewer than three of them there is no score, or showing nothing at all would look good.

    At one moment a region has moved by ``1 - IoU`` with the one shown instead, less what is
    forgiven: up to a fifth counts as standing still, and the rest is stretched to reach 1. Noise
    and shift are told but not counted: noise sounds much like rain or a hiss, and who knows a dog
    by its bark has no reason to look elsewhere when it barks later.
    """

    score: float | None
    sentence: str
    moments: int  # that count
    other: Reaction | None = None  # all None where there is no score
    silence: Reaction | None = None
    noise: Reaction | None = None
    shifted: Reaction | None = None  # None too where the clip is too short to shift its sound


def listening(probing: Probing, threshold: float | None = None) -> Listening:
    """The score, its parts and a sentence; at the variant's own threshold, or ``threshold``."""
    shown = dict(_shown(probing, threshold))
    if len(shown) < FEWEST_MOMENTS:
        return Listening(None, _no_score(probing, len(shown)), len(shown))
    reactions = {
        played: _reaction(shown, found, threshold)
        for played, found in probing.found.items()
        if played is not Played.OWN
    }
    other, silence = reactions[Played.OTHER], reactions[Played.SILENCE]
    score = other.moved * silence.moved
    return Listening(
        score, _sentence(score, other, silence), len(shown), other, silence,
        reactions[Played.NOISE], reactions.get(Played.SHIFTED),
    )  # fmt: skip


def _shown(probing: Probing, threshold: float | None) -> Iterator[tuple[int, np.ndarray]]:
    """The moments that count, and the region shown at each with the clip's own sound."""
    for index in np.flatnonzero(probing.audible):
        inside = region(probing.own, index, threshold)
        if inside.any():
            yield int(index), inside


def _reaction(
    shown: dict[int, np.ndarray], found: Localization, threshold: float | None
) -> Reaction:
    moved, emptied = [], []
    for index, before in shown.items():
        after = region(found, index, threshold)
        stayed = float(iou(torch.from_numpy(before[None]), torch.from_numpy(after[None])))
        moved.append(max(0.0, 1 - stayed - STILL) / (1 - STILL))
        emptied.append(not after.any())
    return Reaction(float(np.mean(moved)), float(np.mean(emptied)))


def _no_score(probing: Probing, moments: int) -> str:
    if not probing.audible.any():
        return "No score: the clip's own sound is too quiet to be heard, so nothing can follow it."
    shows = "nothing" if moments == 0 else "almost nothing"
    return (
        f"No score: with the clip's own sound it shows {shows}, so there is nothing that could "
        "follow the sound. Try a clip on which it shows where the sound comes from."
    )


def _sentence(score: float, other: Reaction, silence: Reaction) -> str:
    verdict = (
        "It listens" if score >= LISTENS else "It listens a little" if score >= HARDLY
        else "It hardly listens"
    )  # fmt: skip
    return (
        f"{verdict}: of what it shows with the clip's own sound, {100 * other.moved:.0f} % is gone "
        f"or elsewhere with another sound, and {100 * silence.moved:.0f} % in silence."
    )
