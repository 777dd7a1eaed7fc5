"""The work behind a loss: the formula, each row's term as it is computed, the sum, the division.

What is shown are the conditioned numbers that the kernel takes, in plain ASCII that reads well in a terminal.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from math import exp, inf
from typing import Any

import numpy as np

from losscli.arrays import Array
from losscli.data.categorical import texts
from losscli.enums import Reduction, Scale
from losscli.errors import plural
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.homework.evaluated_rows import EvaluatedBlock
from losscli.homework.loss_formula import Explanation, Line, divisor_name, formula, lines_grid, log_name
from losscli.losses.conventions import rescaled
from losscli.losses.focal import true_class_cost
from losscli.losses.functions import inverse_link, row_sums
from losscli.losses.targets import Binary, dense, take_targets
from losscli.losses.wording import FEW_TERMS, as_number, listed, over
from losscli.output.formula import maths
from losscli.output.report import Grid
from losscli.records import record

SHOWN = 30  # rows; of so many all terms of a sum too

MOST_LOGIT = 300.0  # in size: beyond, a power of e is no number to work with by hand

CHANGED = 20  # predictions that were rescaled or clipped

IN_BRACKETS = re.compile(r"\([^()]*\)")


@record
class Term:
    """One row of the work, or one cell of a multi-label row, which is in a `column`.

    `probabilities` are what sigmoid or softmax make of logits, `activated` how they are written; none for other scales.
    """

    row: int
    column: int | None
    label: str
    prediction: str
    activated: str
    probabilities: tuple[float, ...]
    text: str
    loss: float
    weight: float | None


def explain_loss(blocks: Sequence[EvaluatedBlock], f: Figures, digits: int) -> Explanation:
    """The formula, the first rows with their terms, what was done to predictions, and the way from rows to answer."""
    problem, terms = f.problem, first_terms(f.problem, blocks)
    soft = any(block.prepared.rows.class_index is None and block.prepared.raw.ndim == 2 for block in blocks)
    weighted = any(term.weight is not None for term in terms)
    divisor = divisor_name(f, weighted, _observation(terms))
    lines = formula(problem, soft, weighted, divisor) + (_zeros(problem, blocks) if soft else ())
    changes = dict[str, list[str]]()
    for how, changed in (("rescaled", _rescaled), ("clipped", _clipped)):
        changes[how] = list(islice((text for block in blocks for text in changed(problem, block)), CHANGED))
    grids = [lines_grid("formula", lines), term_grid(terms, f.n - len(terms))]
    grids += [lines_grid(how, notes) for how, notes in changes.items() if notes]
    record: dict[str, Any] = {
        "formula": [str(line) for line in lines],
        "rows": [_term_record(term) for term in terms],
        "more": f.n - len(terms),
        **changes,
        "sum": f.sum,
    }
    grids += _activation(problem, blocks)
    if problem.settings.reduction is not Reduction.NONE:
        grids.append(work_grid(f, terms, digits))
        grids += [] if f.label_entropy is not None else _from_likelihood(f, terms, digits)
        record |= {"divisor": f.divisor, "value": f.value}
    return Explanation(tuple(grids), record)


# --- the rows -------------------------------------------------------------------------------------------------------
def first_terms(problem: Problem, blocks: Sequence[EvaluatedBlock], count: int = SHOWN) -> tuple[Term, ...]:
    """The work of the first rows."""
    found: list[Term] = []
    for block in blocks:
        prepared, places = block.prepared, block.places
        labels, weights = _labels(prepared), block.rows.weight
        p = inverse_link(prepared.conditioned) if problem.settings.scale is Scale.LOGITS else None
        for at in range(min(count - len(found), len(block.rows.loss))):
            found.append(
                Term(
                    row=places[at][0],
                    column=places[at][1],
                    label=labels[at],
                    prediction=_written(prepared, prepared.raw[at], at),
                    activated="" if p is None else _written(prepared, p[at], at),
                    probabilities=() if p is None else tuple(np.atleast_1d(p[at]).tolist()),
                    text=_term_text(problem, prepared, at),
                    loss=float(block.rows.loss[at]) / problem.settings.log_base,
                    weight=None if weights is None else float(weights[at]),
                )
            )
    return tuple(found)


def _labels(prepared: Prepared) -> list[str]:
    columns = [texts(column) for column in prepared.block.labels]
    if len(columns) <= 1:
        return columns[0] if columns else [""] * len(prepared.conditioned)
    if prepared.raw.ndim == 1:  # each cell of a multi-label row is an observation of its own
        return [cell for row in zip(*columns, strict=True) for cell in row]
    return [", ".join(row) for row in zip(*columns, strict=True)]


def _written(prepared: Prepared, cells: Array, at: int) -> str:
    """The prediction of a row, or what became of it; of many classes that of the label."""
    if cells.ndim == 0:
        return as_number(float(cells))
    if prepared.rows.class_index is not None and len(cells) > FEW_TERMS:
        return f"{as_number(float(cells[prepared.rows.class_index[at]]))} of {len(cells)}"
    return listed([as_number(value) for value in cells.tolist()], ", ")


def _term_text(problem: Problem, prepared: Prepared, at: int) -> str:
    """The term of a row, with `max(ln(0), -100)` where a logarithm is held at the bound that torch sets."""
    kernel, log, cap = problem.kernel, log_name(problem), problem.convention.cap
    v = np.atleast_1d(prepared.conditioned[at]).tolist()
    text = kernel.term(coefficients(prepared, at), v, log)
    for part in ((1.0, 0.0), (0.0, 1.0)) if cap != inf else ():
        if kernel.value(Binary(np.array(part[:1]), np.array(part[1:])), np.array(v))[0] > cap:
            plain = kernel.term(part, v, log).removeprefix("-")
            text = text.replace(plain, f"max({plain}, -{cap:g}{over(log)})")
    if not problem.focal:
        return text
    several = any(sign in IN_BRACKETS.sub("", text) for sign in (" + ", " - "))
    own = float(np.exp(-true_class_cost(kernel, prepared.focus, prepared.conditioned)[at]))
    return f"(1 - {as_number(own)})^{problem.settings.focal:g} * " + (f"[ {text} ]" if several else text)


def coefficients(prepared: Prepared, at: int, unweighted: bool = False) -> list[float]:
    """The coefficients of one row: those of the positive and the negative class, or one a class."""
    one = take_targets(prepared.unweighted if unweighted else prepared.targets, np.array([at]))
    if isinstance(one, Binary):
        return [float(one.positive[0]), float(one.negative[0])]
    cells: list[float] = dense(one, (1, prepared.conditioned.shape[1]))[0].tolist()
    return cells


def _activation(problem: Problem, blocks: Sequence[EvaluatedBlock]) -> tuple[Grid, ...]:
    """From logits to the loss by way of probabilities: the sigmoid's identity, or the first row's softmax by hand."""
    first = next((block for block in blocks if len(block.prepared.conditioned)), None)
    if first is None or problem.settings.scale is not Scale.LOGITS or not problem.settings.loss.log_loss:
        return ()
    log = log_name(problem)
    if first.prepared.conditioned.ndim == 1:
        sides = f"-{log} sigmoid(z) = {log}(1 + e^-z)", f"-{log}(1 - sigmoid(z)) = {log}(1 + e^z)"
        return (lines_grid("sigmoid", [maths("sigmoid(z) = 1 / (1 + e^-z)", *sides, words="{}, so that {} and {}")]),)
    z, index = first.prepared.conditioned[0], first.prepared.rows.class_index
    if index is None or len(z) > FEW_TERMS or np.abs(z).max() > MOST_LOGIT:
        return ()
    powers, own = np.exp(z), int(index[0])
    total, share = float(powers.sum()), float(powers[own] / powers.sum())
    each = [f"e^{as_number(v)} = {as_number(power)}" for v, power in zip(z.tolist(), powers.tolist(), strict=True)]
    top, loss = as_number(float(z[own])), float(-np.log(share)) / problem.settings.log_base
    taken_off = f"({top})" if z[own] < 0.0 else top
    lines: list[Line] = [
        maths(*each, words=", ".join(["{}"] * len(each))),
        maths(f"{listed([as_number(power) for power in powers.tolist()], ' + ')} = {as_number(total)}"),
        maths(f"p = e^{top} / {as_number(total)} = {as_number(share)}", words="the share of the label's class: {}"),
        maths(f"-{log}({as_number(share)}) = {loss:.6g}", f"{log}({as_number(total)}) - {taken_off}{over(log)}",
              words="{}, which is also {}"),
    ]  # fmt: skip
    return (lines_grid(f"softmax of row {first.places[0][0]}, step by step", lines),)


def _from_likelihood(f: Figures, terms: Sequence[Term], digits: int) -> tuple[Grid, ...]:
    """The likelihood, its logarithm and the loss as one argument, where each loss is -ln of a probability."""
    s, likelihood = f.problem.settings, exp(-f.sum * f.problem.settings.log_base) if f.sum < MOST_LOGIT else 0.0
    changed = s.smoothing or s.focal or s.alpha or s.class_weight or s.pos_weight or s.base
    several = 1 < f.n == len(terms) and all(term.weight is None for term in terms)
    if changed or not several or "likelihood" in s.loss.leads or likelihood < 1e-300 or not s.loss.log_loss:
        return ()
    product = listed([as_number(exp(-term.loss)) for term in terms], " * ", SHOWN)
    rows: list[tuple[object, ...]] = [
        ("likelihood", likelihood, maths(product)),
        ("its logarithm", -f.sum, maths(f"ln {as_number(likelihood)}")),
    ]
    if s.reduction is Reduction.MEAN:
        rows.append(("cross-entropy", f.mean, maths(f"-({-f.sum:.{digits}g}) / {f.n}", words="{}, the mean loss")))
    return (Grid(tuple(rows), ("from the likelihood", "value", ""), wrapped=True),)


def _zeros(problem: Problem, blocks: Sequence[EvaluatedBlock]) -> tuple[Line, ...]:
    """The first row of label probabilities with the terms that its zeros silence, shown once."""
    first = next((block.prepared for block in blocks if len(block.prepared.conditioned)), None)
    if first is None or problem.settings.scale is not Scale.PROBS:
        return ()
    a, p = coefficients(first, 0), first.conditioned[0].tolist()
    if all(a) or len(a) > FEW_TERMS or not problem.settings.loss.log_loss:
        return ()
    log = log_name(problem)
    sums = " + ".join(f"{as_number(one)} {log} {as_number(x)}" for one, x in zip(a, p, strict=True))
    return (maths(f"-[ {sums} ]", f"0 {log} 0", "0", words="the first row with its zeros: {}, and {} is {}"),)


def _observation(terms: Sequence[Term]) -> str:
    """What a term is of: a row, or a cell where a row has several labels."""
    return "cell" if any(term.column is not None for term in terms) else "row"


def term_grid(terms: Sequence[Term], more: int) -> Grid:
    """The work as a table."""
    several = max((len(term.probabilities) for term in terms), default=0)
    weighted = any(term.weight is not None for term in terms)
    column = ("column",) if _observation(terms) == "cell" else ()
    activation = ((), ("sigmoid(z)",), ("softmax(z)",))[min(several, 2)]
    weights = ("weight", "weight * loss") if weighted else ()
    header = ("row", *column, "label", "prediction", *activation, "term", "loss", *weights)
    rows: list[tuple[object, ...]] = []
    for term in terms:
        cells: dict[str, object] = {
            "row": term.row,
            "column": term.column,
            "label": term.label,
            "prediction": term.prediction,
            "sigmoid(z)": term.activated,
            "softmax(z)": term.activated,
            "term": maths(term.text),
            "loss": term.loss,
            "weight": term.weight,
            "weight * loss": term.weight and term.weight * term.loss,
        }
        rows.append(tuple(cells[name] for name in header))
    if more > 0:
        rest = {"row": "...", "term": plural(more, f"more {_observation(terms)}")}
        rows.append(tuple(rest.get(name, "") for name in header))
    return Grid(tuple(rows), header)


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


# --- from rows to the answer ----------------------------------------------------------------------------------------
def work_grid(f: Figures, terms: Sequence[Term], digits: int) -> Grid:
    """The sum, the divisor, the mean, and what they make of the likelihoods where the loss is one of them."""
    settings = f.problem.settings
    whole, observation = len(terms) == f.n, _observation(terms)
    base = f"{settings.base or 'e'}".removesuffix(".0")
    weighed = [(term.loss, 1.0 if term.weight is None else term.weight) for term in terms if term.weight != 0.0]
    addition = listed([f"{weight * loss:.{digits}g}" for loss, weight in weighed], " + ", SHOWN)
    rows: list[tuple[object, ...]] = [("sum", f.sum, maths(addition) if whole else f"of {f.n} {observation}s")]
    if settings.reduction is Reduction.MEAN:
        name = divisor_name(f, any(term.weight is not None for term in terms), observation)
        division = maths(f"{f.sum:.{digits}g} / {f.divisor:.{digits}g}")
        rows += [("divisor", f.divisor, name), ("mean", f.mean, division)]
    if "likelihood" in settings.loss.leads:  # the likelihoods e^-loss multiplied, each to the power of its weight
        powers = [(exp(-loss * settings.log_base), weight) for loss, weight in weighed]
        product = listed([as_number(p) + ("" if w == 1.0 else f"^{w:g}") for p, w in powers], " * ", SHOWN)
        power = maths(f"{f'{product} = ' if whole else ''}{base}^{-f.sum:.{digits}g}")
        rows.append(("likelihood", f.likelihood, power))
    if "perplexity" in (*settings.loss.leads, *settings.loss.closes):
        power = maths(f"{base}^{f.mean:.{digits}g}", base, words="{}, {} to the power of the mean")
        rows.append(("perplexity", f.perplexity, power))
    if settings.reduction is Reduction.MEAN and f.label_entropy is not None and f.kl_divergence is not None:
        difference = maths(f"{f.mean:.{digits}g} - {f.label_entropy:.{digits}g}", words="{}, the mean without it")
        rows.append(("label entropy", f.label_entropy, "of the label probabilities: the lowest mean that they allow"))
        rows.append(("KL divergence", f.kl_divergence, difference))
    return Grid(tuple(rows), ("the work", "value", ""), wrapped=True)


# --- what was done to predictions before the logarithm --------------------------------------------------------------
def _rescaled(problem: Problem, block: EvaluatedBlock) -> Iterator[str]:
    if not problem.convention.rescale:
        return
    raw, scale = block.prepared.raw, problem.settings.scale
    sums = row_sums(raw if scale is Scale.PROBS else np.exp(raw))
    for (number, _), before, after, total in zip(block.places, raw, rescaled(raw, scale), sums, strict=True):
        was, is_ = (listed([as_number(cell) for cell in cells.tolist()], ", ") for cells in (before, after))
        if was != is_:
            yield f"row {number}: {was} became {is_}, divided by the row's sum {as_number(float(total))}"


def _clipped(problem: Problem, block: EvaluatedBlock) -> Iterator[str]:
    prepared, places = block.prepared, block.places
    before = rescaled(prepared.raw, problem.settings.scale) if problem.convention.rescale else prepared.raw
    cells, clipped = (part if part.ndim == 2 else part[:, None] for part in (before, prepared.conditioned))
    for at, k in np.argwhere(cells != clipped).tolist():
        row, column = places[at]
        cell = f", class {problem.names.names[k]}" if problem.names else f", column {column}" if column else ""
        yield f"row {row}{cell}: {float(cells[at, k])!r} became {float(clipped[at, k])!r}"
