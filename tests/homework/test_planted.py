"""Mistakes planted by formulas of their own, in plain numpy on the raw arrays, are named on data of each kind.

`tests/benchmarks/diagnosis.py` counts on many sets how often that is so.
"""

import sys
from pathlib import Path

import numpy as np

from losscli.homework.mistakes import single_mistakes
from losscli.homework.mistakes.one_row import of_one_row
from losscli.homework.typed import typed_answer
from losscli.homework.verdict import judged

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from diagnosis import rows_from
from planted import data_sets, planted, planted_rows


def test_each_planted_mistake_is_named_with_its_number() -> None:
    rng = np.random.default_rng(11)
    unnamed = []
    for data in data_sets(rng):
        rows = rows_from(data)
        singles, right, mean = list(single_mistakes(rows)), float(rows.figures.answer), rows.figures.mean
        for name, values in planted(data).items():
            for value in values:
                given = typed_answer(f"{value:.7g}")
                if not np.isfinite(value) or given[0].fits(right) or (name != "mean" and given[0].fits(mean)):
                    continue  # it doesn't show
                fits = {fit.id: fit for fit in judged(given, right, singles).fits}
                if name not in fits or abs(float(fits[name].value) - value) > 1e-6 * abs(value):
                    unnamed.append((data.loss, data.options, name, value, list(fits)))

    assert unnamed == []


def test_each_planted_slip_in_a_row_is_named() -> None:
    rng = np.random.default_rng(12)
    unnamed = []
    for data in data_sets(rng):
        rows = rows_from(data)
        right, arrays = float(rows.figures.answer), list(of_one_row(rows))
        for name, values in planted_rows(rng, data).items():
            for value in values:
                given = typed_answer(f"{value:.7g}")
                if np.isfinite(value) and not given[0].fits(right):
                    verdict = judged(given, right, (), arrays)
                    if name not in [fit.id for fit in verdict.fits]:
                        unnamed.append((data.loss, data.options, name, value, verdict))

    assert unnamed == []
