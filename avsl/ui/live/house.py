"""Where live visitors are let in: who has a place, and a session with the variant they chose."""

import secrets
import threading
from collections.abc import Callable

from avsl import variants
from avsl.devices import best_device
from avsl.errors import VariantError
from avsl.live import LiveMap, LiveRooms, LiveSession, Seat
from avsl.ui import copy
from avsl.ui.jobs import Busy
from avsl.variants import State, Variant, VariantCard

NEEDS_A_GPU = ("acl",)  # to be live
MOST_VISITS = 64  # live and waiting; more are turned away at the door


class Place:
    """One visitor's place; asking for it again keeps it."""

    def __init__(self, rooms: LiveRooms) -> None:
        self._rooms, self._name = rooms, secrets.token_hex()

    def ask(self) -> Seat:
        """Whether it is one's turn, and if not, how long the line is."""
        return self._rooms.enter(self._name)

    def step(self, session: LiveSession) -> LiveMap | None:
        """The next map, after those of the others who are live; None where no picture waits."""
        return self._rooms.step(session)

    def leave(self) -> None:
        self._rooms.leave(self._name)


class House:
    """Safe to use from many threads; keeps nothing of a visitor but their place."""

    def __init__(
        self,
        rooms: LiveRooms | None = None,
        open_session: Callable[[Variant], LiveSession] = LiveSession,
        load: Callable[[str], Variant] = variants.load,
    ) -> None:
        self._rooms, self._open_session, self._load = rooms or LiveRooms(), open_session, load
        self._variants: dict[str, Variant] = {}
        self._visits = threading.BoundedSemaphore(MOST_VISITS)
        self._visiting = 0
        self._lock = threading.Lock()

    def come_in(self) -> Place:
        """One more visitor, who has to :meth:`go_out`; raises :class:`Busy` if there are too
        many.
        """
        if not self._visits.acquire(blocking=False):
            raise Busy(copy.BUSY)
        with self._lock:
            self._visiting += 1
        return Place(self._rooms)

    def go_out(self, place: Place) -> None:
        place.leave()
        with self._lock:
            self._visiting -= 1
        self._visits.release()

    @property
    def visits(self) -> int:
        """How many are live or wait for it."""
        return self._visiting

    def session(self, name: str) -> LiveSession:
        """A fresh session; raises :class:`VariantError` for a variant that cannot be live here."""
        if name not in (names := [card.name for card in live_cards()]):
            raise VariantError(copy.not_live(name, names))
        with self._lock:  # loaded once, for everybody: sessions keep what they remember themselves
            if name not in self._variants:
                self._variants[name] = self._load(name)
        return self._open_session(self._variants[name])


def live_cards() -> list[VariantCard]:
    """The variants that can be live on this machine, the default first."""
    ready = [card for card in variants.cards() if card.state is State.READY]
    slow = NEEDS_A_GPU if best_device().type == "cpu" else ()
    return [card for card in ready if card.name not in slow]
