"""An answer as a file: an image, a page or text, which shows without a network."""

import io
import os
import re
from html import unescape
from typing import Any

from losscli.errors import UsageError, word_list
from losscli.output.markdown import markdown
from losscli.output.people import console_for, places_of, renderable, text_of
from losscli.output.report import Report
from losscli.output.whole import whole_file

ENDINGS = (".svg", ".html", ".txt", ".md")


def refuse_ending(path: str) -> None:
    """Refuse a file with an extension that is no format of `save`."""
    if os.path.splitext(path)[1].lower() not in ENDINGS:
        raise UsageError(f"--save: {path!r} doesn't end in {word_list(ENDINGS)}")


def save(report: Report, digits: int, path: str, title: str) -> None:
    """Write a report in the format of the file's extension; the file appears when all of it is written."""
    ending = os.path.splitext(path)[1].lower()
    if ending == ".md":
        text = markdown(report, digits)
    elif ending == ".txt":
        text = text_of(report, digits, console_for(io.StringIO()))
    else:
        parts = renderable(report, digits)
        width = console_for(io.StringIO()).measure(parts).maximum
        console = console_for(io.StringIO(), width=width, record=True)
        console.print(parts, crop=False, no_wrap=True, overflow="ignore")
        text = svg_of(console, title) if ending == ".svg" else console.export_html(inline_styles=True)
    with whole_file(path) as out:
        out.write(text)


def svg_of(console: Any, title: str) -> str:
    """An image in the fonts of the machine that shows it: that of rich loads its font from a server.

    The one address that is left is the namespace of SVG, which nobody fetches.
    """
    text = console.export_svg(title=title, unique_id="losscli")
    without: str = re.sub(r"@font-face\s*\{.*?\}\s*", "", text, flags=re.DOTALL)
    without = re.sub(r"<!-- Generated with Rich .*?-->\s*", "", without)

    def measured(found: re.Match[str]) -> str:  # rich counts letters, of which some take two places
        return f'textLength="{places_of(unescape(found[2])) * _PLACE:g}"{found[1]}{found[2]}<'

    return re.sub(r'textLength="[\d.]+"([^>]*>)([^<]*)<', measured, without.replace("Fira Code,", ""))


_PLACE = 12.2  # of rich: the width of a letter in its images
