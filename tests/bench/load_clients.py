"""What one client of the load script does: asks, and checks that the answer belongs to what it
asked. Every call returns how it ended; a wrong answer raises :class:`Mixed`.
"""

import random
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from avsl.ui import copy
from tests.bench.load_material import Material, Sent

POSITION = re.compile(r"position (\d+)")
LOOK_EVERY_S = 0.1
PATIENCE_S = 240.0  # for one answer
SENTENCE = re.compile(r"^[A-Z\"'].{8,}[.?!]$", re.DOTALL)


class Mixed(Exception):
    """An answer that cannot be of what was asked."""


@dataclass(eq=False)
class Visitor:
    """One client of many."""

    url: str
    material: Material
    random: random.Random
    positions: list[list[int]] = field(default_factory=list)  # as told, of each job that waited

    def __post_init__(self) -> None:
        self.client = Client(
            self.url, verbose=False, download_files=False, analytics_enabled=False, max_workers=2,
            httpx_kwargs={"timeout": 60},
        )

    def close(self) -> None:
        self.client.close()

    def anything(self) -> tuple[str, str, float]:
        """Do something: (what, how it ended, seconds)."""
        what, work = self.random.choices(
            [
                ("clip", self.clip),
                ("picture", self.picture),
                ("bad file", self.bad_file),
                ("mistake", self.mistake),
                ("leaving", self.leave),
            ],
            [8, 4, 2, 2, 2],
        )[0]
        started_s = time.monotonic()
        return what, work(), time.monotonic() - started_s

    def clip(self) -> str:
        sent = self.random.choice(self.material.clips)
        answer = self._localize(sent.path)
        if isinstance(answer, str):
            return answer
        return self._checked(answer, sent) if self.random.random() < 0.7 else self._again(answer)

    def picture(self) -> str:
        sent, sound = self.random.choice(self.material.pictures)
        answer = self._localize(sent.path, sound)
        return answer if isinstance(answer, str) else self._checked(answer, sent)

    def bad_file(self) -> str:
        return self._refused(lambda: self._localize(self.random.choice(self.material.bad)))

    def mistake(self) -> str:
        sent = self.random.choice(self.material.clips).path
        wrong = self.random.choice(
            [
                {"variant": "no-such"},
                {"maps_per_second": -3},
                {"opacity": 7},
                {"threshold": 3},
                {"maps_per_second": 1e9},
                {"variant": "../../etc/passwd"},
            ]
        )
        return self._refused(lambda: self._localize(sent, **wrong))

    def leave(self) -> str:
        """Begin a job and go, without a word."""
        wanted = next(
            each for each in self.client.config["dependencies"] if each["api_name"] == "localize"
        )
        clip = self._upload(self.random.choice(self.material.clips).path)
        session = secrets.token_hex(8)
        asked = {
            "data": [clip, None, "sync", "heat", None, 0.5, None],
            "fn_index": wanted["id"],
            "session_hash": session,
        }
        with httpx.Client(base_url=self.url, timeout=30) as http:
            http.post("/gradio_api/queue/join", json=asked)
            if self.random.random() < 0.5:
                patience = httpx.Timeout(30, read=self.random.uniform(0.05, 2))
                try:
                    where = f"/gradio_api/queue/data?session_hash={session}"
                    with http.stream("GET", where, timeout=patience) as told:
                        next(told.iter_lines())
                except (httpx.ReadTimeout, StopIteration):
                    pass
        return "left"

    def _upload(self, path: Path) -> dict:
        with open(path, "rb") as file:
            told = httpx.post(f"{self.url}/gradio_api/upload", files={"files": file}, timeout=60)
        return {"path": told.json()[0], "meta": {"_type": "gradio.FileData"}}

    def _localize(self, clip: Path, sound: Path | None = None, **settings) -> tuple | str:
        """The answer, or one word for the sentence that came instead."""
        other = handle_file(str(sound)) if sound else None
        job = self.client.submit(
            clip=handle_file(str(clip)), sound=other, api_name="/localize",
            **{"variant": "sync"} | settings,
        )
        return self._awaited(job)

    def _awaited(self, job) -> tuple | str:
        positions: list[int] = []
        deadline_s = time.monotonic() + PATIENCE_S
        while not job.done():
            if time.monotonic() > deadline_s:
                raise Mixed("no answer in time")
            if (place := _position(job)) and (not positions or positions[-1] != place):
                positions.append(place)
            time.sleep(LOOK_EVERY_S)
        if positions:
            self.positions.append(positions)
        try:
            return job.result()
        except AppError as error:
            return _word_for(str(error))

    def _refused(self, work: Callable[[], tuple | str]) -> str:
        answer = work()
        if not isinstance(answer, str):
            raise Mixed(f"a mistake was answered: {answer}")
        return answer

    def _checked(self, answer: tuple, sent: Sent) -> str:
        *_, told = answer
        if sent.sha256 and told["provenance"]["clip_sha256"] != sent.sha256:
            raise Mixed(f"sent {sent}, told {told['provenance']}")
        if told["provenance"]["clip"] != sent.path.name:
            raise Mixed(f"sent {sent}, told {told['provenance']}")
        if abs(told["duration_s"] - sent.duration_s) > 0.15:
            raise Mixed(f"sent {sent}, told {told['duration_s']} s")
        if told["width"] != sent.width:
            raise Mixed(f"sent {sent}, told {told['width']} pixels")
        return "answered"

    def _again(self, answer: tuple) -> str:
        """Look at a moment of one's own result, and draw it anew."""
        *_, told = answer
        id_ = told["result"]
        try:
            _, moment = self.client.predict(id_, 0.5, api_name="/inspect")
            self.client.predict(id_, style="contour", api_name="/redraw")
        except AppError as error:
            return _word_for(str(error))
        if not 0 <= moment["time_s"] <= told["duration_s"]:
            raise Mixed(f"a moment at {moment['time_s']} s of {told['duration_s']} s")
        return "answered"


def _position(job) -> int | None:
    """The place in line that the job was last told."""
    status = job.status()
    for unit in status.progress_data or ():
        if found := POSITION.search(unit.desc or ""):
            return int(found.group(1))
    return None


def _word_for(sentence: str) -> str:
    if sentence.startswith(copy.BUSY[:20]):
        return "busy"
    if sentence.startswith(copy.GONE[:20]):
        return "gone"
    if sentence.startswith(copy.UNEXPECTED[:30]):
        raise Mixed(f"not a sentence of ours: {sentence}")
    if not SENTENCE.match(sentence):
        raise Mixed(f"no sentence: {sentence!r}")
    return "told"
