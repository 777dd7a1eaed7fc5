"""Whether a cell of text is a number, a missing value or a word. A number is what Python's `float()` reads."""

import re
from math import isnan

import numpy as np

from losscli.arrays import Array

MISSING = frozenset(
    {
        *("", "na", "n/a", "nan", "nat", "null", "(null)", "none", ".", "?", "\\n", "<na>"),
        *("#n/a", "#na", "#div/0!", "1.#ind", "-1.#ind", "1.#qnan"),  # of spreadsheets and of old C libraries
    }
)
# What stands in a cell of a spreadsheet that has no value.
SHEET_ERRORS = frozenset(
    {"#n/a", "#na", "#div/0!", "#ref!", "#value!", "#num!", "#name?", "#null!", "#spill!", "#calc!", "#getting_data"}
)
EXACT = 2.0**53  # below it all whole numbers are floats
DASHES = frozenset({"-", "--"})  # no value among numbers; among labels the one beside +
MINUS = "\N{MINUS SIGN}"  # as word processors and spreadsheets write it


def number(text: str) -> float | None:
    """The float that Python reads, a Unicode minus taken for a hyphen, or None.

    Underscores and digits outside ASCII are not accepted.
    """
    if not text.isascii():
        text = text.replace(MINUS, "-")
    if "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def whole_number(text: str) -> str | None:
    """A whole number in its shortest spelling, `7` for `007`, `+7` and `7.0`; None for other text, as `7e0`."""
    text = text.replace(MINUS, "-")
    whole, _, zeros = text.removeprefix("-").removeprefix("+" if text[:1] == "+" else "").partition(".")
    if not (whole.isascii() and whole.isdigit()) or zeros.strip("0"):
        return None
    whole = whole.lstrip("0") or "0"
    return f"-{whole}" if text[0] == "-" and whole != "0" else whole


def has_decimal_comma(text: str) -> bool:
    """Whether a cell would be a number if its comma were a point."""
    return text.count(",") == 1 and number(text.replace(",", ".")) is not None


def is_percentage(text: str) -> bool:
    """Whether a cell is a number of hundredths, `80%`."""
    return text.endswith("%") and number(text[:-1]) is not None


def is_like_number(text: str) -> bool:
    """Whether a cell is a number, if perhaps a spoiled one: with a decimal comma, or of hundredths."""
    return number(text) is not None or has_decimal_comma(text) or is_percentage(text)


def rounded_away(text: str) -> float | None:
    """0 or 1 if the float nearest to the cell is that number and the cell itself isn't; else None."""
    value = number(text)
    if value == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        return 0.0
    if value != 1.0:
        return None
    from decimal import Decimal

    return 1.0 if Decimal(text) < 1 else None


def is_missing(text: str) -> bool:
    """Whether a stripped cell stands for no value."""
    if text.lower() in MISSING:
        return True
    value = number(text)
    return value is not None and isnan(value)


def is_missing_number(text: str) -> bool:
    """Whether a stripped cell among numbers stands for no value."""
    return text in DASHES or is_missing(text)


def as_text(line: bytes) -> str:
    """A line as text. Bytes that aren't UTF-8 become surrogates: they are an error only in a column that is in use."""
    return line.decode("utf-8", "surrogateescape")


def is_text(cell: str) -> bool:
    """Whether all bytes of a cell were UTF-8 (see `as_text`)."""
    return cell.isascii() or not any("\udc80" <= char <= "\udcff" for char in cell)


def numbers(cells: list[str]) -> Array | None:
    """All cells as floats, or None when one isn't a number or is NaN."""
    text = "".join(cells)
    if not text.isascii() and MINUS in text:
        cells = [cell.replace(MINUS, "-") for cell in cells]
        text = "".join(cells)
    if "_" in text or not text.isascii():
        return None
    try:
        values = np.array(list(map(float, cells)), dtype=np.float64)
    except ValueError:
        return None
    return None if np.isnan(values).any() else values


def canonical(label: str | float) -> str:
    """One spelling for one label: numbers as their shortest text (1, 1.0 and 01 are one label), words stripped.

    Whole numbers are exact, however large.
    """
    value = number(label) if isinstance(label, str) else float(label)
    if value is None or isnan(value):
        return str(label).strip()
    if isinstance(label, str) and abs(value) >= EXACT:
        from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context  # which few tables need

        context = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
        exact = context.create_decimal(label.strip().replace(MINUS, "-"))
        if exact.is_finite():
            whole = exact.adjusted() < 1000 and exact == exact.to_integral_value()
            return str(int(exact)) if whole else str(exact.normalize(context))
        if "e" in label.casefold():
            return label.strip()  # an exponent of more than 18 digits
    return str(int(value)) if value.is_integer() and abs(value) < 1e22 else repr(value)
