"""The engine of one machine: a pool of processes, of which any may die.

Each worker is a pool of one, so that a death is known to be that worker's: it is replaced and its
part handed out again. What it died of is told by :mod:`avsl.corpus.attempts`, which also bounds how
often that happens.
"""

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

from avsl.corpus import parts
from avsl.corpus.parts import Part
from avsl.corpus.settings import Job
from avsl.corpus.sources import Source
from avsl.devices import best_device
from avsl.isolation.confinement import die_with

log = logging.getLogger(__name__)
Wanted = list[tuple[int, tuple[Source, ...]]]  # numbers and clips of parts


def default_workers(threads: int) -> int:
    """As many as the cores can feed; one where there is a graphics card for them to share."""
    if best_device().type != "cpu":
        return 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (usable or 1) // threads)


def run(job: Job, wanted: Wanted, workers: int) -> Iterator[Part]:
    """The records of all ``wanted`` parts, as they are done. Closing it ends the workers."""
    left = iter(wanted)
    pool = [_Slot() for _ in range(min(workers, len(wanted)))]
    busy: dict[Future, tuple[_Slot, tuple]] = {}

    def give(slot: "_Slot", task: tuple | None) -> None:
        if task is not None:
            busy[slot.do(job, *task)] = slot, task

    try:
        for slot in pool:
            give(slot, next(left, None))
        while busy:
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                slot, task = busy.pop(future)
                try:
                    done = future.result()
                except BrokenProcessPool:
                    log.warning("a worker died at part %d and is replaced", task[0])
                    slot.renew()
                    give(slot, task)
                    continue
                give(slot, next(left, None))
                yield done
    finally:
        for slot in pool:
            slot.end()


class _Slot:
    """One worker process, and the next one when it has died."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        spawn = multiprocessing.get_context("spawn")  # a fork would take threads' locks along
        self._pool = ProcessPoolExecutor(1, spawn, _begin, (os.getpid(),))
        self._pid = self._pool.submit(os.getpid)

    def do(self, job: Job, number: int, sources: tuple[Source, ...]) -> Future:
        try:
            return self._pool.submit(parts.do, job, number, sources)
        except BrokenProcessPool:  # it died with nothing to do
            self.renew()
            return self._pool.submit(parts.do, job, number, sources)

    def end(self) -> None:
        """At once: what it has not committed is not there."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._pid.done() and not self._pid.cancelled() and not self._pid.exception():
            with suppress(ProcessLookupError):
                os.kill(self._pid.result(), signal.SIGKILL)


def _begin(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started it ends it
    die_with(parent)
