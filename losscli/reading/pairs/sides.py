"""Two arguments, LABELS and PREDS, and a list alone: what each is, and how their rows go together.

Rows go together by position only where nothing in the tables speaks against it; with key columns they are joined.
"""

from collections.abc import Sequence
from dataclasses import replace

from losscli.enums import Form
from losscli.errors import DataError, Declined
from losscli.reading.blocks import Opened, Table
from losscli.reading.choice import labels_and_predictions, names_of, resolve
from losscli.reading.columns import KEY, Wanted, shared_out
from losscli.reading.files import Request, file_table, opened
from losscli.reading.pairs.inline import Inline, is_inline, parse_inline
from losscli.reading.pairs.position import SHARED, side_by_side
from losscli.reading.pairs.shapes import (
    check_counts,
    form_of,
    inline_table,
    numbers_or_no_file,
    oriented,
    other_reading,
    records_of,
    shape_of,
)

Sides = Sequence[Inline | Opened]


def likelihoods(request: Request) -> Table:
    """A lone list: for nll the likelihoods of what happened."""
    wanted = request.wanted
    cells = numbers_or_no_file(request.tokens[0]).cells
    if Form.LIKELIHOOD not in wanted.forms:
        raise Declined("one list is not enough; give two: LABELS and PREDS")
    if wanted.label or wanted.prob or wanted.carried:
        raise Declined("columns are chosen in tables; a list has none")
    table = replace(inline_table([[cell] for cell in cells], "the list", request.style.drop), form=Form.LIKELIHOOD)
    if wanted.weight is None:
        return table
    return side_by_side({"prob": table, "weight": _weights(request)}, Form.LIKELIHOOD)


def pair(request: Request) -> Table:
    """The table of LABELS and PREDS."""
    if "" in request.tokens:
        raise Declined("an argument is empty")
    labels, preds = _read(request)
    form = form_of(request.wanted.forms, shape_of(labels), shape_of(preds))
    label_rows, pred_rows = oriented(form, shape_of(labels), shape_of(preds))
    sides = [
        side if isinstance(side, Table) else inline_table(records_of(side, by_row), name, request.style.drop)
        for side, by_row, name in ((labels, label_rows, "labels"), (preds, pred_rows, "predictions"))
    ]
    check_counts(sides, (labels, preds), form)
    if KEY in request.wanted.carried:
        from losscli.reading.pairs.keys import joined

        return joined(sides[0], sides[1], form, bool(request.drop_unmatched), request.threads)
    weighted = any(side.columns.weight is not None for side in sides)
    weights = {"weight": _weights(request)} if request.wanted.weight and not weighted else {}
    table = side_by_side({"label": sides[0], "prob": sides[1], **weights}, form)
    doubt = other_reading(labels, preds) if Form.CATEGORICAL in request.wanted.forms and form is Form.BINARY else None
    return replace(table, warnings=(*table.warnings, doubt)) if doubt else table


def _read(request: Request) -> list[Inline | Table]:
    """Both arguments read; a column that is wanted of either is looked for in LABELS, then in PREDS."""
    found: list[Inline | Opened] = []
    try:
        for at, token in enumerate(request.tokens):
            found.append(_side(token, request, at))
        _refuse_two_tables(request.wanted, found)
        wanted = _shared_out(request.wanted, found)
        return [side.table(own) if isinstance(side, Opened) else side for side, own in zip(found, wanted, strict=True)]
    except BaseException:
        for side in found:
            if isinstance(side, Opened):
                side.close()
        raise


def _side(token: str, request: Request, at: int) -> Inline | Opened:
    wanted = request.wanted
    if at == 0 and token in wanted.named_labels and not is_inline(token):
        return Inline(((token,),), False)
    if is_inline(token):
        if (wanted.label, wanted.prob)[at]:
            raise Declined(f"{('-y', '-p')[at]} chooses a column of a table, and {('LABELS', 'PREDS')[at]} is a list")
        try:
            found = parse_inline(token)
        except DataError as error:
            raise DataError(f"{('labels', 'predictions')[at]}: {error}") from None
        return numbers_or_no_file(token) if at else found
    return opened(token, request)


def _refuse_two_tables(wanted: Wanted, sides: Sides) -> None:
    """Two tables that each hold labels and predictions may be meant to be read one by one."""
    tables = [side for side in sides if isinstance(side, Opened)]
    if wanted.label or wanted.prob or len(tables) < 2:
        return
    if all(labels_and_predictions(names_of(side.top, wanted, side.named)) for side in tables):
        raise DataError(
            f"{tables[0].name} and {tables[1].name} each hold labels and predictions; give each by itself,"
            " or choose with -y the labels of the first and with -p the predictions of the second"
        )


def _wanted_of(wanted: Wanted, at: int) -> Wanted:
    """What is wanted of LABELS (0) and of PREDS (1)."""
    own = replace(wanted, weight=None, features=None, labels_only=at == 0, preds_only=at == 1, carried={})
    return replace(own, prob=None, models=()) if at == 0 else replace(own, label=None)


def _shared_out(wanted: Wanted, sides: Sides) -> list[Wanted]:
    """What is wanted of each side, the columns that travel with it among them."""
    own = [_wanted_of(wanted, at) for at in range(len(sides))]
    tables = [(at, side) for at, side in enumerate(sides) if isinstance(side, Opened)]
    if KEY in wanted.carried and len(tables) < 2:
        raise Declined("--key joins two tables, LABELS and PREDS")
    if wanted.carried and not tables:
        raise Declined("columns are chosen in tables; a list has none")
    known = [(names_of(side.top, own[at], side.named), len(side.top.first)) for at, side in tables]
    for purpose, text in wanted.carried.items():
        everywhere = purpose == KEY or text == "*"
        parts = (text,) * len(tables) if everywhere else shared_out(text, known)
        for (at, _), part in zip(tables, parts, strict=True):
            if part:
                own[at] = replace(own[at], carried={**own[at].carried, purpose: part})
    own = _with_weight(wanted, own, [(at, names) for (at, _), (names, _) in zip(tables, known, strict=True)])
    return _with_shared(own, sides) if len(tables) == 2 and KEY not in wanted.carried else own


def _with_weight(wanted: Wanted, own: list[Wanted], known: list[tuple[int, tuple[str, ...] | None]]) -> list[Wanted]:
    """The weights as a column of the table that has one of this name."""
    at = next((at for at, names in known if wanted.weight and wanted.weight in (names or ())), None)
    if at is not None:
        own[at] = replace(own[at], weight=wanted.weight)
    elif wanted.weight and KEY in wanted.carried:
        raise DataError(f"no column {wanted.weight!r} in either table; beside --key weights are a column")
    return own


def _with_shared(own: list[Wanted], sides: Sides) -> list[Wanted]:
    """The columns that both tables have, and that are neither labels nor predictions, travel to be compared."""
    names: list[tuple[str, ...]] = []
    used: set[str] = set()
    for side, wanted in zip(sides, own, strict=True):
        assert isinstance(side, Opened)
        header = names_of(side.top, wanted, side.named)
        if header is None:
            return own
        try:
            columns = resolve(side.top, replace(wanted, header=True, carried={}))
        except DataError:
            return own  # told when the table is made
        used |= {header[column] for column in (*columns.labels, *columns.predictions)}
        names.append(header)
    left, right = names
    both = [name for name in left if name and name not in used and left.count(name) == right.count(name) == 1]
    shared = {f"{SHARED}{at}": name for at, name in enumerate(both)}
    return [replace(wanted, carried={**wanted.carried, **shared}) for wanted in own]


def _weights(request: Request) -> Table:
    """Sample weights beside lists: a list of their own, or a file of one column."""
    text = request.wanted.weight or ""
    if is_inline(text):
        cells = numbers_or_no_file(text).cells
        return inline_table([[cell] for cell in cells], "weights", request.style.drop)
    wanted = Wanted(forms=frozenset({Form.BINARY}), preds_only=True, header=request.wanted.header)
    return file_table(text, replace(request, wanted=wanted))
