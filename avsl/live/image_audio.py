"""Image-audio variants live: each frame is encoded once, the sound a few times a second."""

import numpy as np
from torch import Tensor

from avsl.live.sound import Sound
from avsl.live.watcher import Sighting, watcher_for
from avsl.variants.image_audio import Heard, ImageAudioVariant

LISTEN_EVERY_S = 0.25  # the sound is encoded anew so often; frames in between share it
WIDE = 4 / 3  # a frame this wide has the network's side in its height


class ImageAudioWatcher:
    """The newest frame with the ``window_s`` of sound before it."""

    backlog = 0  # every frame speaks for itself

    def __init__(self, variant: ImageAudioVariant) -> None:
        self._variant = variant
        self._heard: Heard | None = None
        self._heard_at_s = -np.inf
        self.sound_s = variant.window_s + 1.0  # more, since the sound may be ahead of the frame
        self.sides_px = (variant.image_px, round(WIDE * variant.image_px))

    def follow(self, time_s: float, picture: np.ndarray) -> None:
        """Nothing."""

    def look(self, time_s: float, picture: np.ndarray, sound: Sound) -> Sighting:
        """As :class:`avsl.live.watcher.Watcher`; the map has the size that the network gives."""
        heard = self._listen(time_s, sound)
        seen = self._variant.encode_frames(picture[None])
        maps, sure = self._variant.judge(seen, heard.embeddings)
        label = heard.labels[0] if heard.labels else ""
        return Sighting(_array(maps[0]), float(sure[0]), label)

    def _listen(self, time_s: float, sound: Sound) -> Heard:
        if self._heard is None or time_s - self._heard_at_s >= LISTEN_EVERY_S:
            window_s = self._variant.window_s
            samples = sound.up_to(time_s, window_s)
            self._heard = self._variant.encode_audio(samples, np.array([[0.0, window_s]]))
            self._heard_at_s = time_s
        return self._heard


def _array(heatmap: Tensor) -> np.ndarray:
    return heatmap.float().cpu().numpy()


@watcher_for.register
def _(variant: ImageAudioVariant) -> ImageAudioWatcher:
    return ImageAudioWatcher(variant)
