"""One visitor who is live, whatever way their messages take: a socket or single calls.

What comes in goes to the session at once; a thread of its own makes the maps. Only the newest map
waits for the visitor, so a slow way shows fewer maps, never older ones.
"""

import logging
import threading
import time
from collections.abc import Callable

import numpy as np

from avsl.errors import AvslError
from avsl.live import LiveMap, LiveSession
from avsl.localization import Verdict, regions
from avsl.ui import copy
from avsl.ui.live.house import House
from avsl.ui.live.protocol import (
    Choose,
    Hear,
    News,
    Refused,
    See,
    Shown,
    Stage,
    decode,
    encode_answer,
    picture,
)  # fmt: skip

log = logging.getLogger(__name__)

IDLE_S = 30.0  # who sends nothing for so long has left
LOOK_EVERY_S = 0.5  # how often a waiting visitor's place is asked for
JUMP_S = 5.0  # a clock that leaps further begins anew: a laptop that slept, or a lie
MOST_AT_ONCE, MOST_HZ = 400.0, 150.0  # messages: a burst after a stall, and for long


class Visit:
    """``ready`` is called, from any thread, when :meth:`collect` has something or all is over.

    Raises :class:`avsl.ui.jobs.Busy` where there is no room for one more.
    """

    def __init__(self, house: House, ready: Callable[[], None]) -> None:
        self._house, self._ready = house, ready
        self._place = house.come_in()
        self._session: LiveSession | None = None
        self._wanted: str | None = None  # the variant chosen and not yet there
        self._news: bytes | None = None
        self._map: bytes | None = None
        self._clock_s: float | None = None
        self._allowance, self._heard_of_s = MOST_AT_ONCE, time.monotonic()
        self._changed = threading.Condition()
        self._woken = self._over = False
        threading.Thread(target=self._work, name="avsl-live", daemon=True).start()

    @property
    def over(self) -> bool:
        return self._over

    def take(self, message: bytes) -> None:
        """One message of the visitor; raises :class:`Refused` if no page of ours sent it."""
        self._allow()
        match decode(message):
            case Choose(variant):
                self._wake(wanted=variant)
            case Hear(time_s, samples):
                if session := self._at(time_s):
                    session.hear(time_s, samples)
            case See(time_s, jpeg):
                if session := self._at(time_s):
                    session.see(time_s, picture(jpeg))
                    self._wake()

    def collect(self) -> list[bytes]:
        """What waits for the visitor: the newest news, the newest map; each is given once."""
        with self._changed:
            waiting = [self._news, self._map]
            self._news = self._map = None
        return [answer for answer in waiting if answer]

    def wait_for_map(self, seconds: float) -> None:
        """Until a map waits, all is over, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._map or self._over, seconds)

    def close(self) -> None:
        """Forget everything of this visitor."""
        with self._changed:
            self._over, self._session = True, None
            self._news = self._map = None
            self._changed.notify_all()

    def _allow(self) -> None:
        now_s = time.monotonic()
        earned = MOST_HZ * (now_s - self._heard_of_s)
        self._allowance = min(self._allowance + earned, MOST_AT_ONCE) - 1
        self._heard_of_s = now_s
        if self._allowance < 0:
            raise Refused("too many messages")

    def _at(self, time_s: float) -> LiveSession | None:
        """The session at a time that goes on from the last; None before there is one."""
        session = self._session
        if session and self._clock_s is not None and abs(time_s - self._clock_s) > JUMP_S:
            session.reset()
        self._clock_s = time_s
        return session

    def _wake(self, wanted: str | None = None) -> None:
        with self._changed:
            self._woken, self._wanted = True, wanted or self._wanted
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while not self._over:
                self._once()
        except Exception as error:
            self._tell(News(Stage.REFUSED, _sentence(error)))
            with self._changed:
                self._over, self._session = True, None
                self._changed.notify_all()
        finally:
            self._house.go_out(self._place)
            self._ready()

    def _once(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._woken or self._over, LOOK_EVERY_S)
            self._woken, wanted = False, self._wanted
        session = self._session
        if time.monotonic() - self._heard_of_s > IDLE_S:
            self.close()
        elif wanted is not None:
            self._begin(wanted)
        elif session and (found := self._place.step(session)):
            self._tell(_shown(found, session))

    def _begin(self, variant: str) -> None:
        """Take a place and load the variant, or say how long the line is."""
        seat = self._place.ask()
        if not seat.live:
            self._tell(News(Stage.WAITING, copy.live_waiting(seat.live_now, seat.place)))
            return
        self._tell(News(Stage.LOADING, copy.LIVE_LOADING))
        session = self._house.session(variant)
        with self._changed:
            if self._wanted == variant and not self._over:
                self._wanted, self._session = None, session
        self._tell(News(Stage.LIVE, "", session.wanted_side_px, session.wanted_rate_hz))

    def _tell(self, answer: News | Shown) -> None:
        encoded = encode_answer(answer)
        with self._changed:
            if self._over:
                return
            if isinstance(answer, News):
                self._news = encoded
            else:
                self._map = encoded
            self._changed.notify_all()
        self._ready()


def _sentence(error: Exception) -> str:
    if isinstance(error, AvslError):
        return str(error)
    log.error("a live session ended", exc_info=error)
    return copy.LIVE_UNEXPECTED


def _shown(found: LiveMap, session: LiveSession) -> Shown:
    """A map as the page wants it; it is empty unless it is sounding here."""
    height, width = found.map.shape
    places = regions(found.map, found.threshold, width, height)
    return Shown(
        time_s=found.time_s,
        levels=np.round(255 * np.clip(found.map, 0, 1)).astype(np.uint8),
        verdict=found.verdict,
        confidence=float(found.confidence),
        gate=float(found.gate),
        threshold=float(found.threshold),
        loudness_dbfs=float(found.loudness_dbfs),
        dropped=int(found.dropped),
        side_px=int(session.wanted_side_px),
        rate_hz=float(session.wanted_rate_hz),
        where=places[0].where if places else "",
        heard=found.label if found.verdict is not Verdict.SILENT else "",
    )
