"""The bytes of clips: those to learn from, in the order of a line, and those held out."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import torch
from torch import Tensor

from avsl.errors import StorageError
from train.data import shards
from train.data.corpus import AT_ONCE, Corpus, HeldOut, usable
from train.data.fetched import Files, InPlace
from train.data.order import Line

Parts = dict[str, bytes]  # by suffix: ".jpg", ".flac", ".json"
AGAIN = 3  # times that a shard may go between being found and being read


class Clips(Protocol):
    """Clips by number."""

    count: int

    def read(self, items: Tensor) -> Iterator[Parts]:
        """The clips ``items`` (B,) int64."""
        ...


class LearnedClips:
    """All that are not held out, counted through all shards."""

    def __init__(self, corpus: Corpus, files: Files, batch: int, seed: int) -> None:
        self.files, self._corpus = files, corpus
        self.line = Line(corpus.counts, batch, seed)

    @property
    def count(self) -> int:
        return self.line.clips

    def read(self, items: Tensor) -> Iterator[Parts]:
        for item in items.tolist():
            yield read_row(self.files, *self.place(item))

    def place(self, item: int) -> tuple[int, int]:
        """The shard of a clip, and which it is of all the clips there."""
        ((shard,), (number,)) = self.line.split(torch.tensor([item]))
        return shard, self._corpus.row(shard, number)

    def expect(self, number: int, rank: int, processes: int) -> None:
        """A process is about to read its share of a batch, and then of those that follow."""
        if not isinstance(self.files, InPlace):
            self.files.expect(self._around(number, rank, processes))

    def require_room(self, processes: int) -> None:
        """Raises :class:`avsl.errors.SettingError` where shards would go before they are used."""
        if not isinstance(self.files, InPlace):
            here = int(os.environ.get("LOCAL_WORLD_SIZE", processes))  # of torchrun
            for_each = [self._around(0, rank, processes) for rank in range(min(here, processes))]
            self.files.require_room({shard for shards in for_each for shard in shards})

    def _around(self, number: int, rank: int, processes: int) -> list[int]:
        line = self.line
        return [*line.needed(number, rank, processes), *line.soon(number, rank, processes)]


class HeldOutClips:
    """Those, wherever they lie: of far shards no more than themselves is fetched."""

    def __init__(self, corpus: Corpus, files: Files) -> None:
        self._corpus, self._files = corpus, files

    @property
    def count(self) -> int:
        return len(self._corpus.held_out)

    def read(self, items: Tensor) -> Iterator[Parts]:
        wanted = [self._corpus.held_out[item] for item in items.tolist()]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self._one, wanted)

    def _one(self, clip: HeldOut) -> Parts:
        if not clip.end:
            return read_row(self._files, clip.shard, clip.row)
        name = self._corpus.shards[clip.shard].name
        return shards.contents(self._corpus.place.stretch(name, clip.first, clip.end))


def read_row(files: Files, shard: int, row: int) -> Parts:
    """The members of one clip of a shard, which must not be gone while it is read."""
    for _ in range(AGAIN):
        path = files.path(shard)
        try:
            _, sample = usable(path)[row]
            return {suffix: piece.read() for suffix, piece in sample.items()}
        except FileNotFoundError:
            continue
    raise StorageError(f"The shard {path} goes before it can be read. Is there too little room?")
