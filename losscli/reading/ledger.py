"""A small table of text in memory, for questions and answers of students. Cells stay as they are.

The first line names the columns; a file without a wanted column is refused. Comments, and lines with more or fewer
cells than the header, are left out and reported.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from losscli.data.cells import SHEET_ERRORS
from losscli.errors import DataError, plural, shown
from losscli.reading.sources import open_source
from losscli.reading.text.dialect import CANDIDATES, records, unsound
from losscli.records import record

LARGEST = 1 << 28  # bytes


@record
class Line:
    """A row: where it stands, in a user's words, and its cells by the name of their column."""

    place: str
    cells: dict[str, str]


@record
class Ledger:
    """A table of text: its name in messages, its columns, its rows, and what was left out.

    `ragged` are the blemishes that are lines of another width than the header.
    """

    name: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    blemishes: tuple[str, ...] = ()
    ragged: tuple[str, ...] = ()

    def require(self, wanted: Sequence[str]) -> None:
        """Refuse a table without one of these columns."""
        for column in wanted:
            if column not in self.columns:
                listed = ", ".join(shown(name) for name in self.columns)
                raise DataError(f"{self.name}: no column {shown(column)}; the columns are {listed}")


def read_ledger(path: str, wanted: Sequence[str], encoding: str | None = None) -> Ledger:
    """The table of a path, or of standard input for `-`; the names of wanted columns are found in any letter case."""
    source = open_source(path, encoding)
    try:
        raw = source.read(LARGEST + 1)
    finally:
        source.close()
    if len(raw) > LARGEST:
        raise DataError(f"{source.name}: larger than {LARGEST >> 20} MB, too large for a table of answers")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{source.name}: these bytes are not UTF-8 text") from None
    return _ledger(source.name, text, wanted)


def _ledger(name: str, text: str, wanted: Sequence[str]) -> Ledger:
    rows = list(io.StringIO(text, newline=""))
    first = next((row for row in rows if row.strip() and not row.lstrip().startswith("#")), "")
    if not first:
        raise DataError(f"{name}: the input is empty")
    chosen = max(CANDIDATES, key=lambda mark: first.count(mark) if mark != " " else 0)
    header: list[str] | None = None
    found, ragged, comments = list[Line](), list[str](), list[str]()
    begun = 0  # the line on which the record that is being read begins; 0 between records

    def is_comment(row: str) -> bool:
        cell = row.strip().partition(chosen)[0].strip()
        return cell.startswith("#") and cell.lower() not in SHEET_ERRORS

    def lines() -> Iterator[str]:
        nonlocal begun
        for at, row in enumerate(rows, start=1):
            if not begun and is_comment(row):  # its quotes mean nothing
                comments.append(str(at))
            else:
                begun = begun or at
                yield row

    try:
        for cells in records(lines(), chosen):
            line, begun = begun, 0
            plain = [cell.strip() for cell in cells]
            if not any(plain):
                continue
            if is_comment(plain[0]):
                comments.append(str(line))
            elif header is None:
                header = [cell.lower() if cell.lower() in wanted else cell for cell in plain]
                twice = next((cell for cell in header if header.count(cell) > 1), None)
                if twice is not None:
                    raise DataError(f"{name}: two columns are called {shown(twice)}")
            elif len(plain) != len(header):
                quoted = "; quote a cell that has the delimiter in it" if len(plain) > len(header) else ""
                ragged.append(f"{name}:{line}: {plural(len(plain), 'cell')}, expected {len(header)}{quoted}")
            else:
                found.append(Line(f"{name}:{line}", dict(zip(header, plain, strict=True))))
    except csv.Error as error:
        raise DataError(f"{name}:{begun}: {unsound(error)}") from None
    blemishes = list(ragged)
    if comments:
        what = "line {} is a comment" if len(comments) == 1 else "lines {} are comments"
        blemishes.append(f"{name}: {what.format(', '.join(comments))}")
    return Ledger(name, tuple(header or ()), tuple(found), tuple(blemishes), tuple(ragged))
