"""A sign of life from inside a long decode, so that slow work and a hang can be told apart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_beat: ContextVar[Callable[[], None] | None] = ContextVar("beat", default=None)


@contextmanager
def beating(beat: Callable[[], None]) -> Iterator[None]:
    """``beat`` is called for every packet that is read meanwhile; it may raise to stop."""
    token = _beat.set(beat)
    try:
        yield
    finally:
        _beat.reset(token)


def tick() -> None:
    """One more packet is through."""
    beat = _beat.get()
    if beat is not None:
        beat()
