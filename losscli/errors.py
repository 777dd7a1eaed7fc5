"""What is wrong with the data. One exception for all of it; it says where, what was found and what was wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

LIKENESS = 0.75  # how alike two spellings are to be taken for one another, from 0 to 1


class DataError(Exception):
    """The data or the request can't be used; the text is one lower-case line without a full stop."""


class UsageError(DataError):
    """The request makes no sense whatever the data are: options that contradict each other."""


class Quoted(Exception):
    """A range of a file holds a quote, so that its ends may stand inside a cell: the file is to be read as a whole."""


class NoInput(Exception):
    """There is nothing to read: no argument, and standard input is a terminal or closed."""


@dataclass
class RowError(Exception):
    """A fault at a row of a block, before it is known where in the source that block stands.

    `row` counts from 0 within the block; `part` is "label", "prob", "weight" or "feature", `column` counts from 0
    within that part, or is None when the whole row is meant; `what` says what was found and what was wanted. A fault
    of several sources knows `where` it is.
    """

    row: int
    part: str
    column: int | None
    what: str
    where: "Location | None" = None

    def __post_init__(self) -> None:
        super().__init__(self.what)

    def __reduce__(self) -> tuple[type["RowError"], tuple[Any, ...]]:
        """So that it can travel between processes: an exception is made again of the arguments of its text."""
        return RowError, (self.row, self.part, self.column, self.what, self.where)


class Location(NamedTuple):
    """Where a row or a cell is: the source (None: a list), the line as an editor counts it (None: no text), the rest.

    As text: `preds.csv:4: column 'prob'`, `preds.npy: row 3`, or `row 3` of a list.
    """

    source: str | None
    line: int | None
    rest: str

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        return ": ".join(filter(None, (f"{self.source}{line}" if self.source is not None else "", self.rest)))


def of_source(error: DataError, source: str) -> DataError:
    """The error with the name of its source in front of it, once."""
    return error if str(error).startswith(f"{source}:") else DataError(f"{source}: {error}")


def shown(text: str, most: int = 40) -> str:
    """Text from the data as it may stand in a message: quoted, escaped, not endless."""
    return repr(text if len(text) <= most else text[: most - 1] + "…").replace("\\\\", "\\")


def plural(count: int, noun: str, nouns: str = "") -> str:
    """A number of things: `1 row`, `2 rows`; `nouns` is the plural where it is not the noun and an s."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"


def word_list(words: Sequence[str], last: str = "or") -> str:
    """Words as a sentence lists them: `a, b or c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def nearest(word: str, words: Iterable[str], count: int = 1) -> list[str]:
    """The words that a misspelt one may be: the same letters in another order come first."""
    from difflib import get_close_matches

    known = list(dict.fromkeys(words))
    turned = [other for other in known if len(word) > 2 and sorted(other) == sorted(word)]
    return (turned or get_close_matches(word, known, count, LIKENESS))[:count]


def printable_line(text: str) -> str:
    """A message as one line that can't steer a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
