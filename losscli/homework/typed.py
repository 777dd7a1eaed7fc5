"""A typed answer: what students and terminals write, as numbers with their precision.

A typed number stands for what lies within half a unit of its last digit, both ends included. Typed text is
compared as the exact decimal that it is.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction
from functools import cached_property
from math import floor, inf, isinf, isnan, log10, nan

from losscli.errors import DataError, UsageError, shown
from losscli.homework.calculation import EXACT_HALF, FUNCTIONS, calculated
from losscli.reading.lists import parse_list, unwrapped

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

SLACK = Fraction(1, 2**49)  # eight units in the last place: a float is not the exact value

SINGLE = Fraction(1, 2**22)  # relative: two units in the last place of a float32, which computations in it are off by

HALF = Fraction(1, 2)

CUT_DIGITS = 5  # typed, before digits are taken for cut off

NOTHING = 1e-15  # an answer below this is 0 as far as rounding tells


class Slack(Enum):
    """How far a typed number may be off what it stands for."""

    TYPED = auto()  # half a unit of its last digit
    RIGHT = auto()  # that, or the tolerance
    LOOSE = auto()  # that, or what a computation in float32 is off by
    UNIT = auto()  # a unit of its last digit
    CUT = auto()  # digits were cut off and not rounded: nearly a unit of the last one, towards 0
    DATA = auto()  # the data were rounded, and more digits typed than those give


@dataclass(frozen=True)
class Expected:
    """What `--expect` and the options beside it ask: the text, an own tolerance, whether the answer stays hidden."""

    text: str
    tolerance: float | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Typed:
    """A number as typed: exact, or inf or nan; right within `half`; `decimals` as typed, None where there are none.

    `cut` says that digits were left out ("0.3618..."), `rounded` that the last digit is a rounded one, and `unit` names
    a unit that is not the one asked for.
    """

    text: str
    exact: Fraction | None
    special: float = 0.0
    half: Fraction = Fraction(0)
    decimals: int | None = None
    rounded: bool = True
    cut: bool = False
    unit: str = ""
    tolerance: Fraction = Fraction(0)

    @cached_property
    def digits(self) -> int:
        """The significant digits; 0 where there is none."""
        if self.exact is None or not self.exact or not self.half:
            return 0 if self.exact == 0 else 17
        ratio = abs(self.exact) / (2 * self.half)
        return max(0, len(str(int(ratio))) if ratio >= 1 else 0)

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
    def fineness(self) -> float:
        """Half a unit of the last digit as a float."""
        try:
            return float(self.half)
        except OverflowError:
            return inf

    def fits(self, value: float, slack: Slack = Slack.TYPED, band: float = 0.0) -> bool:
        """Whether a value may be what was typed; `band` is how far the rounding of the data leaves it open."""
        match slack:
            case Slack.TYPED:
                return self._within(value, self.half)
            case Slack.RIGHT:
                return self.fits(value) or self._within(value, self.tolerance)
            case Slack.LOOSE:
                return self.fits(value, Slack.RIGHT) or (self.rounded and self._within(value, self.half, SINGLE))
            case Slack.UNIT:
                return self._within(value, 2 * self.half)
            case Slack.CUT:
                longer = self.rounded and self.digits >= CUT_DIGITS and abs(value) > abs(self.near)
                return longer and self._within(value, 2 * self.half)
        return 0.0 < band < inf and self._within(value, self.half + Fraction(band))

    def _within(self, value: float, half: Fraction, slack: Fraction = SLACK) -> bool:
        if self.exact is None or isinf(value) or isnan(value):
            return self.exact is None and (value == self.special or (isnan(value) and isnan(self.special)))
        reach = self.fineness if half is self.half else float(half) if half < 10**300 else inf
        if abs(value - self.near) > 4.0 * reach + 1e-6 * abs(value):
            return False  # far off: no need of exact arithmetic
        more = abs(Fraction(value)) - abs(self.exact)
        wide = 2 * half if self.cut and more > 0 else half
        return abs(Fraction(value) - self.exact) <= wide + slack * abs(Fraction(value))


def typed_number(text: str, unit: str = "") -> Typed:
    """The number that a text is, `unit` being the one asked for; UsageError where it is none."""
    plain, named = _normal(text), ""
    if with_unit := _UNIT.match(plain):
        plain, named = with_unit[1].strip(), _UNITS[with_unit[2].lower().removesuffix("s")]
    if cut := re.fullmatch(r"(.*\.\d+)\.{3,}", plain):
        plain = cut[1]
    found = _plain(plain, text.strip()) if len(plain) <= LONGEST and not _is_range(plain) else None
    if found is None:
        raise UsageError(f"{shown(text.strip())} is not a number{_hint(text.strip())}")
    return replace(found, cut=cut is not None, unit="" if named in ("", unit) else named)


def _normal(text: str) -> str:
    """One spelling for dashes, signs, raised and full-width digits; what stands around the number taken off."""
    plain = _RAISED.sub(lambda match: "^" + unicodedata.normalize("NFKC", match[0]), text)
    plain = unicodedata.normalize("NFKC", plain).translate(_DASHES).translate(_SIGNS).strip()
    plain = _BEFORE.sub("", plain.strip(_AROUND).strip()).strip(_AROUND)
    plain = re.sub(r"^\[1\]\s+(?=\S+$)", "", unwrapped(plain).strip())  # R's print of one number
    plain = re.sub(r"(\.\d+)\.$", r"\1", re.sub(r"\s*;$", "", plain))  # the end of a statement or a sentence
    while plain[:1] + plain[-1:] == "[]" or (plain[:1] + plain[-1:] == "()" and "(" not in plain[1:]):
        plain = plain[1:-1].strip()
    plain = re.sub(r"^([+-])\s+", r"\1", plain)
    return _POWER_OF_TEN.sub(r"\1e\2", plain)


def _plain(plain: str, text: str) -> Typed | None:
    """A decimal, a percentage, inf or nan, or a small calculation."""
    if plain.endswith("%"):
        found = _plain(plain[:-1].strip(), text)
        if found is None or found.exact is None or found.decimals is None:
            return None
        return replace(found, exact=found.exact / 100, half=found.half / 100, decimals=found.decimals + 2)
    if plain.isascii() and _DECIMAL.fullmatch(plain):
        number = Decimal(plain)
        exponent = int(number.as_tuple().exponent)
        return Typed(text, Fraction(number), half=Fraction(10) ** exponent / 2, decimals=max(0, -exponent))
    word = plain.lower().lstrip("+-")
    if word in _WORDS and len(plain) - len(word) <= 1:
        return Typed(text, None, -_WORDS[word] if plain.startswith("-") else _WORDS[word])
    worked = calculated(plain) if plain.isascii() else None
    if worked is None:
        return None
    if not worked.half:
        return Typed(text, worked.mid, half=abs(worked.mid) * EXACT_HALF, rounded=False)
    decimals = 0 if worked.half >= HALF else floor(-log10(max(float(2 * worked.half), 1e-300)) + 1e-9)
    return Typed(text, worked.mid, half=worked.half, decimals=decimals)


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
    found = _listed(text, unit) if many else [typed_number(text, unit)]
    # In a list with decimals a whole number is as precise as the entry with the fewest: 0 among 0.15 is not 0.4.
    halves = [one.half for one in found if one.decimals] if many else []
    if halves:
        found = [replace(one, half=max(halves)) if one.decimals == 0 and one.half == HALF else one for one in found]
    return tuple(replace(one, tolerance=allowed) for one in found)


def _listed(text: str, unit: str) -> list[Typed]:
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


def typed_numbers(expected: Expected, many: bool, unit: str = "") -> tuple[Typed, ...]:
    """What `--expect` gives, `unit` being the one asked for."""
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
