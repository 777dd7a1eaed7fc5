"""Lists typed as arguments: in every spelling that people paste, which shape is meant, and each as a table.

A list is rows of cells. Accepted: `1,0,0,1`, `1 0 0 1`, `[1, 0, 0, 1]`; rows split by `;`, newlines or brackets;
what numpy, torch, TensorFlow, JAX and R print; fractions (`2/3`); full-width digits, points, commas and brackets;
braces, and quotes around a list that the shell took for text.
"""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum
from functools import lru_cache, partial
from typing import NamedTuple

from losscli.data.blocks import Layout, Origin, layout_of
from losscli.data.cells import is_missing, is_percentage, is_text, number
from losscli.data.columns import Columns, ColumnSelection
from losscli.data.table import Chunk, Reader, Schema, Table
from losscli.enums import Form
from losscli.errors import DataError, plural, shown
from losscli.reading.not_found import not_found
from losscli.reading.remote import is_url
from losscli.reading.text.careful import block_of_records, not_a_number
from losscli.records import record

_PATHS = ("./", "../", "/", "~/", ".\\", "..\\", "\\")

# What libraries print around their numbers; compiled where a text has a mark of it, as every start would pay for them.
_CALL = r"(?s)^\s*(?:[A-Za-z_]\w*\.)*(?:tensor|array|Tensor|Array|Parameter|asarray|c)\s*\((.*)\)\s*$"
_KEYWORDS = r"(?s),\s*[A-Za-z_]\w*\s*=\s*(?:'[^']*'|<[^>]*>|\([^()]*\)|[^,()]+)\s*,?\s*$"
_SCALAR = r"\b(?:np|numpy)\.(?:float|int|uint|str|bool)\d*_?\(([^()]*)\)"
_TENSOR = r"(?s)^\s*<tf\.Tensor.*?numpy=(.*)>\s*$|^\s*Parameter containing:(.*)$"
_DTYPE = r",\s*(?:[A-Za-z_]\w*\.)?(?:float|int|uint|bool|complex)\w*\s*$"
_R_VECTOR = r"\s*\[1\](?:[ \t]+[^\s\[\]]+)+\s*(?:\n\s*\[\d+\](?:[ \t]+[^\s\[\]]+)+\s*)*(?:\nLevels:.*)?$"
_R_MATRIX = r"\s*(?:\[,\d+\]\s*)+(?:\n\s*\[\d+,\][^\[\]\n]*)+\s*$"
_FRACTION = r"([^\s/]+)\s*/\s*([^\s/]+)"

# Marks as an input method or a word processor types them. Those of numbers are read so in cells that then are numbers.
_SEPARATORS = str.maketrans("，、﹐；", ",,,;")  # noqa: RUF001
_BRACKETS = str.maketrans("（）［］【】{}", "()[][][]")  # noqa: RUF001
_NUMERALS = str.maketrans("０１２３４５６７８９．。＋－−–／ｅＥ", "0123456789..+---/eE")  # noqa: RUF001
_QUOTES = {"'": "'", '"': '"', "‘": "’", "“": "”", "«": "»"}  # noqa: RUF001
_OPEN, _CLOSE = "[(", "])"


class InlineList(NamedTuple):
    """The rows of a list; `matrix` where the text separates rows, or puts its one row in brackets of its own."""

    rows: tuple[tuple[str, ...], ...]
    matrix: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """All cells, row after row."""
        return tuple(cell for row in self.rows for cell in row)


# --- spellings --------------------------------------------------------------------------------------------------------
def is_list(token: str) -> bool:
    """Whether an argument is a list rather than a path: numbers always are, words where no such file exists."""
    if token.startswith(_PATHS) or (token[1:3] in (":/", ":\\") and token[0].isalpha()) or is_url(token):
        return False
    numbers = reads_as_numbers(token)
    if numbers and not ("/" in token and re.fullmatch(_FRACTION, token)):
        return True
    if os.path.exists(token) or next(glob.iglob(token), None) is not None:
        return False
    text = token.translate(_SEPARATORS).translate(_BRACKETS)
    if not re.search(r"[,;\[]", text) and re.search(r"\.[A-Za-z]\w{1,7}$", text):
        return False  # `my preds.csv`
    return numbers or is_percentage(token) or bool(re.search(r"[,;\[\s]", text))


def is_word(token: str) -> bool:
    """Whether an argument looks like the name of a class, and not like that of a file."""
    return not re.search(r"[\W_]", token)


def reads_as_numbers(token: str) -> bool:
    """Whether an argument is a list of numbers."""
    try:
        return all(number(cell) is not None for cell in parse_list(token).cells)
    except DataError:
        return False


@lru_cache(maxsize=4)
def parse_list(token: str, fractions: bool = True) -> InlineList:
    """The rows of a list; without `fractions` these stay text.

    Raises:
        DataError: ragged rows, gaps, brackets that don't match, or a list that numpy cut short with `...`.
    """
    text = unwrapped(_unquoted(token)).translate(_SEPARATORS)
    if text.lstrip()[:1] in ("（", "［", "【", "{"):  # noqa: RUF001
        text = text.translate(_BRACKETS)
    if "..." in text or "…" in text:
        raise DataError("the list is cut short ('...'); paste all of it")
    if "[1]" in text and re.match(_R_VECTOR, text):
        text = re.sub(r"\[\d+\]|\s*\nLevels:.*", " ", text).replace("\n", " ")
    elif "[,1]" in text and re.match(_R_MATRIX, text):
        text = re.sub(r"\[\d+,\]", " ", text.lstrip().partition("\n")[2])
    if any(mark in text for mark in _OPEN + _CLOSE):
        rows, matrix = _bracketed(text)
    else:
        lines = text.strip(" \t\r\n").replace(";", "\n").split("\n")
        lines = lines[:-1] if len(lines) > 1 and not lines[-1].strip() else lines
        rows, matrix = [_row(line, at) for at, line in enumerate(lines, 1)], len(lines) > 1
    if not rows:
        raise DataError("the list is empty")
    for at, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise DataError(f"row {at}: {plural(len(row), 'cell')}, but the rows before have {len(rows[0])}")
    return InlineList(tuple(tuple(_cell(cell, fractions) for cell in row) for row in rows), matrix)


def _unquoted(token: str) -> str:
    """A list without the quotes around all of it, as a word processor curls them and cmd.exe leaves single ones."""
    text = token.strip()
    end = _QUOTES.get(text[:1])
    inner = text[1:-1]
    return inner if len(text) > 1 and text[-1] == end and text[0] not in inner and end not in inner else token


def unwrapped(token: str) -> str:
    """The text inside what a library prints around its numbers: tensor(...), np.float64(...), R's c(...)."""
    if "(" not in token and ":" not in token:
        return token
    text = re.sub(_SCALAR, r"\1", token)
    if match := re.match(_TENSOR, text):
        text = match[1] or match[2]
    while match := re.match(_CALL, text):
        text = match[1].strip()
        while trailing := re.search(_KEYWORDS, text):
            text = text[: trailing.start()].strip()
        text = re.sub(_DTYPE, "", text.rstrip()).removesuffix(",")
    return text


def _bracketed(text: str) -> tuple[list[list[str]], bool]:
    opened, deepest, pieces, piece, quote = "", 0, [], "", ""
    for mark in text:
        if quote or mark in "'\"":
            quote = "" if mark == quote else quote or mark
            piece += mark
        elif mark in _OPEN:
            _refuse_outside(piece)
            opened, piece = opened + mark, ""
            deepest = max(deepest, len(opened))
        elif mark in _CLOSE:
            if opened[-1:] != _OPEN[_CLOSE.index(mark)]:
                raise DataError("the brackets of the list do not match")
            if len(opened) == deepest:
                pieces.append(piece)
            else:
                _refuse_outside(piece)
            opened, piece = opened[:-1], ""
        else:
            piece += mark
    if opened:
        raise DataError("the brackets of the list do not match")
    if deepest > 2:
        raise DataError("the list has three levels of brackets; give two, rows of cells")
    _refuse_outside(piece)
    if deepest == 1:
        pieces = [part for piece in pieces for part in piece.split(";") if part.strip()]
    rows = [_row(piece.replace("\n", " "), at) for at, piece in enumerate(pieces, 1)]
    return rows, deepest == 2 or len(rows) > 1


def _refuse_outside(piece: str) -> None:
    if piece.strip(" \t\r\n,;"):
        raise DataError(f"{shown(piece.strip())} is outside the brackets of the list")


def _row(text: str, at: int) -> list[str]:
    text = text.strip()
    cells = [cell.strip() for cell in text.removesuffix(",").split(",")] if "," in text else text.split()
    if not cells or "" in cells:
        raise DataError(f"row {at}: an entry is missing" if cells or at > 1 else "the list is empty")
    return cells


def _cell(text: str, fractions: bool) -> str:
    """A cell without its quotes; numbers in ASCII, and a fraction as the float nearest to it."""
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1]
    plain = text if text.isascii() else text.translate(_NUMERALS)
    if fractions and "/" in plain and (match := re.fullmatch(_FRACTION, plain)):
        above, below = (number(part) for part in match.groups())
        return repr(above / below) if above is not None and below else text
    return text if number(plain) is None else plain


# --- shapes -----------------------------------------------------------------------------------------------------------
class Shape(Enum):
    """How a list was written."""

    VECTOR = "1,0,1"
    ROW = "[[1,0,1]]"
    COLUMN = "1;0;1"
    MATRIX = "1,0;0,1"


def shape_of(given: InlineList) -> Shape:
    """How a list was written."""
    if not given.matrix or len(given.cells) == 1:
        return Shape.VECTOR
    if len(given.rows) == 1:
        return Shape.ROW
    return Shape.COLUMN if len(given.rows[0]) == 1 else Shape.MATRIX


def form_of(forms: frozenset[Form], labels: InlineList | Table, preds: InlineList | Table) -> Form:
    """What a row is, by what the loss takes and, where it takes both, by the shapes of LABELS and PREDS."""
    if not {Form.BINARY, Form.CATEGORICAL} <= forms:
        return Form.CATEGORICAL if Form.CATEGORICAL in forms else Form.BINARY
    if isinstance(preds, Table):
        several = preds.schema.width > 1
    elif shape_of(preds) is Shape.VECTOR:  # one row beside a single label, or beside a row written as one
        one_row = isinstance(labels, InlineList) and (len(labels.cells) == 1 or shape_of(labels) is Shape.ROW)
        several = one_row and len(preds.cells) > 1
    else:
        several = shape_of(preds) is not Shape.COLUMN
    return Form.CATEGORICAL if several else Form.BINARY


def tables_of(
    labels: InlineList | Table, preds: InlineList | Table, form: Form, drop: bool, wanted: ColumnSelection
) -> tuple[Table, Table]:
    """Both sides as tables, each list by the shape that is meant.

    Raises:
        DataError: lists whose shapes fit nothing.
    """
    label_row = pred_row = False
    if form is Form.CATEGORICAL and isinstance(preds, InlineList):
        pred_row = shape_of(preds) in (Shape.VECTOR, Shape.ROW)
        if pred_row and isinstance(labels, InlineList) and shape_of(labels) in (Shape.VECTOR, Shape.ROW):
            as_many = len(labels.cells) == len(preds.cells) > 1
            label_row = as_many and not any(map(_is_class, labels.cells))
    if isinstance(labels, InlineList) and isinstance(preds, InlineList):
        _refuse_misfits(labels, preds, _records(labels, label_row), _records(preds, pred_row), form)
    if isinstance(preds, Table) and form is Form.CATEGORICAL:
        wanted = replace(wanted, counterparts=preds.schema.classes or ())
    return (
        labels if isinstance(labels, Table) else list_table(_records(labels, label_row), "labels", drop, wanted),
        preds if isinstance(preds, Table) else list_table(_records(preds, pred_row), "predictions", drop, wanted),
    )


def _is_class(cell: str) -> bool:
    """Whether a label can only be a class: a word, or a whole number from 2 on; 0 and 1 may be probabilities."""
    value = number(cell)
    return not is_missing(cell) if value is None else value >= 2 and value.is_integer()


def _records(given: InlineList, as_row: bool) -> list[list[str]]:
    if shape_of(given) is Shape.MATRIX:
        return [list(row) for row in given.rows]
    return [list(given.cells)] if as_row else [[cell] for cell in given.cells]


def _refuse_misfits(
    labels: InlineList, preds: InlineList, label_rows: list[list[str]], pred_rows: list[list[str]], form: Form
) -> None:
    """Refuse two lists whose shapes fit nothing, with both shapes and the nearest thing that fits."""
    (count, width), (rows, classes) = ((len(one), len(one[0])) for one in (label_rows, pred_rows))
    binary = form is Form.BINARY
    fits = count == rows and (width == classes if binary else width in (1, classes))
    if fits and (binary or classes > 1):
        ones = [number(cell) for cell in labels.cells]
        if not binary and count == 1 < width and set(ones) == {0.0, 1.0} and ones.count(1.0) > 1:
            several = f"{ones.count(1.0)} of the {width} labels of one row are 1"
            raise DataError(f"{several}; for labels of 0 and 1, each with its prediction, use bce")
        return
    found = f"{_size(count, width, 'label')} but {_size(rows, classes, 'prediction')}"
    if classes == 2 and all(cell.isdigit() for side in (labels, preds) for cell in side.cells):
        nearest = "write decimal commas as points"
    elif binary and count == width == 1:
        nearest = "for one row with a prediction for each class use ce"
    elif binary and width == 1 < classes and count == rows * classes:
        nearest = "write both as one list, or both in rows with ; between them"
    elif binary and width == 1 < classes and count == rows:
        nearest = "for rows with a prediction for each class use ce"
    elif binary:
        nearest = "give the same number of each"
    elif classes == 1:
        nearest = "each row needs a prediction for each class; for one column use bce"
    elif rows == 1 < count and width == 1 and classes % count == 0 and classes > count:
        split = ";".join(
            ",".join(preds.cells[at : at + classes // count]) for at in range(0, classes, classes // count)
        )
        nearest = f"put ; between the rows: {shown(split, 60)}"
    elif rows == 1 < count:
        nearest = "give a row of predictions for each label, with ; between the rows"
    else:
        nearest = f"give {_size(rows, 1, 'label')}, or {_size(rows, classes, 'label probabilitie')}"
    raise DataError(f"{found}; {nearest}")


def _size(rows: int, width: int, what: str) -> str:
    return plural(rows, what) if width == 1 else f"{plural(rows, 'row')} of {width} {what}s"


def other_reading(labels: InlineList | Table, preds: InlineList | Table) -> str | None:
    """The note on lists read as trials that could be one row: one-hot labels, and predictions that sum to 1."""
    if not (isinstance(labels, InlineList) and isinstance(preds, InlineList)) or labels.matrix or preds.matrix:
        return None
    y, p = ([number(cell) for cell in side.cells] for side in (labels, preds))
    if len(y) != len(p) or len(y) < 2 or sorted(str(one) for one in y) != [*["0.0"] * (len(y) - 1), "1.0"]:
        return None
    if abs(sum(one or 0.0 for one in p) - 1.0) > 1e-3:
        return None
    as_row = "[[" + ",".join(labels.cells) + "]] [[" + ",".join(preds.cells) + "]]"
    return f"read as {len(y)} trials, each with the probability of label 1; one row of {len(y)} classes is {as_row}"


# --- tables -----------------------------------------------------------------------------------------------------------
def parse_numbers(token: str) -> InlineList:
    """A list of predictions or weights; a text in which nothing is a number was meant as a path."""
    try:
        found = parse_list(token)
    except DataError:
        if any(mark in token for mark in ",;") or len(token.split()) > 1:
            raise
        raise DataError(f"{token}: {not_found(token)}, and not a list of numbers") from None
    percent = next((row for row, cell in enumerate(found.cells, 1) if is_percentage(cell)), None)
    if percent is not None:
        raise DataError(f"row {percent}: {not_a_number(found.cells[percent - 1])}")
    if not any(number(cell) is not None or is_missing(cell) for cell in found.cells):
        raise DataError(f"{token}: {not_found(token)}, and not a list of numbers")
    return found


def list_table(records: list[list[str]], name: str, drop: bool, wanted: ColumnSelection) -> Table:
    """A list as a table of one block."""
    if not all(is_text(cell) for record in records for cell in record):
        raise DataError(f"{name}: these bytes are not text")
    width = len(records[0])
    label = name == "labels"
    cells = tuple(range(width))
    columns = Columns(Form.BINARY, cells if label else (), () if label else cells, None, (), None)
    layout = layout_of(columns, wanted, width, drop)
    origin = Origin("weights" if name == "weights" else None, columns if width > 1 else None)
    schema = Schema(Form.BINARY, width=width, label_width=width)
    return Table(name, schema, ListReader(records, layout, origin), streamed=False)


@record
class ListReader(Reader):
    """Reads a list, which is one block."""

    records: list[list[str]]
    layout: Layout
    origin: Origin

    def chunks(self) -> Iterator[Chunk]:
        yield partial(block_of_records, self.records, None, len(self.records), self.layout, self.origin)


# --- arguments that the shell has cut ---------------------------------------------------------------------------------
def too_many(tokens: tuple[str, ...], forms: frozenset[Form]) -> str:
    """The message for three arguments or more, with a hint at what may have been meant."""
    hint, tokens = "", tuple(token for token in tokens if token != "=")
    if lists := quoted_lists(tokens, forms):
        hint = f"; quote each list (PowerShell needs that always): {lists}"
    elif len(files := [token for token in tokens if os.path.exists(token)]) == 1:
        hint = f"; choose columns with -y and -p, as in {files[0]} -y COL -p COL"
    elif all(map(reads_as_numbers, tokens)):
        hint = _meant_by_lists([parse_list(token) for token in tokens], Form.CATEGORICAL in forms)
    elif not any(map(is_list, tokens)):
        hint = "; quote a glob, so that its files are read as one table"
    return f"{len(tokens)} arguments are too many: give a table, or labels and predictions{hint}"


def _meant_by_lists(lists: Sequence[InlineList], classes: bool) -> str:
    """A hint at lists and an answer to check, or at labels with a list for each row of predictions."""
    labels, *rest = (len(one.cells) for one in lists)
    if rest == [labels, 1] and labels > 1:
        return f"; to check an answer use --expect {lists[2].cells[0]}"
    if classes and len(rest) == labels and len(set(rest)) == 1 and rest[0] > 1:
        rows = "; ".join(",".join(one.cells) for one in lists[1:])
        return f'; put the rows of predictions in one argument: "{rows}"'
    return ""


def quoted_lists(tokens: tuple[str, ...], forms: frozenset[Form]) -> str | None:
    """The lists of which a shell has made many arguments, in quotes; None where these aren't plainly pieces of lists.

    Any shell makes four of `[1, 0] [0.9, 0.2]` and of `1 0 0.9 0.2`, PowerShell also of `1,0 0.9,0.2`.
    """
    lists: list[str] = []
    unfinished = False
    for token in tokens:
        lists = [*lists[:-1], f"{lists[-1]} {token}"] if unfinished else [*lists, token]
        depth = sum(lists[-1].count(mark) for mark in _OPEN) - sum(lists[-1].count(mark) for mark in _CLOSE)
        unfinished = depth > 0 or lists[-1].endswith(",")
    if not all(map(reads_as_numbers, lists)):
        return None
    if len(lists) != 2:
        if any(len(parse_list(one).cells) > 1 for one in lists) and len(lists) > 1:
            return None
        cells = [cell for one in lists for cell in parse_list(one).cells]
        half = len(cells) // 2
        if len(cells) % 2 == 0 and all((number(cell) or 0.0).is_integer() for cell in cells[:half]):
            lists = [",".join(cells[:half]), ",".join(cells[half:])]
        elif Form.LIKELIHOOD in forms:
            lists = [",".join(cells)]
        elif Form.CATEGORICAL in forms and abs(sum(number(cell) or 0.0 for cell in cells[1:]) - 1.0) < 0.01:
            lists = [cells[0], ",".join(cells[1:])]  # a class, and its row
        else:
            return None
    return " ".join(f'"{one}"' for one in lists)
