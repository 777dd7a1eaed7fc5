"""A table of features in memory as a design matrix: logits are X theta, with an intercept in front.

The labels become the coefficients of a loss once; what remains a function of theta are the logits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

import numpy as np

from losscli.arrays import Array, Ints
from losscli.data.blocks import Block
from losscli.data.categorical import take_cells, texts
from losscli.data.cells import canonical, is_missing, number
from losscli.data.columns import FACTOR
from losscli.data.table import Chunk, Reader, Table
from losscli.enums import Form, Like, Reduction, Scale
from losscli.errors import DataError, RowError, UsageError, plural, shown
from losscli.evaluation.evaluate import in_order, refuse_nothing, weights_of_counts
from losscli.evaluation.prepare import Prepared, prepare
from losscli.evaluation.problem import Problem, Settings, problem_of
from losscli.evaluation.validation import infinite, raise_first, weights_out_of_reach
from losscli.losses.rows import row_gradient, row_loss
from losscli.losses.targets import Targets, coefficient_sums, joined, label_counts, take_targets
from losscli.reading.lists import is_list, parse_list
from losscli.reading.open import ReadOptions, open_data
from losscli.records import record
from losscli.statistics.summary import EMPTY, Summary, divisor, summarize


@record
class ParameterShape:
    """The names of the columns of theta, and of its rows where each class has one.

    `levels` are those of the factors, by their columns; the first is the reference and has no parameter.
    """

    features: tuple[str, ...]
    intercept: bool
    classes: tuple[str, ...] | None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of theta."""
        return (("intercept",) if self.intercept else ()) + self.features

    @property
    def zeros(self) -> Array:
        """Parameters of 0: (d,), or (k, d) for classes."""
        width = len(self.names)
        return np.zeros(width if self.classes is None else (len(self.classes), width))


@record
class DesignMatrix:
    """Rows in memory: the design matrix x (n, d) with a column of ones for the intercept, and the targets."""

    problem: Problem
    shape: ParameterShape
    x: Array
    targets: Targets
    unweighted: Targets
    focus: Targets
    weight: Array | None
    share: Array | None  # what each row adds to the divisor; None for 1
    divisor: float
    summary: Summary
    table: Table

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.x)


def effective_weights(design: DesignMatrix) -> Array:
    """The weight of each row (n,) times the sum of its coefficients: how many rows it counts as."""
    sums = coefficient_sums(design.targets)
    return sums if design.weight is None else sums * design.weight


def logits(design: DesignMatrix, theta: Array) -> Array:
    """X theta, (n,) or (n, k)."""
    with np.errstate(over="ignore", invalid="ignore"):  # theta may diverge; the caller checks the loss
        return np.asarray(design.x @ theta.T)


def row_losses(design: DesignMatrix, theta: Array) -> Array:
    """The weighted loss of each row (n,), undivided."""
    problem, z = design.problem, logits(design, theta)
    loss = row_loss(problem.kernel, design.targets, design.focus, z, problem.focal)
    return loss if design.weight is None else design.weight * loss


def row_gradients(design: DesignMatrix, theta: Array) -> Array:
    """The slope of each row's weighted loss by its logits, (n,) or (n, k), undivided."""
    problem, z = design.problem, logits(design, theta)
    slope = row_gradient(problem.kernel, design.targets, design.focus, z, problem.focal)
    return slope if design.weight is None else design.weight.reshape(-1, *[1] * (slope.ndim - 1)) * slope


def take_rows(design: DesignMatrix, rows: Ints) -> DesignMatrix:
    """Some rows, with their own divisor."""
    weight, share = (None if part is None else part[rows] for part in (design.weight, design.share))
    part = replace(design, x=design.x[rows], weight=weight, share=share, targets=take_targets(design.targets, rows))
    part = replace(part, unweighted=take_targets(design.unweighted, rows), focus=take_targets(design.focus, rows))
    return replace(part, divisor=float(part.rows if share is None else share.sum()))


# --- reading ----------------------------------------------------------------------------------------------------------
@record
class FeatureSelection:
    """The features as typed ("" for all), with an intercept or without."""

    features: str
    intercept: bool = True
    classes: tuple[str, ...] | None = None
    levels: Mapping[str, tuple[str, ...]] | None = None  # of the factors, as rows that were fitted have them


def read_design(options: ReadOptions, given: Settings, selection: FeatureSelection, form: Form) -> DesignMatrix:
    """The table in memory as a design matrix."""
    _refuse_predictions(options, given)
    wanted = replace(options.wanted, forms=frozenset({form}), scale=Scale.LOGITS, features=selection.features)
    table = _read_into_memory(replace(options, wanted=wanted))
    if not table.schema.feature_names and not selection.intercept:
        raise DataError(f"{table.name}: without features and intercept there is nothing to fit")
    classes = None if form is Form.BINARY else selection.classes or _classes(given, table)
    width = 1 if classes is None else len(classes)
    settings = replace(given, scale=Scale.LOGITS, labels=given.labels._replace(classes=classes))
    posed = replace(table, schema=replace(table.schema, form=form, width=width, classes=None))
    problem = problem_of(settings, posed)
    prepared, summary = _prepared(problem, table, width)
    if settings.balanced:
        counts = label_counts(joined([one.unweighted for one in prepared]), problem.k)
        problem = problem_of(replace(settings, class_weight=weights_of_counts(problem, counts)), posed)
        prepared, summary = _prepared(problem, table, width)
    names, x, levels = _features(table, prepared, selection.levels)
    shape = ParameterShape(names, selection.intercept, classes, levels)
    x = np.column_stack((np.ones(len(x)), x)) if selection.intercept else x
    return design_of(problem, shape, prepared, x, summary, table)


def form_of(given: Settings, theta: str | None) -> Form:
    """Whether a regression is of two classes or of several: where the loss takes both, as the options say."""
    forms = given.loss.kernels
    if Form.CATEGORICAL not in forms:
        return Form.BINARY
    several = theta is not None and len(parse_list(theta).rows) > 1
    return Form.CATEGORICAL if Form.BINARY not in forms or given.labels.classes or several else Form.BINARY


def _refuse_predictions(options: ReadOptions, given: Settings) -> None:
    if len(options.tokens) > 1 or (options.tokens and is_list(options.tokens[0])):
        raise UsageError("a regression needs a table, not lists; choose its columns with -y LABEL -x FEATURES")
    if options.wanted.prob:
        raise UsageError("-p chooses predictions; a regression makes them of the features (-x)")
    if given.scale is Scale.LOGPROBS:
        raise UsageError("--from says what predictions are; a regression makes logits of the features (-x)")
    if given.eps is not None or given.normalize:
        option = "--normalize" if given.normalize else "--eps"
        raise UsageError(f"{option} is for probabilities; a regression makes logits of the features")
    if given.like is Like.SKLEARN:
        raise UsageError("--like sklearn takes probabilities, not logits")
    if given.reduction is Reduction.NONE:
        raise UsageError("-r none gives a loss for each row; a gradient with respect to parameters needs one number")


@record
class HeldBlocks(Reader):
    """Blocks in memory, which can be read as often as wanted."""

    blocks: Sequence[Block]

    def chunks(self) -> Iterator[Chunk]:
        return (partial(self.blocks.__getitem__, at) for at in range(len(self.blocks)))


def _read_into_memory(options: ReadOptions) -> Table:
    """The table with all of its blocks in memory; refuses features and weights that a regression can't use."""
    table = open_data(options)
    try:
        factors = table.schema.extra.get(FACTOR, ())
        drop = options.style.drop
        blocks = [block for block, _ in in_order(table, partial(_checked, tuple(place for _, place in factors), drop))]
    finally:
        table.close()
    return replace(table, reader=HeldBlocks(blocks))


def _checked(factors: Sequence[int], drop: bool, block: Block) -> Block:
    raise_first(weights_out_of_reach(block, "in a gradient"))
    for place in factors:
        block = _checked_factor(block, place, drop)
    if block.features is None:  # the intercept alone
        return replace(block, features=np.zeros((block.rows, 0)))
    cells = block.features if block.keep is None else block.features[block.keep]
    raise_first(infinite(cells, block.kept, "feature", "{:g} is not finite; features must be finite numbers"))
    beyond = np.where(np.abs(cells) > LARGEST_FEATURE, np.inf, cells)
    raise_first(infinite(beyond, block.kept, "feature", "the feature is beyond the range of floats; scale it"))
    return block


def _classes(given: Settings, table: Table) -> tuple[str, ...]:
    """The classes as the user names them; else the distinct labels, numbers by size and words by the alphabet."""
    if given.labels.classes:
        return given.labels.classes
    label = table.schema.columns.label
    if isinstance(label, list):
        return tuple(map(str, label))
    blocks = [chunk() for chunk in table.chunks()]
    found = {text for block in blocks for text in texts(take_cells(block.labels[0], block.kept))}
    found -= {given.labels.ignore} if given.labels.ignore is not None else set()
    sizes = {text: number(text) for text in found}
    numeric = all(size is not None for size in sizes.values())
    classes = tuple(sorted(found, key=lambda text: sizes[text] or 0.0) if numeric else sorted(found))
    if len(classes) < 2:
        seen = shown(classes[0]) if classes else "none"
        raise DataError(f"{table.name}: at least two classes are needed, but the labels are {seen}; see --classes")
    return classes


def _prepared(problem: Problem, table: Table, width: int) -> tuple[list[Prepared], Summary]:
    """The labels and weights of all blocks judged and turned into coefficients; the logits come later."""

    def work(block: Block) -> Prepared:
        return prepare(problem, replace(block, preds=np.zeros((width, block.rows)).T))

    return prepared_in_order(problem, table, work)


def prepared_in_order(
    problem: Problem, table: Table, work: Callable[[Block], Prepared]
) -> tuple[list[Prepared], Summary]:
    """All blocks of a table as `work` prepares them, and their summary, in which no row has a loss yet."""
    prepared = [one for one, _ in in_order(table, work)]
    summary = sum((summarize(one.rows._replace(loss=np.zeros(len(one.raw)))) for one in prepared), EMPTY)
    refuse_nothing(problem, summary, table.name)
    return prepared, summary


def design_of(
    problem: Problem, shape: ParameterShape, prepared: Sequence[Prepared], x: Array, summary: Summary, table: Table
) -> DesignMatrix:
    """The design matrix `x` with the targets and weights of prepared blocks."""
    weights = [one.rows.weight for one in prepared if one.rows.weight is not None]
    shares = [one.rows.divisor_weight for one in prepared if one.rows.divisor_weight is not None]
    return DesignMatrix(
        problem,
        shape,
        x,
        joined([one.targets for one in prepared]),
        joined([one.unweighted for one in prepared]),
        joined([one.focus for one in prepared]),
        np.concatenate(weights) if weights else None,
        np.concatenate(shares) if shares else None,
        divisor(summary),
        summary,
        table,
    )


def _checked_factor(block: Block, place: int, drop: bool) -> Block:
    """The block without rows in which a factor is missing; a RowError where it is a number, or may not be missing."""
    column = block.extra[place]
    words = list(map(canonical, column.categories))
    missing = np.array([is_missing(word) for word in words], dtype=bool)[column.codes]
    numeric = np.array([number(word) is not None for word in words], dtype=bool)[column.codes]
    missing &= True if block.keep is None else block.keep
    numeric &= ~missing & (True if block.keep is None else block.keep)
    if missing.any() and not drop:
        what = "the cell is missing; --na drop leaves such rows out"
        raise RowError(int(missing.argmax()), "extra", place, what)
    if numeric.any():
        others = ~numeric & ~missing & (True if block.keep is None else block.keep)
        at = int(others.argmax() if others.any() else numeric.argmax())
        text = shown(words[column.codes[at]])
        what = f"{text} is not a number, but other cells are" if others.any() else f"{text} is a number among words"
        raise RowError(at, "extra", place, f"{what}; a feature has numbers only, or words only")
    return replace(block, keep=~missing if block.keep is None else block.keep & ~missing) if missing.any() else block


def _features(
    table: Table, prepared: Sequence[Prepared], known: Mapping[str, tuple[str, ...]] | None
) -> tuple[tuple[str, ...], Array, dict[str, tuple[str, ...]]]:
    """The names and values (n, d) of the features, and the levels of factors.

    A factor is a column of 0 and 1 for each of its levels but the first (treatment coding); those of rows to test on
    are `known`.
    """
    numbers = np.vstack([one.block.features for one in prepared if one.block.features is not None])
    places = dict(table.schema.extra.get(FACTOR, ()))
    names, columns, levels, left = list[str](), list[Array](), dict[str, tuple[str, ...]](), iter(numbers.T)
    for name in table.schema.feature_names:
        if name not in places:
            names.append(name)
            columns.append(next(left))
            continue
        words = np.array([text for one in prepared for text in texts(one.block.extra[places[name]])])
        found = tuple(sorted(set(words.tolist())))
        own = found if known is None else known.get(name, ())
        strange = next((level for level in found if level not in own), None)
        if strange is not None:
            raise DataError(
                f"{table.name}: column {shown(name)}: no row that was fitted has the level {shown(strange)}"
            )
        if len(own) > MOST_LEVELS:
            raise DataError(
                f"{table.name}: column {shown(name)} has {len(own)} levels; at most {MOST_LEVELS} are fitted"
            )
        levels[name] = own
        names += [f"{name}={level}" for level in own[1:]]
        columns += [(words == level).astype(np.float64) for level in own[1:]]
    return tuple(names), np.column_stack(columns) if columns else np.zeros((len(numbers), 0)), levels


MOST_LEVELS = 1000
LARGEST_FEATURE = 1e290  # beyond it sums over rows leave the range of floats


# --- theta ------------------------------------------------------------------------------------------------------------
def parse_theta(text: str | None, shape: ParameterShape) -> Array:
    """The parameters as typed, the intercept first and a row a class; zeros when none are."""
    if text is None:
        return shape.zeros
    rows = parse_list(text).rows
    values = [number(cell) for row in rows for cell in row]
    strange = next((cell for row in rows for cell in row if number(cell) is None), None)
    if strange is not None:
        raise UsageError(f"--theta: {shown(strange)} is not a number")
    wanted = shape.zeros.shape
    found = (len(values),) if len(wanted) == 1 and 1 in (len(rows), len(rows[0])) else (len(rows), len(rows[0]))
    if found != wanted:
        given = (
            plural(found[-1], "number")
            if len(found) == 1
            else f"{plural(len(rows), 'row')} of {plural(found[1], 'number')}"
        )
        size, names = " rows of ".join(map(str, wanted)), ", ".join(shape.names)
        of_each = f" for each of the classes {', '.join(shape.classes)}" if shape.classes else ""
        raise UsageError(f"--theta gives {given}, expected {size}: {names}{of_each}")
    theta = np.array(values, dtype=np.float64).reshape(wanted)
    if not np.isfinite(theta).all():
        raise UsageError("--theta: parameters must be finite numbers")
    return theta


def class_and_name(shape: ParameterShape) -> list[tuple[str | None, str]]:
    """The class (None for two classes) and the name of each parameter, row after row."""
    return [(row, name) for row in shape.classes or (None,) for name in shape.names]


def parameter_name(row: str | None, name: str) -> str:
    """How a parameter is called: `x1`, or `x1[cat]` where each class has its own."""
    return name if row is None else f"{name}[{row}]"
