"""Two arguments, LABELS and PREDS, and a list alone: what each is, and how their rows go together.

Rows go together by position only where nothing in the tables speaks against it; with key columns they are joined.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from losscli.data.blocks import OpenSource, Table
from losscli.data.columns import KEY, ColumnSelection
from losscli.enums import Form
from losscli.errors import DataError, UsageError
from losscli.reading.files import ReadOptions, file_table, opened
from losscli.reading.lists import (
    InlineList,
    Shape,
    form_of,
    is_list,
    is_word,
    list_table,
    other_reading,
    parse_list,
    parse_numbers,
    shape_of,
    tables_of,
)
from losscli.reading.missing import missing
from losscli.reading.pairs.position import side_by_side


def likelihoods(request: ReadOptions) -> Table:
    """A lone list: for nll the likelihoods of what happened."""
    wanted = request.wanted
    given = parse_numbers(request.tokens[0])
    if Form.LIKELIHOOD not in wanted.forms:
        raise UsageError("one list is not enough; give two: LABELS and PREDS")
    if shape_of(given) in (Shape.ROW, Shape.MATRIX):
        size = f"{len(given.rows)} x {len(given.rows[0])}"
        raise UsageError(f"labels are needed beside a matrix ({size}); likelihoods of what happened are one list")
    if wanted.label or wanted.prob or wanted.extra:
        raise UsageError("columns are chosen in tables; a list has none")
    table = list_table([[cell] for cell in given.cells], "the list", request.style.drop)
    table = replace(table, schema=replace(table.schema, form=Form.LIKELIHOOD))
    if wanted.weight is None:
        return table
    return side_by_side({"prob": table, "weight": _weights(request)}, Form.LIKELIHOOD)


def pair(request: ReadOptions) -> Table:
    """The table of LABELS and PREDS."""
    if "" in request.tokens:
        raise UsageError("an argument is empty")
    labels, preds = _read(request)
    form = form_of(request.wanted.forms, labels, preds)
    sides = tables_of(labels, preds, form, request.style.drop)
    if KEY in request.wanted.extra:
        from losscli.reading.pairs.keys import joined

        return joined(sides[0], sides[1], form, bool(request.drop_unmatched), request.threads)
    weighted = any(side.schema.columns.weight is not None for side in sides)
    weights = {"weight": _weights(request)} if request.wanted.weight and not weighted else {}
    table = side_by_side({"label": sides[0], "prob": sides[1], **weights}, form)
    doubt = other_reading(labels, preds) if Form.CATEGORICAL in request.wanted.forms and form is Form.BINARY else None
    return replace(table, schema=replace(table.schema, warnings=(*table.schema.warnings, doubt))) if doubt else table


def _read(request: ReadOptions) -> list[InlineList | Table]:
    """Both arguments read; a column that is wanted of either is looked for in LABELS, then in PREDS."""
    found: list[InlineList | OpenSource] = []
    try:
        for at, token in enumerate(request.tokens):
            found.append(_side(token, request, at))
        _refuse_columns_of_lists(request.wanted, found)
        if not any(isinstance(side, OpenSource) for side in found):
            return [side for side in found if isinstance(side, InlineList)]
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


def _side(token: str, request: ReadOptions, at: int) -> InlineList | OpenSource:
    wanted = request.wanted
    single = at == 0 and token in wanted.named_labels and not os.path.exists(token)
    if single or is_list(token):
        if (wanted.label, wanted.prob)[at]:
            raise UsageError(f"{('-y', '-p')[at]} chooses a column of a table, and {('LABELS', 'PREDS')[at]} is a list")
        if single:
            return InlineList(((token,),), False)
        try:
            found = parse_list(token)
        except DataError as error:
            raise DataError(f"{('labels', 'predictions')[at]}: {error}") from None
        return parse_numbers(token) if at else found
    if at == 0 and is_word(token) and not os.path.exists(token) and is_list(request.tokens[1]):
        option = "--classes" if Form.CATEGORICAL in wanted.forms else "--positive"
        raise DataError(f"{token}: {missing(token)}; if it is a label, name it with {option}")
    return opened(token, request)


def _refuse_columns_of_lists(wanted: ColumnSelection, sides: Sequence[InlineList | OpenSource]) -> None:
    """Refuse extra columns, keys above all, where there are lists."""
    tables = sum(isinstance(side, OpenSource) for side in sides)
    if KEY in wanted.extra and tables < 2:
        raise UsageError("--key joins two tables, LABELS and PREDS")
    if wanted.extra and not tables:
        raise UsageError("columns are chosen in tables; a list has none")


def _weights(request: ReadOptions) -> Table:
    """Sample weights beside lists: a list of their own, or a file of one column."""
    text = request.wanted.weight or ""
    if is_list(text):
        cells = parse_numbers(text).cells
        return list_table([[cell] for cell in cells], "weights", request.style.drop)
    wanted = ColumnSelection(forms=frozenset({Form.BINARY}), preds_only=True, header=request.wanted.header)
    return file_table(text, replace(request, wanted=wanted))
