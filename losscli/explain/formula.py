"""The formula of a loss in symbols, a line for what each option adds to it, and what the mean divides by."""

from losscli.enums import Form, Like, Reduction, Scale
from losscli.evaluation.problem import Problem
from losscli.losses.wording import listed

NAMES = {None: "ln", 2.0: "log2", 10.0: "log10"}


def formula(problem: Problem, soft: bool, weighted: bool, observation: str) -> tuple[str, ...]:
    """The formula in symbols, and what the options add to it; an `observation` is a row or a cell."""
    spread = soft or (problem.form is Form.CATEGORICAL and problem.settings.smoothing > 0.0)
    return (
        problem.kernel.formula(spread, log_name(problem)),
        *extras(problem),
        *_reduction(problem, weighted, observation),
    )


def log_name(problem: Problem) -> str:
    """How the logarithm is written."""
    base = problem.settings.base
    return NAMES.get(base, f"log{base:g}" if base else "ln")


def divisor_name(problem: Problem, weighted: bool, observation: str) -> str:
    """What the mean divides by, in words."""
    if weighted and not problem.convention.mean_over_rows:
        return "the sum of the weights" + (", each times that of its class" if problem.settings.class_weight else "")
    if problem.settings.class_weight and problem.names:
        return "the sum of the weights of the rows' classes"
    return f"the number of {observation}s"


def extras(problem: Problem) -> list[str]:
    """What the options add to the formula, a line each, with a symbol for each number of theirs."""
    s, rule = problem.settings, problem.convention
    said = []
    if rule.rescale:
        said.append("each row of probabilities is divided by its sum")
    if rule.clip is not None:
        said.append(f"probabilities are clipped to [{rule.clip:g}, 1 - {rule.clip:g}]")
    if s.like is Like.TORCH and problem.form is not Form.CATEGORICAL and s.scale is Scale.PROBS and s.eps is None:
        said.append("each logarithm is at least -100")
    if s.smoothing:
        target = "y" if problem.form is Form.BINARY else "q[k]"
        said.append(
            f"{target} becomes (1 - s) {target} + s / {problem.k}: s = {s.smoothing:g} is the smoothing"
            + ("" if problem.form is Form.BINARY else ", q[k] the part of class k in the label")
        )
    if s.pos_weight is not None:
        said.append(f"the term of label 1 is multiplied by w = {s.pos_weight:g}, the weight of the positive label")
    if s.class_weight:
        names = problem.names.names if problem.names else ("0", "1")
        weights = [f"w[{name}] = {weight:g}" for name, weight in zip(names, s.class_weight, strict=True)]
        said.append(f"the term of class k is multiplied by w[k], its weight: {listed(weights, ', ')}")
    if s.focal:
        said.append(f"the loss is multiplied by (1 - p)^g: g = {s.focal:g} is the focus, p the label's probability")
    return said


def _reduction(problem: Problem, weighted: bool, observation: str) -> list[str]:
    asked = problem.settings.reduction
    total = "sum of weight * loss" if weighted else "sum of the losses"
    said = []
    if asked is Reduction.MEAN:
        said = [f"mean = ({total}) / ({divisor_name(problem, weighted, observation).removeprefix('the ')})"]
    elif asked is Reduction.SUM:
        said = [f"sum = {total}"]
    if "likelihood" in problem.settings.loss.leads and asked is not Reduction.NONE:
        base = f"{problem.settings.base:g}" if problem.settings.base else "e"
        power = "(-weight * loss)" if weighted else "-loss"
        said.append(f"likelihood = product of the rows' {base}^{power} = {base}^-sum")
    return said
