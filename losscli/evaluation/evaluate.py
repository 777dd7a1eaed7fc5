"""From a table to its losses and their figures: blocks go through a kernel, in order, in a few threads or processes.

`summary_of` is the way in: `folded` adds up what `evaluated` makes of each block, and `in_order` says where in the
source a fault is. Nothing here depends on where a block begins or ends.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial, reduce
from math import exp, floor, inf, log
from operator import add
from typing import TypeVar, cast

from losscli.data.blocks import Block
from losscli.data.reasons import REASONS
from losscli.data.table import Table, worked
from losscli.engines.local import MOST_PROCESSES, in_parts, in_threads
from losscli.enums import Reduction, Scale
from losscli.errors import DataError, Quoted, shown
from losscli.evaluation.baseline import baseline
from losscli.evaluation.prepare import HARD, Prepared, prepare
from losscli.evaluation.problem import Problem
from losscli.evaluation.scores import EVEN, scores_of
from losscli.losses.rows import row_loss
from losscli.records import record
from losscli.statistics.exact import ONE, ratio
from losscli.statistics.intervals import interval
from losscli.statistics.summary import (
    EMPTY,
    DecidedScores,
    Rows,
    Summary,
    divisor,
    label_entropy,
    standard_error,
    std,
    summarize,
)

T = TypeVar("T")
M = TypeVar("M")  # what can be added, in the order of the source: a monoid


def evaluated(problem: Problem, block: Block, scores: Collection[str] = ()) -> tuple[Prepared, Rows]:
    """The block prepared, and its losses, with the scores (see `SCORES`) that are wanted."""
    prepared = prepare(problem, block)
    kernel, v = problem.kernel, prepared.conditioned
    if prepared.logarithms is not None:
        kernel, v = problem.kernels[Scale.LOGPROBS], prepared.logarithms
    loss = row_loss(kernel, prepared.targets, prepared.focus, v, problem.focal)
    found = scores_of(problem, prepared, scores) if scores else {}
    return prepared, prepared.rows._replace(loss=loss, scores=found)


def in_order(table: Table, work: Callable[[Block], T]) -> Iterator[tuple[T, int]]:
    """What `work` makes of each block, in the order of the source, with the number of rows before the block.

    A RowError, from reading or from `work`, becomes the DataError that says where it is.
    """
    rows, end = 0, None
    chunks = table.chunks()
    results = in_threads(partial(worked, work), chunks, table.threads)
    try:
        for block, result, fault in results:
            if fault is not None:
                raise block.after(end).error(fault)
            assert result is not None
            yield result, rows
            rows, end = rows + block.rows, block.end_after(end)
    finally:
        for generator in (results, chunks):
            if isinstance(generator, Generator):
                generator.close()  # and the file that is being read


def summary_of(problem: Problem, table: Table, full: bool = True, scores: Collection[str] = ()) -> Summary:
    """The summary of a whole table; refuses one that leaves nothing to average."""
    summary = folded(table, partial(_summarized, problem, full, scores), EMPTY)
    refuse_nothing(problem, summary, table.name)
    return summary


def _summarized(problem: Problem, full: bool, scores: Collection[str], block: Block) -> Summary:
    return summarize(evaluated(problem, block, scores)[1], full)


def folded(table: Table, work: Callable[[Block], M], empty: M) -> M:
    """What `work` makes of the blocks, added up in the order of the source; the same wherever blocks end.

    Parts of a plain file go to a process each where that is possible, as it is quicker than threads; those of a table
    that has a cluster go there.
    """
    if table.cluster is not None:
        from losscli.evaluation.cluster import folded_on_cluster

        return cast(M, folded_on_cluster(table, work, empty))
    ranges = table.reader.ranges(min(table.threads, MOST_PROCESSES)) if table.threads > 1 else ()
    parts = [table.part(low, high) for low, high in ranges]
    found = in_parts(partial(_added_up, work, empty), parts, (DataError, Quoted)) if parts else None
    return reduce(add, found) if found else _added_up(work, empty, table)


def _added_up(work: Callable[[Block], M], empty: M, table: Table) -> M:
    total = None
    for result, _ in in_order(table, work):
        total = result if total is None else add(total, result)
    return empty if total is None else total


def balanced_weights(problem: Problem, table: Table) -> tuple[float, ...]:
    """The weight n / (K n_k) of each class, from the labels of the rows that count; soft labels count in part."""
    summary = folded(table, partial(_counted, problem, table.schema.width), EMPTY)
    refuse_nothing(problem, summary, table.name)
    return weights_of_counts(problem, [ratio(part, ONE) for part in summary.label_weights])


def _counted(problem: Problem, width: int, block: Block) -> Summary:
    bare = replace(block, weights=None, preds=block.preds[:, :width])
    return summarize(evaluated(problem, bare)[1], full=False)


def weights_of_counts(problem: Problem, counts: Sequence[float]) -> tuple[float, ...]:
    """The weight n / (K n_k) of each class by the number of its rows (k,); a class without rows needs none."""
    n, k = sum(counts), len(counts)
    if problem.settings.smoothing and not all(counts):
        name = problem.names.names[counts.index(0.0)] if problem.names else str(counts.index(0.0))
        raise DataError(f"no row is of class {shown(name)}, so --class-weight balanced has no weight for it")
    return tuple(n / (k * count) if count else 1.0 for count in counts)


def refuse_nothing(problem: Problem, summary: Summary, name: str) -> None:
    """Refuse a table without rows or without weight, and one whose labels or predictions are the wrong ones."""
    where = f"{name}: " if name and name not in ("labels", "predictions", "the list") else ""
    if summary.n == 0:
        reasons = " or ".join(one.all_rows for one in REASONS if summary.counts.left_out.get(one.key))
        raise DataError(f"{where}all rows are {reasons}" if reasons else f"{where}the input is empty")
    if summary.total.divisor == 0:
        raise DataError(f"{where}the weights sum to 0")
    if problem.decision is not None and summary.decided is not None:
        _refuse_scores_of_decisions(problem, problem.decision[0], summary.decided, where)
    positive = summary.positive
    if positive is not None and not positive.n and positive.others and positive.others[0] != positive.others[1]:
        labels = ", ".join(map(shown, positive.others))
        raise DataError(
            f"{where}no label is {shown(problem.settings.labels.positive or '')} (--positive); there are {labels}"
        )


def _refuse_scores_of_decisions(problem: Problem, column: str, scores: DecidedScores, where: str) -> None:
    """Refuse scores that are those of the label in a column of decisions, and not those of the positive label.

    No threshold on the score of the positive label decides for another label at a higher score than for the positive
    one. Where no score is below that of even odds there may be a threshold; a user who chooses the column says so.
    Decisions that may be those of another model tell only where no score is below that.
    """
    even = EVEN[problem.settings.scale]
    if not scores.known or scores.highest_other <= even or (problem.likely and scores.lowest < even):
        return
    what = f"{where}the predictions belong to the label in {shown(column)}"
    if scores.highest_other > scores.lowest_positive:
        positive = shown(problem.settings.labels.positive or "1")
        shows = f"another label has {scores.highest_other:g} there, but {positive} has {scores.lowest_positive:g}"
        raise DataError(f"{what}: {shows}; give those of {positive}, or leave out the column {shown(column)}")
    if scores.lowest >= even and not problem.chosen:
        least = f"{even:.4g}"
        raise DataError(f"{what}: all are at least {least}; give those of the positive label, or choose with -p")


# --- figures ---------------------------------------------------------------------------------------------------------
@record
class Figures:
    """The figures of a summary in the unit of the answer; each is computed when it is first asked for."""

    problem: Problem
    summary: Summary

    @property
    def value(self) -> float:
        """The answer: the mean, or the sum where that was asked for."""
        return self.sum if self.problem.settings.reduction is Reduction.SUM else self.mean

    @property
    def n(self) -> int:
        """How many observations there are."""
        return self.summary.n

    @cached_property
    def divisor(self) -> float:
        """What the mean divides by."""
        return divisor(self.summary)

    @cached_property
    def sum(self) -> float:
        """The sum of the weighted losses."""
        return self.summary.total.sum / self.problem.settings.log_base

    @cached_property
    def mean(self) -> float:
        """The sum over the divisor."""
        return self.summary.total.mean / self.problem.settings.log_base

    @property
    def std(self) -> float:
        """See `summary.std`."""
        return std(self.summary) / self.problem.settings.log_base

    @cached_property
    def se(self) -> float:
        """The standard error of the mean."""
        return standard_error(self.summary) / self.problem.settings.log_base

    @property
    def low(self) -> float:
        """Where the interval of the mean begins."""
        return self._interval[0]

    @property
    def high(self) -> float:
        """Where the interval of the mean ends."""
        return self._interval[1]

    @cached_property
    def _interval(self) -> tuple[float, float]:
        s, unit = self.summary, self.problem.settings.log_base
        low, high = interval(s.total.mean, standard_error(s), s.spread.counted, self.problem.settings.level)
        return low / unit, high / unit

    @property
    def min(self) -> float:
        """The lowest loss of an observation."""
        return self.summary.spread.min / self.problem.settings.log_base

    @property
    def max(self) -> float:
        """The highest loss of an observation."""
        return self.summary.spread.max / self.problem.settings.log_base

    @property
    def accuracy(self) -> float | None:
        """The share (by weight) of rows predicted correctly; None where a label is soft, or there are none."""
        return self._score("accuracy") if HARD in self.summary.traits else None

    @property
    def brier(self) -> float | None:
        """The mean squared error of the probabilities; None without labels."""
        return self._score("brier")

    def _score(self, name: str) -> float | None:
        return self.summary.scores[name].mean if name in self.summary.scores else None

    @property
    def baseline(self) -> float | None:
        """The mean loss of always predicting the label frequencies; None without labels."""
        return None if self._baseline is None else self._baseline / self.problem.settings.log_base

    @cached_property
    def _baseline(self) -> float | None:
        return baseline(self.problem, self.summary)

    @property
    def normalized(self) -> float | None:
        """mean / baseline, the normalized entropy (He et al. 2014); None where the baseline is 0 or infinite."""
        return self.summary.total.mean / self._baseline if self._baseline and self._baseline < inf else None

    @property
    def perplexity(self) -> float | None:
        """b^mean, b being the base of the logarithm; None where the loss has no logarithm."""
        if not self.problem.settings.loss.log_loss:
            return None
        try:
            return exp(self.summary.total.mean)
        except OverflowError:
            return inf

    @property
    def log_likelihood(self) -> float | None:
        """-sum; None where the loss has no logarithm."""
        return 0.0 - self.sum if self.problem.settings.loss.log_loss else None

    @property
    def likelihood(self) -> float | str:
        """exp(-sum) of the losses in nats; by its power of ten where a float would be 0."""
        nats = self.sum * self.problem.settings.log_base
        value = exp(-nats) if nats < 1e6 and nats > -700 else 0.0
        if value > 1e-300 or nats == inf:
            return value
        power = floor(-nats / log(10.0))
        digits, carried = f"{10.0 ** (-nats / log(10.0) - power):.5e}".split("e")  # 9.999996 becomes 1.00000e+01
        return f"{digits}e{power + int(carried)}"

    @cached_property
    def label_entropy(self) -> float | None:
        """The mean entropy of the label probabilities, the lowest mean that they allow; None for hard labels."""
        entropy = label_entropy(self.summary)
        return None if entropy is None else entropy / self.problem.settings.log_base

    @property
    def kl_divergence(self) -> float | None:
        """mean - label entropy; None for hard labels."""
        entropy = label_entropy(self.summary)
        return None if entropy is None else (self.summary.total.mean - entropy) / self.problem.settings.log_base
