"""What training sees: batches by number, the same in any process and after any interruption.

Batch ``n`` follows from the configuration and ``n`` alone, so nothing about the data has to be kept
to resume, and several processes each take their share of the same batches.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from zlib import crc32

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from avsl.description import Description
from avsl.errors import MediaError, SettingError
from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic.world import descriptions
from train.config import TrainConfig
from train.data.clips import Clips, HeldOutClips, LearnedClips, Parts, read_row
from train.data.corpus import Corpus, corpus
from train.data.fetched import files_of
from train.data.order import generator
from train.data.scenes_on_disk import ScenesOnDisk, restored, rounded
from train.data.sounds import SUFFIXES, samples_of
from train.learning.base import Batch

STREAM = "train"  # of the world
LARGER = 1.1  # a picture is resized to this much more than is cropped, as in the papers
AHEAD = 3  # batches that each worker makes in advance


class Source(Protocol):
    """Pairs by number."""

    count: int  # of different ones; 0: endless

    def pairs(self, items: Tensor, seed: int) -> Batch:
        """The pairs ``items`` (B,) int64; ``seed`` is for what is drawn anew each time."""
        ...


def source(config: TrainConfig, words: bool = False) -> Source:
    """What ``config.data`` names; ``words``: with a description of each pair."""
    if config.of_world:
        return WorldSource(config, words)
    return ShardSource.of(config)


@dataclass(frozen=True)
class WorldSource:
    """Of the procedural world."""

    config: TrainConfig
    words: bool

    @property
    def count(self) -> int:
        return self.config.scenes

    def pairs(self, items: Tensor, seed: int) -> Batch:
        world, own = self.config.world, self.config.seed
        if self.config.cache:
            images, sounds = ScenesOnDisk(self.config).read(items)
        else:
            made = world.pairs(STREAM, own, items)
            images, sounds = made.images, made.waveforms
            if self.count:  # as a cache would keep them, so that having one changes nothing
                images, sounds = restored(*rounded(images, sounds))
        if self.count and self.config.augment:  # the same scene comes again
            images = _mirrored(images, items, seed)
        return Batch(images, sounds, self.told(items) if self.words else ())

    def told(self, items: Tensor) -> tuple[Description, ...]:
        """What there is to say of the pairs ``items`` (B,)."""
        world = self.config.world
        scenes = world.scenes(STREAM, self.config.seed, items)
        return tuple(descriptions(scenes, world.difficulty))


@dataclass(frozen=True)
class ShardSource:
    """Clips of prepared shards, of which some are held out."""

    config: TrainConfig
    corpus: Corpus
    clips: Clips

    @classmethod
    def of(cls, config: TrainConfig, held_out: bool = False) -> "ShardSource":
        """Those to train with or, ``held_out``, those to validate with: chosen by their ids."""
        found = corpus(config.data, config.validation_scenes)
        if found.clips < config.validation_scenes + config.batch:
            raise SettingError(
                f"{config.data} holds {found.clips} prepared clips; a batch of {config.batch} and "
                f"{config.validation_scenes} held out need more. Prepare more with "
                "python -m train.data.prepare."
            )
        files = files_of(found, config.cache, round(config.cache_gb * 1e9))
        if held_out:
            return cls(config, found, HeldOutClips(found, files))
        return cls(config, found, LearnedClips(found, files, config.batch, config.seed))

    @property
    def count(self) -> int:
        return self.clips.count

    def pairs(self, items: Tensor, seed: int | None) -> Batch:
        """``seed`` None: the whole picture, as at test."""
        augment = seed is not None and self.config.augment
        crops = [generator(seed, item) if augment else None for item in items.tolist()]
        batch = self._batch(self.clips.read(items), crops)
        if not augment:
            return batch
        return Batch(_mirrored(batch.images, items, seed), batch.waveforms)

    def whole(self, shard: int, rows: range) -> Batch:
        """Of all clips of a shard, those ``rows`` as they are, held out or not."""
        clips = (read_row(self.clips.files, shard, row) for row in rows)
        return self._batch(clips, [None] * len(rows))

    def _batch(self, clips: Iterable[Parts], crops: list[torch.Generator | None]) -> Batch:
        pictures, sounds = [], []
        for clip, crop in zip(clips, crops, strict=True):
            pictures.append(_picture(clip[".jpg"], self.config.learned_px, crop))
            sounds.append(_sound(clip, self.config.sound_s))
        return Batch(torch.stack(pictures), torch.stack(sounds))


class Batches(Dataset):
    """Batch ``n`` of all processes, of which this one has its share."""

    def __init__(self, config: TrainConfig, rank: int, processes: int, words: bool) -> None:
        self.source = source(config, words)
        self.config, self.rank, self.processes = config, rank, processes
        if 0 < self.source.count < config.batch:
            raise SettingError(
                f"A batch of {config.batch} needs as many different scenes, not "
                f"{self.source.count}."
            )
        if isinstance(self.source, ShardSource):
            self.source.clips.require_room(processes)

    def __len__(self) -> int:
        return self.config.steps * self.config.accumulate

    def __getitem__(self, number: int) -> Batch:
        items, seed = self.items(number)
        if isinstance(self.source, ShardSource):
            self.source.clips.expect(number, self.rank, self.processes)
        return self.source.pairs(items.chunk(self.processes)[self.rank], seed)

    def items(self, number: int) -> tuple[Tensor, int]:
        """Which pairs the whole batch has, and the seed of what is drawn anew in this epoch."""
        size, count = self.config.batch, self.source.count
        if not count:
            return number * size + torch.arange(size), 0
        epoch, turn = divmod(number, count // size)
        seed = crc32(f"{self.config.seed} {epoch}".encode())
        if isinstance(self.source, ShardSource):
            return self.source.clips.line.items(number), seed
        order = _order(count, self.config.seed, epoch)
        return order[turn * size : (turn + 1) * size], seed


def batches(
    config: TrainConfig, rank: int = 0, processes: int = 1, first: int = 0, words: bool = False
) -> Iterator[Batch]:
    """Batches from number ``first`` to the end, made by ``config.workers`` processes ahead."""
    return made_ahead(Batches(config, rank, processes, words), config, first)


def made_ahead(dataset: Dataset, config: TrainConfig, first: int) -> Iterator[Any]:
    """What a dataset has from number ``first`` on."""
    ahead = {}
    if config.workers:
        ahead = {
            "multiprocessing_context": "spawn",
            "prefetch_factor": AHEAD,
            "worker_init_fn": _one_thread,
        }
    loader = DataLoader(
        dataset,
        batch_size=None,
        sampler=range(first, len(dataset)),
        num_workers=config.workers,
        generator=torch.Generator(),  # it would take a number from the training's own otherwise
        **ahead,
    )
    return iter(loader)


def _one_thread(worker: int) -> None:
    torch.set_num_threads(1)


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> Tensor:
    """In which order an epoch goes through everything."""
    return torch.randperm(count, generator=generator(seed, epoch))


def _mirrored(images: Tensor, items: Tensor, seed: int) -> Tensor:
    """Half of the pictures (B, 3, H, W), each by its own draw."""
    flip = torch.tensor(
        [bool(torch.rand((), generator=generator(seed, item, 1)) < 0.5) for item in items.tolist()]
    )
    return torch.where(flip[:, None, None, None], images.flip(-1), images)


def _picture(jpeg: bytes, px: int, crop: torch.Generator | None) -> Tensor:
    """(3, px, px) in [0, 1]: squashed as at test, or a crop of a slightly larger one."""
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise MediaError("A picture of a shard cannot be decoded. Prepare the shard again.")
    image = torch.from_numpy(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)).permute(2, 0, 1)[None] / 255
    height, width = image.shape[2:]
    if crop is None:
        return _resized(image, (px, px))[0]
    side = int(LARGER * px)
    scale = side / min(height, width)
    image = _resized(image, (max(round(height * scale), side), max(round(width * scale), side)))
    top, left = (
        int(torch.randint(length - px + 1, (), generator=crop)) for length in image.shape[2:]
    )
    return image[0, :, top : top + px, left : left + px]


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Bicubic and smoothed where it shrinks."""
    return F.interpolate(image, size, mode="bicubic", antialias=True).clamp(0, 1)


def _sound(clip: dict[str, bytes], length_s: float) -> Tensor:
    """(S,) in [-1, 1]: around the picture, or again from its start where there is too little."""
    suffix = next(each for each in SUFFIXES if each in clip)
    samples = samples_of(clip[suffix], suffix)
    sound = torch.from_numpy(samples.astype(np.float32) / 32_768)
    wanted = round(length_s * SAMPLE_RATE_HZ)
    if len(sound) < wanted:
        return sound.repeat(-(-wanted // len(sound)))[:wanted]
    facts = json.loads(clip[".json"]) if ".json" in clip else {}
    middle = round(facts.get("picture_s", len(sound) / SAMPLE_RATE_HZ / 2) * SAMPLE_RATE_HZ)
    first = min(max(middle - wanted // 2, 0), len(sound) - wanted)
    return sound[first : first + wanted]
