"""Writing an mp4 that plays everywhere: H.264 in yuv420p, AAC, the index in front."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from moviepy.video.io.ffmpeg_writer import FFMPEG_VideoWriter

from avsl.clip import Clip
from avsl.errors import StorageError
from avsl.media.wav import Sound, original_sound, write_wav
from avsl.settings import LIMITS, Limits
from avsl.storage import require_free_disk

STILL_FPS_HZ = 10.0
MAX_FPS_HZ = 60.0
MIN_FPS_HZ = 1.0
IN_STEP_S = 0.04  # picture and sound further apart than this look out of step
MAX_RATE_DENOMINATOR = 1001  # 30000/1001 and its kin are kept exact
USUAL_RATES_HZ = (10, 12.5, 15, 24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60)
SAME_RATE = 5e-4  # timestamps in milliseconds blur the rate of a short clip by this share
SAME_STEP = 0.3  # and single steps between frames by this
SHORTEST_STEP_S = 1e-6  # frames closer than this count as this far apart
BITS_PER_PIXEL = 0.1  # a generous guess of what CRF 20 needs, for the free-disk check
AUDIO_KBITS_PER_CHANNEL = 96
PRESET = "superfast"  # "veryfast" is a third smaller and half as slow again
CRF = "20"
KEY_FRAME_EVERY_S = 2  # so that a player can jump


def output_rate_hz(clip: Clip) -> float:
    """Frames per second at which to write ``clip``: its own rate, at most 60; 10 for a still.

    Where frames are missing or come unevenly it is the rate of the usual step between frames. A
    slow uneven video gets a multiple of it, so that each frame appears within 40 ms of its time.
    """
    if len(clip.frame_times_s) < 2:
        return STILL_FPS_HZ
    rate_hz = min(max(_usual_rate_hz(clip.frame_times_s), MIN_FPS_HZ), MAX_FPS_HZ)
    while _worst_shift_s(clip.frame_times_s, rate_hz) > IN_STEP_S:
        rate_hz *= 2  # ends below 2 / IN_STEP_S
    return rate_hz


def _usual_rate_hz(times_s: np.ndarray) -> float:
    steps_s = np.maximum(np.diff(times_s), SHORTEST_STEP_S)
    usual_s = np.percentile(steps_s, 50, method="lower")  # one of them, however few there are
    rate_hz = float(1 / steps_s[np.abs(steps_s - usual_s) < SAME_STEP * usual_s].mean())
    known_hz = min(USUAL_RATES_HZ, key=lambda known_hz: abs(known_hz - rate_hz))
    return known_hz if abs(known_hz / rate_hz - 1) < SAME_RATE else rate_hz


def _worst_shift_s(times_s: np.ndarray, fps_hz: float) -> float:
    """How far :func:`constant_rate` moves a frame at most."""
    shown_s = np.ceil(times_s * fps_hz - 0.5) / fps_hz
    return float(np.abs(shown_s - times_s).max())


def output_frames(clip: Clip, fps_hz: float) -> int:
    """How many frames at ``fps_hz`` cover the clip."""
    return max(1, round(clip.duration_s * fps_hz))


def constant_rate(
    clip: Clip, fps_hz: float, width: int | None = None, height: int | None = None
) -> Iterator[np.ndarray]:
    """Exactly :func:`output_frames` frames, uint8 (H, W, 3) RGB, one each 1/``fps_hz`` from 0 on.

    Frame k is what the clip shows in the middle of [k, k + 1) / ``fps_hz``, where rounded
    timestamps cannot tip it to a neighbour. The first and the last frame stand in outside the
    picture. Streams, so memory does not grow with length.
    """
    middles_s = (np.arange(output_frames(clip, fps_hz)) + 0.5) / fps_hz
    return clip.frames_at(middles_s, width, height)


def write_video(
    path: str | Path,
    frames: Iterable[np.ndarray],
    fps_hz: float,
    clip: Clip,
    progress: Callable[[float], None] | None = None,
    limits: Limits = LIMITS,
) -> tuple[str, ...]:
    """Write ``frames`` with the original sound of ``clip`` to an mp4 at ``path``.

    Frames are uint8 (H, W, 3) RGB of one size, at a constant rate from time 0 on; an odd size gets
    one more row or column. The sound keeps its rate, channels, length and place on the clock.
    ``progress`` gets the share done in [0, 1] and may raise to cancel. Either the whole file
    appears at ``path`` or nothing does. Returns notes on what had to be done to the sound.
    Raises :class:`StorageError` where the disk does not take it.
    """
    path = Path(path).expanduser().absolute()
    count = output_frames(clip, fps_hz)
    sound = original_sound(clip)
    with closing(_counted(frames, count, progress)) as counted, _workshop(path) as folder:
        first = next(counted)
        needed = _estimated_bytes(first, count, sound, clip.duration_s)
        require_free_disk(path.parent, needed + limits.min_free_disk_bytes)
        wav = None
        if sound is not None:
            wav = folder / "sound.wav"
            write_wav(wav, sound)
        _encode(folder / "video.mp4", chain([first], counted), first.shape, fps_hz, wav, sound)
        _check_whole(folder / "video.mp4", count)
        (folder / "video.mp4").replace(path)
    return sound.notes if sound is not None else ()


def _counted(
    frames: Iterable[np.ndarray], count: int, progress: Callable[[float], None] | None
) -> Iterator[np.ndarray]:
    """Exactly ``count`` frames of even size; where there are too few the last is held."""
    frames = iter(frames)
    try:
        shown = None
        for index in range(count):
            frame = next(frames, None)
            shown = shown if frame is None else _even(frame)
            yield shown
            if progress is not None:
                progress((index + 1) / count)
    finally:  # let go of the decoder behind a generator, also when the work stops half-way
        if hasattr(frames, "close"):
            frames.close()


def _even(frame: np.ndarray) -> np.ndarray:
    """yuv420p halves the colour planes, so odd sizes get their last row or column twice."""
    height, width = frame.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return frame
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` to build the file in; it goes away whatever happens."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".avsl-", dir=path.parent))
    except OSError as error:
        raise _cannot_write(path.parent, error) from error
    try:
        yield folder
    except OSError as error:
        raise _cannot_write(path.parent, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _encode(
    path: Path,
    frames: Iterator[np.ndarray],
    shape: tuple[int, ...],
    fps_hz: float,
    wav: Path | None,
    sound: Sound | None,
) -> None:
    rate = Fraction(fps_hz).limit_denominator(MAX_RATE_DENOMINATOR)
    with FFMPEG_VideoWriter(
        str(path),
        (shape[1], shape[0]),
        fps_hz,
        codec="libx264",
        preset=PRESET,
        audiofile=str(wav) if wav else None,
        audio_codec="aac",
        ffmpeg_params=_ffmpeg_params(rate, sound),
    ) as writer:
        try:
            for frame in frames:
                writer.write_frame(frame)
        except BaseException:  # stopped: do not wait for the rest of the sound to be encoded
            if writer.proc is not None:
                writer.proc.kill()
            raise


def _ffmpeg_params(rate: Fraction, sound: Sound | None) -> list[str]:
    """moviepy states the rate with two decimals only, and no colours: both are set here."""
    steps = [
        f"settb={rate.denominator}/{rate.numerator}",
        "setpts=N",
        "scale=out_color_matrix=bt709:out_range=tv",
        "format=yuv420p",
    ]
    params = ["-vf", ",".join(steps), "-r", f"{rate.numerator}/{rate.denominator}"]
    params += ["-crf", CRF, "-g", str(max(1, round(KEY_FRAME_EVERY_S * rate)))]
    for tag in ("-colorspace", "-color_primaries", "-color_trc"):
        params += [tag, "bt709"]
    params += ["-color_range", "tv", "-movflags", "+faststart"]
    if sound is not None:
        params += ["-b:a", f"{AUDIO_KBITS_PER_CHANNEL * sound.channels}k"]
    return params


def _check_whole(path: Path, count: int) -> None:
    """moviepy does not look at how ffmpeg ended; a cut file (disk full) must not pass for whole."""
    try:
        with av.open(str(path)) as container:
            found = sum(1 for packet in container.demux(video=0) if packet.size)
    except (av.FFmpegError, IndexError) as error:
        raise _cannot_write(path.parent.parent, error) from error
    if found != count:
        raise _cannot_write(path.parent.parent, f"{found} of {count} frames were written")


def _estimated_bytes(frame: np.ndarray, count: int, sound: Sound | None, duration_s: float) -> int:
    picture = frame.shape[0] * frame.shape[1] * count * BITS_PER_PIXEL / 8
    return round(picture) + (sound.size_bytes(duration_s) if sound is not None else 0)


def _cannot_write(folder: Path, reason: object) -> StorageError:
    return StorageError(
        f"The video could not be written to {folder} ({_last_line(reason)}). Check that the disk "
        "has room and that the folder may be written to."
    )


def _last_line(reason: object) -> str:
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
