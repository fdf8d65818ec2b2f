"""A reverse proxy between browser and app that takes a path prefix off, and can be cut."""

import asyncio
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class CuttingProxy:
    """Listens on a free port of this machine; ``http://127.0.0.1:port/prefix/`` is the app.

    Every connection but a WebSocket carries one request, so that each one's path can be rewritten.
    What does not begin with the prefix is not found.
    """

    def __init__(
        self,
        port: int,
        prefix: str = "",
        sockets: bool = True,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``port``: the app's. ``sockets`` False: requests for a WebSocket are refused. ``host``:
        what browsers call this machine. With ``tls`` it is https outside and http inside, and the
        app is told so as the proxies of hosting services do.
        """
        self._port, self._prefix, self._sockets = port, prefix, sockets
        self._tls = tls
        self._cut = False
        self._open: set[_Connection] = set()
        listener = socket.create_server(("127.0.0.1", 0))
        self._outside = f"{host}:{listener.getsockname()[1]}"
        self.url = f"http{'s' if tls else ''}://{self._outside}{prefix}/"
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._cut = True
        self._do(lambda: [each.close() for each in list(self._open)])

    def mend(self) -> None:
        self._cut = False

    def freeze(self) -> None:
        """Nothing passes any more on what is open now, without a word; new connections pass."""
        self._do(lambda: [each.passes.clear() for each in list(self._open)])

    def close(self) -> None:
        self.cut()
        self._do(self._loop.stop)

    def _do(self, what) -> None:
        self._loop.call_soon_threadsafe(what)

    def _run(self, listener: socket.socket) -> None:
        asyncio.set_event_loop(self._loop)
        serving = asyncio.start_server(self._serve, sock=listener, ssl=self._tls)
        server = self._loop.run_until_complete(serving)
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(server.wait_closed())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer)
        self._open.add(connection)
        try:
            await self._connect(connection, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            self._open.discard(connection)
            connection.close()

    async def _connect(
        self, connection: "_Connection", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._cut:
            return
        head = await reader.readuntil(b"\r\n\r\n")
        upgrade = b"upgrade: websocket" in head.lower()
        if b" " + self._prefix.encode() + b"/" not in head.partition(b"\r\n")[0]:
            writer.write(NOT_FOUND)
            return
        if upgrade and not self._sockets:
            return
        from_app, to_app = await asyncio.open_connection("127.0.0.1", self._port)
        connection.writers.append(to_app)
        to_app.write(self._rewritten(head, upgrade))
        asking = asyncio.create_task(connection.pump(reader, to_app))
        await connection.pump(from_app, writer)
        asking.cancel()

    def _rewritten(self, head: bytes, upgrade: bool) -> bytes:
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        first = first.replace(f" {self._prefix}/", " /", 1)
        ours = {"Connection": "Upgrade" if upgrade else "close"}
        if self._tls:
            ours |= {
                "Host": f"127.0.0.1:{self._port}",
                "X-Forwarded-Host": self._outside,
                "X-Forwarded-Proto": "https",
                "X-Forwarded-For": "203.0.113.5",
            }
        replaced = tuple(f"{name.lower()}:" for name in ours)
        kept = [line for line in lines if not line.lower().startswith(replaced)]
        ours = [f"{name}: {value}" for name, value in ours.items()]
        return "\r\n".join([first, *ours, *kept, "", ""]).encode("latin-1")


class _Connection:
    """A browser's with the app's that belongs to it."""

    def __init__(self, browser: asyncio.StreamWriter) -> None:
        self.writers = [browser]
        self.passes = asyncio.Event()
        self.passes.set()

    async def pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self.passes.wait()
                sink.write(data)
                await sink.drain()
        await self.passes.wait()
        self.close()

    def close(self) -> None:
        for each in self.writers:
            each.close()


def certificate(folder: Path, host: str) -> ssl.SSLContext | None:
    """For a server that calls itself ``host``, signed by itself; None where openssl is missing."""
    key, signed = folder / "key.pem", folder / "certificate.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"),
        *("-keyout", str(key), "-out", str(signed)),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    return context
