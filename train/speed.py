"""How fast a training is, and whether it waits for its data."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Speed:
    """Counts clips and seconds of this process; a row is of the time since the row before it."""

    clips: int = 0
    waited_s: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _before: tuple[int, float, float] = (0, 0.0, 0.0)  # clips, waited and passed at the last row

    def waiting(self, batches: Iterable[T]) -> Iterator[T]:
        """The batches as they come; the time until each is there counts as waiting."""
        batches = iter(batches)
        while True:
            asked = time.monotonic()
            batch = next(batches, None)
            self.waited_s += time.monotonic() - asked
            if batch is None:
                return
            self.clips += len(batch)
            yield batch

    def row(self) -> dict[str, float]:
        """``clips_s``, clips a second, and ``waited``, the share of the time spent on waiting."""
        now = (self.clips, self.waited_s, time.monotonic() - self._began)
        clips, waited_s, passed_s = (a - b for a, b in zip(now, self._before, strict=True))
        self._before = now
        return {"clips_s": clips / passed_s, "waited": waited_s / passed_s}

    def line(self, processes: int) -> str:
        """Of the whole run."""
        passed_s = time.monotonic() - self._began
        return (
            f"{self.clips / passed_s:.1f} clips/s in each of {processes} processes, "
            f"{self.waited_s / passed_s:.0%} of the time waiting for data."
        )
