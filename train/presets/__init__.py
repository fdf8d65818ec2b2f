"""Presets: whole trainings by name. Those of the papers need their data, the tiny ones nothing.

A new one is an entry of ``PRESETS`` in a module of this folder; nothing has to be registered.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from avsl.errors import SettingError
from train.config import TrainConfig, read_config


def preset(name: str) -> TrainConfig:
    """By its name, or of a config.json that lies beside the weights of an earlier training."""
    if name.endswith(".json"):
        return read_config(Path(name))
    if name not in presets():
        raise SettingError(
            f"There is no preset {name!r}. There are: {', '.join(presets())}; or the config.json "
            "of an earlier training."
        )
    return presets()[name]


@cache
def presets() -> dict[str, TrainConfig]:
    """All of them by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__))
    found = {name: each for module in modules for name, each in module.PRESETS.items()}
    return dict(sorted(found.items()))
