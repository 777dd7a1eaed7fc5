"""A line of numbers drawn with plain characters, as high and wide as a terminal shows without trouble."""

from collections.abc import Sequence
from math import isfinite

WIDTH, HEIGHT = 60, 12


def line_chart(values: Sequence[float], label: str) -> list[str]:
    """Values over their places from 0, as lines of text: the highest and lowest value at the left, places below."""
    low, high = min(values), max(values)
    if not (isfinite(low) and isfinite(high)):
        return []
    width = min(WIDTH, max(len(values), 2))
    heights = [_height(values[_place(at, width, len(values))], low, high) for at in range(width)]
    scale = {HEIGHT - 1: f"{high:.6g}", 0: f"{low:.6g}"}
    margin = max(map(len, scale.values()))
    lines = []
    for level in reversed(range(HEIGHT)):
        marks = "".join(_mark(heights, at, level) for at in range(width))
        lines.append(f"{scale.get(level, ''):>{margin}} |{marks}".rstrip())
    last = str(len(values) - 1)
    axis = f"{'':>{margin}} +{'-' * width}"
    return [*lines, axis, f"{'':>{margin}}  0{last:>{max(width - 1, len(last) + 1)}} {label}"]


def _place(at: int, width: int, count: int) -> int:
    return round(at * (count - 1) / (width - 1))


def _height(value: float, low: float, high: float) -> int:
    return round((value - low) / (high - low) * (HEIGHT - 1)) if high > low else 0


def _mark(heights: list[int], at: int, level: int) -> str:
    """A star where the line is, and a bar where it falls or rises by more than a level at once."""
    if heights[at] == level:
        return "*"
    before = heights[at - 1] if at else heights[at]
    return "|" if min(before, heights[at]) < level < max(before, heights[at]) else " "
