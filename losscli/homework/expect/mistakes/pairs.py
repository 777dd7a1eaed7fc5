"""Two mistakes at once: each entry followed by one of scale, and each entry on data that were already taken wrongly.

The rule: what one mistake alone gives is left to it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from losscli.data.blocks import Block
from losscli.enums import Form, Reduction, Scale
from losscli.evaluation.evaluate import evaluated
from losscli.evaluation.problem import Problem
from losscli.homework.expect.mistakes.case import Array, Case, Known, case_of
from losscli.homework.expect.mistakes.entry import COMMON, Candidate, Mistake, variants
from losscli.homework.expect.mistakes.family import PAIR, Description, Family
from losscli.homework.expect.mistakes.scale import SCALE
from losscli.losses.conventions import convention
from losscli.statistics.summary import EMPTY, summarize

LEAST_DIGITS = 4

TWO_STEPS = 20  # ranks behind every slip in one row

# Entries that multiply whatever came before them by a number.
LINEAR = (
    *("sum", "mean", "base-2", "base-10", "base-e", "base-k", "negated", "log-likelihood", "halved", "doubled"),
    *("deviance", "n-minus-1", "n-plus-1", "divided-twice", "mean-over-cells", "per-class-sum"),
)

POWERS = ("perplexity", "geometric-mean")

RAISED = (*POWERS, "perplexity-base", "likelihood")  # entries that are a power already: of a power there is none


@dataclass(frozen=True)
class Step:
    """A second mistake: its entry, and what it makes of the numbers that the first one gives."""

    entry: Mistake[Known]
    made: Callable[[Array], Array]


def pair_families(
    case: Case, singles: Sequence[Candidate], tables: Callable[[Case], Iterator[Candidate]]
) -> Iterator[Family]:
    """Pairs of mistakes, the commonest first; `tables` gives the entries that look at rows, on other data."""
    if case.reduction is Reduction.NONE:
        return
    known = np.sort([float(one.value) for one in singles] + [float(case.known.answer)])
    first = _once([one for one in singles if np.isfinite(one.value)])
    steps = _steps(case.known)
    common = [one for one in first if one.rank <= COMMON], [step for step in steps if step.entry.rank == COMMON]
    likely = _family(*common, known, TWO_STEPS)
    yield likely
    known = np.sort(np.concatenate((known, likely.values[np.isfinite(likely.values)])))
    yield _family(first, steps, known, TWO_STEPS + 1)
    yield _on_other_data(case, singles, known, tables)


def _once(singles: Sequence[Candidate]) -> list[Candidate]:
    """Each number once, as the first entry that gives it."""
    return list({float(one.value): one for one in reversed(singles)}.values())[::-1]


def _steps(k: Known) -> list[Step]:
    """What each entry of scale does to a number, read off from what it does to 1."""
    mean = 1.0 if k.reduction is Reduction.MEAN else k.mean / k.sum if k.sum else 1.0 / k.n
    unit = replace(k, answer=1.0, mean=mean, sum=k.sum / k.mean * mean if k.mean else k.n * mean)
    entries = {entry.id: entry for entry in SCALE}
    linear = [
        Step(entries[name], lambda v, f=factor: v * f)  # type: ignore[misc]
        for name in LINEAR
        for factor in dict.fromkeys(float(one.value) for one in variants(entries[name], unit))
    ]
    signs = zip(POWERS, (k.unit, -k.unit), strict=True)
    powers = [Step(entries[name], lambda v, s=sign: _exp(s * v)) for name, sign in signs]  # type: ignore[misc]
    return [*linear, *powers]


def _exp(v: Array) -> Array:
    return np.exp(np.minimum(v, 700.0))


def _family(first: Sequence[Candidate], steps: Sequence[Step], known: Array, rank: int) -> Family:
    places = {name: at for at, name in enumerate(LINEAR)}  # of two that multiply, one order is enough
    base = np.array([float(one.value) for one in first])
    rows = []
    for step in steps:
        last = places.get(step.entry.id, len(LINEAR))
        again = np.array([places.get(one.id, -1) >= last for one in first], bool)
        if step.entry.id in POWERS:
            again |= np.array([one.id in RAISED for one in first], bool)
        rows.append(np.where(again, np.nan, step.made(base)) if len(base) else base)
    values = _new(np.array(rows).ravel(), known)

    def describe(at: int, others: tuple[int, ...]) -> Description:
        step, one = steps[at // len(first)].entry, first[at % len(first)]
        return _joined(one, step.id, step.meaning, step.cure)

    return Family(values, describe, rank, PAIR, LEAST_DIGITS)


def _joined(one: Candidate, id_: str, meaning: str, cure: str) -> Description:
    told = f"{one.meaning}; and {meaning}", f"{one.cure}; and {cure}"
    return Description(f"{one.id}-and-{id_}", *told, steps=(one.id, id_))


def _new(values: Array, known: Array) -> Array:
    """The values, nan where one of `known` (sorted) is the same."""
    at = np.searchsorted(known, values)
    with np.errstate(invalid="ignore"):  # inf - inf, where neither is near
        above = np.abs(values - known[np.minimum(at, len(known) - 1)])
        below = np.abs(values - known[np.maximum(at - 1, 0)])
        same = np.minimum(above, below) <= 1e-12 * np.abs(values)
    return np.where(same | ~np.isfinite(values), np.nan, values)


# --- on data that were taken wrongly ----------------------------------------------------------------------------------
def _on_other_data(
    case: Case, singles: Sequence[Candidate], known: Array, tables: Callable[[Case], Iterator[Candidate]]
) -> Family:
    """Each entry on data that a first mistake has changed."""
    found: list[tuple[Candidate, Candidate]] = []
    for name, problem, blocks in _taken(case):
        other = _case(problem, blocks)
        own = float(other.known.answer)
        same = (one for one in singles if one.id == name and np.isclose(float(one.value), own, rtol=1e-9, atol=0.0))
        first = next(same, None)
        if first is not None:
            found += [(first, second) for second in tables(other) if abs(float(second.value) - own) > 1e-12 * abs(own)]
    values = _new(np.array([float(second.value) for _, second in found]), known)

    def describe(at: int, others: tuple[int, ...]) -> Description:
        first, second = found[at]
        return _joined(first, second.id, second.meaning, second.cure)

    return Family(values, describe, TWO_STEPS + 2, PAIR, LEAST_DIGITS)


def _case(problem: Problem, blocks: Sequence[Block]) -> Case:
    return case_of(problem, blocks, sum((summarize(evaluated(problem, block)[1]) for block in blocks), EMPTY))


def _with(problem: Problem, **settings: object) -> Problem:
    s = replace(problem.settings, **settings)  # type: ignore[arg-type]  # names of fields, checked there
    rule = convention(s.like, problem.form, s.scale, s.eps, s.normalize)
    return replace(problem, settings=s, convention=rule, kernel=s.loss.kernels[problem.form][s.scale])


def _taken(c: Case) -> Iterator[tuple[str, Problem, Sequence[Block]]]:
    """Mistakes that change the data or what is asked of them, and what they leave."""
    s, blocks, problem = c.problem.settings, c.blocks, c.problem
    probs = s.scale is Scale.PROBS
    if c.problem.form is Form.BINARY and s.scale is not Scale.LOGPROBS:
        turned = [replace(block, preds=1.0 - block.preds if probs else -block.preds) for block in blocks]
        yield "classes-swapped", problem, turned
    if probs and c.problem.form is not Form.LIKELIHOOD and s.eps is None and s.like is None and not s.normalize:
        yield "probs-as-logits", _with(problem, scale=Scale.LOGITS), blocks
    if c.weight is not None or s.class_weight or s.pos_weight is not None:
        bare = [replace(block, weights=None) for block in blocks]
        yield "weights-ignored", _with(problem, class_weight=None, pos_weight=None), bare
    if s.focal:
        yield "focal-2", _with(problem, focal=0.0), blocks
    if s.smoothing:
        yield "smoothed", _with(problem, smoothing=0.0), blocks
