"""A typed answer: its precision, whether it is right, and what else on the data would give it.

The rule: a typed answer is right when the true value lies within half a unit of its last digit, both ends included.
Typed text is compared as the exact decimal that it is.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import inf, isinf, isnan, nan

from losscli.errors import DataError, Declined, shown

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")

_RATIO = re.compile(r"([+-]?\d{1,300})\s*/\s*(\d{1,300})")

_WORDS = {"inf": inf, "infinity": inf, "nan": nan}

LONGEST = 320  # characters of a number

SLACK = Fraction(1, 2**49)  # eight units in the last place: a float is not the exact value

HALF = Fraction(1, 2)

RATIO_PRECISION = Fraction(1, 10**9)


@dataclass(frozen=True)
class Typed:
    """A number as typed: exact, or inf or nan; right within `half`; `decimals` as typed, None where there are none."""

    text: str
    exact: Fraction | None
    special: float = 0.0
    half: Fraction = Fraction(0)
    decimals: int | None = None

    @property
    def few_digits(self) -> bool:
        """Whether so few decimals were typed that different answers look alike."""
        return self.decimals is not None and self.decimals <= 2

    @cached_property
    def near(self) -> float:
        """The number as a float."""
        if self.exact is None:
            return self.special
        try:
            return float(self.exact)
        except OverflowError:  # typed beyond the range of floats
            return inf if self.exact > 0 else -inf

    @cached_property
    def reach(self) -> float:
        """Half a unit of the last digit as a float."""
        try:
            return float(self.half)
        except OverflowError:
            return inf

    def fits(self, value: float, units: int = 1) -> bool:
        """Whether a value is what was typed, at the typed precision; `units` widens that."""
        if self.exact is None or isinf(value) or isnan(value):
            return self.exact is None and (value == self.special or (isnan(value) and isnan(self.special)))
        if abs(value - self.near) > 2.0 * units * self.reach + 1e-9 * abs(value):
            return False  # far off: no need of exact arithmetic
        off = abs(Fraction(value) - self.exact)
        return off <= units * self.half + SLACK * abs(Fraction(value))


def typed_number(text: str) -> Typed:
    """The number that a text is; Declined where it is none."""
    plain = text.strip()
    if len(plain) <= LONGEST and _DECIMAL.fullmatch(plain) and plain.isascii():
        number = Decimal(plain)
        exponent = int(number.as_tuple().exponent)
        return Typed(plain, Fraction(number), half=Fraction(10) ** exponent / 2, decimals=max(0, -exponent))
    ratio = _RATIO.fullmatch(plain) if plain.isascii() else None
    if ratio and int(ratio[2]):
        exact = Fraction(int(ratio[1]), int(ratio[2]))
        return Typed(plain, exact, half=abs(exact) * RATIO_PRECISION)
    word = plain.lower().lstrip("+-")
    if word in _WORDS and len(plain) - len(word) <= 1:
        return Typed(plain, None, -_WORDS[word] if plain.startswith("-") else _WORDS[word])
    raise Declined(f"--expect: {shown(plain)} is not a number{_hint(plain)}")


def _hint(text: str) -> str:
    if re.fullmatch(r"[+-]?\d*,\d+", text):
        return "; write the decimal comma as a point"
    if re.fullmatch(r"[+-]?[\d.]+[eE][+-]?\d+", text):
        return " within reach"
    if re.match(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*[A-Za-z%]", text):
        return "; give it without a unit"
    return ""


def typed_answer(text: str, many: bool = False) -> tuple[Typed, ...]:
    """The typed answer: one number, or with `many` a list of them."""
    if not many:
        return (typed_number(text),)
    from losscli.reading.inline import parse_inline

    try:
        cells = parse_inline(text).cells
    except DataError as error:
        raise Declined(f"--expect: {error}") from None
    return _of_one_precision([typed_number(cell) for cell in cells])


def _of_one_precision(entries: list[Typed]) -> tuple[Typed, ...]:
    """In a list with decimals a whole number is as precise as the entry with the fewest: 0 among 0.15 is not 0.4."""
    coarsest = max((one.half for one in entries if one.decimals), default=None)
    if coarsest is None:
        return tuple(entries)
    return tuple(replace(one, half=coarsest) if one.decimals == 0 and one.half == HALF else one for one in entries)
