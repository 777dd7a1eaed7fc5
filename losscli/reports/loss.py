"""A summary as an answer: its figures, what was read, and what the user must know of them. No printing here."""

from itertools import accumulate

from losscli.data.reasons import REASONS, Reason
from losscli.data.table import Table
from losscli.enums import Form, Reduction
from losscli.errors import plural
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.problem import Problem
from losscli.evaluation.scores import SCORES
from losscli.losses.wording import listed
from losscli.output.formats import Printing
from losscli.output.report import Grid, Report
from losscli.reports.parts import Figure, Line, Listing, lines_of, record_of
from losscli.reports.warnings import left_out_notes, warnings_of


def _unit_name(f: Figures) -> str:
    return f.problem.settings.unit_name


def _wants_interval(f: Figures) -> bool:
    return f.problem.settings.ci is not None


def _left_out(reason: Reason) -> Figure[Figures]:
    return Figure(reason.key, lambda f: f.summary.counts.left_out.get(reason.key, 0))


# Every figure of a loss in the order of JSON's keys; the table has those with a label, first those that the loss names.
# `Figures` computes each, and the topic `conventions` lists the keys.
FIGURES: tuple[Figure[Figures], ...] = (
    Figure("loss", lambda f: f.problem.settings.loss.name),
    Figure("value", lambda f: f.value),
    Figure("reduction", lambda f: f.problem.settings.reduction.value),
    Figure("base", lambda f: (f.problem.settings.base or "e") if f.problem.settings.loss.log_loss else None),
    Figure("from", lambda f: f.problem.settings.scale.value),
    Figure(
        "n",
        lambda f: f.n,
        "n",
        lambda f: "" if f.n == f.summary.counts.counted else "cells, each an observation",
    ),
    Figure("divisor", lambda f: f.divisor, "divisor", "what the mean divides by", lambda f: f.divisor != f.n),
    Figure("sum", lambda f: f.sum, "sum", _unit_name),
    Figure("mean", lambda f: f.mean, "mean", _unit_name),
    Figure("std", lambda f: f.std),
    Figure("se", lambda f: f.se, "standard error"),
    Figure("low", lambda f: f.low, lambda f: f"{f.problem.settings.interval} low", shown=_wants_interval),
    Figure("high", lambda f: f.high, lambda f: f"{f.problem.settings.interval} high", shown=_wants_interval),
    Figure("min", lambda f: f.min, "lowest row loss"),
    Figure("max", lambda f: f.max, "highest row loss"),
    Figure("infinite", lambda f: f.summary.total.infinite),
    Figure("clipped", lambda f: f.summary.counts.clipped),
    *map(_left_out, REASONS),
    Figure("options", lambda f: f.problem.settings.options),
    Figure("accuracy", lambda f: f.accuracy, "accuracy", "share predicted correctly", optional=True),
    Figure("brier", lambda f: f.brier),
    Figure("baseline", lambda f: f.baseline, "baseline", "always predicting the label frequencies", optional=True),
    Figure(
        "normalized",
        lambda f: f.normalized,
        "normalized",
        lambda f: "mean / baseline" if f.normalized is not None else _no_baseline(f),
        lambda f: f.baseline is not None,
    ),
    Figure("perplexity", lambda f: f.perplexity, "perplexity"),
    Figure("log_likelihood", lambda f: f.log_likelihood, "log-likelihood"),
    Figure("likelihood", lambda f: f.likelihood, "likelihood", recorded=lambda f: False),
    Figure(
        "label_entropy",
        lambda f: f.label_entropy,
        "label entropy",
        "the lowest mean that these labels allow",
        optional=True,
    ),
    Figure("kl_divergence", lambda f: f.kl_divergence, "KL divergence", "mean - label entropy", optional=True),
    Figure("positive", lambda f: _positive(f.problem)),
    Figure("classes", lambda f: list(f.problem.names.names) if f.problem.names else None),
    Figure("per_class", lambda f: None if (found := per_class(f)) is None else found.entries),
)

# Figures that are in the tables of those losses that name them (`leads` and `closes`).
_NAMED = {"mean", "sum", "perplexity", "log_likelihood", "likelihood"}


def scores_for(printing: Printing, calibration: bool = False) -> tuple[str, ...]:
    """The scores of rows that the output shows: none, those with a line in the table, or all."""
    if printing.is_bare:
        return ()
    if printing.writer.pictures and not calibration:
        return tuple(figure.key for figure in FIGURES if figure.key in SCORES and figure.label)
    return tuple(SCORES)


def report(f: Figures, table: Table) -> Report:
    """The answer for one table."""
    warnings = warnings_of(f, table)
    more = _notes(f)
    grids = [Grid(_lines(f, table), wrapped=True, bold=(0,))]
    if (classes := per_class(f)) is not None:
        grids.append(classes.grid())
    columns = table.schema.columns
    no_baseline = f.baseline is not None and f.normalized is None
    undefined = [f"normalized is undefined: {_no_baseline(f)}"] if no_baseline else []  # the table has it as a remark
    record = {
        **record_of(FIGURES, f),
        "sources": list(table.sources),
        "columns": {"label": columns.label, "prob": columns.prob, "weight": columns.weight},
        "notes": [*warnings, *more, *undefined, *table.schema.notes],
    }
    notes = (*warnings, *more, *table.schema.notes)
    title = f.problem.settings.loss.title + f.problem.settings.titles
    return Report(title, record, tuple(grids), notes, warnings, f.value)


def shared_grid(f: Figures, table: Table) -> Grid:
    """What all models of a table share: the figures of the rows, and what was read."""
    read = [line for line in _read(f.problem, table) if line[0] != "prediction column"]
    lines = lines_of([figure for figure in FIGURES if figure.key in _SHARED], f)
    return Grid((*lines, *([(), *read] if read else [])), wrapped=True)


_SHARED = {"n", "divisor", "baseline", "label_entropy"}  # figures of the rows, whatever is predicted


def per_class(f: Figures) -> Listing | None:
    """The mean loss of each class; None where labels aren't classes."""
    if f.problem.names is None or not f.summary.per_class:
        return None
    pairs = zip(f.problem.names.names, f.summary.per_class, strict=True)
    headers = {"class": "class", "n": "n", "mean": f.problem.settings.with_unit("mean loss")}
    return Listing(headers, [(name, total.n, total.mean / f.problem.settings.log_base) for name, total in pairs])


def _positive(problem: Problem) -> str | None:
    return (problem.settings.labels.positive or "1") if problem.form is Form.BINARY else None


def _lines(f: Figures, table: Table) -> tuple[Line, ...]:
    """The answer first, then how it spreads and what it compares to, then what was read."""
    loss, by_key = f.problem.settings.loss, {figure.key: figure for figure in FIGURES}
    first = list(loss.leads)
    if f.problem.settings.reduction is Reduction.SUM:
        first.sort(key=lambda key: key != "sum")
    rest = [figure for figure in FIGURES if figure.key not in _NAMED or figure.key in loss.closes]
    read = _read(f.problem, table)
    return (
        *lines_of([by_key[key] for key in first], f),
        (),
        *lines_of(rest, f),
        *([(), *read] if read else []),
    )


def _read(problem: Problem, table: Table) -> list[Line]:
    columns, positive = table.schema.columns, _positive(problem)
    named = {"label column": columns.label, "prediction column": columns.prob, "weight column": columns.weight}
    rows, files = list[Line](), table.sources
    if len(files) > 1:
        named_files = ", ".join(files) if len(files) == 2 else f"{len(files)} files, {files[0]} to {files[-1]}"
        rows.append(("files", named_files, ""))
    rows += [(what, _column_names(names), "") for what, names in named.items() if names is not None]
    if positive is not None:
        rows.append(("positive label", positive, "every other label is 0" if problem.settings.labels.positive else ""))
    return rows


WIDE = 48  # characters of a list of columns that are shown


def _column_names(names: object) -> str:
    """Names of columns; of many the first ones, the last one and their number."""
    if not isinstance(names, list):
        return str(names)
    words = [str(name) for name in names]
    if len(", ".join(words)) <= WIDE:
        return ", ".join(words)
    ends = accumulate(len(word) + 2 for word in words)
    few = sum(end <= WIDE - len(words[-1]) for end in ends)
    return ", ".join([*words[: max(few, 1)], "...", words[-1]]) + f" ({len(words)})"


def _no_baseline(f: Figures) -> str:
    return "with one label only the baseline is 0" if f.baseline == 0.0 else "the baseline is infinite"


FEW = 100  # rows below which the interval of a mean of losses is too narrow


def few_rows(count: int) -> str:
    """The note on intervals of few losses: the mean of few skewed values is not normal yet."""
    return f"with {plural(count, 'row')} the interval is too narrow: losses are skewed; from {FEW} rows on it is better"


def _notes(f: Figures) -> list[str]:
    settings, counted, clipped = f.problem.settings, f.summary.spread.counted, f.summary.counts.clipped
    notes = [few_rows(counted)] if settings.ci is not None and 2 <= counted < FEW else []
    notes += left_out_notes(f.summary, settings, warned=False)
    if settings.balanced and settings.class_weight is not None:
        names = f.problem.names.names if f.problem.names else ("0", "1")
        weights = [f"{name} {weight:.6g}" for name, weight in zip(names, settings.class_weight, strict=True)]
        notes.append(f"balanced class weights: {listed(weights, ', ')}")
    if clipped:
        notes.append(f"{plural(clipped, 'cell')} clipped")
    return notes
