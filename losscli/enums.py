"""The words that options and tables share: scales, reductions, forms. It imports nothing of the project."""

from enum import Enum, StrEnum


class Scale(StrEnum):
    """What the predictions are."""

    PROBS = "probs"
    LOGITS = "logits"
    LOGPROBS = "logprobs"


class Reduction(StrEnum):
    """How the losses of the rows become the answer."""

    MEAN = "mean"
    SUM = "sum"
    NONE = "none"


class Form(Enum):
    """What one row of the data is."""

    BINARY = "one label and the prediction of the positive class"
    CATEGORICAL = "one label and a prediction for each class"
    LIKELIHOOD = "the prediction of the true label"


class Like(StrEnum):
    """A library whose conventions `--like` follows."""

    TORCH = "torch"
    KERAS = "keras"
    SKLEARN = "sklearn"


class Missing(StrEnum):
    """What is done about missing cells."""

    ERROR = "error"
    DROP = "drop"


class Unmatched(StrEnum):
    """What is done about rows of two joined tables that have no partner."""

    ERROR = "error"
    DROP = "drop"


class Wrt(StrEnum):
    """What a gradient is taken with respect to."""

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
