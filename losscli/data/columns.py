"""Which column is what: names, numbers, ranges and globs into column numbers. The rule: what isn't settled is an error.

Columns are counted from 0 here and from 1 in everything a user sees or types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from losscli.enums import Form, Scale
from losscli.errors import DataError, shown

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
    models: tuple[str, ...] = ()  # the prediction columns of further models, beside those of `prob`


@dataclass(frozen=True)
class Columns:
    """The columns in use, by number; `names` are those of the header, or None without one."""

    form: Form
    labels: tuple[int, ...]
    preds: tuple[int, ...]
    weight: int | None
    features: tuple[int, ...]
    names: tuple[str, ...] | None
    aside: tuple[int, ...] = ()
    left_over: bool = False  # the predictions are all that was left beside the label, and named as nothing
    extra: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    models: tuple[tuple[int, ...], ...] = ()

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


@dataclass(frozen=True)
class FirstLines:
    """What the top of a table shows: its first record and, where there is one, the record after it."""

    first: tuple[str, ...]
    second: tuple[str, ...] | None


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
            raise DataError(f"models want as many prediction columns each: {sizes}")
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
    raise DataError(f"no column {shown(part)}; {listed(names, width)}")


def _named(name: str, names: Sequence[str]) -> int:
    if list(names).count(name) > 1:
        places = ", ".join(str(at) for at, other in enumerate(names, 1) if other == name)
        raise DataError(f"several columns are called {shown(name)}; choose one by its number: {places}")
    return list(names).index(name)


def _numbered(column: int, names: Sequence[str] | None, width: int) -> int:
    if not 1 <= column <= width:
        raise DataError(f"no column {column}; {listed(names, width)}")
    return column - 1
