"""Shards made by several processes at once, a shard each.

A worker decodes as anything here does, in confined children of its own (:mod:`avsl.isolation`): it
starts a nursery at its first video, which ends with it. Workers end with the process that started
them, however that ends, so that a killed run leaves none that would still write.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import cv2

from avsl.errors import Cancelled, MediaError
from avsl.isolation.confinement import die_with
from avsl.progress import Progress
from train.data.shard_making import Job, Shard, made

LOOK_EVERY_S = 0.5  # how often progress is told

_shared = None  # in a worker: how many clips all have begun, and whether to stop


def make_all(jobs: list[Job], workers: int, progress: Progress) -> dict[int, Shard]:
    """The records by number, the same for any number of ``workers``; 1: this process itself."""
    workers = min(workers, len(jobs))
    clips = sum(len(job.files) for job in jobs)
    return _here(jobs, clips, progress) if workers < 2 else _there(jobs, clips, workers, progress)


def _here(jobs: list[Job], clips: int, progress: Progress) -> dict[int, Shard]:
    found, begun = {}, 0

    def told(name: str) -> None:
        nonlocal begun
        progress(begun / clips, f"shard {len(found) + 1} of {len(jobs)}: {name}")
        begun += 1

    for job in jobs:
        found[job.number] = made(job, told)
    return found


def _there(jobs: list[Job], clips: int, workers: int, progress: Progress) -> dict[int, Shard]:
    context = multiprocessing.get_context("spawn")
    begun, stopped = context.Value("q", 0), context.Event()
    pool = ProcessPoolExecutor(workers, context, _begin, (begun, stopped))
    try:
        futures = {pool.submit(_one, job): job.number for job in jobs}
        _watch(list(futures), lambda: begun.value / clips, progress)
        return {number: future.result() for future, number in futures.items()}
    except BrokenProcessPool as error:
        raise MediaError(
            "A process that made shards was killed, perhaps for want of memory. Start again, with "
            "fewer --workers: it goes on where it was."
        ) from error
    finally:
        stopped.set()  # nobody is at work any more, or somebody is who has to stop
        pool.shutdown(cancel_futures=True)


def _watch(futures: list[Future], fraction: Callable[[], float], progress: Progress) -> None:
    """Tell how far it is until all is done or something is wrong."""
    left = set(futures)
    while left:
        finished, left = wait(left, LOOK_EVERY_S, FIRST_EXCEPTION)
        for each in finished:
            each.result()  # raises what the worker raised
        done = len(futures) - len(left)
        progress(min(fraction(), 1.0), f"{done} of {len(futures)} shards are done")


def _begin(begun: Any, stopped: Any) -> None:
    """In a new worker."""
    global _shared
    _shared = (begun, stopped)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the parent to handle
    cv2.setNumThreads(1)
    die_with(multiprocessing.parent_process().pid)  # at once, on Linux
    threading.Thread(target=_end_with_parent, daemon=True).start()  # soon, elsewhere


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _one(job: Job) -> Shard:
    begun, stopped = _shared

    def told(name: str) -> None:
        if stopped.is_set():
            raise Cancelled
        with begun.get_lock():
            begun.value += 1

    return made(job, told)
