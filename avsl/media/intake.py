"""The doors for files: decoded in this process, or after :func:`isolate` in children.

A script reads its owner's own files, and a child would only cost it: so a plain ``avsl.read``
decodes here. The app reads strangers' files, and calls :func:`isolate` once when it is built: a
switch for the whole process, since a parameter at each of its many reads could be forgotten at one.
"""

import logging
import os
from pathlib import Path
from types import ModuleType

import numpy as np

from avsl.clip import Clip
from avsl.media import reading as here
from avsl.settings import LIMITS, Limits

log = logging.getLogger(__name__)
_readers: ModuleType = here


def isolate(wanted: bool = True) -> None:
    """From now on every file is decoded in a child process (or, without ``wanted``, in this one).

    Where processes cannot be forked (Windows) it stays in this one, which the log says.
    """
    global _readers
    if not wanted:
        _readers = here
    elif not hasattr(os, "fork"):
        log.warning("no fork on this system: files are decoded in the app's own process")
    else:
        from avsl.media import remote

        remote.keeper.start()
        _readers = remote


def isolated() -> bool:
    """Whether files are decoded in child processes."""
    return _readers is not here


def read(path: str | Path, sound: str | Path | None = None, limits: Limits = LIMITS) -> Clip:
    """Read a video, or a picture or video together with the sound of another file.

    Frames stay in the file until asked for; the sound is decoded here, to mono 16 kHz. A video
    without a sound track gives a clip whose waveform is empty. ``Clip.notes`` says all that had to
    be done. Raises ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    return _readers.read(path, sound, limits)


def read_sound(path: str | Path, limits: Limits = LIMITS) -> tuple[np.ndarray, tuple[str, ...]]:
    """The sound of a sound file or a video alone: (S,) float32 mono 16 kHz, and notes on what had
    to be done to it. Raises ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    return _readers.read_sound(path, limits)


def read_picture(
    path: str | Path, time_s: float | None = None, limits: Limits = LIMITS
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A picture file, or the frame of a video on screen ``time_s`` after its first one (None:
    half-way): uint8 (H, W, 3) RGB, upright, and notes on what had to be done to it. Raises
    ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    return _readers.read_picture(path, time_s, limits)


def read_mask(path: str | Path, limits: Limits = LIMITS) -> np.ndarray:
    """A picture file as brightness, uint8 (H, W); what is transparent is black. Raises
    ``MediaError`` or ``LimitError`` with a sentence for the user.
    """
    return _readers.read_mask(path, limits)
