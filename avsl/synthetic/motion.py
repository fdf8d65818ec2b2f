"""Rhythms and the motion they cause; times and durations in seconds, on the clip's clock."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Note:
    """A sound that swells and fades: a syllable, a chirp; ``level`` in (0, 1]."""

    start_s: float
    duration_s: float
    level: float = 1.0

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s


def rhythm(
    rng: np.random.Generator, start_s: float, end_s: float, shortest_s: float, longest_s: float
) -> np.ndarray:
    """Irregular onsets (N,) from start_s to at most end_s, intervals uniform between two bounds."""
    count = int((end_s - start_s) / shortest_s) + 1
    onsets = start_s + np.cumsum([0.0, *rng.uniform(shortest_s, longest_s, count)])
    return onsets[onsets <= end_s]


def swell(u: np.ndarray | float) -> np.ndarray:
    """The envelope of a note: 0 at u = 0 and u = 1, a fast rise, a slower fall; in [0, 1]."""
    u = np.clip(u, 0.0, 1.0)
    rise = np.sin(np.pi / 2 * np.minimum(u / 0.25, 1))
    return rise * np.cos(np.pi / 2 * np.clip((u - 0.25) / 0.75, 0, 1)) ** 0.8


def openness(time_s: float, notes: list[Note]) -> float:
    """How far a mouth or beak that sounds these notes is open: [0, 1]."""
    return max(
        (
            note.level * float(swell((time_s - note.start_s) / note.duration_s))
            for note in notes
            if note.start_s < time_s < note.end_s
        ),
        default=0.0,
    )


def ringing(time_s: float, onsets: np.ndarray, rate_hz: float, decay_s: float) -> float:
    """A hit thing swinging out: fastest right at each onset, zero before the first."""
    since = time_s - onsets[onsets <= time_s]
    return float(np.sum(np.exp(-since / decay_s) * np.sin(2 * np.pi * rate_hz * since)))


def striking(time_s: float, onsets: np.ndarray, back_s: float = 0.2, fall_s: float = 0.13) -> float:
    """How far a striker is from what it strikes: 0 at each onset, 1 when raised.

    It is fastest on both sides of the hit: accelerating in, bouncing back and slowing down.
    """
    past, next_ = onsets[onsets <= time_s], onsets[onsets > time_s]
    away = 1 - (1 - min((time_s - past[-1]) / back_s, 1)) ** 3 if len(past) else 1.0
    coming = 1 - (1 - min((next_[0] - time_s) / fall_s, 1)) ** 2 if len(next_) else 1.0
    return float(min(away, coming))


def gusts(time_s: float, onsets: np.ndarray, decay_s: float) -> float:
    """Turns of a wheel that each onset spins up by one turn, slowing over ``decay_s``."""
    since = time_s - onsets[onsets <= time_s]
    return float(np.sum(1 - np.exp(-since / decay_s)))


def hop(time_s: float, onsets: np.ndarray, air_s: float) -> tuple[float, float]:
    """A jumper that leaves the ground at each onset: height in [0, 1], crouch in [0, 1].

    It crouches around the moment it leaves and again when it has landed.
    """
    flight = (time_s - onsets) / air_s
    flying = flight[(flight >= 0) & (flight <= 1)]
    height = float(4 * flying[0] * (1 - flying[0])) if len(flying) else 0.0
    contacts = np.concatenate([onsets - 0.04, onsets + air_s + 0.06])
    crouch = np.exp(-np.square((time_s - contacts) / 0.06)).max(initial=0.0)
    return height, float(crouch)


class Wander:
    """A smooth random path about zero: a hand-held camera, an idle head.

    A sum of sines of random rates and phases: standard deviation ``size`` around ``rate_hz``.
    """

    def __init__(self, rng: np.random.Generator, size: float, rate_hz: float) -> None:
        self._rates = 2 * np.pi * rate_hz * rng.uniform(0.4, 1.6, 5)
        self._phases = rng.uniform(0, 2 * np.pi, 5)
        self._size = size * np.sqrt(2 / 5)

    def __call__(self, time_s: float) -> float:
        return float(self._size * np.sin(self._rates * time_s + self._phases).sum())
