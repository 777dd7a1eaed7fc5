"""The work behind a gradient: the chain of factors in symbols, then with the numbers of the first rows put in.

The rule: the chain is shown where it is a product that fits a line; the product rule of the focal factor and the
quotient rule of rescaled rows are not.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from losscli.enums import Form, Reduction, Scale
from losscli.errors import Declined
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.explain.loss import SHOWN, as_number, extras, factor, listed
from losscli.gradients.answer import Answer, prepared_rows, two_scales
from losscli.losses.targets import Binary, dense
from losscli.output.report import Grid, Report

CHAINS: dict[tuple[bool, Scale], tuple[str, ...]] = {
    (True, Scale.PROBS): ("dloss/dp = -y/p + (1 - y)/(1 - p) = (p - y) / [p (1 - p)]",),
    (True, Scale.LOGITS): (
        "dloss/dz = dloss/dp * dp/dz, with p = 1 / (1 + e^-z)",
        "dloss/dp = (p - y) / [p (1 - p)] and dp/dz = p (1 - p), so that dloss/dz = p - y",
    ),
    (True, Scale.LOGPROBS): ("dloss/dx = dloss/dp * dp/dx, with p = e^x and dp/dx = p: (p - y) / (1 - p)",),
    (False, Scale.PROBS): ("dloss/dp[k] = -q[k] / p[k]",),
    (False, Scale.LOGITS): (
        "dloss/dz[k] = sum over j of dloss/dp[j] * dp[j]/dz[k], with p = softmax(z)",
        "dloss/dp[j] = -q[j] / p[j] and dp[j]/dz[k] = p[j] (1[j = k] - p[k]), so that dloss/dz[k] = p[k] - q[k]",
    ),
    (False, Scale.LOGPROBS): ("dloss/dx[k] = -q[k]",),
}


def with_chain(table: Report, answer: Answer) -> Report:
    """The report of a gradient with its chain of factors."""
    lines, rows = chain(answer)
    more = answer.totals.summary.n - len(rows)
    body: list[tuple[object, ...]] = list(rows)
    body += [("...", "", f"{more} more {'row' if more == 1 else 'rows'}")] if more > 0 else []
    grids = (Grid(tuple((line,) for line in lines), ("formula",)), Grid(tuple(body), ("row", "chain", "gradient")))
    return replace(table, grids=(*table.grids, *grids))


def chain_record(answer: Answer) -> dict[str, Any]:
    """The chain for machines."""
    lines, rows = chain(answer)
    found = [{"row": row, "chain": text, "gradient": value} for row, text, value in rows]
    return {"formula": list(lines), "rows": found, "more": answer.totals.summary.n - len(rows)}


def chain(answer: Answer) -> tuple[tuple[str, ...], list[tuple[int, str, str]]]:
    """The formula, and for the first rows their number, the chain with numbers and what it comes to."""
    problem = answer.problem
    if problem.convention.rescale:
        raise Declined("--explain shows gradients of rows that are not rescaled")
    lines = (*CHAINS[problem.form is not Form.CATEGORICAL, answer.ask.by], *extras(problem), *_division(answer))
    texts = (text for prepared in prepared_rows(answer) for text in _texts(answer, prepared))
    rows = [(at, text, value) for (at, value), text in zip(_values(answer), texts, strict=False)]
    return lines, rows[:SHOWN]


def _division(answer: Answer) -> list[str]:
    if answer.problem.settings.reduction is Reduction.MEAN:
        return [f"each is multiplied by its row's weight, if it has one, and divided by {_divisor(answer)}"]
    return []


def _divisor(answer: Answer) -> str:
    base = answer.problem.settings.base
    whole = answer.divisor / answer.problem.settings.unit
    return f"{whole:.6g}" + (f" * ln {base:g}" if base else "")


def _values(answer: Answer) -> Iterator[tuple[int, str]]:
    for piece in answer.spool.pieces():
        for row, cells in zip(piece.row.tolist(), (piece.slope / answer.divisor).tolist(), strict=True):
            yield row, listed([f"{cell:.6g}" for cell in cells], ", ")


def _texts(answer: Answer, prepared: Prepared) -> Iterator[str]:
    p, _ = two_scales(prepared.conditioned, answer.problem.settings.scale)
    cells = None if isinstance(prepared.targets, Binary) else dense(prepared.targets, prepared.conditioned.shape)
    over = "" if answer.divisor == 1.0 else f" / {_divisor(answer)}".replace(" * ln", " / ln")
    for at in range(min(len(prepared.conditioned), SHOWN)):
        weight = "" if prepared.rows.weight is None else factor(float(prepared.rows.weight[at]))
        if isinstance(prepared.targets, Binary):
            pair = float(prepared.targets.positive[at]), float(prepared.targets.negative[at])
            text = _binary(answer.ask.by, pair, float(p[at]), bool(prepared.raw[at] != prepared.conditioned[at]))
        else:
            assert cells is not None
            text = _classes(answer.problem, answer.ask.by, cells[at].tolist(), p[at].tolist())
        yield f"{weight}{text}{over}"


def _binary(by: Scale, pair: tuple[float, float], p: float, clipped: bool) -> str:
    if clipped:
        return "0 (clipped: a flat piece)"
    one, zero = pair
    number = as_number(p)
    if abs(one + zero - 1.0) < 1e-12:
        top = f"({number} - {as_number(one)})"
    elif one and zero:
        top = f"({factor(zero)}{number} - {factor(one)}(1 - {number}))"
    else:
        top = f"{factor(one or zero)}({number} - {1 if one else 0})"
    under = {Scale.LOGITS: "", Scale.PROBS: f" / ({number} * (1 - {number}))", Scale.LOGPROBS: f" / (1 - {number})"}
    return top + under[by]


def _classes(problem: Problem, by: Scale, cells: list[float], p: list[float]) -> str:
    whole = factor(sum(cells))
    pairs = [(as_number(a), as_number(x)) for a, x in zip(cells, p, strict=True)]
    if by is Scale.LOGITS:
        return f"({listed([f'{whole}{x} - {a}' for a, x in pairs], ', ')})"
    if by is Scale.PROBS:
        return f"({listed(['0' if a == '0' else f'-{a} / {x}' for a, x in pairs], ', ')})"
    return f"({listed(['0' if a == '0' else f'-{a}' for a, _ in pairs], ', ')})"
