"""Modules that are imported when they are first used. `np` is numpy for what `--help` loads: help needs no numpy."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Array", "Ints", "Lazy", "np"]


class Lazy:
    """Stands for a module. An attribute is kept once it was used, so that later uses cost nothing more."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


if TYPE_CHECKING:
    import numpy as np

    from losscli.arrays import Array, Ints
else:
    np = Lazy("numpy")
    Array = Ints = Any
