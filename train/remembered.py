"""What a learner is fed with: pairs that the frozen parts of its network have looked at.

Frozen towers make the same of a scene each time. Where the same scenes come again and again,
``remember`` keeps that in memory, and a step costs what the learning parts cost: milliseconds for
the heads of a two-stream network. A ``cache`` keeps it for other runs as well.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from avsl.errors import SettingError
from avsl.storage import storage_errors, whole
from avsl.synthetic.world import VERSION
from train.config import TrainConfig
from train.data.corpus import identity
from train.data.features import FeatureShards
from train.data.stream import Batches, batches, made_ahead, source
from train.learning.base import Batch, Learner, Prepared

AT_ONCE = 64  # scenes
KEPT_AS = torch.float16
MOST_KEPT = {"training": 1, "judging": 16}  # sets of scenes in one process
# Of a configuration, all that decides on a scene and on what frozen parts make of it.
SCENES = (
    "data", "seed", "scenes", "learned_px", "sound_s", "difficulty", "classes", "off_screen",
    "twins", "imbalance",
)  # fmt: skip
_kept: dict[str, OrderedDict[Hashable, Prepared]] = {use: OrderedDict() for use in MOST_KEPT}


@dataclass(frozen=True)
class Feed:
    """Prepares pairs for ``student``; ``passes()`` is the precision of its frozen parts."""

    config: TrainConfig
    student: Learner
    device: torch.device
    passes: Callable[[], AbstractContextManager]
    watched: Callable[[Iterator], Iterator] = iter  # what batches of the data go through

    def stream(
        self, rank: int = 0, processes: int = 1, first: int = 0, words: bool = False
    ) -> Iterator[Prepared]:
        """From batch number ``first`` on, this process's share of each."""
        if not self.config.remember:
            for batch in self.watched(batches(self.config, rank, processes, first, words)):
                yield self.prepare(batch)
            return
        numbers = Batches(self.config, rank, processes, words)
        if not self.config.of_world:
            yield from self._of_shards(numbers, first)
            return
        if words and self.config.mismatched:
            raise SettingError("remember has no words for mismatched pairs: leave one of them out.")
        kept, sounds = self._remembered(), whose_sound(self.config)
        for number in range(first, len(numbers)):
            items = numbers.items(number)[0].chunk(processes)[rank]
            heard = kept.values["heard"][sounds[items]]
            told = numbers.source.told(items) if words else ()
            yield Prepared(kept[items].values | {"heard": heard}, told).to(self.device)

    def prepare(self, batch: Batch) -> Prepared:
        """Of pairs that are made anew."""
        with torch.no_grad(), self.passes():
            return self.student.prepare(batch.to(self.device))

    def keep(self, use: str, what: Hashable, make: Callable[[], Iterable[Batch]]) -> Prepared:
        """All of what ``make`` gives, in half precision on the processor.

        It is made once for all trainings of this process, and for all that share a cache, that ask
        for ``what`` with the same frozen parts; ``use``: of ``MOST_KEPT``. Words are not kept.
        """
        key, shelf = (*self._facts, what), _kept[use]
        if key not in shelf:
            while len(shelf) >= MOST_KEPT[use]:
                shelf.popitem(last=False)

            def seen() -> Prepared:
                return _together(map(self.prepare, make()))

            shelf[key] = _on_disk(self._file(what), seen) if self.config.cache else seen()
        shelf.move_to_end(key)
        return shelf[key]

    def _of_shards(self, numbers: Batches, first: int) -> Iterator[Prepared]:
        config = self.config
        if not (self.student.frozen and config.cache) or config.augment:
            raise SettingError(
                "remember keeps in files what frozen parts make of shards: it needs frozen parts, "
                "a cache and augment=false."
            )
        features = FeatureShards(numbers, Path(config.cache), self.student.frozen)
        features.make(self.prepare)
        for values in self.watched(made_ahead(features, config, first)):
            yield Prepared(values).to(self.device)

    def _remembered(self) -> Prepared:
        config = self.config
        if not (self.student.frozen and config.scenes) or config.augment:
            raise SettingError(
                "remember keeps what frozen parts make of scenes that come again as they were: it "
                "needs frozen parts, scenes above 0 and augment=false."
            )
        matched = config.changed({"mismatched": 0.0, "cache": ""})
        pairs, items = source(matched), torch.arange(config.scenes)
        what = tuple(getattr(config, name) for name in SCENES)
        parts = items.split(AT_ONCE)
        return self.keep("training", what, lambda: (pairs.pairs(some, 0) for some in parts))

    @cached_property
    def _facts(self) -> tuple[str, ...]:
        """All that numbers follow from besides the pairs; of shards which clips they hold, too."""
        clips = () if self.config.of_world else (identity(self.config.data),)
        return (self.student.frozen, self.config.precision, *clips)

    def _file(self, what: Hashable) -> Path:
        """In the cache; named after all that its numbers follow from."""
        told = repr((VERSION, *self._facts, what)).encode()
        return Path(self.config.cache) / f"{hashlib.sha256(told).hexdigest()[:16]}.safetensors"


def whose_sound(config: TrainConfig) -> Tensor:
    """(scenes,): of which scene each one's sound is; another's for a share of ``mismatched``.

    Scenes that are kept are kept as they match, for trainings with any noise.
    """
    draw = torch.Generator().manual_seed(config.seed)
    own = torch.arange(config.scenes)
    swapped = torch.rand(config.scenes, generator=draw) < config.mismatched
    return torch.where(swapped, torch.randint(config.scenes, own.shape, generator=draw), own)


def _on_disk(file: Path, make: Callable[[], Prepared]) -> Prepared:
    """What ``make`` gives, or gave when it was written to ``file``."""
    if not file.is_file():
        with storage_errors(file.parent):
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole(file) as part:  # processes may make the same
                save_file({name: value.contiguous() for name, value in make().values.items()}, part)
    try:
        return Prepared(load_file(file))
    except SafetensorError:  # damaged, as by a disk that failed
        file.unlink(missing_ok=True)
        return _on_disk(file, make)


def _together(parts: Iterable[Prepared]) -> Prepared:
    values: dict[str, list[Tensor]] = {}
    for part in parts:
        for name, value in part.values.items():
            values.setdefault(name, []).append(value.to("cpu", KEPT_AS))
    return Prepared({name: torch.cat(each) for name, each in values.items()})
