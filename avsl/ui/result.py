"""One finished run on disk: its video, the frames to inspect, the files to take home."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from avsl.clip import Clip, resized
from avsl.export import DEFAULT_FORMATS, FORMATS, Job, bundle, export
from avsl.localization import Localization
from avsl.media import constant_rate, output_rate_hz, write_video
from avsl.overlay import Style, draw_moment
from avsl.progress import Progress, no_progress, part
from avsl.ui import copy
from avsl.variants import VariantCard

LONG_SIDE = 960  # pixels of a frame kept for inspection
MOST_FRAMES = 3000  # of a longer clip every second, third, ... moment can be inspected
JPEG_QUALITY = 88


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


@dataclass(eq=False)
class Result:
    """A localization with its clip, and pictures of them in one folder."""

    folder: Path
    clip: Clip
    localization: Localization
    card: VariantCard  # of the variant that found it
    frames: Frames = field(init=False)
    style: Style = field(init=False)  # of the video as it is now
    videos: list[Path] = field(default_factory=list)  # newest last
    _sound_notes: tuple[str, ...] = ()  # what writing the sound back took
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.frames = Frames(self.folder / "moments", self.localization.times_s)

    @property
    def video(self) -> Path:
        return self.videos[-1]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the clip, to read it and to write it back."""
        return tuple(dict.fromkeys((*self.localization.notes, *self._sound_notes)))

    def first_moment_s(self) -> float:
        """Where inspection starts: the surest sounding moment, else the surest of all."""
        found = self.localization
        shown = np.array([found.shown(index).any() for index in range(len(found.maps))])
        sure = np.where(shown, found.confidence, found.confidence.min() - 1)
        if not shown.any():
            sure = found.confidence
        away_s = np.abs(self.frames.times_s - found.times_s[int(sure.argmax())])
        return float(self.frames.times_s[away_s.argmin()])

    def draw(self, style: Style, progress: Progress = no_progress) -> Path:
        """Draw and write the overlay video; the one before stays until this one is whole."""
        with self._drawing:
            number = int(self.video.stem.split("-")[-1]) + 1 if self.videos else 1
            path = self.folder / f"overlay-{number}.mp4"
            rate_hz = output_rate_hz(self.clip)
            frames = self._drawn(style, rate_hz, progress)
            self._sound_notes = write_video(path, frames, rate_hz, self.clip)
            self.videos.append(path)
            self.style = style
            for old in self.videos[:-2]:  # a player may still be reading the one before
                old.unlink(missing_ok=True)
            self.videos = self.videos[-2:]
            return path

    def _drawn(self, style: Style, rate_hz: float, progress: Progress) -> Iterator[np.ndarray]:
        first = not self.videos
        for index, frame in enumerate(constant_rate(self.clip, rate_hz)):
            time_s = index / rate_hz
            progress(min(1.0, time_s / self.clip.duration_s), copy.STAGE_DRAWING)
            if first:
                self.frames.offer((index + 1) / rate_hz, frame)
            yield draw_moment(frame, self.localization, time_s, style)

    def moment(self, time_s: float, style: Style) -> tuple[int, bytes]:
        """The moment closest to ``time_s``: (index in the localization, its drawn JPEG)."""
        index, frame = self.frames.nearest(time_s)
        time_s = float(self.localization.times_s[index])
        return index, encoded(draw_moment(frame, self.localization, time_s, style))

    def bundle(self, progress: Progress = no_progress) -> list[Path]:
        """The zip of everything, then its single files, in the style of the video as it is now."""
        with self._drawing:
            stem = Path(self.clip.name).stem or "clip"
            folder = self.folder / f"files-{self.video.stem}"
            formats = [name for name in DEFAULT_FORMATS if name != "video"]
            for done, name in enumerate(formats):
                step = part(progress, done / len(formats), (done + 1) / len(formats))
                step(0.0, copy.STAGE_PACKING)
                export(Job(self.clip, self.localization, self.style, step), folder, (name,))
            drawn = folder / FORMATS["video"].file
            if not drawn.exists():
                drawn.hardlink_to(self.video)
            archive = bundle(folder, self.folder / f"{stem}-avsl.zip")
        return [archive, *sorted(file for file in folder.iterdir() if file.is_file())]
