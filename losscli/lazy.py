"""A module that is imported when something of it is first used."""

from importlib import import_module
from typing import Any


class Lazy:
    """Stands for a module; what was used once is kept, so that later uses cost nothing more."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value
