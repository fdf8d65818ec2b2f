"""A clip as a camera and a microphone would give it: for ever, on a clock that never goes back."""

import io
from contextlib import closing

import numpy as np
from PIL import Image

from avsl.clip import Clip, resized
from avsl.errors import NoSoundError
from avsl.settings import SAMPLE_RATE_HZ

MOST_S = 15.0  # of a clip; its frames are kept in memory
MOST_SIDE_PX = 480  # of a kept frame; no variant wishes for more
CAMERA_HZ = 30.0  # frames a second that the page asks a camera for
JITTER_S = 0.002  # frames may come so much early and still be one camera interval apart
PIECE = 640  # samples of sound sent at once, as the page's worklet does
PIECE_S = PIECE / SAMPLE_RATE_HZ
QUALITY = 75  # of the page's JPEGs


class Footage:
    """The first 15 s of a clip over and over. All clients share one, and the JPEGs it made.

    Frames and pieces of sound have whole numbers that go on from one round to the next; their
    times are seconds since the clip began for the first time.
    """

    def __init__(self, clip: Clip) -> None:
        """Decodes the clip. Raises :class:`NoSoundError` for one without sound."""
        if not clip.has_sound:
            raise NoSoundError(f'"{clip.name}" has no sound. Choose a video with sound to replay.')
        samples = max(1, round(min(clip.duration_s, MOST_S) * SAMPLE_RATE_HZ))
        sound = clip.waveform[:samples]
        self._sound = np.pad(sound, (0, samples - len(sound)))
        self.round_s = samples / SAMPLE_RATE_HZ
        self._times_s, self._frames = _frames(clip, self.round_s)
        self._jpegs: dict[tuple[int, int], bytes] = {}

    def frame_at(self, time_s: float) -> int:
        """Number of the frame on screen; -1 before the first."""
        rounds, into_s = divmod(time_s, self.round_s)
        shown = np.searchsorted(self._times_s, into_s, side="right") - 1
        return int(rounds) * len(self._times_s) + int(shown)

    def appears_s(self, number: int) -> float:
        """When that frame comes on screen."""
        rounds, index = divmod(number, len(self._times_s))
        return rounds * self.round_s + float(self._times_s[index])

    def jpeg(self, number: int, side_px: int) -> bytes:
        """That frame with a longer side of about ``side_px``, never enlarged; made only once."""
        key = number % len(self._frames), side_px
        if key not in self._jpegs:
            self._jpegs[key] = _jpeg(self._frames[key[0]], side_px)
        return self._jpegs[key]

    def sound(self, piece: int) -> np.ndarray:
        """float32 (640,) in [-1, 1], mono at 16 kHz; it begins ``piece * PIECE_S`` after the start.

        Each begins with the sample after the last one of the piece before.
        """
        return self._sound[np.arange(piece * PIECE, (piece + 1) * PIECE) % len(self._sound)]


def _frames(clip: Clip, length_s: float) -> tuple[np.ndarray, list[np.ndarray]]:
    """When each frame appears (F,), and the frames, uint8 (H, W, 3): as many as a camera gives."""
    times_s, frames = [], []
    scale = min(1.0, MOST_SIDE_PX / max(clip.width, clip.height))
    size = (max(16, round(each * scale)) for each in (clip.width, clip.height))
    with closing(clip.stream(*size)) as stream:
        for time_s, frame in stream:
            if frames and time_s >= length_s:
                break
            if not frames or time_s - times_s[-1] >= 1 / CAMERA_HZ - JITTER_S:
                times_s.append(time_s)
                frames.append(frame)
    return np.array(times_s), frames


def _jpeg(frame: np.ndarray, side_px: int) -> bytes:
    height, width = frame.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    size = [max(16, 2 * round(each * scale / 2)) for each in (width, height)]
    file = io.BytesIO()
    Image.fromarray(resized(frame, *size, gray=False)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
