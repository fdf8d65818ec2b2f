"""What the fake camera and microphone of the Live tests play: a flashing, beeping disc."""

import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from avsl.settings import SAMPLE_RATE_HZ

WIDTH, HEIGHT = 640, 480
CAMERA_HZ = 30  # Chromium plays MJPEG at this rate, whatever the file says
LEFT_S, RIGHT_S, SILENT_S = 14, 14, 8  # the disc is there for so long; then nothing sounds
LIT_S = 0.14
LEFT_X, RIGHT_X, DISC_Y = 130, 510, 260
DARK_RGB, BRIGHT_RGB = (200, 110, 30), (255, 240, 150)


@dataclass(frozen=True)
class Scene:
    """The two files."""

    camera: Path
    microphone: Path


def make(folder: Path) -> Scene:
    """The disc is left, then right, then gone; a blue block swings silently all the time."""
    rng = np.random.default_rng(3)
    left_s, right_s = _beeps(rng, 0, LEFT_S), _beeps(rng, LEFT_S, LEFT_S + RIGHT_S)
    scene = Scene(folder / "scene.mjpeg", folder / "scene.wav")
    with av.open(str(scene.camera), "w", format="mjpeg") as file:
        stream = file.add_stream("mjpeg", rate=CAMERA_HZ)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for index in range(CAMERA_HZ * (LEFT_S + RIGHT_S + SILENT_S)):
            frame = _frame(index / CAMERA_HZ, np.concatenate([left_s, right_s]))
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        file.mux(stream.encode())
    _write_sound(scene.microphone, np.concatenate([left_s, right_s]))
    return scene


def _beeps(rng: np.random.Generator, start_s: float, end_s: float) -> np.ndarray:
    times_s = start_s + 0.3 + np.cumsum(rng.uniform(0.35, 0.8, 60))
    return times_s[times_s < end_s - 0.4]


def _frame(time_s: float, beeps_s: np.ndarray) -> np.ndarray:
    frame = np.full((HEIGHT, WIDTH, 3), 70, np.uint8)
    frame[320:] = 90, 80, 70
    swung = int(320 + 40 * np.sin(2 * np.pi * time_s / 1.7))
    frame[60:110, swung - 20 : swung + 20] = 60, 90, 160
    if time_s < LEFT_S + RIGHT_S:
        lit = bool(((time_s >= beeps_s) & (time_s < beeps_s + LIT_S)).any())
        x, radius = LEFT_X if time_s < LEFT_S else RIGHT_X, 110 if lit else 70
        rows, columns = np.ogrid[:HEIGHT, :WIDTH]
        disc = (columns - x) ** 2 + (rows - DISC_Y) ** 2 < radius**2
        frame[disc] = BRIGHT_RGB if lit else DARK_RGB
    return frame


def _write_sound(path: Path, beeps_s: np.ndarray) -> None:
    clock_s = np.arange((LEFT_S + RIGHT_S + SILENT_S) * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    sound = np.zeros(len(clock_s))
    for beep_s in beeps_s:
        since_s = clock_s - beep_s
        ringing = (since_s >= 0) & (since_s < LIT_S)
        fading = np.exp(-12 * since_s[ringing])
        sound[ringing] += 0.5 * np.sin(2 * np.pi * 880 * since_s[ringing]) * fading
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((32767 * sound).astype("<i2").tobytes())
