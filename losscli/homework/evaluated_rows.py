"""The evaluated rows that mistakes are computed from, in memory and in the unit of the answer.

Of a large table there are only `SummaryFigures`; `EvaluatedRows` has every row as well. `EvaluatedRows.answer` makes an
answer of the losses of the rows: it applies the weights and the reduction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from math import nan

import numpy as np

from losscli.arrays import Array, Ints
from losscli.data.blocks import Block
from losscli.enums import Form, Reduction, Scale
from losscli.evaluation.baseline import baseline
from losscli.evaluation.evaluate import evaluated
from losscli.evaluation.labels import is_label
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem, Settings
from losscli.losses.conventions import convention
from losscli.losses.focal import focal_value
from losscli.losses.functions import row_sums
from losscli.losses.table import BINARY, CATEGORICAL
from losscli.losses.targets import Binary, Classes, Soft, Targets, dense, joined
from losscli.records import record
from losscli.statistics.summary import EMPTY, Rows, Summary, summarize

Numbers = float | Array

Place = tuple[int, int | None]  # the number of a row in the source, and that of its label where it has several

LEAST_DECIMALS, MOST_DECIMALS = 4, 9  # predictions with so many decimals were rounded when they were printed

SAMPLED = 1000  # predictions whose decimals are counted


@record
class SummaryFigures:
    """The figures of a summary; `answer` is what was asked for, an array with `-r none`; `log_base` is ln of --base."""

    answer: Numbers
    mean: float
    sum: float
    n: int
    k: int
    log_base: float
    reduction: Reduction
    baselines: tuple[float, ...] = ()
    max: float = nan
    form: Form = Form.BINARY


def summary_figures(problem: Problem, s: Summary) -> SummaryFigures:
    """The figures of a summary, in the unit of the answer."""
    log_base, reduction = problem.settings.log_base, problem.settings.reduction
    average, whole, low = s.total.mean / log_base, s.total.sum / log_base, baseline(problem, s)
    answer = whole if reduction is Reduction.SUM else average
    baselines = () if low is None else (low / log_base,)
    return SummaryFigures(
        answer, average, whole, s.n, problem.k, log_base, reduction, baselines, s.spread.max / log_base, problem.form
    )


@record
class EvaluatedBlock:
    """The rows of a block that count, with their losses, and the number of rows before the block."""

    prepared: Prepared
    rows: Rows
    before: int

    @property
    def width(self) -> int:
        """How many observations a row has: in multi-label tables each cell is one."""
        return self.prepared.block.preds.shape[1] if self.prepared.raw.ndim == 1 else 1

    @property
    def places(self) -> list[Place]:
        """The place of each observation."""
        width, rows = self.width, (self.rows.row + self.before + 1).tolist()
        return [(row, at % width + 1 if width > 1 else None) for at, row in enumerate(rows)]


@record
class EvaluatedRows:
    """All rows that count: `blocks` as they were read, and `parts` what came of each.

    Arrays (n, k) have a column for each class; of one probability a row, column 0 is label 0 and column 1 label 1.
    """

    problem: Problem
    blocks: tuple[Block, ...]
    parts: tuple[EvaluatedBlock, ...]
    figures: SummaryFigures

    # --- what the rows are --------------------------------------------------------------------------------------

    @property
    def log_base(self) -> float:
        """ln of the base: what divides nats."""
        return self.figures.log_base

    @property
    def reduction(self) -> Reduction:
        """How the losses of the rows become the answer; `with_mean` changes it."""
        return self.figures.reduction

    @property
    def scale(self) -> Scale:
        """What the predictions are."""
        return self.problem.settings.scale

    @property
    def binary(self) -> bool:
        """Whether a row is one label and the prediction of the positive class."""
        return self.problem.form is Form.BINARY

    @property
    def categorical(self) -> bool:
        """Whether a row has a prediction for each class."""
        return self.problem.form is Form.CATEGORICAL

    @cached_property
    def hard(self) -> bool:
        """Whether every label is one class."""
        return bool(((self.labels == 0.0) | (self.labels == 1.0)).all())

    @property
    def weighted(self) -> bool:
        """Whether rows, classes or the positive term have weights."""
        s = self.problem.settings
        return self.weight is not None or s.class_weight is not None or s.pos_weight is not None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, numbers where they have none."""
        return self.problem.names.names if self.problem.names else tuple(map(str, range(self.problem.k)))

    @property
    def width(self) -> int:
        """How many observations a row has; see `EvaluatedBlock.width`."""
        return self.parts[0].width if self.parts else 1

    @cached_property
    def n(self) -> int:
        """The number of observations that count."""
        return len(self.loss)

    @cached_property
    def places(self) -> list[Place]:
        """The place of each observation."""
        return [place for part in self.parts for place in part.places]

    @cached_property
    def conditioned(self) -> Array:
        """The predictions as the kernel takes them, (n,) or (n, k)."""
        return np.concatenate([part.prepared.conditioned for part in self.parts])

    @cached_property
    def raw(self) -> Array:
        """The predictions as they were read."""
        return np.concatenate([part.prepared.raw for part in self.parts])

    @cached_property
    def labels(self) -> Array:
        """The probability of each class in the label, without weights or smoothing, (n, k)."""
        return self._by_class([part.prepared.unweighted for part in self.parts])

    @cached_property
    def coefficients(self) -> Array:
        """The factor of -ln p of each class, which includes smoothing and class weights, (n, k)."""
        return self._by_class([part.prepared.targets for part in self.parts])

    def _by_class(self, parts: Sequence[Targets]) -> Array:
        whole = joined(parts)
        if isinstance(whole, Binary):
            return np.column_stack([whole.negative, whole.positive])
        return dense(whole, (self.n, self.problem.k))

    @property
    def y(self) -> Array:
        """The labels in the shape of the predictions: y (n,), or label probabilities (n, k)."""
        return self.labels if self.categorical else self.labels[:, 1]

    @cached_property
    def loss(self) -> Array:
        """The loss of each row without its sample weight, (n,)."""
        return np.concatenate([part.rows.loss for part in self.parts]) / self.log_base

    @cached_property
    def loss_without_focal(self) -> Array:
        """The loss of each row without its sample weight and without a focal factor, (n,)."""
        return row_sums(self.terms)

    @cached_property
    def weight(self) -> Array | None:
        """Sample weights, or None."""
        found = [part.rows.weight for part in self.parts if part.rows.weight is not None]
        return np.concatenate(found) if found else None

    @cached_property
    def weights(self) -> Array:
        """Sample weights, 1 where there are none."""
        return np.ones(self.n) if self.weight is None else self.weight

    @cached_property
    def weighed_loss(self) -> Array:
        """The loss of each row times its sample weight, (n,)."""
        return times(self.weights, self.loss)

    @cached_property
    def divisor_weights(self) -> Array:
        """The part of each row in the divisor of the mean, (n,)."""
        return _divisor_weights([part.rows for part in self.parts])

    @cached_property
    def divisor(self) -> float:
        """The divisor of the mean."""
        return float(self.divisor_weights.sum())

    # --- functions of the predictions -----------------------------------------------------------------------------

    @cached_property
    def costs(self) -> Array:
        """-log of the probability of each class, (n, k)."""
        return self._costs_of(self.conditioned)

    def _costs_of(self, predictions: Array) -> Array:
        n = len(predictions)
        ones, zeros = np.ones(n), np.zeros(n)
        if self.categorical:
            kernel = CATEGORICAL[self.scale]
            costs = [kernel.value(Classes(np.full(n, k), ones), predictions) for k in range(predictions.shape[1])]
        else:
            costs = [
                BINARY[self.scale].value(label, predictions) for label in (Binary(zeros, ones), Binary(ones, zeros))
            ]
        return np.column_stack(costs) / self.log_base

    @cached_property
    def probs(self) -> Array:
        """The probability of each class, (n, k)."""
        found = np.exp(-self.costs * self.log_base)
        if self.scale is not Scale.PROBS:
            return found
        if self.categorical:
            return self.conditioned  # a round trip through the logarithm would move ties of rounding
        found[:, 1] = self.conditioned
        return found

    @property
    def p(self) -> Array:
        """The predictions as probabilities: of label 1 (n,), or (n, k)."""
        return self.probs if self.categorical else self.probs[:, 1]

    @cached_property
    def terms(self) -> Array:
        """The term of each class in the loss of its row, without a focal factor: -y log p, (n, k)."""
        return times(self.coefficients, self.costs)

    @cached_property
    def p_true(self) -> Array:
        """The probability of the true label, (n,)."""
        return row_sums(self.labels * self.probs)

    @cached_property
    def misses(self) -> tuple[Array, ...]:
        """1 where the most probable class is not the label, (n,); both ways where a probability is exactly 0.5."""
        if self.categorical:
            return ((self.probs.argmax(axis=1) != self.labels.argmax(axis=1)).astype(np.float64),)
        label = self.y >= 0.5
        ways = [(self.p >= 0.5) != label, (self.p > 0.5) != label]
        return tuple(way.astype(np.float64) for way in (ways if (self.p == 0.5).any() else ways[:1]))

    @cached_property
    def half_unit(self) -> float:
        """Half a unit of the last decimal of the predictions; 0 where they are meant exactly.

        They are rounded where most of them have four decimals or more, as if they were printed; 0.8 is meant exactly.
        """
        cells = self.raw.ravel()[:SAMPLED].tolist()
        decimals = [_decimals(cell) for cell in cells if cell not in (0.0, 1.0)]
        usual = Counter(decimals).most_common(1)[0][0] if decimals else 0
        printed = 2 * sum(count >= LEAST_DECIMALS for count in decimals) > len(decimals) > 0
        return 0.5 * 10.0**-usual if printed and LEAST_DECIMALS <= usual <= MOST_DECIMALS else 0.0

    def moved(self, predictions: Array, signs: Array) -> Array:
        """Predictions moved by half a unit of their last decimal, up or down; probabilities stay within (0, 1)."""
        found = predictions + self.half_unit * signs
        if self.scale is not Scale.PROBS:
            return found
        return np.where((found <= 0.0) | (found >= 1.0), predictions - self.half_unit * signs, found)

    @cached_property
    def band(self) -> Numbers:
        """How far the answer to the predictions before they were rounded may be from that to the rounded ones.

        To first order: sum |dloss/dp| times half a unit of each prediction, by the weights of the rows.
        """
        if not self.half_unit or np.isinf(self.loss).any():
            return 0.0
        plain, off = self.loss_of(self.conditioned, self.scale), np.zeros(self.n)
        width = self.conditioned.shape[1] if self.categorical else 1
        for at in range(width):
            signs = np.zeros(self.conditioned.shape)
            signs[(..., at) if self.categorical else ...] = 1.0
            both = [self.loss_of(self.moved(self.conditioned, way * signs), self.scale) for way in (1.0, -1.0)]
            off += np.max([np.abs(loss - plain) for loss in both], axis=0)
        return self.answer(np.where(np.isfinite(off), off, 0.0))

    def shaken(self, rng: np.random.Generator) -> "EvaluatedRows":
        """The rows with each prediction moved by half a unit of its last decimal, up or down at random."""
        blocks = [
            replace(block, preds=self.moved(block.preds, rng.choice(np.array([-1.0, 1.0]), block.preds.shape)))
            for block in self.blocks
        ]
        return evaluated_rows(self.problem, blocks)

    def loss_of(self, predictions: Array, scale: Scale = Scale.PROBS, at: Ints | slice = slice(None)) -> Array:
        """The losses (n,) of other predictions with the same settings; `at` are their rows."""
        cells, labels = self.coefficients[at], self.labels[at]
        targets: Targets
        plain: Targets
        if self.categorical:
            kernel = (self.problem.kernels if self.problem.convention.focal_by_class else CATEGORICAL)[scale]
            targets, plain = Soft(cells), Soft(labels)
        else:
            kernel = BINARY[scale]
            targets = Binary(cells[:, 1], cells[:, 0], self.problem.convention.cap)
            plain = Binary(labels[:, 1], labels[:, 0])
        loss = kernel.value(targets, predictions)
        if self.problem.focal:
            loss = focal_value(loss, kernel.value(plain, predictions), self.problem.focal)
        return loss / self.log_base

    # --- from rows to the answer ----------------------------------------------------------------------------------

    def answer(self, losses: Array) -> Numbers:
        """The answer to losses (n,) of the rows: weighted and reduced."""
        value = times(self.weights, losses)
        return value if self.reduction is Reduction.NONE else self.divided(float(value.sum()))

    def divided(self, total: float) -> float:
        """The answer to a sum of weighted losses."""
        return total if self.reduction is Reduction.SUM else total / self.divisor

    def averages(self, metric: Array) -> tuple[Numbers, ...]:
        """A metric (n,) reduced as the losses are; where there are weights, then also without them."""
        if self.reduction is Reduction.NONE:
            return (metric,)
        summed = self.reduction is Reduction.SUM
        plain = float(metric.sum()) / (1.0 if summed else self.n)
        if self.weight is None:
            return (plain,)
        return float((self.weights * metric).sum()) / (1.0 if summed else float(self.weights.sum())), plain

    def answer_with(self, **settings: object) -> Numbers:
        """The answer with other settings."""
        return self.answer_to(with_settings(self.problem, **settings))

    def answer_to(self, problem: Problem, weights: bool = True) -> Numbers:
        """The answer to another problem on the same blocks, with or without sample weights; nan if the divisor is 0."""
        parts = [evaluated(problem, block)[1] for block in self.blocks]
        parts = parts if weights else [part._replace(weight=None, divisor_weight=None) for part in parts]
        value = np.concatenate([part.value for part in parts]) / self.log_base
        if self.reduction is Reduction.NONE:
            return value
        divisor = 1.0 if self.reduction is Reduction.SUM else float(_divisor_weights(parts).sum())
        return float(value.sum()) / divisor if divisor else nan

    def ignored(self) -> tuple[Array, Array]:
        """Of the ignored rows, without those left out: -log of the last class, which index -1 picks, and the weight."""
        costs, weights, label = [], [], self.problem.settings.labels.ignore
        for block in self.blocks:
            gone = is_label(block.labels[0], label) if label is not None else np.zeros(len(block.preds), bool)
            gone = gone if block.keep is None else gone & block.keep
            costs.append(self._costs_of(block.preds[gone])[:, -1])
            weights.append(np.ones(int(gone.sum())) if block.weights is None else block.weights[gone])
        return np.concatenate(costs), np.concatenate(weights)


def _decimals(value: float) -> int:
    digits, _, power = repr(value).partition("e")
    return max(0, len(digits.partition(".")[2].rstrip("0")) - int(power or 0))


def times(coefficient: Array, cost: Array) -> Array:
    """coefficient * cost, which is 0 where the coefficient is 0 and the cost infinite."""
    with np.errstate(invalid="ignore"):  # 0 times inf is set in the next line
        return np.where(coefficient == 0.0, 0.0, coefficient * cost)


def minus_log(p: Array, log_base: float = 1.0) -> Array:
    """-log p; inf at 0."""
    with np.errstate(divide="ignore"):  # ln 0 is a sure miss
        return 0.0 - np.log(p) / log_base


def with_mean(rows: EvaluatedRows) -> EvaluatedRows:
    """The rows as if the mean had been asked for."""
    return replace(rows, figures=replace(rows.figures, answer=rows.figures.mean, reduction=Reduction.MEAN))


def in_nats(rows: EvaluatedRows) -> EvaluatedRows:
    """The rows as if the natural logarithm had been asked for."""
    f, log_base = rows.figures, rows.log_base
    plain = replace(
        f,
        answer=f.answer * log_base,
        mean=f.mean * log_base,
        sum=f.sum * log_base,
        log_base=1.0,
        baselines=tuple(low * log_base for low in f.baselines),
        max=f.max * log_base,
    )
    settings = replace(rows.problem.settings, base=None)
    return replace(rows, problem=replace(rows.problem, settings=settings), figures=plain)


def evaluated_rows(problem: Problem, blocks: Sequence[Block]) -> EvaluatedRows:
    """The rows of the blocks of a table, evaluated."""
    parts, before = list[EvaluatedBlock](), 0
    for block in blocks:
        parts.append(EvaluatedBlock(*evaluated(problem, block), before))
        before += block.rows
    figures = summary_figures(problem, sum((summarize(part.rows) for part in parts), EMPTY))
    if problem.settings.reduction is Reduction.NONE:
        losses = np.concatenate([part.rows.value for part in parts]) / figures.log_base
        figures = replace(figures, answer=losses)
    rows = EvaluatedRows(problem, tuple(blocks), tuple(parts), figures)
    if not figures.baselines:
        return rows
    positives = rows.y.mean(axis=0)
    shares = positives if positives.ndim else np.array([1.0 - positives, positives])
    entropy = float(times(shares, minus_log(shares)).sum()) / figures.log_base  # without any weights
    return replace(rows, figures=replace(figures, baselines=tuple(dict.fromkeys((*figures.baselines, entropy)))))


def with_settings(problem: Problem, **changes: object) -> Problem:
    """The problem with other settings."""
    settings: Settings = replace(problem.settings, **changes)  # type: ignore[arg-type]  # checked there
    rule = convention(settings.like, problem.form, settings.scale, settings.eps, settings.normalize, problem.epsilon)
    return replace(problem, settings=settings, convention=rule)


def _divisor_weights(parts: Sequence[Rows]) -> Array:
    return np.concatenate(
        [np.ones(len(part.loss)) if part.divisor_weight is None else part.divisor_weight for part in parts]
    )
