"""Two arguments, LABELS and PREDS, and a list alone: what each is, and how their rows go together.

Rows go together by their numbers, where nothing in the tables speaks against it; with key columns they are joined.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.data.blocks import Block, Origin, Side, cut_short, placed
from losscli.data.categorical import ByteStrings, Categorical, take_cells
from losscli.data.cells import canonical, is_missing, number, whole_number
from losscli.data.choice import labels_and_predictions, names_of, refuse_numbered, resolve
from losscli.data.classnames import plain_truth
from losscli.data.columns import (
    KEY,
    LABEL_NAMES,
    OTHER_ID,
    PROB_NAMES,
    SHARED,
    SHARED_LABEL,
    ColumnSelection,
    shared_out,
)
from losscli.data.table import ChangedReader, Chunk, ColumnNames, OpenSource, Reader, Table, raised
from losscli.engines.local import thread_count
from losscli.enums import Form
from losscli.errors import DataError, Location, RowError, UsageError, shown
from losscli.lazy import Lazy
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
from losscli.reading.not_found import not_found

if TYPE_CHECKING:
    from losscli.reading import join
    from losscli.reading.open import ReadOptions
else:
    join = Lazy("losscli.reading.join")

KEY_HINT = "--key {} matches rows by it"
Sides = Sequence[InlineList | OpenSource]
ColumnAt = tuple[str, int]  # a column's name, and its place in a block
OpenPath = Callable[[str, "ReadOptions"], OpenSource]


def likelihoods(options: "ReadOptions", open_path: OpenPath) -> Table:
    """A lone list: for nll the likelihoods of the true labels."""
    wanted = options.wanted
    given = parse_numbers(options.tokens[0])
    if Form.LIKELIHOOD not in wanted.forms:
        raise UsageError("one list is not enough; give two: LABELS and PREDS")
    if shape_of(given) in (Shape.ROW, Shape.MATRIX):
        size = f"{len(given.rows)} x {len(given.rows[0])}"
        raise UsageError(f"a matrix ({size}) needs labels; likelihoods of the true labels are one list")
    if wanted.label or wanted.prob or wanted.extra:
        raise UsageError("columns can be chosen only in a table, not in a list")
    cells = [[cell] for cell in given.cells]
    table = list_table(cells, "the list", options.style.drop, wanted)
    return _weighted(options, open_path, {"prob": table}, Form.LIKELIHOOD)


def pair(options: "ReadOptions", open_path: OpenPath) -> Table:
    """The table of LABELS and PREDS; on an error both are closed."""
    if KEY in options.wanted.extra:  # threads that look keys up wait for each other once a block
        options = replace(options, style=options.style._replace(block_bytes=2 * options.style.block_bytes))
    labels, preds = _read(options, open_path)
    try:
        return _paired(labels, preds, options, open_path)
    except BaseException:
        for side in (labels, preds):
            if isinstance(side, Table):
                side.close()
        raise


def _paired(
    labels: InlineList | Table, preds: InlineList | Table, options: "ReadOptions", open_path: OpenPath
) -> Table:
    form = form_of(options.wanted.forms, labels, preds)
    sides = tables_of(labels, preds, form, options.style.drop, options.wanted)
    both = {"label": sides[0], "prob": sides[1]}
    if KEY in options.wanted.extra:
        joined = join.Join(*sides, options.style.drop, bool(options.drop_unmatched), thread_count(options.threads))
        return _together(both, form, joined, keyed=True)
    table = _weighted(options, open_path, both, form)
    doubt = other_reading(labels, preds) if Form.CATEGORICAL in options.wanted.forms and form is Form.BINARY else None
    return replace(table, schema=replace(table.schema, warnings=(*table.schema.warnings, doubt))) if doubt else table


# --- the two arguments ------------------------------------------------------------------------------------------------
def _read(options: "ReadOptions", open_path: OpenPath) -> list[InlineList | Table]:
    """Both arguments read; a column that is wanted of either is looked for in LABELS, then in PREDS."""
    found: list[InlineList | OpenSource] = []
    try:
        for at, token in enumerate(options.tokens):
            found.append(_side(token, options, at, open_path))
        tables = [side for side in found if isinstance(side, OpenSource)]
        if KEY in options.wanted.extra and len(tables) < 2:
            raise UsageError("--key joins two tables, LABELS and PREDS")
        if options.wanted.extra and not tables:
            raise UsageError("columns can be chosen only in a table, not in a list")
        wanted = _wanted_of_sides(options.wanted, found) if tables else [options.wanted] * len(found)
        both = zip(found, wanted, strict=True)
        return [side.table(own) if isinstance(side, OpenSource) else side for side, own in both]
    except BaseException:
        for side in found:
            if isinstance(side, OpenSource):
                side.close()
        raise


def _side(token: str, options: "ReadOptions", at: int, open_path: OpenPath) -> InlineList | OpenSource:
    """LABELS (at 0) or PREDS as a list, or as a table whose first lines are read."""
    wanted = options.wanted
    single = at == 0 and token in wanted.named_labels and not os.path.exists(token)
    if not single and not is_list(token):
        if at == 0 and is_word(token) and not os.path.exists(token) and is_list(options.tokens[1]):
            option = "--classes" if Form.CATEGORICAL in wanted.forms else "--positive"
            raise DataError(f"{token}: {not_found(token)}; if it is a label, name it with {option}")
        if at == 1 and is_word(token) and not os.path.exists(token) and not is_list(options.tokens[0]):
            raise DataError(f"{token}: {not_found(token)}; a column is chosen with -p {token}")
        return open_path(token, options)
    if (wanted.label, wanted.prob)[at]:
        option, place = (("-y", "LABELS"), ("-p", "PREDS"))[at]
        raise UsageError(f"{option} chooses a column of a table, and {place} is a list: {shown(token)}")
    if single:
        return InlineList(((token,),), False)
    try:
        found = parse_list(token)
    except DataError as error:
        raise DataError(f"{('labels', 'predictions')[at]}: {error}") from None
    return parse_numbers(token) if at else found


# --- which columns of which table -------------------------------------------------------------------------------------
def _wanted_of_sides(wanted: ColumnSelection, sides: Sides) -> list[ColumnSelection]:
    """What is wanted of LABELS and of PREDS, the columns that both have among it."""
    tables = [(at, side) for at, side in enumerate(sides) if isinstance(side, OpenSource)]
    in_each = len(tables) == 2 and not (wanted.label or wanted.prob)
    if in_each and all(labels_and_predictions(names_of(side.top, wanted, side.named)) for _, side in tables):
        raise DataError(
            f"{tables[0][1].name} and {tables[1][1].name} both hold labels and predictions; give one file alone,"
            " or choose with -y the labels of the first and with -p the predictions of the second"
        )
    own = replace(wanted, weight=None, features=None, extra={})
    parts = [replace(own, labels_only=True, prob=None, models=()), replace(own, preds_only=True, label=None)]
    known = [(names_of(side.top, parts[at], side.named), len(side.top.first)) for at, side in tables]
    if len(tables) == 2 and all(side.named is None for _, side in tables) and known[0][0] is known[1][0] is None:
        try:
            refuse_numbered([side.top for _, side in tables], wanted)
        except DataError as error:
            raise DataError(f"{tables[0][1].name} and {tables[1][1].name}: {error}") from None
    for purpose, text in wanted.extra.items():
        if purpose == KEY:
            texts = tuple(_key_of(text, side, [names or () for names, _ in known]) for side in range(len(known)))
        else:
            texts = (text,) * len(tables) if text == "*" else shared_out(text, known)
        for (at, _), part in zip(tables, texts, strict=True):
            if part:
                parts[at] = replace(parts[at], extra={**parts[at].extra, purpose: part})
    weighted = next(
        (at for (at, _), (names, _) in zip(tables, known, strict=True) if wanted.weight in (names or ())), None
    )
    if weighted is not None and wanted.weight is not None:
        parts[weighted] = replace(parts[weighted], weight=wanted.weight)
    elif wanted.weight and KEY in wanted.extra:
        raise DataError(f"no column {wanted.weight!r} in either table; beside --key weights are a column")
    return _with_shared(parts, [side for _, side in tables]) if len(tables) == 2 else parts


def _key_of(text: str, side: int, names: Sequence[tuple[str, ...]]) -> str:
    """The key columns of a side as its table spells them: `a=b` is `a` in the first table and `b` in the second.

    If the table has no column of that name, one that differs in letter case only is taken.
    """
    found = []
    for name in text.split(","):
        both = name.partition("=")
        if both[1] and not any(name.strip() in some for some in names):
            name = both[2 * side]
        alike = [one for one in names[side] if one.casefold() == name.strip().casefold()]
        found.append(alike[0] if len(alike) == 1 and name.strip() not in names[side] else name)
    return ",".join(found)


def _with_shared(wanted: list[ColumnSelection], tables: Sequence[OpenSource]) -> list[ColumnSelection]:
    """With the columns that both tables have, letter case aside, to be compared, and the names of PREDS' predictions.

    Predictions are not compared; of a join only the label is, and what is wanted as weight or for groups.
    """
    headers: list[tuple[str, ...]] = []
    labels: list[str] = []  # the label columns of LABELS
    preds: list[str] = []  # the prediction columns of PREDS
    for side, own in zip(tables, wanted, strict=True):
        header = names_of(side.top, own, side.named)
        if header is None:
            return wanted
        headers.append(header)
        try:
            key = {purpose: text for purpose, text in own.extra.items() if purpose == KEY}
            columns = resolve(side.top, replace(own, header=True, extra=key))
        except DataError:  # reported when the table is made; or an entry of a list, which only the table knows
            called = [name for name in header if name.casefold() in LABEL_NAMES | PROB_NAMES]
        else:
            called = [header[column] for column in (columns.labels if own.labels_only else columns.predictions)]
            also = [name for name in called if name in headers[0] and name not in labels]
            if columns.left_over and 0 < len(also) < len(called):
                what = f"column {shown(also[0])} is in {tables[0].name} too and would be read as a class"
                raise DataError(f"{side.name}: {what}; choose the classes with -p")
        (labels if own.labels_only else preds).extend(called)
    left, right = ([name.casefold() for name in header] for header in headers)
    used = {name.casefold() for name in (*labels, *preds)}
    both = [name for name in left if name and left.count(name) == right.count(name) == 1]
    pairs = {f"{SHARED}{i}": name for i, name in enumerate(name for name in both if name not in used)}
    ids: list[list[str]] = [[], []]
    if KEY in wanted[0].extra:
        typed = [text for own in wanted for text in (own.weight, own.extra.get("by")) if text]
        named = {name.strip().casefold() for text in typed for name in text.split(",")}
        pairs = {use: name for use, name in pairs.items() if name in named}
    elif not pairs:  # no column of both could disagree
        used |= {*both, *(own.weight.casefold() for own in wanted if own.weight)}
        from losscli.reading.otherids import id_columns

        ids = [id_columns(header, side.top, used) for header, side in zip(headers, tables, strict=True)]
        ids = ids if all(ids) else [[], []]
    label = labels[0].casefold() if len(labels) == 1 else ""
    if label in both and label not in map(str.casefold, preds):
        pairs[SHARED_LABEL] = label
    names = tuple(preds[: len(preds) // (1 + len(wanted[1].models))])  # those of the first model
    found = []
    for own, header, folded, names_of_ids in zip(wanted, headers, (left, right), ids, strict=True):
        extra = {use: header[folded.index(name)] for use, name in pairs.items()}
        extra |= {f"{OTHER_ID}{at}": name for at, name in enumerate(names_of_ids)}
        found.append(replace(own, extra={**own.extra, **extra}))
    return [replace(found[0], counterparts=names), found[1]]


# --- rows together ----------------------------------------------------------------------------------------------------
def _together(sides: Mapping[str, Table], form: Form, reader: Reader, keyed: bool = False) -> Table:
    """The table whose "label", "prob" and "weight" columns are those of the sides of these names, read by a reader.

    It refuses rows that differ in a column of both tables.
    """
    extra: dict[str, tuple[tuple[str, int], ...]] = {}
    before = 0  # a block has the extra columns of one side after another's
    for side in sides.values():
        for purpose, columns in side.schema.extra.items():
            extra[purpose] = (*extra.get(purpose, ()), *((name, at + before) for name, at in columns))
        before += len({at for columns in side.schema.extra.values() for _, at in columns})
    names = {name: side.schema.columns for name, side in sides.items()}
    weights = [own.weight for own in names.values() if own.weight]
    weight: Any = names["weight"].prob if "weight" in sides else weights[0] if weights else None
    preds = sides["prob"]
    schema = replace(
        preds.schema,
        form=form,
        columns=ColumnNames(names["label"].label if "label" in sides else None, names["prob"].prob, weight),
        label_width=sides["label"].schema.label_width if "label" in sides else 0,
        extra=extra,
        notes=tuple(f"{side.name}: {note}" for side in sides.values() for note in side.schema.notes),
        warnings=tuple(warning for side in sides.values() for warning in side.schema.warnings),
    )
    shared = [(use, columns[0], columns[1]) for use, columns in extra.items() if use.startswith(SHARED)]
    if shared:
        reader = ChangedReader(reader, partial(_agreeing, shared=shared, keyed=keyed))
    sources = tuple(source for side in sides.values() for source in side.sources)
    return Table(preds.name, schema, reader, sources, any(side.streamed for side in sides.values()))


def _weighted(options: "ReadOptions", open_path: OpenPath, sides: dict[str, Table], form: Form) -> Table:
    """Tables side by side; where none has a column of weights, `-w` is one number, a list or a file of one column."""
    text = options.wanted.weight
    if text is None or any(side.schema.columns.weight is not None for side in sides.values()):
        return _together(sides, form, SideBySide(sides))
    one = number(text.strip())
    if one is not None:
        if not 0.0 <= one < inf:
            raise DataError(f"weights: {one:g} is not a weight; weights must be finite and not negative")
        table = _together(sides, form, SideBySide(sides))
        return replace(table, reader=ChangedReader(table.reader, partial(_weighed_alike, weight=one)))
    if is_list(text):
        cells = [[cell] for cell in parse_numbers(text).cells]
        weights = list_table(cells, "weights", options.style.drop, replace(options.wanted, exact=False))
    else:
        wanted = ColumnSelection(forms=frozenset({Form.BINARY}), preds_only=True, header=options.wanted.header)
        source = open_path(text, replace(options, wanted=wanted))
        if len(source.top.first) > 1:
            source.close()
            raise DataError(f"{source.name}: the weights are one column, not {len(source.top.first)}")
        weights = source.table(wanted)
    sides = {**sides, "weight": weights}
    return _together(sides, form, SideBySide(sides))


def _weighed_alike(chunk: Chunk, weight: float) -> Block:
    block = chunk()
    typed = Block(1, 1, (), np.zeros((1, 0)), origin=Origin("weights"))
    side = Side((typed,), np.zeros(block.rows, dtype=np.intp))
    return replace(block, weights=np.full(block.rows, weight), sides={**block.sides, "weight": side})


class SideBySide(Reader):
    """Reads tables side by side."""

    def __init__(self, sides: Mapping[str, Table]) -> None:
        self.sides = sides

    def chunks(self) -> Iterator[Chunk]:
        sides = {name: _Position(table) for name, table in self.sides.items()}
        ids = None
        if any(use.startswith(OTHER_ID) for side in self.sides.values() for use in side.schema.extra):
            from losscli.reading.otherids import OtherIds

            ids = OtherIds(self.sides)
        while True:
            more = [side.next() for side in sides.values()]
            if not all(more):
                break
            blocks = {name: (side.block, side.at) for name, side in sides.items() if side.block}
            count = min(block.rows - at for block, at in blocks.values())
            for side in sides.values():
                side.at += count
            if ids is not None:
                ids.watch(blocks, count)
            yield partial(_joined, blocks, count)
        if any(more):
            counts = ", ".join(f"{side.table.name} {side.all_rows()}" for side in sides.values())
            extra = next(iter(self.sides.values())).schema.extra
            names = [columns[0][0] for use, columns in extra.items() if use.startswith(SHARED) and use != SHARED_LABEL]
            hint = f"; {KEY_HINT.format(names[0])}" if names else ""
            yield partial(raised, DataError(f"the numbers of rows differ: {counts}{hint}"))
        elif ids is not None and (fault := ids.other_order()):
            yield partial(raised, fault)

    def close(self) -> None:
        for side in self.sides.values():
            side.close()


class _Position:
    """The position in one source: its current block and the next row in it."""

    def __init__(self, table: Table) -> None:
        self.table, self.blocks = table, placed(chunk() for chunk in table.chunks())
        self.block: Block | None = None
        self.at = self.rows = 0  # of the block, and of the blocks before it

    def next(self) -> bool:
        """Move on to a block that has a next row; False at the end. Raises the fault of a block after its last row."""
        while self.block is None or self.at == self.block.rows:
            if self.block is not None:
                if self.block.fault:
                    raise self.block.error(self.block.fault)
                self.rows += self.block.rows
            self.block, self.at = next(self.blocks, None), 0
            if self.block is None:
                return False
        return True

    def all_rows(self) -> int:
        """How many rows the source has, reading on to its end."""
        while self.next():
            self.at = self.block.rows if self.block else 0
        return self.rows


def _joined(blocks: Mapping[str, tuple[Block, int]], count: int) -> Block:
    """`count` rows of each block side by side, from the row that is given with the block."""
    masks = [block.keep[at : at + count] for block, at in blocks.values() if block.keep is not None]
    sides = {name: Side((block.bare(),), range(at, at + count)) for name, (block, at) in blocks.items()}
    rows = {name: slice(at, at + count) for name, (_, at) in blocks.items()}
    columns = {name: block.weights for name, (block, _) in blocks.items()}
    if "weight" in blocks:
        columns = {"weight": blocks["weight"][0].preds[:, 0]}
    weights = next((column[rows[name]] for name, column in columns.items() if column is not None), None)
    if weights is not None:
        weighted = next(name for name, column in columns.items() if column is not None)
        sides["weight"] = sides[weighted]._replace(part="prob" if weighted == "weight" else None)
    labels = blocks["label"][0].labels if "label" in blocks else ()
    return Block(
        rows=count,
        lines=count,
        labels=tuple(take_cells(column, rows["label"]) for column in labels),
        preds=blocks["prob"][0].preds[rows["prob"]],
        weights=weights,
        extra=tuple(words.take(rows[name]) for name, (block, _) in blocks.items() for words in block.extra),
        keep=np.logical_and.reduce(masks) if masks else None,
        sides=sides,
    )


# --- columns that both tables have ------------------------------------------------------------------------------------
def _agreeing(chunk: Chunk, shared: Sequence[tuple[str, ColumnAt, ColumnAt]], keyed: bool) -> Block:
    """Rows of both tables, up to the first that counts in which they differ in a column that both have."""
    block = chunk()
    faults = []
    for use, (name, left), (_, right) in shared:
        words, others = block.extra[left], block.extra[right]
        if block.keep is not None:
            words, others = words.take(block.kept), others.take(block.kept)
        same = _same_label if use == SHARED_LABEL else _same_value if keyed else _same_cell
        at = _first_difference(words, others, same)
        if at is None:
            continue
        row = int(block.kept[at])
        cells = " and ".join(shown(side.categories[int(side.codes[at])]) for side in (words, others))
        if keyed:
            cells += "" if use == SHARED_LABEL else "; rename one of the columns"
        elif use != SHARED_LABEL:
            cells += f"; {KEY_HINT.format(name)}"
        else:
            cells += "; where rows are in another order, --key COL matches them by a column of both tables"
        where = f"{block.location(row, 'label')} and {block.location(row)} differ in {shown(name)}"
        faults.append(RowError(row, "row", None, cells, Location(None, None, where)))
    fault = min(faults, key=lambda fault: fault.row, default=None)
    return block if fault is None else cut_short(block, fault)


def _first_difference(words: Categorical, others: Categorical, same: Callable[[str, str], bool]) -> int | None:
    """The first row whose cells aren't the same."""
    mine, theirs = words.categories, others.categories
    if isinstance(mine, ByteStrings) and isinstance(theirs, ByteStrings):
        rows = mine.words.take(words.codes, axis=0), theirs.words.take(others.codes, axis=0)
        if np.array_equal(*rows):
            return None
    left, right = (list(map(list(side.categories).__getitem__, side.codes.tolist())) for side in (words, others))
    if left == right:
        return None
    return next((at for at, (one, other) in enumerate(zip(left, right, strict=True)) if not same(one, other)), None)


def _same_cell(cell: str, other: str) -> bool:
    """Whether cells are the same text, or one whole number exactly, or both missing."""
    if cell == other or (is_missing(cell) and is_missing(other)):
        return True
    return (whole := whole_number(cell)) is not None and whole == whole_number(other)


def _same_value(cell: str, other: str) -> bool:
    """Whether cells of a weight or a group are the same, as floats too."""
    return _same_cell(cell, other) or ((value := number(cell)) is not None and value == number(other))


def _same_label(cell: str, other: str) -> bool:
    """Whether cells are one label; a missing one says nothing."""
    if cell == other or is_missing(cell) or is_missing(other):
        return True
    return plain_truth(canonical(cell)) == plain_truth(canonical(other))
