"""What a cell of text is: a number, a missing value or a word. The one rule: a number is what `float()` reads."""

from math import isnan

import numpy as np
from numpy.typing import NDArray

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "."})


def number(text: str) -> float | None:
    """The float that Python reads, or None; underscores and digits outside ASCII are not accepted."""
    if "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def has_decimal_comma(text: str) -> bool:
    """Whether a cell would be a number if its comma were a point."""
    return text.count(",") == 1 and number(text.replace(",", ".")) is not None


def is_percentage(text: str) -> bool:
    """Whether a cell is a number of hundredths, `80%`."""
    return text.endswith("%") and number(text[:-1]) is not None


def is_missing(text: str) -> bool:
    """Whether a stripped cell stands for no value."""
    if text.lower() in MISSING:
        return True
    value = number(text)
    return value is not None and isnan(value)


def numbers(cells: list[str]) -> NDArray[np.float64] | None:
    """All cells as floats, or None when one isn't a number or is NaN."""
    text = "".join(cells)
    if "_" in text or not text.isascii():
        return None
    try:
        values = np.array(list(map(float, cells)), dtype=np.float64)
    except ValueError:
        return None
    return None if np.isnan(values).any() else values


def canonical(label: str | float) -> str:
    """One spelling for one label: numbers as their shortest text (1, 1.0 and 01 are one label), words stripped."""
    value = number(label) if isinstance(label, str) else float(label)
    if value is None or isnan(value):
        return str(label).strip()
    return str(int(value)) if abs(value) < 1e16 and value.is_integer() else repr(value)
