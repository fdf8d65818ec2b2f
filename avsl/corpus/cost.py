"""What a run will take, before it is begun: time, bytes, dollars."""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from avsl.corpus import parts
from avsl.corpus.settings import Job
from avsl.corpus.sources import Source
from avsl.errors import VariantError

SAMPLED = 4  # clips, evenly spread: the first by name may be of one kind
ROW_BYTES, CLIP_BYTES = 25, 600  # of a moment and of a clip in the tables, packed


@dataclass(frozen=True)
class Measured:
    """What one clip takes, on average over a few."""

    seconds: float  # of one worker
    output_bytes: float | None = None  # None: it was not measured


@dataclass(frozen=True)
class Cost:
    """What the clips that are left take."""

    clips: int
    workers: int
    each: Measured
    dollars_per_hour: float | None = None  # of all workers together

    @property
    def hours(self) -> float:
        """Of the clock, with all workers busy from first to last."""
        return self.clips * self.each.seconds / max(1, min(self.workers, self.clips)) / 3600

    @property
    def output_bytes(self) -> float | None:
        return None if self.each.output_bytes is None else self.clips * self.each.output_bytes

    @property
    def dollars(self) -> float | None:
        return None if self.dollars_per_hour is None else self.hours * self.dollars_per_hour

    @property
    def sentence(self) -> str:
        """All of it in words."""
        told = (
            f"{self.clips} clips x {self.each.seconds:.2f} s = "
            f"{_time(3600 * self.hours)} on {self.workers} workers"
        )
        if self.output_bytes is not None:
            told += f", about {_size(self.output_bytes)} of output"
        if self.dollars is not None:
            told += f", about {self.dollars:.2f} dollars"
        return f"{told}."


def measure(job: Job, sources: tuple[Source, ...]) -> Measured:
    """Localize a few of ``sources`` in a process of its own and keep nothing of it.

    Raises :class:`VariantError` where that process dies, and what the operator raises.
    """
    step = max(1, len(sources) // SAMPLED)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        try:
            return pool.submit(_trial, job, sources[::step][:SAMPLED]).result()
        except BrokenProcessPool as error:
            raise VariantError(
                "The process that timed the first clips died. Is there enough memory? "
                "--seconds-per-clip S goes on without timing."
            ) from error


def _trial(job: Job, sources: tuple[Source, ...]) -> Measured:
    with tempfile.TemporaryDirectory(prefix="avsl-cost-") as folder:
        there = replace(job, out=Path(folder))
        parts.do(there, 0, sources[:1])  # loads the variant, starts the decoders
        started = time.perf_counter()
        part = parts.do(there, 1, sources)
        seconds = time.perf_counter() - started
        maps = part.files["maps-000001.tar"]["bytes"]
    rows = ROW_BYTES * part.moments + CLIP_BYTES * part.clips
    return Measured(seconds / len(sources), (maps + rows) / len(sources))


def _time(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _size(count: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"
