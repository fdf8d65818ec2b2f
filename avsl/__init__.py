"""avsl shows where a sound comes from in a video.

>>> import avsl
>>> clip = avsl.read("clip.mp4")
>>> found = avsl.Localizer("sync").run(clip)
>>> found.maps.shape, found.verdicts[0]
"""

import getpass
import os
from pathlib import Path

from avsl import errors, variants
from avsl.clip import Clip
from avsl.localization import Localization, Verdict
from avsl.localizer import Localizer
from avsl.media import read
from avsl.variants import Variant, load
from avsl.version import __version__


def convert_published(clipseg: Path | str, beats: Path | str, acl: Path | str) -> Variant:
    """ACL from the files its parts were released in: see :mod:`avsl.checkpoint`."""
    from avsl.checkpoint import convert_published  # networks take seconds to import

    return convert_published(clipseg, beats, acl)


def _name_user() -> None:
    """torch asks for the user's name when networks are imported. In a container the user may be a
    mere number (``docker run --user 12345``), which then has to do.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError, ImportError):  # by version of Python and system
        os.environ["LOGNAME"] = str(os.getuid()) if hasattr(os, "getuid") else "user"


_name_user()

__all__ = [
    "Clip",
    "Localization",
    "Localizer",
    "Verdict",
    "__version__",
    "convert_published",
    "errors",
    "load",
    "read",
    "variants",
]
