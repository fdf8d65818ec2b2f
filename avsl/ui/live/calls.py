"""The way where no WebSocket passes: gradio's own server calls, one at a time."""

import base64
import binascii
import threading
from collections.abc import Callable

from avsl.ui.jobs import Busy
from avsl.ui.live.house import House
from avsl.ui.live.protocol import (
    MOST_BYTES,
    Kind,
    News,
    Refused,
    Stage,
    bundle,
    encode_answer,
    unbundle,
)
from avsl.ui.live.visit import Visit

MOST_CALL_BYTES = 2 * MOST_BYTES
MOST_NAME = 64  # characters a caller may be known by
MAP_WITHIN_S = 0.4  # how long a call waits for the map of the picture it brought


class Calls:
    """Keeps every caller's visit between their calls; one that falls silent ends by itself."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._visits: dict[str, Visit] = {}
        self._lock = threading.Lock()

    def exchange(self, caller: str, load: str) -> str:
        """A bundle of messages for a bundle of answers, both base64; an empty one takes leave."""
        try:
            visit, messages = self._visit(caller), unbundle(_opened(load))
            for message in messages:
                visit.take(message)
        except (Refused, Busy) as error:
            self._forget(caller)
            return _closed([encode_answer(News(Stage.REFUSED, str(error)))])
        if not messages:
            self._forget(caller)
            return ""
        if any(message[0] == Kind.SEE for message in messages):
            visit.wait_for_map(MAP_WITHIN_S)
        return _closed(visit.collect())

    def _visit(self, caller: str) -> Visit:
        with self._lock:
            self._visits = {name: each for name, each in self._visits.items() if not each.over}
            if caller not in self._visits:
                self._visits[caller] = Visit(self._house, lambda: None)
            return self._visits[caller]

    def _forget(self, caller: str) -> None:
        with self._lock:
            visit = self._visits.pop(caller, None)
        if visit:
            visit.close()


def server_function(house: House) -> Callable[[list], str]:
    """What the page's script can call as ``server.exchange([caller, load])``."""
    calls = Calls(house)

    def exchange(arguments: list) -> str:
        caller, load = arguments
        if not (isinstance(caller, str) and isinstance(load, str) and len(caller) <= MOST_NAME):
            return ""
        return calls.exchange(caller, load)

    return exchange


def _opened(load: str) -> bytes:
    if len(load) > MOST_CALL_BYTES:
        raise Refused("a call of an impossible size")
    try:
        return base64.b64decode(load, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("a call that is not base64") from error


def _closed(answers: list[bytes]) -> str:
    return base64.b64encode(bundle(answers)).decode()
