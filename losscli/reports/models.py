"""Several models side by side: a line each, and the paired difference of each to the first."""

from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from math import inf

from losscli.data.table import Model, Table
from losscli.errors import printable_line
from losscli.evaluation.analysis import AnalysisResult
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.problem import Problem
from losscli.evaluation.scores import SCORES
from losscli.output.report import Grid
from losscli.records import record
from losscli.reports.loss import FEW, FIGURES, few_rows, shared_grid
from losscli.reports.parts import Part, record_of
from losscli.reports.warnings import row_warnings
from losscli.statistics.intervals import interval
from losscli.statistics.summary import RowCounts


@record
class Difference:
    """A model's mean loss less that of the first, with its interval, and on how many rows it is lower or higher."""

    name: str
    to: str
    mean: float
    se: float
    low: float
    high: float
    lower: int
    equal: int
    higher: int

    @property
    def sign(self) -> int:
        """-1 where this model is clearly better (its loss is lower), 1 where it is worse, 0 where neither is clear."""
        if self.low > 0.0 or self.mean == inf:
            return 1
        return -1 if self.high < 0.0 or self.mean == -inf else 0

    def words(self, interval: str, digits: int) -> str:
        """Which of the two is better, or that this is not clear; `interval` is the name of the interval."""
        if self.mean != self.mean:
            return "undefined: each has an infinite loss"
        if not self.sign and self.low != self.low:
            return "one row has no interval, so no difference is clear"
        if not self.sign:
            ends = f"{self.low:.{digits}g} to {self.high:.{digits}g}"
            return f"no clear difference: the {interval}, {ends}, contains 0"
        better = f"{printable_line(self.name)} is {'better' if self.sign < 0 else 'worse'}"
        return f"{better}: its mean loss is {abs(self.mean):.{digits}g} {'lower' if self.sign < 0 else 'higher'}"


def differences(problems: Sequence[Problem], models: Sequence[Model], found: AnalysisResult) -> list[Difference]:
    """The difference of each model after the first to it, in the unit of the answer."""
    log_base, level = problems[0].settings.log_base, problems[0].settings.level
    answers = []
    for model, pair in zip(models[1:], found.pairs, strict=True):
        d = pair.difference
        low, high = interval(d.mean, d.error, d.counted, level)
        figure = (d.mean / log_base, d.error / log_base, low / log_base, high / log_base)
        answers.append(Difference(model.name, models[0].name, *figure, pair.lower, pair.equal, pair.higher))
    return answers


# The figures that the record has of each model.
_RECORDED = ("value", "n", "sum", "mean", "std", "se", "low", "high", "min", "max", *SCORES, "normalized", "perplexity")

# The columns of delimited text behind those of a model: its difference to the first.
_DIFFERENCE = ("difference", "difference_se", "difference_low", "difference_high", "lower", "equal", "higher")


def models_part(figures: Sequence[Figures], table: Table, found: AnalysisResult, digits: int) -> Part:
    """A line a model, and a line for each difference to the first."""
    settings, models, by_key = figures[0].problem.settings, table.schema.models, {one.key: one for one in FIGURES}
    compared = differences([f.problem for f in figures], models, found)
    record = {
        "models": [
            {"name": model.name, **record_of([by_key[key] for key in _RECORDED], f)}
            for model, f in zip(models, figures, strict=True)
        ],
        "differences": [asdict(d) for d in compared],
    }

    # The tables: models, differences, which is better, on how many rows.
    lines = [(model.name, f.value, f.se, f.low, f.high) for model, f in zip(models, figures, strict=True)]
    better = [all(d.sign > 0 for d in compared), *(d.sign < 0 for d in compared)]
    marked = tuple((*line, "better" if one else "") for line, one in zip(lines, better, strict=True))
    error = ("standard error", f"{settings.interval} low", "high")
    words = f"{100.0 * settings.level:g} % interval"
    pairs = [(f"{d.name} - {d.to}", d) for d in compared]
    grids = (
        Grid(
            marked,
            ("model", settings.with_unit(settings.reduction.value), *error, ""),
            bold=tuple(at for at, one in enumerate(better) if one),
        ),
        Grid(
            tuple((pair, d.mean, d.se, d.low, d.high) for pair, d in pairs),
            ("difference", settings.with_unit("mean"), *error),
        ),
        Grid(tuple((pair, d.words(words, digits)) for pair, d in pairs), wrapped=True),
        Grid(
            tuple((pair, d.lower, d.equal, d.higher) for pair, d in pairs),
            ("rows whose loss is", "lower", "equal", "higher"),
        ),
        shared_grid(figures[0], table),
    )
    behind = [("",) * len(_DIFFERENCE), *(astuple(d)[2:] for d in compared)]
    rows = tuple((*line, *rest) for line, rest in zip(lines, behind, strict=True))

    # The warnings of each later model; those about the rows are the same for all, and the first model has them.
    unignored = replace(settings, labels=settings.labels._replace(ignore=None))
    warnings = tuple(
        f"{printable_line(model.name)}: {text}"
        for model, f in zip(models[1:], figures[1:], strict=True)
        for text in row_warnings(replace(f.summary, counts=RowCounts(), positive=None), unignored)
    )
    few = found.summary.spread.counted
    notes = (few_rows(few),) if settings.ci is None and 1 < few < FEW else ()
    return Part(record, grids, Grid(rows, ("name", "value", "se", "low", "high", *_DIFFERENCE)), notes, warnings, True)
