"""Jobs and their results: who runs, who waits, what is kept for a session and when it goes."""

import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from avsl.clip import Clip
from avsl.errors import AvslError, Cancelled, MediaError
from avsl.media import read
from avsl.progress import Progress, part, watched
from avsl.storage import require_free_disk, storage_errors
from avsl.ui import copy
from avsl.ui.result import Result
from avsl.ui.shelf import Shelf
from avsl.ui.trust import copy as trust_copy
from avsl.ui.trust.disk import over, size_of
from avsl.ui.trust.journal import Busy, Journal, TookTooLong
from avsl.ui.trust.limits import Bounds, bounds
from avsl.ui.trust.memory import Memory, estimated_bytes
from avsl.ui.trust.record import LOADING, Record
from avsl.variants import Variant

SLOTS = max(2, (os.cpu_count() or 2) // 2)  # jobs at work at once; the rest wait in line
MOST_WAITING = 16
RESULTS_PER_SESSION = 8  # the oldest goes first
MOST_RESULTS = 40
KEEP_S = 3600.0  # a result that nobody asked for this long is deleted
TELL_EVERY_S = 0.1
LOOK_EVERY_S = 0.1  # how often a waiting job looks whether it is its turn or was stopped


class ResultGone(AvslError):
    """A result id that is unknown or whose files were deleted."""


class Replaced(Cancelled):
    """Stopped because the same session began another job in the same place, which now owns it."""


class Overtaken(Cancelled):
    """Stopped because the same session began another job elsewhere on the page."""

    def __init__(self) -> None:
        AvslError.__init__(self, copy.OVERTAKEN)


class Kept(Protocol):
    """What a session is given and may come back to; all its files are in one folder."""

    folder: Path


K = TypeVar("K", bound=Kept)


class Run:
    """One job under way: tells how far it is, and can be stopped from another thread."""

    def __init__(self, tell: Progress, place: str = "") -> None:
        """``place`` is the part of the page that it works for, if it does."""
        self.place = place
        self.record = Record(place or "call")
        self._tell = tell
        self._limit_s = self._ends_s = float("inf")
        self._told_s = -TELL_EVERY_S
        self._stopped = threading.Event()
        self._reason: type[Cancelled] = Cancelled

    def stop(self, reason: type[Cancelled] = Cancelled) -> None:
        self._reason = reason
        self._stopped.set()

    def progress(self, fraction: float, stage: str) -> None:
        """The library's progress callback: passes on at most ten a second, raises when stopped."""
        if self._stopped.is_set():
            raise self._reason
        if time.monotonic() > self._ends_s:
            raise TookTooLong(trust_copy.took_too_long(self._limit_s))
        self.record.told(stage)
        if time.monotonic() - self._told_s >= TELL_EVERY_S:
            self._told_s = time.monotonic()
            self._tell(fraction, stage)

    def limit(self, seconds: float) -> None:
        """From now on it may work so long; then :meth:`progress` raises."""
        self._limit_s, self._ends_s = seconds, time.monotonic() + seconds

    @contextmanager
    def resting(self) -> Iterator[None]:
        """The time of the block does not count as work."""
        left_s, self._ends_s = self._ends_s - time.monotonic(), float("inf")
        yield
        self._ends_s = time.monotonic() + left_s

    def part(self, start: float, end: float) -> Progress:
        """The callback for a stage that covers ``start`` to ``end`` of the whole."""
        return part(self.progress, start, end)

    def pause(self, seconds: float) -> None:
        """Sleep, but wake at once when stopped."""
        self._stopped.wait(seconds)


class Line:
    """Lets the first few jobs work and the others wait in order, told how many are ahead."""

    def __init__(self, slots: int = SLOTS, most_waiting: int = MOST_WAITING) -> None:
        self._slots, self._most_waiting = slots, most_waiting
        self._jobs: list[Run] = []
        self._aside: set[Run] = set()
        self._lock = threading.Lock()

    def counts(self) -> tuple[int, int]:
        """Jobs (at work, waiting)."""
        with self._lock:
            working = min(len(self._jobs), self._slots)
            return working, len(self._jobs) - working + len(self._aside)

    @contextmanager
    def turn(self, run: Run) -> Iterator[None]:
        """Wait for a place at work and hold it; raises :class:`Busy`, or ``Cancelled``."""
        with self._lock:
            if len(self._jobs) + len(self._aside) >= self._slots + self._most_waiting:
                raise Busy(copy.BUSY)
            self._jobs.append(run)
        try:
            self._wait(run)
            yield
        finally:
            self._leave(run)

    @contextmanager
    def aside(self, run: Run) -> Iterator[None]:
        """Let others work meanwhile; afterwards ``run`` is the next in line."""
        if not self._leave(run, aside=True):
            yield
            return
        with run.resting():
            try:
                yield
            finally:
                with self._lock:
                    self._aside.discard(run)
                    self._jobs.insert(self._slots, run)
            self._wait(run)

    def _wait(self, run: Run) -> None:
        while (place := self._place(run)) > 0:
            run.progress(0.0, copy.waiting(place))
            run.pause(LOOK_EVERY_S)

    def _place(self, run: Run) -> int:
        """0 at work, else the place in the queue. Those who stand aside count as before it, since
        they come back there: nobody's place ever rises.
        """
        with self._lock:
            ahead = self._jobs.index(run) - self._slots + 1
            return ahead + len(self._aside) if ahead > 0 else 0

    def _leave(self, run: Run, aside: bool = False) -> bool:
        """Take ``run`` out, or aside; False if it was not in line."""
        with self._lock:
            found = run in self._jobs
            if found:
                self._jobs.remove(run)
                self._aside |= {run} if aside else set()
            return found


@dataclass(eq=False)
class Draft:
    """A result's folder while it is being made; deleted unless it is kept."""

    folder: Path
    workspace: "Workspace"
    kept: bool = False

    def reserve(
        self, run: Run, clip: Clip, *variants: str, map_rate_hz: float | None = None
    ) -> None:
        """Memory for a run of ``variants`` on ``clip``, until the draft is done with; waits for
        it. Raises :class:`avsl.errors.LimitError` where there can never be so much.
        """
        memory, needed = self.workspace.memory, estimated_bytes(clip, variants, map_rate_hz)
        memory.require(needed)
        if not memory.take(self, needed):
            with self.workspace.line.aside(run):
                while not memory.take(self, needed):
                    place = memory.place(self)
                    run.progress(0.0, trust_copy.STAGE_MEMORY.format(place))
                    run.pause(LOOK_EVERY_S)

    def adopt(self, source: Path) -> Path:
        """The uploaded file, held in this folder too so that it lives as long as the result."""
        if source.is_symlink():  # no upload is one: it would lead to a file of this machine
            raise MediaError(copy.NO_VIDEO)
        place = self.folder / "source" / secrets.token_hex(4)
        with storage_errors(place):
            place.mkdir(parents=True)
            held = place / source.name
            try:
                os.link(source, held)
            except OSError:
                shutil.copyfile(source, held)
        return held

    def read(self, source: Path, sound: Path | None, run: Run) -> Clip:
        """The clip of the uploaded files, held in this folder; ``run`` can stop the reading."""
        with watched(run.progress, copy.STAGE_READING) as told:
            told(0.0, copy.STAGE_READING)
            return read(self.adopt(source), sound=sound and self.adopt(sound))


@dataclass(eq=False)
class _Session:
    runs: list[Run] = field(default_factory=list)
    results: list[str] = field(default_factory=list)


class Workspace:
    """Everything kept between requests, below one folder; safe to use from many threads.

    A result is found by an id that cannot be guessed, so two users never meet.
    """

    def __init__(
        self,
        root: Path | str,
        line: Line | None = None,
        shelf: Shelf | None = None,
        limits: Bounds | None = None,
    ) -> None:
        self.root = Path(root)
        self.line = line or Line()
        self.shelf = shelf or Shelf()
        self.limits = limits or bounds(self.root)
        self.memory = Memory(self.limits.memory_bytes)
        self.journal = Journal()
        self._sessions: dict[str, _Session] = {}
        self._results: dict[str, Kept] = {}
        self._used_s: dict[str, float] = {}
        self._lock = threading.RLock()

    @contextmanager
    def running(
        self, session: str, tell: Progress, alone: bool = False, place: str = ""
    ) -> Iterator[Run]:
        """A turn at work for one job of ``session``; ``alone`` stops its earlier ones first."""
        run = Run(tell, place)
        with self._lock:
            mine = self._session(session).runs
            for earlier in mine if alone else ():
                earlier.stop(Replaced if earlier.place == place else Overtaken)
            mine.append(run)
        try:
            with self.journal.of(run.record), self.line.turn(run):
                run.limit(self.limits.job_s)
                yield run
        finally:
            with self._lock:
                if session in self._sessions and run in self._sessions[session].runs:
                    self._sessions[session].runs.remove(run)
            self.memory.tidy()

    @contextmanager
    def variant(self, name: str, run: Run) -> Iterator[Variant]:
        """The shared variant of that name, downloaded and loaded if need be, for one job at work.

        While it is not to be had, ``run`` stands aside so that jobs with other variants can work.
        """
        variant = self.shelf.take(name)
        run.record.uses(name)
        try:
            if variant is None:
                run.record.at(LOADING)
                with self.line.aside(run):
                    variant = self.shelf.wait(name, run.progress)
            yield variant
        finally:
            if variant is not None:
                self.shelf.give_back(name)

    def stop(self, session: str) -> bool:
        """Stop what ``session`` has at work or waiting; False if there is nothing."""
        with self._lock:
            runs = self._sessions[session].runs if session in self._sessions else []
            for run in runs:
                run.stop()
            return bool(runs)

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """A fresh folder for a result; it is deleted with all in it unless the draft is kept."""
        self.sweep()
        require_free_disk(self.root)
        draft = Draft(self.root / secrets.token_urlsafe(16), self)
        with storage_errors(draft.folder):
            draft.folder.mkdir(parents=True)
        try:
            yield draft
        finally:
            self.memory.give_back(draft)
            if not draft.kept:
                shutil.rmtree(draft.folder, ignore_errors=True)

    def keep(self, session: str, draft: Draft, result: Kept) -> str:
        """File a finished result under ``session``; returns its id."""
        draft.kept = True
        result_id = draft.folder.name
        with self._lock:
            self._results[result_id] = result
            self._used_s[result_id] = time.monotonic()
            mine = self._session(session).results
            mine.append(result_id)
            for old in mine[:-RESULTS_PER_SESSION]:
                self._drop(old)
            for old in sorted(self._used_s, key=self._used_s.get)[:-MOST_RESULTS]:
                self._drop(old)
        self._trim(session)
        return result_id

    def _trim(self, session: str) -> None:
        """Drop the oldest results of a session, then of all, until they fit on the disk."""
        with self._lock:
            mine = [*self._session(session).results]
            everyone = sorted(self._used_s, key=self._used_s.get)
        sizes = {name: size_of(self.root / name) for name in everyone}
        going = over(((name, sizes.get(name, 0)) for name in mine), self.limits.session_bytes)
        left = [(name, size) for name, size in sizes.items() if name not in going]
        going += over(left, self.limits.disk_bytes)
        with self._lock:
            for name in going:
                self._drop(name)

    @property
    def kept(self) -> int:
        """How many results there are."""
        return len(self._results)

    def find(self, result_id: str | None, kind: type[K] = Result) -> K:
        """The result of that id and kind; raises :class:`ResultGone`."""
        if not result_id:
            raise ResultGone(copy.NO_RESULT)
        with self._lock:
            result = self._results.get(result_id)
            if not isinstance(result, kind):
                raise ResultGone(copy.GONE)
            self._used_s[result_id] = time.monotonic()
            return result

    def close(self, session: str) -> None:
        """The session ended: stop its job and delete what it had."""
        self.stop(session)
        with self._lock:
            for result_id in list(self._session(session).results):
                self._drop(result_id)
            self._sessions.pop(session)

    def sweep(self) -> None:
        """Delete results nobody asked for in an hour: sessions whose end was never heard of."""
        with self._lock:
            for result_id, used_s in list(self._used_s.items()):
                if time.monotonic() - used_s > KEEP_S:
                    self._drop(result_id)

    def _session(self, session: str) -> _Session:
        return self._sessions.setdefault(session, _Session())

    def _drop(self, result_id: str) -> None:
        result = self._results.pop(result_id, None)
        self._used_s.pop(result_id, None)
        for session in self._sessions.values():
            if result_id in session.results:
                session.results.remove(result_id)
        if result:
            shutil.rmtree(result.folder, ignore_errors=True)
