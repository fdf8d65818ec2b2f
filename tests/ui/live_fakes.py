"""A live session with a known answer, and rooms with a known number of places."""

import threading
from types import SimpleNamespace

import numpy as np

from avsl.localization import Verdict


class FakeSession:
    """Marks the left half of every picture; ``gate`` closed, a map takes until it is opened."""

    wanted_side_px, wanted_rate_hz = 160, 12.0

    def __init__(self, variant: object = None) -> None:
        self.variant = variant
        self.waiting: tuple[float, np.ndarray] | None = None
        self.heard: list[tuple[float, int]] = []
        self.stepped_s: list[float] = []
        self.dropped = self.resets = 0
        self.gate = threading.Event()
        self.gate.set()

    def hear(self, time_s: float, samples: np.ndarray) -> None:
        self.heard.append((time_s, len(samples)))

    def see(self, time_s: float, picture: np.ndarray) -> None:
        self.dropped += self.waiting is not None
        self.waiting = time_s, picture

    def step(self) -> SimpleNamespace | None:
        if self.waiting is None:
            return None
        (time_s, _), self.waiting = self.waiting, None
        self.gate.wait(10)
        self.stepped_s.append(time_s)
        heatmap = np.zeros((12, 16), np.float32)
        heatmap[4:8, :5] = 0.9
        return SimpleNamespace(
            time_s=time_s, map=heatmap, confidence=3.0, gate=2.4, threshold=0.5,
            verdict=Verdict.SOUNDING, loudness_dbfs=-20.0, cost_s=0.01, dropped=self.dropped,
            label="bell",
        )  # fmt: skip

    def reset(self) -> None:
        self.resets += 1


class FakeRooms:
    """``places`` people are live, the others wait in order."""

    def __init__(self, places: int = 2) -> None:
        self.places, self.inside = places, []

    def enter(self, session_id: str) -> SimpleNamespace:
        if session_id not in self.inside:
            self.inside.append(session_id)
        at = self.inside.index(session_id)
        live_now = min(len(self.inside), self.places)
        return SimpleNamespace(
            live=at < self.places, place=max(0, at - self.places + 1), live_now=live_now
        )

    def leave(self, session_id: str) -> None:
        if session_id in self.inside:
            self.inside.remove(session_id)

    def step(self, session: FakeSession) -> SimpleNamespace | None:
        return session.step()
