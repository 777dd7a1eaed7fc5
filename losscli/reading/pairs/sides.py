"""Two arguments, LABELS and PREDS, and a list alone: what each is, and how their rows go together.

Rows go together by position only where nothing in the tables speaks against it; with key columns they are joined.
"""

from collections.abc import Sequence
from dataclasses import replace

from losscli.data.blocks import OpenSource, Table
from losscli.data.columns import KEY, ColumnSelection
from losscli.enums import Form
from losscli.errors import DataError, UsageError
from losscli.reading.files import ReadOptions, file_table, opened
from losscli.reading.pairs.inline import Inline, is_inline, parse_inline
from losscli.reading.pairs.position import side_by_side
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


def likelihoods(request: ReadOptions) -> Table:
    """A lone list: for nll the likelihoods of what happened."""
    wanted = request.wanted
    cells = numbers_or_no_file(request.tokens[0]).cells
    if Form.LIKELIHOOD not in wanted.forms:
        raise UsageError("one list is not enough; give two: LABELS and PREDS")
    if wanted.label or wanted.prob or wanted.carried:
        raise UsageError("columns are chosen in tables; a list has none")
    table = replace(inline_table([[cell] for cell in cells], "the list", request.style.drop), form=Form.LIKELIHOOD)
    if wanted.weight is None:
        return table
    return side_by_side({"prob": table, "weight": _weights(request)}, Form.LIKELIHOOD)


def pair(request: ReadOptions) -> Table:
    """The table of LABELS and PREDS."""
    if "" in request.tokens:
        raise UsageError("an argument is empty")
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


def _read(request: ReadOptions) -> list[Inline | Table]:
    """Both arguments read; a column that is wanted of either is looked for in LABELS, then in PREDS."""
    found: list[Inline | OpenSource] = []
    try:
        for at, token in enumerate(request.tokens):
            found.append(_side(token, request, at))
        _refuse_columns_of_lists(request.wanted, found)
        if not any(isinstance(side, OpenSource) for side in found):
            return [side for side in found if isinstance(side, Inline)]
        from losscli.reading.pairs.columns import wanted_of_sides

        wanted = wanted_of_sides(request.wanted, found)
        return [
            side.table(own) if isinstance(side, OpenSource) else side for side, own in zip(found, wanted, strict=True)
        ]
    except BaseException:
        for side in found:
            if isinstance(side, OpenSource):
                side.close()
        raise


def _side(token: str, request: ReadOptions, at: int) -> Inline | OpenSource:
    wanted = request.wanted
    if at == 0 and token in wanted.named_labels and not is_inline(token):
        return Inline(((token,),), False)
    if is_inline(token):
        if (wanted.label, wanted.prob)[at]:
            raise UsageError(f"{('-y', '-p')[at]} chooses a column of a table, and {('LABELS', 'PREDS')[at]} is a list")
        try:
            found = parse_inline(token)
        except DataError as error:
            raise DataError(f"{('labels', 'predictions')[at]}: {error}") from None
        return numbers_or_no_file(token) if at else found
    return opened(token, request)


def _refuse_columns_of_lists(wanted: ColumnSelection, sides: Sequence[Inline | OpenSource]) -> None:
    """Refuse columns that travel along, keys above all, where there are lists."""
    tables = sum(isinstance(side, OpenSource) for side in sides)
    if KEY in wanted.carried and tables < 2:
        raise UsageError("--key joins two tables, LABELS and PREDS")
    if wanted.carried and not tables:
        raise UsageError("columns are chosen in tables; a list has none")


def _weights(request: ReadOptions) -> Table:
    """Sample weights beside lists: a list of their own, or a file of one column."""
    text = request.wanted.weight or ""
    if is_inline(text):
        cells = numbers_or_no_file(text).cells
        return inline_table([[cell] for cell in cells], "weights", request.style.drop)
    wanted = ColumnSelection(forms=frozenset({Form.BINARY}), preds_only=True, header=request.wanted.header)
    return file_table(text, replace(request, wanted=wanted))
