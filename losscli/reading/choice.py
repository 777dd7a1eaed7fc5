"""The choice of columns by the header, where options leave it open: an ordered table of rules for each purpose.

The first rule that finds something decides; where it finds several, nothing is chosen and the columns are listed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace

from losscli.data.blocks import Schema, column_names, extra_names, models_of
from losscli.data.cells import canonical, has_decimal_comma, is_missing, number
from losscli.data.columns import (
    ASIDE_NAMES,
    LABEL_NAMES,
    PROB_NAMES,
    SCALE_NAMES,
    Columns,
    ColumnSelection,
    FirstLines,
    expand,
    further_models,
    listed,
    without_purpose,
)
from losscli.enums import Form, Scale
from losscli.errors import DataError, shown
from losscli.reading.families import Family, families

Set_ = tuple[int, ...]  # some columns, from left to right


def has_header(top: FirstLines, wanted: ColumnSelection) -> bool:
    """Whether the first record names the columns: when the chosen prediction cell of it is not a number."""
    if wanted.header is not None:
        return wanted.header
    if any(_is_name(part) for part in _chosen_parts(wanted)):
        return True
    try:
        cells = [top.first[column] for column in _prediction_guess(top, wanted)]
    except DataError:  # a number beyond the columns: the same error follows, with the names if there are any
        cells = list(top.first)
    if not all(number(cell) is not None or is_missing(cell) or has_decimal_comma(cell) for cell in cells):
        return True
    return not known_label(top, wanted) and _numbered_classes(top, cells)


def known_label(top: FirstLines, wanted: ColumnSelection) -> bool:
    """Whether a cell of the first record is a label that the user named."""
    return any(canonical(cell) in map(canonical, wanted.named_labels) for cell in top.first)


def names_of(top: FirstLines, wanted: ColumnSelection, named: bool | None = None) -> tuple[str, ...] | None:
    """The names of the columns; None where the first record is data. `named`: what the source itself knows of that."""
    return top.first if (has_header(top, wanted) if named is None else named) else None


def resolve(top: FirstLines, wanted: ColumnSelection) -> Columns:
    """The columns in use; DataError with the list of columns where the names or the options don't settle it."""
    header = has_header(top, wanted)
    asked = _Asked(top.first if header else None, top.second if header else top.first, len(top.first), wanted)
    return _columns(asked)


def scale_warnings(columns: Columns, scale: Scale) -> tuple[str, ...]:
    """What is said when a column's name speaks of another scale than the one it is read as."""
    named = {name: other for other, names in SCALE_NAMES.items() if other is not scale for name in names}
    called = [str(columns.name(column)) for column in columns.predictions]
    return tuple(
        f"column {shown(name)} is read as {scale.value}; if it holds {named[name.casefold()].value} use"
        f" --from {named[name.casefold()].value}"
        for name in called
        if name.casefold() in named
    )


def aside_warnings(columns: Columns) -> tuple[str, ...]:
    """What is said of numeric columns that are no classes."""
    return () if columns.features else _left("classes", "-p", columns)


def aside_notes(columns: Columns) -> tuple[str, ...]:
    """What a report says of numeric columns that are no features."""
    return _left("features", "-x", columns) if columns.features else ()


def _left(part: str, option: str, columns: Columns) -> tuple[str, ...]:
    left = ", ".join(shown(str(columns.name(column))) for column in columns.aside)
    return (f"not taken as {part}: {left}; choose the {part} with {option}",) if left else ()


def labels_and_predictions(names: Sequence[str] | None) -> bool:
    """Whether a header names a label and a prediction."""
    found = {name.strip().casefold() for name in names or ()}
    return bool(found & LABEL_NAMES) and bool(found & PROB_NAMES)


def _is_name(part: str) -> bool:
    return not part.replace("-", "", 1).isdigit()


def _chosen_parts(wanted: ColumnSelection) -> list[str]:
    chosen = (wanted.label, wanted.prob, wanted.weight, wanted.features, *wanted.models, *wanted.extra.values())
    return [part.strip() for text in chosen if text for part in text.split(",")]


def _prediction_guess(top: FirstLines, wanted: ColumnSelection) -> Sequence[int]:
    """The cells of the first record that hold predictions if it is data."""
    width = len(top.first)
    if wanted.prob or wanted.features:
        return expand(wanted.prob or wanted.features or "", None, width)
    if wanted.labels_only:
        return _label_guess(top, wanted)
    taken = {column for text in (wanted.label, wanted.weight) if text for column in expand(text, None, width)}
    if not wanted.label and width > 1 and not wanted.preds_only:
        taken.add(0)
    return [column for column in range(width) if column not in taken]


def _label_guess(top: FirstLines, wanted: ColumnSelection) -> Sequence[int]:
    """A file of labels alone has a header when its first cell is called like a label, or is a word above a number."""
    known = [at for at, cell in enumerate(top.first) if cell.casefold() in LABEL_NAMES - {"true"}]
    if known:
        return known
    if top.second and len(top.second) == len(top.first):
        pairs = enumerate(zip(top.first, top.second, strict=True))
        return [
            at for at, (cell, below) in pairs if number(below) is not None and cell.casefold() not in ("true", "false")
        ]
    return ()


def _numbered_classes(top: FirstLines, cells: list[str]) -> bool:
    """A header such as `label,0,1,2`: whole numbers, each once, beside a cell that is called like a label."""
    named = any(cell.casefold() in LABEL_NAMES - {"true"} for cell in top.first)
    numbers = {canonical(cell) for cell in cells}
    return named and len(cells) > 1 and all(map(str.isdigit, numbers)) and len(numbers) == len(cells)


# --- what was asked, and what is there -------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Asked:
    """A table's names, an example of its records, and what is wanted of it; `taken` are the columns in use already."""

    names: tuple[str, ...] | None
    example: tuple[str, ...] | None
    width: int
    wanted: ColumnSelection
    taken: frozenset[int] = frozenset()

    @property
    def free(self) -> Set_:
        """The columns that are not in use."""
        return tuple(column for column in range(self.width) if column not in self.taken)

    @property
    def numeric(self) -> Set_:
        """The free columns whose first cell is a number, or missing."""
        return tuple(column for column in self.free if self._is_numeric(column))

    def without(self, columns: Iterable[int]) -> "_Asked":
        """The same with these columns in use."""
        return replace(self, taken=self.taken | set(columns))

    def called(self, known: Set[str]) -> Set_:
        """The free columns of these names, letter case aside."""
        return tuple(at for at in self.free if self.names and self.names[at].strip().casefold() in known)

    def chosen(self, text: str | None) -> Set_:
        """The columns that an option names."""
        return expand(text, self.names, self.width) if text else ()

    def shown(self, column: int) -> str:
        """How a message calls a column."""
        return shown(self.names[column]) if self.names and self.names[column] else f"column {column + 1}"

    @property
    def listed(self) -> str:
        """The columns, for a message."""
        return listed(self.names, self.width)

    def _is_numeric(self, column: int) -> bool:
        if self.example is None or len(self.example) <= column:
            return True
        return number(self.example[column]) is not None or is_missing(self.example[column])


# --- the rules --------------------------------------------------------------------------------------------------------
Rule = Callable[[_Asked], Sequence[Set_]]  # the choices that a rule finds


def _each(columns: Iterable[int]) -> list[Set_]:
    return [(column,) for column in columns]


def _prediction_names(asked: _Asked) -> Set[str]:
    """The names of predictions on the scale that is asked for, where a column has one; else of any."""
    others = {name for scale, names in SCALE_NAMES.items() if scale is not asked.wanted.scale for name in names}
    anywhere = replace(asked, taken=frozenset())
    return PROB_NAMES - others if anywhere.called(PROB_NAMES - others) else PROB_NAMES


def _named_label(asked: _Asked) -> list[Set_]:
    return _each(asked.called(LABEL_NAMES))


def _first_column(asked: _Asked) -> list[Set_]:
    return [] if asked.names else _each(asked.free[:1])


def _one_left(asked: _Asked) -> list[Set_]:
    return _each(asked.free) if len(asked.free) == 1 else []


def _named_on_the_scale(asked: _Asked) -> list[Set_]:
    return _each(asked.called(SCALE_NAMES.get(asked.wanted.scale, frozenset())))


def _named_prediction(asked: _Asked) -> list[Set_]:
    return _each(asked.called(_prediction_names(asked)))


def _nameless(asked: _Asked) -> list[Set_]:
    return [] if asked.names else _each(asked.free)


def _of_the_scale(asked: _Asked) -> list[Set_]:
    """Families such as `logit_cat`, `logit_dog` where logits are asked for."""
    return [family.columns for family in _families(asked) if family.stem in SCALE_NAMES.get(asked.wanted.scale, ())]


def _of_predictions(asked: _Asked) -> list[Set_]:
    """Families such as `p_cat`, `p_dog`; those of other scales only where there are no others."""
    others = {name for scale, names in SCALE_NAMES.items() if scale is not asked.wanted.scale for name in names}
    found = [family for family in _families(asked) if family.stem in PROB_NAMES]
    return [family.columns for family in found if family.stem not in others] or [family.columns for family in found]


def _of_a_kind(asked: _Asked) -> list[Set_]:
    """Families of any name, `0`, `1`, `2` among them."""
    return [family.columns for family in _families(asked)]


def _all_left(asked: _Asked) -> list[Set_]:
    return [_classes_left(asked)] if _classes_left(asked) else []


LABEL: tuple[Rule, ...] = (_named_label, _first_column)
PREDICTION: tuple[Rule, ...] = (_named_on_the_scale, _named_prediction, _nameless)
CLASSES: tuple[Rule, ...] = (_of_the_scale, _of_predictions, _of_a_kind, _all_left)


def _classes_left(asked: _Asked) -> Set_:
    """The numeric columns that may be classes: beside one for each, a single prediction is the predicted class."""
    numeric = set(asked.numeric)
    aside = set(asked.called(ASIDE_NAMES)) & numeric
    if {"predicted", "error"} <= {name.strip().casefold() for name in asked.names or ()}:
        aside |= set(asked.called({"error"})) & numeric  # Weka's mark of a wrong decision
    single = set(asked.called(PROB_NAMES | LABEL_NAMES)) & numeric
    aside |= single if len(numeric) - len(single | aside) > 1 else set()
    return tuple(sorted(numeric - aside))


def _families(asked: _Asked) -> Iterator[Family]:
    if asked.names:
        yield from families([(at, asked.names[at]) for at in _classes_left(asked)], asked.example or ())


# --- the choice -------------------------------------------------------------------------------------------------------
_NOT_CLASSES = ("key", "by")  # what rows are matched or grouped by is no prediction


def _columns(asked: _Asked) -> Columns:
    wanted = asked.wanted
    weight, features = asked.chosen(wanted.weight), asked.chosen(wanted.features)
    if len(weight) > 1:
        raise DataError(f"one column of weights is wanted, not {len(weight)}")
    labels, preds = asked.chosen(wanted.label), asked.chosen(wanted.prob)
    for column in labels:
        if column in preds or column in weight or column in features:
            raise DataError(f"column {asked.shown(column)} is chosen for two purposes")
    extra = {purpose: () if text == "*" else asked.chosen(text) for purpose, text in wanted.extra.items()}
    apart = {column for purpose in _NOT_CLASSES for column in extra.get(purpose, ())} - {*labels, *preds}
    apart -= set(asked.called(LABEL_NAMES) if asked.names else asked.free[:1])  # a label may be a group too
    columns = _chosen(asked.without({*weight, *features, *apart}), labels, preds)
    aside = columns.aside
    if wanted.features == "":
        features, aside = _other_features(asked.without({*columns.labels, *weight, *apart}))
    columns = replace(columns, weight=next(iter(weight), None), features=features, names=asked.names, aside=aside)
    columns = replace(columns, models=further_models(columns, wanted, asked.width))
    others = {purpose: without_purpose(columns, asked.width) for purpose, text in wanted.extra.items() if text == "*"}
    return replace(columns, extra={**extra, **others})


def _other_features(asked: _Asked) -> tuple[Set_, Set_]:
    """All numeric columns as features, and those left aside for their names; none where no other column is left."""
    aside = set(asked.called(ASIDE_NAMES))
    features = tuple(column for column in asked.numeric if column not in aside)
    if not features and set(asked.free) - aside:
        raise DataError(f"no column of features; {asked.listed}; choose with -x")
    return features, tuple(column for column in asked.numeric if column in aside)


def _found(form: Form, labels: Set_, preds: Set_, aside: Set_ = (), left_over: bool = False) -> Columns:
    return Columns(form, labels, preds, None, (), None, aside, left_over)


def _chosen(asked: _Asked, labels: Set_, preds: Set_) -> Columns:
    """Labels and predictions by the options or the rules, and what a row then is."""
    wanted, forms = asked.wanted, asked.wanted.forms
    if wanted.labels_only:
        return _found(Form.BINARY, labels or _only_label(asked), ())
    if wanted.preds_only:
        return _predictions(asked, preds, ())
    if Form.LIKELIHOOD in forms and not labels and _no_label(asked, preds):
        return _found(Form.LIKELIHOOD, (), preds or asked.free[:1])
    if not labels:
        rules = LABEL if not preds else (*LABEL, _one_left)
        labels = _decided(asked.without(preds), rules, "the label", "-y")
    if wanted.features is not None:
        return _found(next(iter(forms - {Form.LIKELIHOOD})), labels, ())
    return _predictions(asked.without(labels), preds, labels)


def _predictions(asked: _Asked, preds: Set_, labels: Set_) -> Columns:
    """The predictions of a table, or of a file of them beside LABELS."""
    forms, alone = asked.wanted.forms, asked.wanted.preds_only
    if not preds and Form.CATEGORICAL not in forms:
        rules = (*PREDICTION, _one_left) if asked.wanted.label or alone else PREDICTION
        preds = asked.free if alone and len(asked.free) == 1 else _decided(asked, rules, "the prediction", "-p")
    if not preds and Form.BINARY in forms:
        preds = _single_or_classes(asked)
    if preds:
        return _found(_form_of(asked, preds), labels, preds)
    if alone and not asked.names:
        return _found(_form_of(asked, asked.free), labels, asked.free)
    preds = _decided(asked, CLASSES, "the classes", "-p")
    aside = tuple(column for column in asked.numeric if column not in preds)
    left_over = bool(asked.names) and not _of_a_kind(asked)
    return _found(_form_of(asked, preds), labels, preds, aside, left_over)


def _single_or_classes(asked: _Asked) -> Set_:
    """For a loss that takes both: the one prediction that is named; nothing where there is none."""
    single = asked.called(_prediction_names(asked))
    families_too = [columns for rule in CLASSES[:3] for columns in rule(asked) if not {*columns} <= {*single}][:1]
    if single and families_too:
        several = ", ".join(map(asked.shown, (*single, *families_too[0])))
        raise DataError(f"{several} could be the prediction, or one for each class; choose with -p")
    return _decided(asked, PREDICTION, "the prediction", "-p") if single else ()


def _form_of(asked: _Asked, preds: Set_) -> Form:
    forms = asked.wanted.forms
    if len(preds) == 1 and Form.BINARY in forms:
        return Form.BINARY
    if Form.CATEGORICAL in forms and not asked.wanted.preds_only and len(preds) == 1:
        column = asked.shown(preds[0])
        raise DataError(f"ce wants a column for each class, and only {column} is there; for one column use bce")
    return Form.CATEGORICAL if Form.CATEGORICAL in forms else Form.BINARY


def _no_label(asked: _Asked, preds: Set_) -> bool:
    """Whether a table holds the likelihoods of what happened, and no labels."""
    if len(asked.free) == 1:
        return True
    rest = asked.without(preds)
    if not asked.names and 0 in rest.free:
        return False  # without names the first column is the label
    return len(preds) == 1 and not rest.called(LABEL_NAMES)


def _only_label(asked: _Asked) -> Set_:
    """The label of a file of labels."""
    if not asked.names and Form.CATEGORICAL in asked.wanted.forms:
        return asked.free  # a row of label probabilities a line
    if len(asked.free) == 1:
        return asked.free
    named = asked.called(LABEL_NAMES)
    if len(named) != 1:
        raise DataError(f"one column is wanted for the label; {asked.listed}; choose with -y")
    return named


def _decided(asked: _Asked, rules: Sequence[Rule], what: str, option: str) -> Set_:
    """The one choice of the first rule that finds any."""
    choices = next((found for rule in rules if (found := rule(asked))), [])
    if len(choices) == 1:
        return choices[0]
    if not choices:
        raise DataError(_nothing(asked, what, option))
    if not asked.names:
        raise DataError(f"{asked.listed}, so {what} is not clear; choose with {option}")
    if any(len(columns) > 1 for columns in choices):
        raise DataError(f"several sets of columns could be {what}; {asked.listed}; choose with {option}")
    several = " and ".join(asked.shown(column) for (column,) in choices)
    raise DataError(f"{several} could each be {what}; choose with {option}")


def _nothing(asked: _Asked, what: str, option: str) -> str:
    if what == "the classes":
        return f"no column of predictions beside the label; {asked.listed}; choose with -p"
    data = any(number(name) is not None for name in asked.names or ()) and asked.wanted.header is None
    hint = f"choose with {option}" + (", or --no-header if the first line is data" if data else "")
    return f"no column is named as {what}; {asked.listed}; {hint}"


def schema_of(columns: Columns, wanted: ColumnSelection) -> Schema:
    """The schema of a table whose columns are settled."""
    return Schema(
        form=columns.form,
        columns=column_names(columns),
        classes=columns.class_names,
        feature_names=tuple(str(columns.name(at)) for at in columns.features),
        width=len(columns.preds),
        label_width=len(columns.labels),
        notes=aside_notes(columns),
        warnings=(*scale_warnings(columns, wanted.scale), *aside_warnings(columns)),
        left_over=columns.left_over,
        extra=extra_names(columns),
        models=models_of(columns, (wanted.prob, *wanted.models)),
    )
