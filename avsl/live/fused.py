"""A fused variant live: both parts look at each frame."""

import cv2
import numpy as np

from avsl.live.image_audio import ImageAudioWatcher
from avsl.live.sound import Sound
from avsl.live.sync import SyncWatcher
from avsl.live.watcher import Sighting, watcher_for
from avsl.variants.fused import FusedVariant

BLUR = 0.09  # of the map's height
GAIN = 1.5  # what has two thirds of the strongest synchrony is left as it is


class FusedWatcher:
    """The semantic map, weakened where less moves in time with the sound once that is sure.

    It works on synchrony's finished map, so a rival that touches the source is not cut off as
    :func:`avsl.variants.fused.fuse` does.
    """

    def __init__(self, variant: FusedVariant) -> None:
        self._variant = variant
        self._semantic = ImageAudioWatcher(variant.semantic)
        self._synchrony = SyncWatcher()
        self.sound_s = max(self._semantic.sound_s, self._synchrony.sound_s)
        self.sides_px = tuple(map(max, self._semantic.sides_px, self._synchrony.sides_px))
        self.backlog = self._synchrony.backlog

    def follow(self, time_s: float, picture: np.ndarray) -> None:
        """What moved until then; as :class:`avsl.live.watcher.Watcher`."""
        self._synchrony.follow(time_s, picture)

    def look(self, time_s: float, picture: np.ndarray, sound: Sound) -> Sighting:
        """As :class:`avsl.live.watcher.Watcher`; the map has the semantic part's size."""
        what = self._semantic.look(time_s, picture, sound)
        which = self._synchrony.look(time_s, picture, sound)
        confidence = what.confidence / self._variant.semantic.card.confidence_gate
        if which.settled:
            joined = self._variant.join(
                np.array([what.confidence]), np.array([which.confidence], np.float32)
            )
            confidence = float(joined[0])
        return Sighting(_weakened(what.map, which.map), confidence, what.label, which.settled)


def _weakened(heatmap: np.ndarray, timed: np.ndarray) -> np.ndarray:
    """``heatmap`` (H, W) times where ``timed`` (h, w), empty while unsure, is strong."""
    size = heatmap.shape[::-1]
    near = cv2.GaussianBlur(cv2.resize(timed, size), (0, 0), BLUR * heatmap.shape[0])
    strongest = near[heatmap >= 0.5 * heatmap.max()].max()
    if strongest <= 1e-6:
        return heatmap
    return (heatmap * np.clip(GAIN * near / strongest, 0, 1)).astype(np.float32)


@watcher_for.register
def _(variant: FusedVariant) -> FusedWatcher:
    return FusedWatcher(variant)
