"""Reports as Markdown; text from the data is escaped, never markup."""

import re

from losscli.errors import printable_line
from losscli.output.cells import pretty
from losscli.output.formula import Formula, latex
from losscli.output.report import Report


def markdown(report: Report, digits: int) -> str:
    """The report as Markdown tables, formulas in LaTeX, pictures as they are; text is never read as markup."""
    parts = [f"**{escaped(report.title)}**"]
    for grid in report.grids:
        header = grid.header or ("figure", "value", "") if grid.rows else ()
        rows = (header, *filter(None, grid.rows))
        cells = [[_cell(cell, digits) for cell in row] for row in rows]
        cells.insert(1, ["---"] * len(header))
        parts.append("\n".join("| " + " | ".join(row) + " |" for row in cells))
    parts += ["\n".join((escaped(one.title), "", "```", *one.lines, "```")) for one in report.pictures]
    parts += [f"- {escaped(note)}" for note in report.notes]
    return "\n\n".join(parts) + "\n"


def _cell(cell: object, digits: int) -> str:
    if not isinstance(cell, Formula):
        return escaped(pretty(cell, digits))
    parts = (f"${latex(printable_line(part))}$" for part in cell.parts)
    return escaped(cell.words).format(*parts)


_MARKUP = r"[\\`*_~$|]|<(?=[A-Za-z/!?])|&(?=#?\w)|\](?=[(:\[])"


def escaped(text: str) -> str:
    """A line of text with its markup escaped."""
    return re.sub(_MARKUP, r"\\\g<0>", printable_line(text))
