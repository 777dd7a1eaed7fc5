"""Lists given as arguments, in every spelling that people paste. The rule: a list is rows of cells of text.

Accepted: `1,0,0,1`, `1 0 0 1`, `[1, 0, 0, 1]`, numpy's `[0.8 0.3]`, rows split by `;`, by newlines or by brackets,
`tensor([[...]], dtype=...)`, `array(...)`, `np.float64(0.8)`, words with or without quotes. Refused with the row named:
ragged rows, gaps, brackets that don't match, a list that numpy cut short with `...`.
"""

import glob
import os
import re
from dataclasses import dataclass

from losscli.data.cells import number
from losscli.errors import DataError, shown
from losscli.reading.remote import is_url

_CALL = re.compile(r"^\s*(?:[A-Za-z_]\w*\.)*(?:tensor|array|Tensor|Array|Parameter|asarray)\s*\((.*)\)\s*$", re.DOTALL)
_KEYWORDS = re.compile(r",\s*[A-Za-z_]\w*\s*=\s*(?:'[^']*'|<[^>]*>|\([^()]*\)|[^,()]+)\s*,?\s*$", re.DOTALL)
_SCALAR = re.compile(r"\b(?:np|numpy)\.(?:float|int|uint|str|bool)\d*_?\(([^()]*)\)")
_TENSOR = re.compile(r"^\s*<tf\.Tensor.*?numpy=(.*)>\s*$|^\s*Parameter containing:(.*)$", re.DOTALL)
_DTYPE = re.compile(r",\s*(?:[A-Za-z_]\w*\.)?(?:float|int|uint|bool|complex)\w*\s*$")
_OPEN, _CLOSE = "[(", "])"


@dataclass(frozen=True)
class Inline:
    """An inline list: its rows of cells; `matrix` when the text itself said that it has rows."""

    rows: tuple[tuple[str, ...], ...]
    matrix: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """All cells, row after row."""
        return tuple(cell for row in self.rows for cell in row)


def is_inline(token: str) -> bool:
    """Whether an argument is a list rather than a path: the rule of the command line, in its order."""
    if token.startswith(("./", "../", "/")) or is_url(token):
        return False
    if reads_as_numbers(token):
        return True
    if os.path.exists(token) or next(glob.iglob(token), None) is not None:
        return False
    return any(mark in token for mark in ",;[") or bool(re.search(r"\s", token))


def reads_as_numbers(token: str) -> bool:
    """Whether an argument is a list of numbers."""
    try:
        cells = parse_inline(token).cells
    except DataError:
        return False
    return bool(cells) and all(number(cell) is not None for cell in cells)


def parse_inline(token: str) -> Inline:
    """The rows of an inline list; DataError where it can't be read."""
    text = unwrapped(token)
    if "..." in text or "…" in text:
        raise DataError("the list is cut short ('...'); paste all of it")
    rows, matrix = _bracketed(text) if any(mark in text for mark in _OPEN + _CLOSE) else _plain(text)
    if not rows:
        raise DataError("the list is empty")
    width = len(rows[0])
    for at, row in enumerate(rows, 1):
        if len(row) != width:
            raise DataError(f"row {at}: {_cells(len(row))} where the rows before have {width}")
    return Inline(tuple(map(tuple, rows)), matrix)


def unwrapped(token: str) -> str:
    """The text inside what a library prints around its numbers: tensor(...), array(...), np.float64(...)."""
    text = _SCALAR.sub(r"\1", token)
    if match := _TENSOR.match(text):
        text = match[1] or match[2]
    while match := _CALL.match(text):
        text = match[1].strip()
        while trailing := _KEYWORDS.search(text):
            text = text[: trailing.start()].strip()
        text = _DTYPE.sub("", text.rstrip()).removesuffix(",")
    return text


def _plain(text: str) -> tuple[list[list[str]], bool]:
    lines = re.split(r"[;\n]", text.strip(" \t\r\n"))
    lines = lines[:-1] if len(lines) > 1 and not lines[-1].strip() else lines
    return [_row(line, at) for at, line in enumerate(lines, 1)], len(lines) > 1


def _bracketed(text: str) -> tuple[list[list[str]], bool]:
    opened, deepest, pieces, piece, quote = "", 0, [], "", ""
    for mark in text:
        if quote or mark in "'\"":
            quote = "" if mark == quote else quote or mark
            piece += mark
        elif mark in _OPEN:
            _outside(piece)
            opened, piece = opened + mark, ""
            deepest = max(deepest, len(opened))
        elif mark in _CLOSE:
            if opened[-1:] != _OPEN[_CLOSE.index(mark)]:
                raise DataError("the brackets of the list do not match")
            if len(opened) == deepest:
                pieces.append(piece)
            else:
                _outside(piece)
            opened, piece = opened[:-1], ""
        else:
            piece += mark
    if opened:
        raise DataError("the brackets of the list do not match")
    if deepest > 2:
        raise DataError("the list has three levels of brackets; give two, rows of cells")
    _outside(piece)
    if deepest == 1:
        pieces = [part for piece in pieces for part in piece.split(";") if part.strip()]
    rows = [_row(piece.replace("\n", " "), at) for at, piece in enumerate(pieces, 1)]
    return rows, deepest == 2 or len(rows) > 1


def _outside(piece: str) -> None:
    if piece.strip(" \t\r\n,;"):
        raise DataError(f"{shown(piece.strip())} stands outside the brackets of the list")


def _row(text: str, at: int) -> list[str]:
    text = text.strip()
    cells = [cell.strip() for cell in text.removesuffix(",").split(",")] if "," in text else text.split()
    cells = [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "'\"" else cell for cell in cells]
    if not cells or "" in cells:
        raise DataError(f"row {at}: an entry is missing" if cells or at > 1 else "the list is empty")
    return cells


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"
