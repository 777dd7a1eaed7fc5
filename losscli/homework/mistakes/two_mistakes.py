"""Two mistakes at once: any one followed by one of scale, and any one on data that were already changed by another.

A number that one mistake alone gives is left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from losscli.arrays import Array
from losscli.data.blocks import Block
from losscli.enums import Form, Reduction, Scale
from losscli.evaluation.problem import Problem
from losscli.homework.evaluated_rows import EvaluatedRows, SummaryFigures, evaluated_rows, with_settings
from losscli.homework.mistakes.candidate import COMMON, TWO_MISTAKES, Candidate, CandidateArray
from losscli.homework.mistakes.scale import SCALE_TEXTS, of_scale

LEAST_DIGITS = 4  # an answer with fewer digits is not compared with pairs

KIND = ("pair of mistakes fits", "pairs of mistakes fit")

# Mistakes that multiply whatever came before them by a number.
LINEAR = (
    *("sum", "mean", "base-2", "base-10", "base-e", "base-k", "negated", "log-likelihood", "halved", "doubled"),
    *("deviance", "n-minus-1", "n-plus-1", "divided-twice", "mean-over-cells", "per-class-sum"),
)

POWERS = ("perplexity", "geometric-mean")

RAISED = (*POWERS, "perplexity-base", "likelihood")  # powers, which are not raised again

Step = tuple[str, Callable[[Array], Array]]  # the id of a second mistake, and what it makes of numbers


def of_two_mistakes(
    rows: EvaluatedRows, singles: Sequence[Candidate], of_rows: Callable[[EvaluatedRows], Iterator[Candidate]]
) -> Iterator[CandidateArray]:
    """Pairs of mistakes, the commonest first; `of_rows` gives the mistakes that look at rows, on other data."""
    if rows.reduction is Reduction.NONE:
        return
    known = np.sort([float(one.value) for one in singles] + [float(rows.figures.answer)])
    finite = [one for one in singles if np.isfinite(one.value)]
    # each number once, as the first candidate that gives it
    first = list({float(one.value): one for one in reversed(finite)}.values())[::-1]
    steps = _steps(rows.figures)
    common = [one for one in first if one.rank <= COMMON], [one for one in steps if SCALE_TEXTS[one[0]][0] == COMMON]
    likely = _one_after_the_other(*common, known, TWO_MISTAKES)
    yield likely
    known = np.sort(np.concatenate((known, likely.values[np.isfinite(likely.values)])))
    yield _one_after_the_other(first, steps, known, TWO_MISTAKES + 1)
    yield _on_other_data(rows, singles, known, of_rows)


def _steps(f: SummaryFigures) -> list[Step]:
    """What each mistake of scale does to a number, read off from what it does to 1."""
    mean = 1.0 if f.reduction is Reduction.MEAN else f.mean / f.sum if f.sum else 1.0 / f.n
    one = replace(f, answer=1.0, mean=mean, sum=f.sum / f.mean * mean if f.mean else f.n * mean)
    factors: dict[str, dict[float, None]] = defaultdict(dict)
    with np.errstate(all="ignore"):
        for id_, value, *_ in of_scale(one):
            factors[id_][float(value)] = None
    steps: list[Step] = [(id_, lambda v, x=x: v * x) for id_ in LINEAR for x in factors[id_]]  # type: ignore[misc]
    for id_, sign in zip(POWERS, (f.log_base, -f.log_base), strict=True):
        steps.append((id_, lambda v, s=sign: np.exp(np.minimum(s * v, 700.0))))  # type: ignore[misc]
    return steps


def _one_after_the_other(first: Sequence[Candidate], steps: Sequence[Step], known: Array, rank: int) -> CandidateArray:
    places = {id_: at for at, id_ in enumerate(LINEAR)}  # of two that multiply, one order is enough
    base = np.array([float(one.value) for one in first])
    made = []
    for id_, step in steps:
        last = places.get(id_, len(LINEAR))
        again = np.array([places.get(one.id, -1) >= last for one in first], bool)
        if id_ in POWERS:
            again |= np.array([one.id in RAISED for one in first], bool)
        with np.errstate(over="ignore", invalid="ignore"):  # what leaves the floats is no answer that somebody types
            made.append(np.where(again, np.nan, step(base)) if len(base) else base)
    values = _new(np.array(made).ravel(), known)

    def describe(at: int, others: tuple[int, ...]) -> Candidate:
        id_ = steps[at // len(first)][0]
        return _joined(first[at % len(first)], id_, *SCALE_TEXTS[id_][1:], float(values[at]), rank)

    return CandidateArray(values, describe, KIND, LEAST_DIGITS)


def _joined(one: Candidate, id_: str, meaning: str, fix: str, value: float, rank: int) -> Candidate:
    both = f"{one.meaning}; and {meaning}", f"{one.fix}; and {fix}"
    return Candidate(f"{one.id}-and-{id_}", value, rank, *both, steps=(one.id, id_))


def _new(values: Array, known: Array) -> Array:
    """The values, nan where one of `known` (sorted) is the same."""
    at = np.searchsorted(known, values)
    with np.errstate(invalid="ignore"):  # inf - inf, where neither is near
        above = np.abs(values - known[np.minimum(at, len(known) - 1)])
        below = np.abs(values - known[np.maximum(at - 1, 0)])
        same = np.minimum(above, below) <= 1e-12 * np.abs(values)
    return np.where(same | ~np.isfinite(values), np.nan, values)


# --- on data that a mistake changed -----------------------------------------------------------------------------------
def _on_other_data(
    rows: EvaluatedRows,
    singles: Sequence[Candidate],
    known: Array,
    of_rows: Callable[[EvaluatedRows], Iterator[Candidate]],
) -> CandidateArray:
    """Each mistake on data that a first one has changed."""
    found: list[tuple[Candidate, Candidate]] = []
    for name, problem, blocks in _changed(rows):
        other = evaluated_rows(problem, blocks)
        own = float(other.figures.answer)
        same = (one for one in singles if one.id == name and np.isclose(float(one.value), own, rtol=1e-9, atol=0.0))
        first = next(same, None)
        if first is not None:
            seconds = (one for one in of_rows(other) if abs(float(one.value) - own) > 1e-12 * abs(own))
            found += [(first, second) for second in seconds]
    values = _new(np.array([float(second.value) for _, second in found]), known)

    def describe(at: int, others: tuple[int, ...]) -> Candidate:
        first, second = found[at]
        return _joined(first, second.id, second.meaning, second.fix, float(values[at]), TWO_MISTAKES + 2)

    return CandidateArray(values, describe, KIND, LEAST_DIGITS)


def _changed(rows: EvaluatedRows) -> Iterator[tuple[str, Problem, Sequence[Block]]]:
    """The id of each mistake that changes data or settings, with the problem and the blocks that it leaves."""
    s, blocks, problem = rows.problem.settings, rows.blocks, rows.problem
    probs = s.scale is Scale.PROBS
    if rows.binary and s.scale is not Scale.LOGPROBS:
        turned = [replace(block, preds=1.0 - block.preds if probs else -block.preds) for block in blocks]
        yield "classes-swapped", problem, turned
    if probs and problem.form is not Form.LIKELIHOOD and s.eps is None and s.like is None and not s.normalize:
        yield "probs-as-logits", with_settings(problem, scale=Scale.LOGITS), blocks
    if rows.weighted:
        bare = [replace(block, weights=None) for block in blocks]
        yield "weights-ignored", with_settings(problem, class_weight=None, pos_weight=None), bare
    if s.focal:
        yield "focal-2", with_settings(problem, focal=0.0), blocks
    if s.smoothing:
        yield "smoothed", with_settings(problem, smoothing=0.0), blocks
