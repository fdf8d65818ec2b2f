"""Whether data hold at scale: ``python -m tests.bench.data [--clips 2000] [--part NAME]``.

*prepare*: clips are made, and shards of them: once unbroken, once with kill -9 at three random
moments; both have to be the same bytes. *read*: two ranks with two workers each go through three
epochs; no id may be lost or doubled, and a stream that begins in the middle goes on with the same
batches. *speed*: clips a second of one worker on one core, of pictures and sounds as VGGSound has
them and of features, beside what a step of the full ACL on an H200 asks for, which is computed.
Exits with 1 where something is not as it should be.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from avsl.checksum import sha256_of
from tests.bench.acl_speed import H200_TFLOPS
from tests.media.making import make, tone
from tests.train.data.making_shards import SETTINGS
from train.config import TrainConfig
from train.data import shards
from train.data.features import FeatureShards
from train.data.prepare import manifest_of
from train.data.shard_making import Shard, as_json, jpeg_bytes
from train.data.sounds import flac_bytes
from train.data.store import MANIFEST
from train.data.stream import Batches, made_ahead
from train.learning.base import Batch, Prepared

KINDS_OF_VIDEO = 16
KILLS = 3
RANKS, WORKERS, EPOCHS, BATCH = 2, 2, 3, 32
# Of acl_speed --count: TFLOP of the full ACL, a clip and a pair of picture and sound, forward and
# backward; those of the frozen parts are not spent where features are read.
FROZEN, CLIP, PAIR = 0.1604, 0.0993 + 0.1099, 0.0011 + 0.0012
UTILISATION, STEP = 0.3, 16  # assumed; clips in a step of the preset


def main() -> int:
    parser = argparse.ArgumentParser("tests.bench.data", description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--part", choices=("all", "order", "speed"), default="all")
    options = parser.parse_args()
    right = True
    with tempfile.TemporaryDirectory() as folder:
        if options.part != "speed":
            right = prepared(Path(folder), options.clips) and read(Path(folder) / "unbroken")
        if options.part != "order":
            speed(Path(folder))
    return 0 if right else 1


def prepared(folder: Path, clips: int) -> bool:
    """Shards of ``clips`` videos, unbroken and with kills."""
    videos(folder / "videos", clips)
    began = time.monotonic()
    run(folder, "unbroken").wait()
    whole_s = time.monotonic() - began
    print(f"prepare: {clips} clips in {whole_s:.0f} s: {clips / whole_s:.1f} clips/s")
    dice = random.Random(0)
    for number in range(KILLS):
        child = run(folder, "killed")
        time.sleep(dice.uniform(0.4, 0.7) * whole_s)
        child.kill()
        child.wait()
        there = len(list((folder / "killed").glob("*.tar")))
        print(f"  kill -9 number {number + 1}: {there} whole shards are there")
    run(folder, "killed").wait()
    same = contents(folder / "unbroken") == contents(folder / "killed")
    print(f"  manifest, records and shards are the same bytes: {same}")
    return same


def videos(folder: Path, clips: int) -> None:
    """Small and short; of some kinds, each many times under another name."""
    folder.mkdir(parents=True)
    times_s = np.arange(24) / 12
    for kind in range(KINDS_OF_VIDEO):
        frames = [np.full((48, 64, 3), 10 * kind + int(4 * t), np.uint8) for t in times_s]
        heard = tone(2.0, hz=200 + 50 * kind)[:, None]
        make(folder / f"clip{kind:06d}.mp4", frames, times_s, heard)
    for number in range(KINDS_OF_VIDEO, clips):
        os.link(folder / f"clip{number % KINDS_OF_VIDEO:06d}.mp4", folder / f"clip{number:06d}.mp4")


def run(folder: Path, name: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "train.data.prepare", "clips", "--per-shard", "40"]
    places = ["--videos", str(folder / "videos"), "--out", str(folder / name)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*command, *places], **quiet)


def contents(folder: Path) -> dict[str, str]:
    return {file.name: sha256_of(file) for file in sorted(folder.iterdir())}


class Ids(Dataset):
    """What a rank's batches hold, by id, read from the shards."""

    def __init__(self, config: TrainConfig, rank: int) -> None:
        self._batches, self._rank = Batches(config, rank, RANKS, words=False), rank

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, number: int) -> list[str]:
        mine = self._batches.items(number)[0].chunk(RANKS)[self._rank]
        read = self._batches.source.clips.read(mine)
        return [json.loads(clip[".json"])["id"] for clip in read]


def of_rank(config: TrainConfig, rank: int, first: int) -> list[list[str]]:
    """In a process of its own, with workers of its own."""
    return list(made_ahead(Ids(config, rank), config, first))


def read(folder: Path) -> bool:
    """Three epochs in two ranks, then from the middle of the second."""
    clips = json.loads((folder / MANIFEST).read_text())["written"]
    held = 8 + (clips - 8) % BATCH
    right = _read(config_of(folder, clips, held), clips - held)
    return _read(config_of(folder, clips, held - 1), clips - held + 1) and right


def config_of(folder: Path, clips: int, held: int) -> TrainConfig:
    steps = EPOCHS * ((clips - held) // BATCH)
    return TrainConfig(
        data=str(folder), batch=BATCH, steps=steps, workers=WORKERS, validation_scenes=held
    )


def _read(config: TrainConfig, clips: int) -> bool:
    each = clips // BATCH
    middle = each + each // 2
    with ProcessPoolExecutor(RANKS, get_context("spawn")) as pool:
        jobs = [(rank, first) for first in (0, middle) for rank in range(RANKS)]
        found = list(pool.map(of_rank, [config] * 4, *zip(*jobs, strict=True)))
    right = found[2:] == [rank[middle:] for rank in found[:2]]
    print(f"read: {clips} clips, batches of {BATCH}; from the middle on the same: {right}")
    for epoch in range(EPOCHS):
        some = [rank[epoch * each : (epoch + 1) * each] for rank in found[:RANKS]]
        ids = list(chain.from_iterable(chain.from_iterable(some)))  # of ranks, of batches
        lost, doubled = clips - len({*ids}), len(ids) - len({*ids})
        print(f"  epoch {epoch + 1}: {lost} left out, {doubled} doubled")
        right &= lost == clips % BATCH and not doubled
    return right


def speed(folder: Path) -> None:
    """Of one worker, with what a step asks for beside it."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    data = vggsound_like(folder / "typical", 64)
    picture, features = _demand(FROZEN), _demand(0.0)
    print("speed of one worker on one core, clips/s; computed demand of one H200 in brackets")
    for px, sound_s, augment in ((224, 3.0, True), (352, 10.0, True), (352, 10.0, False)):
        config = TrainConfig(
            data=str(data), px=px, sound_s=sound_s, augment=augment, batch=16, workers=0,
            validation_scenes=8, steps=8,
        )  # fmt: skip
        batches = Batches(config, 0, 1, words=False)
        cropped = "a crop" if augment else "whole"
        told = f" [{picture:.0f}]" if px == 352 else ""
        print(f"  {px} px, {sound_s:g} s, {cropped}: {_rate(batches.__getitem__):.0f}{told}")
    kept = FeatureShards(batches, folder / "cache", "as large as the full ACL's")
    kept.make(acl_like)
    size = sum(file.stat().st_size for file in (folder / "cache").rglob("*.safetensors")) / 64
    rate = _rate(kept.__getitem__)
    print(f"  features of ACL, {size / 1e6:.2f} MB a clip: {rate:.0f} [{features:.0f}]")
    print(
        f"  computed: {STEP} clips / ((frozen {FROZEN} + {CLIP:.4f}) TFLOP * {STEP} + {PAIR:.4f} * "
        f"{STEP}^2) * {H200_TFLOPS} TFLOPS * {UTILISATION} utilisation; features: frozen 0"
    )


def _rate(batch: Callable[[int], object]) -> float:
    batch(0)
    began = time.perf_counter()
    for number in range(1, 7):
        batch(number)
    return 6 * 16 / (time.perf_counter() - began)


def _demand(frozen: float) -> float:
    """Clips a second."""
    step_tflop = STEP * (frozen + CLIP) + STEP**2 * PAIR
    return STEP / (step_tflop / (H200_TFLOPS * UTILISATION))


def vggsound_like(folder: Path, clips: int) -> Path:
    """340 x 256 pictures of about 30 kB and 10 s of noise that is as loud as talk."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    tar = folder / "shard-000000.tar"
    ends = shards.write_samples(tar, ((f"c{each}", _sample(each, draw)) for each in range(clips)))
    size = tar.stat().st_size
    record = Shard(tar.name, sha256_of(tar), size, tuple(ends), tuple(ends.values()), (), (), {})
    tar.with_suffix(".json").write_bytes(as_json(vars(record)))
    (folder / MANIFEST).write_bytes(as_json(manifest_of(SETTINGS, clips, [record])))
    print(f"typical clips: {size / clips / 1e3:.0f} kB each")
    return folder


def _sample(number: int, draw: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    coarse = draw.integers(0, 255, (32, 43, 3), np.uint8)
    picture = cv2.resize(coarse, (340, 256), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    picture = (picture + draw.normal(0, 4, picture.shape)).clip(0, 255).astype(np.uint8)
    sound = np.convolve(draw.normal(0, 0.1, 160_000), np.ones(8) / 8, "same").astype(np.float32)
    yield f"c{number}.jpg", jpeg_bytes(picture, 95)
    yield f"c{number}.flac", flac_bytes(sound)
    yield f"c{number}.json", as_json({"picture_s": 5.0})


def acl_like(batch: Batch) -> Prepared:
    """As much as the frozen parts of the full ACL make of a clip, and as its pictures are."""
    count = len(batch)
    return Prepared({
        "image": batch.images, "dense": torch.zeros(count, 484, 512),
        "whole": torch.zeros(count, 512), "heard": torch.zeros(count, 496, 2304),
        **{f"seen{layer}": torch.zeros(count, 485, 64) for layer in range(3)},
    })  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
