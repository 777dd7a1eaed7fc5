"""Prepare a block for its kernel: read the labels, check the predictions, drop ignored rows, rescale and clip.

Nothing depends on where a block begins or ends. Of several faults in a block, the one in the first row is raised.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import NamedTuple

import numpy as np

from losscli.arrays import Array, Flags, Ints
from losscli.data.blocks import Block, take
from losscli.data.categorical import Categorical, Column, take_cells
from losscli.data.cells import canonical
from losscli.data.reasons import IGNORED_LABEL
from losscli.enums import Form, Scale
from losscli.errors import RowError
from losscli.evaluation.labels import binary, is_label, same_label, soft
from losscli.evaluation.problem import Problem
from losscli.evaluation.validation import prediction_faults, raise_first, weight_faults
from losscli.losses.conventions import clipped, log_clipped, log_rescaled, rescaled
from losscli.losses.functions import row_sums
from losscli.losses.targets import Binary, Classes, Soft, Targets
from losscli.statistics.summary import DecidedScores, PositiveLabel, RowCounts, Rows, extremes

Labels = Array | Ints  # numbers in [0, 1], class numbers, or label probabilities (n, k)

# Traits: what is true of all rows of a block. A table has a trait where each of its blocks has it.
DECIDED, UNIT_RANGE, HARD, WITHOUT_FIRST = "decided", "unit range", "hard labels", "without the first class"
WORDS = "labels that are words"
_FIRST_CELLS = 256  # which are looked at before all cells are


class Prepared(NamedTuple):
    """The rows of a block that count, as a kernel takes them: observations (n,) or (n, k).

    `block` has only these rows, and `row` has their numbers in the block as it was read. `raw` are the predictions of
    the source, `conditioned` those after rescaling and clipping, of which the loss is computed. `logarithms` are the
    logarithms of rescaled probabilities, which keep the digits that a probability next to 1 loses. `unweighted` are the
    targets without weights and smoothing, `focus` the labels whose p_t the focal factor takes.
    """

    block: Block
    row: Ints
    targets: Targets
    unweighted: Targets
    focus: Targets
    raw: Array
    conditioned: Array
    rows: Rows
    logarithms: Array | None = None


def prepare(problem: Problem, block: Block) -> Prepared:
    """The block prepared for its kernel; raises its first RowError, if there is one."""
    counted, row, ignored = _counted(problem, block)
    labels: Labels = np.empty(0)
    fault = None
    try:
        labels = _LABELS[problem.form](problem, counted)
    except RowError as error:
        fault = error
    try:
        raise_first(fault, prediction_faults(problem, counted), weight_faults(counted))
    except RowError as error:
        raise replace(error, row=int(row[error.row]) if len(row) else 0) from None
    left_out = {**block.left_out, IGNORED_LABEL.key: ignored} if ignored else block.left_out
    return _PREPARERS[problem.form](problem, counted, row, labels, RowCounts(block.rows, left_out))


def _counted(problem: Problem, block: Block) -> tuple[Block, Ints, int]:
    """The rows that count, less the ignored ones; which they are; and how many are ignored."""
    label, keep, ignored = problem.settings.labels.ignore, block.keep, 0
    if label is not None and len(block.labels) == 1:
        gone = is_label(block.labels[0], label)
        gone = gone if keep is None else gone & keep
        ignored = int(np.count_nonzero(gone))
        if ignored:
            keep = ~gone if keep is None else keep & ~gone
    if keep is None:
        return block, block.kept, 0
    row = np.flatnonzero(keep)
    return take(block, row), row, ignored


# --- labels into targets, for each form -------------------------------------------------------------------------------
def _binary_labels(problem: Problem, block: Block) -> Array:
    """Labels of all cells, row after row, (n*m,)."""
    columns, faults = [], []
    for place, column in enumerate(block.labels):
        try:
            columns.append(binary(column, problem.settings.labels.positive, place))
        except RowError as fault:
            faults.append(fault)
    if faults:
        raise min(faults, key=lambda fault: (fault.row, fault.column or 0))
    y = columns[0] if len(columns) == 1 else np.column_stack(columns).ravel()
    if (problem.settings.focal and not problem.convention.soft_focal) or not problem.settings.loss.soft_labels:
        _refuse_soft(problem, y, len(columns))
    return y


def _refuse_soft(problem: Problem, y: Array, width: int) -> None:
    between = (y != 0.0) & (y != 1.0)
    if between.any():
        at = int(between.argmax())
        focal = problem.settings.focal and problem.settings.loss.soft_labels
        reason = "the focal factor" if focal else problem.settings.loss.name
        instead = "; --like keras has one for soft labels" if focal and problem.settings.like is None else ""
        raise RowError(
            at // width,
            "label",
            at % width,
            f"label {canonical(float(y[at]))} is not 0 or 1; {reason} needs hard labels{instead}",
        )


def _class_labels(problem: Problem, block: Block) -> Labels:
    """Class numbers (n,), or label probabilities (n, k)."""
    assert problem.names is not None
    if len(block.labels) == 1:
        return problem.names.indices(block.labels[0])
    q = soft(block.labels)
    hard = not problem.settings.loss.soft_labels
    if (problem.settings.focal and not problem.convention.soft_focal) or hard:
        _refuse_soft(problem, np.ascontiguousarray(q).ravel(), problem.k)
    return q.argmax(axis=1) if hard else q


_LABELS: dict[Form, Callable[[Problem, Block], Labels]] = {
    Form.BINARY: _binary_labels,
    Form.CATEGORICAL: _class_labels,
    Form.LIKELIHOOD: lambda problem, block: np.ones(len(block.preds)),
}


def _prepare_binary(problem: Problem, block: Block, row: Ints, labels: Labels, counts: RowCounts) -> Prepared:
    s, width = problem.settings, block.preds.shape[1]
    y = np.asarray(labels, dtype=np.float64)
    raw = np.ascontiguousarray(block.preds).ravel()
    each = row if width == 1 else np.repeat(row, width)
    weight = block.weights if width == 1 or block.weights is None else np.repeat(block.weights, width)
    traits, decided = traits_of(problem, y, raw), None
    if problem.decision is not None and len(raw):
        decision = block.extra[problem.decision[1]]
        positive = is_label(decision, s.labels.positive or "1")
        known = bool((positive | same_label(decision, block.labels[0])).any())
        lowest, highest = raw[positive].min(initial=inf), raw[~positive].max(initial=-inf)
        decided = DecidedScores(float(raw.min()), float(lowest), float(highest), known)
    targets, unweighted, focus, factor = binary_targets(problem, y, HARD in traits)
    cells, changed = conditioned(problem, raw)
    others = None if s.labels.positive is None else _others(block.labels, s.labels.positive)
    # What each label adds to the frequency of the positive class; hard ones are only counted.
    positives = y * weight if weight is not None else y == 1.0 if HARD in traits else y
    rows = Rows(
        np.empty(0),
        each,
        weight,
        _shares(problem, weight, factor, each),
        label_weight=positives if problem.form is Form.BINARY else None,
        entropy=None if HARD in traits else _entropy(problem, y, weight),
        counts=replace(counts, clipped=changed),
        positive=None if s.labels.positive is None else PositiveLabel(int(np.count_nonzero(y)), others),
        decided=decided,
        traits=traits,
    )
    return Prepared(block, row, targets, unweighted, focus, raw, cells, rows)


def _entropy(problem: Problem, q: Array, weight: Array | None) -> Array | None:
    """The entropy (n,) of label probabilities (n, k), or of binary ones (n,), each times its weight.

    None where smoothing, the focal factor, class or positive weights change the loss.
    """
    s = problem.settings
    if not s.loss.log_loss or s.smoothing or s.focal or s.class_weight or s.pos_weight is not None:
        return None
    q = q if q.ndim == 2 else np.column_stack((q, 1.0 - q))
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 ln 0 is set to 0
        terms: Array = np.where(q > 0.0, q * np.log(q), 0.0)
    entropy = 0.0 - row_sums(terms)
    return entropy if weight is None else entropy * weight


def binary_targets(problem: Problem, y: Array, hard: bool) -> tuple[Binary, Binary, Binary, Array | None]:
    """Labels (n,) in [0, 1] as coefficients: targets, unweighted and focus, and what each row adds to the divisor.

    `hard` says that all labels are 0 or 1. A soft label adds 1 to the divisor, a hard one the weight of its class.
    """
    s, rule = problem.settings, problem.convention
    positive, negative = y, 1.0 - y
    unweighted = focus = Binary(positive, negative, plain=True, hard=hard)
    if s.smoothing:  # each by itself: 1 minus the smoothed one would lose the digits of a small part
        positive, negative = (part * (1.0 - s.smoothing) + s.smoothing / 2.0 for part in (positive, negative))
    if rule.focal_of_smoothed:
        focus = Binary(positive, negative, plain=True, hard=hard and not s.smoothing)
    if s.alpha is not None:
        balance = focus.positive * s.alpha + focus.negative * (1.0 - s.alpha)
        positive, negative = positive * balance, negative * balance
    factor = None
    if s.class_weight and rule.class_weight_by_row:
        own = np.where(np.round(y) == 1.0, s.class_weight[1], s.class_weight[0])
        positive, negative = positive * own, negative * own
    elif s.class_weight:
        factor = np.where(y == 1.0, s.class_weight[1], np.where(y == 0.0, s.class_weight[0], 1.0))
        positive, negative = positive * s.class_weight[1], negative * s.class_weight[0]
    if s.pos_weight is not None:
        width = len(s.pos_weight)
        positive = positive * (s.pos_weight[0] if width == 1 else np.tile(s.pos_weight, len(y) // width))
    plain = s.class_weight is None and s.pos_weight is None and s.alpha is None
    return Binary(positive, negative, rule.cap, plain, hard and not s.smoothing), unweighted, focus, factor


def _others(columns: tuple[Column, ...], positive: str) -> tuple[str, str] | None:
    """The first and the last of the labels that are not the positive one."""
    found: set[str] = set()
    for column in columns:
        left = take_cells(column, np.flatnonzero(~is_label(column, positive)))
        if isinstance(left, Categorical):
            found |= {canonical(left.categories[code]) for code in np.unique(left.codes).tolist()}
        elif len(left):
            found |= {canonical(float(left.min())), canonical(float(left.max()))}
    return extremes(found)


def _prepare_classes(problem: Problem, block: Block, row: Ints, labels: Labels, counts: RowCounts) -> Prepared:
    targets: Targets
    unweighted: Targets
    factor = index = label_weight = entropy = None
    if labels.ndim == 2:
        q = np.asarray(labels, dtype=np.float64)
        targets, unweighted, label_weight = _soft_targets(problem, q, block.weights)
        entropy = _entropy(problem, q, block.weights)
    else:
        index = labels.astype(np.intp, copy=False)
        targets, unweighted, factor = hard_targets(problem, index)
    raw = block.preds
    if problem.convention.rescale and problem.settings.scale is Scale.PROBS:
        raw = np.maximum(raw, 0.0)  # what is below 0 is rounding, which --eps lets pass
    cells, changed = conditioned(problem, raw)
    sums = None
    if not problem.convention.rescale and problem.settings.scale is not Scale.LOGITS:
        sums = row_sums(block.preds if problem.settings.scale is Scale.PROBS else np.exp(block.preds))
    words = {WORDS} if len(block.labels) == 1 and isinstance(block.labels[0], Categorical) else set()
    rows = Rows(
        np.empty(0),
        row,
        block.weights,
        _shares(problem, block.weights, factor, row),
        class_index=index,
        class_count=problem.k,
        label_weight=label_weight,
        sums=sums,
        entropy=entropy,
        counts=replace(counts, clipped=changed),
        traits=traits_of(problem, labels, block.preds) | words,
    )
    logarithms = log_conditioned(problem, raw)
    return Prepared(block, row, targets, unweighted, unweighted, raw, cells, rows, logarithms)


def hard_targets(problem: Problem, index: Ints) -> tuple[Classes, Classes, Array | None]:
    """Class numbers (n,) as coefficients; with and without weights and smoothing, and each row's class weight."""
    s = problem.settings
    ones = np.ones(len(index))
    weights = np.array(s.class_weight) if s.class_weight else None
    by_row = problem.convention.class_weight_by_row
    factor = None if weights is None else weights[index]
    own = ones if factor is None else factor
    every = None
    if s.smoothing:
        own = own * (1.0 - s.smoothing)
        every = (np.ones(problem.k) if weights is None or by_row else weights) * (s.smoothing / problem.k)
        every = factor[:, None] * every if factor is not None and by_row else every
    if s.alpha is not None:
        own, every = own * s.alpha, None if every is None else every * s.alpha
    return Classes(index, own, every), Classes(index, ones), None if by_row else factor


def _soft_targets(problem: Problem, q: Array, weight: Array | None) -> tuple[Soft, Targets, Array]:
    s = problem.settings
    cells = (1.0 - s.smoothing) * q + s.smoothing / problem.k if s.smoothing else q
    index = q.argmax(axis=1)
    if s.class_weight:
        weights = np.array(s.class_weight)
        cells = cells * (weights[index][:, None] if problem.convention.class_weight_by_row else weights)
    cells = cells if s.alpha is None else cells * s.alpha
    unweighted: Targets = Classes(index, np.ones(len(q))) if problem.focal else Soft(q)
    return Soft(cells), unweighted, q if weight is None else q * weight[:, None]


def _shares(problem: Problem, weight: Array | None, factor: Array | None, row: Ints) -> Array | None:
    """What each observation adds to the divisor: its sample weight, where the mean has them, times its class weight."""
    weight = None if problem.convention.mean_over_rows else weight
    if weight is None or factor is None:
        return factor if weight is None else weight
    with np.errstate(over="ignore"):  # reported below
        share = weight * factor
    bad = (share == np.inf) | ((share < np.finfo(np.float64).tiny) & (weight > 0.0) & (factor > 0.0))
    if bad.any():
        at = int(bad.argmax())
        what = f"{canonical(float(weight[at]))} times the class weight {canonical(float(factor[at]))}"
        raise RowError(int(row[at]), "weight", 0, f"{what} is beyond the range of floats; scale the weights")
    return share


# --- traits -----------------------------------------------------------------------------------------------------------
def traits_of(problem: Problem, labels: Labels, cells: Array) -> frozenset[str]:
    """The traits of the labels (n,) or (n, k) and of the predictions of a block, as they stand in the source."""
    scale, indices = problem.settings.scale, labels.dtype.kind != "f"
    traits = {
        DECIDED: scale is Scale.PROBS and _all(cells, lambda p: (p == 0.0) | (p == 1.0)),
        UNIT_RANGE: scale is Scale.LOGITS and _all(cells, lambda z: (z >= 0.0) & (z <= 1.0)),
        HARD: indices or _all(np.asarray(labels, np.float64), lambda y: (y == 0.0) | (y == 1.0)),
        WITHOUT_FIRST: indices and labels.ndim == 1 and bool((labels > 0).all()),
    }
    return frozenset(trait for trait, holds in traits.items() if holds)


def _all(cells: Array, holds: Callable[[Array], Flags]) -> bool:
    """Whether something holds for each cell; the first cells most often show that it doesn't."""
    return bool(holds(cells[:_FIRST_CELLS]).all()) and bool(holds(cells).all())


# --- conditioned predictions ------------------------------------------------------------------------------------------
def conditioned(problem: Problem, cells: Array) -> tuple[Array, int]:
    """Predictions rescaled and clipped as the convention says, and how many cells clipping changed."""
    rule = problem.convention
    if rule.rescale:
        cells = rescaled(cells, problem.settings.scale)
    return (cells, 0) if rule.clip is None else clipped(cells, rule.clip)


def log_conditioned(problem: Problem, cells: Array) -> Array | None:
    """ln of rows (n, k) of probabilities rescaled and clipped; None without rescaling or a kernel that takes them."""
    rule, settings = problem.convention, problem.settings
    if not rule.rescale or settings.scale is not Scale.PROBS or Scale.LOGPROBS not in problem.kernels:
        return None
    x = log_rescaled(cells)
    return x if rule.clip is None else log_clipped(x, rule.clip)


_PREPARERS: dict[Form, Callable[[Problem, Block, Ints, Labels, RowCounts], Prepared]] = {
    Form.BINARY: _prepare_binary,
    Form.CATEGORICAL: _prepare_classes,
    Form.LIKELIHOOD: _prepare_binary,
}
