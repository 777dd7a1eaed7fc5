"""The work behind a gradient: the chain of factors in symbols, then with the numbers of the first rows put in.

The rule: the chain is shown where it is a product that fits a line; the product rule of the focal factor and the
quotient rule of rescaled rows are not.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.enums import Reduction
from losscli.errors import UsageError
from losscli.evaluation.prepare import Prepared
from losscli.gradients.analytic import kernel_of
from losscli.gradients.evaluate import Gradient, as_probs_and_logits
from losscli.homework.explain.formula import Line, extras, lines_grid
from losscli.homework.explain.loss import SHOWN, coefficients
from losscli.losses.wording import factor, listed
from losscli.output.formula import maths
from losscli.output.report import Grid, Report


def with_chain(table: Report, gradient: Gradient) -> Report:
    """The report of a gradient with its chain of factors."""
    lines, rows = chain(gradient)
    more = gradient.totals.summary.n - len(rows)
    body: list[tuple[object, ...]] = [(row, maths(text), value) for row, text, value in rows]
    body += [("...", "", f"{more} more {'row' if more == 1 else 'rows'}")] if more > 0 else []
    grids = (lines_grid("formula", lines), Grid(tuple(body), ("row", "chain", "gradient")))
    return replace(table, grids=(*table.grids, *grids))


def chain_record(gradient: Gradient) -> dict[str, Any]:
    """The chain for machines."""
    lines, rows = chain(gradient)
    found = [{"row": row, "chain": text, "gradient": value} for row, text, value in rows]
    return {"formula": [str(line) for line in lines], "rows": found, "more": gradient.totals.summary.n - len(rows)}


def chain(gradient: Gradient) -> tuple[tuple[Line, ...], list[tuple[int, str, str]]]:
    """The formula, and for the first rows their number, the chain with numbers and what it comes to."""
    problem = gradient.problem
    if problem.convention.rescale:
        raise UsageError("--explain shows gradients of rows that are not rescaled")
    lines = (*map(maths, kernel_of(problem, gradient.spec.by).chain), *extras(problem), *_division(gradient))
    texts = (text for prepared in gradient.first_prepared for text in _texts(gradient, prepared))
    rows = [(at, text, value) for (at, value), text in zip(_values(gradient), texts, strict=False)]
    return lines, rows[:SHOWN]


def _division(gradient: Gradient) -> list[Line]:
    if gradient.problem.settings.reduction is Reduction.MEAN:
        words = "each is multiplied by its row's weight, if it has one, and divided by {}"
        return [maths(_divisor(gradient), words=words)]
    return []


def _divisor(gradient: Gradient) -> str:
    base = gradient.problem.settings.base
    whole = gradient.divisor / gradient.problem.settings.log_base
    return f"{whole:.6g}" + (f" * ln {base:g}" if base else "")


def _values(gradient: Gradient) -> Iterator[tuple[int, str]]:
    for piece in gradient.spool.rows():
        for row, cells in zip(piece.row.tolist(), (gradient.chosen(piece) / gradient.divisor).tolist(), strict=True):
            yield row, listed([f"{cell:.6g}" for cell in cells], ", ")


def _texts(gradient: Gradient, prepared: Prepared) -> Iterator[str]:
    p, _ = as_probs_and_logits(prepared.conditioned, gradient.problem.settings.scale)
    slope = kernel_of(gradient.problem, gradient.spec.by).slope
    over = "" if gradient.divisor == 1.0 else f" / {_divisor(gradient)}".replace(" * ln", " / ln")
    for at in range(min(len(prepared.conditioned), SHOWN)):
        weight = "" if prepared.rows.weight is None else factor(float(prepared.rows.weight[at]))
        if prepared.raw.ndim == 1 and prepared.raw[at] != prepared.conditioned[at]:
            yield f"{weight}0 (clipped: a flat piece){over}"
        else:
            yield f"{weight}{slope(coefficients(prepared, at), np.atleast_1d(p[at]).tolist())}{over}"
