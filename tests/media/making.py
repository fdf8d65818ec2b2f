"""Small media files for the tests, made on the fly: PyAV's own encoders, nothing from outside."""

import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np

TICKS_HZ = 90_000  # video time base: fine enough for any rate


def flash_frames(
    times_s: Sequence[float], flashes_s: Sequence[float], width: int = 64, height: int = 48
) -> list[np.ndarray]:
    """Black frames (H, W, 3), white for a tenth of a second from each flash on."""
    return [
        np.full((height, width, 3), 255 * any(f - 1e-6 <= t < f + 0.1 for f in flashes_s), np.uint8)
        for t in times_s
    ]


def clicks(
    duration_s: float, clicks_s: Sequence[float], rate_hz: int = 48_000, channels: int = 1
) -> np.ndarray:
    """(samples, channels) float32: silence with a 5 ms tone burst at each click."""
    sound = np.zeros((round(duration_s * rate_hz), channels), np.float32)
    burst = 0.8 * np.sin(2 * np.pi * 2000 * np.arange(round(0.005 * rate_hz)) / rate_hz)
    for click_s in clicks_s:
        start = round(click_s * rate_hz)
        sound[start : start + len(burst)] = burst[:, None]
    return sound


def tone(duration_s: float, rate_hz: int = 48_000, hz: float = 440.0) -> np.ndarray:
    """(samples,) float32 sine at half scale."""
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(
        np.float32
    )


def make(
    path: Path,
    frames: Sequence[np.ndarray] = (),
    times_s: Sequence[float] = (),
    sound: np.ndarray | None = None,  # (samples, channels) float32
    rate_hz: int = 48_000,
    sound_start_s: float = 0.0,
    video_codec: str = "libx264",
    audio_codec: str = "aac",
    pixel_format: str = "yuv420p",
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    layout: str | None = None,
    setup: Callable[[av.VideoStream], None] = lambda stream: None,
    tag: Callable[[av.VideoFrame], None] = lambda frame: None,
) -> Path:
    """Write frames (H, W, 3) RGB at ``times_s`` and a sound into one file."""
    with av.open(str(path), "w", format=container, container_options=container_options) as out:
        video = audio = None
        if len(frames):
            video = _video_stream(out, frames[0], times_s, video_codec, pixel_format, setup)
        if sound is not None:
            audio = out.add_stream(audio_codec, rate=rate_hz)
            audio.layout = layout or {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[1]]
        if video is not None:
            for rgb, time_s in zip(frames, times_s, strict=True):
                frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=pixel_format)
                tag(frame)
                frame.time_base = video.codec_context.time_base
                frame.pts = round(time_s / frame.time_base)
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
        if audio is not None:
            _mux_sound(out, audio, sound, rate_hz, sound_start_s)
    return path


def _video_stream(out, frame, times_s, codec, pixel_format, setup):
    step_s = times_s[1] - times_s[0] if len(times_s) > 1 else 1 / 25
    stream = out.add_stream(codec, rate=Fraction(1 / step_s).limit_denominator(1001))
    stream.height, stream.width = frame.shape[:2]
    stream.pix_fmt = pixel_format
    stream.codec_context.time_base = Fraction(1, TICKS_HZ)
    setup(stream)
    return stream


def _mux_sound(out, stream, sound, rate_hz, start_s):
    block = 1024
    for start in range(0, len(sound), block):
        piece = np.ascontiguousarray(sound[start : start + block].T.astype(np.float32))
        frame = av.AudioFrame.from_ndarray(piece, "fltp", stream.layout.name)
        frame.sample_rate = rate_hz
        frame.time_base = Fraction(1, rate_hz)
        frame.pts = start + round(start_s * rate_hz)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def convert(source: Path, target: Path, *options: str) -> Path:
    """Re-encode with the ffmpeg that imageio-ffmpeg bundles, as other people's tools would."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source)]
    subprocess.run([*command, *options, str(target)], check=True)
    return target


def flash_times(clip, threshold: int = 128) -> list[float]:
    """When the picture of a clip turns from dark to bright, in seconds."""
    times, bright_before = [], False
    for time_s, frame in clip.stream(16, 16, gray=True):
        bright = frame.mean() > threshold
        if bright and not bright_before:
            times.append(time_s)
        bright_before = bright
    return times


def click_times(waveform: np.ndarray, rate_hz: int = 16_000) -> list[float]:
    """When bursts begin in a mono waveform, in seconds."""
    loud = np.flatnonzero(np.abs(waveform) > 0.15)
    starts = loud[np.diff(loud, prepend=-rate_hz) > 0.05 * rate_hz]
    return (starts / rate_hz).tolist()
