"""Lists given as arguments: which shape is meant, and each as a table of one block."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from losscli.data.blocks import Block, Chunk, ColumnNames, Table
from losscli.data.cells import is_missing, is_percentage, number
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError
from losscli.reading.missing import missing
from losscli.reading.pairs.inline import Inline, parse_inline
from losscli.reading.records import Layout, block_of_records, is_text, not_a_number


@dataclass(frozen=True)
class Shape:
    """Rows and cells a row of one side; `rows` is None for a file; a flat list is not yet a row or a column."""

    rows: int | None
    width: int
    flat: bool
    column: bool = False  # a list that was written as a column
    row: bool = False  # a list that was written as a matrix of one row


def numbers_or_no_file(token: str) -> Inline:
    """A list of predictions; a text in which nothing is a number was meant as a path."""
    try:
        found = parse_inline(token)
    except DataError:
        if any(mark in token for mark in ",;") or len(token.split()) > 1:
            raise
        raise DataError(f"{token}: {missing(token)}, and no list of numbers") from None
    percent = next((row for row, cell in enumerate(found.cells, 1) if is_percentage(cell)), None)
    if percent is not None:
        raise DataError(f"row {percent}: {not_a_number(found.cells[percent - 1])}")
    if not any(number(cell) is not None or is_missing(cell) for cell in found.cells):
        raise DataError(f"{token}: {missing(token)}, and no list of numbers")
    return found


def shape_of(side: Inline | Table) -> Shape:
    """The shape of one side."""
    if isinstance(side, Table):
        return Shape(None, max(side.width, len(_listed(side.columns.label))), False)
    flat = not side.matrix or len(side.rows) == 1 or len(side.rows[0]) == 1
    column, row = side.matrix and len(side.rows) > 1, side.matrix and len(side.rows) == 1
    return Shape(len(side.cells), 1, True, column, row) if flat else Shape(len(side.rows), len(side.rows[0]), False)


def _listed(names: object) -> list[object]:
    return names if isinstance(names, list) else [names]


def form_of(forms: frozenset[Form], labels: Shape, preds: Shape) -> Form:
    """What a row is, by the shapes of both sides."""
    if Form.CATEGORICAL not in forms:
        return Form.BINARY
    if Form.BINARY not in forms:
        return Form.CATEGORICAL
    if preds.width > 1:
        return Form.CATEGORICAL
    one_row = preds.flat and not preds.column and labels.rows == 1
    return Form.CATEGORICAL if (one_row or preds.row) and (preds.rows or 0) > 1 else Form.BINARY


def other_reading(labels: Inline | Table, preds: Inline | Table) -> str | None:
    """What is said where two lists, read as a trial each, would also be one row of one-hot labels and probabilities."""
    if not (isinstance(labels, Inline) and isinstance(preds, Inline)) or labels.matrix or preds.matrix:
        return None
    y, p = ([number(cell) for cell in side.cells] for side in (labels, preds))
    if len(y) != len(p) or len(y) < 2 or sorted(str(one) for one in y) != [*["0.0"] * (len(y) - 1), "1.0"]:
        return None
    if abs(sum(one or 0.0 for one in p) - 1.0) > 1e-3:
        return None
    whole = "[[" + ",".join(labels.cells) + "]] [[" + ",".join(preds.cells) + "]]"
    return f"read as {len(y)} trials, each with the probability of label 1; one row of {len(y)} classes is {whole}"


def oriented(form: Form, labels: Shape, preds: Shape) -> tuple[bool, bool]:
    """Whether a flat list of labels, of predictions, is one row rather than one column."""
    if form is Form.BINARY:
        return False, False
    row = preds.flat and not preds.column
    soft = row and labels.flat and labels.rows == preds.rows and (labels.rows or 0) > 1
    return soft, row


def records_of(side: Inline, by_row: bool) -> list[list[str]]:
    """The rows of a list."""
    if len(side.rows) == 1 or len(side.rows[0]) == 1:
        return [list(side.cells)] if by_row else [[cell] for cell in side.cells]
    return [list(row) for row in side.rows]


def check_counts(sides: list[Table], given: tuple[Inline | Table, ...], form: Form) -> None:
    """Refuse two lists whose shapes fit nothing, with both shapes and what would fit."""
    if any(isinstance(one, Table) for one in given):
        return
    (label_rows, label_width), (pred_rows, pred_width) = ((side.size or 0, side.width) for side in sides)
    binary = form is Form.BINARY
    fits = label_rows == pred_rows and (label_width == pred_width if binary else label_width in (1, pred_width))
    if fits and (binary or pred_width > 1):
        return
    found = f"labels are {_size(label_rows, label_width)} and predictions {_size(pred_rows, pred_width)}"
    if pred_width == 2 and all(cell.isdigit() for side in given if isinstance(side, Inline) for cell in side.cells):
        raise DataError(f"{found}; write decimal commas as points")
    if binary:
        raise DataError(f"{found}; as many of each are wanted")
    if pred_width == 1:
        raise DataError(f"{found}; a probability for each class is wanted in each row; for one column use bce")
    if pred_rows == 1 and label_rows > 1:
        raise DataError(f"{found}; a row of predictions for each label is wanted, with ; between the rows")
    raise DataError(f"{found}; one label, or a row of {pred_width} label probabilities, for each row is wanted")


def _size(rows: int, width: int) -> str:
    if width == 1:
        return f"{rows}"
    return f"{rows} row{'s' if rows != 1 else ''} of {width}"


def inline_table(records: list[list[str]], name: str, drop: bool) -> Table:
    """A list as a table of one block."""
    if not all(is_text(cell) for record in records for cell in record):
        raise DataError(f"{name}: these bytes are not text")
    width = len(records[0])
    label = name == "labels"
    cells = tuple(range(width))
    layout = Layout(width, cells if label else (), () if label else cells, drop=drop)

    def blocks() -> Iterator[Chunk]:
        yield partial(block_of_records, records, None, len(records), layout)

    place = partial(_place, name, width)
    return Table(
        Form.BINARY,
        blocks(),
        place,
        ColumnNames(),
        width=width,
        label_width=width,
        name=name,
        size=len(records),
        streamed=False,
    )


def _place(name: str, width: int, fault: RowError, block: Block, rows: int, lines: int) -> Location:
    where = f"row {rows + fault.row + 1}" if name != "weights" else f"weights: row {rows + fault.row + 1}"
    return Location(None, None, where if width == 1 or fault.column is None else f"{where}: column {fault.column + 1}")
