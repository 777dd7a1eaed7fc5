"""Which column is what: names, numbers, ranges and globs into column numbers. The rule: what isn't settled is an error.

Columns are counted from 0 here and from 1 in everything a user sees or types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from losscli.enums import Form, Scale
from losscli.errors import DataError, shown
from losscli.reading.cells import canonical, has_decimal_comma, is_missing, number

LABEL_NAMES = frozenset({"label", "labels", "y", "y_true", "target", "true", "truth", "class", "actual"})
SCALE_NAMES = {Scale.LOGITS: "logit", Scale.LOGPROBS: "logprob"}
PROB_NAMES = frozenset(
    {"p", "prob", "probs", "probability", "pred", "prediction", "score", "y_prob", "y_pred", "y_hat", "yhat"}
) | set(SCALE_NAMES.values())
# Columns that are numbers and yet no class, when classes are "all other numeric columns".
ASIDE_NAMES = frozenset({"", "id", "index", "idx", "row", "unnamed: 0", "weight", "weights", "sample_weight"})


@dataclass(frozen=True)
class Wanted:
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
    carried: Mapping[str, str] = field(default_factory=dict)  # columns that travel as text, by what they are for


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
    carried: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def travelling(self) -> tuple[int, ...]:
        """The distinct carried columns, from left to right: their order in a block."""
        return tuple(sorted({column for part in self.carried.values() for column in part}))

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
        parts = {"label": self.labels, "prob": self.preds, "feature": self.features, "weight": weight}
        parts["carried"] = self.travelling
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


def has_header(top: FirstLines, wanted: Wanted) -> bool:
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


def known_label(top: FirstLines, wanted: Wanted) -> bool:
    """Whether a cell of the first record is a label that the user named."""
    return any(canonical(cell) in map(canonical, wanted.named_labels) for cell in top.first)


def resolve(top: FirstLines, wanted: Wanted) -> Columns:
    """The columns in use; DataError with the list of columns where the names or the options don't settle it."""
    header = has_header(top, wanted)
    chooser = _Chooser(top.first if header else None, top.second if header else top.first, len(top.first), wanted)
    return chooser.columns()


def scale_warnings(columns: Columns, scale: Scale) -> tuple[str, ...]:
    """What is said when a column's name speaks of another scale than the one it is read as."""
    named = {name: other for other, name in SCALE_NAMES.items() if other is not scale}
    called = [str(columns.name(column)) for column in columns.preds]
    return tuple(
        f"column {shown(name)} is read as {scale.value}; if it holds {named[name.casefold()].value} use"
        f" --from {named[name.casefold()].value}"
        for name in called
        if name.casefold() in named
    )


def expand(text: str, names: Sequence[str] | None, width: int) -> tuple[int, ...]:
    """Column numbers of a name, a number, a range `2-4`, a glob `p_*` or a comma list of these."""
    if names and text in names:
        return (_named(text, names),)
    found = [column for part in text.split(",") for column in _expand_part(part.strip(), names, width)]
    if len(set(found)) < len(found):
        twice = next(column for at, column in enumerate(found) if column in found[:at])
        raise DataError(f"column {twice + 1} is chosen twice by {shown(text)}")
    return tuple(found)


def names_of(top: FirstLines, wanted: Wanted, named: bool | None = None) -> tuple[str, ...] | None:
    """The names of the columns; None where the first record is data. `named`: what the source itself knows of that."""
    return top.first if (has_header(top, wanted) if named is None else named) else None


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


def listed(names: Sequence[str] | None, width: int) -> str:
    """The columns of a table, for a message."""
    if names:
        few = [name[:40] if name.strip() else f"({at})" for at, name in enumerate(names[:20], 1)]
        more = f", ... ({len(names)} in all)" if len(names) > len(few) else ""
        return f"the columns are {', '.join(few)}{more}"
    return "there is 1 column, without a name" if width == 1 else f"there are {width} columns, without names"


def _expand_part(part: str, names: Sequence[str] | None, width: int) -> Iterable[int]:
    if names and part in names:
        return (_named(part, names),)
    if part.isascii() and part.isdigit():
        return (_numbered(int(part), names, width),)
    low, dash, high = part.partition("-")
    if dash and low.isdigit() and high.isdigit():
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


def _is_name(part: str) -> bool:
    return not part.replace("-", "", 1).isdigit()


def _chosen_parts(wanted: Wanted) -> list[str]:
    chosen = (wanted.label, wanted.prob, wanted.weight, wanted.features, *wanted.carried.values())
    return [part.strip() for text in chosen if text for part in text.split(",")]


def _prediction_guess(top: FirstLines, wanted: Wanted) -> Sequence[int]:
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


def _label_guess(top: FirstLines, wanted: Wanted) -> Sequence[int]:
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


@dataclass(frozen=True)
class _Chooser:
    """The choice of columns for one table."""

    names: tuple[str, ...] | None
    example: tuple[str, ...] | None
    width: int
    wanted: Wanted

    def columns(self) -> Columns:
        weight = self._explicit(self.wanted.weight)
        if len(weight) > 1:
            raise DataError(f"one column of weights is wanted, not {len(weight)}")
        features = self._explicit(self.wanted.features)
        labels, preds = self._explicit(self.wanted.label), self._explicit(self.wanted.prob)
        for column in labels:
            if column in preds or column in weight or column in features:
                raise DataError(f"column {self._shown(column)} is chosen for two purposes")
        form, labels, preds, aside = self._form(labels, preds, {*weight, *features})
        if self.wanted.features == "":
            features, aside = self._others({*labels, *weight})
        carried = {purpose: self._explicit(text) for purpose, text in self.wanted.carried.items()}
        return Columns(form, labels, preds, weight[0] if weight else None, features, self.names, aside, carried)

    def _others(self, taken: set[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """All other numeric columns as features, and those left aside for their names."""
        numeric = [column for column in self._free(taken) if self._is_numeric(column)]
        aside = set(self._by_name(ASIDE_NAMES, taken))
        features = tuple(column for column in numeric if column not in aside)
        if not features:
            raise DataError(f"no column of features; {listed(self.names, self.width)}; choose with -x")
        return features, tuple(column for column in numeric if column in aside)

    def _form(
        self, labels: tuple[int, ...], preds: tuple[int, ...], taken: set[int]
    ) -> tuple[Form, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        forms = self.wanted.forms
        if self.wanted.labels_only:
            return Form.BINARY, labels or self._only_column("label", taken), (), ()
        if self.wanted.preds_only:
            preds = preds or self._preds_of_file(taken)
            return self._form_of(preds), (), preds, ()
        if Form.LIKELIHOOD in forms and not labels and self._no_label(preds, taken):
            return Form.LIKELIHOOD, (), preds or (0,), ()
        if self.wanted.features is not None:
            return next(iter(forms - {Form.LIKELIHOOD})), labels or self._label(preds, taken), (), ()
        labels = labels or self._label(preds, taken)
        taken = {*taken, *labels}
        if Form.CATEGORICAL not in forms:
            return Form.BINARY, labels, preds or self._prediction(taken), ()
        if Form.BINARY in forms and not preds and self._by_name(self._prob_names(), taken):
            preds = self._prediction(taken)
        if preds:
            return self._form_of(preds), labels, preds, ()
        preds, aside = self._classes(taken)
        return self._form_of(preds), labels, preds, aside

    def _form_of(self, preds: tuple[int, ...]) -> Form:
        forms = self.wanted.forms
        if len(preds) == 1 and Form.BINARY in forms:
            return Form.BINARY
        if Form.CATEGORICAL in forms and not self.wanted.preds_only and len(preds) == 1:
            column = self._shown(preds[0])
            raise DataError(f"ce wants a column for each class, and only {column} is there; for one column use bce")
        return Form.CATEGORICAL if Form.CATEGORICAL in forms else Form.BINARY

    def _no_label(self, preds: tuple[int, ...], taken: set[int]) -> bool:
        if self.width - len(taken) == 1:
            return True
        if not self.names and 0 not in {*taken, *preds}:
            return False  # without names the first column is the label
        return len(preds) == 1 and not self._by_name(LABEL_NAMES, {*taken, *preds})

    def _explicit(self, text: str | None) -> tuple[int, ...]:
        return expand(text, self.names, self.width) if text else ()

    def _by_name(self, known: Iterable[str], taken: set[int]) -> tuple[int, ...]:
        pairs = enumerate(self.names or ())
        return tuple(at for at, name in pairs if name.strip().casefold() in known and at not in taken)

    def _label(self, preds: tuple[int, ...], taken: set[int]) -> tuple[int, ...]:
        free = self._free({*taken, *preds})
        found = self._by_name(LABEL_NAMES, {*taken, *preds}) if self.names else free[:1]
        if not found and preds and len(free) == 1:
            found = free
        return self._one(found, "the label", "-y")

    def _prob_names(self) -> frozenset[str]:
        others = {name for scale, name in SCALE_NAMES.items() if scale is not self.wanted.scale}
        return PROB_NAMES - others if self._by_name(PROB_NAMES - others, set()) else PROB_NAMES

    def _prediction(self, taken: set[int]) -> tuple[int, ...]:
        own = SCALE_NAMES.get(self.wanted.scale)
        found = self._by_name({own}, taken) if own else ()
        free = self._free(taken)
        if not found:
            found = self._by_name(self._prob_names(), taken) if self.names else free
        if not found and len(free) == 1 and self.wanted.label:
            found = free
        return self._one(found, "the prediction", "-p")

    def _classes(self, taken: set[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        numeric = [column for column in self._free(taken) if self._is_numeric(column)]
        aside = set(self._by_name(ASIDE_NAMES, taken)) & set(numeric)
        # Beside a column for each class, one that is called like a single prediction is the predicted class.
        single = set(self._by_name(PROB_NAMES | LABEL_NAMES, taken)) & set(numeric)
        aside |= single if len(numeric) - len(single | aside) > 1 else set()
        preds = tuple(column for column in numeric if column not in aside)
        if not preds:
            raise DataError(
                f"no column of predictions beside the label; {listed(self.names, self.width)}; choose with -p"
            )
        return preds, tuple(sorted(aside))

    def _is_numeric(self, column: int) -> bool:
        if self.example is None or len(self.example) <= column:
            return True
        return number(self.example[column]) is not None or is_missing(self.example[column])

    def _free(self, taken: set[int]) -> tuple[int, ...]:
        return tuple(column for column in range(self.width) if column not in taken)

    def _preds_of_file(self, taken: set[int]) -> tuple[int, ...]:
        """All columns of a file of predictions; where one is wanted of several, the one that is named so."""
        free = self._free(taken)
        if len(free) > 1 and Form.CATEGORICAL not in self.wanted.forms:
            return self._prediction(taken)
        return free

    def _only_column(self, what: str, taken: set[int]) -> tuple[int, ...]:
        free = self._free(taken)
        named = self._by_name(LABEL_NAMES, taken)
        if not self.names and Form.CATEGORICAL in self.wanted.forms:
            return free  # a row of label probabilities a line
        if len(free) > 1 and len(named) != 1:
            raise DataError(f"one column is wanted for the {what}; {listed(self.names, self.width)}; choose with -y")
        return named if len(free) > 1 else free

    def _one(self, found: tuple[int, ...], what: str, option: str) -> tuple[int, ...]:
        if len(found) == 1:
            return found
        if not found:
            data = any(number(name) is not None for name in self.names or ()) and self.wanted.header is None
            hint = f"choose with {option}" + (", or --no-header if the first line is data" if data else "")
            raise DataError(f"no column is named as {what}; {listed(self.names, self.width)}; {hint}")
        several = " and ".join(self._shown(column) for column in found)
        if self.names:
            raise DataError(f"{several} could each be {what}; choose with {option}")
        raise DataError(f"{listed(self.names, self.width)}, so {what} is not clear; choose with {option}")

    def _shown(self, column: int) -> str:
        return shown(self.names[column]) if self.names and self.names[column] else f"column {column + 1}"
