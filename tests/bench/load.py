"""Many clients at once: ``python -m tests.bench.load --clients 50 --minutes 10``.

They send clips, pictures with sounds, bad files and mistakes to an app of their own on loopback,
and some leave half-way. Every answer has to be of what was asked; at the end the app has to be
alive, as large as before, with nothing left on disk that nobody owns. Exits with 1 otherwise.
"""

import argparse
import random
import secrets
import shutil
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import httpx

from avsl.ui.layout import MOST_SESSIONS
from tests.bench.load_clients import Mixed, Visitor
from tests.bench.load_material import Material, made
from tests.bench.served import MB, Served, served

GROWTH = 0.10  # of memory, from after the warm-up to after everybody has left
SETTLE_S = 20.0
WARM_UP_S = 90.0


class Tally:
    """What happened; safe to use from many threads."""

    def __init__(self) -> None:
        self.ended: Counter = Counter()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.positions: list[list[int]] = []
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def note(self, what: str, how: str, seconds: float) -> None:
        with self._lock:
            self.ended[what, how] += 1
            self.seconds[f"{what}, {how}"].append(seconds)

    def add(self, positions: list[list[int]], wrong: str = "") -> None:
        with self._lock:
            self.positions += positions
            self.wrong += [wrong] if wrong else []


def client(
    app: Served, material: Material, seed: int, until_s: float, tally: Tally
) -> None:
    """One client's time with the app; it comes back as another now and then."""
    rng = random.Random(seed)
    time.sleep(rng.uniform(0, 5))
    while time.monotonic() < until_s:
        try:
            visitor = Visitor(app.url, material, rng)
        except Exception as error:
            tally.add([], f"no client: {error!r}")
            time.sleep(2)
            continue
        try:
            for _ in range(rng.randint(2, 8)):
                if time.monotonic() >= until_s:
                    break
                what, how, seconds = visitor.anything()
                tally.note(what, how, seconds)
                time.sleep(rng.uniform(1, 3) if how == "busy" else rng.uniform(0, 0.5))
            tally.add(visitor.positions)
        except Mixed as error:
            tally.add(visitor.positions, str(error)[:400])
        except (httpx.HTTPError, OSError) as error:
            tally.add(visitor.positions, f"no answer: {error!r}")
        except Exception as error:
            tally.add(visitor.positions, f"{type(error).__name__}: {error}"[:400])
        finally:
            visitor.close()


def crowd(app: Served, material: Material, clients: int, seconds: float, seed: int) -> Tally:
    tally, until_s = Tally(), time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=client, args=(app, material, seed + number, until_s, tally), daemon=True
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 300)
    if any(thread.is_alive() for thread in threads):
        tally.add([], "a client never came back")
    return tally


def fill(app: Served) -> None:
    """As many short visits as the app remembers sessions: these take memory up to a bound, and
    what grows from there on is a leak.
    """
    with httpx.Client(base_url=app.url, timeout=60) as http:
        config = http.get("/config").json()["dependencies"]
        asked = next(each["id"] for each in config if each["api_name"] == "inspect")
        for _ in range(MOST_SESSIONS + 10):
            session = secrets.token_hex(6)
            body = {"data": ["none", 0, "heat", None, 0.5], "fn_index": asked}
            http.post("/gradio_api/queue/join", json=body | {"session_hash": session})
            http.get(f"/gradio_api/queue/data?session_hash={session}")


def settled(app: Served) -> tuple[int, int, int]:
    """Bytes of memory, files and their bytes, once nothing runs any more."""
    deadline_s = time.monotonic() + 120
    time.sleep(SETTLE_S)
    while time.monotonic() < deadline_s and _busy(app):
        time.sleep(1)
    files = [path for path in app.files() if "examples" not in path.parts]
    return app.memory_bytes(), len(files), sum(path.stat().st_size for path in files)


def _busy(app: Served) -> bool:
    try:
        queue = app.answer("/healthz")["queue"]
    except OSError:
        return False
    return bool(queue["working"] + queue["waiting"])


def told(tally: Tally) -> None:
    for (what, how), count in sorted(tally.ended.items()):
        seconds = sorted(tally.seconds[f"{what}, {how}"])
        p50, p95 = statistics.median(seconds), seconds[int(0.95 * (len(seconds) - 1))]
        print(f"{what:>10} {how:<10} {count:6d}   p50 {p50:6.2f} s   p95 {p95:6.2f} s")
    rising = [each for each in tally.positions if each != sorted(each, reverse=True)]
    print(f"waited with a position: {len(tally.positions)}; a position that rose: {len(rising)}")
    print(f"wrong: {len(tally.wrong)}")
    for wrong, count in Counter(tally.wrong).most_common(8):
        print(f"  {count} x {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with served() as app:
        material = made(app.scratch / "material")
        print(f"app at {app.url}; warming up")
        fill(app)
        warm = crowd(app, material, options.clients, WARM_UP_S, 10_000)
        before = settled(app)
        tally = crowd(app, material, options.clients, 60 * options.minutes, options.seed)
        after = settled(app)
        alive, complaints = app.alive, app.complaints()
        told(tally)
        for name, (memory, count, size) in (("before", before), ("after", after)):
            print(f"{name}: {memory / MB:.0f} MB of memory, {count} files, {size / MB:.1f} MB")
        print(f"alive: {alive}; tracebacks in its log: {len(complaints)}")
        keep = app.log.read_text(errors="replace")
    left = [path for path in app.temporary.rglob("*") if path.is_file()]
    print(f"files after it has stopped: {len(left)}")
    grown = after[0] > (1 + GROWTH) * before[0]
    bad = bool(tally.wrong or warm.wrong or left or complaints or grown or not alive)
    if bad:
        log = Path("/tmp") / f"avsl-load-{options.seed}.log"
        log.write_text(keep)
        print(f"its log: {log}; wrong while warming up: {warm.wrong[:5]}")
    shutil.rmtree(app.scratch, ignore_errors=True)
    sys.exit(bad)


if __name__ == "__main__":
    main()
