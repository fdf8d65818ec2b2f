"""What the frozen parts of a network make of the clips of shards: made once, a file for each shard.

A training then reads rows of these files: no picture is decoded again, no encoder runs again. Each
file is whole or not there, so that making them can be stopped at any time, and is named after all
that its numbers follow from.
"""

import hashlib
import logging
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.utils.data import Dataset

from avsl.checksum import sha256_of
from avsl.storage import storage_errors, whole
from train.data.stream import Batches
from train.learning.base import Batch, Prepared

AT_ONCE = 32  # clips
KEPT_AS = torch.float16
FOLDER = "features"

log = logging.getLogger(__name__)


class FeatureShards(Dataset):
    """Batch ``n`` of ``batches``, as :class:`train.learning.base.Prepared` values."""

    def __init__(self, batches: Batches, cache: Path, frozen: str) -> None:
        self._batches, self._source = batches, batches.source
        config = batches.config
        self._folder = cache / FOLDER
        self._facts = (frozen, config.precision, config.learned_px, config.sound_s)
        self._files: dict[int, Path] = {}

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        """This process's share of a batch, in half precision."""
        batches = self._batches
        items = batches.items(number)[0].chunk(batches.processes)[batches.rank]
        rows = [self._row(*self._source.clips.place(item)) for item in items.tolist()]
        return {name: torch.cat([row[name] for row in rows]) for name in rows[0]}

    def make(self, see: Callable[[Batch], Prepared]) -> None:
        """Make all files that are not there: this process's share of them first, then what other
        processes have not come to. All are there when it returns.
        """
        rank, processes = self._batches.rank, self._batches.processes
        shards = [number for number, count in enumerate(self._source.clips.line.counts) if count]
        mine = shards[rank::processes]
        others = sorted(set(shards) - set(mine))
        with storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            for shard, following in pairwise((*mine, *others, None)):
                with FileLock(f"{self._file(shard)}.lock"):
                    if not _is_whole(self._file(shard)):
                        self._source.clips.files.expect([] if following is None else [following])
                        self._make_one(shard, see)

    def _make_one(self, shard: int, see: Callable[[Batch], Prepared]) -> None:
        count, parts = self._source.corpus.shards[shard].clips, []
        for first in range(0, count, AT_ONCE):
            rows = range(first, min(first + AT_ONCE, count))
            values = see(self._source.whole(shard, rows)).values
            parts.append({name: each.to("cpu", KEPT_AS) for name, each in values.items()})
        together = {
            name: torch.cat([part[name] for part in parts]).contiguous() for name in parts[0]
        }
        with whole(self._file(shard)) as place:
            save_file(together, place)
        log.info("features of shard %d of %d are made", shard + 1, len(self._source.corpus.shards))

    def _row(self, shard: int, row: int) -> dict[str, Tensor]:
        file = _opened(self._file(shard))
        return {name: file.get_slice(name)[row : row + 1] for name in file.keys()}  # noqa: SIM118

    def _file(self, shard: int) -> Path:
        if shard not in self._files:
            known = self._source.corpus.shards[shard].sha256
            checksum = known or sha256_of(self._source.clips.files.path(shard))
            told = repr((*self._facts, checksum)).encode()
            name = f"{hashlib.sha256(told).hexdigest()[:24]}.safetensors"
            self._files[shard] = self._folder / name
        return self._files[shard]


def _is_whole(file: Path) -> bool:
    """Whether it is there and can be read; a damaged one, as by a disk that failed, goes."""
    if not file.is_file():
        return False
    try:
        with safe_open(file, "pt"):
            return True
    except SafetensorError:
        file.unlink()
        return False


@lru_cache(maxsize=128)
def _opened(file: Path) -> Any:
    """Mapped, not read."""
    return safe_open(file, "pt")
