"""Small benchmark sets and variants whose scores are known beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from avsl.clip import Clip
from avsl.errors import MediaError
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants import Evidence
from tests.support import CornerVariant
from train.data.cases import TRUTH_PX, Case, Kind

CORNERS = {"upper left": (0, 0), "upper right": (0, 1), "lower left": (1, 0), "lower right": (1, 1)}
SOUND_S = 3.0


def corner_truth(corner: str) -> np.ndarray:
    """(224, 224): a quarter of the picture; "" for nothing."""
    truth = np.zeros((TRUTH_PX, TRUTH_PX), np.float32)
    if corner:
        half = TRUTH_PX // 2
        row, column = CORNERS[corner]
        truth[row * half : (row + 1) * half, column * half : (column + 1) * half] = 1
    return truth


def clip(name: str, frames: int = 1) -> Clip:
    """Grey noise, and a tone; 10 Hz, so 30 frames are 3 s of video and one frame is a still."""
    rng = np.random.default_rng(len(name))
    pictures = rng.integers(60, 200, (frames, 48, 64, 3), dtype=np.uint8)
    clock = np.arange(round(SOUND_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * 440 * clock).astype(np.float32)
    return Clip.from_arrays(pictures, 10.0, tone, name=name)


def case(
    name: str, corner: str, frames: int = 1, moments_s: tuple[float, ...] = (0.0,), **more
) -> Case:
    """``name`` with its truth in ``corner`` at every moment; the label is the corner."""
    truth = np.stack([corner_truth(corner)] * len(moments_s))
    return Case(name, clip(name, frames), np.array(moments_s), truth, label=corner, **more)


@dataclass
class FakeSet:
    """The cases given, counted when they are made; some of what is ``expected`` may be missing."""

    every: list[Case]
    name: str = "fake/single"
    kind: Kind = Kind.SINGLE
    expected: int = 0
    about: str = "Corners of noise."
    made: int = 0

    def __post_init__(self) -> None:
        self.expected = self.expected or len(self.ids())

    def ids(self) -> tuple[str, ...]:
        return tuple(case.id for case in self.every if not case.validation)

    def cases(self, limit: int | None = None) -> Iterator[Case]:
        test = [case for case in self.every if not case.validation]
        for case in [*(case for case in self.every if case.validation), *test[:limit]]:
            self.made += 1
            yield case


class Knowing:
    """Knows each case's truth by its clip's name, and marks nothing where it hears silence."""

    def __init__(self, cases: list[Case], name: str = "knowing") -> None:
        self.card = replace(CornerVariant.card, name=name)
        self._truth = {case.id: case.truth for case in cases}
        self.broken: set[str] = set()  # names of clips that it cannot do

    def localize(self, clip, times_s, progress=lambda fraction, stage: None) -> Evidence:
        if clip.name in self.broken:
            raise MediaError(f"{clip.name} is beyond this variant; leave it out.")
        maps = 0.9 * self._truth[clip.name] * bool(clip.waveform.any())
        confidence = maps.max(axis=(1, 2)).astype(np.float32)
        return Evidence(maps.astype(np.float32), confidence, np.zeros((len(times_s), 2)))


def single(count: int = 8, validation: int = 4, **more) -> FakeSet:
    """Truths in all corners in turn; the validation cases' truths are wrong on purpose."""
    corners = list(CORNERS)
    test = [case(f"test {i}", corners[i % 4]) for i in range(count)]
    held = [case(f"held {i}", corners[i % 4], validation=True) for i in range(validation)]
    return FakeSet([*held, *test], **more)
