"""Pictures of what was found: losses by probability, reliability, and means with their intervals."""

from collections.abc import Sequence
from math import nan

from losscli.data.table import Model
from losscli.evaluation.analysis import AnalysisResult
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.problem import Problem
from losscli.output.chart import Series, Span, bars, points, spans
from losscli.output.report import Picture
from losscli.reports.groups import MISSING, ordered_groups
from losscli.statistics.calibration import Bin, Bins, bins_of
from losscli.statistics.intervals import interval, wilson

MOST_GROUPS = 40  # lines of a picture: the groups with the largest share of the loss


def pictures_of(figures: Sequence[Figures], models: Sequence[Model], found: AnalysisResult) -> tuple[Picture, ...]:
    """A picture of each thing that was asked for; that of the losses by probability always."""
    problem = figures[0].problem
    drawn = [] if found.by_probability is None else [_by_probability(found.by_probability)]
    if found.reliability is not None:
        drawn.append(_reliability(problem, found.reliability.bins))
    if found.groups is not None:
        drawn.append(_groups(problem, found))
    if found.models:
        drawn.append(_models(figures, models))
    return tuple(drawn)


def _range(one: Bin) -> str:
    return f"{one.low:g} to {one.high:g}"


def _by_probability(losses: Bins) -> Picture:
    """The share of the rows and of the loss by the probability of the true label."""
    bins = bins_of(losses)
    whole = sum(losses.observed)
    rows = [one.share for one in bins]
    loss = [cost / whole if whole else 0.0 for cost in losses.observed]
    series = [
        Series(name, part, [f"{100.0 * s:.1f} %" for s in part]) for name, part in (("rows", rows), ("loss", loss))
    ]
    return bars("probability of the true label", [_range(one) for one in bins], series)


def _reliability(problem: Problem, bins: Bins) -> Picture:
    lines = []
    point, other = points()
    for one in bins_of(bins):
        if one.observed is None or one.predicted is None:
            lines.append(Span(_range(one), nan, nan, nan, "no rows"))
            continue
        low, high = wilson(one.observed, one.n, problem.settings.level)
        text = f"{point} {one.observed:.3f}  {other} {one.predicted:.3f}"
        lines.append(Span(_range(one), one.observed, low, high, text, one.predicted))
    return spans(f"reliability: {point} observed, {other} predicted", lines, 0.0, 1.0)


def _groups(problem: Problem, found: AnalysisResult) -> Picture:
    assert found.groups is not None
    log_base, lines = problem.settings.log_base, []
    for key, tally in ordered_groups(found.groups)[:MOST_GROUPS]:
        low, high = interval(tally.mean, tally.error, tally.counted, problem.settings.level)
        name = ", ".join(MISSING if word is None else word for word in key)
        lines.append(Span(name, tally.mean / log_base, low / log_base, high / log_base, f"{tally.mean / log_base:.4g}"))
    return spans(problem.settings.with_unit("mean loss of each group"), lines)


def _models(figures: Sequence[Figures], models: Sequence[Model]) -> Picture:
    pairs = zip(models, figures, strict=True)
    lines = [Span(model.name, f.mean, f.low, f.high, f"{f.mean:.4g}") for model, f in pairs]
    return spans(figures[0].problem.settings.with_unit("mean loss of each model"), lines)
