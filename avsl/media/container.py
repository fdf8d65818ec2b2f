"""Opening a media file safely: only this file, only media formats, the best of its streams."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream

from avsl.errors import LimitError, MediaError
from avsl.media.pulse import tick
from avsl.settings import Limits

Shifts = tuple[tuple[int, int], ...]
"""From which packet of a track on (counted from 0) how many ticks are added to its times."""

# Playlists and scripts (hls, dash, concat, image sequences, ...) open other files: not among these.
FORMATS = (
    "mov,matroska,webm,avi,mpeg,mpegvideo,mpegts,ogg,flv,asf,dv,mxf,gif,apng,"
    "wav,w64,mp3,flac,aac,aiff,amr,ac3,eac3,caf,au,wv"
)
DURATION_SLACK_S = 1.0  # "ten minutes" out of a camera are 600.04 s
MOST_NAME = 200  # characters of a name that are told back
SHORTFALL_S, SHORTFALL = 0.5, 0.05  # headers round; less than this or that share is no damage
READ_RETRIES = 20  # a demuxer may stumble over broken bytes and still find its way

_DOWNLOAD_AGAIN = "The download went wrong; download it again."
_OTHER_KINDS = (  # the first bytes of what people take for a video, and what it is
    (b"version https://git-lfs", "is a Git LFS pointer, not the file itself. Run git lfs pull."),
    (b"<!doctype html", f"is a web page, not a video. {_DOWNLOAD_AGAIN}"),
    (b"<html", f"is a web page, not a video. {_DOWNLOAD_AGAIN}"),
    (b"<?xml", f"is an XML document, not a video. {_DOWNLOAD_AGAIN}"),
    (b"{", f"is JSON text, not a video. {_DOWNLOAD_AGAIN}"),
    (b"#extm3u", "is a playlist, which only names other files. Choose one of those."),
    (b"bplist00", "is the placeholder of a file that is not on this machine. Download that first."),
    (b"\0\5\x16\7", "is what macOS keeps beside a file. Choose the one without ._ in its name."),
    (b"%pdf-", "is a PDF document. Choose a video, a sound or a picture."),
    (b"pk\3\4", "is a ZIP archive. Unpack it and choose a file in it."),
)
HEAD_BYTES, PROTECTION_BYTES = 512, 1 << 20


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
    _refuse_other_kinds(file)
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


def packets(
    container: InputContainer, stream: Stream | None = None, shifts: Shifts = ()
) -> Iterator[Packet]:
    """Every packet of one stream (None: of all) that can be read; damage ends the file early, never
    raises. ``shifts`` are added to the times.
    """
    if stream is not None and not shifts:  # joined mp4 files lose packets when others are skipped
        for other in container.streams:
            if other is not stream:
                other.discard = Discard.all  # the demuxer then skips their bytes
    number, shift, upcoming = 0, 0, list(reversed(shifts))
    for _ in range(READ_RETRIES):
        try:
            for packet in container.demux(*filter(None, [stream])):
                tick()
                if not packet.size:
                    continue
                while upcoming and upcoming[-1][0] <= number:
                    shift = upcoming.pop()[1]
                number += 1
                yield _shift(packet, shift) if shift else packet
            return
        except IndexError:  # PyAV stumbles over streams that turn up after the header
            return
        except (av.FFmpegError, OSError):
            continue


def _shift(packet: Packet, ticks: int) -> Packet:
    """Move the times of ``packet``, and keep it: libavformat marks the second of two joined mp4
    files as discarded, because its times were used before.
    """
    if packet.is_discard:
        kept = Packet(bytes(packet))
        for name in ("stream", "time_base", "pts", "dts", "duration", "is_keyframe"):
            setattr(kept, name, getattr(packet, name))
        packet = kept
    if packet.pts is not None:
        packet.pts += ticks
    if packet.dts is not None:
        packet.dts += ticks
    return packet


def check_duration(name: str, duration_s: float, limits: Limits) -> None:
    if duration_s > limits.max_duration_s + DURATION_SLACK_S:
        raise too_long(name, f"{duration_s:.0f} s", limits)


def too_long(name: str, told: str, limits: Limits) -> LimitError:
    """The error for a file that lasts as long as ``told``."""
    return LimitError(
        f'"{name}" is {told} long; up to {limits.max_duration_s:g} s can be analysed. Cut out the '
        "part that matters."
    )


def too_many_frames(name: str, limits: Limits) -> LimitError:
    return LimitError(
        f'"{name}" has more than {limits.max_frames} frames. Cut out the part that matters.'
    )


def check_pixels(name: str, width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        raise LimitError(
            f'"{name}" has {width}x{height} pixels; up to {limits.max_pixels / 1e6:.1f} million '
            "pixels a frame can be read. Scale it down first."
        )


def is_protected(file: Path) -> bool:
    """Whether an mp4 file says near its start or end that its content is encrypted."""
    with open(file, "rb") as stream:
        head = stream.read(PROTECTION_BYTES)
        stream.seek(max(0, file.stat().st_size - PROTECTION_BYTES))
        return any(b"sinf" in part and b"schm" in part for part in (head, stream.read()))


def _refuse_other_kinds(file: Path) -> None:
    """Say what the file is instead of a video, where its first bytes tell."""
    try:
        with open(file, "rb") as stream:
            head = stream.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    except OSError:
        return  # opening it as a video says why
    for signature, told in _OTHER_KINDS:
        if head.startswith(signature):
            raise MediaError(f'"{file.name}" {told}')
