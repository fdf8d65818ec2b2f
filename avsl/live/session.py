"""A live session: the newest frame and the rolling sound in, the newest map out."""

from collections import deque
from dataclasses import dataclass
from threading import Lock
from time import perf_counter

import numpy as np

from avsl.audio import AUDIBLE_DBFS
from avsl.errors import SettingError
from avsl.live.pace import Pace
from avsl.live.sound import RollingSound, Sound
from avsl.live.watcher import Sighting, watcher_for
from avsl.localization import Verdict, verdicts
from avsl.variants.base import Variant

MOST_SIDE_PX = 1280  # of a frame; a live client is asked for far less


@dataclass(frozen=True, eq=False)
class LiveMap:
    """What is said of one live frame."""

    time_s: float  # of the frame it belongs to, on the client's clock
    map: np.ndarray  # (h, w) float32 in [0, 1], over the whole frame; zero: nothing to be shown
    confidence: float  # in the variant's unit
    gate: float  # confidence from here up reads "sounding here"
    threshold: float  # map values from here up are the region
    verdict: Verdict | None  # None: audible, but too little was seen and heard to say more
    loudness_dbfs: float  # of the newest 0.25 s, in [-120, 0]
    cost_s: float  # seconds that this step took
    dropped: int  # frames so far that were never looked at because newer ones came
    label: str = ""  # what was heard, where the variant can name it


class LiveSession:
    """One client's picture and sound, looked at by one variant.

    ``see`` and ``hear`` may be called from one thread and ``step`` from another; only one thread
    may call ``step``. Nothing but the newest frame and the last seconds of sound is kept, in
    memory only.
    """

    def __init__(self, variant: Variant) -> None:
        """``variant`` may be shared by many sessions. Raises :class:`VariantError` for one that
        cannot be used live.
        """
        self._variant = variant
        self._lock = Lock()
        self._dropped = 0
        self._begin()
        self._pace = Pace(self._watcher.sides_px)

    def _begin(self) -> None:
        self._watcher = watcher_for(self._variant)
        self._sound = RollingSound(self._watcher.sound_s)
        self._waiting: deque[tuple[float, np.ndarray]] = deque()  # the newest last
        self._newest_s = -np.inf

    def hear(self, time_s: float, samples: np.ndarray) -> None:
        """The next chunk of sound, float32 (S,) mono at 16 kHz in [-1, 1].

        ``time_s`` is when its first sample sounds, in seconds on the client's clock. A gap is
        filled with silence (``missing_s``), what overlaps is cut (``repeated_s``), and timestamps
        that jitter by less than 40 ms leave the sound whole. Raises :class:`SettingError` for
        anything but floats of one dimension at a finite time.
        """
        _check_time(time_s)
        with self._lock:
            self._sound.add(time_s, samples)

    def see(self, time_s: float, picture: np.ndarray) -> None:
        """A frame, uint8 (H, W, 3) RGB, shown at ``time_s`` on the same clock as the sound.

        It takes the place of one not yet looked at, unless the variant follows a few; what nobody
        looks at counts as dropped, as does what is older than what came before. The size may
        change; where the shape does, the variant starts anew. Raises :class:`SettingError` for
        anything but such a picture at a finite time.
        """
        _check_time(time_s)
        _check_picture(picture)
        with self._lock:
            if time_s <= self._newest_s:
                self._dropped += 1
                return
            self._newest_s = time_s
            self._waiting.append((time_s, picture))
            if len(self._waiting) > 1 + self._watcher.backlog:
                self._waiting.popleft()
                self._dropped += 1

    def step(self) -> LiveMap | None:
        """Look at the newest waiting frame with everything heard so far.

        None where no frame waits, and where :meth:`reset` came while it looked.
        """
        with self._lock:
            if not self._waiting:
                return None
            *before, (time_s, picture) = self._waiting
            self._waiting.clear()
            sound, looking, dropped = self._sound.now(), self._watcher, self._dropped
        started = perf_counter()
        for frame in before:
            looking.follow(*frame)
        sighting = looking.look(time_s, picture, sound)
        cost_s = perf_counter() - started
        self._pace.took(cost_s)
        if looking is not self._watcher:
            return None  # reset while it looked: of another camera or clock
        return self._said(time_s, sighting, sound, cost_s, dropped)

    def _said(
        self, time_s: float, sighting: Sighting, sound: Sound, cost_s: float, dropped: int
    ) -> LiveMap:
        card = self._variant.card
        loudness = sound.loudness_dbfs(time_s)
        gates = card.confidence_gate, card.absence_gate
        (verdict,) = verdicts([loudness], [sighting.confidence], AUDIBLE_DBFS, *gates)
        shown = verdict is Verdict.SOUNDING
        if verdict.is_abstention and not sighting.settled:
            verdict = None
        return LiveMap(
            time_s,
            sighting.map if shown else np.zeros_like(sighting.map),
            sighting.confidence,
            card.confidence_gate,
            card.threshold,
            verdict,
            loudness,
            cost_s,
            dropped,
            sighting.label,
        )

    @property
    def missing_s(self) -> float:
        """Seconds of sound that never came since the beginning; silence stands in for them."""
        return self._sound.missing_s

    @property
    def repeated_s(self) -> float:
        """Seconds of sound that came twice since the beginning and were cut."""
        return self._sound.repeated_s

    @property
    def wanted_side_px(self) -> int:
        """Longer side of the frames the client should send now, in pixels."""
        return self._pace.side_px

    @property
    def wanted_rate_hz(self) -> float:
        """Frames a second the client should send now, from 3 to 20, as the measured cost of
        ``step`` and ``shared_by`` allow.
        """
        return self._pace.rate_hz

    def shared_by(self, sessions: int) -> None:
        """How many sessions, this one included, take turns on the same worker."""
        self._pace.sharers = max(1, sessions)

    def reset(self) -> None:
        """Forget everything seen and heard, as for another camera or another clock; ``dropped``
        and the pace go on.
        """
        with self._lock:
            self._begin()


def _check_time(time_s: float) -> None:
    if not np.isfinite(time_s):
        raise SettingError("Live frames and sound need a finite time in seconds.")


def _check_picture(picture: np.ndarray) -> None:
    good = picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
    if not good or not picture.size:
        raise SettingError("A live frame must be a uint8 array of shape (height, width, 3).")
    if max(picture.shape) > MOST_SIDE_PX:
        raise SettingError(
            f"A live frame may have {MOST_SIDE_PX} pixels a side at most, not {max(picture.shape)}."
        )
