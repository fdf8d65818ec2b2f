"""How large and how often the client should send frames, from what a step costs."""

from collections import deque
from collections.abc import Iterable
from statistics import fmean

RATES_HZ = (3.0, 30.0)  # frames a second that a client may be asked for: least and most
FIRST_RATE_HZ = 15.0  # before anything was measured
LOAD = 0.6  # of the worker's time may go into steps; the rest is for everything around them
REMEMBERED = 30  # steps that the mean is taken over
SMALLER_BELOW_HZ = 10.0  # frames shrink with the rate from here down


class Pace:
    """Adapts to what a step costs lately, without the dearest: one slow step changes nothing.

    Costs are told by the worker; what follows from them may be asked from any thread.
    """

    def __init__(self, sides_px: tuple[int, int]) -> None:
        """``sides_px``: least and most of the longer side of the frames."""
        self._sides_px = sides_px
        self._costs_s: deque[float] = deque(maxlen=REMEMBERED)
        self.sharers = 1  # sessions that take turns on the same worker

    def took(self, cost_s: float) -> None:
        """A step was done in ``cost_s`` seconds."""
        self._costs_s.append(cost_s)

    @property
    def rate_hz(self) -> float:
        """Frames a second, whole and within ``RATES_HZ``."""
        if not self._costs_s:
            return FIRST_RATE_HZ
        least, most = RATES_HZ
        turn_s = self.sharers * typical(self._costs_s)
        return float(min(max(round(LOAD / turn_s), least), most))

    @property
    def side_px(self) -> int:
        """Longer side in pixels, within ``sides_px``: the most where the rate is good."""
        (small, large), (least, _) = self._sides_px, RATES_HZ
        share = (self.rate_hz - least) / (SMALLER_BELOW_HZ - least)
        return round(small + (large - small) * min(max(share, 0.0), 1.0))


def typical(costs_s: Iterable[float]) -> float:
    """The mean of what steps cost, in seconds above 0, without the dearest of them.

    No median: where every sixth step also compares picture and sound, that one counts.
    """
    cheaper = sorted(costs_s)
    return max(fmean(cheaper[:-1] or cheaper), 1e-6)
