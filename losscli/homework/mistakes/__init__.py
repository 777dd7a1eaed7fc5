"""The catalogue of wrong answers: for each mistake the number that it would give.

A topic is a generator beside its table of texts. To add a mistake, yield its key and its number where it can be made,
and give the key a text. `scale` needs only the figures of a summary; `weights`, `inputs`, `binary`, `classes` and
`metrics` need the rows. `homework.check_gradient` uses `gradients` and `descent`, for gradients and fits.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from losscli.arrays import Array
from losscli.enums import Reduction
from losscli.homework.evaluated_rows import EvaluatedRows, SummaryFigures, in_nats, with_mean
from losscli.homework.mistakes.binary import BINARY_TEXTS, of_binary
from losscli.homework.mistakes.candidate import Candidate, CandidateArray, candidates
from losscli.homework.mistakes.classes import CLASSES_TEXTS, of_classes
from losscli.homework.mistakes.inputs import INPUTS_TEXTS, of_inputs
from losscli.homework.mistakes.metrics import METRICS_TEXTS, of_metrics
from losscli.homework.mistakes.one_row import of_one_row
from losscli.homework.mistakes.scale import SCALE_TEXTS, of_scale
from losscli.homework.mistakes.two_mistakes import of_two_mistakes
from losscli.homework.mistakes.weights import WEIGHTS_TEXTS, of_weights

DRAWS, FEW_DRAWS = 8, 2  # how often rounded data are drawn again at random: at most MANY_ROWS rows, and more

MANY_ROWS = 1000

SPREAD = 3.0  # standard deviations of the answers to such data that are allowed

Turn = tuple[str, str, int]  # the id and meaning of a candidate, and which of those with both it is


def mistakes_on_rounded_data(rows: EvaluatedRows) -> Iterator[Candidate]:
    """What one mistake would give, with how far each number may be off because the data were rounded."""
    if not rows.half_unit:
        return
    rng, found = np.random.default_rng(0), _in_turn(single_mistakes(rows))
    squares: dict[Turn, list[Array]] = {turn: [np.zeros(np.shape(one.value))] for turn, one in found.items()}
    for _ in range(DRAWS if rows.n <= MANY_ROWS else FEW_DRAWS):
        for turn, one in _in_turn(single_mistakes(rows.shaken(rng))).items():
            if turn in found:
                with np.errstate(invalid="ignore"):  # inf - inf
                    squares[turn].append(np.square(np.asarray(one.value) - found[turn].value))
    for turn, one in found.items():
        off = np.sum(squares[turn], axis=0) / max(len(squares[turn]) - 1, 1)
        band = np.nan_to_num(SPREAD * np.sqrt(off), posinf=0.0)
        yield replace(one, band=band if np.ndim(band) else float(band))


def _in_turn(found: Iterable[Candidate]) -> dict[Turn, Candidate]:
    """Candidates by their turn: some mistakes give several numbers."""
    turns = Counter[tuple[str, str]]()
    named: dict[Turn, Candidate] = {}
    for one in found:
        turns[one.id, one.meaning] += 1
        named[one.id, one.meaning, turns[one.id, one.meaning]] = one
    return named


def single_mistakes(rows: EvaluatedRows) -> Iterator[Candidate]:
    """What one mistake would give; then the same as if the mean, or nats, had been asked for."""
    yield from _on_all_rows(rows)
    if rows.reduction is Reduction.NONE:
        return
    others = [(rows, "", 0)]  # other questions on these rows, how a meaning goes on, the number of mistakes in it
    if rows.reduction is Reduction.SUM:
        others += [(with_mean(one), f"{text}; and the mean was taken, not the sum", n + 1) for one, text, n in others]
    if rows.log_base != 1.0:
        others += [(in_nats(one), f"{text}; and the natural logarithm was taken", n + 1) for one, text, n in others]
    once = tuple(other.figures.answer for other, _, steps in others if steps == 1)
    for other, text, steps in others[1:]:
        for one in _on_all_rows(other):
            excluded_by = (*once, other.figures.answer)
            yield replace(one, meaning=one.meaning + text, rank=one.rank + steps, excluded_by=excluded_by)


def many_mistakes(rows: EvaluatedRows, singles: Sequence[Candidate]) -> Iterator[CandidateArray]:
    """What an error in a single row, or two mistakes at once, would give; `singles` are those of the rows."""
    yield from of_one_row(rows)
    yield from of_two_mistakes(rows, singles, partial(_on_all_rows, scale=False))


def summary_mistakes(figures: SummaryFigures) -> Iterator[Candidate]:
    """What can be said of a table of which only the summary is left."""
    return candidates(of_scale(figures), SCALE_TEXTS)


def _on_all_rows(rows: EvaluatedRows, scale: bool = True) -> Iterator[Candidate]:
    """The topics in the order in which their mistakes are listed, with or without those of scale."""
    yield from candidates(of_weights(rows), WEIGHTS_TEXTS)
    if scale:
        yield from summary_mistakes(rows.figures)
    yield from candidates(of_inputs(rows), INPUTS_TEXTS)
    if rows.binary:
        yield from candidates(of_binary(rows), BINARY_TEXTS)
    elif rows.categorical:
        yield from candidates(of_classes(rows), CLASSES_TEXTS)
    yield from candidates(of_metrics(rows), METRICS_TEXTS)
