"""Which column is what: names, numbers, ranges and globs into column numbers, and the choice where these are left out.

The choice is an ordered table of rules for each purpose. The first rule that finds something decides; where it finds
several, nothing is chosen and the columns are listed. Columns are counted from 0 here and from 1 in everything a user
sees or types.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from losscli.data.cells import DASHES, canonical, is_like_number, is_missing_number, number
from losscli.data.classnames import order_by_name
from losscli.enums import Form, Scale
from losscli.errors import DataError, nearest, shown

LABEL_NAMES = frozenset(
    {
        *("label", "labels", "y", "y_true", "target", "true", "truth", "class", "actual"),
        *("标签", "真实标签", "真实值", "类别"),
    }
)
SCALE_NAMES = {Scale.LOGITS: frozenset({"logit", "logits"}), Scale.LOGPROBS: frozenset({"logprob"})}
PROB_NAMES = frozenset(
    {
        *("p", "prob", "probs", "proba", "probability", "pred", "preds", "prediction", "predictions"),
        *("score", "scores", "y_prob", "y_proba", "y_pred", "y_score", "y_hat", "yhat", "pred_proba"),
        *("概率", "预测概率", "预测值", "得分"),
        *(name for names in SCALE_NAMES.values() for name in names),
    }
)
KEY = "key"  # what an extra column is for that two tables are joined by
DECISION = "decision"  # what an extra column is for that says which label a model decided for
DECISION_BESIDE = "decision beside a chosen prediction"  # the same where the user chose the prediction
DECISION_NAMES = frozenset({"predicted", "predicted_label", "predicted_class", "pred_label", "pred_class", "decision"})
SHARED, SHARED_LABEL = "shared ", "shared label"  # what columns of both tables are for, the first with a number
FACTOR = "factor"  # what an extra column is for that is a feature of words
# Columns that are numbers and yet no class, when classes are "all other numeric columns".
ASIDE_NAMES = frozenset({"", "id", "index", "idx", "row", "inst#", "unnamed: 0", "weight", "weights", "sample_weight"})


@dataclass(frozen=True)
class ColumnSelection:
    """The columns that were asked for, as typed, and what the command can do with them."""

    forms: frozenset[Form]
    scale: Scale = Scale.PROBS
    label: str | None = None
    prob: str | None = None
    weight: str | None = None
    features: str | None = None  # "" for all other numeric columns
    header: bool | None = None
    labels_only: bool = False
    preds_only: bool = False
    named_labels: tuple[str, ...] = ()  # labels that the user spoke of: where one stands, there is no header
    extra: Mapping[str, str] = field(default_factory=dict)  # extra columns, read as text, by what they are for
    exact: bool = False  # probabilities that are 0 or 1 as floats, and aren't as written, are refused
    models: tuple[str, ...] = ()  # the prediction columns of further models, beside those of `prob`
    counterparts: tuple[str, ...] = ()  # of LABELS: the names of the prediction columns, which stand in PREDS


@dataclass(frozen=True)
class Columns:
    """The columns in use, by number; `names` are those of the header, or None without one."""

    form: Form
    labels: tuple[int, ...]
    preds: tuple[int, ...]
    weight: int | None
    features: tuple[int, ...]  # those that are numbers
    names: tuple[str, ...] | None
    aside: tuple[int, ...] = ()
    left_over: bool = False  # the predictions are all that was left beside the label, and named as nothing
    extra: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    models: tuple[tuple[int, ...], ...] = ()
    typed_features: tuple[int, ...] = ()  # all features, words too, in the order in which they were chosen

    @property
    def predictions(self) -> tuple[int, ...]:
        """The prediction columns of all models side by side, as many of each: their order in a block."""
        return (*self.preds, *(column for model in self.models for column in model))

    @property
    def extra_columns(self) -> tuple[int, ...]:
        """The distinct extra columns, from left to right: their order in a block."""
        return tuple(sorted({column for part in self.extra.values() for column in part}))

    def name(self, column: int) -> str | int:
        """How a column is called: its name, or its number from 1."""
        return self.names[column] if self.names and self.names[column] else column + 1

    def called(self, column: int) -> str:
        """How a message calls a column: `column 'prob'`, or `column 2`."""
        name = self.name(column)
        return f"column {shown(name)}" if isinstance(name, str) else f"column {name}"

    def of(self, part: str, place: int | None) -> int | None:
        """The number of the column at a place within a part; None for a whole row."""
        weight = () if self.weight is None else (self.weight,)
        parts = {"label": self.labels, "prob": self.predictions, "feature": self.features, "weight": weight}
        parts["extra"] = self.extra_columns
        return parts[part][place] if part in parts and place is not None else None

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The header's names of the prediction columns."""
        return tuple(self.names[column] for column in self.preds) if self.names else None


class FirstLines(NamedTuple):
    """What the top of a table shows: its first record, and some of the records after it.

    `lists` are names that stand for several columns: those of the entries of a list, or of an object.
    """

    first: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    lists: Mapping[str, tuple[str, ...]] = {}

    def column(self, at: int) -> list[str]:
        """The cells of a column below the first record."""
        return [row[at] for row in self.rows if at < len(row)]


def expand(text: str, names: Sequence[str] | None, width: int) -> tuple[int, ...]:
    """Column numbers of a name, a number, a range `2-4`, a glob `p_*` or a comma list of these."""
    if names and text in names:
        return (_named(text, names),)
    found = [column for part in text.split(",") for column in _expand_part(part.strip(), names, width)]
    if len(set(found)) < len(found):
        twice = next(column for at, column in enumerate(found) if column in found[:at])
        raise DataError(f"column {twice + 1} is chosen twice by {shown(text)}")
    return tuple(found)


def shared_out(text: str, sides: Sequence[tuple[Sequence[str] | None, int]]) -> tuple[str, ...]:
    """What of a choice of columns is for each side (names, width): a part is for the first side that has it."""
    parts: list[list[str]] = [[] for _ in sides]
    whole = [at for at, (names, _) in enumerate(sides) if text in (names or ())]
    for part in [text] if whole else text.split(","):
        error = None
        for at, (names, width) in enumerate(sides):
            try:
                expand(part, names, width)
            except DataError as trouble:
                error = error or trouble
            else:
                parts[at].append(part)
                break
        else:
            raise error or DataError(f"no column {shown(part)}")
    return tuple(map(",".join, parts))


def further_models(columns: Columns, wanted: ColumnSelection, width: int) -> tuple[tuple[int, ...], ...]:
    """The prediction columns of the further models: as many of each as of the first, and none for two purposes."""
    found: list[tuple[int, ...]] = []
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


def without_purpose(columns: Columns, width: int) -> tuple[int, ...]:
    """The columns that are neither label, prediction nor weight."""
    used = {*columns.labels, *columns.predictions, columns.weight}
    return tuple(column for column in range(width) if column not in used)


def listed(names: Sequence[str] | None, width: int) -> str:
    """The columns of a table, for a message."""
    if names:
        few = [shown(name) if name.strip() else f"({at})" for at, name in enumerate(names[:20], 1)]
        more = f", ... ({len(names)} in all)" if len(names) > len(few) else ""
        return f"the columns are {', '.join(few)}{more}"
    return "there is 1 column, without a name" if width == 1 else f"there are {width} columns, without names"


def _expand_part(part: str, names: Sequence[str] | None, width: int) -> Iterable[int]:
    if names and part in names:
        return (_named(part, names),)
    if part.isascii() and part.isdigit():
        return (_numbered(int(part), names, width),)
    low, dash, high = part.partition("-")
    if part.isascii() and dash and low.isdigit() and high.isdigit():
        first, last = _numbered(int(low), names, width), _numbered(int(high), names, width)
        if first > last:
            raise DataError(f"the range {part} runs backwards")
        return range(first, last + 1)
    if names and any(mark in part for mark in "*?["):
        matches = [at for at, name in enumerate(names) if fnmatchcase(name, part)]
        if matches:
            return matches
    folded = [at for at, name in enumerate(names or ()) if name.casefold() == part.casefold()]
    if len(folded) == 1:
        return folded
    near = nearest(part, names or ()) if width > 2 else []  # of two, everybody sees which is meant
    meant = f"; did you mean {shown(near[0])}?" if near else ""
    raise DataError(f"no column {shown(part)}; {listed(names, width)}{meant}")


def _named(name: str, names: Sequence[str]) -> int:
    if list(names).count(name) > 1:
        places = ", ".join(str(at) for at, other in enumerate(names, 1) if other == name)
        raise DataError(f"several columns are called {shown(name)}; choose one by its number: {places}")
    return list(names).index(name)


def _numbered(column: int, names: Sequence[str] | None, width: int) -> int:
    if not 1 <= column <= width:
        raise DataError(f"no column {column}; {listed(names, width)}")
    return column - 1


# --- families: names that share a beginning or an end (`p_cat`, `p_dog`), or are numbered from 0 or 1 -----------------
_SEPARATORS = "_-.:/|([#"
_CLOSING = ")]"
_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")


class Family(NamedTuple):
    """Columns of a kind, and the word that their names share, in lower case ("" for bare numbers)."""

    stem: str
    columns: tuple[int, ...]


Named = tuple[int, str]  # a column and its name


def families(columns: Sequence[Named], row: Sequence[str] = ()) -> list[Family]:
    """The families of at least two columns, none of which lies within another.

    Where a row of the table has a word in it, as a label, that names a column of no family, the columns that are left
    beside the families may be meant too.
    """
    found: dict[tuple[int, ...], str] = {}
    for stem, members in (*_sharing(columns), *_counting(columns)):
        found[members] = max(found.get(members, ""), stem, key=len)
    taken = {column for members in found for column in members}
    left = {column: name for column, name in columns if found and column not in taken}
    if any(name in row and number(name) is None for name in left.values()):
        found[tuple(left)] = ""
    whole = {members: set(members) for members in found}
    return [
        Family(stem, members)
        for members, stem in found.items()
        if not any(whole[members] < other for other in whole.values())
    ]


def _sharing(columns: Sequence[Named]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Columns whose names share what stands before or behind a separator."""
    groups: dict[tuple[bool, str], list[int]] = {}
    for column, name in columns:
        for at, mark in enumerate(name):
            if mark in _SEPARATORS and 0 < at < len(name) - 1:
                groups.setdefault((True, name[: at + 1].casefold()), []).append(column)
                if mark not in "([":
                    groups.setdefault((False, name[at:].casefold()), []).append(column)
    for (_, affix), members in groups.items():
        if len(members) > 1:
            yield affix.strip(_SEPARATORS + _CLOSING), tuple(members)


def _counting(columns: Sequence[Named]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Columns with the same words around numbers that count from 0 or from 1, and those that are called by numbers."""
    bare = tuple(column for column, name in columns if number(name) is not None)
    if len(bare) > 1:
        yield "", bare
    groups: dict[tuple[str, str], dict[int, int]] = {}
    for column, name in columns:
        if match := _NUMBERED.match(name.strip()):
            numbers = groups.setdefault((match[1].casefold(), match[3].casefold()), {})
            numbers[column] = int(match[2]) if match[2].isascii() else -1
    for (front, back), numbers in groups.items():
        if len(numbers) > 1 and sorted(numbers.values()) in (
            list(range(len(numbers))),
            list(range(1, len(numbers) + 1)),
        ):
            yield (front + back).strip(_SEPARATORS + _CLOSING + " "), tuple(numbers)


# --- the header -------------------------------------------------------------------------------------------------------
ColumnNumbers = tuple[int, ...]  # some columns, from left to right


def has_header(top: FirstLines, wanted: ColumnSelection) -> bool:
    """Whether the first record names the columns, by its cells and those below them."""
    if wanted.header is not None:
        return wanted.header
    first = top.first
    if any(_is_name(part) for part in _chosen_parts(wanted)) or labels_and_predictions(first):
        return True
    try:
        cells = [first[column] for column in _prediction_guess(top, wanted)]
    except DataError:  # a number beyond the columns: the same error follows, with the names if there are any
        cells = list(first)
    named = bool({cell.casefold() for cell in first} & (LABEL_NAMES | PROB_NAMES) - {"true"})
    if len(first) > 1 and first[0] == "" and first[1:] == tuple(map(str, range(len(first) - 1))):
        return True  # as pandas writes an index beside columns without names
    if all(is_like_number(cell) or is_missing_number(cell) for cell in cells):
        whole = {canonical(cell) for cell in cells if (value := number(cell)) is not None and value.is_integer()}
        return named and not known_label(top, wanted) and len(whole) == len(cells) > 1
    words = [(at, cell) for at, cell in enumerate(first) if number(cell) is None and not is_missing_number(cell)]
    if any(cell in top.column(at) for at, cell in words):
        return False  # a word that comes again is no name
    if named or known_label(top, wanted):
        return named
    numbers = [value for cell in first if (value := number(cell)) is not None]
    if numbers:
        return len(numbers) > 1 and numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
    return not any(_SPOILED.match(cell) for cell in cells)


_SPOILED = re.compile(r"[-+]?(?:\d*[.,]\d|\d+\D{1,2}$)|#")  # how a cell begins that was to be a number


def known_label(top: FirstLines, wanted: ColumnSelection) -> bool:
    """Whether a cell of the first record is a label that the user named."""
    return any(canonical(cell) in map(canonical, wanted.named_labels) for cell in top.first)


def refuse_numbered(tops: Sequence[FirstLines], wanted: ColumnSelection) -> None:
    """Refuse tables whose first records are each what pandas writes above columns without names, `0` or `0,1,2`."""
    if wanted.header is None and all(top.first == tuple(map(str, range(len(top.first)))) for top in tops):
        line = ",".join(tops[0].first)
        what = f"the first line, {line}, could be data, or column numbers that pandas wrote"
        raise DataError(f"{what}; choose --header or --no-header")


def label_words(columns: Columns, wanted: ColumnSelection) -> frozenset[str]:
    """The labels that would stand for no value if the user, or the name of a class column, didn't say otherwise.

    `-` is the label beside `+`, and a class where nothing names the classes.
    """
    classes = columns.form is Form.CATEGORICAL or len(wanted.counterparts) > 1
    names = (columns.class_names or wanted.counterparts) if classes else ()
    cut = {part for name in names for part in (name, *re.split(r"[_\-.:/|(\[#\])]", name))}
    texts = {text.strip() for text in (*wanted.named_labels, *cut)} - {""}
    unknown = columns.form is Form.CATEGORICAL and len(columns.labels) == 1 and not texts
    return frozenset(filter(is_missing_number, texts | (DASHES if unknown or "+" in texts else set())))


def names_of(top: FirstLines, wanted: ColumnSelection, named: bool | None = None) -> tuple[str, ...] | None:
    """The names of the columns; None where the first record is data. `named`: what the source itself knows of that."""
    return top.first if (has_header(top, wanted) if named is None else named) else None


def resolve(top: FirstLines, wanted: ColumnSelection) -> Columns:
    """The columns in use; DataError with the list of columns where the names or the options don't settle it."""
    header = has_header(top, wanted)
    if header and top.lists:
        wanted = _with_entries(wanted, top.lists)
    if not header and not (wanted.labels_only or wanted.preds_only):
        refuse_numbered([top], wanted)
    rows = top if header else FirstLines(top.first, (top.first, *top.rows))
    return _columns(ColumnChoice(top.first if header else None, rows, len(top.first), wanted))


def _with_entries(wanted: ColumnSelection, lists: Mapping[str, tuple[str, ...]]) -> ColumnSelection:
    """What is wanted, with the columns of its entries for the name of a list."""

    def entries(text: str | None) -> str | None:
        parts = [text or ""] if text in lists else (text or "").split(",")
        return text and ",".join(",".join(lists.get(part.strip(), (part,))) for part in parts)

    return replace(
        wanted,
        label=entries(wanted.label),
        prob=entries(wanted.prob),
        weight=entries(wanted.weight),
        features=entries(wanted.features),
        models=tuple(entries(text) or "" for text in wanted.models),
        extra={use: entries(text) or "" for use, text in wanted.extra.items()},
    )


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
    names = map(columns.name, columns.aside)
    left = ", ".join(shown(name) if isinstance(name, str) else f"column {name}" for name in names)
    return (f"not used as {part}: {left}; choose the {part} with {option}",) if left else ()


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
    below = top.rows[0] if top.rows and len(top.rows[0]) == len(top.first) else ()
    return [
        at
        for at, (cell, under) in enumerate(zip(top.first, below, strict=False))
        if number(under) is not None and cell.casefold() not in ("true", "false")
    ]


# --- the columns that are named, and those that are there -------------------------------------------------------------
@dataclass(frozen=True)
class ColumnChoice:
    """A table's names, some of its records, and what is wanted of it; `taken` are the columns in use already."""

    names: tuple[str, ...] | None
    top: FirstLines
    width: int
    wanted: ColumnSelection
    taken: frozenset[int] = frozenset()

    @property
    def free(self) -> ColumnNumbers:
        """The columns that are not in use."""
        return tuple(column for column in range(self.width) if column not in self.taken)

    @property
    def numeric(self) -> ColumnNumbers:
        """The free columns of numbers."""
        return tuple(column for column in self.free if self.is_numeric(column))

    def without(self, columns: Iterable[int]) -> "ColumnChoice":
        """The same with these columns in use."""
        return replace(self, taken=self.taken | set(columns))

    def called(self, known: Set[str]) -> ColumnNumbers:
        """The free columns of these names, letter case aside."""
        return tuple(at for at in self.free if self.names and self.names[at].strip().casefold() in known)

    def chosen(self, text: str | None) -> ColumnNumbers:
        """The columns that an option names."""
        return expand(text, self.names, self.width) if text else ()

    def shown(self, column: int) -> str:
        """How a message calls a column."""
        return shown(self.names[column]) if self.names and self.names[column] else f"column {column + 1}"

    @property
    def listed(self) -> str:
        """The columns, for a message."""
        return listed(self.names, self.width)

    def is_numeric(self, column: int) -> bool:
        """Whether at least half of the first cells of a column are numbers, as far as they aren't missing."""
        cells = [cell for cell in self.top.column(column) if not is_missing_number(cell)]
        return 2 * sum(map(is_like_number, cells)) >= len(cells)


# --- the rules --------------------------------------------------------------------------------------------------------
Rule = Callable[[ColumnChoice], Sequence[ColumnNumbers]]  # the choices that a rule finds


def _each(columns: Iterable[int]) -> list[ColumnNumbers]:
    return [(column,) for column in columns]


def _prediction_names(choice: ColumnChoice) -> Set[str]:
    """The names of predictions on the scale that is asked for, where a column has one; else of any."""
    others = {name for scale, names in SCALE_NAMES.items() if scale is not choice.wanted.scale for name in names}
    anywhere = replace(choice, taken=frozenset())
    return PROB_NAMES - others if anywhere.called(PROB_NAMES - others) else PROB_NAMES


def _named_label(choice: ColumnChoice) -> list[ColumnNumbers]:
    return _each(choice.called(LABEL_NAMES))


def _first_column(choice: ColumnChoice) -> list[ColumnNumbers]:
    return [] if choice.names else _each(choice.free[:1])


def _one_left(choice: ColumnChoice) -> list[ColumnNumbers]:
    return _each(choice.free) if len(choice.free) == 1 else []


def _named_on_the_scale(choice: ColumnChoice) -> list[ColumnNumbers]:
    return _each(choice.called(SCALE_NAMES.get(choice.wanted.scale, frozenset())))


def _named_prediction(choice: ColumnChoice) -> list[ColumnNumbers]:
    return _each(choice.called(_prediction_names(choice)))


def _nameless(choice: ColumnChoice) -> list[ColumnNumbers]:
    return [] if choice.names else _each(choice.free)


def _of_the_scale(choice: ColumnChoice) -> list[ColumnNumbers]:
    """Families such as `logit_cat`, `logit_dog` where logits are asked for."""
    return [family.columns for family in _families(choice) if family.stem in SCALE_NAMES.get(choice.wanted.scale, ())]


def _of_predictions(choice: ColumnChoice) -> list[ColumnNumbers]:
    """Families such as `p_cat`, `p_dog`; those of other scales only where there are no others."""
    others = {name for scale, names in SCALE_NAMES.items() if scale is not choice.wanted.scale for name in names}
    found = [family for family in _families(choice) if family.stem in PROB_NAMES]
    return [family.columns for family in found if family.stem not in others] or [family.columns for family in found]


def _of_a_kind(choice: ColumnChoice) -> list[ColumnNumbers]:
    """Families of any name, `0`, `1`, `2` among them."""
    return [family.columns for family in _families(choice)]


def _all_left(choice: ColumnChoice) -> list[ColumnNumbers]:
    return [_classes_left(choice)] if _classes_left(choice) else []


LABEL: tuple[Rule, ...] = (_named_label, _first_column)
PREDICTION: tuple[Rule, ...] = (_named_on_the_scale, _named_prediction, _nameless)
CLASSES: tuple[Rule, ...] = (_of_the_scale, _of_predictions, _of_a_kind, _all_left)


def _classes_left(choice: ColumnChoice) -> ColumnNumbers:
    """The numeric columns that may be classes: beside one for each, a single prediction is the predicted class.

    A column of a set of predictions, such as `p_cat`, `p_dog`, stays, whatever is in it.
    """
    numeric = set(choice.numeric)
    aside = set(choice.called(ASIDE_NAMES)) & numeric
    if {"predicted", "error"} <= {name.strip().casefold() for name in choice.names or ()}:
        aside |= set(choice.called({"error"})) & numeric  # Weka's mark of a wrong decision
    single = set(choice.called(PROB_NAMES | LABEL_NAMES)) & numeric
    aside |= single if len(numeric) - len(single | aside) > 1 else set()
    left = numeric - aside
    few = len(choice.top.rows) < 2  # a word in the only row may be a bad cell
    for family in families([(at, choice.names[at]) for at in choice.free]) if choice.names else ():
        if left & {*family.columns} and (family.stem in PROB_NAMES or (few and len(left & {*family.columns}) > 1)):
            left |= {*family.columns} - aside
    return tuple(sorted(left))


def _families(choice: ColumnChoice) -> Iterator[Family]:
    if choice.names:
        row = choice.top.rows[0] if choice.top.rows else ()
        yield from families([(at, choice.names[at]) for at in _classes_left(choice)], row)


# --- the choice -------------------------------------------------------------------------------------------------------
_NOT_CLASSES = (KEY, "by")  # what rows are matched or grouped by is no prediction


def _columns(choice: ColumnChoice) -> Columns:
    wanted = choice.wanted
    weight, features = choice.chosen(wanted.weight), choice.chosen(wanted.features)
    if len(weight) > 1:
        raise DataError(f"the weights are one column, not {len(weight)}")
    labels, preds = choice.chosen(wanted.label), choice.chosen(wanted.prob)
    for column in labels:
        if column in preds or column in weight or column in features:
            raise DataError(f"column {choice.shown(column)} is chosen for two purposes")
    extra = {purpose: () if text == "*" else choice.chosen(text) for purpose, text in wanted.extra.items()}
    apart = {column for purpose in _NOT_CLASSES for column in extra.get(purpose, ())} - {*labels, *preds}
    apart -= set(choice.called(LABEL_NAMES) if choice.names else choice.free[:1])  # a label may be a group too
    if wanted.preds_only:  # columns that are compared with those of LABELS
        apart |= {column for purpose, part in extra.items() if purpose.startswith(SHARED) for column in part}
    columns = _chosen(choice.without({*weight, *features, *apart}), labels, preds)
    aside = columns.aside
    if wanted.features == "":
        features, aside = _other_features(choice.without({*columns.labels, *weight, *apart}))
    factors = tuple(column for column in features if not choice.is_numeric(column))
    extra = {**extra, FACTOR: factors} if factors else extra
    typed, features = features, tuple(column for column in features if column not in factors)
    columns = replace(columns, weight=next(iter(weight), None), features=features, names=choice.names, aside=aside)
    columns = replace(columns, typed_features=typed)
    columns = _matched_by_name(replace(columns, models=further_models(columns, wanted, choice.width)), wanted)
    others = {purpose: without_purpose(columns, choice.width) for purpose, text in wanted.extra.items() if text == "*"}
    if columns.form is Form.BINARY and len(columns.predictions) == 1 and len(columns.labels) <= 1:
        decisions = choice.without({*columns.labels, *columns.preds}).called(DECISION_NAMES)
        others |= {DECISION_BESIDE if wanted.prob else DECISION: decisions} if len(decisions) == 1 else {}
    return replace(columns, extra={**extra, **others})


def _matched_by_name(columns: Columns, wanted: ColumnSelection) -> Columns:
    """The label columns, and those of further models, in the order in which the predictions name the same classes."""
    names = columns.names
    if not names:
        return columns
    reference = [names[column] for column in columns.preds] or wanted.counterparts

    def ordered(part: ColumnNumbers, what: str) -> ColumnNumbers:
        order = order_by_name([names[column] for column in part], reference, what, "the predictions")
        return part if order is None else tuple(part[at] for at in order)

    both = zip(columns.models, wanted.models, strict=True)
    models = tuple(ordered(part, f"the model {shown(text)}") for part, text in both)
    return replace(columns, labels=ordered(columns.labels, "the labels"), models=models)


def _other_features(choice: ColumnChoice) -> tuple[ColumnNumbers, ColumnNumbers]:
    """All numeric columns as features, and those left aside for their names; none where no other column is left."""
    aside = set(choice.called(ASIDE_NAMES))
    features = tuple(column for column in choice.numeric if column not in aside)
    if not features and set(choice.free) - aside:
        raise DataError(f"no column of features; {choice.listed}; choose with -x")
    return features, tuple(column for column in choice.numeric if column in aside)


def _found(
    form: Form, labels: ColumnNumbers, preds: ColumnNumbers, aside: ColumnNumbers = (), left_over: bool = False
) -> Columns:
    return Columns(form, labels, preds, None, (), None, aside, left_over)


def _chosen(choice: ColumnChoice, labels: ColumnNumbers, preds: ColumnNumbers) -> Columns:
    """Labels and predictions by the options or the rules, and what a row then is."""
    wanted, forms = choice.wanted, choice.wanted.forms
    if wanted.labels_only:
        return _found(Form.BINARY, labels or _only_label(choice), ())
    if wanted.preds_only:
        return _predictions(choice, preds, ())
    if Form.LIKELIHOOD in forms and not labels and _no_label(choice, preds):
        return _found(Form.LIKELIHOOD, (), preds or choice.free[:1])
    if not labels:
        rules = LABEL if not preds else (*LABEL, _one_left)
        labels = _decided(choice.without(preds), rules, "the label", "-y")
    if wanted.features is not None:
        return _found(next(iter(forms - {Form.LIKELIHOOD})), labels, ())
    return _predictions(choice.without(labels), preds, labels)


def _predictions(choice: ColumnChoice, preds: ColumnNumbers, labels: ColumnNumbers) -> Columns:
    """The predictions of a table, or of a file of them beside LABELS."""
    forms, alone = choice.wanted.forms, choice.wanted.preds_only
    if not preds and Form.CATEGORICAL not in forms:
        rules = (*PREDICTION, _one_left) if choice.wanted.label or alone else PREDICTION
        preds = choice.free if alone and len(choice.free) == 1 else _decided(choice, rules, "the prediction", "-p")
    if not preds and Form.BINARY in forms:
        preds = _single_or_classes(choice)
    if preds:
        return _found(_form_of(choice, preds), labels, preds)
    if alone and not choice.names:
        return _found(_form_of(choice, choice.free), labels, choice.free)
    preds = _decided(choice, CLASSES, "the classes", "-p")
    aside = tuple(column for column in choice.numeric if column not in preds)
    left_over = bool(choice.names) and not _of_a_kind(choice)
    return _found(_form_of(choice, preds), labels, preds, aside, left_over)


def _single_or_classes(choice: ColumnChoice) -> ColumnNumbers:
    """For a loss that takes both: the one prediction that is named; nothing where there is none."""
    single = choice.called(_prediction_names(choice))
    families_too = [columns for rule in CLASSES[:3] for columns in rule(choice) if not {*columns} <= {*single}][:1]
    if single and families_too:
        several = ", ".join(map(choice.shown, (*single, *families_too[0])))
        raise DataError(f"{several} could each be the prediction, or be those of the classes; choose with -p")
    return _decided(choice, PREDICTION, "the prediction", "-p") if single else ()


def _form_of(choice: ColumnChoice, preds: ColumnNumbers) -> Form:
    forms = choice.wanted.forms
    if len(preds) == 1 and Form.BINARY in forms:
        return Form.BINARY
    if Form.CATEGORICAL in forms and not choice.wanted.preds_only and len(preds) == 1:
        column = choice.shown(preds[0])
        raise DataError(f"ce needs a column for each class, but there is only {column}; for one column use bce")
    return Form.CATEGORICAL if Form.CATEGORICAL in forms else Form.BINARY


def _no_label(choice: ColumnChoice, preds: ColumnNumbers) -> bool:
    """Whether a table holds the likelihoods of the true labels, and no labels."""
    if len(choice.free) == 1:
        return True
    rest = choice.without(preds)
    if not choice.names and 0 in rest.free:
        return False  # without names the first column is the label
    return len(preds) == 1 and not rest.called(LABEL_NAMES)


def _only_label(choice: ColumnChoice) -> ColumnNumbers:
    """The label of a file of labels."""
    if not choice.names and Form.CATEGORICAL in choice.wanted.forms:
        return choice.free  # a row of label probabilities a line
    if len(choice.free) == 1:
        return choice.free
    named = choice.called(LABEL_NAMES)
    if len(named) != 1:
        raise DataError(f"the label is one column; {choice.listed}; choose with -y")
    return named


def _decided(choice: ColumnChoice, rules: Sequence[Rule], what: str, option: str) -> ColumnNumbers:
    """The one choice of the first rule that finds any."""
    choices = next((found for rule in rules if (found := rule(choice))), [])
    if len(choices) == 1:
        return choices[0]
    if not choices:
        raise DataError(_nothing(choice, what, option))
    if not choice.names:
        raise DataError(f"{choice.listed}, so {what} is not clear; choose with {option}")
    if any(len(columns) > 1 for columns in choices):
        raise DataError(f"several sets of columns could be {what}; {choice.listed}; choose with {option}")
    several = " and ".join(choice.shown(column) for (column,) in choices)
    raise DataError(f"{several} could each be {what}; choose with {option}")


def _nothing(choice: ColumnChoice, what: str, option: str) -> str:
    if what == "the classes":
        return f"no prediction column beside the label; {choice.listed}; choose with -p"
    data = any(number(name) is not None for name in choice.names or ()) and choice.wanted.header is None
    hint = f"choose with {option}" + (", or --no-header if the first line is data" if data else "")
    if what == "the prediction" and len(choice.names or ()) == 1:
        hint = "give the file of labels before the file of predictions, as in y.csv p.csv"
    elif what == "the prediction" and any(rule(choice) for rule in CLASSES[:3]):
        hint += "; for a column for each class use ce"
    return f"no column is recognized as {what}; {choice.listed}; {hint}"


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of columns, those that repeat another or one that is `taken` with a number: `a`, `a.2`."""
    names, found = list(names), list[str]()
    for name in names:
        count, own = 1, name
        while own in found or own in taken or (count > 1 and own in names):
            count += 1
            own = f"{name}.{count}"
        found.append(own)
    return tuple(found)
