"""The loaded variants: one of each for everybody, since loading is dear and fills the memory."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from avsl import variants
from avsl.errors import Cancelled
from avsl.progress import Progress
from avsl.ui import copy
from avsl.variants import Variant, VariantCard

MOST_FAILED = 100  # names that are remembered; a visitor may ask for any
LOOK_EVERY_S = 0.1  # how often a waiting job looks, and may be stopped


@dataclass(eq=False)
class _Loading:
    """A load under way, in its own thread so that those who wait for it are told and can stop."""

    watchers: int = 0
    told: tuple[float, str] = (0.0, copy.STAGE_LOADING)
    error: Exception | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, fraction: float, stage: str) -> None:
        """The load's own progress callback: it stops when nobody waits for it any more."""
        self.told = fraction, stage
        if not self.watchers:
            raise Cancelled


class Shelf:
    """Lends every variant, loaded when first asked for; safe to use from many threads.

    A network serves one job at a time, for it keeps the features of the clip at hand. What a name
    may be is for others to say: see :mod:`avsl.ui.choosing`.
    """

    def __init__(self, load: Callable[[str, Progress], Variant] = variants.load) -> None:
        self._load = load
        self._variants: dict[str, Variant] = {}
        self._loading: dict[str, _Loading] = {}
        self._failed: deque[str] = deque(maxlen=MOST_FAILED)  # at the last try
        self._lent: set[str] = set()  # the networks at work
        self._lock = threading.Lock()

    def take(self, name: str) -> Variant | None:
        """The variant if it can be had at once; :meth:`give_back` it afterwards."""
        with self._lock:
            if name not in self._variants or name in self._lent:
                return None
            if _keeps_features(self._variants[name]):
                self._lent.add(name)
            return self._variants[name]

    def give_back(self, name: str) -> None:
        with self._lock:
            self._lent.discard(name)

    def card(self, name: str) -> VariantCard | None:
        """Of a variant that is loaded."""
        with self._lock:
            return self._variants[name].card if name in self._variants else None

    def loaded(self) -> list[str]:
        """The names of all that are loaded."""
        with self._lock:
            return list(self._variants)

    def failed(self) -> list[str]:
        """The names of those that could not be loaded when they were last wanted."""
        with self._lock:
            return list(self._failed)

    def load(self, name: str, progress: Progress) -> None:
        """Have it here, without taking it. Raises what loading raises."""
        if name not in self.loaded():
            self._watch(name, progress)

    def forget(self, name: str) -> None:
        """Load it anew when it is next wanted: there may be a newer version of it."""
        with self._lock:
            self._variants.pop(name, None)

    def wait(self, name: str, progress: Progress) -> Variant:
        """The same as soon as it is loaded and free. ``progress`` hears why it takes so long.

        Raises what loading raises, for everyone who waits, and whatever ``progress`` raises.
        """
        while (variant := self.take(name)) is None:
            if name in self._variants:
                progress(0.0, copy.STAGE_LENT)
                time.sleep(LOOK_EVERY_S)
            else:
                self._watch(name, progress)
        return variant

    def _watch(self, name: str, progress: Progress) -> None:
        """Wait until a load of ``name`` has ended, begun here unless there is one under way."""
        loading = self._join(name)
        try:
            while not loading.ended.wait(LOOK_EVERY_S):
                progress(*loading.told)
        finally:
            with self._lock:
                loading.watchers -= 1
        if loading.error and not isinstance(loading.error, Cancelled):  # that was for others
            raise loading.error

    def _join(self, name: str) -> _Loading:
        with self._lock:
            begun = name in self._loading
            loading = self._loading.setdefault(name, _Loading())
            loading.watchers += 1
        if not begun:
            threading.Thread(target=self._fill, args=(name, loading), daemon=True).start()
        return loading

    def _fill(self, name: str, loading: _Loading) -> None:
        """Load ``name`` and put it on the shelf."""
        try:
            variant = self._load(name, loading.progress)
        except Exception as error:
            loading.error = error
        with self._lock:
            del self._loading[name]
            stopped = isinstance(loading.error, Cancelled)  # which says nothing of the variant
            if name in self._failed and not stopped:
                self._failed.remove(name)
            if loading.error is None:
                self._variants[name] = variant
            elif not stopped:
                self._failed.append(name)
        loading.ended.set()


def _keeps_features(variant: Variant) -> bool:
    """Whether it works in steps, between which it remembers: see the contract of variants."""
    return hasattr(variant, "encode_frames")
