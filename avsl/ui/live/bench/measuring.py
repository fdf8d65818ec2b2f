"""Many clients at once against one server, and an eye on what the server takes meanwhile."""

import asyncio
import os
import time
from contextlib import nullcontext

from avsl.clip import Clip
from avsl.errors import SettingError
from avsl.progress import Progress, no_progress, part
from avsl.ui.live.bench import report
from avsl.ui.live.bench.client import Client, socket_address
from avsl.ui.live.bench.footage import Footage
from avsl.ui.live.bench.report import Report
from avsl.ui.live.bench.server import BenchError, Server, Usage, own_server
from avsl.ui.live.house import MOST_VISITS

LEAST_S = 1.0
WARM_UP_MAPS, WARM_UP_S = 10, 120.0  # maps to wait for, and how long: the variant may be large
SETTLE_S = 1.0  # what is given back after a socket closed is given back by then
WATCH_EVERY_S = 0.5
APART_S = 0.1  # all clients come within this time, since no two cameras run in step


def measure(
    clip: Clip,
    variant: str,
    sessions: int = 1,
    seconds: float = 10.0,
    url: str | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Replay ``clip`` as so many live clients at once, each for ``seconds``.

    ``url`` is the page of an app that runs already; without it the app is started for this and
    stopped again, and only then is known what it took of the machine. Raises
    :class:`SettingError` for impossible numbers, :class:`BenchError` where nobody can be live.
    """
    if not 1 <= sessions <= MOST_VISITS:
        raise SettingError(f"There can be 1 to {MOST_VISITS} sessions, not {sessions}.")
    if not LEAST_S <= seconds < float("inf"):
        raise SettingError(f"Measure for {LEAST_S:g} s at least, not {seconds:g} s.")
    if url is not None:
        socket_address(url)  # before the clip is decoded
    progress(0.0, "decoding")
    footage = Footage(clip)
    progress(0.1, "starting the app")
    with own_server() if url is None else nullcontext(Server(url)) as server:
        progress(0.3, "warming up")
        clients = [Client(footage, variant) for _ in range(sessions)]
        measuring = part(progress, 0.4, 1.0)
        load, clients_cpu_cores = asyncio.run(
            _measured(server, clients, Client(footage, variant, WARM_UP_MAPS), seconds, measuring)
        )
    each = tuple(report.session(client) for client in clients)
    return Report(
        clip=clip.name,
        variant=variant,
        url=server.url,
        own_server=url is None,
        seconds=seconds,
        machine_cores=os.cpu_count() or 1,
        live_at_once=sum(one.live for one in each),  # nobody leaves before the end
        sessions=each,
        total=report.total(clients),
        fair_share=report.fair_share(each),
        server=load,
        clients_cpu_cores=clients_cpu_cores,
    )


async def _measured(
    server: Server, clients: list[Client], first: Client, seconds: float, progress: Progress
) -> tuple[report.Load | None, float]:
    """Let them visit; returns the server's load, and the cores that the clients took."""
    address = socket_address(server.url)
    await _warm_up(first, address)
    before, during = server.usage(), []
    watching = asyncio.create_task(_watch(server, during, seconds, progress))
    began_s, cpu_s = time.monotonic(), time.process_time()
    visits = [
        _visit(client, address, seconds, APART_S * index / len(clients))
        for index, client in enumerate(clients)
    ]
    try:
        await asyncio.gather(*visits)
    finally:
        watching.cancel()
    cores = (time.process_time() - cpu_s) / (time.monotonic() - began_s)
    await asyncio.sleep(SETTLE_S)
    return report.load(before, during, server.usage()), round(cores, 2)


async def _warm_up(first: Client, address: str) -> None:
    """One visit until maps come: the variant is loaded, and what a step costs is known."""
    await first.visit(address, WARM_UP_S)
    if first.trouble:
        raise BenchError(first.trouble)
    if len(first.arrivals) < WARM_UP_MAPS:
        why = "Others have all the places" if first.live_s is None else "Too few maps came"
        raise BenchError(f"{why} for {WARM_UP_S:.0f} s. Try again when the server is less busy.")
    await asyncio.sleep(SETTLE_S)


async def _visit(client: Client, address: str, seconds: float, later_s: float) -> None:
    await asyncio.sleep(later_s)
    await client.visit(address, seconds)


async def _watch(server: Server, seen: list[Usage], seconds: float, progress: Progress) -> None:
    began_s = time.monotonic()
    while True:
        if usage := server.usage():
            seen.append(usage)
        progress(min((time.monotonic() - began_s) / seconds, 1.0), "measuring")
        await asyncio.sleep(WATCH_EVERY_S)
