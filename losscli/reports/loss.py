"""A summary as an answer: the record that JSON prints and the labelled rows of the table. No printing here."""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

from losscli.enums import Form, Reduction
from losscli.errors import shown
from losscli.evaluation.figures import Figures, figures, likelihood
from losscli.evaluation.problem import Problem
from losscli.output.report import Grid, Report
from losscli.reading.blocks import ColumnNames, Table
from losscli.reports.doubts import doubts, is_decided
from losscli.statistics.summary import Summary, group_means, total


def report(problem: Problem, s: Summary, table: Table) -> Report:
    """The answer for one table."""
    found = figures(problem, s)
    warnings = (*doubts(problem, s, found, table), *_warnings(problem, s), *table.warnings)
    notes = (*warnings, *_notes(problem, s, found), *table.notes)
    unit = problem.settings.unit_name
    grids = [Grid(tuple(_rows(problem, s, found, table.columns)))]
    if problem.form is Form.CATEGORICAL and s.groups:
        grids.append(Grid(_class_rows(problem, s), ("class", "n", f"mean loss ({unit})")))
    record = _record(problem, s, found, table, notes)
    return Report(problem.settings.loss.title, record, tuple(grids), notes, warnings, found.value)


def _record(problem: Problem, s: Summary, f: Figures, table: Table, notes: tuple[str, ...]) -> dict[str, Any]:
    settings, columns = problem.settings, table.columns
    return {
        "loss": settings.loss.name,
        "value": f.value,
        "reduction": settings.reduction.value,
        "base": (settings.base or "e") if settings.loss.log_loss else None,
        "from": settings.scale.value,
        "n": f.n,
        "divisor": f.divisor,
        "sum": f.sum,
        "mean": f.mean,
        "std": f.std,
        "se": f.se,
        "low": f.low,
        "high": f.high,
        "min": f.min,
        "max": f.max,
        "infinite": s.infinite,
        "clipped": s.clipped,
        "dropped": s.dropped,
        "ignored": s.ignored,
        "unmatched": s.unmatched,
        "baseline": f.baseline,
        "normalized": f.normalized,
        "perplexity": f.perplexity,
        "log_likelihood": f.log_likelihood,
        "label_entropy": f.label_entropy,
        "kl_divergence": f.kl_divergence,
        "positive": _positive(problem),
        "classes": list(problem.names.names) if problem.names else None,
        "per_class": _per_class(problem, s),
        "sources": list(table.sources),
        "columns": {"label": columns.label, "prob": columns.prob, "weight": columns.weight},
        "notes": list(notes),
    }


def _positive(problem: Problem) -> str | None:
    return (problem.settings.positive or "1") if problem.form is Form.BINARY else None


def _per_class(problem: Problem, s: Summary) -> list[dict[str, Any]] | None:
    if problem.names is None or not s.groups:
        return None
    unit = problem.settings.unit
    pairs = zip(problem.names.names, group_means(s), strict=True)
    return [{"class": name, "n": n, "mean": average / unit} for name, (n, average) in pairs]


def _class_rows(problem: Problem, s: Summary) -> tuple[tuple[object, ...], ...]:
    return tuple((part["class"], part["n"], part["mean"]) for part in _per_class(problem, s) or ())


def _rows(problem: Problem, s: Summary, f: Figures, columns: ColumnNames) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [*_leading(problem, f)]
    rows += [("n", f.n, _counted(problem, s))]
    rows += [("divisor", f.divisor, "what the mean divides by")] if f.divisor != f.n else []
    rows += [("standard error", f.se, "")]
    if problem.settings.ci is not None:
        level = f"{100.0 * problem.settings.level:g} % confidence"
        rows += [("interval from", f.low, level), ("interval to", f.high, "")]
    rows += [("lowest", f.min, ""), ("highest", f.max, "")]
    if f.baseline is not None:
        why = "" if f.normalized is not None else _no_baseline(f)
        rows += [
            ("baseline", f.baseline, "always predicting the label frequencies"),
            ("normalized", f.normalized, why or "mean / baseline"),
        ]
    rows += [_FIGURES[name](problem, f) for name in problem.settings.loss.closes]
    if f.label_entropy is not None:
        rows += [
            ("label entropy", f.label_entropy, "the least mean that these labels allow"),
            ("KL divergence", f.kl_divergence, "mean - label entropy"),
        ]
    rows += [("label column", _listed(columns.label), "")] if columns.label is not None else []
    rows += [("prediction column", _listed(columns.prob), "")] if columns.prob is not None else []
    rows += [("weight column", _listed(columns.weight), "")] if columns.weight is not None else []
    rows += (
        [("positive label", _positive(problem), "every other label is 0" if problem.settings.positive else "")]
        if _positive(problem)
        else []
    )
    return rows


def _counted(problem: Problem, s: Summary) -> str:
    return "" if s.n == s.seen - s.dropped - s.ignored - s.unmatched else "cells, each an observation"


_FIGURES: dict[str, Callable[[Problem, Figures], tuple[object, ...]]] = {
    "mean": lambda problem, f: ("mean", f.mean, problem.settings.unit_name),
    "sum": lambda problem, f: ("sum", f.sum, problem.settings.unit_name),
    "log-likelihood": lambda problem, f: ("log-likelihood", f.log_likelihood, ""),
    "likelihood": lambda problem, f: ("likelihood", likelihood(f, problem.settings.unit), ""),
    "perplexity": lambda problem, f: ("perplexity", f.perplexity, ""),
}


def _leading(problem: Problem, f: Figures) -> list[tuple[object, ...]]:
    """The figures that the loss puts first; the sum before others where it was asked for."""
    leads = problem.settings.loss.leads
    asked = problem.settings.reduction is Reduction.SUM
    return [_FIGURES[name](problem, f) for name in (sorted(leads, key=lambda one: one != "sum") if asked else leads)]


def _listed(names: object) -> str:
    if isinstance(names, list):
        few = names if len(names) <= 12 else [*names[:10], "...", names[-1]]
        return ", ".join(map(str, few)) + (f" ({len(names)})" if len(names) > 12 else "")
    return str(names)


def _warnings(problem: Problem, s: Summary) -> list[str]:
    """What the user must know whatever the format is."""
    said = []
    if s.infinite:
        rows = (
            f"row {s.first_infinite}"
            if s.infinite == 1
            else f"{s.infinite} of {s.n} rows, first row {s.first_infinite}"
        )
        cure = "" if is_decided(s) else "; --eps X or --like clips"
        said.append(f"the loss is infinite: what happened has probability 0 in {rows}{cure}")
    if problem.settings.positive is not None and not s.positives:
        said.append(f"no label is {shown(problem.settings.positive)}: every label counts as 0")
    if s.off and s.worst_off:
        said.append(
            f"{_rows_of(s.off)} of probabilities not summing to 1; the worst is row {-s.worst_off[1]}, which sums to"
            f" {s.worst_off[2]:.6g}; --normalize rescales"
        )
    if problem.settings.ignore is not None and not s.ignored:
        said.append(f"no row has the label {shown(problem.settings.ignore)} that --ignore names")
    if not s.infinite and total(s) == inf:
        said.append("the sum is beyond the largest float")
    if s.dropped:
        said.append(f"{_rows_of(s.dropped)} with a missing cell dropped")
    if s.unmatched:
        said.append(f"{_rows_of(s.unmatched)} of one table without a partner in the other left out")
    return said


def model_warnings(problem: Problem, s: Summary) -> list[str]:
    """What must be known of one model among several: nothing that holds of all of them."""
    return _warnings(problem, replace(s, dropped=0, ignored=max(s.ignored, 1), positives=max(s.positives, 1)))


def _no_baseline(f: Figures) -> str:
    why = "with one label only the baseline is 0" if f.baseline == 0.0 else "the baseline is infinite"
    return f"undefined: {why}"


def _rows_of(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


FEW = 100  # rows below which the interval of a mean of losses is too narrow


def few_rows(count: int) -> str:
    """What is said of intervals of few losses: the mean of skewed values has not become normal yet."""
    return f"with {_rows_of(count)} the interval is too narrow: losses are skewed; from {FEW} rows on it holds better"


def _notes(problem: Problem, s: Summary, f: Figures) -> list[str]:
    said = [few_rows(s.counted)] if problem.settings.ci is not None and 2 <= s.counted < FEW else []
    if s.ignored:
        said.append(f"{_rows_of(s.ignored)} with the label {problem.settings.ignore} ignored")
    if s.clipped:
        said.append(f"{s.clipped} {'cell' if s.clipped == 1 else 'cells'} clipped")
    if f.baseline is not None and f.normalized is None:
        said.append(f"normalized is {_no_baseline(f)}")
    return said
