"""The registry: every variant by name, by folder, or by its id on the Hub."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from avsl import hub
from avsl.errors import VariantError
from avsl.progress import Progress, no_progress
from avsl.variants.acl_card import acl_card, fetch_all, missing
from avsl.variants.base import CARD_FILE, WEIGHTS_FILE, Evidence, State, Variant, VariantCard
from avsl.variants.sync import SYNC_CARD, SyncVariant

__all__ = ["Evidence", "State", "Variant", "VariantCard", "cards", "commands", "load"]


@dataclass(frozen=True)
class _Entry:
    card: Callable[[], VariantCard]  # asked each time, since its state changes
    missing: Callable[[], list[str]]
    load: Callable[[Progress], Variant]


def _load_acl(progress: Progress) -> Variant:
    files = fetch_all(progress)
    progress(1.0, "loading the networks")
    from avsl.checkpoint import from_files  # networks take seconds to import: only when needed

    return from_files(*files)


_REGISTRY = {
    "sync": _Entry(lambda: SYNC_CARD, list, lambda progress: SyncVariant()),
    "acl": _Entry(acl_card, missing, _load_acl),
}


def cards() -> list[VariantCard]:
    """The card of every variant this version knows, the default first, with its state now."""
    return [entry.card() for entry in _REGISTRY.values()]


def commands(name: str) -> list[str]:
    """The shell commands that put a variant's missing files on this machine, if any are."""
    return _REGISTRY[name].missing()


def load(
    name: str = "sync", progress: Progress = no_progress, revision: str | None = None
) -> Variant:
    """A variant by registered name, by folder (as :mod:`avsl.checkpoint` writes), or by Hub id.

    ``revision``: a branch, tag or commit of a Hub id (None: the newest of main). Downloads what is
    missing or has changed; offline the last copy is used and the card's note says so. Raises
    :class:`VariantError` where there is no such variant or its files cannot be had, with what to
    do about it.
    """
    by_id = name not in _REGISTRY and not Path(name).is_dir() and name.count("/") == 1
    if revision is not None and not by_id:
        raise VariantError(f"{name!r} has no revisions: only a Hub id (user/name) has.")
    if name in _REGISTRY:
        return _REGISTRY[name].load(progress)
    if Path(name).is_dir():
        return _load_folder(Path(name))
    if by_id:
        fetched = hub.fetch_folder(name, (CARD_FILE, WEIGHTS_FILE), progress, revision)
        variant = _load_folder(fetched.folder)
        variant.card = replace(variant.card, note=fetched.note)
        return variant
    known = ", ".join(_REGISTRY)
    raise VariantError(
        f"There is no variant called {name!r}. Known variants: {known}; a folder or a Hub id "
        "(user/name) will do as well."
    )


def _load_folder(folder: Path) -> Variant:
    from avsl.checkpoint import load_folder

    return load_folder(folder)
