"""The door: what may come in over HTTP, counted in bytes before it fills the disk or the memory.

An ASGI middleware, for gradio bounds one file and neither a request nor all of them together.
"""

import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from avsl.settings import LIMITS
from avsl.ui.trust import copy
from avsl.ui.trust.disk import size_of
from avsl.ui.trust.journal import event

UPLOAD = "/gradio_api/upload"
MOST_BODY_BYTES = 16_000_000  # of anything but an upload: a painted mask is the largest
ENVELOPE_BYTES = 1_000_000  # what a form adds to its file
YOUNG_S = 900.0  # an upload this young may be about to be used
MOST_DRAINED_BYTES = 64_000_000  # of a request that is refused
LOOK_EVERY_S = 2.0  # at the disk; in between what has come in since is added

log = logging.getLogger(__name__)

Scope, Message = dict[str, Any], dict[str, Any]
Receive, Send = Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]


class TooMuch(Exception):
    """More came in than was allowed."""


class Store:
    """gradio's folder of uploads; ``kept`` is a folder in it that is somebody else's.

    Ages are by ``clock``, seconds that only ever rise: the dates of files would make all of them
    old when somebody sets the machine's clock.
    """

    def __init__(
        self, folder: Path, kept: Path, most_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._kept, self._most, self._clock = folder, kept, most_bytes, clock
        self._since: dict[Path, float] = {}
        self._arriving = 0
        self._seen: tuple[float, int] = (-float("inf"), 0)
        self._lock = threading.Lock()

    def admit(self, size: int) -> bool:
        """Whether ``size`` bytes more fit, if need be in the place of old ones; then
        :meth:`arrived` has to follow.
        """
        with self._lock:
            if self._bytes() + self._arriving + size > self._most:
                self._tidy(size)
            fits = self._bytes() + self._arriving + size <= self._most
            self._arriving += size if fits else 0
            return fits

    def arrived(self, size: int) -> None:
        with self._lock:
            self._arriving -= size
            self._seen = (self._seen[0], self._seen[1] + size)
            self._files()

    def _bytes(self) -> int:
        if self._clock() - self._seen[0] > LOOK_EVERY_S:
            size = size_of(self._folder) - size_of(self._kept)
            self._seen = (self._clock(), size)
        return self._seen[1]

    def _tidy(self, size: int) -> None:
        """Delete uploads, the oldest first; a job holds its own copy of what it reads."""
        for age_s, file in sorted(self._files(), reverse=True):
            if age_s < YOUNG_S or self._bytes() + self._arriving + size <= self._most:
                break
            freed = file.lstat().st_size
            file.unlink(missing_ok=True)
            self._seen = (self._seen[0], self._seen[1] - freed)

    def _files(self) -> list[tuple[float, Path]]:
        """Uploads with their age in seconds, which begins when they are first seen here."""
        now_s, before = self._clock(), self._since
        self._since = {
            file: before.get(file, now_s)
            for file in self._folder.glob("*/*")
            if file.parent != self._kept and file.is_file() and not file.is_symlink()
        }
        return [(now_s - since_s, file) for file, since_s in self._since.items()]


class Door:
    """Wraps an app, whose failures become an answer too; ``store`` None bounds single requests
    only.
    """

    def __init__(self, app: Callable, store: Store | None = None) -> None:
        self._app, self._store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        uploads = scope["path"].rstrip("/").endswith(UPLOAD)
        most = LIMITS.max_file_bytes + ENVELOPE_BYTES if uploads else MOST_BODY_BYTES
        told = _declared(scope)
        if told is not None and told > most:
            await _drain(receive, told)
            await _refuse(send, 413, copy.TOO_MUCH)
            return
        store = self._store if uploads else None
        size = told if told is not None else most
        if store and not store.admit(size):
            event("upload refused", free=False)
            await _refuse(send, 507, copy.FULL)
            return
        try:
            await self._counted(scope, receive, send, most)
        finally:
            if store:
                store.arrived(size)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """Pass on, but no more than ``most`` bytes: some do not declare what they send."""
        came, begun = 0, False

        async def receive_some() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise TooMuch
            return message

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive_some, send_on)
        except TooMuch:
            if not begun:
                await _refuse(send, 413, copy.TOO_MUCH)
        except Exception as error:
            log.warning("a request was not understood", exc_info=error)
            if begun:
                raise
            await _refuse(send, 400, copy.NOT_UNDERSTOOD)


async def _drain(receive: Receive, size: int) -> None:
    """Read what is not too long to be read away: who still sends would not hear the answer."""
    while 0 < size <= MOST_DRAINED_BYTES:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return


def _declared(scope: Scope) -> int | None:
    """The length that a request says it has; None if it says none."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    return int(told) if told.isdigit() and len(told) < 19 else None


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
