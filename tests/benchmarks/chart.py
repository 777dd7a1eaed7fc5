"""A bar chart of measured commands as SVG, legible on light and dark pages."""

import statistics
from collections.abc import Mapping, Sequence
from html import escape

from measure import Run

LINE, LEFT, WIDTH, NUMBERS = 30, 110, 380, 150  # pixels
STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#333}.other{fill:#9aa5b1}.own{fill:#2f7ed8}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
)


def bar_chart(title: str, found: Mapping[str, Sequence[Run]]) -> str:
    """A bar for the median time of each command, the first one in another colour, with its time and peak memory."""
    seconds = {name: statistics.median(run.seconds for run in runs) for name, runs in found.items()}
    longest = max(seconds.values())
    width, height = LEFT + WIDTH + NUMBERS, LINE * (len(found) + 1) + 10
    bars = []
    for at, (name, runs) in enumerate(found.items(), start=1):
        top, length = at * LINE, max(2.0, WIDTH * seconds[name] / longest)
        memory, kind = max(run.peak for run in runs), "own" if at == 1 else "other"
        bars += [
            f'<text x="{LEFT - 8}" y="{top + 18}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{top + 3}" width="{length:.0f}" height="20"/>',
            f'<text x="{LEFT + length + 8:.0f}" y="{top + 18}">{seconds[name]:.2f} s, {memory:.0f} MB</text>',
        ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    lines = [head, f"<style>{STYLE}</style>", f'<text x="8" y="20">{escape(title)}</text>', *bars, "</svg>"]
    return "\n".join(lines) + "\n"
