"""A progress bar on standard error for work that takes more than a second; before that nothing is imported or drawn.

A watched table counts bytes and rows as its chunks are read. Of a table that several processes read, this process
counts the first range only, and takes the others to be as far.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from losscli.data.blocks import Block
from losscli.data.table import Chunk, Reader, Table
from losscli.output.streams import is_legacy_console, is_terminal

T = TypeVar("T")
PATIENCE, INTERVAL = 1.0, 0.1  # seconds before a bar is drawn, and between two drawings


def _is_seen() -> bool:
    """Whether standard error is a terminal that can draw a line again."""
    return is_terminal(sys.stderr) and not is_legacy_console()


def watched(table: Table) -> Table:
    """The table with a progress bar, where standard error is a terminal."""
    if not table.streamed or not _is_seen():
        return table
    return replace(table, reader=_ReaderWithBar(table.reader))


def tracked(things: Iterable[T], total: int, unit: str) -> Iterator[T]:
    """The things one after the other, with a progress bar where standard error is a terminal."""
    if not _is_seen():
        yield from things
        return
    done = _Done(total)
    bar = _Bar(done, unit=unit)
    try:
        for thing in things:
            done.count += 1
            bar.rows += 1
            bar.tick()
            yield thing
    finally:
        bar.stop()


@dataclass
class _Done(Reader):
    """So many things of `size` are done."""

    size: int | None
    count: int = 0

    def position(self) -> int:
        return self.count


class _ReaderWithBar(Reader):
    """Reads what another reader reads, and draws how far that is; of several ranges it counts the first."""

    def __reduce__(self) -> tuple[Callable[[Reader], Reader], tuple[Reader]]:
        return _without_bar, (self.inner,)  # another process draws nothing

    def __init__(self, inner: Reader) -> None:
        self.inner, self.size, self.bar = inner, inner.size, _Bar(inner)
        self.first = 0

    def chunks(self) -> Iterator[Chunk]:
        return self._counted(self.inner.chunks())

    def ranges(self, count: int) -> Sequence[tuple[int, int]]:
        found = self.inner.ranges(count)
        if found:
            self.bar.parts, self.first = len(found), found[0][0]
        return found

    def read(self, low: int, high: int) -> Iterator[Chunk]:
        chunks = self.inner.read(low, high)
        return self._counted(chunks) if low == self.first else chunks

    def position(self) -> int:
        return self.inner.position()

    def close(self) -> None:
        self.bar.stop()
        self.inner.close()

    def _counted(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        try:
            for chunk in chunks:
                yield partial(self._block, chunk)
                self.bar.tick()
        finally:
            self.bar.stop()

    def _block(self, chunk: Chunk) -> Block:
        block = chunk()
        self.bar.rows += block.rows
        return block


def _without_bar(reader: Reader) -> Reader:
    return reader


@dataclass
class _Bar:
    """The bar of one reader; `parts` ranges like the one that it reads are read at once."""

    reader: Reader
    parts: int = 1
    unit: str = "rows"
    rows: int = 0
    begin: float = field(default_factory=monotonic)
    drawn: float = 0.0
    progress: Any = None
    task: Any = None

    def tick(self) -> None:
        """Draw the bar if it's time to."""
        now = monotonic()
        if now - self.begin < PATIENCE or now - self.drawn < INTERVAL:
            return
        self.drawn = now
        if self.progress is None:
            self._start()
        rate = f"{self.parts * self.rows / (now - self.begin):,.{1 if self.unit == 'parts' else 0}f} {self.unit}/s"
        self.progress.update(self.task, completed=self.parts * self.reader.position(), rate=rate, refresh=True)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        amount = DownloadColumn() if self.unit == "rows" else MofNCompleteColumn()
        columns = (BarColumn(), TaskProgressColumn(), amount, TextColumn("{task.fields[rate]}"))
        console = Console(stderr=True)
        self.progress = Progress(*columns, TimeRemainingColumn(), console=console, transient=True, auto_refresh=False)
        self.task = self.progress.add_task("", total=self.reader.size, rate="")
        self.progress.start()

    def stop(self) -> None:
        """Take the bar away."""
        if self.progress is not None:
            self.progress.stop()
            self.progress = None
