"""The registry: every variant by name, by folder, or by its id on the Hub.

Names are those built in and those of the trained variants that ship in ``checkpoints/``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from avsl import hub
from avsl.checksum import sha256_of
from avsl.errors import VariantError
from avsl.progress import Progress, no_progress
from avsl.variants.acl_card import acl_card, fetch_all, missing
from avsl.variants.base import (
    CARD_FILE,
    WEIGHTS_FILE,
    Evidence,
    Origin,
    State,
    Variant,
    VariantCard,
    origin_of,
)
from avsl.variants.folders import shipped_cards, shipped_folders
from avsl.variants.fused_card import SUFFIX, fused_card
from avsl.variants.sync import SYNC_CARD, SyncVariant

__all__ = [
    "Evidence",
    "Origin",
    "State",
    "Variant",
    "VariantCard",
    "cards",
    "commands",
    "is_hub_id",
    "load",
    "origin_of",
]


@dataclass(frozen=True)
class _Entry:
    card: Callable[[], VariantCard]  # asked each time, since its state changes
    missing: Callable[[], list[str]]
    load: Callable[[Progress], Variant]


def _load_acl(progress: Progress) -> Variant:
    files = fetch_all(progress)
    progress(1.0, "loading the networks")
    from avsl.checkpoint import from_files  # networks take seconds to import: only when needed

    variant = from_files(*files)
    variant.origin = Origin("acl", weights_sha256=sha256_of(*files))
    return variant


def _load_sync(progress: Progress) -> Variant:
    variant = SyncVariant()
    variant.origin = Origin("sync")
    return variant


_REGISTRY = {
    "sync": _Entry(lambda: SYNC_CARD, list, _load_sync),
    "acl": _Entry(acl_card, missing, _load_acl),
}
_FUSED = ("acl", "acl-tiny")  # shown with synchrony in the list; any other may be asked for


def cards() -> list[VariantCard]:
    """The card of every variant known by name, the default first, with its state now."""
    trained = [card for card in shipped_cards() if card.name not in _REGISTRY]
    single = [*(entry.card() for entry in _REGISTRY.values()), *trained]
    return [*single, *(fused_card(card) for card in single if card.name in _FUSED)]


def commands(name: str) -> list[str]:
    """The shell commands that put a variant's missing files on this machine, if any are."""
    semantic = name.removesuffix(SUFFIX)
    return _REGISTRY[semantic].missing() if semantic in _REGISTRY else []


def load(
    name: str = "sync", progress: Progress = no_progress, revision: str | None = None
) -> Variant:
    """A variant by name, by folder (as :mod:`avsl.checkpoint` writes), or by Hub id.

    Any of them that looks at frames and has "+sync" behind it is fused with synchrony.
    ``revision``: a branch, tag or commit of a Hub id (None: the newest of main); "user/name@v2" is
    the same as "user/name" with the revision "v2". Downloads what is missing or has changed;
    offline the last copy is used and the card's note says so. Raises :class:`VariantError` where
    there is no such variant or its files cannot be had, with what to do about it.
    """
    if name.endswith(SUFFIX) and not _is_folder(name):
        return _load_fused(name.removesuffix(SUFFIX), progress, revision)
    shipped = shipped_folders()
    local = name in _REGISTRY or name in shipped or _is_folder(name)
    if not local and is_hub_id(name):
        return _load_from_hub(name, progress, revision)
    if revision is not None:
        raise VariantError(f"{name!r} has no revisions: only a Hub id (user/name) has.")
    if name in _REGISTRY:
        return _REGISTRY[name].load(progress)
    if name in shipped:
        return _load_folder(shipped[name], Origin(name), name=name)
    if local:
        return _load_folder(Path(name), Origin(str(Path(name).resolve())))
    known = ", ".join([*_REGISTRY, *shipped])
    raise VariantError(
        f"There is no variant called {name!r}. Known variants: {known}; a folder or a Hub id "
        f"(user/name) will do as well, and any that looks at frames with {SUFFIX} behind it."
    )


def _load_fused(name: str, progress: Progress, revision: str | None) -> Variant:
    if name in ("", "sync") or name.endswith(SUFFIX):
        raise VariantError(
            f"{SUFFIX} goes behind one variant that looks at frames, such as acl{SUFFIX}, not "
            f"behind {name!r}."
        )
    semantic = load(name, progress, revision)
    from avsl.variants.fused import FusedVariant  # networks take seconds to import

    variant = FusedVariant(semantic)
    origin = origin_of(semantic)
    variant.origin = replace(origin, asked=origin.asked + SUFFIX)
    return variant


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):  # too long, or with a null
        return False


def is_hub_id(name: str) -> bool:
    """Whether ``name`` has the form "user/name" or "user/name@revision"."""
    return name.partition("@")[0].count("/") == 1


def _load_from_hub(name: str, progress: Progress, revision: str | None) -> Variant:
    """The variant is called as it was asked for, so that its name loads it again."""
    repo, _, written = name.partition("@")
    if written and revision not in (None, written):
        raise VariantError(f"{name!r} names a revision already; leave out {revision!r}.")
    revision = written or revision
    fetched = hub.fetch_folder(repo, (CARD_FILE, WEIGHTS_FILE), progress, revision)
    called = f"{repo}@{revision}" if revision else repo
    origin = Origin(repo, fetched.commit or revision or "")
    return _load_folder(fetched.folder, origin, name=called, note=fetched.note)


def _load_folder(folder: Path, origin: Origin, **facts: str) -> Variant:
    """The variant of ``folder`` with some facts of its card replaced."""
    from avsl.checkpoint import load_folder

    variant = load_folder(folder)
    variant.card = replace(variant.card, **facts)
    variant.origin = replace(origin, weights_sha256=sha256_of(folder / WEIGHTS_FILE))
    return variant
