"""The parameters of a fit checked against typed ones."""

import numpy as np

from losscli.errors import DataError
from losscli.evaluation.prepare import Array
from losscli.homework.mistakes.candidate import candidates
from losscli.homework.mistakes.descent import DESCENT_TEXTS, Descent, of_descent
from losscli.homework.typed import Expected, typed_numbers
from losscli.homework.verdict import Verdict, judged

MOST_STEPS = 1000  # that mistakes are worked out for


def judge_fit(theta: Array, descent: Descent | None, expected: Expected) -> Verdict:
    """The verdict on typed parameters; mistakes are told of gradient descent on all rows."""
    given = typed_numbers(expected, many=True)
    if len(given) != theta.size:
        raise DataError(
            f"--expect gives {len(given)} number{'s' * (len(given) > 1)}, but the fit has {theta.size} parameters"
        )
    known = descent is not None and 0 < descent.steps <= MOST_STEPS and descent.design.problem.settings.loss.log_loss
    found = candidates(of_descent(descent), DESCENT_TEXTS) if known and descent is not None else ()
    return judged(given, np.ravel(theta), found)
