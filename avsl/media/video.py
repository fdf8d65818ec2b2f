"""The frames of a video file: when each appears, and what it shows."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av import VideoFrame
from av.codec import CodecContext
from av.container import InputContainer
from av.video.stream import VideoStream

from avsl.errors import MediaError
from avsl.media import container as media
from avsl.media.container import Shifts
from avsl.media.picture import Converter, Look
from avsl.media.scan import FileScan, shown_ticks
from avsl.settings import Limits

# Containers that give every packet a presentation time; others are decoded once to learn them.
TIMED_FORMATS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flv", "gif", "apng"}
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # the built-in ones drop the alpha plane
FALLBACK_FPS_HZ = 25.0
TWIN_STEP_S = 1e-4  # between two frames that claim one time
TIME_SLACK_S = 0.0005  # two times nearer than this are one (rounding)
CODED_SLACK = 1.1  # frames are coded in whole blocks; a later one may be larger than the first
MAX_PIXEL_ASPECT = 8.0  # wilder claims are damage, not a lens
SQUARE_ENOUGH = 0.01  # 448:447 is rounding by an encoder; stretching by one pixel helps nobody

Decode = Callable[[int, int, bool], Iterator[tuple[int, np.ndarray]]]
"""Called with (width, height, gray); gives every frame that decodes as (its place among the times,
rising; uint8 (H, W, 3) RGB or (H, W) gray). Closing it stops the decoder.
"""


@dataclass(frozen=True)
class VideoFormat:
    """What opening a video and decoding its first frame tells. Times are on the file's clock."""

    stream_index: int
    shifts: Shifts
    look: Look
    times_s: np.ndarray  # (F,) float64, rising
    listed: bool  # the packets told the times, so each frame has its own; else the order tells
    end_s: float  # when the last frame leaves the screen
    notes: tuple[str, ...]


def probe_video(file: Path, found: FileScan, limits: Limits) -> VideoFormat | None:
    """Decode the first frame and list when all appear; None where the file holds no video."""
    track = found.video
    if track is None:
        return None
    found.require_length(track, limits)
    shifts = found.shifts[track.index]
    with media.opened(file) as container:
        stream = container.streams[track.index]
        media.check_pixels(file.name, stream.width, stream.height, limits)
        aspect, step_s = _pixel_aspect(stream), _nominal_step_s(stream)
        timed = container.format.name in TIMED_FORMATS and track.is_timed
    first_s, look = _first_look(file, track.index, shifts, aspect, limits)
    media.check_pixels(file.name, look.width, look.height, limits)
    listed, last_s = timed and first_s is not None, step_s
    if listed:
        ticks, last_ticks = shown_ticks(track, shifts)
        times_s = ticks * track.time_base_s
        times_s = times_s[times_s > first_s - TIME_SLACK_S]  # nothing shows before the first
        last_s = last_ticks * track.time_base_s or step_s
    else:
        times_s = _counted_times(file, track.index, shifts, step_s, limits)
    if not len(times_s):
        raise _nothing_decodes(file)
    end_s = float(times_s[-1]) + last_s
    media.check_duration(file.name, end_s - times_s[0], limits)
    notes = (*found.notes, *look.notes)
    return VideoFormat(track.index, shifts, look, times_s, listed, end_s, notes)


class VideoFrames:
    """A :class:`avsl.clip.FrameSource` over a file, decoded in order from the start, on demand."""

    def __init__(self, times_s: np.ndarray, width: int, height: int, decode: Decode) -> None:
        """``times_s`` (F,) are on the clip's clock; ``decode`` tells frames by their place there,
        wherever it decodes them.
        """
        self.decode = decode
        self._missing = np.zeros(len(times_s), bool)
        self.times_s, self.width, self.height = times_s, width, height

    def stream(self, width: int, height: int, gray: bool) -> Iterator[tuple[float, np.ndarray]]:
        """Every frame that decodes, as ``(time_s, uint8 (H, W, 3) RGB or (H, W) gray)``.

        Each carries one of ``times_s``; frames that do not decode are left out and counted in
        :meth:`damage`.
        """
        place_next = 0  # in times_s
        with closing(self.decode(width, height, gray)) as frames:
            for place, frame in frames:
                self._missing[place_next:place] = True
                self._missing[place] = False
                place_next = place + 1
                yield float(self.times_s[place]), frame
        self._missing[place_next:] = True

    def damage(self) -> tuple[str, ...]:
        missing = np.flatnonzero(self._missing)
        if not len(missing):
            return ()
        return (
            f"{len(missing)} of {len(self.times_s)} frames could not be decoded, from "
            f"{self.times_s[missing[0]]:.1f} s on; the last good frame stands in.",
        )


@dataclass(frozen=True)
class FileDecoder:
    """A :data:`Decode` in this process."""

    file: Path
    video: VideoFormat
    limits: Limits

    def __call__(self, width: int, height: int, gray: bool) -> Iterator[tuple[int, np.ndarray]]:
        convert = Converter(self.video.look, width, height, gray)
        place_next = 0
        video = self.video
        with closing(decoded(self.file, video.stream_index, video.shifts, self.limits)) as frames:
            for time_s, frame in frames:
                place = self._place(time_s, place_next)
                if place is not None:
                    place_next = place + 1
                    yield place, convert(frame)

    def _place(self, time_s: float | None, start: int) -> int | None:
        """Where a decoded frame stands in ``times_s``, not before ``start``; None: nowhere."""
        times_s = self.video.times_s
        if not self.video.listed:
            return start if start < len(times_s) else None
        if time_s is None:
            return None
        place = start + int(np.searchsorted(times_s[start:], time_s - TIME_SLACK_S))
        if place == len(times_s) or times_s[place] > time_s + TIME_SLACK_S:
            return None  # such as a frame before the first key frame
        return place


def decoded(
    file: Path, stream_index: int, shifts: Shifts, limits: Limits
) -> Iterator[tuple[float | None, VideoFrame]]:
    """Whole frames in presentation order, with their times where they tell: on the file's clock,
    plus ``shifts``.

    Frames the decoder had to make up (damage) are left out. Close the generator to stop early.
    """
    with media.opened(file) as container:
        stream = container.streams[stream_index]
        for frame in _frames(container, stream, shifts, limits):
            if not frame.is_corrupt:
                yield None if frame.pts is None else float(frame.pts * stream.time_base), frame


def _frames(
    container: InputContainer, stream: VideoStream, shifts: Shifts, limits: Limits
) -> Iterator[VideoFrame]:
    decoder = _decoder(stream)
    decoder.options = {"max_pixels": str(round(limits.max_pixels * CODED_SLACK))}
    packets = media.packets(container, stream, shifts)
    for packet in itertools.chain(packets, [None]):  # None flushes
        try:
            yield from decoder.decode(packet)
        except (av.FFmpegError, OSError):
            continue  # a broken packet: the missing time tells on it


def _decoder(stream: VideoStream) -> CodecContext:
    name = ALPHA_DECODERS.get(stream.codec_context.name)
    if name and stream.metadata.get("alpha_mode") == "1":
        return CodecContext.create(name, "r")
    stream.thread_type = "AUTO"
    return stream.codec_context


def _first_look(
    file: Path, stream_index: int, shifts: Shifts, aspect: float, limits: Limits
) -> tuple[float | None, Look]:
    with closing(decoded(file, stream_index, shifts, limits)) as frames:
        for time_s, frame in frames:
            return time_s, Look.of(frame, aspect)
    raise _nothing_decodes(file)


def _counted_times(
    file: Path, stream_index: int, shifts: Shifts, step_s: float, limits: Limits
) -> np.ndarray:
    """Presentation times by decoding everything.

    Frames come out in presentation order, whatever AVI and its kin wrote on them: so the times are
    put in order too. A frame without a time follows the one before at the nominal rate.
    """
    times_s: list[float] = []
    with closing(decoded(file, stream_index, shifts, limits)) as frames:
        for time_s, _ in frames:
            if time_s is None:
                time_s = times_s[-1] + step_s if times_s else 0.0
            times_s.append(time_s)
            if len(times_s) > limits.max_frames:
                raise media.too_many_frames(file.name, limits)
            media.check_duration(file.name, time_s - times_s[0], limits)
    ordered = np.sort(times_s)
    twins = np.arange(len(ordered)) * TWIN_STEP_S  # equal times become rising ones
    return np.maximum.accumulate(ordered - twins) + twins


def _pixel_aspect(stream: VideoStream) -> float:
    aspect = float(stream.sample_aspect_ratio or 1)
    square = abs(aspect - 1) < SQUARE_ENOUGH
    wild = not 1 / MAX_PIXEL_ASPECT <= aspect <= MAX_PIXEL_ASPECT
    return 1.0 if square or wild else aspect


def _nominal_step_s(stream: VideoStream) -> float:
    rate = stream.average_rate or stream.guessed_rate
    return 1 / float(rate) if rate else 1 / FALLBACK_FPS_HZ


def _nothing_decodes(file: Path) -> MediaError:
    if media.is_protected(file):
        return MediaError(
            f'The picture of "{file.name}" is protected against copying (DRM), so it cannot be '
            "decoded. Choose an unprotected file."
        )
    return MediaError(
        f'No picture in "{file.name}" can be decoded. The file may be cut off or damaged; try to '
        "download, record or convert it again."
    )
