"""The columns of a file that may hold several in one: lists of numbers and records, and keys of the file's path.

The table's columns are the file's, where a list `probs` of three numbers is `probs_0`, `probs_1` and `probs_2`, and a
record `probs` of cat and dog is `probs.cat` and `probs.dog`. Columns as typed still speak of the file's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from losscli.data.columns import ASIDE_NAMES, LABEL_NAMES, PROB_NAMES, ColumnSelection, FirstLines, expand
from losscli.enums import Form
from losscli.errors import DataError, shown
from losscli.reading.formats.arrow import (
    BOOLEAN,
    LIST,
    NOTHING,
    NUMBER,
    STRUCT,
    Place,
    kind_of,
    number_kind,
    plain_type,
)
from losscli.reading.pathkeys import path_keys
from losscli.records import record

# What stands for the first record of a file whose columns have types: it shows which columns are numbers, and which of
# these may be labels.
_EXAMPLES = {"whole numbers": "0", "fractions": "0.5", BOOLEAN: "true", NOTHING: ""}


@record
class Outline:
    """A file's columns as a table's: where each stands, what they are called, and what is wanted in these terms."""

    places: tuple[Place, ...]
    top: FirstLines
    wanted: ColumnSelection


def outline(schema: Any, path: str, wanted: ColumnSelection, length: Callable[[str], int]) -> Outline:
    """The columns of a schema and of the path; `length` finds that of a column's lists."""
    kinds = {field.name: kind_of(field.type) for field in schema}
    keys = path_keys(path, kinds)
    names = [*(field.name for field in schema), *keys]
    whole = [name for name, kind in kinds.items() if kind in (LIST, STRUCT)]
    wanted = replace(wanted, header=True)
    classes = _class_column(kinds, whole, names, wanted)
    if classes is not None:
        wanted = replace(wanted, prob=classes)
    in_use = [name for name in whole if _is_wanted(name, names, wanted)]
    refuse_repeated(in_use, names)
    spans = {name: _spread(schema.field(name), length) for name in in_use}
    places: list[Place] = []
    examples: list[str] = []
    for field in schema:
        own = spans.get(field.name) or (Place(field.name, field.name, kind=number_kind(field.type)),)
        kind = own[0].kind if kinds[field.name] == NUMBER else "fractions" if field.name in spans else kinds[field.name]
        places += own
        examples += [_EXAMPLES.get(kind, kind)] * len(own)
    places += [Place(name, None, text=text) for name, text in keys.items()]
    examples += ["a key of the path"] * len(keys)
    cells = {name: tuple(place.name for place in span) for name, span in spans.items()}
    translated: dict[str, Any] = {part: _translated(getattr(wanted, part), names, cells) for part in _TYPED}
    translated["models"] = tuple(_translated(text, names, cells) for text in wanted.models)
    translated["extra"] = {use: _translated(text, names, cells) or "" for use, text in wanted.extra.items()}
    top = FirstLines(tuple(place.name for place in places), (tuple(examples),))
    return Outline(tuple(places), top, replace(wanted, **translated))


_TYPED = ("label", "prob", "weight", "features")


def refuse_repeated(columns: Iterable[str | None], names: Sequence[str]) -> None:
    """DataError where a column that is in use has the name of another: they are read by their names."""
    twice = next((name for name in columns if name is not None and list(names).count(name) > 1), None)
    if twice is not None:
        raise DataError(f"several columns are called {shown(twice)}, and columns of such a file are read by name")


def _class_column(
    kinds: Mapping[str, str], whole: Sequence[str], names: Sequence[str], wanted: ColumnSelection
) -> str | None:
    """The one column of lists or records that holds the prediction of each class, where nobody said which does."""
    if wanted.prob or wanted.labels_only or wanted.features is not None or Form.CATEGORICAL not in wanted.forms:
        return None
    free = [name for name in whole if not _is_wanted(name, names, wanted)]
    named = [name for name in free if name.casefold() in PROB_NAMES]
    if len(named) == 1:
        return named[0]
    known = ASIDE_NAMES | LABEL_NAMES
    others = [name for name, kind in kinds.items() if kind == NUMBER and name.casefold() not in known]
    return free[0] if len(free) == 1 and not others else None


def _is_wanted(name: str, names: Sequence[str], wanted: ColumnSelection) -> bool:
    """Whether a part of the columns as typed is this column or one of its cells."""
    return any(
        part.startswith((f"{name}_", f"{name}.")) or name in _named(part, names)
        for text in (*(getattr(wanted, part) for part in _TYPED), *wanted.models, *wanted.extra.values())
        for part in _split(text, names)
    )


def _split(text: str | None, names: Sequence[str]) -> list[str]:
    if not text:
        return []
    return [text] if text in names else [part.strip() for part in text.split(",")]


def _named(part: str, names: Sequence[str]) -> list[str]:
    """The file's columns that a part means; none where it is the name of a cell, or of nothing."""
    try:
        return [names[column] for column in expand(part, names, len(names))]
    except DataError:
        return []


def _translated(text: str | None, names: Sequence[str], cells: Mapping[str, tuple[str, ...]]) -> str | None:
    """Columns as typed, which speak of the file's columns, as names of the table's."""
    if not text or not cells or text == "*":  # all others, and not those in use
        return text
    parts = ((part, _named(part, names)) for part in _split(text, names))
    return ",".join(own for part, found in parts for name in found or [part] for own in cells.get(name, (name,)))


def _spread(field: Any, length: Callable[[str], int]) -> tuple[Place, ...]:
    """The cells of a column of lists or records."""
    kind = plain_type(field.type)
    if kind_of(kind) == STRUCT:
        return tuple(
            Place(f"{field.name}.{child.name}", field.name, at, kind=number_kind(child.type))
            for at, child in enumerate(kind)
        )
    fixed = getattr(kind, "list_size", None)
    width = length(field.name) if fixed is None else fixed
    numbers = number_kind(kind)
    return tuple(Place(f"{field.name}_{at}", field.name, at, width, kind=numbers) for at in range(width))
