"""Read labels: cells become 0 and 1, class numbers or label probabilities. Nothing is guessed or sorted.

Binary labels are 0 and 1, true and false, or probabilities in between; `positive` names the one that is 1 and makes
every other one 0. Class labels are the names of the prediction columns (a prefix or suffix that all of them share may
be left out), the names given, or numbers from 0 in the order of the columns.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import partial
from math import nan

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.data.categorical import Categorical, Column
from losscli.data.cells import SHEET_ERRORS, canonical, number
from losscli.data.classnames import cut_names, plain_names, plain_truth
from losscli.errors import RowError, UsageError, shown
from losscli.losses.wording import listed
from losscli.records import record
from losscli.statistics.summary import SUM_TOLERANCE

_TRUTH = {"true": 1.0, "false": 0.0}


def binary(column: Column, positive: str | None, place: int = 0) -> Array:
    """Labels (n,) as numbers in [0, 1]; a RowError at the first that is none."""
    if positive is not None:
        _refuse_errors(column, place)
        return _matches(column, positive).astype(np.float64)
    if isinstance(column, Categorical):
        truth = [_TRUTH.get(word.lower(), nan) if (own := number(word)) is None else own for word in column.categories]
        values = np.array(truth)[column.codes]
    else:
        values = column
    if len(values) and not (values.min() >= 0.0 and values.max() <= 1.0):  # not, as a word's nan fails either
        at = int((~((values >= 0.0) & (values <= 1.0))).argmax())
        label = cell(column, at)
        what = f"label {shown(label)} is not 0 or 1; --positive names the label that is 1"
        if label == "-1":
            what = "label -1 is not 0 or 1; for labels -1 and 1 use --positive 1"
        elif number(label) is not None:
            what = f"label {label} is not in [0, 1]; --positive names the label that is 1"
        raise RowError(at, "label", place, what)
    return values


def _refuse_errors(column: Column, place: int) -> None:
    """A RowError at the first label that is an error of a spreadsheet."""
    if not isinstance(column, Categorical):
        return
    errors = [code for code, word in enumerate(column.categories) if word.lower() in SHEET_ERRORS]
    rows = np.flatnonzero(np.isin(column.codes, errors)).tolist() if errors else []
    if rows:
        raise RowError(rows[0], "label", place, f"label {shown(cell(column, rows[0]))} is an error of a spreadsheet")


def is_label(column: Column, label: str) -> Flags:
    """Which cells (n,) are this label."""
    return _matches(column, label)


def same_label(left: Column, right: Column) -> Flags:
    """Which rows (n,) have one label in both columns."""
    numbers: dict[str, int] = {}

    def numbered(column: Column) -> Ints:
        if isinstance(column, Categorical):
            labels, codes = list(column.categories), column.codes
        else:
            distinct, codes = np.unique(column, return_inverse=True)
            labels = distinct.tolist()
        own = [numbers.setdefault(plain_truth(canonical(label)), len(numbers)) for label in labels]
        return np.array(own, dtype=np.intp)[codes]

    return np.asarray(numbered(left) == numbered(right))


def cell(column: Column, at: int) -> str:
    """One label as text."""
    return canonical(column.categories[column.codes[at]] if isinstance(column, Categorical) else float(column[at]))


@record
class ClassNames:
    """The classes of k prediction columns: the names that are shown, and how labels are found among them."""

    names: tuple[str, ...]
    index: Callable[[str], int | None] = field(compare=False)

    @property
    def counted(self) -> bool:
        """Whether the classes are the numbers from 0."""
        return self.names == _numbered(len(self.names))

    def indices(self, column: Column) -> Ints:
        """Class numbers (n,) of labels; a RowError at the first that is no class."""
        if isinstance(column, Categorical):
            found = np.array([self._known(word) for word in column.categories], dtype=np.intp)[column.codes]
        else:
            found = self._of_numbers(column)
        if len(found) and found.min() < 0:
            at = int((found < 0).argmax())
            label = cell(column, at)
            classes = ", ".join(map(shown, self.names[:10])) + (", ..." if len(self.names) > 10 else "")
            what = f"label {shown(label)} is not a class; the classes are {classes}"
            if label == str(len(self.names)) and self.counted:
                what += f"; {counted_from_1(len(self.names))}"
            elif number(label) is None and self.counted:
                what += "; --classes names them in the order of the columns"
            raise RowError(at, "label", 0, what)
        return found

    def _known(self, label: str | float) -> int:
        index = self.index(canonical(label))
        return -1 if index is None else index

    def _of_numbers(self, values: Array) -> Ints:
        whole = values.astype(np.intp) if len(values) and np.abs(values).max() < 4096 else None
        if whole is not None and (whole == values).all() and whole.min() >= 0:
            present = np.flatnonzero(np.bincount(whole))
            table = np.full(int(whole.max()) + 1, -1, dtype=np.intp)
            table[present] = [self._known(value) for value in present.tolist()]
            return table[whole]
        distinct, inverse = np.unique(values, return_inverse=True)
        return np.array([self._known(value) for value in distinct.tolist()], dtype=np.intp)[inverse]


def counted_from_1(k: int) -> str:
    """What to do where the labels of k classes begin with 1."""
    return f"for labels counted from 1 use --classes {listed([str(at + 1) for at in range(k)], ',', 10)}"


def given_classes(names: Sequence[str], k: int) -> ClassNames:
    """The classes that the user named, in the order of the k columns."""
    keys = [canonical(name) for name in names]
    if len(names) != k:
        raise UsageError(f"--classes names {len(names)} classes, but there are {k} prediction columns")
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise UsageError(f"--classes names {shown(twice)} twice")
    places: dict[str, int | None] = {plain_truth(key): at for at, key in enumerate(keys)}
    if len(places) < k:  # as true beside 1
        return ClassNames(tuple(keys), {key: at for at, key in enumerate(keys)}.get)
    return ClassNames(tuple(keys), partial(_found, places, 0))


def column_classes(header: Sequence[str] | None, k: int) -> ClassNames:
    """The classes by the names of the k columns (header or None) or by their numbers from 0."""
    if header is None:
        return ClassNames(_numbered(k), partial(_position, k=k))
    plain, cut = plain_names(header), tuple(cut_names(header))
    by_number = not any(number(name) is not None for names in (plain, *cut) for name in names)
    places: dict[str, int | None] = {}  # by the names, cut by as little as can be; None for two columns of one name
    for names in cut:
        own: dict[str, int | None] = {}
        for at, name in enumerate(names):
            own[name] = None if name in own else at
        places = {**own, **places}
    return ClassNames(plain, partial(_found, places, k if by_number else 0))


def _found(places: Mapping[str, int | None], counted: int, label: str) -> int | None:
    """The column of a label, by its name or as one of so many numbers from 0."""
    label = plain_truth(label)
    return places[label] if label in places else _position(label, counted)


def soft(columns: Sequence[Column]) -> Array:
    """Label probabilities (n, k), contiguous columns; a RowError at the first cell or row that is none."""
    faults = []
    cells = []
    for place, column in enumerate(columns):
        try:
            cells.append(binary(column, None, place))
        except RowError as fault:
            label = cell(column, fault.row)
            label = label if number(label) is not None else shown(label)
            faults.append(RowError(fault.row, "label", place, f"{label} is not a label probability"))
    if faults:
        raise min(faults, key=lambda fault: (fault.row, fault.column or 0))
    rows = np.array(cells).T
    total = rows.sum(axis=1)
    off = np.abs(total - 1.0) > SUM_TOLERANCE + 5e-13
    if off.any():
        at = int(off.argmax())
        raise RowError(at, "row", None, f"the label probabilities sum to {total[at]:.6g}, not to 1")
    return rows


def _matches(column: Column, label: str) -> Flags:
    wanted = plain_truth(canonical(label))
    if isinstance(column, Categorical):
        matches = [plain_truth(canonical(word)) == wanted for word in column.categories]
        return np.array(matches, dtype=bool)[column.codes]
    value = number(wanted)
    if value is None:
        return np.zeros(len(column), dtype=bool)
    return np.asarray(column == value)


def _numbered(k: int) -> tuple[str, ...]:
    return tuple(map(str, range(k)))


def _position(label: str, k: int) -> int | None:
    return int(label) if label.isascii() and label.isdigit() and int(label) < k else None
