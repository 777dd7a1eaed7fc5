"""A plain file cut into ranges of bytes that begin and end where lines do, so that several processes can read it.

Only bytes tell where lines end, so this is for files without compression, transcoding or quotes: a reader of a range
that meets a quote, in which a newline could stand, raises `Quoted`, and the file is read from one end to the other.
"""

import os
from dataclasses import replace
from io import RawIOBase
from itertools import pairwise
from typing import IO, Any, cast

from losscli.errors import DataError
from losscli.reading.sources import SHRUNK, Source

LEAST_BYTES = 1 << 22  # a range smaller than this isn't worth a process
_WINDOW = 1 << 16


class _Range(RawIOBase):
    """The bytes of a file from one place to another; reading doesn't move the file's own position."""

    def __init__(self, descriptor: int, low: int, high: int) -> None:
        self._descriptor, self._at, self._high = descriptor, low, high

    def read(self, size: int = -1) -> bytes:
        left = self._high - self._at
        piece = os.pread(self._descriptor, left if size < 0 else min(size, left), self._at)
        if left and size and not piece:
            raise DataError(SHRUNK)
        self._at += len(piece)
        return piece


def cut(source: Source, start: int, most: int) -> list[tuple[int, int]]:
    """Up to `most` ranges of the bytes from `start` on, in order; none where that can't be or doesn't pay."""
    if not source.plain or source.size is None or not hasattr(os, "pread"):
        return []
    descriptor = source.raw.fileno()
    count = min(most, (source.size - start) // LEAST_BYTES)
    if count < 2:
        return []
    step = (source.size - start) // count
    places = [_line_end(descriptor, start + step * at) for at in range(1, count)]
    if None in places or sorted(set(places)) != places:  # type: ignore[type-var]  # None is looked for first
        return []
    ends = [start, *cast(list[int], places), source.size]
    return list(pairwise(ends))


def between(source: Source, low: int, high: int) -> Source:
    """The bytes of a source from one place to another as a source."""
    stream = cast(IO[bytes], cast(Any, _Range(source.raw.fileno(), low, high)))
    return replace(source, stream=stream, size=high - low, magic=b"", origin=low, taken=0)


def _line_end(descriptor: int, near: int) -> int | None:
    """The place behind the newline of a line that isn't blank, after `near`."""
    window = os.pread(descriptor, _WINDOW, near)
    newline = window.find(b"\n")
    while newline >= 0:
        following = window.find(b"\n", newline + 1)
        if following >= 0 and window[newline + 1 : following].strip():
            return near + following + 1
        newline = following
    return None
