"""A typed answer, as students and terminals write it, as numbers with their precision.

A typed number stands for all values within half a unit of its last digit, both ends included. It is compared as an
exact decimal.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction
from functools import cached_property
from math import floor, inf, isinf, isnan, log10, nan

from losscli.errors import DataError, UsageError, shown
from losscli.homework.calculation import EXACT_HALF, FUNCTIONS, calculated
from losscli.reading.lists import parse_list, unwrapped
from losscli.records import record

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")

_POWER_OF_TEN = re.compile(r"^(.*[\d.])\s*[*x]\s*10\s*\^\s*\(?\s*([+-]?\d{1,4})\s*\)?$")

_BEFORE = re.compile(r"^(?:(?:[A-Za-z][\w ]*(?:\([\w ,;|^]*\))?)?\s*(?:[=:≈≃≅~]|->))+\s*")

_AROUND = "\"'`$“”„‘’«»"  # noqa: RUF001  # quotes, and the dollars of LaTeX

_RANGE = re.compile(r"(\d*\.?\d+)\s*-\s*(\d*\.?\d+)")

_UNIT = re.compile(r"^(.*[\d.)%])\s*[(\[]?(nats?|bits?|shannons?|bans?|dits?|hartleys?)[)\]]?$", re.IGNORECASE)

_UNITS = {"nat": "nats", "bit": "bits", "shannon": "bits", "ban": "bans", "dit": "bans", "hartley": "bans"}

_CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)}|log)\s*\(([^()]*)\)")

_WORDS = {"inf": inf, "infinity": inf, "∞": inf, "nan": nan}

_DASHES = dict.fromkeys(map(ord, "−–‐‑‒—﹣－"), "-")  # noqa: RUF001  # the dashes of word processors

_SIGNS = {ord("×"): "*", ord("·"): "*", ord("⋅"): "*", ord("÷"): "/", ord("⁄"): "/", ord("∕"): "/"}  # noqa: RUF001

_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")

LONGEST = 320  # characters of a number

FLOAT_ERROR = Fraction(1, 2**49)  # relative: eight units in the last place, as a float is not the exact value

FLOAT32_ERROR = Fraction(1, 2**22)  # relative: two units in the last place of a float32

HALF = Fraction(1, 2)

TRUNCATED_DIGITS = 5  # an answer with fewer digits is not taken for a truncated one

TINY = 1e-15  # an answer below this may be the rounding error of 0


class Slack(Enum):
    """How far a value may be from a typed number."""

    TYPED = auto()  # half a unit of the last digit
    TOLERANCE = auto()  # that, or the tolerance
    FLOAT32 = auto()  # that, or the error of a computation in float32
    ONE_UNIT = auto()  # a unit of the last digit
    TRUNCATED = auto()  # a unit of the last digit away from 0: digits were cut off, not rounded
    ROUNDED_DATA = auto()  # half a unit of the last digit, and what the rounding of the data changes


@record
class Expected:
    """The values of `--expect`, `--tolerance` and `--hide-answer`."""

    text: str
    tolerance: float | None = None
    hidden: bool = False


@record
class Typed:
    """A typed number: `exact`, or `special` (inf or nan).

    `half_unit` is half a unit of the last digit, `decimals` the number of decimals (None for a calculation or a
    special number). `rounded` says that the last digit may be rounded, `ellipsis` that digits were left out
    ("0.3618..."). `unit` is a unit that is not the one asked for.
    """

    text: str
    exact: Fraction | None
    special: float = 0.0
    half_unit: Fraction = Fraction(0)
    decimals: int | None = None
    rounded: bool = True
    ellipsis: bool = False
    unit: str = ""
    tolerance: Fraction = Fraction(0)

    @cached_property
    def digits(self) -> int:
        """The significant digits; 0 where there is none."""
        if not self.exact or not self.half_unit:
            return 0 if self.exact == 0 else 17
        ratio = abs(self.exact) / (2 * self.half_unit)
        return max(0, len(str(int(ratio))) if ratio >= 1 else 0)

    @cached_property
    def value(self) -> float:
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
            return float(self.half_unit)
        except OverflowError:
            return inf

    def fits(self, value: float, slack: Slack = Slack.TYPED, band: float = 0.0) -> bool:
        """Whether a value may be what was typed; `band` is how far the rounding of the data may change the value."""
        match slack:
            case Slack.TYPED:
                return self._within(value, self.half_unit)
            case Slack.TOLERANCE:
                return self.fits(value) or self._within(value, self.tolerance)
            case Slack.FLOAT32:
                return self.fits(value, Slack.TOLERANCE) or (
                    self.rounded and self._within(value, self.half_unit, FLOAT32_ERROR)
                )
            case Slack.ONE_UNIT:
                return self._within(value, 2 * self.half_unit)
            case Slack.TRUNCATED:
                longer = self.rounded and self.digits >= TRUNCATED_DIGITS and abs(value) > abs(self.value)
                return longer and self._within(value, 2 * self.half_unit)
        return 0.0 < band < inf and self._within(value, self.half_unit + Fraction(band))

    def _within(self, value: float, half: Fraction, error: Fraction = FLOAT_ERROR) -> bool:
        if self.exact is None or isinf(value) or isnan(value):
            return self.exact is None and (value == self.special or (isnan(value) and isnan(self.special)))
        reach = self.reach if half is self.half_unit else float(half) if half < 10**300 else inf
        if abs(value - self.value) > 4.0 * reach + 1e-6 * abs(value):
            return False  # far off: no need of exact arithmetic
        more = abs(Fraction(value)) - abs(self.exact)
        wide = 2 * half if self.ellipsis and more > 0 else half
        return abs(Fraction(value) - self.exact) <= wide + error * abs(Fraction(value))


def typed_number(text: str, unit: str = "") -> Typed:
    """The number that a text writes; UsageError where it is none. `unit` is the one asked for."""
    plain, typed_unit = _normal(text), ""
    if with_unit := _UNIT.match(plain):
        plain, typed_unit = with_unit[1].strip(), _UNITS[with_unit[2].lower().removesuffix("s")]
    if cut := re.fullmatch(r"(.*\.\d+)\.{3,}", plain):
        plain = cut[1]
    found = _parsed(plain, text.strip()) if len(plain) <= LONGEST and not _is_range(plain) else None
    if found is None:
        raise UsageError(f"{shown(text.strip())} is not a number{_hint(text.strip())}")
    return replace(found, ellipsis=cut is not None, unit="" if typed_unit in ("", unit) else typed_unit)


def _normal(text: str) -> str:
    """The text with one spelling for dashes, signs and digits, without what stands around the number."""
    plain = _RAISED.sub(lambda match: "^" + unicodedata.normalize("NFKC", match[0]), text)
    plain = unicodedata.normalize("NFKC", plain).translate(_DASHES).translate(_SIGNS).strip()
    plain = _BEFORE.sub("", plain.strip(_AROUND).strip()).strip(_AROUND)
    plain = re.sub(r"^\[1\]\s+(?=\S+$)", "", unwrapped(plain).strip())  # R's print of one number
    plain = re.sub(r"(\.\d+)\.$", r"\1", re.sub(r"\s*;$", "", plain))  # the end of a statement or a sentence
    while plain[:1] + plain[-1:] == "[]" or (plain[:1] + plain[-1:] == "()" and "(" not in plain[1:]):
        plain = plain[1:-1].strip()
    plain = re.sub(r"^([+-])\s+", r"\1", plain)
    return _POWER_OF_TEN.sub(r"\1e\2", plain)


def _parsed(plain: str, text: str) -> Typed | None:
    """A decimal, a percentage, inf or nan, or a small calculation."""
    if plain.endswith("%"):
        found = _parsed(plain[:-1].strip(), text)
        if found is None or found.exact is None or found.decimals is None:
            return None
        return replace(found, exact=found.exact / 100, half_unit=found.half_unit / 100, decimals=found.decimals + 2)
    if plain.isascii() and _DECIMAL.fullmatch(plain):
        number = Decimal(plain)
        exponent = int(number.as_tuple().exponent)
        return Typed(text, Fraction(number), half_unit=Fraction(10) ** exponent / 2, decimals=max(0, -exponent))
    word = plain.lower().lstrip("+-")
    if word in _WORDS and len(plain) - len(word) <= 1:
        return Typed(text, None, -_WORDS[word] if plain.startswith("-") else _WORDS[word])
    worked = calculated(plain) if plain.isascii() else None
    if worked is None:
        return None
    if not worked.half:
        return Typed(text, worked.mid, half_unit=abs(worked.mid) * EXACT_HALF, rounded=False)
    decimals = 0 if worked.half >= HALF else floor(-log10(max(float(2 * worked.half), 1e-300)) + 1e-9)
    return Typed(text, worked.mid, half_unit=worked.half, decimals=decimals)


def _is_range(text: str) -> bool:
    """Whether two numbers stand for all between them: 0.36 - 0.37, and not 1 - 0.37."""
    ends = _RANGE.fullmatch(text.translate(_DASHES).strip())
    return ends is not None and float(ends[1]) < float(ends[2])


def _hint(text: str) -> str:
    if re.fullmatch(r"[^\d,]*\d*,\d+\D*", text):
        return "; write the decimal comma as a point"
    if _is_range(text):
        return ", but a range; give one number with the digits that are sure"
    if re.fullmatch(r"[+-]?[\d.]+[eE][+-]?\d+", text):
        return " within reach"
    if re.match(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*[A-Za-z]", text):
        return "; give it without a unit, or in nats, bits or bans"
    return ""


def typed_answer(text: str, many: bool = False, unit: str = "", tolerance: float | None = None) -> tuple[Typed, ...]:
    """The typed answer: one number, or with `many` a list of them."""
    allowed = Fraction(tolerance) if tolerance else Fraction(0)
    found = _typed_list(text, unit) if many else [typed_number(text, unit)]
    # In a list with decimals a whole number is as precise as the entry with the fewest: 0 among 0.15 is not 0.4.
    halves = [one.half_unit for one in found if one.decimals] if many else []
    if halves:
        found = [
            replace(one, half_unit=max(halves)) if one.decimals == 0 and one.half_unit == HALF else one for one in found
        ]
    return tuple(replace(one, tolerance=allowed) for one in found)


def _typed_list(text: str, unit: str) -> list[Typed]:
    """A list, or a matrix row after row; a lone number is a list of one."""
    try:
        return [typed_number(text, unit)]
    except UsageError:
        pass
    masked = _CALL.sub("\\1\ue000\\2\ue001", unicodedata.normalize("NFKC", text).translate(_DASHES))
    masked = re.sub(r"(\.\d+)\.{3,}(?=[\s,;\])]|$)", "\\1\ue002", masked)
    try:
        cells = parse_list(_BEFORE.sub("", masked.strip()), fractions=False).cells
    except DataError as error:
        raise UsageError(f"{error}") from None
    plain = [cell.replace("\ue000", "(").replace("\ue001", ")").replace("\ue002", "...") for cell in cells]
    return [typed_number(cell, unit) for cell in plain]


def expected_numbers(expected: Expected, many: bool, unit: str = "") -> tuple[Typed, ...]:
    """The numbers of `--expect`, `unit` being the one asked for.

    Raises:
        UsageError: The text is no number, or with `many` no list of numbers.
    """
    try:
        return typed_answer(expected.text, many, unit, expected.tolerance)
    except UsageError as error:
        problem = str(error)
    if not many and "decimal comma" not in problem:
        with suppress(UsageError):
            count = len(typed_answer(expected.text, many=True))
            if count > 1:
                problem = f"{shown(expected.text)} is a list of {count} numbers, but the answer is one number"
                problem += "; -r none gives one for each row"
    raise UsageError(f"--expect: {problem}")
