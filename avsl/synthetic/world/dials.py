"""What can be turned in the world: how hard it is, and what a scene is made of."""

from dataclasses import dataclass
from enum import StrEnum

from avsl.synthetic.world.taxonomy import CLASSES, HEARD, UNHEARD_CLASSES, UNPAIRED_CLASSES

MOST_OBJECTS = 4  # in view at once


@dataclass(frozen=True)
class Difficulty:
    """How hard the world is to see and to hear.

    What makes it trivial or impossible was tried: colours that name the class are a shortcut,
    colours that say nothing about it take hours to get past.
    """

    name: str
    colour: float  # share of an object's colours that follow its class
    look_variation: float  # of parts and proportions within a class
    sound_variation: float  # of pitch and timbre within a class
    clutter: float  # pieces that are no class, on average
    backdrop_contrast: float  # of the background's texture
    overlap: float  # how far one object may cover another, as a share of the smaller one's radius
    sensor_noise: float  # deviation at 112 px, of [0, 1]
    blur: float  # strongest share of a small blur
    snr_db: tuple[float, float]  # of the sources over background noise
    reverberation: float  # strongest amount in [0, 1]


EASY = Difficulty("easy", 0.9, 0.5, 0.5, 0.5, 0.3, 0.0, 0.01, 0.2, (25, 40), 0.1)
MIDDLING = Difficulty("middling", 0.5, 1.15, 1.0, 3.0, 0.7, 0.25, 0.04, 0.8, (10, 30), 0.4)
HARD = Difficulty("hard", 0.15, 1.3, 1.0, 7.0, 1.0, 0.6, 0.06, 1.0, (0, 18), 0.8)
DIFFICULTIES = {level.name: level for level in (EASY, MIDDLING, HARD)}


class Classes(StrEnum):
    """Which part of the taxonomy scenes are made of.

    "paired" and "unpaired" are the heard ones in two: a training on frozen towers that know all of
    these may meet the former alone, as ACL's learned from 110 of the many classes that CLIP and
    BEATs know.
    """

    HEARD = "heard"  # all that training ever meets
    UNHEARD = "unheard"
    ALL = "all"
    PAIRED = "paired"
    UNPAIRED = "unpaired"

    @property
    def indices(self) -> tuple[int, ...]:
        return {
            "heard": HEARD,
            "unheard": UNHEARD_CLASSES,
            "all": tuple(range(len(CLASSES))),
            "paired": tuple(sorted(set(HEARD) - set(UNPAIRED_CLASSES))),
            "unpaired": UNPAIRED_CLASSES,
        }[self.value]


@dataclass(frozen=True)
class Recipe:
    """What scenes are made of; weights need not add up to one."""

    classes: Classes = Classes.HEARD
    objects: tuple[float, ...] = (1.0, 2.0, 1.5, 0.5)  # weights of 1, 2, ... objects in view
    sounding: tuple[float, ...] = (0.0, 1.0)  # weights of 0, 1, 2, ... objects in view that sound
    twins: float = 0.0  # chance that a silent object is of the class of a sounding one
    off_screen: float = 0.0  # chance that something out of view sounds instead of what is in view
    intruder: float = 0.0  # chance that something out of view sounds besides
    mismatched: float = 0.0  # chance that the sound is of another scene
    imbalance: float = 0.0  # class weights fall as rank to the power of minus this
