"""Who is live and who waits, and fair turns on the one worker that all of them share."""

from collections import deque
from dataclasses import dataclass
from threading import Condition

from avsl.live.pace import typical
from avsl.live.session import LiveMap, LiveSession

MOST_LIVE = 8  # sessions at once, however quick the machine is
LEAST_RATE_HZ = 5.0  # maps a second that everybody should get; more sessions are not let in
REMEMBERED = 50  # steps that the machine's capacity is judged by


@dataclass(frozen=True)
class Seat:
    """Where somebody stands."""

    live: bool
    place: int  # in the line: 1 is next, 0 is live
    live_now: int  # sessions that are live


class LiveRooms:
    """Lets in as many sessions as the machine carries; the others stand in line.

    Every method may be called from any thread.
    """

    def __init__(self, most: int = MOST_LIVE) -> None:
        """``most``: sessions at once; fewer where steps turn out to be slow."""
        self._most = most
        self._changed = Condition()
        self._live: dict[str, None] = {}  # a set that keeps its order
        self._line: dict[str, None] = {}
        self._turns: deque[object] = deque()  # who waits for the worker; the first has it
        self._costs_s: deque[float] = deque(maxlen=REMEMBERED)

    def enter(self, session_id: str) -> Seat:
        """Come in or stand in line; asked again, where one stands now."""
        with self._changed:
            if session_id not in self._live:
                self._line[session_id] = None
            self._let_in()
            return self._seat(session_id)

    def leave(self, session_id: str) -> None:
        """Give up one's seat or place, for the next in line; nothing where one has neither."""
        with self._changed:
            self._live.pop(session_id, None)
            self._line.pop(session_id, None)
            self._let_in()

    @property
    def capacity(self) -> int:
        """Sessions that may be live: as many as get ``LEAST_RATE_HZ`` maps a second at the
        measured cost of a step, from 1 to the most.
        """
        with self._changed:
            return self._capacity()

    def step(self, session: LiveSession) -> LiveMap | None:
        """``session.step()`` when it is its turn: one at a time, in the order of asking.

        A session asks again only after its turn, so all that have frames waiting get the same
        number of turns. The frame looked at is the newest at the turn, not at the asking.
        """
        ticket = object()
        with self._changed:
            self._turns.append(ticket)
            self._changed.wait_for(lambda: self._turns[0] is ticket)
            sharers = len(self._live)
        try:
            session.shared_by(sharers)
            found = session.step()
        finally:
            with self._changed:
                self._turns.popleft()
                self._changed.notify_all()
        if found is not None:
            with self._changed:
                self._costs_s.append(found.cost_s)
        return found

    def _capacity(self) -> int:
        if not self._costs_s:
            return self._most
        carried = int(1 / (LEAST_RATE_HZ * typical(self._costs_s)))
        return min(max(carried, 1), self._most)

    def _let_in(self) -> None:
        while self._line and len(self._live) < self._capacity():
            first = next(iter(self._line))
            del self._line[first]
            self._live[first] = None

    def _seat(self, session_id: str) -> Seat:
        if session_id in self._live:
            return Seat(True, 0, len(self._live))
        return Seat(False, 1 + list(self._line).index(session_id), len(self._live))
