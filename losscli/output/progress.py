"""A progress bar on standard error for work that lasts. The rule: nothing is imported, drawn or slowed before a second.

A watched table is the same table; as its chunks are read it counts bytes and rows. Between processes only the first
part is seen, so what it shows is taken to hold for all of them.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from losscli.data.blocks import Block, Chunk, Table
from losscli.enums import Form
from losscli.output.streams import say

T = TypeVar("T")
PATIENCE, INTERVAL = 1.0, 0.1


def followed(things: Sequence[T], what: str) -> Iterator[T]:
    """The things one after the other; a line on a terminal says how far that is, once it has lasted."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from things
        return
    begin, drawn = monotonic(), 0.0
    for done, thing in enumerate(things):
        yield thing
        now = monotonic()
        if now - begin >= PATIENCE and now - drawn >= INTERVAL:
            drawn = now
            say(f"\r{done + 1} of {len(things)} {what}, {(done + 1) / (now - begin):,.0f} a second\x1b[K")
    if drawn:
        say("\r\x1b[K")


def watched(table: Table) -> Table:
    """The table with a progress bar, where standard error is a terminal."""
    if not table.streamed or sys.stderr is None or not sys.stderr.isatty():
        return table
    return _watched(table, 1)


def counted(results: Iterator[T], total: int) -> Iterator[T]:
    """The results of so many parts, with a progress bar where standard error is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from results
        return
    done = 0

    def position() -> int:
        return done

    parts = Table(Form.BINARY, (), size=total, position=position)
    bar = _Bar(parts, 1, unit="parts")
    try:
        for result in results:
            done += 1
            bar.rows += 1
            bar.tick()
            yield result
    finally:
        bar.stop()


def _watched(table: Table, parts: int) -> Table:
    bar = _Bar(table, parts)

    def close() -> None:
        bar.stop()
        table.close()

    return replace(table, chunks=_chunks(table, bar), parts=partial(_parts, table), close=close)


def _parts(table: Table, count: int) -> Sequence[Table] | None:
    parts = table.parts(count)
    return [_watched(parts[0], len(parts)), *parts[1:]] if parts else parts


def _chunks(table: Table, bar: "_Bar") -> Iterator[Chunk]:
    try:
        for chunk in table.chunks:
            yield partial(_counted, chunk, bar)
            bar.tick()
    finally:
        bar.stop()


def _counted(chunk: Chunk, bar: "_Bar") -> Block:
    block = chunk()
    bar.rows += block.rows
    return block


@dataclass
class _Bar:
    """The bar of one table, drawn once the work has lasted; `parts` tables of this size are read at once."""

    table: Table
    parts: int
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
        rate = f"{self.parts * self.rows / (now - self.begin):,.{0 if self.unit == 'rows' else 1}f} {self.unit}/s"
        self.progress.update(self.task, completed=self.parts * self.table.position(), rate=rate, refresh=True)

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
        total = None if self.table.size is None else self.parts * self.table.size
        self.task = self.progress.add_task("", total=total, rate="")
        self.progress.start()

    def stop(self) -> None:
        """Take the bar away."""
        if self.progress is not None:
            self.progress.stop()
            self.progress = None
