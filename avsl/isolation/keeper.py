"""This process's side: starts the nursery, has children born, says why one ended."""

import atexit
import contextlib
import json
import logging
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from avsl.isolation.confinement import ORDER
from avsl.isolation.wire import Closed, Message, Wire

START_S = 120.0  # a nursery's imports, on a machine that is busy
LAST_WORDS_S = 0.5  # for a child whose end of the wire is gone to end by itself
ENDING_S = 2.0  # how long to wait for the word on how a killed child ended
KILLED = "killed"  # in place of an exit code: it was we
BEAT = "beat"  # the kind of message that only says: at work
LEAN = {"MALLOC_ARENA_MAX": "2"}  # each arena takes 64 MB of address space
ROOT = Path(__file__).resolve().parents[2]  # where this avsl is, wherever the work began
KEPT = re.compile(r"PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|VIRTUAL_ENV|PYTHON\w+")
_ALONE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # no threads before a fork

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Allowance:
    """What one child may take."""

    memory_bytes: int  # of address space, more than it is born with
    cpu_s: int
    silence_s: float  # without a message while one is waited for


class Failed(Exception):
    """A child did not do its job; ``str()`` is for a log."""


class Crashed(Failed):
    """It died of a signal, or said what makes no sense."""


class Hung(Failed):
    """It was silent for too long, and was killed."""


class Overgrown(Failed):
    """It wanted more memory than allowed, or than the machine has."""


class Tired(Failed):
    """It computed for longer than allowed."""


@dataclass(eq=False)
class Child:
    """One process at work. Use it in ``with``: leaving kills it, whatever it is doing."""

    allowance: Allowance
    _wire: Wire
    _tell: socket.socket
    ending: dict = field(default_factory=dict)  # once it is over: code, cpu_s, peak_kb

    def send(self, message: Message) -> None:
        """Raises :class:`Failed`."""
        try:
            self._wire.send(message)
        except Closed as error:
            raise self._failure() from error

    def receive(self, waiting: Callable[[], None], silence_s: float | None = None) -> Message:
        """The next message that is no beat. ``waiting`` is called ten times a second meanwhile and
        may raise to give up. Raises :class:`Failed`.
        """
        silence_s = silence_s or self.allowance.silence_s
        while True:
            heard_s = time.monotonic()

            def look(heard_s: float = heard_s) -> None:
                waiting()
                if time.monotonic() - heard_s > silence_s:
                    raise Hung(f"silent for {silence_s:g} s")

            try:
                message = self._wire.receive(look)
            except Closed as error:
                raise self._failure() from error
            waiting()
            if message.kind != BEAT:
                return message

    def end(self, patience_s: float = 0.0) -> dict:
        """Kill it unless it ends by itself within ``patience_s``; how it ended, {} where that is
        not to be had soon.
        """
        if self._tell.fileno() >= 0:
            self._wire.close()
            with contextlib.suppress(OSError, ValueError), self._tell:
                self.ending = self._word(patience_s) or self._word_of_kill()
        return self.ending

    def _failure(self) -> Failed:
        code = self.end(LAST_WORDS_S).get("code")
        log.warning("a child ended with %s", self.ending)
        kinds = {-signal.SIGXCPU: Tired, -signal.SIGKILL: Overgrown}  # by the system, short of room
        return kinds.get(code, Crashed)(f"a child ended with {code}")

    def _word(self, patience_s: float) -> dict | None:
        if not select.select([self._tell], [], [], patience_s)[0]:
            return None
        return json.loads(self._tell.recv(4096) or b"{}")

    def _word_of_kill(self) -> dict:
        self._tell.shutdown(socket.SHUT_WR)  # which has the nursery kill it
        told = self._word(ENDING_S) or {}
        return {**told, "code": KILLED} if told else {}


class Keeper:
    """One nursery, started when first needed and again when it is gone; for many threads."""

    def __init__(self, serves: str) -> None:
        """``serves`` is the module whose ``serve(wire)`` children run."""
        self._serves = serves
        self._lock = threading.Lock()
        self._nursery: subprocess.Popen | None = None
        self._orders: socket.socket | None = None
        self._owner = 0  # the process that started it: a fork of this one needs its own

    @contextmanager
    def child(self, allowance: Allowance) -> Iterator[Child]:
        """A child that waits for its first message; dead when this is left."""
        ours, theirs = socket.socketpair()
        told, tell = socket.socketpair()
        with theirs, tell:
            self._order(allowance, [theirs.fileno(), tell.fileno()])
        child = Child(allowance, Wire(ours), told)
        try:
            yield child
        finally:
            child.end()

    def start(self) -> None:
        """Begin the imports now, so that the first job need not wait for them."""
        with self._lock:
            self._ready()

    def close(self) -> None:
        """The nursery ends, and every child with it."""
        with self._lock:
            if self._orders is not None:
                self._orders.close()
            if self._nursery is not None and self._owner == os.getpid():
                try:
                    self._nursery.wait(ENDING_S)
                except subprocess.TimeoutExpired:  # still at its imports
                    self._nursery.kill()
                    self._nursery.wait()
            self._orders = self._nursery = None

    @property
    def pid(self) -> int | None:
        """Of the nursery, if there is one."""
        return self._nursery.pid if self._nursery is not None else None

    def _order(self, allowance: Allowance, fds: list[int]) -> None:
        order = ORDER.pack(allowance.memory_bytes, allowance.cpu_s)
        with self._lock:
            try:
                socket.send_fds(self._ready(), [order], fds)
            except OSError:  # it died since
                self._nursery.wait()
                socket.send_fds(self._ready(), [order], fds)

    def _ready(self) -> socket.socket:
        mine = self._owner == os.getpid()
        if not mine or self._nursery is None or self._nursery.poll() is not None:
            self._begin()
        return self._orders

    def _begin(self) -> None:
        if self._orders is not None:
            self._orders.close()
        self._orders, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "avsl.isolation.nursery", str(theirs.fileno())]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        special = {"PYTHONPATH": os.pathsep.join(paths), **dict.fromkeys(_ALONE, "1")}
        with theirs:
            self._nursery = subprocess.Popen(
                [*command, self._serves],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**_plain(os.environ), **special, **LEAN},
                start_new_session=True,  # Ctrl-C in a terminal is for this process to handle
            )
        if not self._owner:
            atexit.register(self.close)
        self._owner = os.getpid()
        log.debug("nursery %d started", self._nursery.pid)


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """What a decoder needs to start: no token and no password that this process was given."""
    return {name: value for name, value in environment.items() if KEPT.fullmatch(name)}
