"""One live visitor without a browser: sends what the page would send, when it would send it."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from avsl.localization import Verdict
from avsl.ui.live.bench.footage import PIECE_S, Footage
from avsl.ui.live.bench.server import BenchError
from avsl.ui.live.protocol import (
    Choose,
    Hear,
    News,
    See,
    Shown,
    Stage,
    Stay,
    decode_answer,
    encode,
)
from avsl.ui.live.socket import AT_HOME, PATH

FIRST_SIDE_PX, FIRST_RATE_HZ = 320, 15.0  # until the server says, as in page.js
FULL_BYTES = 60_000  # unsent bytes from which pictures are left out, as in wire.js
STAY_EVERY_S = 1.0


@dataclass(frozen=True)
class Arrival:
    """One map that came; times are seconds on the client's clock."""

    sent_s: float  # when its picture was sent
    came_s: float
    verdict: Verdict
    dropped: int  # pictures that the server never looked at, so far


def socket_address(url: str) -> str:
    """Where the page at ``url`` would open its socket; see ``socketAddress`` in wire.js.

    Raises :class:`BenchError` for what is no page's address.
    """
    page = urlsplit(url)
    if page.scheme not in ("http", "https") or not page.hostname:
        raise BenchError(
            f'"{url}" is no address of the app. Give what the browser shows, such as '
            "http://127.0.0.1:7860/."
        )
    sign = parse_qs(page.query).get("__sign")
    signed = f"?__sign={quote(sign[0], safe='')}" if sign else ""
    scheme = "wss" if page.scheme == "https" else "ws"
    return f"{scheme}://{page.netloc}{page.path.rstrip('/')}{PATH}{signed}"


class Client:
    """What it noted may be read once :meth:`visit` is over."""

    def __init__(self, footage: Footage, variant: str, most_maps: float = float("inf")) -> None:
        """``most_maps``: it leaves when it has got so many."""
        self._footage, self._variant, self._most_maps = footage, variant, most_maps
        self._side_px, self._rate_hz = FIRST_SIDE_PX, FIRST_RATE_HZ
        self._zero_s = 0.0
        self._live = asyncio.Event()
        self._sent_s: dict[float, float] = {}  # time of a picture -> when it was sent
        self.arrivals: list[Arrival] = []
        self.left_out = 0  # pictures not sent because the socket was behind
        self.live_s: float | None = None  # when it became live, on its own clock
        self.end_s = 0.0
        self.waited = False  # others had all the places, at least for a while
        self.trouble = ""  # what ended the visit early, as a sentence

    @property
    def sent(self) -> int:
        """Pictures sent."""
        return len(self._sent_s)

    async def visit(self, address: str, seconds: float) -> None:
        """Be there for ``seconds`` at the socket ``address``; never raises for what ends it."""
        self._zero_s = time.monotonic()
        proxy = None if urlsplit(address).hostname in AT_HOME else True
        try:
            # as a browser does: compressed, without pings; and pictures are left out long before
            # sending would wait
            async with connect(
                address, proxy=proxy, ping_interval=None, write_limit=8 * FULL_BYTES
            ) as socket:
                await self._stay_for(seconds, socket)
        except ConnectionClosed as closed:
            reason = closed.rcvd.reason if closed.rcvd else ""
            self.trouble = self.trouble or f"The server broke off ({reason or 'without a word'})."
        except (OSError, WebSocketException) as error:
            self.trouble = f"No live server answers at {address} ({error or 'too slow'})."

    async def _stay_for(self, seconds: float, socket: ClientConnection) -> None:
        await socket.send(encode(Choose(self._variant)))
        ways = (self._listen, self._see, self._hear, self._stay)
        tasks = [asyncio.create_task(way(socket)) for way in ways]
        try:
            done, _ = await asyncio.wait(
                tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()
        finally:
            self.end_s = self._now_s()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, socket: ClientConnection) -> None:
        async for message in socket:
            answer = decode_answer(message)
            if isinstance(answer, News):
                self._told(answer)
            else:
                self._shown(answer)
            if len(self.arrivals) >= self._most_maps:
                return
        self.trouble = self.trouble or "The server ended the visit."

    def _told(self, news: News) -> None:
        if news.side_px:
            self._side_px, self._rate_hz = news.side_px, news.rate_hz
        self.waited |= news.stage is Stage.WAITING
        if news.stage is Stage.REFUSED:
            self.trouble = news.text
        if news.stage is Stage.LIVE and self.live_s is None:
            self.live_s = self._now_s()
            self._live.set()

    def _shown(self, shown: Shown) -> None:
        self._side_px, self._rate_hz = shown.side_px, shown.rate_hz
        sent_s = self._sent_s[shown.time_s]
        self.arrivals.append(Arrival(sent_s, self._now_s(), shown.verdict, shown.dropped))

    async def _see(self, socket: ClientConnection) -> None:
        """Every frame as it comes on screen, if it is time for one and the socket keeps up."""
        await self._live.wait()
        number, due_s = self._footage.frame_at(self._now_s()), 0.0
        while True:
            number = max(number + 1, self._footage.frame_at(self._now_s()))
            time_s = self._footage.appears_s(number)
            await self._until(time_s)
            now_s = self._now_s()
            if now_s < due_s:
                continue
            due_s = max(due_s + 1 / self._rate_hz, now_s)
            if socket.transport.get_write_buffer_size() > FULL_BYTES:
                self.left_out += 1
                continue
            picture = See(time_s, self._footage.jpeg(number, self._side_px))
            self._sent_s[time_s] = self._now_s()
            await socket.send(encode(picture))

    async def _hear(self, socket: ClientConnection) -> None:
        """Every piece of sound when its last sample was heard; late ones follow at once."""
        await self._live.wait()
        piece = int(self._now_s() / PIECE_S)
        while True:
            await self._until((piece + 1) * PIECE_S)
            await socket.send(encode(Hear(piece * PIECE_S, self._footage.sound(piece))))
            piece += 1

    async def _stay(self, socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(STAY_EVERY_S)
            await socket.send(encode(Stay()))

    def _now_s(self) -> float:
        return time.monotonic() - self._zero_s

    async def _until(self, time_s: float) -> None:
        await asyncio.sleep(max(0.0, time_s - self._now_s()))
