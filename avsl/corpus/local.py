"""The engine of one machine: a pool of processes, of which any may die.

Each worker has a pipe of its own, so that a death is known to be that worker's: it is replaced and
its part handed out again. (A pool of the standard library breaks as a whole.) What it died of is
told by :mod:`avsl.corpus.attempts`, which also bounds how often that happens.
"""

import logging
import os
import signal
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

from avsl.corpus import parts
from avsl.corpus.parts import Part
from avsl.corpus.settings import Job
from avsl.corpus.sources import Source
from avsl.devices import best_device, usable_cores
from avsl.isolation.confinement import die_with

log = logging.getLogger(__name__)
Wanted = list[tuple[int, tuple[Source, ...]]]  # numbers and clips of parts


def default_workers(threads: int) -> int:
    """As many as the cores can feed; one where there is a graphics card for them to share."""
    if best_device().type != "cpu":
        return 1
    return max(1, usable_cores() // threads)


def run(job: Job, wanted: Wanted, workers: int) -> Iterator[Part]:
    """The records of all ``wanted`` parts, as they are done. Closing it ends the workers.

    Raises what :func:`avsl.corpus.parts.do` raises.
    """
    left = iter(wanted)
    pool = [_Slot(job) for _ in range(min(workers, len(wanted)))]
    try:
        busy = {slot.pipe: slot for slot in pool if slot.takes(next(left, None))}
        while busy:
            for pipe in wait(list(busy)):
                slot = busy.pop(pipe)
                part = slot.done()
                if part is not None:
                    yield part
                if slot.takes(next(left, None) if part else slot.task):
                    busy[slot.pipe] = slot
    finally:
        for slot in pool:
            slot.end()


class _Slot:
    """One worker process, and the next one when it has died."""

    def __init__(self, job: Job) -> None:
        self._job, self.task = job, None
        self._start()

    def _start(self) -> None:
        spawn = get_context("spawn")  # a fork would take threads' locks along
        self.pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, os.getpid()), daemon=True)
        self._process.start()
        theirs.close()  # so that the worker's end is the pipe's

    def takes(self, task: tuple | None) -> bool:
        """Give the worker a part; False where there is none."""
        self.task = task
        if task is None:
            return False
        try:
            self.pipe.send((self._job, *task))
        except OSError:  # it died with nothing to do
            self._renew()
            self.pipe.send((self._job, *task))
        return True

    def done(self) -> Part | None:
        """The record it sent; None where it died, and another one is in its place."""
        try:
            done = self.pipe.recv()
        except (EOFError, OSError):
            log.warning("a worker died at part %d and is replaced", self.task[0])
            self._renew()
            return None
        if isinstance(done, Exception):
            raise done
        return done

    def _renew(self) -> None:
        self.end()
        self._start()

    def end(self) -> None:
        """At once: what it has not committed is not there."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe: Connection, parent: int) -> None:
    """All of a worker's life: do the parts that come, until none can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started it ends it
    die_with(parent)
    while True:
        try:
            job, number, sources = pipe.recv()
        except EOFError:
            return
        pipe.send(parts.attempted(job, number, sources))
