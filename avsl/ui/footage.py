"""A clip drawn on: its video, made anew as often as asked, and the frames of its moments."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from avsl.clip import Clip, resized
from avsl.media import constant_rate, output_rate_hz, write_video
from avsl.overlay import Style
from avsl.progress import Progress, no_progress, watched
from avsl.ui import copy

LONG_SIDE = 960  # pixels of a frame kept for inspection
MOST_FRAMES = 3000  # of a longer clip every second, third, ... moment can be inspected
JPEG_QUALITY = 88

Paint = Callable[[np.ndarray, float, Style], np.ndarray]
"""Called with (frame uint8 (H, W, 3), time_s, style); returns the frame of the video."""


class Frames:
    """JPEGs of the frames at the analysed moments, kept on disk while the video is drawn."""

    def __init__(self, folder: Path, times_s: np.ndarray) -> None:
        """``times_s`` (T,) are the analysed moments, rising."""
        self._folder = folder
        self._step = -(-len(times_s) // MOST_FRAMES)
        self.times_s = times_s[:: self._step]
        self._kept = 0

    def offer(self, until_s: float, frame: np.ndarray) -> None:
        """Keep ``frame``, uint8 (H, W, 3), for every moment before ``until_s`` not yet kept."""
        due = int(np.searchsorted(self.times_s, until_s - 1e-9))
        if due <= self._kept:
            return
        jpeg = encoded(_shrunk(frame))
        self._folder.mkdir(parents=True, exist_ok=True)
        for index in range(self._kept, due):
            (self._folder / f"{index:05d}.jpg").write_bytes(jpeg)
        self._kept = due

    def nearest(self, time_s: float) -> tuple[int, np.ndarray]:
        """The analysed moment closest to ``time_s``: (its index in the localization, frame)."""
        index = int(np.abs(self.times_s - time_s).argmin())
        file = self._folder / f"{min(index, self._kept - 1):05d}.jpg"
        frame = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
        return index * self._step, frame


def _shrunk(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    return resized(frame, max(1, round(width * scale)), max(1, round(height * scale)), gray=False)


def encoded(frame: np.ndarray) -> bytes:
    """uint8 (H, W, 3) RGB -> the bytes of a JPEG file."""
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


class Footage:
    """The videos that ``paint`` makes of a clip, in one folder."""

    def __init__(
        self, folder: Path, clip: Clip, times_s: np.ndarray, paint: Paint, width: int | None = None
    ) -> None:
        """``times_s`` (T,) are the analysed moments; ``width`` is that of the frames to paint on,
        if not the clip's.
        """
        self.frames = Frames(folder / "moments", times_s)
        self.lock = threading.RLock()  # held while drawing, and by those who need one video
        self.sound_notes: tuple[str, ...] = ()  # what writing the sound back took
        self.style: Style  # of the video as it is now
        self._folder, self._clip, self._paint, self._width = folder, clip, paint, width
        self._videos: list[Path] = []  # newest last

    @property
    def video(self) -> Path:
        return self._videos[-1]

    def draw(self, style: Style, progress: Progress = no_progress) -> Path:
        """Draw and write the video; the one before stays until this one is whole."""
        with self.lock, watched(progress, copy.STAGE_DRAWING) as progress:
            number = int(self.video.stem.split("-")[-1]) + 1 if self._videos else 1
            path = self._folder / f"overlay-{number}.mp4"
            rate_hz = output_rate_hz(self._clip)
            frames = self._painted(style, rate_hz, progress)
            self.sound_notes = write_video(path, frames, rate_hz, self._clip)
            self._videos.append(path)
            self.style = style
            for old in self._videos[:-2]:  # a player may still be reading the one before
                old.unlink(missing_ok=True)
            self._videos = self._videos[-2:]
            return path

    def _painted(self, style: Style, rate_hz: float, progress: Progress) -> Iterator[np.ndarray]:
        first = not self._videos
        for index, frame in enumerate(constant_rate(self._clip, rate_hz, self._width)):
            time_s = index / rate_hz
            progress(min(1.0, time_s / self._clip.duration_s), copy.STAGE_DRAWING)
            if first:
                self.frames.offer((index + 1) / rate_hz, frame)
            yield self._paint(frame, time_s, style)
