"""Mistakes in one row, or with two that changed places: the rest of the sum is right. The rule: every row is tried.

With v the weighted losses of the rows, S their sum and D what the mean divides by, each mistake puts another number in
the place of v_i: nothing, twice itself, its negative, the loss of another label, of another prediction.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from losscli.enums import Reduction, Scale
from losscli.homework.expect.mistakes.case import Array, Case, times
from losscli.homework.expect.mistakes.family import Description, Family
from losscli.losses.table import BINARY, CATEGORICAL
from losscli.losses.targets import Binary, Soft

Rows = NDArray[np.intp]

MOST_ROWS, MOST_PAIRED = 1000, 200

DECIMALS = 6  # of a prediction: a typing mistake is looked for where it has no more

SLIP_DIGITS = 5  # typed, before a term is taken for another number on the page

ONE_ROW = 10  # ranks behind every mistake that concerns all rows


@dataclass(frozen=True)
class Slips:
    """Numbers (m,) that slips of one kind give, the row of each (m,), in words what was done there, and its figures."""

    id: str
    values: Array
    row: Rows
    said: Callable[[int, str], str]
    cure: str
    digits: int = 1
    figures: Callable[[int], str] = lambda at: ""


def row_families(case: Case) -> Iterator[Family]:
    """Every slip in one row."""
    if case.reduction is Reduction.NONE or not 1 < case.n <= MOST_ROWS:
        return
    for rank, kind in enumerate(KINDS):
        for slips in kind(case):
            yield _family(case, slips, ONE_ROW + rank)


def _family(case: Case, slips: Slips, rank: int) -> Family:
    def describe(at: int, others: tuple[int, ...]) -> Description:
        same = [name_of(case, int(slips.row[other])) for other in others if slips.row[other] != slips.row[at]]
        also = f" (or the same in {', '.join(dict.fromkeys(same))})" if same else ""
        said = slips.said(at, name_of(case, int(slips.row[at]))) + also
        return Description(slips.id, said, slips.cure, slips.figures(at))

    return Family(slips.values, describe, rank, digits=slips.digits)


def name_of(case: Case, at: int) -> str:
    """How a row is called, and its cell where a row has several."""
    number, column = case.places[at]
    return f"row {number}" if column is None else f"row {number}, label {column}"


# --- the sum without or with one row ----------------------------------------------------------------------------------
def _values(c: Case) -> Array:
    return times(c.weights, c.loss)


def _replaced(c: Case, row: Rows, losses: Array) -> Array:
    """The answers (m,) with the loss of a row replaced by another one."""
    v = _values(c)
    with np.errstate(invalid="ignore"):  # inf - inf: a row that is infinite leaves no sum
        whole = v.sum() - v[row] + times(c.weights[row], losses)
    return np.asarray(whole if c.reduction is Reduction.SUM else whole / c.divisor)


def _omitted(c: Case) -> Iterator[Slips]:
    v, d, row = _values(c), c.divisor_weights, np.arange(c.n)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = v.sum() - v
        ways = [left] if c.reduction is Reduction.SUM else [left / (c.divisor - d), left / c.divisor]
    counted = ["", ", and it was counted in the divisor"]
    for values, more in zip(ways, counted if len(ways) == 2 else [""], strict=True):
        yield Slips(
            "row-omitted",
            values,
            row,
            lambda at, name, more=more: f"{name} is missing from the sum{more}",  # type: ignore[misc]
            "count every row once",
            figures=_its_term(c),
        )
    if c.width > 1:
        yield from _whole_rows_omitted(c)


def _whole_rows_omitted(c: Case) -> Iterator[Slips]:
    """All labels of a row left out."""
    v, d = (cells.reshape(-1, c.width).sum(axis=1) for cells in (_values(c), c.divisor_weights))
    with np.errstate(invalid="ignore", divide="ignore"):
        left = v.sum() - v
        values = left if c.reduction is Reduction.SUM else left / (c.divisor - d)
    first = np.arange(0, c.n, c.width)
    yield Slips(
        "row-omitted",
        values,
        first,
        lambda at, name: f"row {c.places[first[at]][0]} is missing from the sum, with all its labels",
        "count every row once",
    )


def _doubled(c: Case) -> Iterator[Slips]:
    v, d, row = _values(c), c.divisor_weights, np.arange(c.n)
    more = v.sum() + v
    for values in [more] if c.reduction is Reduction.SUM else [more / c.divisor, more / (c.divisor + d)]:
        yield Slips(
            "row-doubled",
            values,
            row,
            lambda at, name: f"{name} was counted twice",
            "count every row once",
            figures=_its_term(c),
        )


def _its_term(c: Case) -> Callable[[int], str]:
    return lambda at: f": its term is {_shown(c.loss[at])}"


def _sign(c: Case) -> Iterator[Slips]:
    row = np.arange(c.n)
    yield Slips(
        "row-sign",
        _replaced(c, row, -c.loss),
        row,
        lambda at, name: f"the term of {name} was added with the wrong sign",
        "every term is -ln of a probability, which is never negative",
        figures=_its_term(c),
    )


# --- another label, another row's prediction --------------------------------------------------------------------------
def _plain(c: Case) -> bool:
    return not c.problem.settings.focal


def _flipped(c: Case) -> Iterator[Slips]:
    if not c.hard or not _plain(c):
        return
    if c.categorical:
        yield _other_classes(c)
        return
    row, one = np.arange(c.n), c.labels > 0.5
    scale = np.where(one, *c.coefficients) if c.binary else np.ones(c.n)
    other = times(scale, np.where(one, c.complement_costs, c.costs))

    def said(at: int, name: str) -> str:
        p = _shown(c.probs[at])
        right, wrong = (f"ln({p})", f"ln(1 - {p})") if one[at] else (f"ln(1 - {p})", f"ln({p})")
        return f"{name}: {wrong} where {right} belongs, its label being {int(one[at])}"

    cure = "use ln p where the label is 1, ln(1 - p) where it is 0"
    yield Slips("row-flipped", _replaced(c, row, other), row, said, cure, figures=_one_for_another(c, row, other))


def _one_for_another(c: Case, row: Rows, other: Array) -> Callable[[int], str]:
    return lambda at: f"; {_shown(other[at])} for {_shown(c.loss[row[at]])}"


def _other_classes(c: Case) -> Slips:
    own = c.labels.argmax(axis=1)
    row, column = np.nonzero(c.labels == 0.0)
    scale = c.cells[row, own[row]]
    other = times(scale, c.costs[row, column])
    names = c.problem.names.names if c.problem.names else tuple(map(str, range(c.problem.k)))

    def said(at: int, name: str) -> str:
        i, k = int(row[at]), int(column[at])
        wrong, right = (f"{_shown(c.probs[i, j])} of class {names[j]}" for j in (k, int(own[i])))
        return f"{name}: the probability {wrong} where {right} belongs"

    cure = "look up the probability of the row's own label"
    return Slips("row-flipped", _replaced(c, row, other), row, said, cure, figures=_one_for_another(c, row, other))


def _crossed(c: Case) -> Array:
    """The loss (n, n) of label i with the predictions of row j."""
    if c.categorical:
        return np.column_stack([times(c.cells, cost).sum(axis=1) for cost in c.costs])
    positive, negative = c.coefficients
    return times(positive[:, None], c.costs) + times(negative[:, None], c.complement_costs)


def _swapped(c: Case) -> Iterator[Slips]:
    if not _plain(c) or c.n > MOST_PAIRED or not (c.binary or c.categorical):
        return
    i, j = np.triu_indices(c.n, 1)
    cross, v, w = _crossed(c), _values(c), c.weights
    ways = [(w[i] * cross[i, j], w[j] * cross[j, i], "predictions")]
    if c.weight is not None:
        ways.append((w[i] * cross[j, i], w[j] * cross[i, j], "labels"))
    for one, other, what in ways:
        with np.errstate(invalid="ignore"):
            whole = v.sum() - v[i] - v[j] + one + other
        what = what if c.weight is not None else "labels or predictions"
        yield Slips(
            "rows-swapped",
            whole if c.reduction is Reduction.SUM else whole / c.divisor,
            i,
            lambda at, name, what=what, j=j: f"the {what} of {name} and {name_of(c, int(j[at]))} changed places",  # type: ignore[misc]
            "line labels and predictions up row by row",
        )


# --- a digit of one prediction ----------------------------------------------------------------------------------------
def _typo(c: Case) -> Iterator[Slips]:
    if not _plain(c) or c.problem.convention.rescale or c.conditioned.size > MOST_ROWS:
        return
    row, column, number, how = _mistyped(c)
    if not len(row):
        return
    yield Slips(
        "row-typo",
        _replaced(c, row, _losses_with(c, row, column, number)),
        row,
        lambda at, name: f"{name}: {how[at]}",
        "check how the prediction was copied",
    )


def _mistyped(c: Case) -> tuple[Rows, Rows, Array, list[str]]:
    """Rows, columns and values of predictions mistyped, and how."""
    found: list[tuple[int, int, float]] = []
    how: list[str] = []
    cells = c.conditioned.reshape(c.n, -1)
    probs = c.problem.settings.scale is Scale.PROBS
    for at, cell in np.ndindex(cells.shape):
        if c.categorical and probs and c.cells[at, cell] == 0.0:
            continue
        text = repr(float(cells[at, cell]))
        for typed, what in _misspellings(text):
            value = float(typed)
            if not (probs and not 0.0 < value < 1.0) and value != cells[at, cell]:
                found.append((at, cell, value))
                how.append(f"{typed} for {text}, {what}")
    columns = zip(*found, strict=True) if found else ((), (), ())
    row, column, value_ = columns
    return np.array(row, np.intp), np.array(column, np.intp), np.array(value_, float), how


def _misspellings(text: str) -> Iterator[tuple[str, str]]:
    """A decimal with two neighbouring digits exchanged, or one digit one too high or too low."""
    whole, _, decimals = text.partition(".")
    if "e" in text or not 0 < len(decimals) <= DECIMALS or decimals == "0":
        return
    for at in range(len(decimals) - 1):
        a, b = decimals[at], decimals[at + 1]
        if a != b:
            yield f"{whole}.{decimals[:at]}{b}{a}{decimals[at + 2 :]}", "two digits exchanged"
    for at, digit in enumerate(decimals):
        for step in (1, -1):
            if 0 <= int(digit) + step <= 9:
                yield f"{whole}.{decimals[:at]}{int(digit) + step}{decimals[at + 1 :]}", "a digit off by one"


def _losses_with(c: Case, row: Rows, column: Rows, number: Array) -> Array:
    """The losses (m,) of rows with one prediction replaced."""
    scale = c.problem.settings.scale
    if not c.categorical:
        positive, negative = c.coefficients
        value = BINARY[scale].value(Binary(positive[row], negative[row], c.problem.convention.cap), number)
    else:
        cells = c.conditioned[row].copy()
        cells[np.arange(len(row)), column] = number
        value = CATEGORICAL[scale].value(Soft(c.cells[row]), cells)
    return np.asarray(value) / c.unit


# --- another number on the page ---------------------------------------------------------------------------------------
def _slip(c: Case) -> Iterator[Slips]:
    if not _plain(c) or not c.hard:
        return
    row = np.arange(c.n)
    pages = [(c.p_true, "its probability {}"), (1.0 - c.p_true, "1 minus its probability, {}")]  # both are as given
    pages += [
        (c.loss * c.unit / np.log(base), f"its logarithm to base {base}")
        for base in (2, 10)
        if abs(np.log(base) - c.unit) > 1e-12
    ]
    if c.unit != 1.0:
        pages.append((c.loss * c.unit, "its natural logarithm"))
    for page, text in pages:
        yield Slips(
            "row-slip",
            _replaced(c, row, page),
            row,
            lambda at, name, page=page, text=text: (  # type: ignore[misc]
                f"if all other rows are right, {name} was taken as {text.format(_shown(page[at]))}"
            ),
            "work out the term of this row again",
            SLIP_DIGITS,
            lambda at: f" where {_shown(c.loss[at])} belongs",
        )


def _shown(value: object) -> str:
    return f"{float(value):.6g}"  # type: ignore[arg-type]  # a number of numpy


KINDS: tuple[Callable[[Case], Iterator[Slips]], ...] = (
    _omitted,
    _doubled,
    _flipped,
    _sign,
    _swapped,
    _typo,
    _slip,
)
