"""Choose the columns of labels, predictions, weights and features by the options, the header and the first rows.

Where an option names nothing, rules are tried in order. The first rule that finds something decides; where it finds
several, nothing is chosen and the columns are listed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from losscli.data.cells import canonical, is_like_number, is_missing_number, number
from losscli.data.classnames import CLOSING, SEPARATORS, order_by_name
from losscli.data.columns import (
    ASIDE_NAMES,
    DECISION,
    DECISION_BESIDE,
    DECISION_LIKELY,
    DECISION_NAMES,
    FACTOR,
    KEY,
    LABEL_NAMES,
    PROB_NAMES,
    SCALE_NAMES,
    SHARED,
    ColumnNumbers,
    Columns,
    ColumnSelection,
    FirstLines,
    expand,
    listed,
)
from losscli.enums import Form, Scale
from losscli.errors import DataError, shown
from losscli.records import record

_NOT_CLASSES = (KEY, "by")  # extra columns that rows are matched or grouped by are no predictions
_OTHER_SCALES = {  # the names that speak of another scale
    scale: frozenset(name for other, names in SCALE_NAMES.items() if other is not scale for name in names)
    for scale in Scale
}
_SPOILED = re.compile(r"[-+]?(?:\d*[.,]\d|\d+\D{1,2}$)|#")  # how a cell begins that was to be a number


def resolve(top: FirstLines, wanted: ColumnSelection) -> Columns:
    """The columns in use; DataError with the list of columns where the names or the options don't settle it."""
    header, width = has_header(top, wanted), len(top.first)
    if header and top.lists:
        wanted = wanted.renamed(lambda text: _with_entries(text, top.lists))
    if not header and not (wanted.labels_only or wanted.preds_only):
        refuse_numbered([top], wanted)
    names = top.first if header else None

    def named(text: str | None) -> ColumnNumbers:
        return expand(text, names, width) if text else ()

    # What the options name
    weight, features = named(wanted.weight), named(wanted.features)
    if len(weight) > 1:
        raise DataError(f"the weights are one column, not {len(weight)}")
    labels, preds = named(wanted.label), named(wanted.prob)
    rows = top if header else FirstLines(top.first, (top.first, *top.rows))
    free = FreeColumns(names, rows, wanted, tuple(range(width)))
    chosen = (*labels, *preds, *weight, *features)
    if len(set(chosen)) < len(chosen):
        twice = next(column for at, column in enumerate(chosen) if column in chosen[:at])
        raise DataError(f"column {free.shown(twice).removeprefix('column ')} is chosen for two purposes")
    extra = {purpose: () if text == "*" else named(text) for purpose, text in wanted.extra.items()}
    apart = {column for purpose in _NOT_CLASSES for column in extra.get(purpose, ())} - {*labels, *preds}
    apart -= set(free.called(LABEL_NAMES) if names else free.columns[:1])  # a label may be a group too
    if wanted.preds_only:  # columns that are compared with those of LABELS
        apart |= {column for purpose, part in extra.items() if purpose.startswith(SHARED) for column in part}

    # Labels and predictions, by the rules where they aren't named
    columns = _labels_and_predictions(free.without({*weight, *features, *apart}), labels, preds)
    columns = replace(columns, names=names, weight=weight[0] if weight else None)

    # Features; those of words are extra columns
    if wanted.features is not None:
        aside: ColumnNumbers = ()
        if wanted.features == "":
            features, aside = _other_features(free.without({*columns.labels, *weight, *apart}))
        factors = tuple(column for column in features if not free.is_numeric(column))
        extra |= {FACTOR: factors} if factors else {}
        numeric = tuple(column for column in features if column not in factors)
        columns = replace(columns, features=numeric, typed_features=features, aside=aside)

    # Further models, and labels and models in the order of the classes
    if wanted.models:
        columns = replace(columns, models=_further_models(columns, wanted, width))
    if names and (columns.models or len(columns.labels) > 1):
        columns = _matched_by_name(columns, names, wanted)

    # All other columns, and one of decisions beside the prediction
    for purpose, text in wanted.extra.items():
        if text == "*":
            used = {*columns.labels, *columns.predictions, *weight}
            extra[purpose] = tuple(column for column in range(width) if column not in used)
    if columns.form is Form.BINARY and len(columns.predictions) == 1 and len(columns.labels) <= 1:
        others, use = free.without({*columns.labels, *columns.preds}), DECISION_BESIDE if wanted.prob else DECISION
        decisions = others.called(DECISION_NAMES)
        if wanted.prob and not decisions:
            use = DECISION_LIKELY
            decisions = tuple(column for column in others.called(PROB_NAMES) if _are_labels(rows.column(column)))
        extra |= {use: decisions} if len(decisions) == 1 else {}
    return replace(columns, extra=extra)


def _are_labels(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1 or words, and not probabilities."""
    return bool(cells) and all(canonical(cell) in ("0", "1") or number(cell) is None for cell in cells)


def _with_entries(text: str, lists: Mapping[str, tuple[str, ...]]) -> str:
    """Columns as typed, with the columns of its entries for the name of a list."""
    parts = [text] if text in lists else text.split(",")
    return ",".join(",".join(lists.get(part.strip(), (part,))) for part in parts)


# --- the header -------------------------------------------------------------------------------------------------------
def has_header(top: FirstLines, wanted: ColumnSelection) -> bool:
    """Whether the first record names the columns, by its cells and those below them."""
    if wanted.header is not None:
        return wanted.header
    first = top.first
    texts = (wanted.label, wanted.prob, wanted.weight, wanted.features, *wanted.models, *wanted.extra.values())
    typed = [part.strip() for text in texts if text for part in text.split(",")]
    if any(not part.replace("-", "", 1).isdigit() for part in typed) or labels_and_predictions(first):
        return True
    try:
        guess = _prediction_guess(top, wanted)
    except DataError:  # a number beyond the columns: the same error follows, with the names if there are any
        guess = range(len(first))
    cells = [first[column] for column in guess]
    named = bool({cell.casefold() for cell in first} & (LABEL_NAMES | PROB_NAMES) - {"true"})
    labels = {canonical(label) for label in wanted.named_labels}
    places = range(len(first)) if wanted.labels_only else set(range(len(first))).difference(guess)  # of labels
    known = bool(labels) and any(canonical(first[at]) in labels for at in places)
    if len(first) > 1 and first[0] == "" and first[1:] == tuple(map(str, range(len(first) - 1))):
        return True  # as pandas writes an index beside columns without names
    if all(is_like_number(cell) or is_missing_number(cell) for cell in cells):
        marks = {cell for cell in cells if is_missing_number(cell)}  # a class may be called NA
        whole = {canonical(cell) for cell in cells if (value := number(cell)) is not None and value.is_integer()}
        names = marks | whole
        return named and not known and len(names) == len(cells) > 1
    words = [(at, cell) for at, cell in enumerate(first) if number(cell) is None and not is_missing_number(cell)]
    if any(cell in top.column(at) for at, cell in words):
        return False  # a word that comes again is no name
    if named or known:
        return named
    numbers = [value for cell in first if (value := number(cell)) is not None]
    if numbers:
        return len(numbers) > 1 and numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
    return not any(_SPOILED.match(cell) for cell in cells)


def _prediction_guess(top: FirstLines, wanted: ColumnSelection) -> Sequence[int]:
    """The cells of the first record that hold predictions if it is data; of a file of labels, those that name labels.

    A file of labels alone has a header when its first cell is called like a label, or is a word above a number.
    """
    width = len(top.first)
    if wanted.prob or wanted.features:
        return expand(wanted.prob or wanted.features or "", None, width)
    if wanted.labels_only:
        known = [at for at, cell in enumerate(top.first) if cell.casefold() in LABEL_NAMES - {"true"}]
        below = top.rows[0] if top.rows and len(top.rows[0]) == width else ()
        return known or [
            at
            for at, (cell, under) in enumerate(zip(top.first, below, strict=False))
            if number(under) is not None and cell.casefold() not in ("true", "false")
        ]
    taken = {column for text in (wanted.label, wanted.weight) if text for column in expand(text, None, width)}
    if not wanted.label and width > 1 and not wanted.preds_only:
        taken.add(0)
    return [column for column in range(width) if column not in taken]


def names_of(top: FirstLines, wanted: ColumnSelection, named: bool | None = None) -> tuple[str, ...] | None:
    """The names of the columns; None where the first record is data. `named`: what the source itself knows of that."""
    return top.first if (has_header(top, wanted) if named is None else named) else None


def labels_and_predictions(names: Sequence[str] | None) -> bool:
    """Whether a header names a label and a prediction."""
    found = {name.strip().casefold() for name in names or ()}
    return bool(found & LABEL_NAMES) and bool(found & PROB_NAMES)


def refuse_numbered(tops: Sequence[FirstLines], wanted: ColumnSelection) -> None:
    """Refuse tables whose first records are each what pandas writes above columns without names, `0` or `0,1,2`."""
    if wanted.header is None and all(top.first == tuple(map(str, range(len(top.first)))) for top in tops):
        line = ",".join(tops[0].first)
        what = f"the first line, {line}, could be data, or column numbers that pandas wrote"
        raise DataError(f"{what}; choose --header or --no-header")


# --- labels and predictions -------------------------------------------------------------------------------------------
@record
class FreeColumns:
    """The columns of a table that aren't in use yet, its names, and its first rows."""

    names: tuple[str, ...] | None
    top: FirstLines
    wanted: ColumnSelection
    columns: ColumnNumbers

    @property
    def numeric(self) -> ColumnNumbers:
        """Those of numbers."""
        return tuple(column for column in self.columns if self.is_numeric(column))

    @property
    def listed(self) -> str:
        """All columns of the table, for a message."""
        return listed(self.names, len(self.top.first))

    def called(self, known: Set[str]) -> ColumnNumbers:
        """Those of these names, letter case aside."""
        return tuple(at for at in self.columns if self.names and self.names[at].strip().casefold() in known)

    def without(self, used: Iterable[int]) -> "FreeColumns":
        """The same less some columns."""
        used = set(used)
        return replace(self, columns=tuple(column for column in self.columns if column not in used))

    def is_numeric(self, column: int) -> bool:
        """Whether at least half of the first cells of a column are numbers, as far as they aren't missing."""
        cells = [cell for cell in self.top.column(column) if not is_missing_number(cell)]
        return 2 * sum(map(is_like_number, cells)) >= len(cells)

    def shown(self, column: int) -> str:
        """How a message calls a column."""
        return shown(self.names[column]) if self.names and self.names[column] else f"column {column + 1}"


def _labels_and_predictions(free: FreeColumns, labels: ColumnNumbers, preds: ColumnNumbers) -> Columns:
    """Labels and predictions, as named or by the rules, and what a row then is."""
    forms, features = free.wanted.forms, free.wanted.features
    if free.wanted.labels_only:
        return Columns(Form.BINARY, labels or _only_label(free), ())
    if free.wanted.preds_only:
        return _predictions(free, preds, ())
    if Form.LIKELIHOOD in forms and not labels and _has_no_label(free, preds):
        return Columns(Form.LIKELIHOOD, (), preds or free.columns[:1])
    if not labels:
        rest = free.without(preds)
        found = rest.called(LABEL_NAMES)
        found = found or (() if free.names else rest.columns[:1])
        found = found or (rest.columns if preds and len(rest.columns) == 1 else ())
        labels = _the_one(rest, found, "the label", "-y")
    if features is not None:
        return Columns(next(iter(forms - {Form.LIKELIHOOD})), labels, ())
    return _predictions(free.without(labels), preds, labels)


def _predictions(free: FreeColumns, preds: ColumnNumbers, labels: ColumnNumbers) -> Columns:
    """The predictions of a table, or of a file of them beside LABELS."""
    forms, alone = free.wanted.forms, free.wanted.preds_only
    if not preds and Form.CATEGORICAL not in forms:
        last = free.columns if len(free.columns) == 1 and (free.wanted.label or alone) else ()
        preds = last if last and alone else _single_prediction(free, last)
    if not preds and Form.BINARY in forms and free.called(_prediction_names(free)):
        preds = _single_or_classes(free)
    if preds:
        return Columns(_form_of(free, preds), labels, preds)
    if alone and not free.names:
        return Columns(_form_of(free, free.columns), labels, free.columns)
    sets = _class_sets(free)
    found = next(filter(None, sets), []) or list(filter(None, [_classes_left(free)]))
    if not found:
        raise DataError(f"no prediction column beside the label; {free.listed}; choose with -p")
    if len(found) > 1:
        raise DataError(f"several sets of columns could be the classes; {free.listed}; choose with -p")
    aside = tuple(column for column in free.numeric if column not in found[0])
    return Columns(_form_of(free, found[0]), labels, found[0], aside=aside, left_over=bool(free.names) and not sets[-1])


def _single_prediction(free: FreeColumns, last: ColumnNumbers = ()) -> ColumnNumbers:
    """The one prediction: by the names of the scale, by any name, or the only column without a name; else `last`."""
    found = free.called(SCALE_NAMES.get(free.wanted.scale, frozenset()))
    found = found or free.called(_prediction_names(free)) or (() if free.names else free.columns) or last
    lists = [shown(name) for name in free.top.lists if name.casefold() in PROB_NAMES]
    if lists and found:
        several = " and ".join([*map(free.shown, found), *lists])
        raise DataError(f"{several} could each be the prediction; choose with -p")
    return _the_one(free, found, "the prediction", "-p")


def _single_or_classes(free: FreeColumns) -> ColumnNumbers:
    """For a loss that takes both, the one prediction that is named; DataError where there are classes too."""
    single = free.called(_prediction_names(free))
    classes = next((part for found in _class_sets(free) for part in found if not {*part} <= {*single}), None)
    if classes:
        several = ", ".join(map(free.shown, (*single, *classes)))
        raise DataError(f"{several} could each be the prediction, or be those of the classes; choose with -p")
    return _single_prediction(free)


def _prediction_names(free: FreeColumns) -> Set[str]:
    """The names of predictions on the scale of --from, if a column has such a name; else on any scale."""
    own = PROB_NAMES - _OTHER_SCALES[free.wanted.scale]
    return own if any(name.strip().casefold() in own for name in free.names or ()) else PROB_NAMES


def _the_one(free: FreeColumns, found: ColumnNumbers, what: str, option: str) -> ColumnNumbers:
    """What a rule found, if it is one column."""
    if len(found) == 1:
        return found
    if not found:
        data = any(number(name) is not None for name in free.names or ()) and free.wanted.header is None
        hint = f"choose with {option}" + (", or --no-header if the first line is data" if data else "")
        if len(free.top.first) == 1 and not free.names:
            hint = "a table needs a column of labels and one of predictions"
        elif what == "the prediction" and len(free.names or ()) == 1:
            hint = "give the file of labels before the file of predictions, as in y.csv p.csv"
        elif what == "the prediction" and _class_sets(free)[-1]:
            hint += "; for a column for each class use ce"
        raise DataError(f"no column is recognized as {what}; {free.listed}; {hint}")
    if not free.names:
        raise DataError(f"{free.listed}, so {what} is not clear; choose with {option}")
    raise DataError(f"{' and '.join(map(free.shown, found))} could each be {what}; choose with {option}")


def _form_of(free: FreeColumns, preds: ColumnNumbers) -> Form:
    forms = free.wanted.forms
    if len(preds) == 1 and Form.BINARY in forms:
        return Form.BINARY
    if Form.CATEGORICAL in forms and not free.wanted.preds_only and len(preds) == 1:
        column = free.shown(preds[0])
        raise DataError(f"ce needs a column for each class, but there is only {column}; for one column use bce")
    return Form.CATEGORICAL if Form.CATEGORICAL in forms else Form.BINARY


def _has_no_label(free: FreeColumns, preds: ColumnNumbers) -> bool:
    """Whether a table holds the likelihoods of the true labels, and no labels."""
    if len(free.columns) == 1:
        return True
    rest = free.without(preds)
    if not free.names and 0 in rest.columns:
        return False  # without names the first column is the label
    return len(preds) == 1 and not rest.called(LABEL_NAMES)


def _only_label(free: FreeColumns) -> ColumnNumbers:
    """The label of a file of labels."""
    if len(free.columns) == 1 or (not free.names and Form.CATEGORICAL in free.wanted.forms):
        return free.columns  # without names, a row of label probabilities a line
    named = free.called(LABEL_NAMES)
    if len(named) != 1:
        raise DataError(f"the label is one column; {free.listed}; choose with -y")
    return named


def _other_features(free: FreeColumns) -> tuple[ColumnNumbers, ColumnNumbers]:
    """All numeric columns as features, and those left aside for their names; none where no other column is left."""
    aside = set(free.called(ASIDE_NAMES))
    features = tuple(column for column in free.numeric if column not in aside)
    if not features and set(free.columns) - aside:
        raise DataError(f"no column of features; {free.listed}; choose with -x")
    return features, tuple(column for column in free.numeric if column in aside)


def _further_models(columns: Columns, wanted: ColumnSelection, width: int) -> tuple[ColumnNumbers, ...]:
    """The prediction columns of the further models: as many of each as of the first, and none for two purposes."""
    found: list[ColumnNumbers] = []
    used = {*columns.labels, *columns.preds, columns.weight}
    for text in wanted.models:
        own = expand(text, columns.names, width)
        twice = next((column for column in own if column in used), None)
        if twice is not None:
            raise DataError(f"{columns.called(twice)} is chosen for two purposes")
        if len(own) != len(columns.preds):
            sizes = f"{shown(wanted.prob or '')} has {len(columns.preds)}, {shown(text)} has {len(own)}"
            raise DataError(f"all models need the same number of prediction columns: {sizes}")
        used |= {*own}
        found.append(own)
    return tuple(found)


def _matched_by_name(columns: Columns, names: Sequence[str], wanted: ColumnSelection) -> Columns:
    """The label columns, and those of further models, in the order in which the predictions name the same classes."""
    reference = [names[column] for column in columns.preds] or wanted.counterparts

    def ordered(part: ColumnNumbers, what: str) -> ColumnNumbers:
        order = order_by_name([names[column] for column in part], reference, what, "the predictions")
        return part if order is None else tuple(part[at] for at in order)

    both = zip(columns.models, wanted.models, strict=True)
    models = tuple(ordered(part, f"the model {shown(text)}") for part, text in both)
    return replace(columns, labels=ordered(columns.labels, "the labels"), models=models)


# --- sets of columns: names that share a beginning or an end (`p_cat`, `p_dog`), or are numbered from 0 or 1 ----------
_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")
Named = tuple[int, str]  # a column and its name


def _class_sets(free: FreeColumns) -> list[list[ColumnNumbers]]:
    """What the rules find that look for a set of columns, in order.

    `logit_cat`, `logit_dog` where logits are asked for; `p_cat`, `p_dog`, those of other scales only where there are no
    others; any set, as `0`, `1`, `2`.
    """
    if not free.names:
        return [[]]
    row = free.top.rows[0] if free.top.rows else ()
    found = families([(at, free.names[at]) for at in _classes_left(free)], row)
    others = _OTHER_SCALES[free.wanted.scale]
    named = [columns for columns, stem in found.items() if stem in PROB_NAMES]
    return [
        [columns for columns, stem in found.items() if stem in SCALE_NAMES.get(free.wanted.scale, ())],
        [columns for columns in named if found[columns] not in others] or named,
        list(found),
    ]


def _classes_left(free: FreeColumns) -> ColumnNumbers:
    """The numeric columns that may be classes: beside one for each, a single prediction is the predicted class.

    A column of a set of predictions, such as `p_cat`, `p_dog`, stays, whatever is in it.
    """
    numeric = set(free.numeric)
    aside = set(free.called(ASIDE_NAMES)) & numeric
    if {"predicted", "error"} <= {name.strip().casefold() for name in free.names or ()}:
        aside |= set(free.called({"error"})) & numeric  # Weka's mark of a wrong decision
    single = set(free.called(PROB_NAMES | LABEL_NAMES)) & numeric
    aside |= single if len(numeric) - len(single | aside) > 1 else set()
    left = numeric - aside
    few = len(free.top.rows) < 2  # a word in the only row may be a bad cell
    named = {at: free.names[at] for at in free.columns} if free.names else {}
    for columns, stem in families([*named.items()]).items():
        if left & {*columns} and (stem in PROB_NAMES or few):
            names = [named[at].casefold() for at in columns]
            left |= {at for at in columns if not _name_classes(free.top.column(at), names)} - aside
    return tuple(sorted(left))


def _name_classes(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether all cells are words that columns of a set are called by: `.pred_class` beside `.pred_no`, `.pred_yes`."""
    words = {cell.casefold() for cell in cells}
    if not words or any(number(word) is not None or is_missing_number(word) for word in words):
        return False
    ends = {name[at + 1 :] for name in names for at, mark in enumerate(name) if mark in SEPARATORS}
    return words <= ends


def families(columns: Sequence[Named], row: Sequence[str] = ()) -> dict[ColumnNumbers, str]:
    """The sets of at least two columns, none of which lies within another, and the word that the names of each share.

    The word is in lower case, and "" for bare numbers. Where a row of the table has a word in it, as a label, that
    names a column of no set, the columns that are left beside the sets may be meant too.
    """
    found: dict[ColumnNumbers, str] = {}
    for stem, members in (*_sharing(columns), *_counting(columns)):
        found[members] = max(found.get(members, ""), stem, key=len)
    taken = {column for members in found for column in members}
    left = {column: name for column, name in columns if found and column not in taken}
    if any(name in row and number(name) is None for name in left.values()):
        found[tuple(left)] = ""
    whole = {members: set(members) for members in found}
    return {
        members: stem for members, stem in found.items() if not any(whole[members] < other for other in whole.values())
    }


def _sharing(columns: Sequence[Named]) -> Iterator[tuple[str, ColumnNumbers]]:
    """Columns whose names share what stands before or after a separator."""
    groups: dict[tuple[bool, str], list[int]] = {}
    for column, name in columns:
        for at, mark in enumerate(name):
            if mark in SEPARATORS and 0 < at < len(name) - 1:
                groups.setdefault((True, name[: at + 1].casefold()), []).append(column)
                if mark not in "([":
                    groups.setdefault((False, name[at:].casefold()), []).append(column)
    for (_, affix), members in groups.items():
        if len(members) > 1:
            yield affix.strip(SEPARATORS + CLOSING), tuple(members)


def _counting(columns: Sequence[Named]) -> Iterator[tuple[str, ColumnNumbers]]:
    """Columns with the same words around numbers that count from 0 or 1; those called by numbers; True and False."""
    bare = tuple(column for column, name in columns if number(name) is not None)
    truth = tuple(column for column, name in columns if name.strip().casefold() in ("true", "false"))
    for members in (bare, truth):
        if len(members) > 1:
            yield "", members
    groups: dict[tuple[str, str], dict[int, int]] = {}
    for column, name in columns:
        if match := _NUMBERED.match(name.strip()):
            numbers = groups.setdefault((match[1].casefold(), match[3].casefold()), {})
            numbers[column] = int(match[2]) if match[2].isascii() else -1
    for (front, back), numbers in groups.items():
        counted = sorted(numbers.values())
        if len(numbers) > 1 and counted == list(range(counted[0], counted[0] + len(numbers))) and counted[0] in (0, 1):
            yield (front + back).strip(SEPARATORS + CLOSING + " "), tuple(numbers)
