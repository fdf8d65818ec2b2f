"""From files to a judged moment: a video at a time, or a still picture with its sound."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avsl.clip import FrameSource
from avsl.errors import MediaError
from avsl.media.reading import read
from avsl.settings import SAMPLE_RATE_HZ
from train.data.listed import Moment

AT_S = 5.0  # VGG-SS: frame 125 at 25 fps
LATE_S = 0.1  # a video may end this much before the moment and still show it


@dataclass(frozen=True)
class Protocol:
    """What is seen and heard of a ten-second clip.

    ``sound_s`` None: all of its sound (ACL, SSLalignment); 3.0: three seconds around the picture
    (EZ-VSL, SLAVC, FNAC), and then the clip is cut to them.
    """

    at_s: float | None = AT_S  # of the video, since its first frame; None: its middle frame
    sound_s: float | None = None


def of_video(video: Path, sound: Path | None, protocol: Protocol) -> Moment:
    """A video at ``protocol.at_s``, with the sound of another file where one is given."""
    clip = read(video, sound=sound)
    frames_s = clip.frame_times_s
    if protocol.at_s is None:
        at_s = float(frames_s[len(frames_s) // 2])
        return around(Moment(clip, np.array([at_s])), protocol.sound_s)
    wanted_s = frames_s[0] + protocol.at_s
    if frames_s[-1] + LATE_S < wanted_s:
        raise MediaError(
            f'"{video.name}" ends at {frames_s[-1]:.1f} s, before the frame at '
            f"{protocol.at_s:g} s that its boxes are drawn on. Download the clip again."
        )
    at_s = float(frames_s[np.abs(frames_s - wanted_s).argmin()])  # its own time: no rounding
    return around(Moment(clip, np.array([at_s])), protocol.sound_s)


def of_picture(picture: Path, sound: Path, protocol: Protocol) -> Moment:
    """A still picture and its sound; the picture is that of the middle of the sound."""
    clip = read(picture, sound=sound)
    return around(Moment(clip, np.array([clip.duration_s / 2])), protocol.sound_s)


def around(moment: Moment, length_s: float | None) -> Moment:
    """Cut a clip to ``length_s`` around its one moment (moved inward at the ends); None: as is."""
    clip, at_s = moment.clip, float(moment.times_s[0])
    if length_s is None or clip.duration_s <= length_s:
        return moment
    start_s = min(max(at_s - length_s / 2, 0.0), clip.duration_s - length_s)
    first = round(start_s * SAMPLE_RATE_HZ)
    cut = replace(
        clip,
        duration_s=length_s,
        source=CutFrames(clip.source, start_s, start_s + length_s),
        waveform=clip.waveform[first : first + round(length_s * SAMPLE_RATE_HZ)],
        soundtrack=None,
        digest="",
        notes=(*clip.notes, f"Cut to {length_s:g} s from {start_s:.2f} s on."),
    )
    return Moment(cut, np.array([at_s - start_s]))


class CutFrames:
    """A :class:`avsl.clip.FrameSource`: a stretch of another, on a clock that begins with it."""

    def __init__(self, source: FrameSource, start_s: float, end_s: float) -> None:
        self._source, self._start_s, self._end_s = source, start_s, end_s
        self.width, self.height = source.width, source.height
        times_s = source.times_s
        first = max(np.searchsorted(times_s, start_s, side="right") - 1, 0)  # on screen at start
        self._first_s = times_s[first]
        kept = times_s[first:][times_s[first:] < end_s]
        self.times_s = np.maximum(kept - start_s, 0.0)

    def stream(self, width: int, height: int, gray: bool) -> Iterator[tuple[float, np.ndarray]]:
        for time_s, frame in self._source.stream(width, height, gray):
            if time_s >= self._end_s:
                return
            if time_s >= self._first_s:
                yield max(time_s - self._start_s, 0.0), frame

    def damage(self) -> tuple[str, ...]:
        return self._source.damage()
