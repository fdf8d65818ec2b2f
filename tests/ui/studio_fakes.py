"""Variants with known answers for the Studio's tests, and a shelf that lends them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from avsl.errors import VariantError
from avsl.progress import no_progress
from avsl.ui.shelf import Shelf
from avsl.variants.base import Evidence
from tests.support import CornerVariant

HERE = SimpleNamespace(host="127.0.0.1")
ANNA = SimpleNamespace(session_hash="anna", client=HERE)
BOB = SimpleNamespace(session_hash="bob", client=HERE)


class Part(CornerVariant):
    """Marks the left or the lower half with ``level``; deaf, or only where there is sound."""

    def __init__(self, name: str, part: tuple, level: float = 0.9, listens: bool = False) -> None:
        super().__init__()
        self.card = replace(self.card, name=name, title=name.title(), confidence_gate=0.5)
        self.part, self.level, self.listens = part, level, listens

    def localize(self, clip, times_s, progress=no_progress):
        self.calls += 1
        progress(0.5, "marking")
        maps = np.zeros((len(times_s), 12, 16), np.float32)
        maps[(slice(None), *self.part)] = self.level
        power = float(np.square(clip.waveform).mean())
        tone = np.abs(np.fft.rfft(clip.waveform)).max() / max(1, len(clip.waveform))
        hears = power > 0 and tone > 0.1  # a tone has one loud frequency, noise has none
        sure = 1.0 if hears or not self.listens else 0.0
        confidence = np.full(len(times_s), sure, np.float32)
        windows = np.stack([times_s - 1, times_s + 1], axis=1)
        return Evidence(maps, confidence, windows)


def parts() -> dict[str, Part]:
    """``left`` and ``lower`` share the lower left quarter; ``faint`` marks it below 0.5."""
    left, lower, quarter = np.s_[:, :8], np.s_[6:, :], np.s_[6:, :8]
    made = (
        Part("left", left),
        Part("lower", lower),
        Part("faint", quarter, 0.6),
        Part("other", left),
        Part("more", left),
        Part("hearing", left, listens=True),
    )
    return {each.card.name: each for each in made}


def lending(known: dict[str, Part]) -> Shelf:
    def load(name, progress):
        if name not in known:
            raise VariantError(f"There is no variant called {name!r}.")
        return known[name]

    return Shelf(load)


def silent_bar(fraction, desc):
    """Stands in for gradio's progress bar."""
