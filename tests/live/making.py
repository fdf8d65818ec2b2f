"""A stand-in variant whose answer and cost are known, for tests of all but the maps' sense."""

from collections.abc import Callable

import numpy as np

from avsl.live import LiveSession, Sighting, watcher_for
from avsl.live.sound import Sound
from tests.support import CornerVariant


class Ticking:
    """A clock that only moves when something is said to take time."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class StandIn:
    """Always sure that it sounds in the left half; every look takes ``cost_s`` of the clock."""

    card = CornerVariant.card

    def __init__(self, clock: Ticking | None, cost_s: float, on_look: Callable[[], None]) -> None:
        self.clock, self.cost_s, self.on_look = clock, cost_s, on_look
        self.looked_at_s: list[float] = []
        self.followed_s: list[float] = []
        self.backlog, self.settled, self.confidence = 0, True, 2.0


class StandInWatcher:
    sound_s = 2.0
    sides_px = (160, 320)

    def __init__(self, variant: StandIn) -> None:
        self._variant, self.backlog = variant, variant.backlog

    def follow(self, time_s: float, picture: np.ndarray) -> None:
        self._variant.followed_s.append(time_s)

    def look(self, time_s: float, picture: np.ndarray, sound: Sound) -> Sighting:
        variant = self._variant
        variant.looked_at_s.append(time_s)
        variant.on_look()
        if variant.clock:
            variant.clock.now_s += variant.cost_s
        heatmap = np.zeros((6, 8), np.float32)
        heatmap[:, :4] = 0.9
        return Sighting(heatmap, variant.confidence, "a bell", variant.settled)


@watcher_for.register
def _(variant: StandIn) -> StandInWatcher:
    return StandInWatcher(variant)


class Picky:
    """Raises an error of its own when looked through."""

    class Failed(Exception):
        pass

    def fail(self) -> None:
        raise Picky.Failed


def stand_in(
    clock: Ticking | None = None,
    cost_s: float = 0.0,
    on_look: Callable[[], None] = lambda: None,
) -> StandIn:
    return StandIn(clock, cost_s, on_look)


def open_session(
    clock: Ticking | None = None,
    cost_s: float = 0.0,
    on_look: Callable[[], None] = lambda: None,
) -> LiveSession:
    return LiveSession(stand_in(clock, cost_s, on_look))


def frame(height: int = 24, width: int = 32) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)
