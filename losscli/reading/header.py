"""Names of columns and labels for shell completion, from the top of a file; () if it can't be read quickly."""

import csv
import os
from collections.abc import Sequence
from itertools import islice

from losscli.data.cells import is_missing, number
from losscli.errors import DataError
from losscli.reading.sources import open_source
from losscli.reading.text.dialect import find_delimiter, records

TOP_BYTES = 1 << 16
MANY = 50  # distinct cells of a column, beyond which they are no labels that one would complete


def header_of(path: str) -> tuple[str, ...]:
    """The names of a table's columns; empty where it has none, or can't be read."""
    rows = _top(path)
    names = tuple(cell.strip() for cell in rows[0]) if rows else ()
    return names if any(name and number(name) is None for name in names) else ()


def labels_of(path: str, column: str | None, usual: Sequence[str]) -> tuple[str, ...]:
    """The distinct cells at the top of a column: of this name, or of the first that is called as is usual."""
    names = header_of(path)
    at = next((at for at, name in enumerate(names) if name == column or (not column and name.lower() in usual)), None)
    if at is None:
        return ()
    cells = dict.fromkeys(row[at].strip() for row in _top(path)[1:] if at < len(row))
    found = tuple(cell for cell in cells if not is_missing(cell))
    return found if len(found) <= MANY else ()


def _top(path: str) -> list[list[str]]:
    """The records that stand whole in the first bytes of a file; a pipe is left alone."""
    if not os.path.isfile(path):
        return []
    try:
        source = open_source(path)
        try:
            text = source.read(TOP_BYTES).decode("utf-8", "replace")
        finally:
            source.close()
        lines = [line for line in text.splitlines(keepends=True) if line.strip() and not line.startswith("#")]
        whole = lines if len(text) < TOP_BYTES else lines[:-1]
        if text.startswith("sep=") or not whole or "\0" in text:
            return []
        return list(islice(records(iter(whole), find_delimiter(whole[:20])), 1000))
    except (DataError, csv.Error, OSError):
        return []
