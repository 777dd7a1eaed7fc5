"""Mistakes in one row, or with two rows that changed places; the rest of the sum is right, and every row is tried.

With v the weighted losses of the rows, S their sum and D what the mean divides by, each mistake puts another number in
the place of v_i: nothing, twice itself, its negative, the loss of another label, of another prediction.
"""

from collections.abc import Callable, Iterator

import numpy as np

from losscli.arrays import Array, Ints
from losscli.enums import Reduction, Scale
from losscli.homework.evaluated_rows import EvaluatedRows, times
from losscli.homework.mistakes.candidate import ONE_ROW, Candidate, CandidateArray
from losscli.records import record

Indices = Ints

MOST_ROWS, MOST_PAIRED = 1000, 200

DECIMALS = 6  # a typing mistake is looked for in predictions with at most so many decimals

OF_SUM = ("row-omitted", "row-doubled", "rows-swapped")  # errors of a sum; a list of losses has none of them

SLIP_DIGITS = 5  # digits that an answer needs before a term is said to be another number of its row

KIND = ("way to slip in one row fits", "ways to slip in one row fit")


@record
class RowErrors:
    """Numbers (m,) that errors of one kind give, the row of each (m,), and the details in the text of each."""

    key: str
    values: Array
    row: Indices
    details: Callable[[int], tuple[object, ...]]


def of_one_row(rows: EvaluatedRows) -> Iterator[CandidateArray]:
    """Every error in one row."""
    by_row = rows.reduction is Reduction.NONE
    if not 1 < rows.n <= MOST_ROWS:
        return
    for errors in row_errors(rows):
        digits = SLIP_DIGITS if errors.key == "row-slip" and not by_row else 1
        if not (by_row and errors.key.startswith(OF_SUM)):
            entry = errors.row if by_row else None
            yield CandidateArray(errors.values, _description(rows, errors), KIND, digits, entry)


def _description(rows: EvaluatedRows, errors: RowErrors) -> Callable[[int, tuple[int, ...]], Candidate]:
    rank, meaning, fix, figures = ROW_TEXTS[errors.key]

    def describe(at: int, others: tuple[int, ...]) -> Candidate:
        row = errors.row
        same = [row_name(rows, int(row[other])) for other in others if row[other] != row[at]]
        also = f" (or the same in {', '.join(dict.fromkeys(same))})" if same else ""
        details = row_name(rows, int(row[at])), *errors.details(at)
        id_, value = errors.key.partition(":")[0], float(errors.values[at])
        return Candidate(id_, value, rank, meaning.format(*details) + also, fix, figures.format(*details))

    return describe


def row_name(rows: EvaluatedRows, at: int) -> str:
    """The name of a row in messages, with its label where a row has several."""
    number, column = rows.places[at]
    return f"row {number}" if column is None else f"row {number}, label {column}"


def row_errors(rows: EvaluatedRows) -> Iterator[RowErrors]:
    """Each kind of error."""
    loss, v, d, every = rows.loss, rows.weighed_loss, rows.divisor_weights, np.arange(rows.n)
    summed, focal = rows.reduction is Reduction.SUM, rows.problem.settings.focal
    term = [_shown(one) for one in loss]

    with np.errstate(invalid="ignore", divide="ignore"):  # inf - inf: a row that is infinite leaves no sum
        left, more = v.sum() - v, v.sum() + v
        omitted, doubled = [(left, "")], [more]
        if not summed:
            omitted = [
                (left / (rows.divisor - d), ""),
                (left / rows.divisor, ", and it was counted in the divisor"),
            ]
            doubled = [more / rows.divisor, more / (rows.divisor + d)]
    for values, counted in omitted:
        yield RowErrors("row-omitted", values, every, lambda at, counted=counted: (term[at], counted))  # type: ignore[misc]
    if rows.width > 1:
        of_row, of_divisor = (cells.reshape(-1, rows.width).sum(axis=1) for cells in (v, d))
        first = np.arange(0, rows.n, rows.width)
        with np.errstate(invalid="ignore", divide="ignore"):
            left = of_row.sum() - of_row
            values = left if summed else left / (rows.divisor - of_divisor)
        yield RowErrors("row-omitted:labels", values, first, lambda at: (rows.places[first[at]][0],))
    for values in doubled:
        yield RowErrors("row-doubled", values, every, lambda at: (term[at],))
    if rows.hard and not focal:
        yield _flipped(rows)
    yield RowErrors("row-sign", _with_loss(rows, every, -loss), every, lambda at: (term[at],))
    if not focal and rows.n <= MOST_PAIRED and (rows.binary or rows.categorical):
        yield from _swapped(rows)
    if not focal and not rows.problem.convention.rescale and rows.conditioned.size <= MOST_ROWS:
        yield from _mistyped(rows)
    if not focal and rows.hard:
        slips = [(rows.p_true, "its probability {}"), (1.0 - rows.p_true, "1 minus its probability, {}")]
        for base in (2, 10):
            if abs(np.log(base) - rows.log_base) > 1e-12:
                slips.append((loss * rows.log_base / np.log(base), f"its logarithm to base {base}"))
        if rows.log_base != 1.0:
            slips.append((loss * rows.log_base, "its natural logarithm"))
        for other, name in slips:
            texts = [name.format(_shown(one)) for one in other]
            yield RowErrors("row-slip", _with_loss(rows, every, other), every, lambda at, t=texts: (t[at], term[at]))  # type: ignore[misc]


def _with_loss(rows: EvaluatedRows, row: Indices, losses: Array) -> Array:
    """The answers (m,) with the loss of a row replaced by another one; with -r none the row's own."""
    v = rows.weighed_loss
    other = times(rows.weights[row], losses)
    if rows.reduction is Reduction.NONE:
        return other
    with np.errstate(invalid="ignore"):  # inf - inf: a row that is infinite leaves no sum
        whole = v.sum() - v[row] + other
    return np.asarray(whole if rows.reduction is Reduction.SUM else whole / rows.divisor)


# --- another label, another row's prediction --------------------------------------------------------------------------
def _flipped(rows: EvaluatedRows) -> RowErrors:
    """Each row with the probability of another class in the place of its label's."""
    own = rows.labels.argmax(axis=1)
    row, column = np.nonzero(rows.labels == 0.0)
    other = times(rows.coefficients[row, own[row]], rows.costs[row, column])

    def of_label(at: int) -> tuple[object, ...]:
        one, p = bool(column[at] == 0), _shown(rows.p[at])
        right, wrong = (f"ln({p})", f"ln(1 - {p})") if one else (f"ln(1 - {p})", f"ln({p})")
        return wrong, right, int(one), _shown(other[at]), _shown(rows.loss[at])

    def of_class(at: int) -> tuple[object, ...]:
        i = int(row[at])
        wrong, right = (f"{_shown(rows.probs[i, k])} of class {rows.class_names[k]}" for k in (column[at], own[i]))
        return wrong, right, _shown(other[at]), _shown(rows.loss[i])

    key, details = ("row-flipped:class", of_class) if rows.categorical else ("row-flipped", of_label)
    return RowErrors(key, _with_loss(rows, row, other), row, details)


def _swapped(rows: EvaluatedRows) -> Iterator[RowErrors]:
    # the loss (n, n) of label i with the predictions of row j
    cross = np.column_stack([times(rows.coefficients, costs).sum(axis=1) for costs in rows.costs])
    i, j = np.triu_indices(rows.n, 1)
    v, w, weighted = rows.weighed_loss, rows.weights, rows.weight is not None
    ways = [(w[i] * cross[i, j], w[j] * cross[j, i], "predictions" if weighted else "labels or predictions")]
    ways += [(w[i] * cross[j, i], w[j] * cross[i, j], "labels")] if weighted else []
    for one, other, what in ways:
        with np.errstate(invalid="ignore"):
            whole = v.sum() - v[i] - v[j] + one + other
        values = whole if rows.reduction is Reduction.SUM else whole / rows.divisor
        yield RowErrors("rows-swapped", values, i, lambda at, what=what: (what, row_name(rows, int(j[at]))))  # type: ignore[misc]


# --- a digit of one prediction ----------------------------------------------------------------------------------------
def _mistyped(rows: EvaluatedRows) -> Iterator[RowErrors]:
    """Each prediction with two digits exchanged or one off by one."""
    probs, changed, row, how = rows.scale is Scale.PROBS, list[Array](), list[int](), list[str]()
    for place in np.ndindex(rows.conditioned.shape):
        if rows.categorical and probs and rows.coefficients[place] == 0.0:
            continue
        given = float(rows.conditioned[place])
        for typed, what in misspellings(repr(given)):
            value = float(typed)
            if not (probs and not 0.0 < value < 1.0) and value != given:
                other = np.array(rows.conditioned[place[0]])
                other[place[1:]] = value
                changed.append(other)
                row.append(place[0])
                how.append(f"{typed} for {given!r}, {what}")
    if row:
        at_row = np.array(row, np.intp)
        losses = rows.loss_of(np.array(changed), rows.scale, at_row)
        yield RowErrors("row-typo", _with_loss(rows, at_row, losses), at_row, lambda at: (how[at],))


def misspellings(text: str) -> Iterator[tuple[str, str]]:
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


def _shown(value: object) -> str:
    return f"{float(value):.6g}"  # type: ignore[arg-type]  # a number of numpy


# fmt: off
ROW_TEXTS = {  # key: rank, meaning, fix, and the figures that end the meaning; {0} is the name of the row
    "row-omitted": (ONE_ROW, "{0} is missing from the sum{2}", "count every row once", ": its term is {1}"),
    "row-omitted:labels": (ONE_ROW, "row {1} is missing from the sum, with all its labels", "count every row once", ""),
    "row-doubled": (ONE_ROW + 1, "{0} was counted twice", "count every row once", ": its term is {1}"),
    "row-flipped": (ONE_ROW + 2, "{0}: {1} where {2} belongs, its label being {3}",
                    "use ln p where the label is 1, ln(1 - p) where it is 0", "; {4} for {5}"),
    "row-flipped:class": (ONE_ROW + 2, "{0}: the probability {1} where {2} belongs",
                          "look up the probability of the row's own label", "; {3} for {4}"),
    "row-sign": (ONE_ROW + 3, "the term of {0} was added with the wrong sign",
                 "every term is -ln of a probability, which is never negative", ": its term is {1}"),
    "rows-swapped": (ONE_ROW + 4, "the {1} of {0} and {2} changed places",
                     "line labels and predictions up row by row", ""),
    "row-typo": (ONE_ROW + 5, "{0}: {1}", "check how the prediction was copied", ""),
    "row-slip": (ONE_ROW + 6, "if all other rows are right, {0} was taken as {1}",
                 "work out the term of this row again", " where {2} belongs"),
}
# fmt: on
