"""The options of `grad` and `fit` beside those of the losses: their values as typed, and how the help shows them.

Nothing here parses: the command line makes its options from the tables, and the records carry what was typed.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any


class Wrt(StrEnum):
    """What a gradient is taken by."""

    PROBS = "probs"
    LOGITS = "logits"
    LOGPROBS = "logprobs"
    PARAMS = "params"


class Method(StrEnum):
    """How a gradient is found."""

    ANALYTIC = "analytic"
    NUMERIC = "numeric"


class Solver(StrEnum):
    """How a regression is fitted."""

    GD = "gd"
    NEWTON = "newton"


@dataclass(frozen=True)
class GradOptions:
    """What `grad` asks beside what its loss asks."""

    wrt: Wrt | None = None
    method: Method = Method.ANALYTIC
    step: float | None = None
    check: bool = False
    features: str | None = None
    theta: str | None = None
    no_intercept: bool = False


@dataclass(frozen=True)
class FitOptions:
    """What `fit` asks beside what its loss asks."""

    features: str | None = None
    method: Solver = Solver.GD
    lr: float = 0.1
    steps: int | None = None
    theta: str | None = None
    tol: float = 0.0
    l2: float = 0.0
    standardize: bool = False
    no_intercept: bool = False
    test: str | None = None
    test_size: float | None = None
    seed: int = 0
    predict: str | None = None


Number = tuple[type[int] | type[float], float, float]  # an option that is a number: its type, the least, the largest
ANY: Number = (float, -inf, inf)


@dataclass(frozen=True)
class Option:
    """How an option is declared: its names, the type of its value as typed, its help, what number it is."""

    names: tuple[str, ...]
    kind: Any
    help: str
    metavar: str | None = None
    number: Number | None = None


TEXT = str | None
GRADIENT = "Gradient"
GRAD_OPTIONS = {
    "wrt": Option(("--wrt",), Wrt | None, "By what: probs, logits, logprobs or params. Default: what --from says."),
    "method": Option(("--method",), Method, "analytic (default) or numeric: central differences."),
    "step": Option(("--step",), TEXT, "Step of the differences. Default: suited to each prediction.", "H", ANY),
    "check": Option(("--check",), bool, "Both methods beside each other; exit 1 if they disagree."),
    "features": Option(
        ("-x", "--features"), TEXT, "With --wrt params: the columns that the logits are made of.", "COLS"
    ),
    "theta": Option(
        ("--theta",), TEXT, "With --wrt params: the parameters, intercept first; a row a class for ce.", "LIST"
    ),
    "no_intercept": Option(("--no-intercept",), bool, "With --wrt params: logits without an intercept."),
}

REGRESSION = "Regression"
FIT_OPTIONS = {
    "features": Option(("-x", "--features"), TEXT, "Feature columns. Default: all other numeric columns.", "COLS"),
    "method": Option(("--method",), Solver, "gd (default): batch gradient descent; newton: the exact optimum."),
    "lr": Option(("--lr",), TEXT, "Learning rate of gradient descent; default 0.1.", "RATE", ANY),
    "steps": Option(("--steps",), TEXT, "Steps at most; default 1000, for newton 100.", "N", (int, 0, 10**9)),
    "theta": Option(
        ("--theta",), TEXT, "Parameters to start with, intercept first; a row a class for ce. Default: 0.", "LIST"
    ),
    "tol": Option(("--tol",), TEXT, "Stop when a step lowers the loss by less; default 0: never.", "T", ANY),
    "l2": Option(("--l2",), TEXT, "Add L/2 times the sum of squared parameters, without intercepts.", "L", ANY),
    "standardize": Option(("--standardize",), bool, "Fit on features of mean 0 and deviation 1."),
    "no_intercept": Option(("--no-intercept",), bool, "Logits without an intercept."),
    "test": Option(("--test",), TEXT, "A table to test on.", "FILE"),
    "test_size": Option(("--test-size",), TEXT, "The share of the rows to test on, chosen at random.", "F", ANY),
    "seed": Option(("--seed",), TEXT, "Seed of that choice; default 0.", "N", (int, 0, 2**63)),
    "predict": Option(("--predict",), TEXT, "Write labels and fitted probabilities to this CSV file.", "FILE"),
}
