"""One file per objective; the file's name is the objective's.

A new one is a module in this folder with ``OBJECTIVE``, a frozen dataclass of settings that keeps
the contract of :class:`~train.objectives.base.Objective`; nothing has to be registered.
"""

from dataclasses import fields
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from avsl.errors import SettingError
from train.objectives.base import Moment, Objective, terms, total

__all__ = ["Moment", "Objective", "make", "names", "terms", "total"]


def make(name: str, **settings) -> Objective:
    """The objective of that name with these settings, the rest as published.

    Raises :class:`SettingError` for a name or a setting that there is not.
    """
    known = _objectives()
    if name not in known:
        raise SettingError(f"There is no objective {name!r}. There are: {', '.join(known)}.")
    allowed = [field.name for field in fields(known[name])]
    odd = [setting for setting in settings if setting not in allowed]
    if odd:
        raise SettingError(
            f"The objective {name} has no setting {odd[0]!r}. It has: {', '.join(allowed)}."
        )
    return known[name](**settings)


def names() -> tuple[str, ...]:
    """Of all objectives, in alphabetical order."""
    return tuple(_objectives())


@cache
def _objectives() -> dict[str, type]:
    modules = {
        info.name: import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)
    }
    return {
        name: module.OBJECTIVE for name, module in modules.items() if hasattr(module, "OBJECTIVE")
    }
