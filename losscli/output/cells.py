"""Cells as text: rounded for people, exact for machines, and without control codes for terminals."""

from losscli.errors import printable_line

DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def pretty(value: object, digits: int) -> str:
    """A number to `digits` significant digits; text with its control characters escaped."""
    if value is None:
        return "undefined"
    if isinstance(value, float):
        return "undefined" if value != value else f"{value:.{digits}g}"
    return printable_line(str(value))


def exact(value: object) -> str:
    """The shortest text that reads back to the same value; nothing for None."""
    return "" if value is None else repr(value) if isinstance(value, float) else tame(str(value))


def tame(text: str) -> str:
    """Text from the data with its control characters escaped; line breaks, tabs and joined letters stay."""
    if text.isprintable():
        return text
    return "".join(repr(char)[1:-1] if _is_control(char) else char for char in text)


def _is_control(char: str) -> bool:
    """Whether a character is a control code (but for newline and tab) or sets the direction of writing."""
    return (char < " " and char not in "\n\t") or "\x7f" <= char <= "\x9f" or char in DIRECTIONS
