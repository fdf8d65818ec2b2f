"""ZeroGPU, the Spaces whose graphics card is lent for the time of one call.

What is called runs in a process of its own, and only what can be pickled goes there and comes
back: so names and files go, and a Localization comes. Elsewhere nothing of this is needed, and the
package ``spaces`` never is.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path

from avsl import devices, media, variants
from avsl.clip import Clip
from avsl.localization import Localization
from avsl.localizer import Localizer
from avsl.progress import Progress
from avsl.ui.trust import copy
from avsl.variants import Variant, origin_of

LONGEST_S = 120  # that the card is asked for


def with_card(work: Callable) -> Callable:
    """``work``, which on a ZeroGPU Space has the card; elsewhere it is what it was."""
    if devices.ZERO not in os.environ:
        return work
    try:
        import spaces
    except ImportError:
        return work
    return spaces.GPU(duration=LONGEST_S)(work)


def localize(
    variant: Variant, clip: Clip, map_rate_hz: float | None, progress: Progress
) -> Localization:
    """As :meth:`avsl.Localizer.run`; on a ZeroGPU Space a network has the card, and then
    ``progress`` hears only of the beginning and the end.
    """
    paths = [str(file.path) for file in clip.files if file.path]
    name = origin_of(variant).asked
    if devices.ZERO not in os.environ or not hasattr(variant, "device") or not (name and paths):
        return Localizer(variant).run(clip, map_rate_hz, progress)
    progress(0.0, copy.STAGE_CARD)
    found = _localized(name, paths, map_rate_hz)
    progress(1.0, copy.STAGE_CARD)
    return found


@with_card  # when this is imported: such a Space looks for one at its start
def _localized(name: str, paths: list[str], map_rate_hz: float | None) -> Localization:
    devices.card_is_lent()
    clip = media.read(Path(paths[0]), sound=Path(paths[1]) if len(paths) > 1 else None)
    return Localizer(_loaded(name)).run(clip, map_rate_hz)


@functools.cache
def _loaded(name: str) -> Variant:
    """In the process with the card, which may be used again."""
    return variants.load(name)
