"""The classes of the world: what they are called, how they sound in time, who hears them when."""

from dataclasses import dataclass
from enum import StrEnum


class Rhythm(StrEnum):
    """How a source is heard in time."""

    STRIKES = "strikes"  # single blows that ring out
    CALLS = "calls"  # separate sounds of some length: barks, syllables, notes
    STEADY = "steady"  # on all the time, or for long


@dataclass(frozen=True)
class SoundClass:
    """A kind of thing that is seen and heard."""

    name: str
    group: str
    rhythm: Rhythm
    gap_s: tuple[float, float]  # from the end of an event to the next onset (strikes: onsets)
    length_s: tuple[float, float]  # of one event; what rings out after a strike is not counted
    sounding: tuple[str, ...]  # phrases for it while it sounds
    silent: tuple[str, ...]  # and while it does not
    heard: bool = True  # False: never in a training stream (the open-set half)

    @property
    def noun(self) -> str:
        """With its article: "an owl"."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"


def _strikes(name, group, gap_s, sounding, silent, heard=True) -> SoundClass:
    return SoundClass(name, group, Rhythm.STRIKES, gap_s, (0.05, 0.1), sounding, silent, heard)


def _calls(name, group, gap_s, length_s, sounding, silent, heard=True) -> SoundClass:
    return SoundClass(name, group, Rhythm.CALLS, gap_s, length_s, sounding, silent, heard)


def _steady(name, group, sounding, silent, heard=True) -> SoundClass:
    return SoundClass(name, group, Rhythm.STEADY, (0.4, 1.2), (1.2, 4.0), sounding, silent, heard)


UNHEARD = False

CLASSES: tuple[SoundClass, ...] = (
    _strikes("church bell", "bells", (0.5, 1.1), ("tolling", "ringing out"), ("hanging still",)),
    _strikes("hand bell", "bells", (0.25, 0.6), ("being rung", "tinkling"), ("at rest",), UNHEARD),
    _calls("alarm clock", "clocks", (0.3, 0.8), (0.5, 1.4), ("going off",), ("not ringing",)),
    _strikes("wall clock", "clocks", (0.35, 0.9), ("ticking",), ("stopped",)),
    _strikes("drum", "drums", (0.18, 0.7), ("being beaten", "booming"), ("left alone",)),
    _strikes("tambourine", "drums", (0.18, 0.6), ("jingling", "being shaken"), ("lying still",)),
    _strikes("xylophone", "drums", (0.2, 0.6), ("being played",), ("waiting",), UNHEARD),
    _strikes("hammer", "tools", (0.35, 0.9), ("hitting metal", "banging"), ("laid aside",)),
    _calls("saw", "tools", (0.05, 0.2), (0.22, 0.5), ("cutting wood", "rasping"), ("not sawing",)),
    _steady("drill", "tools", ("drilling", "whirring"), ("switched off",), UNHEARD),
    _strikes("typewriter", "tools", (0.09, 0.35), ("clattering",), ("with nobody typing",)),
    _steady("ambulance", "vehicles", ("with its siren on", "wailing"), ("parked quietly",)),
    _calls("car", "vehicles", (0.2, 0.8), (0.2, 0.8), ("honking",), ("parked",)),
    _steady("motorbike", "vehicles", ("roaring", "with its engine on"), ("switched off",)),
    _calls("train", "vehicles", (0.3, 0.8), (0.6, 1.4), ("tooting",), ("waiting",), UNHEARD),
    _steady("helicopter", "vehicles", ("whirling", "hovering"), ("standing still",)),
    _calls("songbird", "birds", (0.1, 0.5), (0.08, 0.35), ("singing", "chirping"), ("quiet",)),
    _calls("owl", "birds", (0.3, 0.8), (0.3, 0.7), ("hooting",), ("not calling",)),
    _calls("duck", "birds", (0.15, 0.5), (0.12, 0.3), ("quacking",), ("quiet",), UNHEARD),
    _calls("rooster", "birds", (0.5, 1.0), (0.8, 1.4), ("crowing",), ("strutting in silence",)),
    _calls("dog", "animals", (0.2, 0.7), (0.1, 0.3), ("barking",), ("sitting quietly",)),
    _calls("cat", "animals", (0.4, 1.0), (0.4, 0.9), ("meowing",), ("looking on",)),
    _calls("cow", "animals", (0.5, 1.0), (0.7, 1.4), ("mooing",), ("chewing",)),
    _calls("sheep", "animals", (0.4, 0.9), (0.4, 0.9), ("bleating",), ("grazing",), UNHEARD),
    _calls("frog", "animals", (0.2, 0.6), (0.15, 0.4), ("croaking",), ("sitting still",)),
    _calls("cricket", "insects", (0.2, 0.5), (0.3, 0.7), ("chirring",), ("resting",), UNHEARD),
    _steady("bee", "insects", ("buzzing", "humming"), ("sitting still",)),
    _calls("man", "voices", (0.03, 0.3), (0.14, 0.32), ("talking", "speaking"), ("listening",)),
    _calls("woman", "voices", (0.03, 0.3), (0.14, 0.3), ("talking",), ("listening",), UNHEARD),
    _calls("baby", "voices", (0.2, 0.6), (0.5, 1.1), ("crying",), ("calm",)),
    _strikes("guitar", "strings", (0.18, 0.6), ("being strummed", "playing"), ("leaning there",)),
    _calls("violin", "strings", (0.02, 0.2), (0.3, 0.9), ("being bowed",), ("at rest",), UNHEARD),
    _calls("flute", "whistles", (0.03, 0.25), (0.25, 0.8), ("being played",), ("not played",)),
    _steady("kettle", "whistles", ("whistling", "on the boil"), ("cold",)),
    _calls("whistle", "whistles", (0.2, 0.7), (0.2, 0.8), ("being blown",), ("hanging",), UNHEARD),
    _steady("fountain", "water", ("splashing",), ("turned off",), UNHEARD),
    _steady("rain cloud", "water", ("pouring", "raining"), ("holding its rain",)),
    _steady("campfire", "fire", ("crackling", "burning"), ("gone out",)),
    _calls("telephone", "machines", (0.5, 1.0), (0.6, 1.2), ("ringing",), ("unused",), UNHEARD),
    _calls("robot", "machines", (0.08, 0.35), (0.08, 0.3), ("beeping",), ("switched off",)),
)  # fmt: skip

NAMES: tuple[str, ...] = tuple(kind.name for kind in CLASSES)
HEARD: tuple[int, ...] = tuple(i for i, kind in enumerate(CLASSES) if kind.heard)
UNHEARD_CLASSES: tuple[int, ...] = tuple(i for i, kind in enumerate(CLASSES) if not kind.heard)
UNPAIRED_CLASSES: tuple[int, ...] = HEARD[::4]  # of the heard ones, a quarter
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(kind.group for kind in CLASSES))
