"""Shards of small clips, each of one colour with one tone, as prepare leaves them."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from avsl.checksum import sha256_of
from train.data import shards
from train.data.prepare import manifest_of
from train.data.shard_making import Settings, Shard, as_json, jpeg_bytes
from train.data.sounds import flac_bytes
from train.data.store import MANIFEST

SETTINGS = Settings("clips", None, per_shard=10)


def made_shards(folder: Path, counts: tuple[int, ...], manifest: bool = True) -> Path:
    """``counts``: clips in each; number N has the id ``clipN`` and the grey level N mod 250."""
    folder.mkdir(parents=True, exist_ok=True)
    records, first = [], 0
    for number, count in enumerate(counts):
        records.append(_shard(folder, number, range(first, first + count)))
        first += count
    if manifest:
        told = manifest_of(SETTINGS, first, records)
        (folder / MANIFEST).write_bytes(as_json(told))
    return folder


def _shard(folder: Path, number: int, clips: range) -> Shard:
    tar = folder / f"shard-{number:06d}.tar"
    ends = shards.write_samples(tar, ((f"clip{each}", _clip(each)) for each in clips))
    facts = (tar.name, sha256_of(tar), tar.stat().st_size, tuple(ends), tuple(ends.values()))
    record = Shard(*facts, (), (), asdict(SETTINGS))
    tar.with_suffix(".json").write_bytes(as_json(asdict(record)))
    return record


def _clip(number: int) -> list[tuple[str, bytes]]:
    frame = np.full((40, 60, 3), number % 250, np.uint8)
    clock = np.arange(24_000) / 16_000
    tone = 0.5 * np.sin(2 * np.pi * 100 * (1 + number) * clock).astype(np.float32)
    facts = as_json({"id": f"clip{number}", "picture_s": 0.75})
    name = f"clip{number}"
    return [
        (f"{name}.jpg", jpeg_bytes(frame, 95)), (f"{name}.flac", flac_bytes(tone)),
        (f"{name}.json", facts),
    ]  # fmt: skip
