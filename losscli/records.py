"""Records: dataclasses that the type checker keeps from being changed.

`dataclass(frozen=True)` writes and compiles a handful of functions for each class, which together are a sixth of a
start-up. Records share those functions but for `__init__`, and nothing checks at run time that a record isn't changed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def record(cls: type[T]) -> type[T]: ...
@overload
def record(*, init: bool = True, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T] | None = None, *, init: bool = True, eq: bool = True) -> Any:
    """A class of fields, as `dataclass` makes it; equal to others by its fields unless `eq` is False."""

    def made(cls: type[T]) -> type[T]:
        shared = (("__repr__", _text), ("__eq__", _equal), ("__hash__", _hash)) if eq else (("__repr__", _text),)
        for name, function in shared:
            if name not in vars(cls) or (name == "__hash__" and vars(cls)[name] is None):
                setattr(cls, name, function)
        return dataclass(init=init, repr=False, eq=False)(cls)

    return made if cls is None else made(cls)


def _compared(of: Any) -> tuple[Any, ...]:
    return tuple([getattr(of, name) for name, one in of.__dataclass_fields__.items() if one.compare])


def _equal(self: object, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return _compared(self) == _compared(other)


def _hash(self: object) -> int:
    return hash(_compared(self))


def _text(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{self.__class__.__qualname__}({fields})"
