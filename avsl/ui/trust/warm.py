"""The variants that most visitors want, loaded before anybody asks."""

import os
import threading

from avsl.progress import no_progress
from avsl.ui.gallery import offers
from avsl.ui.shelf import Shelf
from avsl.ui.trust.journal import event
from avsl.ui.trust.limits import free_memory_bytes
from avsl.variants.folders import shipped_folders

SETTING = "AVSL_WARM"  # 0: load nothing before it is wanted
LEAST_FREE_BYTES = 2_000_000_000  # torch and a small network take a quarter of it


def names() -> list[str]:
    """The default, and what the examples are shown with; only what needs no download."""
    wanted = ["sync", *(offer.suits for offer in offers() if offer.suits)]
    here = {"sync", *shipped_folders()}
    return [name for name in dict.fromkeys(wanted) if name in here]


def warm(shelf: Shelf) -> threading.Thread | None:
    """Load them one after the other in the background; None where that is switched off or the
    memory is scarce.
    """
    if os.environ.get(SETTING, "").strip().lower() in ("0", "no", "off", "false"):
        return None
    if free_memory_bytes() < LEAST_FREE_BYTES:
        event("not warmed", why="little memory")
        return None
    thread = threading.Thread(target=_load, args=(shelf,), name="avsl-warm", daemon=True)
    thread.start()
    return thread


def _load(shelf: Shelf) -> None:
    for name in names():
        try:
            shelf.load(name, no_progress)
        except Exception as error:  # whoever asks for it will be told
            event("not warmed", error, why=str(error), variant=name)
        else:
            event("warm", variant=name)
