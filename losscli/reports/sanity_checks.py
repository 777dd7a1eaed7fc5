"""What looks wrong in data that can be read all the same, a sentence each. The rule: sound data never meet one."""

from math import inf

from losscli.data.blocks import Table
from losscli.enums import Form
from losscli.errors import shown
from losscli.evaluation.data_checks import DECIDED, HARD, UNIT_RANGE, WITHOUT_FIRST, WORDS
from losscli.evaluation.figures import Figures
from losscli.evaluation.problem import Problem
from losscli.statistics.summary import Summary

PROBABILITIES = "the logits look like probabilities: all of them lie in [0, 1]"
ENOUGH = 20  # rows, so that a mean above the baseline is no accident


def is_swapped(s: Summary) -> bool:
    """Whether what was given as predictions looks like labels, and what was given as labels doesn't."""
    return s.n > 1 and DECIDED in s.traits and HARD not in s.traits


def is_decided(s: Summary) -> bool:
    """Whether every prediction is a certainty."""
    return s.n > 1 and DECIDED in s.traits


def look_like_probabilities(s: Summary) -> bool:
    """Whether what was given as logits may be probabilities."""
    return s.n > 1 and UNIT_RANGE in s.traits


def sanity_checks(f: Figures, table: Table) -> list[str]:
    """What looks wrong, a sentence each."""
    problem, s, notes = f.problem, f.summary, list[str]()
    if is_swapped(s):
        notes.append("the predictions are all 0 or 1 and the labels are not: swapped? LABELS come first, then PREDS")
    elif is_decided(s):
        notes.append("every prediction is exactly 0 or 1: these look like decisions, not probabilities")
    if look_like_probabilities(s):
        notes.append(f"{PROBABILITIES}; without --from logits they are read as such")
    if _counted_from_one(problem, s):
        counted = ",".join(map(str, range(1, min(problem.k, 10) + 1)))
        notes.append(f"no label is 0, and classes count from 0: for labels counted from 1 use --classes {counted}")
    strange = _never_labels(problem, s) if table.schema.left_over else []
    if strange:
        notes.append(
            f"no label is {', '.join(map(shown, strange))}: every column beside the label was taken as a class; choose"
            " the classes with -p"
        )
    if s.n >= ENOUGH and f.normalized is not None and 1.0 < f.normalized < inf:
        notes.append(
            f"the mean is above the baseline ({f.mean:.6g} against {f.baseline:.6g}): always predicting the label"
            " frequencies does better; do rows and labels line up?"
        )
    return notes


def _counted_from_one(problem: Problem, s: Summary) -> bool:
    if problem.form is not Form.CATEGORICAL or problem.names is None or problem.settings.classes is not None:
        return False
    return s.n > problem.k and WITHOUT_FIRST in s.traits and problem.names.counted


def _never_labels(problem: Problem, s: Summary) -> list[str]:
    """The classes that no row has as its label, where labels are words."""
    if problem.names is None or WORDS not in s.traits:
        return []
    return [name for name, mass in zip(problem.names.names, s.mass, strict=False) if mass == 0][:10]
