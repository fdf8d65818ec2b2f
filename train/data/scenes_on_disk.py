"""Scenes of the world that were made once: a training then waits for a disk, not for the world.

Making a scene costs as much as training with it. A sweep over margins, seeds of the network and
objectives meets the same scenes again and again.
"""

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from avsl.progress import Progress, no_progress
from avsl.settings import SAMPLE_RATE_HZ
from avsl.storage import storage_errors
from avsl.synthetic.world import VERSION
from train.config import TrainConfig

AT_ONCE = 64
KINDS = {"images": np.uint8, "sounds": np.int16}


class ScenesOnDisk:
    """The ``config.scenes`` first scenes of a training, in two files of ``config.cache``."""

    def __init__(self, config: TrainConfig) -> None:
        self.config = config

    @property
    def files(self) -> dict[str, Path]:
        """By what is in them; named after all that the scenes follow from."""
        world = self.config.world
        facts = [VERSION, self.config.seed, self.config.scenes, world.px, world.duration_s]
        told = json.dumps([*facts, asdict(world.recipe), asdict(world.difficulty)])
        key = hashlib.sha256(told.encode()).hexdigest()[:16]
        return {kind: Path(self.config.cache) / f"{key}-{kind}.npy" for kind in KINDS}

    def read(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, px, px) in [0, 1] and sounds (B, S) in [-1, 1], as files keep them."""
        images, sounds = (_opened(file)[items.numpy()] for file in self.files.values())
        return restored(torch.from_numpy(images), torch.from_numpy(sounds))

    def make(self, progress: Progress = no_progress) -> None:
        """Write the files unless they are there."""
        if all(file.is_file() for file in self.files.values()):
            return
        config = self.config
        with storage_errors(Path(config.cache)):
            Path(config.cache).mkdir(parents=True, exist_ok=True)
            parts = {kind: file.with_suffix(".part") for kind, file in self.files.items()}
            images, sounds = (
                np.lib.format.open_memmap(
                    parts[kind], "w+", dtype, (config.scenes, *self._shape[kind])
                )
                for kind, dtype in KINDS.items()
            )
            for first, pictures, heard in self._made():
                images[first : first + len(pictures)] = pictures
                sounds[first : first + len(heard)] = heard
                progress(first / config.scenes, "making the scenes")
            for file in (images, sounds):
                file.flush()
            for kind, file in self.files.items():
                parts[kind].replace(file)

    @property
    def _shape(self) -> dict[str, tuple[int, ...]]:
        px, length = self.config.learned_px, round(self.config.sound_s * SAMPLE_RATE_HZ)
        return {"images": (3, px, px), "sounds": (length,)}

    def _made(self):
        """Scenes in order, by as many processes as there are workers."""
        starts = range(0, self.config.scenes, AT_ONCE)
        jobs = [(self.config, first) for first in starts]
        if not self.config.workers:
            yield from map(_some, jobs)
            return
        with get_context("spawn").Pool(self.config.workers, torch.set_num_threads, (1,)) as pool:
            yield from pool.imap(_some, jobs)


def _some(job: tuple[TrainConfig, int]) -> tuple[int, np.ndarray, np.ndarray]:
    from train.data.stream import STREAM

    config, first = job
    items = torch.arange(first, min(first + AT_ONCE, config.scenes))
    made = config.world.pairs(STREAM, config.seed, items)
    pictures, sounds = rounded(made.images, made.waveforms)
    return first, pictures.numpy(), sounds.numpy()


def rounded(images: Tensor, sounds: Tensor) -> tuple[Tensor, Tensor]:
    """As files keep them: uint8 pictures and int16 sounds."""
    return (images * 255).round().byte(), (sounds.clamp(-1, 1) * 32_767).round().short()


def restored(images: Tensor, sounds: Tensor) -> tuple[Tensor, Tensor]:
    """What :func:`rounded` took, as float32 again."""
    return images.float() / 255, sounds.float() / 32_767


@lru_cache(maxsize=4)
def _opened(file: Path) -> np.ndarray:
    return np.load(file, mmap_mode="r")
