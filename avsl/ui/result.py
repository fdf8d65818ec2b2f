"""One finished run on disk: its video, the frames to inspect, the files to take home."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from avsl.captions import captions, webvtt
from avsl.clip import Clip
from avsl.export import DEFAULT_FORMATS, FORMATS, Job, bundle, export
from avsl.localization import Localization, best_moment
from avsl.manifest import README, readme
from avsl.overlay import Style, draw_moment
from avsl.progress import Progress, no_progress, part
from avsl.ui import copy
from avsl.ui.footage import Footage, Frames, encoded
from avsl.variants import VariantCard


@dataclass(eq=False)
class Result:
    """A localization with its clip, and pictures of them in one folder."""

    folder: Path
    clip: Clip
    localization: Localization
    card: VariantCard  # of the variant that found it
    _footage: Footage = field(init=False)

    def __post_init__(self) -> None:
        self._footage = Footage(self.folder, self.clip, self.localization.times_s, self._drawn)

    @property
    def video(self) -> Path:
        return self._footage.video

    @property
    def style(self) -> Style:
        """Of the video as it is now."""
        return self._footage.style

    @property
    def frames(self) -> Frames:
        return self._footage.frames

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the clip, to read it and to write it back."""
        return tuple(dict.fromkeys((*self.localization.notes, *self._footage.sound_notes)))

    def captions(self) -> Path:
        """Of the video as it is now: a WebVTT file."""
        path = self.video.with_suffix(".vtt")
        cues = captions(self.localization, self.style.threshold)
        path.write_text(webvtt(cues), encoding="utf-8")
        return path

    def first_moment_s(self) -> float:
        """Where inspection starts: the surest sounding moment, else the surest of all."""
        found = self.localization
        away_s = np.abs(self.frames.times_s - found.times_s[best_moment(found)])
        return float(self.frames.times_s[away_s.argmin()])

    def draw(self, style: Style, progress: Progress = no_progress) -> Path:
        """Draw and write the overlay video; the one before stays until this one is whole."""
        return self._footage.draw(style, progress)

    def _drawn(self, frame: np.ndarray, time_s: float, style: Style) -> np.ndarray:
        return draw_moment(frame, self.localization, time_s, style)

    def moment(self, time_s: float, style: Style) -> tuple[int, bytes]:
        """The moment closest to ``time_s``: (index in the localization, its drawn JPEG)."""
        index, frame = self.frames.nearest(time_s)
        return index, encoded(self._drawn(frame, float(self.localization.times_s[index]), style))

    def files(self, progress: Progress = no_progress) -> list[Path]:
        """The zip of everything, then its single files, in the style of the video as it is now."""
        with self._footage.lock:
            stem = Path(self.clip.name).stem or "clip"
            folder = self.folder / f"files-{self.video.stem}"
            self._export(folder, progress)
            drawn = folder / FORMATS["video"].file
            if not drawn.exists():
                drawn.hardlink_to(self.video)
            (folder / README).write_text(readme(self.localization), encoding="utf-8")
            archive = bundle(folder, self.folder / f"{stem}-avsl.zip")
        return [archive, *sorted(file for file in folder.iterdir() if file.is_file())]

    def _export(self, folder: Path, progress: Progress) -> None:
        """Every file but the video, which is there; none says where the clip lay here."""
        clip = replace(self.clip, files=tuple(replace(each, path=None) for each in self.clip.files))
        job = Job(clip, self.localization, self.style, formats=DEFAULT_FORMATS)
        formats = [name for name in DEFAULT_FORMATS if name != "video"]
        for done, name in enumerate(formats):
            step = part(progress, done / len(formats), (done + 1) / len(formats))
            step(0.0, copy.STAGE_PACKING)
            export(replace(job, progress=step), folder, (name,))
