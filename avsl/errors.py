"""Errors whose text is the sentence a user reads: what went wrong and what to do about it.

Everything a user can cause derives from :class:`AvslError`; the app and the command line show
``str(error)`` as it is. ``assert`` is kept for our own bugs.
"""

import traceback
from pathlib import Path

from avsl.names import printable

HERE = Path(__file__).parent


class AvslError(Exception):
    """Base of every error that a user can cause and mend.

    Names of files are quoted in these sentences: whatever a name holds, a sentence is one line of
    printable characters.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


class MediaError(AvslError):
    """The file cannot be used: missing, empty, not a video, broken."""


class NoSoundError(AvslError):
    """The clip carries no sound track, so there is nothing to localize."""


class LimitError(AvslError):
    """The file is longer, larger or wider than :class:`avsl.settings.Limits` allows."""


class StorageError(AvslError):
    """The result cannot be written: no free disk, no permission."""


class VariantError(AvslError):
    """The variant is unknown, or its weights are not on this machine."""


class WeightsError(VariantError):
    """A file of published weights is not here, cannot be downloaded now, or is not genuine."""


class PublishError(AvslError):
    """A variant could not be put on the Hub; the text says what is there now."""


class SettingError(AvslError):
    """A setting (threshold, style, rate, format) is out of its range."""


class Cancelled(AvslError):
    """The user asked to stop; raised from a progress callback, never shown as a failure."""

    def __init__(self) -> None:
        super().__init__("Stopped. Nothing was kept of this run.")


def unexpected(error: Exception) -> str:
    """A sentence on what is no user's doing: its kind and where it arose, to be reported."""
    raised = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in raised if HERE in Path(frame.filename).parents] or raised
    place = f" in {'/'.join(Path(ours[-1].filename).parts[-2:])}:{ours[-1].lineno}" if ours else ""
    words = " ".join(str(error).split())
    told = f"{type(error).__name__}{place}" + (f": {words}" if words else "")
    return printable(f"It failed unexpectedly ({told}). Please report this.")
