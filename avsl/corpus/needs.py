"""Packages of the extra ``scale``: a sentence where one is missing."""

import importlib
from types import ModuleType

from avsl.errors import SettingError


def needed(module: str) -> ModuleType:
    """The module; raises :class:`SettingError` that says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise SettingError(
            f"Whole corpora need {package}, which is not installed. Install the extra that brings "
            'it: pip install "avsl[scale]", or in a checkout pip install -e ".[scale]".'
        ) from error
