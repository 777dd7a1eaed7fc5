"""The columns of a table: what is wanted of them, which are in use, and what an option that names columns means.

Columns are counted from 0 here and from 1 in everything a user sees or types. `choice` chooses where nothing is named.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from losscli.enums import Form, Scale
from losscli.errors import DataError, nearest, shown
from losscli.records import record

LABEL_NAMES = frozenset(
    {
        *("label", "labels", "y", "y_true", "target", "true", "truth", "class", "actual", "y_test", "ground_truth"),
        *("标签", "真实标签", "真实值", "真实", "目标", "类别"),
    }
)
SCALE_NAMES = {Scale.LOGITS: frozenset({"logit", "logits"}), Scale.LOGPROBS: frozenset({"logprob"})}
PROB_NAMES = frozenset(
    {
        *("p", "prob", "probs", "proba", "probability", "pred", "preds", "prediction", "predictions"),
        *("score", "scores", "y_prob", "y_proba", "y_pred", "y_score", "y_hat", "yhat", "pred_proba", "y_pred_proba"),
        *("probabilities", "predicted_prob", "predicted_probability", "forecast"),
        *("概率", "预测概率", "预测值", "预测", "得分", "分数"),
        *(name for names in SCALE_NAMES.values() for name in names),
    }
)
# The purposes of extra columns
KEY = "key"  # two tables are joined by it
DECISION = "decision"  # it holds the label that a model decided for
DECISION_BESIDE = "decision beside a chosen prediction"  # the same where the user chose the prediction
DECISION_LIKELY = "decision in a column called like a prediction"  # which may be of another model
DECISION_NAMES = frozenset({"predicted", "predicted_label", "predicted_class", "pred_label", "pred_class", "decision"})
SHARED, SHARED_LABEL = "shared ", "shared label"  # both tables have it, and it is compared; `SHARED` with a number
OTHER_ID = "other id "  # what a column of ids is for that only one table has, with a number
FACTOR = "factor"  # it is a feature of words
# Columns that are numbers and yet no class, when classes are "all other numeric columns".
ASIDE_NAMES = frozenset({"", "id", "index", "idx", "row", "inst#", "unnamed: 0", "weight", "weights", "sample_weight"})

ColumnNumbers = tuple[int, ...]  # some columns, from left to right


@record
class ColumnSelection:
    """The wanted columns as they were typed, and what the command can do with them."""

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

    def renamed(self, change: Callable[[str], str]) -> "ColumnSelection":
        """The same, with what was typed for each purpose changed."""

        def changed(text: str | None) -> str | None:
            return change(text) if text else text

        return replace(
            self,
            label=changed(self.label),
            prob=changed(self.prob),
            weight=changed(self.weight),
            features=changed(self.features),
            models=tuple(map(change, self.models)),
            extra={purpose: change(text) for purpose, text in self.extra.items()},
        )


@record
class Columns:
    """The columns in use, by number; `names` are those of the header, or None without one."""

    form: Form
    labels: ColumnNumbers
    preds: ColumnNumbers
    weight: int | None = None
    features: ColumnNumbers = ()  # those that are numbers
    names: tuple[str, ...] | None = None
    aside: ColumnNumbers = ()  # columns of numbers that are none of the classes, or of the features
    left_over: bool = False  # the predictions are the columns that were left, and their names say nothing
    extra: Mapping[str, ColumnNumbers] = field(default_factory=dict)
    models: tuple[ColumnNumbers, ...] = ()
    typed_features: ColumnNumbers = ()  # all features, words too, in the order in which they were chosen

    @property
    def predictions(self) -> ColumnNumbers:
        """The prediction columns of all models side by side, as many of each: their order in a block."""
        return (*self.preds, *(column for model in self.models for column in model))

    @property
    def used(self) -> ColumnNumbers:
        """All columns in use."""
        weight = () if self.weight is None else (self.weight,)
        return (*self.labels, *self.predictions, *weight, *self.features, *self.extra_columns)

    @property
    def extra_columns(self) -> ColumnNumbers:
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


def expand(text: str, names: Sequence[str] | None, width: int) -> ColumnNumbers:
    """Column numbers of a name, a number, a range `2-4`, a glob `p_*` or a comma list of these."""
    parts = [text] if names and text in names else [part.strip() for part in text.split(",")]
    found = [column for part in parts for column in _expand_part(part, names, width)]
    if len(set(found)) < len(found):
        twice = next(column for at, column in enumerate(found) if column in found[:at])
        raise DataError(f"column {twice + 1} is chosen twice by {shown(text)}")
    return tuple(found)


def _expand_part(part: str, names: Sequence[str] | None, width: int) -> Iterable[int]:
    if names and part in names:
        places = [at for at, name in enumerate(names) if name == part]
        if len(places) > 1:
            several = ", ".join(str(at + 1) for at in places)
            raise DataError(f"several columns are called {shown(part)}; choose one by its number: {several}")
        return places
    low, dash, high = part.partition("-")
    if part.isascii() and low.isdigit() and (high.isdigit() or not dash):
        ends = [int(low), int(high or low)]
        for column in ends:
            if not 1 <= column <= width:
                hint = "; columns count from 1" if column == 0 else ""
                raise DataError(f"no column {column}; {listed(names, width)}{hint}")
        if ends[0] > ends[1]:
            raise DataError(f"the range {part} runs backwards")
        return range(ends[0] - 1, ends[1])
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


def shared_out(text: str, sides: Sequence[tuple[Sequence[str] | None, int]]) -> tuple[str, ...]:
    """A choice of columns, split between the sides (names, width): each part goes to the first side that has it."""
    parts: list[list[str]] = [[] for _ in sides]
    for part in [text] if any(text in (names or ()) for names, _ in sides) else text.split(","):
        errors = []
        for own, (names, width) in zip(parts, sides, strict=True):
            try:
                expand(part, names, width)
            except DataError as error:
                errors.append(error)
            else:
                own.append(part)
                break
        else:
            raise errors[0]
    return tuple(map(",".join, parts))


def listed(names: Sequence[str] | None, width: int) -> str:
    """The columns of a table, for a message."""
    if names:
        few = [shown(name) if name.strip() else f"({at})" for at, name in enumerate(names[:20], 1)]
        more = f", ... ({len(names)} in all)" if len(names) > len(few) else ""
        return f"the columns are {', '.join(few)}{more}"
    return "there is 1 column, without a name" if width == 1 else f"there are {width} columns, without names"


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
