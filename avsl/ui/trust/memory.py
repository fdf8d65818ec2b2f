"""Memory as something that jobs take and give back: what does not fit now waits its turn, what
never can is refused.
"""

import ctypes
import threading
import time
from contextlib import suppress

from avsl.clip import Clip
from avsl.errors import LimitError
from avsl.ui.trust import copy
from avsl.variants.folders import shipped_folders
from avsl.variants.fused_card import SUFFIX

BASE_BYTES = 150_000_000  # decoder, encoder and what no clip changes
FRAMES_HELD = 40  # of the decoder's and the encoder's threads, in colour
WAVEFORMS = 8  # copies and spectra of the sound, as float32
MAPS_HELD = 4  # batches, joined, judged, kept
FEATURES_BYTES = 400_000_000  # that a network keeps of a clip at most
SMALL_SIDE, LARGE_SIDE = 112, 352  # cells of a map: what ships, anything else

TIDY_EVERY_S = 5.0


def estimated_bytes(clip: Clip, variants: tuple[str, ...], map_rate_hz: float | None) -> int:
    """What a run of ``variants`` on ``clip`` takes at most, weights aside: those are shared."""
    frame = 3 * clip.width * clip.height
    sound = 4 * len(clip.waveform)
    maps = sum(_maps_bytes(clip, name, map_rate_hz) for name in variants)
    return BASE_BYTES + FRAMES_HELD * frame + WAVEFORMS * sound + maps


def _maps_bytes(clip: Clip, name: str, map_rate_hz: float | None) -> int:
    ships = name == "sync" or name.removesuffix(SUFFIX) in shipped_folders()
    side, rate_hz = (SMALL_SIDE, 10.0) if ships else (LARGE_SIDE, 2.0)
    count = max(1, round(clip.duration_s * (map_rate_hz or rate_hz)))
    features = 0 if name == "sync" else min(FEATURES_BYTES, count * FEATURES_BYTES // 1000)
    return MAPS_HELD * 4 * side * side * count + features


class Memory:
    """``most_bytes`` for all; who asks first is served first. Safe to use from many threads."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._held: dict[object, int] = {}
        self._line: list[object] = []
        self._tidied_s = -TIDY_EVERY_S
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        with self._lock:
            return sum(self._held.values())

    def require(self, needed_bytes: int) -> None:
        """Raise :class:`avsl.errors.LimitError` for what never fits."""
        if needed_bytes > self.most_bytes:
            raise LimitError(copy.too_large(needed_bytes, self.most_bytes))

    def take(self, owner: object, needed_bytes: int) -> bool:
        """Whether ``owner`` holds it now; if not it stands in line and asks again."""
        with self._lock:
            if owner not in self._line:
                self._line.append(owner)
            first = self._line[0] is owner
            if not first or sum(self._held.values()) + needed_bytes > self.most_bytes:
                return False
            self._line.remove(owner)
            self._held[owner] = needed_bytes
            return True

    def place(self, owner: object) -> int:
        """Where ``owner`` stands in line; 1 is the next."""
        with self._lock:
            return self._line.index(owner) + 1 if owner in self._line else 0

    def tidy(self) -> None:
        """Give the system back what the allocator holds on to, now and then: with many threads it
        holds a lot, and a small machine has none to spare.
        """
        with self._lock:
            if time.monotonic() - self._tidied_s < TIDY_EVERY_S:
                return
            self._tidied_s = time.monotonic()
        with suppress(OSError, AttributeError):  # only glibc has it
            ctypes.CDLL(None).malloc_trim(0)

    def give_back(self, owner: object) -> None:
        """All that ``owner`` holds, or its place in line."""
        with self._lock:
            self._held.pop(owner, None)
            if owner in self._line:
                self._line.remove(owner)
