"""Small clips and a variant with a known answer, shared by the tests."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from avsl.clip import Clip
from avsl.settings import SAMPLE_RATE_HZ
from avsl.variants.base import Evidence, State, VariantCard

SHARED = Path(__file__).resolve().parents[2] / "shared"


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Within, no file of this process may grow past ``size`` bytes, as on a disk that is full; that
    holds for the test's own output too, so keep it around what is tested.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def tone_clip(
    duration_s: float = 2.0, width: int = 64, height: int = 48, silent_after_s: float | None = None
) -> Clip:
    """A grey gradient picture at 10 Hz with a 440 Hz tone at -9 dBFS, cut at ``silent_after_s``."""
    frames = np.zeros((round(10 * duration_s), height, width, 3), np.uint8)
    frames[:] = np.linspace(40, 200, width, dtype=np.uint8)[None, None, :, None]
    clock = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * 440 * clock)
    if silent_after_s is not None:
        tone[clock >= silent_after_s] = 0
    return Clip.from_arrays(frames, 10.0, tone.astype(np.float32))


class CornerVariant:
    """Always sure, except in its last second, that the sound is in the lower left quarter."""

    card = VariantCard(
        name="corner",
        title="Corner",
        summary="A stand-in with a known answer.",
        limits="Knows one corner.",
        state=State.READY,
        licence="MIT",
        paper="",
        threshold=0.5,
        threshold_rule="set by hand",
        confidence_gate=1.0,
        confidence_rule="2 when sure, 0 when not",
    )

    def __init__(self, unsure_from_s: float = np.inf) -> None:
        self.unsure_from_s = unsure_from_s
        self.calls = 0
        self.cuts_s: tuple[float, ...] = ()

    def localize(self, clip, times_s, progress=lambda fraction, stage: None) -> Evidence:
        self.calls += 1
        progress(0.0, "looking at the corner")
        maps = np.zeros((len(times_s), 12, 16), np.float32)
        maps[:, 6:, :8] = 0.9
        confidence = np.where(times_s < self.unsure_from_s, 2.0, 0.0).astype(np.float32)
        windows = np.stack([times_s - 1, times_s + 1], axis=1)
        notes = ("The corner was looked at.",)
        return Evidence(maps, confidence, windows, notes, cuts_s=self.cuts_s)
