"""Several models side by side: a line each, and the paired difference of each to the first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from losscli.data.blocks import Model
from losscli.errors import printable_line
from losscli.evaluation.analysis import AnalysisResult
from losscli.evaluation.figures import Figures, figures
from losscli.evaluation.problem import Problem
from losscli.output.report import Grid, Report
from losscli.reports.loss import FEW, few_rows, model_warnings
from losscli.reports.part import Part
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


def _lines(problems: Sequence[Problem], found: AnalysisResult) -> list[Figures]:
    return [figures(problem, s) for problem, s in zip(problems, (found.summary, *found.models), strict=True)]


def models_part(problems: Sequence[Problem], models: Sequence[Model], found: AnalysisResult) -> Part:
    """A line a model, and a line for each difference to the first."""
    settings, lines = problems[0].settings, _lines(problems, found)
    compared = differences(problems, models, found)
    level, unit = f"{100.0 * settings.level:g} %", settings.unit_name
    names = [model.name for model in models]
    rows = [(name, f.value, f.se, f.low, f.high) for name, f in zip(names, lines, strict=True)]
    apart = [(f"{d.name} - {d.to}", d.mean, d.se, d.low, d.high) for d in compared]
    counts = [(f"{d.name} - {d.to}", d.lower, d.equal, d.higher, d.words) for d in compared]
    error = ("std error", f"{level} from", "to")
    grids = (
        Grid(tuple(rows), ("model", f"{settings.reduction.value} ({unit})", *error)),
        Grid(tuple(apart), ("difference", f"mean ({unit})", *error)),
        Grid(tuple(counts), ("rows", "lower", "equal", "higher", "")),
    )
    record = {
        "models": [_entry(name, f) for name, f in zip(names, lines, strict=True)],
        "differences": [{key: getattr(d, key) for key in _KEYS} for d in compared],
    }
    said = [
        f"{printable_line(name)}: {text}"
        for name, problem, s in zip(names[1:], problems[1:], found.models, strict=True)
        for text in model_warnings(problem, s)
    ]
    few = found.summary.counted < FEW and settings.ci is None and found.summary.counted > 1
    return Part(record, grids, _table(rows, compared), (few_rows(found.summary.counted),) if few else (), tuple(said))


_KEYS = ("name", "to", "mean", "se", "low", "high", "lower", "equal", "higher")


def _entry(name: str, f: Figures) -> dict[str, Any]:
    figure = {"value": f.value, "n": f.n, "sum": f.sum, "mean": f.mean, "std": f.std, "se": f.se}
    more = {"low": f.low, "high": f.high, "min": f.min, "max": f.max, "normalized": f.normalized}
    return {"name": name, **figure, **more, "perplexity": f.perplexity}


def _table(rows: Sequence[tuple[object, ...]], compared: Sequence[Difference]) -> Grid:
    """A line a model, with its difference to the first behind it."""
    behind: list[tuple[object, ...]] = [("",) * 7]
    behind += [(d.mean, d.se, d.low, d.high, d.lower, d.equal, d.higher) for d in compared]
    header = ("name", "value", "se", "low", "high")
    more = ("difference", "difference_se", "difference_low", "difference_high", "lower", "equal", "higher")
    return Grid(tuple((*row, *rest) for row, rest in zip(rows, behind, strict=True)), (*header, *more))


def with_models(answer: Report, problems: Sequence[Problem], models: Sequence[Model], found: AnalysisResult) -> Report:
    """The report with the number of each model for --quiet."""
    return replace(answer, numbers=tuple((f.value,) for f in _lines(problems, found)))
