"""The training-free variant: what moves in time with the sound."""

from dataclasses import dataclass

import numpy as np

from avsl.clip import Clip
from avsl.synchrony.correlation import Synchrony, band_passed, synchrony
from avsl.synchrony.motion import SERIES_HZ, Motion, block_motion, working_size
from avsl.synchrony.onsets import onset_series
from avsl.synchrony import refine
from avsl.synchrony.refine import edge_aligned, struck_energy
from avsl.variants.base import Evidence, Progress, State, VariantCard, no_progress

WINDOW_S = 6.0  # a moment is judged by this much picture and sound around it
WINDOW_HOP_S = 0.5
MIN_DURATION_S = 2.0
GATE = 2.5
FADE = 1.0

SYNC_CARD = VariantCard(
    name="sync",
    title="Synchrony (no training)",
    summary="Finds what moves in time with the sound; needs no weights and runs anywhere.",
    limits="Continuous sounds such as water, engines or crowds leave no synchrony to find.",
    state=State.READY,
    licence="MIT",
    paper="",
    threshold=0.5,
    threshold_rule="half of the strongest value at each moment",
    confidence_gate=GATE,
    confidence_rule="",
    min_duration_s=MIN_DURATION_S,
)


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is known before any drawing: the windows and what each says."""

    motion: Motion
    windows_s: np.ndarray
    results: list[Synchrony]
    sound: np.ndarray


class SyncVariant:
    card = SYNC_CARD

    def localize(
        self, clip: Clip, times_s: np.ndarray, progress: Progress = no_progress
    ) -> Evidence:
        a = self.analyse(clip, times_s, progress)
        w, h = working_size(clip.width, clip.height)
        if a is None:
            return Evidence(
                np.zeros((len(times_s), h // 2, w // 2), np.float32),
                np.zeros(len(times_s), np.float32),
                np.tile([0.0, clip.duration_s], (len(times_s), 1)),
                ("abstain",),
            )
        scores = at_moments(a, times_s)
        conf = np.interp(times_s, a.windows_s.mean(1), [r.confidence for r in a.results]).astype(
            np.float32
        )
        energies = self.energies(a, times_s)
        maps = np.stack(
            [edge_aligned(s, e, g) for s, e, g in zip(scores, energies, a.motion.guides)]
        )
        maps *= np.clip((conf - GATE + FADE) / FADE, 0, 1)[:, None, None]
        c = (
            np.clip(
                times_s[:, None], WINDOW_S / 2, max(clip.duration_s - WINDOW_S / 2, WINDOW_S / 2)
            )
            + np.array([-0.5, 0.5]) * WINDOW_S
        )
        return Evidence(maps, conf, np.clip(c, 0, clip.duration_s))

    def energies(self, a, times_s):
        return [
            struck_energy(a.motion.cells, a.sound, t).reshape(a.motion.cells.shape[1:])
            for t in times_s
        ]

    def analyse(self, clip, times_s, progress=no_progress):
        width, height = working_size(clip.width, clip.height)
        motion = block_motion(
            clip.stream(width, height, gray=True),
            clip.duration_s,
            times_s,
            lambda t: progress(0.7 * t / clip.duration_s, "following motion"),
        )
        if motion is None or clip.waveform.size == 0 or not clip.waveform.any():
            return None
        n = motion.series.shape[1]
        m = band_passed(motion.series, 1)
        s = band_passed(onset_series(clip.waveform, n))
        size = min(n, round(WINDOW_S * SERIES_HZ))
        starts = np.unique(
            np.append(np.arange(0, n - size + 1, round(WINDOW_HOP_S * SERIES_HZ)), n - size)
        )
        res = [synchrony(m[:, a : a + size], s[a : a + size]) for a in starts]
        return Analysis(motion, np.stack([starts, starts + size], 1) / SERIES_HZ, res, s)


def at_moments(a, times_s):
    c = a.windows_s.mean(1)
    z = np.stack([r.score for r in a.results])
    if len(c) == 1:
        return np.repeat(z, len(times_s), 0)
    p = np.interp(times_s, c, np.arange(len(c)))
    i = np.minimum(p.astype(int), len(c) - 2)
    f = (p - i)[:, None, None]
    return ((1 - f) * z[i] + f * z[i + 1]).astype(np.float32)
