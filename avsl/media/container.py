"""Opening a media file safely: only this file, only media formats, the best of its streams."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition, Stream

from avsl.errors import LimitError, MediaError
from avsl.media.pulse import tick
from avsl.settings import Limits

# Playlists and scripts (hls, dash, concat, image sequences, ...) open other files: not among these.
FORMATS = (
    "mov,matroska,webm,avi,mpeg,mpegvideo,mpegts,ogg,flv,asf,dv,mxf,gif,apng,"
    "wav,w64,mp3,flac,aac,aiff,amr,ac3,eac3,caf,au,wv"
)
DURATION_SLACK_S = 1.0  # "ten minutes" out of a camera are 600.04 s
MOST_NAME = 200  # characters of a name that are told back
READ_RETRIES = 20  # a demuxer may stumble over broken bytes and still find its way

_NOT_A_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
_NOT_THE_SOUND = Disposition.comment | Disposition.visual_impaired | Disposition.karaoke


def local_file(path: str | Path, limits: Limits) -> Path:
    """The absolute path of an existing file of acceptable size, or a sentence that says why not."""
    try:
        # no "http:" or "concat:" can lead an absolute path
        file = Path(path).expanduser().absolute()
        found = file.stat()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a null in it, nobody's home
        told = str(path)
        raise MediaError(
            f'There is no file "{told if len(told) <= MOST_NAME else told[:MOST_NAME] + "…"}". '
            "Check the name; only files on this machine can be read."
        ) from error
    if stat.S_ISDIR(found.st_mode):
        raise MediaError(f'"{file.name}" is a folder. Choose a video file.')
    if not stat.S_ISREG(found.st_mode):
        raise MediaError(f'"{file.name}" is no ordinary file. Choose a video file.')
    size = found.st_size
    if size == 0:
        raise MediaError(f'"{file.name}" is empty (0 bytes). The copy or upload may have failed.')
    if size > limits.max_file_bytes:
        raise LimitError(
            f'"{file.name}" is {size / 1e6:.0f} MB; up to {limits.max_file_bytes / 1e6:.0f} MB '
            "can be read. Cut or compress it."
        )
    return file


@contextmanager
def opened(file: Path) -> Iterator[InputContainer]:
    """The demuxer over ``file``; closed on leaving, whatever happens."""
    try:
        container = av.open(
            str(file),
            container_options={"protocol_whitelist": "file", "format_whitelist": FORMATS},
            metadata_errors="replace",
        )
    except PermissionError as error:
        raise MediaError(f'"{file.name}" may not be read. Check its permissions.') from error
    except (av.FFmpegError, ValueError, OSError) as error:
        raise MediaError(
            f'"{file.name}" is not a video, sound or picture that can be read, or it is damaged '
            "beyond repair. Try another file, or convert it to mp4 first."
        ) from error
    try:
        yield container
    finally:
        container.close()


def packets(container: InputContainer, stream: Stream) -> Iterator[Packet]:
    """Every packet of one stream that can be read; damage ends the file early, never raises."""
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all  # the demuxer then skips their bytes
    for _ in range(READ_RETRIES):
        try:
            for packet in container.demux(stream):
                tick()
                if packet.size:
                    yield packet
            return
        except IndexError:  # PyAV stumbles over streams that turn up after the header
            return
        except (av.FFmpegError, OSError):
            continue


def video_stream(container: InputContainer) -> tuple[Stream | None, tuple[str, ...]]:
    """The stream to show: the default one, then the largest; cover art does not count."""
    candidates = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & _NOT_A_VIDEO
    ]
    if not candidates:
        return None, ()
    best = max(candidates, key=lambda s: (_is_default(s), s.width * s.height, -s.index))
    if len(candidates) == 1:
        return best, ()
    return best, (
        f"The file holds {len(candidates)} video streams; "
        f"the one of {best.width}x{best.height} pixels was used (stream {best.index}).",
    )


def sound_stream(container: InputContainer) -> tuple[Stream | None, tuple[str, ...]]:
    """The stream to hear: the default one, then the one with most channels; no commentary."""
    candidates = [s for s in container.streams.audio if s.codec_context is not None]
    if not candidates:
        return None, ()
    best = max(
        candidates,
        key=lambda s: (
            not s.disposition & _NOT_THE_SOUND,
            _is_default(s),
            s.codec_context.channels,
            -s.index,
        ),
    )
    if len(candidates) == 1:
        return best, ()
    return best, (
        f"The file holds {len(candidates)} sound tracks; the one with "
        f"{best.codec_context.channels} channel(s) was used (stream {best.index}).",
    )


def announced_s(container: InputContainer) -> float:
    """The duration that the header claims, in seconds; 0 when it claims none."""
    return (container.duration or 0) / av.time_base


def check_duration(name: str, duration_s: float, limits: Limits) -> None:
    if duration_s > limits.max_duration_s + DURATION_SLACK_S:
        raise LimitError(
            f'"{name}" is {duration_s:.0f} s long; up to {limits.max_duration_s:.0f} s can be '
            "analysed. Cut out the part that matters."
        )


def check_pixels(name: str, width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        raise LimitError(
            f'"{name}" has {width}x{height} pixels; up to {limits.max_pixels / 1e6:.1f} million '
            "pixels a frame can be read. Scale it down first."
        )


def _is_default(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.default)
