"""The WebSocket way: one route of the app's own server."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from avsl.ui.jobs import Busy
from avsl.ui.live.house import House
from avsl.ui.live.protocol import News, Refused, Stage, encode_answer
from avsl.ui.live.visit import Visit

PATH = "/live"
REFUSED, LEFT = 1008, 1000  # close codes
AT_HOME = ("localhost", "127.0.0.1", "::1")


def route(house: House) -> WebSocketRoute:
    """The route that lets visitors into ``house``."""

    async def enter(socket: WebSocket) -> None:
        await _serve(socket, house)

    return WebSocketRoute(PATH, enter)


async def _serve(socket: WebSocket, house: House) -> None:
    await socket.accept()
    if _is_foreign(socket):
        await socket.close(REFUSED, "a page from elsewhere")
        return
    ready, loop = asyncio.Event(), asyncio.get_running_loop()
    try:
        visit = Visit(house, lambda: _unless_closed(loop, ready))
    except Busy as busy:
        await socket.send_bytes(encode_answer(News(Stage.REFUSED, str(busy))))
        await socket.close(LEFT)
        return
    sending = asyncio.create_task(_send(socket, visit, ready))
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await asyncio.to_thread(visit.take, message.get("bytes") or b"")
    except Refused as refused:
        await _close(socket, REFUSED, str(refused))
    except (RuntimeError, WebSocketDisconnect):  # closed on our side while a message was coming
        return
    finally:
        sending.cancel()
        visit.close()


async def _send(socket: WebSocket, visit: Visit, ready: asyncio.Event) -> None:
    """The newest that there is, whenever the socket can take it."""
    while True:
        await ready.wait()
        ready.clear()
        over = visit.over
        try:
            for answer in visit.collect():
                await socket.send_bytes(answer)
        except (RuntimeError, WebSocketDisconnect):  # gone; the receiving side hears of it too
            return
        if over:
            await _close(socket, LEFT, "")
            return


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state is not WebSocketState.DISCONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code, reason)


def _unless_closed(loop: asyncio.AbstractEventLoop, ready: asyncio.Event) -> None:
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(ready.set)


def _is_foreign(socket: WebSocket) -> bool:
    """Whether a page of another site asks a server on the visitor's own machine to work for it.

    Behind a proxy the server cannot know its own name, and need not: it is not anybody's machine.
    """
    origin = urlsplit(socket.headers.get("origin", "")).hostname
    proxied = any(name.startswith("x-forwarded") for name in socket.headers)
    host = urlsplit("//" + socket.headers.get("host", "")).hostname
    return bool(origin) and not proxied and host in AT_HOME and origin not in AT_HOME
