"""The same pictures with sounds that are not theirs: a map that listens goes empty."""

from collections import Counter
from dataclasses import replace

import numpy as np

from avsl.clip import Clip
from avsl.errors import AvslError, Cancelled
from avsl.variants import Variant
from train.data.cases import Case
from train.evaluation.predictors import predict
from train.evaluation.stack import Stack

NEGATIVE_CASES = 64  # of a set's first test cases: each costs three more runs of the variant
NOISE_RMS = 0.1  # white noise at -20 dBFS


class OffScreen:
    """Hands out the sound of the last case met that has another label."""

    def __init__(self) -> None:
        self._heard: dict[str, np.ndarray] = {}  # the last sound of each of the last two labels

    def swap(self, case: Case) -> np.ndarray | None:
        """Another case's sound (S,), None while there is none; the case's own is remembered."""
        others = [sound for label, sound in self._heard.items() if label != case.label]
        self._heard.pop(case.label, None)
        self._heard[case.label] = case.clip.waveform
        while len(self._heard) > 2:
            self._heard.pop(next(iter(self._heard)))
        return others[-1] if others else None


class Negatives:
    """Maps of one variant for the first ``count`` test cases with each sort of foreign sound."""

    def __init__(self, count: int, seed: int) -> None:
        self.maps = Stack()
        self.cases: list[tuple[str, int]] = []  # sort of sound and case of each map
        self.missed: Counter = Counter()  # sentence -> sounds it kept from being judged
        self._left, self._seed = count, seed

    def ask(self, variant: Variant, index: int, case: Case, off_screen: np.ndarray | None) -> None:
        """Run ``variant`` on the picture of case ``index`` with every sort of sound there is."""
        if self._left <= 0:
            return
        self._left -= 1
        for sort, sound in foreign_sounds(case.clip, self._seed + self._left, off_screen).items():
            clip = case.clip.with_sound(sound, f"Its sound was replaced: {sort}.")
            try:
                rows = self.maps.add(predict(variant, replace(case, clip=clip)).maps)
            except Cancelled:
                raise
            except AvslError as error:
                self.missed[str(error)] += 1
                continue
            self.cases += [(sort, index)] * len(rows)


def foreign_sounds(clip: Clip, seed: int, off_screen: np.ndarray | None) -> dict[str, np.ndarray]:
    """(S,) float32 for each sort; ``off_screen`` is left out where there is none."""
    length = len(clip.waveform)
    noise = NOISE_RMS * np.random.default_rng(seed).standard_normal(length)
    sounds = {
        "silence": np.zeros(length, np.float32),
        "noise": noise.clip(-1, 1).astype(np.float32),
    }
    return sounds if off_screen is None else {**sounds, "off-screen": off_screen}
