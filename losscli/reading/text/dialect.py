"""The dialect of a text table: the delimiter is found by counting candidates in the first lines."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from losscli.errors import DataError, UsageError

if TYPE_CHECKING:
    import csv

BLOCK_BYTES = 1 << 20

CELL_BYTES = 1 << 22  # more than this between two quotes is a quote that was never closed
CANDIDATES = (",", "\t", ";", "|", " ")
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", " ": "space"}
_WORDS = {"tab": "\t", "space": " ", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
_REFUSED = frozenset('"\r\n.+-_0123456789')


class Style(NamedTuple):
    """How text is read: the delimiter (None: find it), whether rows with missing cells are dropped, bytes a block."""

    delimiter: str | None = None
    drop: bool = False
    block_bytes: int = BLOCK_BYTES
    decimal_comma: bool = False


PLAIN_STYLE = Style()


def given_delimiter(text: str) -> str:
    """The delimiter of an option: one character, or a word for one that is hard to type."""
    char = _WORDS.get(text.lower(), text)
    if len(char) != 1 or char in _REFUSED or char.isalpha():
        raise UsageError(
            f"--delimiter: {text!r} can't be one; give a single character such as , ; | or the word tab or space"
        )
    return char


def find_delimiter(lines: Sequence[str], decimal_comma: bool = False) -> str:
    """The candidate that appears equally often on each line, else the comma.

    A first line may have one less, as R writes names of columns above rows with names.
    """
    rows = [line.rstrip("\r\n") for line in lines if line.strip()]
    candidates = CANDIDATES[1:] if decimal_comma else CANDIDATES
    fitting = [char for char in candidates if _counts_agree(rows, char)]
    if "," in fitting and ";" in fitting:
        cells = [cell for row in rows[1:] or rows for cell in row.split(";") if "," in cell]
        if all(cell.replace(",", "", 1).strip().isdigit() for cell in cells):
            return ";"  # commas stand inside the cells, as in `0;0,9`
    if not fitting and len(rows) > 1:  # perhaps the first line is one short
        short = (char for char in candidates if 0 < _count(rows[0], char) + 1 == _count(rows[1], char))
        fitting = [char for char in short if _counts_agree(rows[1:], char)]
    return fitting[0] if fitting else ";" if decimal_comma else ","


def records(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """The records of lines of text, by the `csv` module of the standard library, in which quotes must be sound."""
    import csv  # which lists do without

    csv.field_size_limit(CELL_BYTES)
    if delimiter == " ":
        lines = (line.strip(" \r\n") for line in lines)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


def _counts_agree(rows: Sequence[str], char: str) -> bool:
    counts = {_count(row, char) for row in rows}
    return len(counts) == 1 and counts != {0}


def _count(row: str, char: str) -> int:
    # What stands between quotes, or in a list within a cell, doesn't count.
    bare = ("x" if char == " " else "").join(row.split('"')[::2])
    bare = re.sub(r"\[[^\[\]]*\]", "", bare) if "]" in bare else bare
    return len(bare.split()) - 1 if char == " " else bare.count(char)


def unsound(error: "csv.Error") -> DataError:
    """The error of the `csv` module as a message for users."""
    text = str(error)
    if "unexpected end" in text:
        return DataError("a quote that opens here is never closed")
    if "field larger" in text:
        return DataError(f"a cell of more than {CELL_BYTES >> 20} MiB; is this a table, and is each quote closed?")
    if "new-line" in text:
        return DataError("there is a carriage return inside the line")
    return DataError("text follows a closing quote" if "expected after" in text else text)
