"""The formula of a loss in symbols, a line for what each option adds to it, and what the mean divides by."""

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.enums import Form, Like, Reduction, Scale
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.prepare import HARD
from losscli.evaluation.problem import Problem
from losscli.losses.wording import listed
from losscli.output.formula import Formula, maths
from losscli.output.report import Grid
from losscli.records import record

Line = Formula | str  # of mathematics, or of words alone

ROUND = str.maketrans("[]", "()")  # brackets in the name of a class would end its place as an index


@record
class Explanation:
    """The work behind an answer: as tables for people, and as a record for machines."""

    grids: tuple[Grid, ...]
    record: Mapping[str, Any]


def formula(problem: Problem, soft: bool, weighted: bool, divisor: str) -> tuple[Line, ...]:
    """The formula in symbols, and what the options add to it; `divisor` is what the mean divides by, in words."""
    spread = soft or (problem.form is Form.CATEGORICAL and problem.settings.smoothing > 0.0)
    reduction, leads = problem.settings.reduction, problem.settings.loss.leads
    lines: list[Line] = [maths(problem.kernel.formula(spread, log_name(problem))), *option_lines(problem)]
    total = "sum of weight * loss" if weighted else "sum of the losses"
    if reduction is Reduction.MEAN:
        lines.append(maths(f"mean = ({total}) / ({divisor.removeprefix('the ')})"))
    elif reduction is Reduction.SUM:
        lines.append(maths(f"sum = {total}"))
    if "likelihood" in leads and reduction is not Reduction.NONE:
        base = f"{problem.settings.base:g}" if problem.settings.base else "e"
        power = "(-weight * loss)" if weighted else "-loss"
        lines.append(maths(f"likelihood = product of the rows' {base}^{power} = {base}^-sum"))
    return tuple(lines)


def option_lines(problem: Problem) -> list[Line]:
    """What the options add to the formula, a line each, with a symbol for each number of theirs."""
    s, rule = problem.settings, problem.convention
    lines: list[Line] = []
    if rule.rescale:
        lines.append("each row of probabilities is divided by its sum")
    if rule.clip is not None:
        low, high = rule.clip
        lines.append(maths(f"[{low:g}, 1 - {1.0 - high:g}]", words="probabilities are clipped to {}"))
    if s.like is Like.TORCH and problem.form is not Form.CATEGORICAL and s.scale is Scale.PROBS and s.eps is None:
        lines.append(maths("-100", words="each logarithm is at least {}"))
    if s.smoothing:
        target = "y" if problem.form is Form.BINARY else "q[k]"
        parts = (target, f"(1 - s) {target} + s / {problem.k}", f"s = {s.smoothing:g}")
        words = "{} becomes {}: {} is the smoothing"
        if problem.form is Form.BINARY:
            lines.append(maths(*parts, words=words))
        else:
            lines.append(maths(*parts, "q[k]", "k", words=words + ", {} the part of class {} in the label"))
    if s.pos_weight is not None:
        weights = listed([f"{weight:g}" for weight in s.pos_weight], ", ")
        whose = "the weight of the positive label" if len(s.pos_weight) == 1 else "one weight for each label"
        lines.append(maths(f"w = {weights}", words="the term of label 1 is multiplied by {}, " + whose))
    if s.class_weight:
        names = problem.names.names if problem.names else ("0", "1")
        pairs = zip(names, s.class_weight, strict=True)
        weights = listed([f"w[{name.translate(ROUND)}] = {weight:g}" for name, weight in pairs], ", ")
        part = "loss of a row" if rule.class_weight_by_row else "term"
        lines.append(
            maths("k", "w[k]", weights, words=f"the {part} of class {{}} is multiplied by {{}}, its weight: {{}}")
        )
    if s.focal and rule.focal_by_class:
        words = "the term of class {} is multiplied by {}: {} is gamma"
        lines.append(maths("k", "(1 - p[k])^g", f"g = {s.focal:g}", words=words))
    elif s.focal and rule.focal_of_smoothed and s.smoothing:
        words = "the loss is multiplied by {}: {} is gamma, {}"
        lines.append(maths("(1 - p[t])^g", f"g = {s.focal:g}", "p[t] = y p + (1 - y)(1 - p)", words=words))
    elif s.focal:
        words = "the loss is multiplied by {}: {} is gamma, {} the label's probability"
        lines.append(maths("(1 - p)^g", f"g = {s.focal:g}", "p", words=words))
    if s.alpha is not None and problem.form is Form.BINARY:
        words = "the loss is multiplied by {} for label 1 and by {} for label 0: {}"
        lines.append(maths("a", "1 - a", f"a = {s.alpha:g}", words=words))
    elif s.alpha is not None:
        lines.append(maths(f"a = {s.alpha:g}", words="the loss is multiplied by {}"))
    return lines


def lines_grid(name: str, lines: Sequence[Line]) -> Grid:
    """Lines of work as a table of one column."""
    return Grid(tuple((line,) for line in lines), (name,), wrapped=True)


def log_name(problem: Problem) -> str:
    """How the logarithm is written."""
    base = problem.settings.base
    return f"log{base:g}" if base else "ln"


def divisor_name(f: Figures, weighted: bool, observation: str) -> str:
    """What the mean divides by, in words; an `observation` is a row or a cell."""
    problem, categorical = f.problem, f.problem.form is Form.CATEGORICAL
    soft = not f.summary.per_class if categorical else HARD not in f.summary.traits
    by_class = problem.settings.class_weight and not problem.convention.class_weight_by_row
    by_class = by_class and not (soft and categorical)
    if weighted and not problem.convention.mean_over_rows:
        of_class = ", each times that of its class" + (" if its label is hard" if soft else "")
        return "the sum of the weights" + (of_class if by_class else "")
    if by_class:
        return f"the sum of the weights of the {observation}s' classes" + (", 1 for a soft label" if soft else "")
    return f"the number of {observation}s"
