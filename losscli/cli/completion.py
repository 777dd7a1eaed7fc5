"""What a shell offers behind an option: columns of the table that is on the line, labels of its label column.

Quick and silent: whatever can't be read offers nothing, and the shell falls back on the names of files.
"""

import os
from collections.abc import Callable, Sequence

from losscli.cli.commands import Values, command_of, parse_options
from losscli.commands.arguments import COLUMNS, LABELS
from losscli.errors import UsageError
from losscli.shell import split_line

Offer = Callable[[str], list[str]]


def offered_columns(incomplete: str) -> list[str]:
    """Names of columns that begin as the word does; behind a comma, of the next one of a list."""
    from losscli.reading.header import header_of

    before, comma, begun = incomplete.rpartition(",")
    listed = before.split(",")
    names = [name for path in _tables() for name in header_of(path)]
    return [before + comma + name for name in dict.fromkeys(names) if name.startswith(begun) and name not in listed]


def offered_labels(incomplete: str) -> list[str]:
    """The labels in the first rows of the label column."""
    from losscli.data.columns import LABEL_NAMES
    from losscli.reading.header import labels_of

    values = _values()
    column = (values.get("label") or [None])[-1]
    found = [label for path in _tables() for label in labels_of(path, column, sorted(LABEL_NAMES))]
    return [label for label in dict.fromkeys(found) if label.startswith(incomplete)]


OFFERS: dict[str, Offer] = {COLUMNS: offered_columns, LABELS: offered_labels}


def _tables() -> list[str]:
    """The files among the arguments of the line."""
    return [path for path in _values().get("sources", ()) if os.path.isfile(path)]


def _values() -> Values:
    """The values of the line without the word that is being completed, as far as it can be read."""
    words = _words()
    command = command_of(words)
    if command is None:
        return {}
    behind = words[len(command.words) :]
    try:
        return parse_options(behind, command.flags)
    except UsageError:
        return {"sources": behind}


def _words() -> list[str]:
    """The words of the line, without the program and without the word and option that are being completed.

    Bash gives the whole line and the place in it; zsh and fish give the line up to the cursor.
    """
    line, place = os.environ.get("COMP_WORDS"), os.environ.get("COMP_CWORD", "")
    if line is not None and place.isdigit():
        words, at = _split(line), int(place)
    else:
        line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
        words = _split(line)
        at = len(words) if line.endswith(" ") else len(words) - 1
    before = words[1:at]
    if before and before[-1].startswith("-"):
        before.pop()
    return [*before, *words[at + 1 :]]


def _split(line: str) -> list[str]:
    """The words of a line, also if its last quote is still open."""
    for end in ("", "'", '"'):
        try:
            return split_line(line + end)
        except ValueError:
            continue
    return line.split()


def escaped(names: Sequence[str]) -> list[str]:
    """Names as they can be typed: bash puts them on the line as they are."""
    if not os.environ.get("_LOSSCLI_COMPLETE", "").endswith("bash"):
        return list(names)
    return ["".join(f"\\{char}" if char in " \t\\\"'`$&;|<>()*?[]{}#!~" else char for char in name) for name in names]
