"""The process that forks children: ``python -m avsl.isolation.nursery FD MODULE``.

It imports MODULE, whose ``serve(wire)`` does a job, and listens on the socket FD: for each job it
is sent limits and two sockets, one for the child to talk on, one to tell on how the child ended.
It runs one thread and no job, so that a fork is safe and nothing can hang it. Whoever closes the
second socket wants the child dead; when FD closes, all of them go, and the nursery too.
"""

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable

from avsl.isolation.confinement import ORDER, die_with, limit
from avsl.isolation.wire import Closed, Wire


class Nursery:
    """Forks, watches and reaps."""

    def __init__(self, orders: socket.socket, serve: Callable[[Wire], None]) -> None:
        self._orders, self._serve = orders, serve
        self._children: dict[int, socket.socket] = {}  # process id -> where to tell of its end
        self._selector = selectors.DefaultSelector()
        self._ended, wake = socket.socketpair()
        for each in (self._ended, wake):
            each.setblocking(False)
        self._wake = wake
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)

    def run(self) -> None:
        """Until the orders end."""
        self._selector.register(self._orders, selectors.EVENT_READ)
        self._selector.register(self._ended, selectors.EVENT_READ)
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj is self._orders:
                        if not self._take_order():
                            return
                    elif key.fileobj is self._ended:
                        self._reap()
                    elif key.data in self._children:  # else it was reaped in this very round
                        self._kill(key.data)
        finally:
            for pid in self._children:
                self._kill(pid)

    def _take_order(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self._orders, ORDER.size, 2)
        if len(data) < ORDER.size or len(fds) < 2:
            return False
        talk, tell = (socket.socket(fileno=fd) for fd in fds)
        nursery = os.getpid()
        pid = os.fork()
        if not pid:
            self._live(talk, tell, nursery, *ORDER.unpack(data))
        talk.close()
        self._children[pid] = tell
        self._selector.register(tell, selectors.EVENT_READ, pid)
        return True

    def _live(
        self, talk: socket.socket, tell: socket.socket, nursery: int, memory: int, cpu_s: int
    ) -> None:
        """All of a child's life; never returns."""
        code = 1
        try:
            die_with(nursery)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for each in (self._orders, self._ended, self._wake, tell, *self._children.values()):
                each.close()
            limit(memory, cpu_s)
            self._serve(Wire(talk))
            code = 0
        except Closed:  # nobody listens any more
            code = 0
        finally:
            os._exit(code)

    def _reap(self) -> None:
        """Tell how each child that ended did, and what it took."""
        with contextlib.suppress(BlockingIOError):
            while self._ended.recv(4096):
                pass
        while self._children:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            tell = self._children.pop(pid)
            self._forget(tell)
            code, cpu_s = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
            ending = {"code": code, "cpu_s": cpu_s, "peak_kb": used.ru_maxrss}
            with contextlib.suppress(OSError):
                tell.sendall(json.dumps(ending).encode())
            tell.close()

    def _kill(self, pid: int) -> None:
        """Not yet reaped, so the number is still its own."""
        os.kill(pid, signal.SIGKILL)
        self._forget(self._children[pid])

    def _forget(self, tell: socket.socket) -> None:
        with contextlib.suppress(KeyError):  # a killed one is forgotten before it is reaped
            self._selector.unregister(tell)


def main() -> None:
    orders = socket.socket(fileno=int(sys.argv[1]))
    serve = importlib.import_module(sys.argv[2]).serve
    faulthandler.enable()  # where a codec crashed, for the log
    gc.collect()
    gc.freeze()  # pages that the collector does not touch stay shared with the children
    Nursery(orders, serve).run()


if __name__ == "__main__":
    main()
