"""Small corpora, and how two outputs are compared."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from PIL import Image

from avsl.clip import Clip
from avsl.media import write_video
from avsl.settings import SAMPLE_RATE_HZ

FPS_HZ, SECONDS = 10.0, 1.0
COMPARED = ("moments-*", "clips-*", "maps-*", "dead-letters*")  # all but timings and records


def clip(seed: int, seconds: float = SECONDS) -> Clip:
    """A block that jumps with a beep, at places and in a pitch of ``seed``'s."""
    rng, count = np.random.default_rng(seed), round(FPS_HZ * seconds)
    frames = np.full((count, 48, 64, 3), 60, np.uint8)
    clock = np.arange(round(SAMPLE_RATE_HZ * seconds)) / SAMPLE_RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * rng.uniform(300, 900) * clock)
    for first in range(0, count, 5):
        left = int(rng.integers(4, 40))
        frames[first : first + 2, 20:32, left : left + 12] = 230
    tone[(clock % 0.5) > 0.2] = 0
    return Clip.from_arrays(frames, FPS_HZ, tone.astype(np.float32))


def video(path: Path, seed: int, seconds: float = SECONDS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = clip(seed, seconds)
    write_video(path, (frame for _, frame in made.stream()), FPS_HZ, made)
    return path


def folder(path: Path, count: int) -> Path:
    """``count`` good clips at two depths, and three that cannot be used."""
    for seed in range(count):
        video(path / ("a" if seed % 2 else "b/c") / f"clip.{seed:03d}.mp4", seed)
    (path / "a" / "words.mp4").write_text("not a video")
    (path / "b" / "empty.mp4").touch()
    whole = (path / "a" / "clip.001.mp4").read_bytes()
    (path / "b" / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    return path


def shard(path: Path, names: list[str]) -> Path:
    """A tar of ``NAME.jpg, NAME.wav, NAME.json``."""
    with tarfile.open(path, "w") as tar:
        for seed, name in enumerate(names):
            picture, sound = io.BytesIO(), io.BytesIO()
            Image.fromarray(clip(seed).frames(np.zeros(1))[0]).save(picture, "JPEG")
            _wav(sound, clip(seed).waveform)
            _add(tar, f"{name}.jpg", picture.getvalue())
            _add(tar, f"{name}.wav", sound.getvalue())
            _add(tar, f"{name}.json", json.dumps({"id": name}).encode())
    return path


def _wav(file: io.BytesIO, waveform: np.ndarray) -> None:
    from scipy.io import wavfile

    wavfile.write(file, SAMPLE_RATE_HZ, np.rint(waveform * 32_767).astype(np.int16))


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def content(out: Path) -> dict[str, bytes]:
    """What must not depend on engine, workers and kills: bytes by file name."""
    files = [file for pattern in COMPARED for file in out.glob(pattern)]
    return {file.name: file.read_bytes() for file in sorted(files)}


def rows(out: Path, table: str) -> list[dict]:
    """All rows of a table, part after part."""
    files = sorted(out.glob(f"{table}*.parquet"))
    return [row for file in files for row in parquet.read_table(file).to_pylist()]
