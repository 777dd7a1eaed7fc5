"""The one door for reading: positional arguments in, a table of blocks out, whatever they are."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from losscli.engines.here import thread_count
from losscli.enums import Form
from losscli.errors import DataError, Declined, Fault, NoInput
from losscli.reading.blocks import Block, Chunk, Cluster, ColumnNames, Opened, Table
from losscli.reading.cells import is_missing, is_percentage, number
from losscli.reading.choice import names_of
from losscli.reading.columns import Wanted, shared_out
from losscli.reading.dialect import PLAIN_STYLE, Style
from losscli.reading.far.address import is_url
from losscli.reading.hints.near import missing
from losscli.reading.inline import Inline, is_inline, parse_inline
from losscli.reading.many import Carried, carried_as, files_of, open_many, same_columns
from losscli.reading.records import Layout, careful, is_text, not_a_number


@dataclass(frozen=True)
class Request:
    """What is to be read: the positional arguments, the columns wanted of them, and how text is read."""

    tokens: tuple[str, ...]
    wanted: Wanted
    style: Style = PLAIN_STYLE
    encoding: str | None = None
    threads: int | None = None
    cluster: str | None = None


@dataclass(frozen=True)
class Piece:
    """Some rows of a file as plain data: what is asked for, and which of its bytes or row groups; None: to the end."""

    request: Request
    low: int = 0
    high: int | None = None
    carried: Carried = field(default_factory=dict)  # as the first file of the table has them


def open_data(request: Request) -> Table:
    """The table that the arguments mean; DataError, or NoInput where the user must be told how to give data."""
    table = _opened(request)
    if request.cluster is not None:
        table = replace(table, cluster=Cluster(request.cluster, _files(table, request)))
    return replace(table, threads=thread_count(request.threads)) if table.streamed else table


def open_piece(piece: Piece) -> Table:
    """The table of the rows of a piece."""
    table = open_data(replace(piece.request, threads=1, cluster=None))
    table = table if piece.high is None or table.piece is None else table.piece(piece.low, piece.high)
    return carried_as(piece.carried, table) if table.carried != piece.carried else table


def _files(table: Table, request: Request) -> tuple[tuple[str, Request], ...]:
    """The files of a table by their names, and as requests that any machine understands."""
    if len(request.tokens) != 1 or not table.streamed or request.tokens[0] == "-":
        raise Declined("--cluster wants one table of files that its workers can read, no lists and no pipe")
    names = files_of(request.tokens[0])
    wanted = request.wanted if names is None else same_columns(table, request.wanted)
    return tuple(
        (path, replace(request, tokens=(path if is_url(path) else os.path.abspath(path),), wanted=wanted))
        for path in names or request.tokens
    )


def _opened(request: Request) -> Table:
    tokens = request.tokens
    if (*tokens, request.wanted.weight if len(tokens) > 1 else None).count("-") > 1:
        raise Declined("standard input can be read once; give '-' for one argument only")
    if len(tokens) > 2:
        paths = not any(map(is_inline, tokens))
        hint = "; quote a glob, so that its files are read as one table" if paths else ""
        raise Declined(f"{len(tokens)} arguments are too many: give a table, or labels and predictions{hint}")
    if len(tokens) == 2:
        return _pair(request)
    if not tokens:
        _refuse_terminal()
        return _file("-", request)
    if "" in tokens:
        raise Declined("an argument is empty")
    if is_inline(tokens[0]):
        return _alone(request)
    return _file(tokens[0], request)


def _refuse_terminal() -> None:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise NoInput


def _file(path: str, request: Request) -> Table:
    return _table(_top(path, request), request.wanted)


def _table(opened: Opened, wanted: Wanted) -> Table:
    try:
        return opened.table(wanted)
    except BaseException:
        opened.close()
        raise


def _top(path: str, request: Request) -> Opened:
    """The source at a path, or the files of a directory or a glob, first lines read."""
    names = files_of(path)
    return _one(path, request) if names is None else open_many(path, names, partial(_one, request=request))


def _one(path: str, request: Request) -> Opened:
    opened = _source(path, request)
    return replace(opened, table=lambda wanted: replace(opened.table(wanted), sources=(opened.name,)))


def _source(path: str, request: Request) -> Opened:
    from losscli.reading.sources import ARRAYS, is_columnar, open_source

    source = open_source(path, request.encoding)
    try:
        if source.magic.startswith(ARRAYS):
            from losscli.reading.formats.arrays import open_arrays

            return open_arrays(source, request.style.drop)
        if is_columnar(source):
            from losscli.reading.formats.parquet import open_columnar

            return open_columnar(source, request.style.drop)
        if source.magic.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            from losscli.reading.formats.jsonlines import open_json_lines

            return open_json_lines(source, request.style)
        from losscli.reading.formats.text import open_text
        from losscli.reading.hints.foreign import refuse_foreign

        refuse_foreign(source)
        return open_text(source, request.style)
    except BaseException:
        source.close()
        raise


def _alone(request: Request) -> Table:
    """A lone list: for nll the likelihoods of what happened."""
    wanted = request.wanted
    _numbers_or_no_file(request.tokens[0])
    if Form.LIKELIHOOD not in wanted.forms:
        raise Declined("one list is not enough; give two: LABELS and PREDS")
    if wanted.label or wanted.prob or wanted.carried:
        raise Declined("columns are chosen in tables; a list has none")
    cells = _numbers_or_no_file(request.tokens[0]).cells
    table = replace(_inline_table([[cell] for cell in cells], "the list", request.style.drop), form=Form.LIKELIHOOD)
    if wanted.weight is None:
        return table
    from losscli.reading.pairing import side_by_side

    return side_by_side({"prob": table, "weight": _weights(request)}, Form.LIKELIHOOD)


# --- two arguments ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Shape:
    """Rows and cells a row of one side; `rows` is None for a file; a flat list is not yet a row or a column."""

    rows: int | None
    width: int
    flat: bool
    column: bool = False  # a list that was written as a column


def _pair(request: Request) -> Table:
    from losscli.reading.pairing import side_by_side

    wanted = request.wanted
    if "" in request.tokens:
        raise Declined("an argument is empty")
    labels, preds = _sides(request)
    form = _form(wanted.forms, _shape(labels), _shape(preds))
    label_rows, pred_rows = _orient(form, _shape(labels), _shape(preds))
    sides = [
        side if isinstance(side, Table) else _inline_table(_records(side, by_row), name, request.style.drop)
        for side, by_row, name in ((labels, label_rows, "labels"), (preds, pred_rows, "predictions"))
    ]
    _check_counts(sides, (labels, preds), form)
    weights = {"weight": _weights(request)} if wanted.weight else {}
    return side_by_side({"label": sides[0], "prob": sides[1], **weights}, form)


def _sides(request: Request) -> list[Inline | Table]:
    """Both arguments read; the columns that travel are looked for in LABELS, then in PREDS."""
    found: list[Inline | Opened] = []
    try:
        for at, token in enumerate(request.tokens):
            found.append(_side(token, request, at))
        wanted = _shared_out(request.wanted, found)
        return [side.table(own) if isinstance(side, Opened) else side for side, own in zip(found, wanted, strict=True)]
    except BaseException:
        for side in found:
            if isinstance(side, Opened):
                side.close()
        raise


def _wanted_of(wanted: Wanted, at: int) -> Wanted:
    """What is wanted of LABELS (0) and of PREDS (1)."""
    own = replace(wanted, weight=None, features=None, labels_only=at == 0, preds_only=at == 1, carried={})
    return replace(own, prob=None, models=()) if at == 0 else replace(own, label=None)


def _shared_out(wanted: Wanted, sides: Sequence[Inline | Opened]) -> list[Wanted]:
    """What is wanted of each side, the columns that travel with it among them."""
    own = [_wanted_of(wanted, at) for at in range(len(sides))]
    tables = [(at, side.top, side.named) for at, side in enumerate(sides) if isinstance(side, Opened)]
    if wanted.carried and not tables:
        raise Declined("columns are chosen in tables; a list has none")
    known = [(names_of(top, own[at], named), len(top.first)) for at, top, named in tables]
    for purpose, text in wanted.carried.items():
        for (at, _, _), part in zip(tables, shared_out(text, known), strict=True):
            if part:
                own[at] = replace(own[at], carried={**own[at].carried, purpose: part})
    return own


def _side(token: str, request: Request, at: int) -> Inline | Opened:
    wanted = request.wanted
    if is_inline(token):
        if (wanted.label, wanted.prob)[at]:
            raise Declined(f"{('-y', '-p')[at]} chooses a column of a table, and {('LABELS', 'PREDS')[at]} is a list")
        try:
            found = parse_inline(token)
        except DataError as error:
            raise DataError(f"{('labels', 'predictions')[at]}: {error}") from None
        return _numbers_or_no_file(token) if at else found
    return _top(token, request)


def _numbers_or_no_file(token: str) -> Inline:
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


def _weights(request: Request) -> Table:
    """Sample weights beside lists: a list of their own, or a file of one column."""
    text = request.wanted.weight or ""
    if is_inline(text):
        cells = _numbers_or_no_file(text).cells
        return _inline_table([[cell] for cell in cells], "weights", request.style.drop)
    wanted = Wanted(forms=frozenset({Form.BINARY}), preds_only=True, header=request.wanted.header)
    return _file(text, replace(request, wanted=wanted))


def _shape(side: Inline | Table) -> _Shape:
    if isinstance(side, Table):
        return _Shape(None, max(side.width, len(_listed(side.columns.label))), False)
    flat = not side.matrix or len(side.rows) == 1 or len(side.rows[0]) == 1
    column = side.matrix and len(side.rows) > 1
    return _Shape(len(side.cells), 1, True, column) if flat else _Shape(len(side.rows), len(side.rows[0]), False)


def _listed(names: object) -> list[object]:
    return names if isinstance(names, list) else [names]


def _form(forms: frozenset[Form], labels: _Shape, preds: _Shape) -> Form:
    if Form.CATEGORICAL not in forms:
        return Form.BINARY
    if Form.BINARY not in forms:
        return Form.CATEGORICAL
    if preds.width > 1:
        return Form.CATEGORICAL
    one_row = preds.flat and not preds.column and labels.rows == 1 and (preds.rows or 0) > 1
    return Form.CATEGORICAL if one_row else Form.BINARY


def _orient(form: Form, labels: _Shape, preds: _Shape) -> tuple[bool, bool]:
    """Whether a flat list of labels, of predictions, is one row rather than one column."""
    if form is Form.BINARY:
        return False, False
    row = preds.flat and not preds.column
    soft = row and labels.flat and labels.rows == preds.rows and (labels.rows or 0) > 1
    return soft, row


def _records(side: Inline, by_row: bool) -> list[list[str]]:
    if len(side.rows) == 1 or len(side.rows[0]) == 1:
        return [list(side.cells)] if by_row else [[cell] for cell in side.cells]
    return [list(row) for row in side.rows]


def _check_counts(sides: list[Table], given: tuple[Inline | Table, ...], form: Form) -> None:
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


def _inline_table(records: list[list[str]], name: str, drop: bool) -> Table:
    """A list as a table of one block."""
    if not all(is_text(cell) for record in records for cell in record):
        raise DataError(f"{name}: these bytes are not text")
    width = len(records[0])
    label = name == "labels"
    cells = tuple(range(width))
    layout = Layout(width, cells if label else (), () if label else cells, drop=drop)

    def blocks() -> Iterator[Chunk]:
        yield partial(careful, records, None, len(records), layout)

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


def _place(name: str, width: int, fault: Fault, block: Block, rows: int, lines: int) -> str:
    where = f"row {rows + fault.row + 1}" if name != "weights" else f"weights: row {rows + fault.row + 1}"
    return where if width == 1 or fault.column is None else f"{where}: column {fault.column + 1}"
