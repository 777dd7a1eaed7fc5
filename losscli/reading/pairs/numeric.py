"""Keys that are numbers: `7`, `7.0` and `007` are one, but only where the keys of both tables are numbers throughout.

What is compared is the number that is written, without rounding: keys of 15 characters at most, digits with a sign and
a point, are different numbers just where their floats differ; all others are compared as decimals.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cached_property

import numpy as np

from losscli.data.cells import number
from losscli.reading.pairs.index import Bits, Keys, Rows, chosen, indexed, parts
from losscli.reading.text.floats import MARGIN, REACH, Cells, floats

Exact = tuple[Decimal | str, ...]
Cut = tuple[str, ...]  # the cells of a key

_LONGEST = 15  # characters: so many decimal digits come back from a float as they were
_PLAIN = np.isin(np.arange(256), np.frombuffer(b"\0+-.0123456789", np.uint8))


def exact(cells: Cut) -> Exact | None:
    """A key as numbers; None where a cell is none."""
    values = [number(cell) for cell in cells]
    if any(value is None for value in values):
        return None
    finite = all(value is not None and abs(value) < float("inf") for value in values)
    return tuple(map(Decimal, cells)) if finite else tuple(map(str, values))


def short_numbers(keys: Keys) -> Keys | None:
    """Keys as floats, bit for bit one where the numbers are; None where some are long, or no numbers."""
    found: list[Keys] = []
    for part in parts(keys):
        words = [_floats(column) for column in part]
        found.append(tuple(column for column in words if column is not None))
        if len(found[-1]) < len(keys):
            return None
    return tuple(map(np.concatenate, zip(*found, strict=True))) or tuple(words[:, :1] for words in keys)


def _floats(words: Bits) -> Bits | None:
    raw = words.view(np.uint8)
    if raw[:, _LONGEST:].any() or not _PLAIN[raw].all():
        return None
    width = raw.shape[1]
    buffer = np.zeros(MARGIN + raw.size + REACH, np.uint8)
    buffer[MARGIN : MARGIN + raw.size] = raw.ravel()
    starts = np.arange(len(raw), dtype=np.intp) * width + MARGIN
    values, others = floats(Cells(buffer, starts, np.count_nonzero(raw, axis=1)))
    return None if others.size else (values + 0.0).view(np.uint64).reshape(-1, 1)  # -0 is 0


class Numbers:
    """The keys of LABELS as numbers; `held` are the rows that have a key, `text` gives the cells of a row's key."""

    def __init__(self, keys: Keys, held: Rows, text: Callable[[int], Cut]) -> None:
        self._held, self._text = held, text
        self.twice: tuple[int, int] | None = None  # the first rows whose keys are one number
        words = short_numbers(chosen(keys, held))
        short = None if words is None else indexed(words, np.arange(len(held)))
        self._short = None if short is None or short.twice() else short
        self.throughout = self._short is not None or self._exact is not None

    @cached_property
    def _exact(self) -> dict[Exact, int] | None:
        """The rows by their numbers; None where a key is no number."""
        rows: dict[Exact, int] = {}
        for row in self._held.tolist():
            value = exact(self._text(row))
            if value is None:
                self.twice = None
                return None
            first = rows.setdefault(value, row)
            if first != row and self.twice is None:
                self.twice = (first, row)
        return rows

    def rows(self, keys: Keys, text: Callable[[int], Cut]) -> tuple[Rows, int | None]:
        """The row that has each of these keys as a number, -1 for none; and which of them is the first that is none."""
        count = len(keys[0])
        words = None if self._short is None else short_numbers(keys)
        found = np.full(count, -1, dtype=np.intp)
        if self._short is not None and words is not None:
            place = self._short.rows(words)
            found[place >= 0] = self._held[place[place >= 0]]
            return found, None
        values = [exact(text(at)) for at in range(count)]
        known = self._exact or {}
        found[:] = [-1 if value is None else known.get(value, -1) for value in values]
        return found, next((at for at, value in enumerate(values) if value is None), None)
