"""From a table to its losses: blocks go through a kernel, in order, in a few threads.

`in_order` says where in the source a fault is. Nothing here depends on where a block begins or ends.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from losscli.conventions import Convention
from losscli.errors import DataError, Fault, shown
from losscli.exact import ratio
from losscli.kinds import Form, Scale
from losscli.losses import Targets, focal_value
from losscli.pose import Array, Posed, binary_targets, hard_targets, pose
from losscli.problem import Problem
from losscli.reading.blocks import Block, Chunk, Table, located
from losscli.summary import EMPTY, Rows, Summary, frequencies, summarize

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
MOST_THREADS = 4  # more only wait for each other, and each holds a block or two
MOST_PROCESSES = 8


def evaluated(problem: Problem, block: Block) -> tuple[Posed, Rows]:
    """The block posed, and its losses."""
    posed = pose(problem, block)
    loss = _value(problem, posed)
    if problem.settings.focal:
        plain = problem.kernel.value(posed.unit, posed.fed)
        loss = focal_value(loss, plain, problem.settings.focal)
    return posed, replace(posed.rows, loss=loss)


def _value(problem: Problem, posed: Posed) -> Array:
    rule = problem.convention
    if rule.rescale and rule.clip is None and problem.settings.scale is Scale.PROBS:
        # Rescaled probabilities are the softmax of logarithms, which keeps the digits of a loss near 0 that p loses.
        with np.errstate(divide="ignore"):  # ln 0 is -inf, a logit of no chance at all
            return problem.settings.loss.kernels[problem.form][Scale.LOGITS].value(posed.targets, np.log(posed.given))
    return problem.kernel.value(posed.targets, posed.fed)


def in_order(table: Table, work: Callable[[Block], T], threads: int = 1) -> Iterator[tuple[T, int]]:
    """What `work` makes of each block, in the order of the source, with the number of rows before the block.

    A Fault, from reading or from `work`, becomes the DataError that says where it is.
    """
    rows = lines = 0
    for block, result, fault in _mapped(partial(_worked, work), table.chunks, threads):
        if fault is not None:
            raise located(table, fault, block, rows, lines)
        assert result is not None
        yield result, rows
        rows, lines = rows + block.rows, lines + block.lines


def summary_of(problem: Problem, table: Table, full: bool = True, threads: int = 1) -> Summary:
    """The summary of a whole table; refuses one that leaves nothing to average."""
    summary = _in_parts(problem, table, full, threads) or _folded(problem, full, threads, table)
    refuse_nothing(problem, summary, table.name)
    return summary


def _in_parts(problem: Problem, table: Table, full: bool, count: int) -> Summary | None:
    """The summary by a process for each part of a plain file, which is quicker than threads; None if not possible."""
    from losscli.parallel import available, in_processes

    parts = table.parts(min(count, MOST_PROCESSES)) if count > 1 and available() else None
    summaries = in_processes(partial(_folded, problem, full, 1), parts) if parts else None
    return reduce(add, summaries) if summaries else None


def _folded(problem: Problem, full: bool, threads: int, table: Table) -> Summary:
    def work(block: Block) -> Summary:
        return summarize(evaluated(problem, block)[1], full)

    return reduce(add, (result for result, _ in in_order(table, work, threads)), EMPTY)


def refuse_nothing(problem: Problem, summary: Summary, name: str) -> None:
    """A mean over nothing is undefined, and undefined is an error."""
    where = f"{name}: " if name and name not in ("labels", "predictions", "the list") else ""
    if summary.n == 0:
        if summary.ignored:
            raise DataError(f"{where}all rows are ignored")
        raise DataError(f"{where}" + ("all rows are dropped" if summary.dropped else "the input is empty"))
    if summary.share == 0:
        raise DataError(f"{where}the weights sum to 0")
    first, last = summary.others or ("", "")
    if problem.settings.positive is not None and not summary.hits and first != last:
        labels = f"{shown(first)}, {shown(last)}"
        raise DataError(f"{where}no label is {shown(problem.settings.positive)} (--positive); there are {labels}")


def baseline(problem: Problem, summary: Summary) -> float | None:
    """The mean loss of always predicting the (weighted) label frequencies: the entropy of the labels, in nats.

    The kernel itself is asked, with each class in turn as the label, and the mean divides as it does for the data, so
    that weights, smoothing and the focal factor have their part. None where there are no labels.
    """
    chances = np.array(frequencies(summary))
    if not len(chances):
        return None
    plain = replace(problem.settings, eps=None, like=None, normalize=False, scale=Scale.PROBS)
    asked = replace(problem, settings=plain, convention=Convention())
    kernel = plain.loss.kernels[problem.form][Scale.PROBS]
    targets: Targets
    unit: Targets
    if problem.form is Form.BINARY:
        targets, unit, _ = binary_targets(asked, np.array([0.0, 1.0]))
        cells = np.full(2, chances[1])
    else:
        targets, unit, _ = hard_targets(asked, np.arange(len(chances)))
        cells = np.tile(chances, (len(chances), 1))
    costs = kernel.value(targets, cells)
    if plain.focal:
        costs = focal_value(costs, kernel.value(unit, cells), plain.focal)
    mass = np.array([ratio(part, summary.share) for part in summary.mass])
    return float((mass[mass > 0.0] * costs[mass > 0.0]).sum())


def _worked(work: Callable[[Block], T], chunk: Chunk) -> tuple[Block, T | None, Fault | None]:
    block = chunk()
    try:
        return block, work(block), block.fault
    except Fault as fault:
        return block, None, fault


def _mapped(work: Callable[[Chunk], T], chunks: Iterable[Chunk], threads: int) -> Iterator[T]:
    """`map` in a few threads, with few results waiting so that memory stays flat."""
    if threads <= 1:
        yield from map(work, chunks)
        return
    from concurrent.futures import ThreadPoolExecutor

    threads = min(threads, MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > threads + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
