"""A reverse proxy between browser and app that takes a path prefix off, and can be cut."""

import socket
import threading
from contextlib import suppress


class CuttingProxy:
    """Listens on a free port of this machine; ``http://127.0.0.1:port/prefix/`` is the app.

    Every connection but a WebSocket carries one request, so that each one's path can be rewritten.
    """

    def __init__(self, port: int, prefix: str = "", sockets: bool = True) -> None:
        """``port``: the app's. ``sockets`` False: requests for a WebSocket are refused."""
        self._port, self._prefix, self._sockets = port, prefix, sockets
        self._cut = False
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{prefix}/"
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._cut = True
        for each in list(self._open):
            _shut(each)

    def mend(self) -> None:
        self._cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                if self._cut:
                    browser.close()
                else:
                    threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        with suppress(OSError):
            head, rest = _head(browser)
            upgrade = b"upgrade: websocket" in head.lower()
            if not head or (upgrade and not self._sockets):
                return browser.close()
            app = socket.create_connection(("127.0.0.1", self._port))
            self._open |= {browser, app}
            app.sendall(self._rewritten(head, upgrade) + rest)
            threading.Thread(target=_pump, args=(browser, app), daemon=True).start()
            _pump(app, browser)
            self._open -= {browser, app}
        return None

    def _rewritten(self, head: bytes, upgrade: bool) -> bytes:
        first, _, lines = head.partition(b"\r\n")
        first = first.replace(b" " + self._prefix.encode() + b"/", b" /", 1)
        kept = [line for line in lines.split(b"\r\n") if not line.lower().startswith(b"connection")]
        last = b"Connection: Upgrade" if upgrade else b"Connection: close"
        return b"\r\n".join([first, last, *kept])


def _head(browser: socket.socket) -> tuple[bytes, bytes]:
    """The request's head with its empty line, and what came of the body."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = browser.recv(65536)
        if not more:
            return b"", b""
        got += more
    head, end, rest = got.partition(b"\r\n\r\n")
    return head + end, rest


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _shut(source)
    _shut(sink)


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
