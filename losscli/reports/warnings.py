"""Warnings: what users must know of a loss in every format, of rows, of settings, and of data that look wrong.

Sound data never have a warning.
"""

from collections.abc import Sequence
from math import inf

from losscli.data.cells import number
from losscli.data.classnames import plain_names, same_names
from losscli.data.reasons import IGNORED_LABEL, REASONS
from losscli.data.table import Schema, Table
from losscli.enums import Form
from losscli.errors import plural, shown
from losscli.evaluation.evaluate import Figures
from losscli.evaluation.labels import counted_from_1
from losscli.evaluation.prepare import DECIDED, HARD, UNIT_RANGE, WITHOUT_FIRST, WORDS
from losscli.evaluation.problem import Problem, Settings
from losscli.losses.wording import listed
from losscli.statistics.summary import Summary, sorted_labels

PROBABILITIES = "the logits look like probabilities: all of them lie in [0, 1]"
ENOUGH = 20  # rows, so that a mean above the baseline is no accident


def warnings_of(f: Figures, table: Table) -> tuple[str, ...]:
    """What users must know, a sentence each."""
    by_order = matched_by_order(table.schema, f.problem.settings.labels.classes)
    return (*sanity_checks(f, table), *row_warnings(f.summary, f.problem.settings), *table.schema.warnings, *by_order)


def matched_by_order(schema: Schema, classes: Sequence[str] | None) -> list[str]:
    """Sets of columns that are matched by their order, though the names of one of them say which class is which."""
    labels, preds, notes = schema.columns.label, schema.columns.prob, list[str]()
    if not isinstance(preds, list):
        return notes
    sets: list[tuple[str, Sequence[str | int], str]] = []
    if isinstance(labels, list):
        sets.append(("label columns", labels, ""))
    sets += [("columns", model.columns or (), f" of the model {shown(model.name)}") for model in schema.models[1:]]
    for what, columns, whose in sets:
        names, others = ([name for name in side if isinstance(name, str)] for side in (columns, preds))
        worded = any(number(name) is None for side in (names, others) if side for name in plain_names(side))
        if worded and same_names(names, classes or others) is None:
            left, right = (
                ", ".join(shown(name) if isinstance(name, str) else f"{name}" for name in side)
                for side in (columns, preds)
            )
            both = f"{what} {left}{whose} and prediction columns {right}"
            notes.append(f"{both} are matched in this order; name both alike to match them by name")
    return notes


def sanity_checks(f: Figures, table: Table) -> list[str]:
    """What looks wrong, a sentence each."""
    problem, s, names, notes = f.problem, f.summary, f.problem.names, list[str]()
    if s.n > 1 and DECIDED in s.traits and HARD not in s.traits:
        notes.append("the predictions are all 0 or 1 and the labels are not: swapped? LABELS come first, then PREDS")
    elif s.n > 1 and DECIDED in s.traits:
        notes.append("every prediction is exactly 0 or 1: these look like decisions, not probabilities")
    if look_like_probabilities(s):
        notes.append(f"{PROBABILITIES}; without --from logits they are read as such")
    numbered = problem.form is Form.CATEGORICAL and problem.settings.labels.classes is None
    if numbered and WITHOUT_FIRST in s.traits and s.n > problem.k and names is not None and names.counted:
        notes.append(f"no label is 0, and classes count from 0: {counted_from_1(problem.k)}")
    if table.schema.left_over and names is not None and WORDS in s.traits:
        unused = [name for name, weight in zip(names.names, s.label_weights, strict=False) if not weight][:10]
        if unused:
            notes.append(
                f"no label is {', '.join(map(shown, unused))}: every column beside the label was taken as a class;"
                " choose the classes with -p"
            )
    notes += _weights_in_another_order(problem, s)
    if s.n >= ENOUGH and f.normalized is not None and 1.0 < f.normalized < inf:
        notes.append(
            f"the mean is above the baseline ({f.mean:.6g} against {f.baseline:.6g}): always predicting the label"
            " frequencies does better; do rows and labels line up?"
        )
    return notes


def _weights_in_another_order(problem: Problem, s: Summary) -> list[str]:
    """Which weight each class has, where the order of the columns, or --positive, is not that of the sorted labels."""
    weights = problem.settings.class_weight
    if weights is None or problem.settings.balanced:
        return []
    names: Sequence[str] = ()
    if problem.form is Form.CATEGORICAL and problem.settings.weights_by_place and problem.names is not None:
        names, how = problem.names.names, "in the order of the columns; --classes names that order"
    elif s.positive is not None and s.positive.others and s.positive.others[0] == s.positive.others[1]:
        names, how = (s.positive.others[0], problem.settings.labels.positive or ""), "the second is that of --positive"
    if list(names) == sorted_labels(names):
        return []
    pairs = [f"{shown(name)} {weight:g}" for name, weight in zip(names, weights, strict=True)]
    return [f"the class weights are {listed(pairs, ', ')}: {how}"]


def look_like_probabilities(s: Summary) -> bool:
    """Whether what was given as logits may be probabilities."""
    return s.n > 1 and UNIT_RANGE in s.traits


def row_warnings(s: Summary, settings: Settings) -> list[str]:
    """What users must know of the rows."""
    notes = []
    if infinite := s.total.infinite:
        rows = f"row {s.first_infinite}"
        if infinite > 1:
            rows = f"{infinite} of {s.n} rows, first {rows}"
        fix = "" if s.n > 1 and DECIDED in s.traits else "; --eps X or --like clips"
        notes.append(f"the loss is infinite: the true label has probability 0 in {rows}{fix}")
    if s.positive is not None and not s.positive.n:
        notes.append(f"no label is {shown(settings.labels.positive or '')}: every label counts as 0")
    if s.row_sums:
        notes.append(
            f"{plural(s.row_sums.off, 'row')} of probabilities do not sum to 1; the worst is row {s.row_sums.row},"
            f" which sums to {s.row_sums.sum:.6g}; --normalize rescales"
        )
    if settings.labels.ignore is not None and not s.counts.left_out.get(IGNORED_LABEL.key):
        notes.append(f"no row has the label {shown(settings.labels.ignore)} that --ignore names")
    if not s.total.infinite and s.total.sum == inf:
        notes.append("the sum is beyond the largest float")
    return [*notes, *left_out_notes(s, settings, warned=True)]


def left_out_notes(s: Summary, settings: Settings, warned: bool) -> list[str]:
    """How many rows are left out, by reason: those that are warned of, or the others."""
    counted = [(one, s.counts.left_out.get(one.key, 0)) for one in REASONS if one.warned is warned]
    return [
        one.note.format(rows=plural(count, "row"), ignore=settings.labels.ignore) for one, count in counted if count
    ]
