"""What a benchmark set gives: cases, each a clip and what is true of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from avsl.clip import Clip

TRUTH_PX = 224  # side of every truth and of every map that is scored


class Kind(StrEnum):
    """What is asked of a variant, hence which protocols apply."""

    SINGLE = "single"  # one sounding region a case
    EXTENDED = "extended"  # plus cases where nothing in view is heard
    SEGMENTATION = "segmentation"  # exact masks, empty ones included
    INTERACTIVE = "interactive"  # one picture, several sounds: one case for each
    MULTI = "multi"  # a mixture of several sounds, and each of them alone
    VIDEO = "video"  # maps over time


@dataclass(frozen=True, eq=False)
class Case:
    """One clip to localize; a still picture has one frame and one moment."""

    id: str
    clip: Clip
    times_s: np.ndarray  # (T,) moments that are judged, rising
    truth: np.ndarray  # (T, 224, 224) float32 in [0, 1]: what is in view and heard; 0: nothing
    group: str = ""  # cases of one picture share it (interactive, multi)
    label: str = ""  # class of what sounds, or the scenario of a video
    mixture: bool = False  # multi only: all sounds of the group at once, truth their union
    validation: bool = False  # thresholds are chosen on these, and numbers on the others


class BenchmarkSet(Protocol):
    """A named set of cases, fixed by its version."""

    name: str  # "vggss", "world/single", ...
    kind: Kind
    expected: int  # test cases that the whole set has
    about: str  # one sentence: what it is, where its truth comes from, paper

    def ids(self) -> tuple[str, ...]:
        """Of the test cases that can be had here, in the order of ``cases``."""
        ...

    def cases(self, limit: int | None = None) -> Iterator[Case]:
        """The validation cases, if the set has any, then the first ``limit`` test cases."""
        ...
