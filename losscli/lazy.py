"""A module that is imported when something of it is first used; numpy is one for all that help is made of."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Array", "Ints", "Lazy", "np"]


class Lazy:
    """Stands for a module; what was used once is kept, so that later uses cost nothing more."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.intp]
else:
    np = Lazy("numpy")
    Array = Ints = Any
