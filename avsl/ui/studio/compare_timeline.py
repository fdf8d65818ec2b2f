"""The timeline of a comparison: what each variant says, and the IoU of every two."""

from itertools import combinations

import numpy as np

from avsl.compare import Comparison, Overlap
from avsl.ui import timeline
from avsl.ui.studio.bout import Bout
from avsl.ui.timeline.copy import IOU

PLAYER = "compare-video"  # the id of the video's component


def drawn(bout: Bout, threshold: float | None) -> str:
    """Each variant at its own threshold, or all at ``threshold``."""
    entrants = bout.comparison.entrants
    tracks = tuple(timeline.Track(each.localization, each.name, threshold) for each in entrants)
    curves = _ious(bout.comparison, bout.reckoned(threshold).overlap)
    return timeline.timeline(timeline.Score(PLAYER, bout.clip.waveform, tracks, curves, IOU))


def _ious(comparison: Comparison, agreed: Overlap) -> tuple[timeline.Curve, ...]:
    names, marks = comparison.names, agreed.areas > 0
    return tuple(
        timeline.Curve(
            f"{IOU} {names[a]}, {names[b]}",
            comparison.times_s,
            np.where(marks[a] | marks[b], agreed.ious[a, b], np.nan),  # of nothing there is none
        )
        for a, b in combinations(range(len(names)), 2)
    )
