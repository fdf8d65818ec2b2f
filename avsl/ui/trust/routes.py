"""How the app is doing: ``/healthz`` for machines, ``/stats`` for people. Counts, and nobody's."""

import asyncio
import time
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from avsl import variants
from avsl.ui.jobs import Workspace
from avsl.ui.live.house import House
from avsl.ui.trust import copy
from avsl.ui.trust.disk import size_of
from avsl.ui.trust.limits import free_disk_bytes, resident_bytes
from avsl.variants import State
from avsl.version import __version__

MB = 1_000_000
LEAST_FREE_MB = 100  # below this nothing can be written
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin-bottom:2rem}"
    "th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8886}"
    ":root{color-scheme:light dark}"
)


class Health:
    """What can be told of a running app."""

    def __init__(self, workspace: Workspace, house: House) -> None:
        self._workspace, self._house = workspace, house
        self._began_s = time.monotonic()

    def told(self) -> dict:
        """As /healthz has it; ``ok`` is False where no job could be done."""
        working, waiting = self._workspace.line.counts()
        free_mb = free_disk_bytes(self._workspace.root) // MB
        here = [card.name for card in variants.cards() if card.state is State.READY]
        failed = [name for name in here if name in self._workspace.shelf.failed()]
        ready = [name for name in here if name not in failed]
        return {
            "ok": bool(ready) and free_mb >= LEAST_FREE_MB,
            "version": __version__,
            "uptime_s": round(time.monotonic() - self._began_s, 1),
            "variants_ready": ready,
            "variants_failed": failed,
            "variants_loaded": self._workspace.shelf.loaded(),
            "disk_free_mb": free_mb,
            "queue": {"working": working, "waiting": waiting},
        }

    def facts(self) -> dict[str, object]:
        """What /stats says of this moment."""
        told = self.told()
        used = size_of(self._workspace.root.parent)
        return {
            "version": told["version"],
            "uptime_s": round(told["uptime_s"]),
            **told["queue"],
            "live": self._house.visits,
            "results": self._workspace.kept,
            "memory_mb": resident_bytes() // MB,
            "memory_held_mb": self._workspace.memory.held_bytes // MB,
            "disk_free_mb": told["disk_free_mb"],
            "disk_used_mb": used // MB,
        }

    def page(self) -> str:
        counts = self._workspace.journal.counts()
        jobs = [(variant, outcome, count) for (variant, outcome), count in counts.items()]
        told = self._workspace.journal.stages()
        stages = [(name, f"{seconds:.2f}", times) for name, (seconds, times) in told.items()]
        facts = [(copy.STATS_NAMES[name], value) for name, value in self.facts().items()]
        parts = (
            f"<h1>{escape(copy.STATS_TITLE)}</h1><p>{escape(copy.STATS_HINT)}</p>",
            _table(copy.STATS_FACTS, (), facts),
            _table(copy.STATS_JOBS, copy.STATS_COLUMNS, jobs),
            _table(copy.STATS_STAGES, copy.STAGE_COLUMNS, stages),
        )
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{copy.STATS_TITLE}'
            '</title><meta name="viewport" content="width=device-width"><style>'
            f"{STYLE}</style><body>{''.join(parts)}"
        )


def _table(title: str, columns: tuple[str, ...], rows: list[tuple]) -> str:
    if not rows:
        return f"<h2>{escape(title)}</h2><p>{escape(copy.STATS_NONE)}</p>"
    head = "".join(f"<th scope=col>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = f"<tr>{head}</tr>" if columns else ""
    return f"<h2>{escape(title)}</h2><table>{head}{body}</table>"


def routes(workspace: Workspace, house: House) -> list[Route]:
    """Both pages. They work in a thread: the disk may be slow."""
    health = Health(workspace, house)

    async def healthz(request: Request) -> Response:
        told = await asyncio.to_thread(health.told)
        return JSONResponse(told, 200 if told["ok"] else 503, {"Cache-Control": "no-store"})

    async def stats(request: Request) -> Response:
        page = await asyncio.to_thread(health.page)
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    return [Route("/healthz", healthz), Route("/stats", stats)]
