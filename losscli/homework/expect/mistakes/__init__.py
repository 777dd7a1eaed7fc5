"""The catalogue of wrong answers: for each mistake the number that it would give. The rule: an entry is one table row.

The tables: `scale` needs a summary only, the others every row. `candidates` goes through those that the data allow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from losscli.enums import Form, Reduction
from losscli.homework.expect.mistakes.binary import BINARY
from losscli.homework.expect.mistakes.case import Case, Known, in_nats, with_mean
from losscli.homework.expect.mistakes.classes import CLASSES
from losscli.homework.expect.mistakes.entry import Candidate, Mistake, numbers
from losscli.homework.expect.mistakes.family import Family
from losscli.homework.expect.mistakes.inputs import INPUTS
from losscli.homework.expect.mistakes.metrics import METRICS
from losscli.homework.expect.mistakes.pairs import pair_families
from losscli.homework.expect.mistakes.rows import row_families
from losscli.homework.expect.mistakes.scale import SCALE
from losscli.homework.expect.mistakes.weights import WEIGHTS

BY_FORM: dict[Form, tuple[Mistake[Case], ...]] = {Form.BINARY: BINARY, Form.CATEGORICAL: CLASSES, Form.LIKELIHOOD: ()}


def candidates(case: Case) -> Iterator[Candidate]:
    """Every number that a mistake gives: on the way asked for, then as if the mean, or nats, had been asked for."""
    yield from _all(case)
    if case.known.reduction is Reduction.NONE:
        return
    others = [(case, "", 0)]
    if case.known.reduction is Reduction.SUM:
        others += [(with_mean(one), f"{said}; and the mean was taken, not the sum", n + 1) for one, said, n in others]
    if case.unit != 1.0:
        others += [(in_nats(one), f"{said}; and the natural logarithm was taken", n + 1) for one, said, n in others]
    single = tuple(other.known.answer for other, _, steps in others if steps == 1)
    for other, said, more in others[1:]:
        for found in _all(other):
            beside = (*single, other.known.answer)
            yield replace(found, meaning=found.meaning + said, rank=found.rank + more, beside=beside)


def families(case: Case, singles: Sequence[Candidate]) -> Iterator[Family]:
    """What two mistakes at once, or one in a single row, would give; `singles` are the candidates of the case."""
    yield from row_families(case)
    yield from pair_families(case, singles, _of_rows)


def from_summary(known: Known) -> Iterator[Candidate]:
    """What can be said of a table of which only the summary is left."""
    yield from numbers(SCALE, known)


def _all(case: Case) -> Iterator[Candidate]:
    yield from numbers(WEIGHTS, case)
    yield from numbers(SCALE, case.known)
    yield from numbers((*INPUTS, *BY_FORM[case.problem.form], *METRICS), case)


def _of_rows(case: Case) -> Iterator[Candidate]:
    """The entries that look at rows."""
    yield from numbers((*WEIGHTS, *INPUTS, *BY_FORM[case.problem.form], *METRICS), case)
