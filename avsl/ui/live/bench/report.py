"""What came of a measurement, as numbers and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from avsl.localization import Verdict
from avsl.ui.live.bench.client import Arrival, Client
from avsl.ui.live.bench.server import Usage


@dataclass(frozen=True)
class Session:
    """One client's visit, or all of them together."""

    live: bool  # it got a place
    waited: bool  # it was told to wait for one, at least for a while
    maps: int
    maps_per_s: float  # from when it was live
    latency_p50_ms: float | None  # from a picture's sending to its map's coming; None: no maps
    latency_p95_ms: float | None
    sent: int  # pictures
    dropped: int  # of those, never looked at because newer ones came, as the server counts them
    left_out: int  # pictures not sent because the socket was behind
    sounding_share: float | None  # of the verdicts
    trouble: str = ""  # what ended it early


@dataclass(frozen=True)
class Load:
    """What the server's process took; memory is what is resident."""

    cpu_cores_median: float
    cpu_cores_most: float
    memory_start_mib: float  # warmed up, nobody there
    memory_most_mib: float
    memory_end_mib: float  # while all were still there
    memory_after_mib: float  # after the last socket closed
    threads_before: int
    threads_after: int
    sockets_before: int
    sockets_after: int


@dataclass(frozen=True)
class Report:
    """A whole measurement."""

    clip: str
    variant: str
    url: str
    own_server: bool  # started for this and stopped again
    seconds: float
    machine_cores: int
    live_at_once: int
    sessions: tuple[Session, ...]
    total: Session
    fair_share: float | None  # least over most maps a second of those who were live
    server: Load | None  # None: not known
    clients_cpu_cores: float  # what replaying took, all clients together


def session(client: Client) -> Session:
    """What one client saw."""
    live_for_s = client.end_s - client.live_s if client.live_s is not None else 0.0
    arrivals = client.arrivals
    return Session(
        live=client.live_s is not None,
        waited=client.waited,
        maps=len(arrivals),
        maps_per_s=round(len(arrivals) / live_for_s, 2) if live_for_s > 0 else 0.0,
        sent=client.sent,
        dropped=arrivals[-1].dropped if arrivals else 0,
        left_out=client.left_out,
        trouble=client.trouble,
        **_of(arrivals),
    )


def total(clients: Sequence[Client]) -> Session:
    """All of them as one: counts and rates added up, latencies and verdicts thrown together."""
    each = [session(client) for client in clients]
    return Session(
        live=any(one.live for one in each),
        waited=any(one.waited for one in each),
        maps=sum(one.maps for one in each),
        maps_per_s=round(sum(one.maps_per_s for one in each), 2),
        sent=sum(one.sent for one in each),
        dropped=sum(one.dropped for one in each),
        left_out=sum(one.left_out for one in each),
        **_of([arrival for client in clients for arrival in client.arrivals]),
    )


def _of(arrivals: Sequence[Arrival]) -> dict[str, float | None]:
    if not arrivals:
        return {"latency_p50_ms": None, "latency_p95_ms": None, "sounding_share": None}
    latencies_ms = [1000 * (each.came_s - each.sent_s) for each in arrivals]
    p50, p95 = np.percentile(latencies_ms, [50, 95])
    sounding = sum(each.verdict is Verdict.SOUNDING for each in arrivals)
    return {
        "latency_p50_ms": round(float(p50), 1),
        "latency_p95_ms": round(float(p95), 1),
        "sounding_share": round(sounding / len(arrivals), 3),
    }


def fair_share(sessions: Sequence[Session]) -> float | None:
    """Least over most maps a second of those who were live; None where nobody got any."""
    rates = [each.maps_per_s for each in sessions if each.live]
    return round(min(rates) / max(rates), 3) if rates and max(rates) else None


def load(before: Usage | None, during: Sequence[Usage], after: Usage | None) -> Load | None:
    """None unless all was known, and often enough to tell how busy the server was."""
    if before is None or after is None or len(during) < 2:
        return None
    cores = [(b.cpu_s - a.cpu_s) / (b.time_s - a.time_s) for a, b in pairwise(during)]
    return Load(
        cpu_cores_median=round(float(np.median(cores)), 2),
        cpu_cores_most=round(max(cores), 2),
        memory_start_mib=round(before.memory_mib, 1),
        memory_most_mib=round(max(each.memory_mib for each in during), 1),
        memory_end_mib=round(during[-1].memory_mib, 1),
        memory_after_mib=round(after.memory_mib, 1),
        threads_before=before.threads,
        threads_after=after.threads,
        sockets_before=before.sockets,
        sockets_after=after.sockets,
    )


HEADINGS = ("session", "maps/s", "p50 ms", "p95 ms", "sent", "dropped", "left out", "sounding")


def table(report: Report) -> str:
    """The report for people, several lines."""
    rows = [HEADINGS]
    rows += [_row(str(number), each) for number, each in enumerate(report.sessions, 1)]
    rows += [_row("all", report.total)] if len(report.sessions) > 1 else []
    lines = [_headline(report)]
    lines += ["".join(f"{cell:>10}" for cell in row) for row in rows]
    lines += [
        f"Session {number}: {each.trouble}"
        for number, each in enumerate(report.sessions, 1)
        if each.trouble
    ]
    if report.fair_share is not None and len(report.sessions) > 1:
        lines.append(f"Fair shares: {report.fair_share:.2f} (least over most maps a second)")
    lines += _server_lines(report)
    lines.append(f"The clients themselves took {report.clients_cpu_cores:.2f} cores.")
    return "\n".join(lines)


def _headline(report: Report) -> str:
    wanted = len(report.sessions)
    return (
        f"{report.variant} on {report.clip} for {report.seconds:g} s: {report.live_at_once} of "
        f"{wanted} {'was' if wanted == 1 else 'were'} live at once"
    )


def _row(name: str, told: Session) -> tuple[str, ...]:
    if not told.live:
        return name, "failed" if told.trouble else "waited"
    return (
        name,
        f"{told.maps_per_s:.1f}",
        _number(told.latency_p50_ms),
        _number(told.latency_p95_ms),
        str(told.sent),
        str(told.dropped),
        str(told.left_out),
        "-" if told.sounding_share is None else f"{100 * told.sounding_share:.0f} %",
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _server_lines(report: Report) -> list[str]:
    found = report.server
    if found is None:
        why = "on this system" if report.own_server else "of a server that was already there"
        return [f"Server: processor and memory are not known {why}."]
    return [
        f"Server: {found.cpu_cores_median:.2f} cores in the median, {found.cpu_cores_most:.2f} at "
        f"most, of {report.machine_cores}",
        f"Memory: {found.memory_start_mib:.0f} MiB warmed up, {found.memory_most_mib:.0f} at most, "
        f"{found.memory_end_mib:.0f} at the end, {found.memory_after_mib:.0f} after the last "
        "socket closed",
        f"Left behind: {found.threads_after} threads (before: {found.threads_before}), "
        f"{found.sockets_after} sockets (before: {found.sockets_before})",
    ]
