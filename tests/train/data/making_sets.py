"""Tiny benchmark sets in the layouts people have, fabricated in a folder."""

import csv
import io
import json
import wave
from pathlib import Path

import numpy as np
from PIL import Image

from tests.media.making import make, tone

FIRST, SECOND, THIRD = "AAAAAAAAAAA_000030", "BBBBBBBBBBB_000007", "CCCCCCCCCCC_000100"


def boxes_file(root: Path, boxes: dict[str, list[list[float]]]) -> None:
    rows = [{"file": name, "class": f"class of {name[0]}", "bbox": b} for name, b in boxes.items()]
    write(root / "annotations/lvs/vggss.json", json.dumps(rows))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def table(path: Path, *rows: tuple) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


def picture(path: Path, colour: tuple[int, int, int] = (90, 90, 90), side: int = 16) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), colour).save(path)


def mask(path: Path, box: tuple[int, int, int, int] | None, side: int = 224, on: int = 255) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.zeros((side, side), np.uint8)
    if box is not None:
        left, top, right, bottom = box
        values[top:bottom, left:right] = on
    Image.fromarray(values).save(path)


def wav_bytes(waveform: np.ndarray) -> bytes:
    """(S,) float32 in [-1, 1] at 16 kHz -> 16-bit PCM."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.rint(np.clip(waveform, -1, 1) * 32_767).astype("<i2").tobytes())
    return buffer.getvalue()


def sound(path: Path, seconds: float = 10.0, hz: float = 440.0, rate_hz: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = bytearray(wav_bytes(tone(seconds, rate_hz, hz)))
    data[24:28] = rate_hz.to_bytes(4, "little")
    data[28:32] = (2 * rate_hz).to_bytes(4, "little")
    path.write_bytes(bytes(data))


def video(path: Path, fps_hz: float = 25.0, seconds: float = 10.0, with_sound: bool = True) -> Path:
    """32 px frames; grey level 100 plus the whole second, so that a frame tells its time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times_s = [number / fps_hz for number in range(round(seconds * fps_hz))]
    frames = [np.full((32, 32, 3), 40 + 10 * int(t + 1e-6), np.uint8) for t in times_s]
    heard = tone(seconds)[:, None] if with_sound else None
    return make(path, frames, times_s, heard)
