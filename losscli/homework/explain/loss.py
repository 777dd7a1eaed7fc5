"""The work behind an answer: the formula, each row's term as it is computed, the sum, the division.

The rule: what is shown are the conditioned numbers that the kernel takes, in plain ASCII that reads well in a terminal.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from losscli.data.blocks import texts
from losscli.enums import Reduction, Scale
from losscli.evaluation.figures import Figures
from losscli.evaluation.prepare import Array, Prepared
from losscli.evaluation.problem import Problem
from losscli.gradients.evaluate import as_probs_and_logits
from losscli.homework.explain.conditioning import changes, held
from losscli.homework.explain.formula import Line, divisor_name, formula, lines_grid, log_name
from losscli.losses.targets import Binary, dense, taken
from losscli.losses.wording import FEW_TERMS, as_number, listed
from losscli.output.formula import maths
from losscli.output.report import Grid
from losscli.statistics.summary import Rows

SHOWN = 20

IN_BRACKETS = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Piece:
    """A block as it was evaluated, and the number of rows before it."""

    prepared: Prepared
    rows: Rows
    before: int

    @property
    def width(self) -> int:
        """How many observations a row has: the cells of a multi-label row are one each."""
        return self.prepared.block.preds.shape[1] if self.prepared.raw.ndim == 1 else 1


@dataclass(frozen=True)
class Term:
    """One row of the work, or one cell of a multi-label row, which is in a `column`.

    `probabilities` are what sigmoid or softmax make of logits, `chance` how they are written; none for other scales.
    """

    row: int
    column: int | None
    label: str
    prediction: str
    chance: str
    probabilities: tuple[float, ...]
    text: str
    loss: float
    weight: float | None


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
    header = _header(terms)
    rows: list[tuple[object, ...]] = [_term_row(term, header) for term in terms]
    if more > 0:
        what = _observation(terms) + ("" if more == 1 else "s")
        told = {"row": "...", "term": f"{more} more {what}"}
        rows.append(tuple(told.get(name, "") for name in header))
    return Grid(tuple(rows), header)


def working(problem: Problem, f: Figures, terms: Sequence[Term], digits: int) -> Grid:
    """The sum, the divisor, the mean, and what they make of the likelihoods where the loss is one of them."""
    loss, base = problem.settings.loss, f"{problem.settings.base or 'e'}".removesuffix(".0")
    whole = len(terms) == f.n
    said = maths(_addition(terms, digits)) if whole else f"of {f.n} {_observation(terms)}s"
    rows: list[tuple[object, ...]] = [("sum", f.sum, said)]
    if problem.settings.reduction is Reduction.MEAN:
        name = divisor_name(problem, _weighted(terms), _observation(terms))
        division = maths(f"{f.sum:.{digits}g} / {f.divisor:.{digits}g}")
        rows += [("divisor", f.divisor, name), ("mean", f.mean, division)]
    if "likelihood" in loss.leads:
        product = f"{_product(terms, problem.settings.log_base)} = " if whole else ""
        power = maths(f"{product}{base}^{-f.sum:.{digits}g}")
        rows.append(("likelihood", f.likelihood, power))
    if "perplexity" in (*loss.leads, *loss.closes):
        power = maths(f"{base}^{f.mean:.{digits}g}", base, words="{}, {} to the power of the mean")
        rows.append(("perplexity", f.perplexity, power))
    return Grid(tuple(rows), ("the work", "value", ""))


def explained(
    problem: Problem, pieces: Sequence[Piece], f: Figures, digits: int
) -> tuple[tuple[Grid, ...], dict[str, Any]]:
    """The explanation as tables for people and as a record for machines."""
    terms = first_terms(problem, pieces)
    symbols = formula(problem, _soft(pieces), _weighted(terms), _observation(terms)) + _zeros(problem, pieces)
    changed = changes(problem, [(piece.prepared, piece.rows.row + piece.before + 1, piece.width) for piece in pieces])
    grids = [lines_grid("formula", symbols), term_grid(terms, f.n - len(terms))]
    grids += [lines_grid(how, notes) for how, notes in changed.items() if notes]
    record: dict[str, Any] = {
        "formula": [str(line) for line in symbols],
        "rows": [_term_record(term) for term in terms],
        "more": f.n - len(terms),
        **changed,
        "sum": f.sum,
    }
    if problem.settings.reduction is not Reduction.NONE:
        grids.append(working(problem, f, terms, digits))
        record |= {"divisor": f.divisor, "value": f.value}
    return tuple(grids), record


# --- the rows -------------------------------------------------------------------------------------------------------
def _soft(pieces: Sequence[Piece]) -> bool:
    return any(piece.prepared.index is None and piece.prepared.raw.ndim == 2 for piece in pieces)


def _terms(problem: Problem, piece: Piece, count: int) -> list[Term]:
    prepared, rows = piece.prepared, piece.rows
    unit = problem.settings.log_base
    labels, width = _labels(prepared, count), piece.width
    p = as_probs_and_logits(prepared.conditioned, Scale.LOGITS)[0] if problem.settings.scale is Scale.LOGITS else None
    return [
        Term(
            row=int(rows.row[at]) + piece.before + 1,
            column=at % width + 1 if width > 1 else None,
            label=labels[at],
            prediction=_written(prepared, prepared.raw[at], at),
            chance="" if p is None else _written(prepared, p[at], at),
            probabilities=() if p is None else tuple(np.atleast_1d(p[at]).tolist()),
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


def _written(prepared: Prepared, cells: Array, at: int) -> str:
    """The prediction of a row, or what became of it; of many classes that of the label."""
    if cells.ndim == 0:
        return as_number(float(cells))
    if prepared.index is not None and len(cells) > FEW_TERMS:
        return f"{as_number(float(cells[prepared.index[at]]))} of {len(cells)}"
    return listed([as_number(value) for value in cells.tolist()], ", ")


def _term(problem: Problem, prepared: Prepared, at: int) -> str:
    a, v = coefficients(prepared, at), np.atleast_1d(prepared.conditioned[at]).tolist()
    text = held(problem, v, problem.kernel.term(a, v, log_name(problem)))
    if not problem.settings.focal:
        return text
    several = any(sign in IN_BRACKETS.sub("", text) for sign in (" + ", " - "))
    return _focal(problem, prepared, at) + (f"[ {text} ]" if several else text)


def coefficients(prepared: Prepared, at: int) -> list[float]:
    """The coefficients of one row: those of the positive and the negative class, or one a class."""
    one = taken(prepared.targets, np.array([at]))
    if isinstance(one, Binary):
        return [float(one.positive[0]), float(one.negative[0])]
    cells: list[float] = dense(one, (1, prepared.conditioned.shape[1]))[0].tolist()
    return cells


def _zeros(problem: Problem, pieces: Sequence[Piece]) -> tuple[Line, ...]:
    """The first row of label probabilities with the terms that its zeros silence, shown once."""
    first = next((piece.prepared for piece in pieces if len(piece.prepared.conditioned)), None)
    if first is None or not _soft(pieces) or problem.settings.scale is not Scale.PROBS:
        return ()
    a, p = coefficients(first, 0), first.conditioned[0].tolist()
    if all(a) or len(a) > FEW_TERMS or not problem.settings.loss.log_loss:
        return ()
    log = log_name(problem)
    sums = " + ".join(f"{as_number(one)} {log} {as_number(x)}" for one, x in zip(a, p, strict=True))
    return (maths(f"-[ {sums} ]", f"0 {log} 0", "0", words="the first row with its zeros: {}, and {} is {}"),)


def _focal(problem: Problem, prepared: Prepared, at: int) -> str:
    plain = problem.kernel.value(prepared.unweighted, prepared.conditioned)[at]
    return f"(1 - {as_number(float(np.exp(-plain)))})^{problem.settings.focal:g} * "


def _addition(terms: Sequence[Term], digits: int) -> str:
    values = [term.loss if term.weight is None else term.weight * term.loss for term in terms if term.weight != 0.0]
    return listed([f"{value:.{digits}g}" for value in values], " + ")


def _product(terms: Sequence[Term], unit: float) -> str:
    """The likelihoods e^-loss multiplied, each to the power of its weight."""
    powers = [(exp(-term.loss * unit), 1.0 if term.weight is None else term.weight) for term in terms]
    return listed([as_number(p) + ("" if w == 1.0 else f"^{w:g}") for p, w in powers if w], " * ")


def _weighted(terms: Sequence[Term]) -> bool:
    return any(term.weight is not None for term in terms)


def _observation(terms: Sequence[Term]) -> str:
    """What a term is of: a row, or a cell where a row has several labels."""
    return "cell" if any(term.column is not None for term in terms) else "row"


def _header(terms: Sequence[Term]) -> tuple[str, ...]:
    column = ("column",) if _observation(terms) == "cell" else ()
    many = max((len(term.probabilities) for term in terms), default=0)
    chance = () if not many else ("sigmoid(z)",) if many == 1 else ("softmax(z)",)
    weights = ("weight", "weight * loss") if _weighted(terms) else ()
    return ("row", *column, "label", "prediction", *chance, "term", "loss", *weights)


def _term_row(term: Term, header: tuple[str, ...]) -> tuple[object, ...]:
    cells: dict[str, object] = {
        "row": term.row,
        "column": term.column,
        "label": term.label,
        "prediction": term.prediction,
        "sigmoid(z)": term.chance,
        "softmax(z)": term.chance,
        "term": maths(term.text),
        "loss": term.loss,
        "weight": term.weight,
        "weight * loss": term.weight and term.weight * term.loss,
    }
    return tuple(cells[name] for name in header)


def _term_record(term: Term) -> dict[str, Any]:
    return {
        "row": term.row,
        **({} if term.column is None else {"column": term.column}),
        "label": term.label,
        "prediction": term.prediction,
        **({"probabilities": list(term.probabilities)} if term.probabilities else {}),
        "term": term.text,
        "loss": term.loss,
        **({} if term.weight is None else {"weight": term.weight}),
    }
