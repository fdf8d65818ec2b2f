"""How long work tells how far it is, and how it is stopped."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with (fraction done in [0, 1], what is being done); may raise ``Cancelled`` to stop."""


def no_progress(fraction: float, stage: str) -> None:
    """The default: nobody watches."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """A progress for one step of several, which covers ``start`` to ``end`` of the whole."""

    def scaled(fraction: float, stage: str) -> None:
        progress(start + (end - start) * fraction, stage)

    return scaled
