"""The last seconds of a live picture as a clip for the Localize tab."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from gradio.utils import get_upload_folder

from avsl.clip import Clip, resized
from avsl.errors import MediaError
from avsl.media import output_rate_hz, read, write_video
from avsl.settings import SAMPLE_RATE_HZ
from avsl.ui import copy
from avsl.ui.handlers import answering

KEEP_S = 10.0
MOST_RECORDINGS = 2


@dataclass(frozen=True, eq=False)
class Recording:
    """What a browser recorded, and when that began on the page's clock."""

    clip: Clip
    start_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.clip.duration_s


@answering
def kept(told: object) -> str:
    """The clip made of what a page says it has uploaded: a list of ``{path, start_s}``."""
    uploads = _uploads(told)
    recordings = [Recording(read(path), start_s) for path, start_s in uploads]
    clip = last_seconds(recordings, uploads[-1][0].with_suffix(".kept.mp4"))
    for path, _ in uploads:
        path.unlink()
    return str(clip)


def _uploads(told: object) -> list[tuple[Path, float]]:
    """Raises :class:`MediaError` for whatever is no upload."""
    problem = MediaError(copy.LIVE_PROBLEMS["kept"])
    try:
        uploads = [(Path(each["path"]).resolve(), float(each["start_s"])) for each in told]
    except (TypeError, KeyError, ValueError) as error:
        raise problem from error
    folder = Path(get_upload_folder()).resolve()
    if not 0 < len(uploads) <= MOST_RECORDINGS:
        raise problem
    if not all(path.is_relative_to(folder) and math.isfinite(when) for path, when in uploads):
        raise problem
    return uploads


def last_seconds(recordings: list[Recording], path: Path, seconds: float = KEEP_S) -> Path:
    """The end of ``recordings``, of which each goes on before the one before it ends, as an mp4."""
    last = recordings[-1]
    end_s = last.end_s
    start_s = max(recordings[0].start_s, end_s - seconds)
    edges_s = [start_s, *(max(start_s, each.start_s) for each in recordings[1:]), end_s]
    parts = list(zip(recordings, pairwise(edges_s), strict=True))
    rate_hz = output_rate_hz(last.clip)
    sound = np.concatenate([_sound(each, *span) for each, span in parts])
    whole = replace(last.clip, waveform=sound, duration_s=end_s - start_s, soundtrack=None)
    size = last.clip.width, last.clip.height
    frames = (frame for each, span in parts for frame in _frames(each, *span, rate_hz, size))
    write_video(path, frames, rate_hz, whole)
    return path


def _sound(recording: Recording, start_s: float, end_s: float) -> np.ndarray:
    """That stretch of it, (S,) at 16 kHz; silence where it has none."""
    first, end = (round((t - recording.start_s) * SAMPLE_RATE_HZ) for t in (start_s, end_s))
    found = recording.clip.waveform[first:end]
    return np.pad(found, (0, end - first - len(found)))


def _frames(
    recording: Recording, start_s: float, end_s: float, rate_hz: float, size: tuple[int, int]
) -> Iterator[np.ndarray]:
    times_s = start_s + (np.arange(round((end_s - start_s) * rate_hz)) + 0.5) / rate_hz
    for frame in recording.clip.frames_at(times_s - recording.start_s):
        yield resized(frame, *size, gray=False)
