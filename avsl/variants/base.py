"""The contract every variant keeps: a card that says what it is, and ``localize``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from avsl.clip import Clip
from avsl.progress import Progress, no_progress

CARD_FILE, WEIGHTS_FILE = "card.json", "model.safetensors"  # of a variant as a folder


class State(StrEnum):
    """Whether a variant can run on this machine now."""

    READY = "ready"
    NEEDS_DOWNLOAD = "needs a download"


@dataclass(frozen=True)
class VariantCard:
    """All that is needed to use a variant well and to be honest about it."""

    name: str  # what ``avsl.load`` takes
    title: str
    summary: str  # one sentence: what it does and what it is good for
    limits: str  # one sentence: what it cannot do
    state: State
    licence: str
    paper: str
    threshold: float  # map values from here up are the region, in (0, 1)
    threshold_rule: str  # how that threshold was chosen
    confidence_gate: float  # confidence from here up reads "sounding here"
    confidence_rule: str  # what the confidence measures and how the gate was chosen
    map_rate_hz: float = 10.0  # analysed moments per second unless asked otherwise
    min_duration_s: float = 0.0  # below this the variant always abstains
    download: str = ""  # what the first run brings to this machine, in words
    trained_on: str = ""  # the data, in words, and what it means for real videos
    note: str = ""  # what the user of this copy has to know; told with every result
    absence_gate: float | None = None  # below it the source is out of view; None: not known
    absence_rule: str = ""  # how that gate was chosen, and how often it is right


@dataclass(frozen=True)
class Origin:
    """Where a loaded variant is from, so that the same one can be had again."""

    asked: str = ""  # name, Hub id or whole path of a folder, for ``avsl.load``; "": not loaded
    revision: str = ""  # of a Hub id: the commit, where it is known
    weights_sha256: str = ""  # of its file, or of its files one after the other; "": it has none
    mode: str = ""  # "int8", "untrained"; "": as it was loaded


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a variant found at T moments; raw, before any threshold."""

    maps: np.ndarray  # (T, h, w) float32 in [0, 1], over the whole frame
    confidence: np.ndarray  # (T,) float32, in the card's unit; compare with its gate
    audio_windows_s: np.ndarray  # (T, 2) float64, start and end of the sound each map heard
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # (T,) what was heard, where the variant can name it
    cuts_s: tuple[float, ...] = ()  # when a new shot begins: maps are not blended across


class Variant(Protocol):
    """A network or an algorithm that turns a clip into evidence.

    What :func:`avsl.load` gives has an ``origin`` too: see :func:`origin_of`.
    """

    card: VariantCard

    def localize(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Evidence:
        """Maps at ``times_s`` (T,) float64, rising, in seconds on the clip's clock."""
        ...


def origin_of(variant: Variant) -> Origin:
    """Where ``variant`` is from; nothing is known of one that was made in memory."""
    return getattr(variant, "origin", Origin())
