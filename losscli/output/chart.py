"""Charts as lines of text. The values stand beside what is drawn, so that a program can read them from a pipe.

No line is wider than 80 columns, or than `COLUMNS` where that is set; plain ASCII where the encoding of standard output
or `TERM=dumb` wants it.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import floor, inf, isfinite, isnan, nan
from typing import TYPE_CHECKING, NamedTuple

from losscli.errors import printable_line
from losscli.lazy import Lazy
from losscli.output.report import Picture
from losscli.records import record

if TYPE_CHECKING:
    from rich import cells as screen
else:
    screen = Lazy("rich.cells")  # where nothing is drawn, nothing is measured

WIDTH, NARROWEST, CURVE, HEIGHT = 80, 30, 60, 12  # characters

EIGHTHS = " ▏▎▍▌▋▊▉█"


class Marks(NamedTuple):
    """The characters of an interval: its ends, the line between them, two kinds of points, an end that lies outside."""

    left: str
    line: str
    right: str
    point: str
    other: str
    outside: str


UNICODE = Marks("├", "─", "┤", "●", "○", "…")
ASCII = Marks("|", "-", "|", "o", "x", "~")


@record
class Series:
    """Numbers of at least 0, drawn as bars, one on each line; `texts` are written beside them."""

    name: str
    values: Sequence[float]
    texts: Sequence[str]


@record
class Span:
    """A line with a point, the ends of its interval (nan: there is none), and the text beside it.

    `other` is a second point to compare with the first, such as the prediction with the observation.
    """

    name: str
    point: float
    low: float
    high: float
    text: str
    other: float = nan


def bars(title: str, labels: Sequence[str], series: Sequence[Series]) -> Picture:
    """A line for each label; for each series its text and a bar, all bars of all series to one scale."""
    labels = [_named(label) for label in labels]
    margin = _widest(("", *labels))
    widths = [_widest((one.name, *one.texts)) for one in series]
    room = (_columns() - margin - sum(widths)) // max(len(series), 1) - 4
    room = max(room, 4)
    most = max((value for one in series for value in one.values if isfinite(value)), default=0.0)
    lines = []
    if any(one.name for one in series):
        heads = (f"  {one.name:>{width}} {'':{room}}" for one, width in zip(series, widths, strict=True))
        lines.append(f"{'':{margin}}{''.join(heads)}".rstrip())
    for at, label in enumerate(labels):
        cells = (
            f"  {one.texts[at]:>{width}} {_bar(one.values[at], most, room):{room}}"
            for one, width in zip(series, widths, strict=True)
        )
        lines.append(f"{_padded(label, margin)}{''.join(cells)}".rstrip())
    return Picture(title, tuple(lines))


def _bar(value: float, most: float, room: int) -> str:
    """A bar with a length of value / most of `room`; a value above 0 has at least a mark."""
    if not most > 0.0 or not value > 0.0:
        return ""
    length = min(value / most, 1.0) * room
    if is_plain():
        return "#" * max(round(length), 1)
    eighths = max(round(length * 8), 1)
    return EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def spans(title: str, lines: Sequence[Span], low: float | None = None, high: float | None = None) -> Picture:
    """A line for each span: its interval and points on one scale, whose ends stand below.

    `low` and `high` are the ends of the scale, by default the lowest and highest value; what lies outside is cut there.
    """
    names = [_named(line.name) for line in lines]
    margin, text = _widest(("", *names)), _widest(("", *(line.text for line in lines)))
    room = max(_columns() - margin - text - 4, 10)
    drawn = [v for line in lines for v in (line.point, line.low, line.high, line.other) if isfinite(v)]
    ends = (min(drawn, default=0.0) if low is None else low, max(drawn, default=1.0) if high is None else high)
    made = [
        f"{_padded(name, margin)}  {_span(line, ends, room):{room}}  {line.text}".rstrip()
        for name, line in zip(names, lines, strict=True)
    ]
    below = f"{ends[0]:.4g}".ljust(room)
    last = f"{ends[1]:.4g}"
    scale = f"{below[: room - len(last)]}{last}"
    return Picture(title, (*made, f"{'':{margin}}  {scale}"))


def points() -> tuple[str, str]:
    """The marks of the point of a span and of its second point."""
    marks = ASCII if is_plain() else UNICODE
    return marks.point, marks.other


def _span(line: Span, ends: tuple[float, float], room: int) -> str:
    marks = ASCII if is_plain() else UNICODE
    cells = [" "] * room
    if not (isnan(line.low) or isnan(line.high)):
        first, last = _place(line.low, ends, room), _place(line.high, ends, room)
        cells[first : last + 1] = [marks.line] * (last + 1 - first)
        cells[first] = marks.left if line.low >= ends[0] else marks.outside
        cells[last] = marks.right if line.high <= ends[1] else marks.outside
    for value, mark in ((line.other, marks.other), (line.point, marks.point)):
        if not isnan(value):
            cells[_place(value, ends, room)] = mark if isfinite(value) else marks.outside
    return "".join(cells)


def _place(value: float, ends: tuple[float, float], room: int) -> int:
    if not ends[1] / 2 > ends[0] / 2:  # halves: the difference of two floats may be beyond the largest
        return room // 2
    share = 0.0 if value == -inf else 1.0 if value == inf else (value / 2 - ends[0] / 2) / (ends[1] / 2 - ends[0] / 2)
    return min(max(round(share * (room - 1)), 0), room - 1)


def curves(title: str, series: Sequence[tuple[str, Sequence[float]]], below: str) -> Picture | None:
    """Curves over 0, 1, ..: the highest and the lowest value at the left, the places below; None if one is infinite.

    The first curve has the mark `*`, the second `o`; where they meet, the mark is `*`.
    """
    values = [value for _, one in series for value in one]
    if not values or not all(map(isfinite, values)):
        return None
    low, high = min(values), max(values)
    scale = {HEIGHT - 1: f"{high:.6g}", 0: f"{low:.6g}"}
    margin = _widest(scale.values())
    places = max(len(one) for _, one in series)
    width = max(min(_columns() - margin - 3, CURVE, max(places, 2)), 2)
    drawn = []  # for each curve the level at each of `width` places along it
    for _, one in series:
        along = [floor(at * (len(one) - 1) / (width - 1) + 0.5) for at in range(width)]
        drawn.append([_place(one[at], (low, high), HEIGHT) if low / 2 < high / 2 else 0 for at in along])
    lines = []
    for level in reversed(range(HEIGHT)):
        marks = "".join(_mark(drawn, at, level) for at in range(width))
        lines.append(f"{scale.get(level, ''):>{margin}} |{marks}".rstrip())
    last = str(places - 1)
    lines.append(f"{'':>{margin}} +{'-' * width}")
    lines.append(f"{'':>{margin}}  0{last:>{max(width - 1, len(last) + 1)}} {below}")
    if len(series) > 1:
        legend = "   ".join(f"{mark} {name}" for mark, (name, _) in zip("*o", series, strict=False))
        lines.append(f"{'':>{margin}}  {legend}")
    return Picture(title, tuple(lines))


@record
class Layer:
    """Points of a plane with their mark; a layer is drawn over those before it."""

    mark: str
    name: str
    x: Sequence[float]
    y: Sequence[float]


def plane(title: str, layers: Sequence[Layer], x: tuple[float, float], y: tuple[float, float], below: str) -> Picture:
    """Points between the ends of two scales: the ends of y at the left, those of x below with its name, then the marks.

    Points outside the ends are left out.
    """
    scale = {HEIGHT - 1: f"{y[1]:.6g}", 0: f"{y[0]:.6g}"}
    margin = _widest(scale.values())
    width = max(min(_columns() - margin - 3, CURVE), 2)
    cells = [[" "] * width for _ in range(HEIGHT)]
    for layer in layers:
        for at, level in zip(layer.x, layer.y, strict=True):
            if x[0] <= at <= x[1] and y[0] <= level <= y[1]:
                cells[_place(level, y, HEIGHT)][_place(at, x, width)] = layer.mark
    lines = [f"{scale.get(at, ''):>{margin}} |{''.join(cells[at])}".rstrip() for at in reversed(range(HEIGHT))]
    first, last = f"{x[0]:.6g}", f"{x[1]:.6g}"
    lines.append(f"{'':>{margin}} +{'-' * width}")
    lines.append(f"{'':>{margin}}  {first}{last:>{max(width - len(first), len(last) + 1)}} {_named(below)}")
    lines.append(f"{'':>{margin}}  " + "   ".join(f"{layer.mark} {_named(layer.name)}" for layer in layers))
    return Picture(title, tuple(lines))


def _named(label: str) -> str:
    """A label from the data, in the encoding of standard output and shortened to fit."""
    line, most = printable_line(label), _columns() * 9 // 20
    with suppress(AttributeError, LookupError, TypeError):  # none, or one without an encoding
        line = line.encode(sys.stdout.encoding, "backslashreplace").decode(sys.stdout.encoding)
    return line if screen.cell_len(line) <= most else screen.set_cell_size(line, most - 3) + "..."


def _padded(text: str, width: int) -> str:
    """Text padded to a width on the screen, where some characters take two places."""
    return text + " " * (width - screen.cell_len(text))


def _mark(drawn: Sequence[Sequence[int]], at: int, level: int) -> str:
    """The mark of a curve at its level, and a bar where it falls or rises by more than one level."""
    for mark, heights in zip("*o", drawn, strict=False):
        if heights[at] == level:
            return mark
    for heights in drawn:
        before = heights[at - 1] if at else heights[at]
        if min(before, heights[at]) < level < max(before, heights[at]):
            return "|"
    return " "


def is_plain() -> bool:
    """Whether pictures are to be drawn in ASCII."""
    if os.environ.get("TERM") == "dumb":
        return True
    try:
        "".join((*UNICODE, EIGHTHS)).encode(sys.stdout.encoding or "utf-8")
    except (AttributeError, LookupError, UnicodeError):
        return True
    return False


def _columns() -> int:
    try:
        wanted = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        wanted = WIDTH
    return max(wanted, NARROWEST)


def _widest(texts: Iterable[str]) -> int:
    return max(map(screen.cell_len, texts))
