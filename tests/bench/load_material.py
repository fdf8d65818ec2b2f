"""What the clients of the load script send: clips that cannot be taken for one another, and files
that are none.
"""

import hashlib
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from avsl.media import output_rate_hz, write_video
from avsl.settings import SAMPLE_RATE_HZ
from tests.support import tone_clip


@dataclass(frozen=True)
class Sent:
    """A clip and what an answer about it has to say."""

    path: Path
    sha256: str
    duration_s: float
    width: int


@dataclass(frozen=True)
class Material:
    """Everything there is to send."""

    clips: list[Sent]
    pictures: list[tuple[Sent, Path]]  # with the sound that goes with each
    bad: list[Path]


def made(folder: Path, count: int = 16) -> Material:
    """``count`` clips and half as many pictures with sounds, all of different length or width."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = [_clip(folder, index) for index in range(count)]
    pictures = [_picture(folder, index) for index in range(count // 2)]
    return Material(clips, pictures, _bad(folder, clips[0].path))


def _clip(folder: Path, index: int) -> Sent:
    seconds, width = 1.0 + 0.2 * index, 96 + 16 * (index % 5)
    source = tone_clip(seconds, width, 96, silent_after_s=seconds / 2)
    path = folder / f"clip-{index}.mp4"
    write_video(path, (frame for _, frame in source.stream()), output_rate_hz(source), source)
    return Sent(path, _sha256(path), seconds, width)


def _picture(folder: Path, index: int) -> tuple[Sent, Path]:
    seconds, width = 1.1 + 0.2 * index, 64 + 16 * index
    sound, still = folder / f"sound-{index}.wav", folder / f"still-{index}.png"
    clock = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tone = 0.4 * np.sin(2 * np.pi * (300 + 50 * index) * clock)
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((32767 * tone).astype("<i2").tobytes())
    Image.fromarray(np.full((64, width, 3), 40 + 20 * index, np.uint8)).save(still)
    return Sent(still, _sha256(still, sound), seconds, width), sound


def _bad(folder: Path, clip: Path) -> list[Path]:
    """A text, nothing, half a clip, a clip whose middle is noise."""
    whole = clip.read_bytes()
    noise = np.random.default_rng(3).bytes(len(whole) // 3)
    bad = {
        "notes.mp4": b"Milk, bread, a new drum.",
        "empty.mp4": b"",
        "half.mp4": whole[: len(whole) // 2],
        "noise.mp4": noise,
    }
    for name, content in bad.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in bad]


def _sha256(*paths: Path) -> str:
    """Of the files one after the other, as a result's provenance has it."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
