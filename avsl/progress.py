"""How long work tells how far it is, and how it is stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[float, str], None]
"""Called with (fraction done in [0, 1], what is being done); may raise ``Cancelled`` to stop."""

_asked: ContextVar[Callable[[], None] | None] = ContextVar("asked", default=None)


def no_progress(fraction: float, stage: str) -> None:
    """The default: nobody watches."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """A progress for one step of several, which covers ``start`` to ``end`` of the whole."""

    def scaled(fraction: float, stage: str) -> None:
        progress(start + (end - start) * fraction, stage)

    return scaled


@contextmanager
def watched(progress: Progress, stage: str) -> Iterator[Progress]:
    """Gives ``progress``, which meanwhile is also told again what it was told last (first: 0 and
    ``stage``) by whoever has to wait for another process. So a stop is heard there too.
    """
    last: tuple[float, str] = (0.0, stage)

    def told(fraction: float, stage: str) -> None:
        nonlocal last
        last = (fraction, stage)
        progress(fraction, stage)

    token = _asked.set(lambda: progress(*last))
    try:
        yield told
    finally:
        _asked.reset(token)


def ask_whether_to_go_on() -> None:
    """For who waits: raises what the progress raises that watches, if one does."""
    if (ask := _asked.get()) is not None:
        ask()
