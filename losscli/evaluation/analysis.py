"""Everything beyond the mean: worst rows, groups, paired models, quantiles, calibration.

`analyze(problems, options, block)` returns an `AnalysisResult`; results add up with `+` in source order, so one pass
over any cut of the data gives the same answer. What isn't asked for costs nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from losscli.arrays import Ints
from losscli.data.blocks import Block
from losscli.data.categorical import take_cells, texts
from losscli.data.cells import is_missing
from losscli.enums import Form
from losscli.errors import RowError
from losscli.evaluation.evaluate import evaluated
from losscli.evaluation.prepare import Prepared
from losscli.evaluation.problem import Problem
from losscli.evaluation.scores import probabilities
from losscli.evaluation.validation import raise_first, weights_out_of_reach
from losscli.losses.targets import Binary, dense
from losscli.records import record
from losscli.statistics.adding import add_each, add_optional
from losscli.statistics.breakdown import Entry, Groups, Paired, Worst, grouped, paired, undefined, worst_of
from losscli.statistics.calibration import Bins, binned
from losscli.statistics.isotonic import Pairs, pairs_of
from losscli.statistics.quantiles import Quantiles, quantiles_of
from losscli.statistics.summary import EMPTY, Rows, Summary, summarize

PROBABILITY_BINS = 10  # bins of the probability of the true label


@record
class AnalysisOptions:
    """What to compute besides the mean: the number of worst rows and bins, the columns to group by and to show.

    Columns are places in a block's `extra`. 0, False and () ask for nothing. `in_order` keeps the predictions of all
    rows beside the bins: AUC and the decomposition of the loss are computed from them in order.
    """

    worst: int = 0
    show: tuple[int, ...] = ()
    by: tuple[int, ...] = ()
    most_groups: int = 1000
    bins: int = 0
    in_order: bool = True
    quantiles: bool = False
    by_probability: bool = False
    scores: tuple[str, ...] = ()  # see `scores`


@record
class Reliability:
    """Predicted probabilities against labels: in bins (of the top class, then of each class), and in order."""

    bins: Bins
    pairs: Pairs | None = None

    def __add__(self, other: "Reliability") -> "Reliability":
        return Reliability(self.bins + other.bins, add_optional(self.pairs, other.pairs))


@record
class AnalysisResult:
    """The summary of the first model, and whatever else was asked for, of any number of rows.

    `models` are the summaries of the other models and `pairs` their differences to the first. `by_probability` are the
    losses by the probability of the true label.
    """

    summary: Summary = EMPTY
    models: tuple[Summary, ...] = ()
    pairs: tuple[Paired, ...] = ()
    worst: Worst | None = None
    groups: Groups | None = None
    quantiles: Quantiles | None = None
    reliability: Reliability | None = None
    by_probability: Bins | None = None

    def __add__(self, other: "AnalysisResult") -> "AnalysisResult":
        return AnalysisResult(
            self.summary + other.summary,
            add_each(self.models, other.models),
            add_each(self.pairs, other.pairs),
            add_optional(self.worst, other.worst),
            add_optional(self.groups, other.groups),
            add_optional(self.quantiles, other.quantiles),
            add_optional(self.reliability, other.reliability),
            add_optional(self.by_probability, other.by_probability),
        )


def analyze(problems: Sequence[Problem], options: AnalysisOptions, block: Block) -> AnalysisResult:
    """The analysis of a block; the predictions of the models stand side by side in it, those of the first first."""
    first, *others = _by_model(problems, block, options.scores)
    if len(problems) > 1 or options.worst or options.by or options.bins or options.by_probability:
        raise_first(weights_out_of_reach(block, "in sums by row, group, model or bin"))
    prepared, rows = first
    groups = _groups(options, prepared, rows) if options.by else None
    return AnalysisResult(
        summarize(rows, known=groups.moments if groups else None),
        tuple(summarize(other) for _, other in others),
        tuple(_paired(rows, other) for _, other in others),
        _worst(problems[0], options, block, prepared, rows) if options.worst else None,
        groups,
        quantiles_of(rows.loss) if options.quantiles else None,
        _reliability(options, problems[0], prepared, rows) if options.bins else None,
        _by_probability(problems[0], prepared, rows) if options.by_probability else None,
    )


# --- models -----------------------------------------------------------------------------------------------------------
def _by_model(problems: Sequence[Problem], block: Block, scores: tuple[str, ...]) -> Iterator[tuple[Prepared, Rows]]:
    """The block evaluated with the predictions of each model. A fault names its column among those of all models."""
    if len(problems) == 1:
        yield evaluated(problems[0], block, scores)
        return
    width = block.preds.shape[1] // len(problems)
    for at, problem in enumerate(problems):
        try:
            yield evaluated(problem, replace(block, preds=block.preds[:, at * width : (at + 1) * width]), scores)
        except RowError as fault:
            if fault.part != "prob" or fault.column is None:
                raise
            raise replace(fault, column=fault.column + at * width) from None


def _paired(first: Rows, other: Rows) -> Paired:
    at = undefined(other.loss, first.loss, first.weight)
    if at is not None:
        what = "the losses of two models are infinite, so their difference is undefined; --eps X or --like clips"
        raise RowError(int(first.row[at]), "row", None, what)
    return paired(other.loss, first.loss, first.weight, first.divisor_weight)


# --- rows and groups --------------------------------------------------------------------------------------------------
@record
class RowDetails:
    """What is shown of a row: its label, its prediction (of the true class), the class with the largest prediction,
    cells of other columns, and which label it is where a row has many."""

    label: str | None
    prob: float | None
    predicted: str | None
    cells: tuple[str | None, ...] = ()
    column: int | None = None


def _worst(problem: Problem, options: AnalysisOptions, block: Block, prepared: Prepared, rows: Rows) -> Worst:
    values, index, width = rows.value, rows.class_index, _observations(prepared)

    def entries(places: Ints) -> tuple[Entry, ...]:
        at = places // width
        labels = _labels(prepared.block, places, at, width)
        extra = [prepared.block.extra[column].take(at) for column in options.show]
        cells = [[words.categories[code] for code in words.codes.tolist()] for words in extra]
        found = []
        for i, place in enumerate(places.tolist()):
            row, prob, top = int(rows.row[place]), None, None
            if prepared.raw.ndim == 1:
                prob = float(prepared.raw[place])
            elif index is not None:
                prob = float(prepared.raw[place, index[place]])
            if problem.names is not None:
                top = problem.names.names[int(prepared.raw[place].argmax())]
            column = place % width if width > 1 else None
            shown = tuple(None if is_missing(own[i]) else own[i] for own in cells)
            details = RowDetails(labels[i], prob, top, shown, column)
            where = block.location(row)
            found.append(Entry(float(values[place]), row, where.source, where.line, column or 0, details))
        return tuple(found)

    # Cells of several sources know their lines.
    source = None if block.sides or block.origin.files else block.origin.source
    return Worst(options.worst, block.rows, source, source, block.lines, worst_of(options.worst, values, entries))


def _observations(prepared: Prepared) -> int:
    """How many observations a row of the block is: the labels of a multi-label row are one each."""
    return prepared.block.preds.shape[1] if prepared.raw.ndim == 1 else 1


def _labels(block: Block, places: Ints, at: Ints, width: int) -> list[str | None]:
    if len(block.labels) == 1:
        return list(texts(take_cells(block.labels[0], at)))
    if len(block.labels) != width or not block.labels:
        return [None] * len(places)  # likelihoods, or rows of label probabilities
    columns = [texts(take_cells(column, at)) for column in block.labels]
    return [columns[place % width][i] for i, place in enumerate(places.tolist())]


def _groups(options: AnalysisOptions, prepared: Prepared, rows: Rows) -> Groups:
    columns = []
    for words in (prepared.block.extra[at] for at in options.by):
        codes = words.codes if _observations(prepared) == 1 else np.repeat(words.codes, _observations(prepared))
        columns.append((codes, [None if is_missing(word) else word for word in words.categories]))
    return grouped(options.most_groups, rows.value, rows.divisor_weight, columns)


# --- calibration ------------------------------------------------------------------------------------------------------
def _reliability(options: AnalysisOptions, problem: Problem, prepared: Prepared, rows: Rows) -> Reliability:
    # predictions that --eps clips may be outside of [0, 1] by rounding
    probs, weight, bins = np.clip(probabilities(problem, prepared), 0.0, 1.0), rows.weight, options.bins
    if isinstance(prepared.unweighted, Binary):
        y = prepared.unweighted.positive
        pairs = pairs_of(probs, y, weight) if options.in_order else None
        return Reliability(binned(bins, [(probs, y)], weight), pairs)
    q = dense(prepared.unweighted, probs.shape)
    top, each = probs.argmax(axis=1), np.arange(len(probs))
    sets = [(probs[each, top], q[each, top]), *zip(probs.T, q.T, strict=True)]
    return Reliability(binned(bins, sets, weight))


def _by_probability(problem: Problem, prepared: Prepared, rows: Rows) -> Bins:
    """The losses by the probability of the true label, counted and summed; infinite ones count as 0."""
    probs = probabilities(problem, prepared)
    if isinstance(prepared.unweighted, Binary):
        given = prepared.unweighted.positive * probs + prepared.unweighted.negative * (1.0 - probs)
    else:
        given = (dense(prepared.unweighted, probs.shape) * probs).sum(axis=1)
    value = rows.value
    return binned(PROBABILITY_BINS, [(np.clip(given, 0.0, 1.0), np.where(np.isinf(value), 0.0, value))], None)


def class_bins(problem: Problem) -> int:
    """How many sets of bins a class each there are beside those of the top class."""
    return problem.k if problem.form is Form.CATEGORICAL else 0
