"""What is wanted of each of two arguments, where a table is among them: which columns of it, and for what.

A column that is wanted of either is looked for in LABELS, then in PREDS.
"""

from collections.abc import Sequence
from dataclasses import replace

from losscli.data.blocks import OpenSource
from losscli.data.columns import KEY, ColumnSelection, labels_and_predictions, names_of, resolve, shared_out
from losscli.errors import DataError
from losscli.reading.lists import InlineList
from losscli.reading.pairs.position import SHARED

Sides = Sequence[InlineList | OpenSource]


def wanted_of_sides(wanted: ColumnSelection, sides: Sides) -> list[ColumnSelection]:
    """What is wanted of LABELS and of PREDS; refuses two tables that may be meant to be read one by one."""
    _refuse_two_tables(wanted, sides)
    return _shared_out(wanted, sides)


def _refuse_two_tables(wanted: ColumnSelection, sides: Sides) -> None:
    """Two tables that each hold labels and predictions may be meant to be read one by one."""
    tables = [side for side in sides if isinstance(side, OpenSource)]
    if wanted.label or wanted.prob or len(tables) < 2:
        return
    if all(labels_and_predictions(names_of(side.top, wanted, side.named)) for side in tables):
        raise DataError(
            f"{tables[0].name} and {tables[1].name} each hold labels and predictions; give each by itself,"
            " or choose with -y the labels of the first and with -p the predictions of the second"
        )


def _wanted_of(wanted: ColumnSelection, at: int) -> ColumnSelection:
    """What is wanted of LABELS (0) and of PREDS (1)."""
    own = replace(wanted, weight=None, features=None, labels_only=at == 0, preds_only=at == 1, extra={})
    return replace(own, prob=None, models=()) if at == 0 else replace(own, label=None)


def _shared_out(wanted: ColumnSelection, sides: Sides) -> list[ColumnSelection]:
    """What is wanted of each side, its extra columns among them."""
    own = [_wanted_of(wanted, at) for at in range(len(sides))]
    tables = [(at, side) for at, side in enumerate(sides) if isinstance(side, OpenSource)]
    known = [(names_of(side.top, own[at], side.named), len(side.top.first)) for at, side in tables]
    for purpose, text in wanted.extra.items():
        if purpose == KEY:
            parts = tuple(_spelled(text, names or ()) for names, _ in known)
        else:
            parts = (text,) * len(tables) if text == "*" else shared_out(text, known)
        for (at, _), part in zip(tables, parts, strict=True):
            if part:
                own[at] = replace(own[at], extra={**own[at].extra, purpose: part})
    own = _with_weight(wanted, own, [(at, names) for (at, _), (names, _) in zip(tables, known, strict=True)])
    return _with_shared(own, sides) if len(tables) == 2 and KEY not in wanted.extra else own


def _spelled(text: str, names: tuple[str, ...]) -> str:
    """Names of columns as a table spells them: letter case aside where it has no such name and one that is alike."""
    found = []
    for name in text.split(","):
        alike = [one for one in names if one.casefold() == name.strip().casefold()]
        found.append(alike[0] if len(alike) == 1 and name.strip() not in names else name)
    return ",".join(found)


def _with_weight(
    wanted: ColumnSelection, own: list[ColumnSelection], known: list[tuple[int, tuple[str, ...] | None]]
) -> list[ColumnSelection]:
    """The weights as a column of the table that has one of this name."""
    at = next((at for at, names in known if wanted.weight and wanted.weight in (names or ())), None)
    if at is not None:
        own[at] = replace(own[at], weight=wanted.weight)
    elif wanted.weight and KEY in wanted.extra:
        raise DataError(f"no column {wanted.weight!r} in either table; beside --key weights are a column")
    return own


def _with_shared(own: list[ColumnSelection], sides: Sides) -> list[ColumnSelection]:
    """Columns that both tables have, letter case aside, are read to be compared, but for labels and predictions."""
    names: list[tuple[str, ...]] = []
    used: set[str] = set()
    for side, wanted in zip(sides, own, strict=True):
        assert isinstance(side, OpenSource)
        header = names_of(side.top, wanted, side.named)
        if header is None:
            return own
        try:
            columns = resolve(side.top, replace(wanted, header=True, extra={}))
        except DataError:
            return own  # told when the table is made
        used |= {header[column].casefold() for column in (*columns.labels, *columns.predictions)}
        names.append(header)
    left, right = ([name.casefold() for name in header] for header in names)
    both = [name for name in left if name and name not in used and left.count(name) == right.count(name) == 1]
    return [
        replace(wanted, extra={**wanted.extra, **{f"{SHARED}{i}": header[at] for i, at in enumerate(places)}})
        for wanted, header, places in zip(own, names, (map(side.index, both) for side in (left, right)), strict=True)
    ]
