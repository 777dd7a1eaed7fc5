"""Several models side by side: a line each, and the paired difference of each to the first."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from losscli.data.blocks import Model
from losscli.errors import printable_line
from losscli.evaluation.analysis import AnalysisResult
from losscli.evaluation.figures import Figures
from losscli.evaluation.problem import Problem
from losscli.output.report import Grid
from losscli.reports.figures import Listing, Part, record_of
from losscli.reports.loss import FEW, FIGURES, few_rows, model_warnings
from losscli.statistics.intervals import interval


@dataclass(frozen=True)
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
    def words(self) -> str:
        """Which of the two is lower, or that the data can't say."""
        if self.low <= 0.0 <= self.high or self.mean == 0.0:
            return "not told apart"
        if self.mean != self.mean:
            return "undefined: each has an infinite loss"
        direction = "lower" if self.mean < 0.0 else "higher"
        return f"{printable_line(self.name)} is {direction} by {abs(self.mean):.6g}"


def differences(problems: Sequence[Problem], models: Sequence[Model], found: AnalysisResult) -> list[Difference]:
    """The difference of each model after the first to it, in the unit of the answer."""
    unit, level = problems[0].settings.log_base, problems[0].settings.level
    answers = []
    for model, pair in zip(models[1:], found.pairs, strict=True):
        d = pair.difference
        low, high = interval(d.mean, d.error, d.counted, level)
        figure = (d.mean / unit, d.error / unit, low / unit, high / unit)
        answers.append(Difference(model.name, models[0].name, *figure, pair.lower, pair.equal, pair.higher))
    return answers


_RECORDED = ("value", "n", "sum", "mean", "std", "se", "low", "high", "min", "max", "normalized", "perplexity")


def models_part(figures: Sequence[Figures], models: Sequence[Model], found: AnalysisResult) -> Part:
    """A line a model, and a line for each difference to the first."""
    settings = figures[0].problem.settings
    compared = differences([f.problem for f in figures], models, found)
    level, unit = f"{100.0 * settings.level:g} %", settings.unit_name
    error = {"se": "std error", "low": f"{level} from", "high": "to"}
    lines = Listing(
        {"name": "model", "value": f"{settings.reduction.value} ({unit})", **error},
        [(model.name, f.value, f.se, f.low, f.high) for model, f in zip(models, figures, strict=True)],
    )
    apart = Listing(
        {"difference": "difference", "mean": f"mean ({unit})", **error},
        [(f"{d.name} - {d.to}", d.mean, d.se, d.low, d.high) for d in compared],
    )
    counts = Listing(
        {"difference": "rows", "lower": "lower", "equal": "equal", "higher": "higher", "words": ""},
        [(f"{d.name} - {d.to}", d.lower, d.equal, d.higher, d.words) for d in compared],
    )
    by_key = {figure.key: figure for figure in FIGURES}
    record = {
        "models": [
            {"name": model.name, **record_of([by_key[key] for key in _RECORDED], f)}
            for model, f in zip(models, figures, strict=True)
        ],
        "differences": [asdict(d) for d in compared],
    }
    warnings = tuple(
        f"{printable_line(model.name)}: {text}"
        for model, f in zip(models[1:], figures[1:], strict=True)
        for text in model_warnings(f)
    )
    few = found.summary.spread.counted
    notes = (few_rows(few),) if settings.ci is None and 1 < few < FEW else ()
    grids = (lines.grid(), apart.grid(), counts.grid())
    return Part(record, grids, _table(lines.table, compared), notes, warnings)


def _table(lines: Grid, compared: Sequence[Difference]) -> Grid:
    """A line a model, with its difference to the first behind it."""
    behind: list[tuple[object, ...]] = [("",) * 7]
    behind += [(d.mean, d.se, d.low, d.high, d.lower, d.equal, d.higher) for d in compared]
    more = ("difference", "difference_se", "difference_low", "difference_high", "lower", "equal", "higher")
    rows = zip(lines.rows, behind, strict=True)
    return Grid(tuple((*row, *rest) for row, rest in rows), (*lines.header, *more))
