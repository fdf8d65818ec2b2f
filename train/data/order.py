"""In which order an epoch goes through the clips of many shards: mixed well, and yet each shard is
needed during a short stretch of the epoch alone.

An epoch is a line: the shards in an order of its own, their clips one after another, from a place
on the line that is drawn, too. The last clips, too few for a batch, are left out of this epoch. The
line is cut into lanes of equal length and each batch takes as many clips from each lane. Within a
lane clips are shuffled in windows as long as a few shards. So the clips of a batch come from all
along the line, and what a process needs, a run of lanes, comes from few shards at a time.

All of it follows from counts, seed and the number of a batch: nothing to keep, nothing to agree on.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, gcd
from zlib import crc32

import torch
from torch import Tensor

LANES = 32  # at most; the clips of a batch are a multiple of the lanes
WINDOW = 2  # shards


@dataclass(frozen=True)
class Line:
    """Batches over ``counts`` clips in each shard, which together hold one batch at least."""

    counts: tuple[int, ...]
    batch: int
    seed: int

    @cached_property
    def clips(self) -> int:
        return sum(self.counts)

    @property
    def batches(self) -> int:
        """Of an epoch."""
        return self.clips // self.batch

    @property
    def lanes(self) -> int:
        return gcd(self.batch, LANES)

    @property
    def window(self) -> int:
        """Clips."""
        return WINDOW * ceil(self.clips / len(self.counts))

    def items(self, number: int) -> Tensor:
        """(batch,) int64: the clips of a batch, lane after lane, counted through all shards."""
        epoch, turn = divmod(number, self.batches)
        each = self.batch // self.lanes
        along = torch.arange(turn * each, (turn + 1) * each)
        lanes = [self._shuffled(epoch, lane, along) for lane in range(self.lanes)]
        places = torch.cat([lane * self._length + spots for lane, spots in enumerate(lanes)])
        return self._at(epoch, places)

    def needed(self, number: int, rank: int = 0, processes: int = 1) -> list[int]:
        """The shards from which a process takes its share of a batch and of those around it."""
        return self._of_window(number, rank, processes, ahead=False)

    def soon(self, number: int, rank: int = 0, processes: int = 1) -> list[int]:
        """The same of the batches that follow those."""
        return self._of_window(number, rank, processes, ahead=True)

    @property
    def _length(self) -> int:
        """Of a lane: clips."""
        return self.batches * (self.batch // self.lanes)

    def _of_window(self, number: int, rank: int, processes: int, ahead: bool) -> list[int]:
        epoch, turn = divmod(number, self.batches)
        each, share = self.batch // self.lanes, self.batch // processes
        first = turn * each // self.window * self.window
        last = max(first + self.window, (turn + 1) * each)  # a batch may reach into the next one
        if ahead:
            first, last = last, last + max(self.window, each)
        if first >= self._length:  # the next is the beginning of the next epoch
            epoch, first, last = epoch + 1, 0, max(self.window, each)
        last = min(last, self._length)
        found: dict[int, None] = {}
        for lane in range(rank * share // each, ceil((rank + 1) * share / each)):
            spots = lane * self._length + torch.arange(first, last)
            found.update(dict.fromkeys(self._shards(self._at(epoch, spots)).tolist()))
        return list(found)

    def _shuffled(self, epoch: int, lane: int, along: Tensor) -> Tensor:
        """Where in its lane a clip is taken from when it is the turn of ``along``."""
        blocks = torch.div(along, self.window, rounding_mode="floor")
        found = torch.empty_like(along)
        for block in blocks.unique().tolist():
            first = block * self.window
            order = _order(min(self.window, self._length - first), self.seed, epoch, lane, block)
            inside = blocks == block
            found[inside] = first + order[along[inside] - first]
        return found

    def _at(self, epoch: int, places: Tensor) -> Tensor:
        """The clips at places of an epoch's line, counted through all shards."""
        order = _order(len(self.counts), self.seed, epoch)
        ends = self._counts[order].cumsum(0)
        start = torch.randint(self.clips, (), generator=generator(self.seed, epoch, "start"))
        turned = (places + start) % self.clips
        which = torch.searchsorted(ends, turned, right=True)
        shard = order[which]
        return self._starts[shard] + turned - (ends[which] - self._counts[shard])

    def split(self, items: Tensor) -> tuple[list[int], list[int]]:
        """Clips counted through all shards -> their shards, and which they are there."""
        shard = self._shards(items)
        return shard.tolist(), (items - self._starts[shard]).tolist()

    def _shards(self, items: Tensor) -> Tensor:
        return torch.searchsorted(self._starts + self._counts, items, right=True)

    @cached_property
    def _counts(self) -> Tensor:
        return torch.tensor(self.counts)

    @cached_property
    def _starts(self) -> Tensor:
        return self._counts.cumsum(0) - self._counts


def generator(*key: int | str) -> torch.Generator:
    """Draws that follow from ``key`` alone."""
    return torch.Generator().manual_seed(crc32(" ".join(map(str, key)).encode()))


@lru_cache(maxsize=2 * LANES + 4)
def _order(count: int, *key: int) -> Tensor:
    return torch.randperm(count, generator=generator(*key))
