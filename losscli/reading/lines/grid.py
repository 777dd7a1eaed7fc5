"""Where the cells of a block of bytes are, found as fast as numpy alone can. The rule: what isn't certain is odd.

Regular.  A block that is plainly regular has no byte up to 44 (newline, carriage return, space, quote, plus, comma,
NUL) but its separators, so one comparison finds them all, and their places, w for each row, cut every cell: a cell
begins behind one separator and ends at the next.  The last one of each row must be a newline and the others the
delimiter.  Only cells that are asked for are looked at again.  Where separators are eight bytes apart or more, as
after a label of one byte, eight flags at a time are looked at (`_narrow_first`).

Other blocks, with CRLF line ends, spaces around cells, quotes or lines of another kind, are for `sieve`.

Buffer.  The block is copied between two margins, so that words can be loaded at any cell without a look at the ends;
the byte in front of the block is a newline, with which the first row begins like all others.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from losscli.data.blocks import Layout
from losscli.reading.formats.digits import BYTE_NUMBERS, MARGIN, REACH, Bytes, Cells, Flags, Ints

NEWLINE, RETURN, SPACE, TAB, QUOTE = 10, 13, 32, 9, 34
DELIMITERS = frozenset(",\t;|")
_LAST_SUSPECT = 44
_TOP_BYTE = np.array(56, np.uint64)
_FILLER = ord("x")  # in the margins: neither separator nor digit
NONE: Ints = np.zeros(0, np.intp)


@dataclass(frozen=True)
class Grid:
    """Where the cells of a block are: the places of the bytes in front of and behind each, both (width, rows).

    `newlines` are the places in front of all lines and behind the last one (None: those in front of the rows are), and
    `line` numbers the lines that are rows (None: each is). `odd` are rows whose cells can't be told from here.
    """

    buffer: Bytes
    before: Ints
    behind: Ints
    newlines: Ints | None = None
    line: Ints | None = None
    odd: Ints = field(default_factory=lambda: NONE)

    @property
    def rows(self) -> int:
        """How many rows have a place."""
        return len(self.before.T)

    @property
    def lines(self) -> int:
        """How many lines the block has."""
        return self.rows if self.newlines is None else self.newlines.size - 1

    def cells(self, columns: tuple[int, ...]) -> Cells:
        """The cells of some columns, one column after the other."""
        at = slice(columns[0], columns[-1] + 1) if _run(columns) else list(columns)
        starts = np.empty((len(columns), self.before.shape[1]), np.intp)
        np.add(self.before[at], 1, out=starts)
        lengths = np.empty_like(starts)
        np.subtract(self.behind[at], starts, out=lengths)
        return Cells(self.buffer, starts.ravel(), lengths.ravel())

    def raw(self, lines: Ints) -> list[bytes]:
        """The bytes of some lines."""
        newlines = self.newlines
        if newlines is None:
            newlines = np.append(self.before[0], self.behind[-1, -1:])
        ends = zip(newlines[lines].tolist(), newlines[lines + 1].tolist(), strict=True)
        return [self.buffer[low + 1 : high + 1].tobytes() for low, high in ends]


def _run(columns: tuple[int, ...]) -> bool:
    return columns == tuple(range(columns[0], columns[0] + len(columns)))


def buffer_of(block: bytes) -> Bytes:
    """The block between margins, with a newline before it and one at its end; a whole number of words."""
    end = MARGIN + len(block)
    buffer = np.empty(end + 8 + REACH - end % 8, np.uint8)
    buffer[:MARGIN] = _FILLER
    buffer[MARGIN - 1] = NEWLINE
    buffer[MARGIN:end] = np.frombuffer(block, np.uint8)
    buffer[end:] = _FILLER
    if buffer[end - 1] != NEWLINE:
        buffer[end] = NEWLINE
    return buffer


def regular(buffer: Bytes, layout: Layout) -> Grid | None:
    """The cells, if nothing below 45 but the separators is in the block."""
    suspects = buffer <= _LAST_SUSPECT
    if ord(layout.delimiter) > _LAST_SUSPECT:
        suspects |= buffer == ord(layout.delimiter)
    return _narrow_first(buffer, suspects, layout) or cut(buffer, np.flatnonzero(suspects), layout)


def _narrow_first(buffer: Bytes, suspects: Flags, layout: Layout) -> Grid | None:
    """The cells of rows that begin with a cell of one byte, as a label does, and have no other short ones.

    Then the separators that are left without the one behind that byte are never two among the same eight bytes.
    """
    if layout.width < 2 or buffer[MARGIN + 1] != ord(layout.delimiter):
        return None
    newlines = sparse(buffer == NEWLINE)
    if newlines is None or np.count_nonzero(suspects) != layout.width * (newlines.size - 1) + 1:
        return None
    edges = np.empty((layout.width + 1, newlines.size - 1), np.intp)
    edges[0], edges[-1] = newlines[:-1], newlines[1:]
    np.add(edges[0], 2, out=edges[1])
    if not ((buffer.take(edges[1]) == ord(layout.delimiter)) & (edges[1] < edges[-1])).all():
        return None  # or a blank line, behind which lies a delimiter of the next one
    if layout.width > 2 and not _fill(edges, buffer, suspects, layout):
        return None
    return Grid(buffer, edges[:-1], edges[1:])


def _fill(edges: Ints, buffer: Bytes, suspects: Flags, layout: Layout) -> bool:
    """Find the separators between the second cells and the last ones."""
    if _crowded(suspects, layout.width):
        return False
    suspects[edges[1]] = False
    rest = sparse(suspects)
    suspects[edges[1]] = True
    if rest is None or not _are_rows(buffer, rest, replace(layout, width=layout.width - 1)):
        return False
    edges[2:] = rest[1:].reshape(-1, layout.width - 1).T
    return True


def _crowded(suspects: Flags, width: int) -> bool:
    """Whether some cell of the first row, after the first cell, is too short for the quick search."""
    begin = np.flatnonzero(suspects[: 64 * width])[1 : width + 1]
    return bool((np.diff(begin) < 8).any())


def sparse(flags: Flags) -> Ints | None:
    """Where flags are set, if never two among the same eight: a look at words of flags takes a fraction of the time."""
    words: NDArray[np.uint64] = flags.view(np.uint64)
    found = np.flatnonzero(words != 0)
    which = words.take(found)
    which *= BYTE_NUMBERS
    which >>= _TOP_BYTE
    found *= 8
    found += which.view(np.int64)
    return found if found.size == np.count_nonzero(flags) else None


def cut(buffer: Bytes, separators: Ints, layout: Layout) -> Grid | None:
    """The cells between separators at these places, if each line is a row."""
    if not _are_rows(buffer, separators, layout):
        return None
    each = -1, layout.width
    return Grid(buffer, separators[:-1].reshape(each).T, separators[1:].reshape(each).T)


def _are_rows(buffer: Bytes, places: Ints, layout: Layout) -> bool:
    """Whether the separators are the delimiter but for a newline at the end of each row."""
    rows, left_over = divmod(places.size - 1, layout.width)
    row = (layout.delimiter * (layout.width - 1) + "\n").encode()
    return not left_over and buffer.take(places[1:]).tobytes() == row * rows
