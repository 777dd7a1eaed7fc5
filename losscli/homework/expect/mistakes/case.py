"""The data that an answer was typed for, in memory: what the catalogue computes with. The rule: nats become units here.

`Known` holds the figures of a summary, which is all that a large table leaves; `Case` holds every row as well.
A mistake on the way from rows to a number ends in `Case.reduced`, which weighs and divides as was asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan

import numpy as np
from numpy.typing import NDArray

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
from losscli.statistics.summary import Rows, Summary, mean, total

Array = NDArray[np.float64]

Figure = float | Array


@dataclass(frozen=True)
class Known:
    """The figures of a summary in the unit of the answer; `answer` is what was asked for, an array with `-r none`."""

    answer: Figure
    mean: float
    sum: float
    n: int
    k: int
    unit: float
    reduction: Reduction
    baselines: tuple[float, ...] = ()
    max: float = nan
    form: Form = Form.BINARY


def known(problem: Problem, s: Summary) -> Known:
    """What a summary tells."""
    unit = problem.settings.log_base
    low = baseline(problem, s)
    average, whole, asked = mean(s) / unit, total(s) / unit, problem.settings.reduction
    return Known(
        answer=whole if asked is Reduction.SUM else average,
        mean=average,
        sum=whole,
        n=s.n,
        k=problem.k,
        unit=unit,
        reduction=asked,
        baselines=() if low is None else (low / unit,),
        max=s.spread.max / unit,
        form=problem.form,
    )


@dataclass(frozen=True)
class Case:
    """All rows: `prepared` and `rows` are those of each block, in order; `gone` counts the ignored rows."""

    problem: Problem
    blocks: tuple[Block, ...]
    prepared: tuple[Prepared, ...]
    rows: tuple[Rows, ...]
    known: Known

    # --- what the rows are --------------------------------------------------------------------------------------

    @property
    def unit(self) -> float:
        """ln of the base: what divides nats."""
        return self.known.unit

    @property
    def reduction(self) -> Reduction:
        """How the losses of the rows become the answer; see `with_mean`."""
        return self.known.reduction

    @property
    def form(self) -> Form:
        """What one row is."""
        return self.problem.form

    @property
    def binary(self) -> bool:
        """Whether a row is one label and the prediction of the positive class."""
        return self.problem.form is Form.BINARY

    @property
    def categorical(self) -> bool:
        """Whether a row has a prediction for each class."""
        return self.problem.form is Form.CATEGORICAL

    @property
    def hard(self) -> bool:
        """Whether every label is one class."""
        return bool(((self.labels == 0.0) | (self.labels == 1.0)).all())

    @property
    def width(self) -> int:
        """How many labels a row has: 1, or more with several yes-or-no labels, each an observation of its own."""
        return self.blocks[0].preds.shape[1] if self.binary and self.blocks else 1

    @cached_property
    def n(self) -> int:
        """The number of rows that count."""
        return len(self.loss)

    @cached_property
    def places(self) -> tuple[tuple[int, int | None], ...]:
        """The number of each row in the source, and of its cell where a row has several."""
        found, before = [], 0
        for block, rows in zip(self.blocks, self.rows, strict=True):
            width = block.preds.shape[1] if not self.categorical else 1
            numbers = (rows.row + before + 1).tolist()
            found += [(row, at % width + 1 if width > 1 else None) for at, row in enumerate(numbers)]
            before += block.rows
        return tuple(found)

    @cached_property
    def conditioned(self) -> Array:
        """The predictions as the kernel takes them, (n,) or (n, k)."""
        return np.concatenate([prepared.conditioned for prepared in self.prepared])

    @cached_property
    def raw(self) -> Array:
        """The predictions as the source has them."""
        return np.concatenate([prepared.raw for prepared in self.prepared])

    @cached_property
    def labels(self) -> Array:
        """Labels without weights or smoothing: y (n,), or label probabilities (n, k)."""
        unit = joined([prepared.unweighted for prepared in self.prepared])
        return unit.positive if isinstance(unit, Binary) else dense(unit, (self.n, self.problem.k))

    @cached_property
    def coefficients(self) -> tuple[Array, Array]:
        """Binary: what multiplies -ln p and -ln(1-p), with smoothing and class weights in it."""
        whole = joined([prepared.targets for prepared in self.prepared])
        assert isinstance(whole, Binary)
        return whole.positive, whole.negative

    @cached_property
    def cells(self) -> Array:
        """Categorical: what multiplies -ln p of each cell (n, k)."""
        whole = joined([prepared.targets for prepared in self.prepared])
        assert not isinstance(whole, Binary)
        return dense(whole, (self.n, self.problem.k))

    @cached_property
    def loss(self) -> Array:
        """The loss of each row without its sample weight, in the unit of the answer."""
        return np.concatenate([rows.loss for rows in self.rows]) / self.unit

    @cached_property
    def weight(self) -> Array | None:
        """Sample weights, or None."""
        parts = [rows.weight for rows in self.rows if rows.weight is not None]
        return np.concatenate(parts) if parts else None

    @cached_property
    def weights(self) -> Array:
        """Sample weights, 1 where there are none."""
        return np.ones(self.n) if self.weight is None else self.weight

    @cached_property
    def divisor_weights(self) -> Array:
        """What each row adds to the divisor of the mean, (n,)."""
        return _divisor_weights(self.rows)

    @cached_property
    def divisor(self) -> float:
        """What the mean divides by."""
        return float(self.divisor_weights.sum())

    # --- functions of the predictions, in the unit of the answer --------------------------------------------------

    @cached_property
    def probs(self) -> Array:
        """The predictions as probabilities, (n,) or (n, k)."""
        if self.problem.settings.scale is Scale.PROBS:
            return self.conditioned  # a round trip through the logarithm would move ties of rounding
        return np.exp(-self.costs * self.unit)

    @cached_property
    def complements(self) -> Array:
        """Binary: 1-p, (n,)."""
        return np.exp(-self.complement_costs * self.unit)

    @cached_property
    def costs(self) -> Array:
        """-log p, (n,) or (n, k)."""
        if not self.categorical:
            return self._binary_cost(1.0)
        return self._all_costs(self.conditioned, self.problem.settings.scale)

    @cached_property
    def complement_costs(self) -> Array:
        """Binary: -log(1-p), (n,)."""
        return self._binary_cost(0.0)

    @cached_property
    def p_true(self) -> Array:
        """The probability given to what happened, (n,)."""
        if self.categorical:
            return row_sums(self.labels * self.probs)
        return self.labels * self.probs + (1.0 - self.labels) * self.complements

    @cached_property
    def misses(self) -> tuple[Array, ...]:
        """1 where the most probable class is not the label, (n,); both ways where a probability is exactly 0.5."""
        if self.categorical:
            return ((self.probs.argmax(axis=1) != self.labels.argmax(axis=1)).astype(np.float64),)
        label = self.labels >= 0.5
        ways = [(self.probs >= 0.5) != label, (self.probs > 0.5) != label]
        return tuple(way.astype(np.float64) for way in (ways if (self.probs == 0.5).any() else ways[:1]))

    def costs_of(self, conditioned: Array, scale: Scale = Scale.PROBS) -> Array:
        """The losses (n,) that the asked computation would have with other predictions."""
        kernel = (CATEGORICAL if self.categorical else BINARY)[scale]
        loss = kernel.value(self.targets, conditioned)
        if self.problem.settings.focal:
            loss = focal_value(loss, kernel.value(self.unit_targets, conditioned), self.problem.settings.focal)
        return loss / self.unit

    @cached_property
    def targets(self) -> Targets:
        """The coefficients of all rows."""
        cap = self.problem.convention.cap
        return Soft(self.cells) if self.categorical else Binary(*self.coefficients, cap)

    @cached_property
    def unit_targets(self) -> Targets:
        """The coefficients without weights or smoothing."""
        return Soft(self.labels) if self.categorical else Binary(self.labels, 1.0 - self.labels)

    # --- from rows to the answer ----------------------------------------------------------------------------------

    def reduced(self, rows: Array) -> Figure:
        """The losses (n,) of rows as the answer that was asked for: weighed, summed, divided."""
        value = times(self.weights, rows)
        if self.known.reduction is Reduction.NONE:
            return value
        whole = float(value.sum())
        return whole if self.known.reduction is Reduction.SUM else whole / self.divisor

    def averages(self, rows: Array) -> tuple[Figure, ...]:
        """A metric of rows (n,) as asked; with weights also without them."""
        if self.known.reduction is Reduction.NONE:
            return (rows,)
        over = 1.0 if self.known.reduction is Reduction.SUM else self.n
        plain = float(rows.sum()) / over
        if self.weight is None:
            return (plain,)
        weighed = float((self.weights * rows).sum())
        total_weight = 1.0 if self.known.reduction is Reduction.SUM else float(self.weights.sum())
        return weighed / total_weight, plain

    def again(self, **settings: object) -> Figure:
        """The answer with other settings, nan where they have no meaning here."""
        changed = replace(self.problem.settings, **settings)  # type: ignore[arg-type]  # names of fields, checked there
        return self.answer_of(_again(self.problem, changed))

    def answer_of(self, problem: Problem, weights: bool = True) -> Figure:
        """The answer to another problem on the same blocks, with or without the sample weights."""
        parts = [evaluated(problem, block)[1] for block in self.blocks]
        parts = parts if weights else [replace(rows, weight=None, divisor_weight=None) for rows in parts]
        value = np.concatenate([rows.value for rows in parts]) / self.unit
        if self.known.reduction is Reduction.NONE:
            return value
        over = 1.0 if self.known.reduction is Reduction.SUM else float(_divisor_weights(parts).sum())
        return float(value.sum()) / over if over else nan

    def ignored_costs(self) -> tuple[Array, Array]:
        """Of the ignored rows the cost of the last class and the weight: what index -1 would have picked."""
        costs, weights = [], []
        label = self.problem.settings.ignore
        for block in self.blocks:
            gone = is_label(block.labels[0], label) if label is not None else np.zeros(len(block.preds), bool)
            costs.append(self._all_costs(block.preds[gone], self.problem.settings.scale)[:, -1])
            weights.append(np.ones(int(gone.sum())) if block.weights is None else block.weights[gone])
        return np.concatenate(costs), np.concatenate(weights)

    def _binary_cost(self, label: float) -> Array:
        ones = np.full(self.n, label)
        kernel = BINARY[self.problem.settings.scale]
        return np.asarray(kernel.value(Binary(ones, 1.0 - ones), self.conditioned)) / self.unit

    def _all_costs(self, conditioned: Array, scale: Scale) -> Array:
        kernel = CATEGORICAL[scale]
        columns = [
            kernel.value(Classes(np.full(len(conditioned), at), np.ones(len(conditioned))), conditioned)
            for at in range(conditioned.shape[1])
        ]
        return np.column_stack(columns) / self.unit


def times(coefficient: Array, cost: Array) -> Array:
    """The product in which a coefficient of 0 silences an infinite cost."""
    with np.errstate(invalid="ignore"):  # 0 times inf is set in the next line
        return np.where(coefficient == 0.0, 0.0, coefficient * cost)


def minus_log(p: Array, unit: float = 1.0) -> Array:
    """-log p; inf at 0."""
    with np.errstate(divide="ignore"):  # ln 0 is a sure miss
        return 0.0 - np.log(p) / unit


def with_mean(case: Case) -> Case:
    """The case as if the mean had been asked for."""
    return replace(case, known=replace(case.known, answer=case.known.mean, reduction=Reduction.MEAN))


def in_nats(case: Case) -> Case:
    """The case as if the natural logarithm had been asked for."""
    k, unit = case.known, case.unit
    plain = replace(
        k,
        answer=k.answer * unit,
        mean=k.mean * unit,
        sum=k.sum * unit,
        unit=1.0,
        baselines=tuple(low * unit for low in k.baselines),
        max=k.max * unit,
    )
    settings = replace(case.problem.settings, base=None)
    return replace(case, problem=replace(case.problem, settings=settings), known=plain)


def case_of(problem: Problem, blocks: Sequence[Block], s: Summary) -> Case:
    """The case of some blocks whose summary is `s`."""
    pairs = [evaluated(problem, block) for block in blocks]
    rows = tuple(rows for _, rows in pairs)
    figures = known(problem, s)
    if problem.settings.reduction is Reduction.NONE:
        figures = replace(figures, answer=np.concatenate([part.value for part in rows]) / figures.unit)
    case = Case(problem, tuple(blocks), tuple(prepared for prepared, _ in pairs), rows, figures)
    if not figures.baselines:
        return case
    entropy = _label_entropy(case.labels) / figures.unit
    return replace(case, known=replace(figures, baselines=tuple({low: None for low in (*figures.baselines, entropy)})))


def _label_entropy(labels: Array) -> float:
    """The entropy of the label frequencies in nats, without any weights."""
    positives = labels.mean(axis=0)
    shares = positives if positives.ndim else np.array([1.0 - positives, positives])
    return float(times(shares, minus_log(shares)).sum())


def _again(problem: Problem, settings: Settings) -> Problem:
    rule = convention(settings.like, problem.form, settings.scale, settings.eps, settings.normalize)
    return replace(problem, settings=settings, convention=rule)


def _divisor_weights(parts: Sequence[Rows]) -> Array:
    return np.concatenate(
        [np.ones(len(rows.loss)) if rows.divisor_weight is None else rows.divisor_weight for rows in parts]
    )
