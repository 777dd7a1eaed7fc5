"""A small calculation typed in place of its result: `1.4473/4`, `ln(2)`, `2/3`. The rule: nothing is guessed or run.

Sums, products, quotients and powers of numbers, and ln, log2, log10, exp and sqrt. A whole number is exact; a decimal
is as precise as its last digit, unless a function is among the calculation: -ln(0.8)/2 means exactly that.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from losscli.errors import UsageError

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d{1,3})?|\.\d+(?:[eE][+-]?\d{1,3})?)|(log10|log2|[A-Za-z]+)|([-+*/^()]))"
)

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "exp": math.exp,
    "sqrt": math.sqrt,
}

CONSTANTS = {"e": Fraction(math.e), "pi": Fraction(math.pi)}

AMBIGUOUS = "log is ln to some and log10 to others; write ln(...), log2(...) or log10(...)"

LARGEST_POWER = 400

EXACT_HALF = Fraction(1, 10**9)  # relative: what is calculated exactly is compared to nine digits


@dataclass(frozen=True)
class Range:
    """A number with the least and the largest that it may stand for."""

    mid: Fraction
    low: Fraction
    high: Fraction

    @property
    def half(self) -> Fraction:
        """How far from `mid` it reaches."""
        return max(self.high - self.mid, self.mid - self.low)


def calculated(text: str) -> Range | None:
    """What a calculation comes to; None where the text is none, Declined where its logarithm has no base."""
    tokens = _tokens(text)
    if tokens is None or len(tokens) < 2 or any(a in "+-" and b in "+-" for a, b in pairwise(tokens)):
        return None
    if "log" in tokens:
        raise UsageError(AMBIGUOUS)
    exact = any(token[0].isalpha() for token in tokens)
    try:
        found, left = _sum(tokens, exact)
    except (ArithmeticError, ValueError, LookupError, RecursionError):
        return None
    return found if not left else None


def _tokens(text: str) -> list[str] | None:
    plain, found, at = text.replace("**", "^").strip(), list[str](), 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None:
            return None
        found.append(match[0].strip())
        at = match.end()
    return found


# --- a number and what is left of the tokens, from the weakest operation to the strongest -----------------------------
def _sum(tokens: list[str], exact: bool) -> tuple[Range, list[str]]:
    total, left = _product(tokens, exact)
    while left and left[0] in "+-":
        other, rest = _product(left[1:], exact)
        total, left = _plus(total, other if left[0] == "+" else _minus(other)), rest
    return total, left


def _product(tokens: list[str], exact: bool) -> tuple[Range, list[str]]:
    found, left = _signed(tokens, exact)
    while left and left[0] in "*/":
        other, rest = _signed(left[1:], exact)
        found, left = _times(found, other if left[0] == "*" else _inverse(other)), rest
    return found, left


def _signed(tokens: list[str], exact: bool) -> tuple[Range, list[str]]:
    if tokens[0] in "+-":
        found, left = _signed(tokens[1:], exact)
        return (_minus(found) if tokens[0] == "-" else found), left
    found, left = _atom(tokens, exact)
    if not left or left[0] != "^":
        return found, left
    power, rest = _signed(left[1:], exact)
    return _power(found, power), rest


def _atom(tokens: list[str], exact: bool) -> tuple[Range, list[str]]:
    first, left = tokens[0], tokens[1:]
    if first == "(":
        found, left = _sum(left, exact)
        if left[0] != ")":
            raise ValueError
        return found, left[1:]
    if first in FUNCTIONS:
        found, left = _atom(left, exact)
        return _point(Fraction(FUNCTIONS[first](float(found.mid)))), left
    if first in CONSTANTS:
        return _point(CONSTANTS[first]), left
    number = Decimal(first)
    half = Fraction(0) if exact or "." not in first else Fraction(10) ** int(number.as_tuple().exponent) / 2
    mid = Fraction(number)
    return Range(mid, mid - half, mid + half), left


def _point(value: Fraction) -> Range:
    return Range(value, value, value)


def _plus(a: Range, b: Range) -> Range:
    return Range(a.mid + b.mid, a.low + b.low, a.high + b.high)


def _minus(a: Range) -> Range:
    return Range(-a.mid, -a.high, -a.low)


def _times(a: Range, b: Range) -> Range:
    ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Range(a.mid * b.mid, min(ends), max(ends))


def _inverse(a: Range) -> Range:
    if a.low <= 0 <= a.high:
        raise ZeroDivisionError
    return Range(1 / a.mid, 1 / a.high, 1 / a.low)


def _power(base: Range, power: Range) -> Range:
    if abs(power.mid) > LARGEST_POWER or base.mid.denominator.bit_length() > 1100:
        raise ValueError
    if power.mid.denominator != 1:
        return _point(Fraction(float(base.mid) ** float(power.mid)))
    return _point(base.mid ** int(power.mid))
