"""Nonsense at every door: ``python -m tests.bench.fuzz_api --count 2000``.

Payloads of every wrong kind to each named endpoint and each private handler, paths that lead
elsewhere to the file route, bytes to the Live socket. Everything has to end in a result or a
sentence in time; the app stays alive and sane, and the canary, a file outside of its folders, is
never served. Exits with 1 otherwise.
"""

import argparse
import json
import random
import secrets
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from avsl.ui import copy
from tests.bench.fuzz_payloads import TRICKS, text, trick, value
from tests.bench.served import Served, served

PATIENCE_S = 120.0
TOGETHER = 6
SECRET = "canary-" + secrets.token_hex(12)
RAW = (b"", b"{", b"[]", b"null", b"[" * 50_000, b"\xff\xfe", b'{"data":', b'{"data":[1e999]}')


class Fuzz:
    """One app under fire."""

    def __init__(self, app: Served, canary: Path, seed: int) -> None:
        self.app, self.canary, self.seed = app, str(canary), seed
        self.http = httpx.Client(base_url=app.url, timeout=PATIENCE_S)
        self.config = self.http.get("/config").json()
        self.ended: Counter = Counter()
        self.wrong: list[str] = []

    def one(self, number: int) -> None:
        """One attempt; whatever it does is the same for the same number."""
        dice = random.Random(f"{self.seed}-{number}")
        what = dice.choices(
            [self.named, self.private, self.file, self.live, self.raw, self.page],
            [6, 6, 3, 1, 1, 1],
        )[0]
        started_s = time.monotonic()
        try:
            how = what(dice)
        except httpx.HTTPError as error:
            how = f"{type(error).__name__}"
            self.wrong.append(f"#{number} {what.__name__}: {error!r}")
        took_s = time.monotonic() - started_s
        if took_s > PATIENCE_S:
            self.wrong.append(f"#{number} {what.__name__}: took {took_s:.0f} s")
        self.ended[what.__name__, how] += 1

    def named(self, dice: random.Random) -> str:
        """An endpoint that has a name."""
        known = [each for each in self.config["dependencies"] if each["api_name"]]
        wanted = dice.choice([each for each in known if each["api_visibility"] == "public"])
        given = [value(dice, self.canary) for _ in self._inputs(wanted, dice)]
        where = f"/gradio_api/call/{wanted['api_name']}"
        told = self.post(where, {"data": given})
        if told.status_code != 200:
            return self.judged(told)
        return self.streamed(f"{where}/{told.json()['event_id']}")

    def private(self, dice: random.Random) -> str:
        """A handler of the page, by its number."""
        wanted = dice.choice(self.config["dependencies"])
        session = secrets.token_hex(6)
        asked = {
            "data": [value(dice, self.canary) for _ in self._inputs(wanted, dice)],
            "fn_index": dice.choice([wanted["id"]] * 9 + [10**9, -1, "x", None]),
            "session_hash": dice.choice([session] * 9 + [None, 7, "../x"]),
            "event_data": dice.choice([None, {"time_s": "x"}, value(dice, self.canary)]),
            "trigger_id": dice.choice([None, 3, -5]),
        }
        told = self.post("/gradio_api/queue/join", asked)
        if told.status_code != 200 or asked["session_hash"] != session:
            return self.judged(told)
        return self.streamed(f"/gradio_api/queue/data?session_hash={session}")

    def file(self, dice: random.Random) -> str:
        """A file that is not for anybody."""
        inside = dice.choice([f"{self.app.temporary}/x/../../canary.txt", trick(dice, self.canary)])
        where = dice.choice(["/gradio_api/file=", "/file=", "/gradio_api/file/", "/static/", "/"])
        try:
            told = self.http.get(where + inside, follow_redirects=True)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return "no address"
        return self.judged(told)

    def live(self, dice: random.Random) -> str:
        """Bytes that no page of ours sends."""
        where = self.app.url.replace("http", "ws", 1) + "/live"
        try:
            with connect(where, open_timeout=PATIENCE_S, close_timeout=5) as socket:
                for _ in range(dice.randint(1, 12)):
                    text_ = dice.random() < 0.3
                    socket.send(
                        text(dice, self.canary) if text_ else dice.randbytes(dice.randint(0, 3000))
                    )
                socket.recv(timeout=10)
        except (WebSocketException, OSError) as error:
            return "closed" if not isinstance(error, TimeoutError) else "silent"
        return "answered"

    def raw(self, dice: random.Random) -> str:
        """A body that is no JSON of ours."""
        where = dice.choice(
            ["/gradio_api/queue/join", "/gradio_api/call/localize", "/gradio_api/upload",
             "/gradio_api/cancel", "/gradio_api/mcp/", "/healthz"]
        )  # fmt: skip
        content, kind = dice.choice(RAW), dice.choice(["application/json", "multipart/form-data"])
        told = self.http.post(where, content=content, headers={"content-type": kind})
        return self.judged(told)

    def page(self, dice: random.Random) -> str:
        """An address with parameters that the page reads."""
        keys = ("example", "variant", "look", "threshold", "opacity")
        asked = {key: text(dice, self.canary) for key in dice.sample(keys, 2)}
        return self.judged(self.http.get("/", params=asked))

    def _inputs(self, wanted: dict, dice: random.Random) -> range:
        """As many as it takes, mostly."""
        return range(max(0, len(wanted["inputs"]) + dice.choice([0] * 8 + [1, -1])))

    def post(self, where: str, asked: dict) -> httpx.Response:
        content = json.dumps(asked).encode()  # with NaN, which is no JSON
        return self.http.post(where, content=content, headers={"content-type": "application/json"})

    def judged(self, told: httpx.Response) -> str:
        self.look(told.text)
        return f"status {told.status_code}"

    def streamed(self, where: str) -> str:
        """Until the event has ended, one way or the other."""
        deadline_s, how = time.monotonic() + PATIENCE_S, "ended"
        with self.http.stream("GET", where) as told:
            for line in told.iter_lines():
                self.look(line)
                if '"success":false' in line.replace(" ", "") or line == "event: error":
                    how = "told"
                if "process_completed" in line or line in ("event: complete", "event: error"):
                    if copy.UNEXPECTED[:40] in line:
                        how = "unexpected"
                    if line != "event: error":
                        return how
                if how == "told" and line.startswith("data:"):
                    return "unexpected" if copy.UNEXPECTED[:40] in line else how
                if time.monotonic() > deadline_s:
                    self.wrong.append(f"no end: {where}")
                    return "no end"
        return how

    def look(self, told: str) -> None:
        if SECRET in told:
            self.wrong.append("the canary was served")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with served() as app:
        canary = app.scratch / "canary.txt"
        canary.write_text(SECRET)
        fuzz = Fuzz(app, canary, options.seed)
        with ThreadPoolExecutor(TOGETHER) as pool:
            list(pool.map(fuzz.one, range(options.count)))
        health = app.answer("/healthz") if app.alive else {}
        for (what, how), count in sorted(fuzz.ended.items()):
            print(f"{what:>8} {how:<16} {count}")
        print(f"{len(TRICKS)} ways to write a path; alive: {app.alive}; {health}")
        unexpected = [line for line in _lines(app) if line.get("level") == "error"]
        kinds = Counter((*line.get("error", ["?"])[:1], *line.get("where", ["?"])[-1:])
                        for line in unexpected)  # fmt: skip
        print(f"unexpected failures in its log: {len(unexpected)}; tracebacks {app.complaints()}")
        for kind, count in kinds.most_common(20):
            print(f"  {count} x {kind}")
        if SECRET in app.log.read_text(errors="replace"):
            fuzz.wrong.append("the canary is in the log")
        log = app.log.read_text(errors="replace")
    for wrong, count in Counter(fuzz.wrong).most_common(20):
        print(f"  WRONG {count} x {wrong}")
    bad = bool(fuzz.wrong or not health.get("ok"))
    if bad or unexpected:
        Path(f"/tmp/avsl-fuzz-{options.seed}.log").write_text(log)
    shutil.rmtree(app.scratch, ignore_errors=True)
    sys.exit(bad)


def _lines(app: Served) -> list[dict]:
    """The lines of its log that are JSON."""
    found = []
    for line in app.log.read_text(errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in found if isinstance(line, dict)]


if __name__ == "__main__":
    main()
