"""The work behind an answer: the formula, each row's term as it is computed, the sum, the division.

The rule: what is shown are the conditioned numbers that the kernel takes, in plain ASCII that reads well in a terminal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.enums import Form, Like, Reduction, Scale
from losscli.evaluation.figures import Figures
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.losses.targets import Binary, dense, taken
from losscli.losses.wording import FEW_TERMS, as_number, listed
from losscli.output.report import Grid
from losscli.reading.blocks import texts
from losscli.statistics.summary import Rows

SHOWN = 20

NAMES = {None: "ln", 2.0: "log2", 10.0: "log10"}


@dataclass(frozen=True)
class Piece:
    """A block as it was evaluated, and the number of rows before it."""

    prepared: Prepared
    rows: Rows
    before: int


@dataclass(frozen=True)
class Term:
    """One row of the work."""

    row: int
    label: str
    prediction: str
    text: str
    loss: float
    weight: float | None


def formula(problem: Problem, soft: bool, weighted: bool) -> tuple[str, ...]:
    """The formula in symbols, and what the options add to it."""
    log = log_name(problem)
    return (
        problem.kernel.formula(soft, log),
        *extras(problem),
        *_reduction(problem, weighted),
    )


def first_terms(problem: Problem, pieces: Iterable[Piece], count: int = SHOWN) -> tuple[Term, ...]:
    """The work of the first rows."""
    found: list[Term] = []
    for piece in pieces:
        found += _terms(problem, piece, count - len(found))
        if len(found) >= count:
            break
    return tuple(found)


def term_grid(terms: Sequence[Term], more: int) -> Grid:
    """The work as a table."""
    weighted = any(term.weight is not None for term in terms)
    header = ("row", "label", "prediction", "term", "loss", *(("weight", "weight * loss") if weighted else ()))
    rows: list[tuple[object, ...]] = [_term_row(term, weighted) for term in terms]
    if more > 0:
        rows.append(("...", "", "", f"{more} more {'row' if more == 1 else 'rows'}", *("",) * (len(header) - 4)))
    return Grid(tuple(rows), header)


def working(problem: Problem, f: Figures, terms: Sequence[Term], digits: int) -> Grid:
    """The sum, the divisor and the result."""
    said = _addition(terms, digits) if len(terms) == f.n else f"of {f.n} rows"
    rows: list[tuple[object, ...]] = [("sum", f.sum, said)]
    if problem.settings.reduction is Reduction.MEAN:
        rows.append(("divisor", f.divisor, divisor_name(problem, any(term.weight is not None for term in terms))))
        rows.append(("mean", f.mean, f"{f.sum:.{digits}g} / {f.divisor:.{digits}g}"))
    return Grid(tuple(rows), ("the work", "value", ""))


def explained(
    problem: Problem, pieces: Sequence[Piece], f: Figures, digits: int
) -> tuple[tuple[Grid, ...], dict[str, Any]]:
    """The explanation as tables for people and as a record for machines."""
    terms = first_terms(problem, pieces)
    weighted = any(term.weight is not None for term in terms)
    symbols = formula(problem, _soft(pieces), weighted)
    notes = clippings(problem, pieces)
    grids = [Grid(tuple((line,) for line in symbols), ("formula",)), term_grid(terms, f.n - len(terms))]
    grids += [Grid(tuple((note,) for note in notes), ("clipped",))] if notes else []
    record: dict[str, Any] = {
        "formula": list(symbols),
        "rows": [_term_record(term) for term in terms],
        "more": f.n - len(terms),
        "clipped": list(notes),
        "sum": f.sum,
    }
    if problem.settings.reduction is not Reduction.NONE:
        grids.append(working(problem, f, terms, digits))
        record |= {"divisor": f.divisor, "value": f.value}
    return tuple(grids), record


def clippings(problem: Problem, pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Which predictions of the rows shown were changed before the logarithm, and into what."""
    said: list[str] = []
    for piece in pieces:
        raw, conditioned = (np.atleast_2d(cells.T).T for cells in (piece.prepared.raw, piece.prepared.conditioned))
        for row, column in np.argwhere(raw != conditioned)[:SHOWN].tolist():
            where = f"row {int(piece.rows.row[row]) + piece.before + 1}"
            name = f", class {problem.names.names[column]}" if problem.names else ""
            said.append(f"{where}{name}: {float(raw[row, column])!r} became {float(conditioned[row, column])!r}")
    return tuple(said[:SHOWN])


def log_name(problem: Problem) -> str:
    """How the logarithm is written."""
    base = problem.settings.base
    return NAMES.get(base, f"log{base:g}" if base else "ln")


def divisor_name(problem: Problem, weighted: bool) -> str:
    """What the mean divides by, in words."""
    if weighted and not problem.convention.mean_over_rows:
        return "the sum of the weights" + (", each times that of its class" if problem.settings.class_weight else "")
    if problem.settings.class_weight and problem.names:
        return "the sum of the weights of the rows' classes"
    return "the number of rows"


# --- the formula ----------------------------------------------------------------------------------------------------
def extras(problem: Problem) -> list[str]:
    """What the options add to the formula, a line each."""
    s, rule = problem.settings, problem.convention
    said = []
    if rule.rescale:
        said.append("each row of probabilities is divided by its sum")
    if rule.clip is not None:
        said.append(f"probabilities are clipped to [{rule.clip:g}, 1 - {rule.clip:g}]")
    if s.like is Like.TORCH and problem.form is not Form.CATEGORICAL and s.scale is Scale.PROBS and s.eps is None:
        said.append("each logarithm is at least -100")
    if s.smoothing:
        part = "y / 2" if problem.form is Form.BINARY else "q[k]"
        target = "y" if problem.form is Form.BINARY else "q[k]"
        over = "2" if problem.form is Form.BINARY else str(problem.k)
        said.append(
            f"{target} is smoothed: (1 - {s.smoothing:g}) {target} + {s.smoothing:g} / {over}".replace(part, target)
        )
    if s.pos_weight is not None:
        said.append(f"the term of label 1 is multiplied by {s.pos_weight:g}")
    if s.class_weight:
        said.append(f"the terms of the classes are multiplied by {', '.join(f'{w:g}' for w in s.class_weight)}")
    if s.focal:
        said.append(f"the loss is multiplied by (1 - p)^{s.focal:g}, p being the probability of the label")
    return said


def _reduction(problem: Problem, weighted: bool) -> list[str]:
    asked = problem.settings.reduction
    total = "sum of weight * loss" if weighted else "sum of the losses"
    if asked is Reduction.MEAN:
        return [f"mean = ({total}) / ({divisor_name(problem, weighted).removeprefix('the ')})"]
    return [f"sum = {total}"] if asked is Reduction.SUM else []


# --- the rows -------------------------------------------------------------------------------------------------------
def _soft(pieces: Sequence[Piece]) -> bool:
    return any(piece.prepared.index is None and piece.prepared.raw.ndim == 2 for piece in pieces)


def _terms(problem: Problem, piece: Piece, count: int) -> list[Term]:
    prepared, rows = piece.prepared, piece.rows
    unit = problem.settings.unit
    labels = _labels(prepared, count)
    return [
        Term(
            row=int(rows.row[at]) + piece.before + 1,
            label=labels[at],
            prediction=_prediction(prepared, at),
            text=_term(problem, prepared, at),
            loss=float(rows.loss[at]) / unit,
            weight=None if rows.weight is None else float(rows.weight[at]),
        )
        for at in range(min(count, len(rows.loss)))
    ]


def _labels(prepared: Prepared, count: int) -> list[str]:
    columns = [texts(column) for column in prepared.block.labels]
    if len(columns) <= 1:
        return columns[0] if columns else [""] * len(prepared.conditioned)
    if prepared.raw.ndim == 1:  # each cell of a multi-label row is an observation of its own
        return [cell for row in zip(*columns, strict=True) for cell in row]
    return [", ".join(row) for row in zip(*columns, strict=True)][:count]


def _prediction(prepared: Prepared, at: int) -> str:
    if prepared.raw.ndim == 1:
        return as_number(float(prepared.raw[at]))
    if prepared.index is not None and len(prepared.raw[at]) > FEW_TERMS:
        return f"{as_number(float(prepared.raw[at, prepared.index[at]]))} of {prepared.raw.shape[1]}"
    return listed([as_number(value) for value in prepared.raw[at].tolist()], ", ")


def _term(problem: Problem, prepared: Prepared, at: int) -> str:
    a, v = coefficients(prepared, at), np.atleast_1d(prepared.conditioned[at]).tolist()
    return f"{_focal(problem, prepared, at)}{problem.kernel.term(a, v, log_name(problem))}"


def coefficients(prepared: Prepared, at: int) -> list[float]:
    """The coefficients of one row: those of the positive and the negative class, or one a class."""
    one = taken(prepared.targets, np.array([at]))
    if isinstance(one, Binary):
        return [float(one.positive[0]), float(one.negative[0])]
    cells: list[float] = dense(one, (1, prepared.conditioned.shape[1]))[0].tolist()
    return cells


def _focal(problem: Problem, prepared: Prepared, at: int) -> str:
    if not problem.settings.focal:
        return ""
    plain = problem.kernel.value(prepared.unit, prepared.conditioned)[at]
    return f"(1 - {as_number(float(np.exp(-plain)))})^{problem.settings.focal:g} * "


def _addition(terms: Sequence[Term], digits: int) -> str:
    values = [term.loss if term.weight is None else term.weight * term.loss for term in terms if term.weight != 0.0]
    return listed([f"{value:.{digits}g}" for value in values], " + ")


def _term_row(term: Term, weighted: bool) -> tuple[object, ...]:
    row: tuple[object, ...] = (term.row, term.label, term.prediction, term.text, term.loss)
    if not weighted or term.weight is None:
        return row
    return (*row, term.weight, 0.0 if term.weight == 0.0 else term.weight * term.loss)


def _term_record(term: Term) -> dict[str, Any]:
    record: dict[str, Any] = {
        "row": term.row,
        "label": term.label,
        "prediction": term.prediction,
        "term": term.text,
        "loss": term.loss,
    }
    return record if term.weight is None else {**record, "weight": term.weight}
