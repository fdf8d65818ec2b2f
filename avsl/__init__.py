"""avsl shows where a sound comes from in a video.

>>> import avsl
>>> clip = avsl.read("clip.mp4")
>>> found = avsl.Localizer("sync").run(clip)
>>> found.maps.shape, found.verdicts[0]
"""

from avsl import errors, variants
from avsl.clip import Clip
from avsl.localization import Localization, Verdict
from avsl.localizer import Localizer
from avsl.media import read
from avsl.variants import load
from avsl.version import __version__

__all__ = [
    "Clip",
    "Localization",
    "Localizer",
    "Verdict",
    "__version__",
    "errors",
    "load",
    "read",
    "variants",
]
