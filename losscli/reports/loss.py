"""A summary as an answer: the record that JSON prints and the labelled rows of the table. No printing here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from math import inf
from typing import Any

from losscli.data.blocks import Table
from losscli.enums import Form, Reduction
from losscli.errors import shown
from losscli.evaluation.figures import Figures, figures, likelihood
from losscli.evaluation.problem import Problem
from losscli.output.report import Grid, Report
from losscli.reports.sanity_checks import is_decided, sanity_checks
from losscli.statistics.summary import Summary, group_means, total


def report(problem: Problem, s: Summary, table: Table) -> Report:
    """The answer for one table."""
    found = figures(problem, s)
    warnings = (*sanity_checks(problem, s, found, table), *_warnings(problem, s), *table.warnings)
    notes = (*warnings, *_notes(problem, s), *table.notes)
    unit = problem.settings.unit_name
    grids = [Grid(_rows(problem, s, found, table))]
    if problem.form is Form.CATEGORICAL and s.groups:
        grids.append(Grid(_class_rows(problem, s), ("class", "n", f"mean loss ({unit})")))
    in_full = (*warnings, *_notes(problem, s), *_undefined(found), *table.notes)
    record = _record(problem, s, found, table, in_full)
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
    unit = problem.settings.log_base
    pairs = zip(problem.names.names, group_means(s), strict=True)
    return [{"class": name, "n": n, "mean": average / unit} for name, (n, average) in pairs]


def _class_rows(problem: Problem, s: Summary) -> tuple[tuple[object, ...], ...]:
    return tuple((part["class"], part["n"], part["mean"]) for part in _per_class(problem, s) or ())


Line = tuple[object, ...]  # a name, a figure or text, a remark


def _rows(problem: Problem, s: Summary, f: Figures, table: Table) -> tuple[Line, ...]:
    """The answer first, then how it spreads and what it compares to, then what was read."""
    read = _read(problem, table)
    return (*_leading(problem, f), (), *_spread(problem, s, f), *_context(problem, f), *([(), *read] if read else []))


def _spread(problem: Problem, s: Summary, f: Figures) -> list[Line]:
    rows: list[Line] = [("n", f.n, _counted(problem, s))]
    rows += [("divisor", f.divisor, "what the mean divides by")] if f.divisor != f.n else []
    rows += [("standard error", f.se, "")]
    if problem.settings.ci is not None:
        level = f"{100.0 * problem.settings.level:g} % confidence"
        rows += [("interval from", f.low, level), ("interval to", f.high, "")]
    return [*rows, ("lowest", f.min, ""), ("highest", f.max, "")]


def _context(problem: Problem, f: Figures) -> list[Line]:
    rows: list[Line] = []
    if f.baseline is not None:
        why = "mean / baseline" if f.normalized is not None else _no_baseline(f)
        rows += [("baseline", f.baseline, "always predicting the label frequencies"), ("normalized", f.normalized, why)]
    rows += [_FIGURES[name](problem, f) for name in problem.settings.loss.closes]
    if f.label_entropy is not None:
        rows += [
            ("label entropy", f.label_entropy, "the least mean that these labels allow"),
            ("KL divergence", f.kl_divergence, "mean - label entropy"),
        ]
    return rows


def _read(problem: Problem, table: Table) -> list[Line]:
    columns, positive = table.columns, _positive(problem)
    named = {"label column": columns.label, "prediction column": columns.prob, "weight column": columns.weight}
    rows: list[Line] = [("files", _files(table.sources), "")] if len(table.sources) > 1 else []
    rows += [(what, _listed(names), "") for what, names in named.items() if names is not None]
    if positive is not None:
        rows.append(("positive label", positive, "every other label is 0" if problem.settings.positive else ""))
    return rows


def _files(sources: Sequence[str]) -> str:
    return ", ".join(sources) if len(sources) == 2 else f"{len(sources)} files, {sources[0]} to {sources[-1]}"


def _counted(problem: Problem, s: Summary) -> str:
    return "" if s.n == s.seen - s.dropped - s.ignored - s.unmatched else "cells, each an observation"


WIDE = 48  # characters of a list of columns that are shown

_FIGURES: dict[str, Callable[[Problem, Figures], tuple[object, ...]]] = {
    "mean": lambda problem, f: ("mean", f.mean, problem.settings.unit_name),
    "sum": lambda problem, f: ("sum", f.sum, problem.settings.unit_name),
    "log-likelihood": lambda problem, f: ("log-likelihood", f.log_likelihood, ""),
    "likelihood": lambda problem, f: ("likelihood", likelihood(f, problem.settings.log_base), ""),
    "perplexity": lambda problem, f: ("perplexity", f.perplexity, ""),
}


def _leading(problem: Problem, f: Figures) -> list[tuple[object, ...]]:
    """The figures that the loss puts first; the sum before others where it was asked for."""
    leads = problem.settings.loss.leads
    asked = problem.settings.reduction is Reduction.SUM
    return [_FIGURES[name](problem, f) for name in (sorted(leads, key=lambda one: one != "sum") if asked else leads)]


def _listed(names: object) -> str:
    """Names of columns; of many the first, the last and how many there are."""
    if not isinstance(names, list):
        return str(names)
    words = [str(name) for name in names]
    if len(", ".join(words)) <= WIDE:
        return ", ".join(words)
    ends = accumulate(len(word) + 2 for word in words)
    few = sum(end <= WIDE - len(words[-1]) for end in ends)
    return ", ".join([*words[: max(few, 1)], "...", words[-1]]) + f" ({len(words)})"


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
    return "with one label only the baseline is 0" if f.baseline == 0.0 else "the baseline is infinite"


def _undefined(f: Figures) -> list[str]:
    """What machines are told of a figure that they have as null; people see it in its row."""
    return [f"normalized is undefined: {_no_baseline(f)}"] if f.baseline is not None and f.normalized is None else []


def _rows_of(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


FEW = 100  # rows below which the interval of a mean of losses is too narrow


def few_rows(count: int) -> str:
    """What is said of intervals of few losses: the mean of skewed values has not become normal yet."""
    return f"with {_rows_of(count)} the interval is too narrow: losses are skewed; from {FEW} rows on it holds better"


def _notes(problem: Problem, s: Summary) -> list[str]:
    said = [few_rows(s.counted)] if problem.settings.ci is not None and 2 <= s.counted < FEW else []
    if s.ignored:
        said.append(f"{_rows_of(s.ignored)} with the label {problem.settings.ignore} ignored")
    if s.clipped:
        said.append(f"{s.clipped} {'cell' if s.clipped == 1 else 'cells'} clipped")
    return said
