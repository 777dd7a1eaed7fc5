"""Add results that may be empty: None, () and {} are the results of no rows."""

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def add_optional(a: T | None, b: T | None) -> T | None:
    """The sum of two results, None being the result of no rows."""
    return a + b if a is not None and b is not None else a if b is None else b  # type: ignore[operator]  # each has +


def add_each(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    """Entry by entry, () being the result of no rows."""
    return tuple(x + y for x, y in zip(a, b, strict=True)) if a and b else a or b


def add_by_key(a: Mapping[str, T], b: Mapping[str, T]) -> dict[str, T]:
    """Key by key; a key that only one has keeps its value."""
    return {**a, **{key: a[key] + value if key in a else value for key, value in b.items()}}  # type: ignore[operator]
