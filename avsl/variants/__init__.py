"""The registry: every variant by name."""

from collections.abc import Callable

from avsl.errors import VariantError
from avsl.variants.base import Evidence, State, Variant, VariantCard
from avsl.variants.sync import SYNC_CARD, SyncVariant

__all__ = ["Evidence", "State", "Variant", "VariantCard", "cards", "load"]

_REGISTRY: dict[str, tuple[VariantCard, Callable[[], Variant]]] = {
    SYNC_CARD.name: (SYNC_CARD, SyncVariant),
}


def cards() -> list[VariantCard]:
    """The card of every variant this version knows, the default first."""
    return [card for card, _ in _REGISTRY.values()]


def load(name: str = "sync") -> Variant:
    """The variant called ``name``; raises :class:`VariantError` with the known names."""
    if name not in _REGISTRY:
        known = ", ".join(_REGISTRY)
        raise VariantError(f"There is no variant called {name!r}. Known variants: {known}.")
    _, build = _REGISTRY[name]
    return build()
