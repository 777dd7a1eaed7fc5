"""The options of the commands: how they are declared, and the values of those that only `grad` and `fit` have.

Nothing here parses: the command line makes its options from the tables, and the records carry what was typed.
"""

from dataclasses import dataclass
from math import inf
from typing import Any

from losscli.enums import Format, Like, Method, Missing, Reduction, Scale, Solver, Wrt

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
    group: str = ""

    @property
    def is_flag(self) -> bool:
        """Whether it stands by itself, without a value."""
        return self.kind in (bool, bool | None)


TEXT, LIST = str | None, list[str] | None

INPUT, MATHEMATICS, ANSWERS = "Input", "Mathematics", "Answers"

# The options of the losses: the names are those of the fields of `Call`, whose defaults are theirs.
LOSS_OPTIONS = {
    "label": Option(
        ("-y", "--label"),
        LIST,
        "Label column: a name, a number, or several for one-hot or soft labels (y0,y1 or 2-4 or y_*).",
        metavar="COL",
        group=INPUT,
    ),
    "prob": Option(
        ("-p", "--prob"),
        LIST,
        "Prediction column; for ce and nll the class columns, as a list, range or glob.",
        metavar="COL",
        group=INPUT,
    ),
    "weight": Option(
        ("-w", "--weight"), TEXT, "Sample weights: a column, or beside lists a list.", metavar="COL", group=INPUT
    ),
    "from_": Option(("--from",), Scale, "What the predictions are: probs (default), logits or logprobs.", group=INPUT),
    "positive": Option(("--positive",), TEXT, "This label is 1, every other label is 0.", metavar="LABEL", group=INPUT),
    "classes": Option(
        ("--classes",), TEXT, "The class of each prediction column, in order.", metavar="A,B,C", group=INPUT
    ),
    "delimiter": Option(
        ("-d", "--delimiter"),
        TEXT,
        "Cells are separated by this; tab and space are accepted as words. Default: found.",
        metavar="CHAR",
        group=INPUT,
    ),
    "header": Option(
        ("--header/--no-header",), bool | None, "Whether the first line names the columns. Default: found.", group=INPUT
    ),
    "encoding": Option(
        ("--encoding",), TEXT, "Default: UTF-8, or UTF-16 by its byte order mark.", metavar="NAME", group=INPUT
    ),
    "na": Option(
        ("--na",), Missing, "Missing cells: error (default), or drop the row and say how many went.", group=INPUT
    ),
    "reduction": Option(
        ("-r", "--reduction"), Reduction, "mean (default), sum or none: the loss of each row.", group=MATHEMATICS
    ),
    "base": Option(
        ("--base",),
        str,
        "Base of the logarithm: e (default, nats), 2 (bits), 10 or any other above 1.",
        metavar="B",
        group=MATHEMATICS,
    ),
    "eps": Option(
        ("--eps",),
        TEXT,
        "Clip probabilities to [X, 1-X]. Default: no clipping at all.",
        metavar="X",
        number=ANY,
        group=MATHEMATICS,
    ),
    "like": Option(
        ("--like",),
        Like | None,
        "That library's conventions for clipping, row rescaling and what the mean divides by.",
        group=MATHEMATICS,
    ),
    "smoothing": Option(
        ("--smoothing",),
        TEXT,
        "Label smoothing: (1-S) of the label, S spread over the classes.",
        metavar="S",
        number=ANY,
        group=MATHEMATICS,
    ),
    "focal": Option(
        ("--focal",), TEXT, "Focal loss: times (1-p_t)^GAMMA.", metavar="GAMMA", number=ANY, group=MATHEMATICS
    ),
    "pos_weight": Option(
        ("--pos-weight",), TEXT, "Weight of the positive term.", metavar="C", number=ANY, group=MATHEMATICS
    ),
    "class_weight": Option(
        ("--class-weight",), TEXT, "A weight for each class.", metavar="W1,W2,..", group=MATHEMATICS
    ),
    "ignore": Option(("--ignore",), TEXT, "Rows with this label do not count.", metavar="LABEL", group=MATHEMATICS),
    "normalize": Option(("--normalize",), bool, "Rescale each row of probabilities to sum to 1.", group=MATHEMATICS),
    "format": Option(("-f", "--format"), Format, "table (default), json, csv, tsv or md.", group=ANSWERS),
    "quiet": Option(
        ("-q", "--quiet"), bool, "Nothing but the number, with all its digits; one a line with -r none.", group=ANSWERS
    ),
    "digits": Option(
        ("--digits",), TEXT, "Significant digits in tables; default 6.", metavar="N", number=(int, 1, 17), group=ANSWERS
    ),
    "expect": Option(
        ("--expect",),
        TEXT,
        "Check the answer X, as precisely as typed: exit 1 if it is wrong, and name what would give it.",
        metavar="X",
        group=ANSWERS,
    ),
    "tolerance": Option(
        ("--tolerance",), TEXT, "Accept an answer within T of the right one.", metavar="T", number=ANY, group=ANSWERS
    ),
    "hide_answer": Option(
        ("--hide-answer",), bool, "Say what is wrong with X without giving the answer away.", group=ANSWERS
    ),
    "explain": Option(("--explain",), bool, "Show the work: formula, terms, sum, division.", group=ANSWERS),
    "fail_above": Option(
        ("--fail-above",), TEXT, "Exit 1 if the answer is above X.", metavar="X", number=ANY, group=ANSWERS
    ),
    "threads": Option(
        ("--threads",), TEXT, "Default: the number of cores.", metavar="N", number=(int, 1, 256), group=ANSWERS
    ),
}

GRADIENT = "Gradient"

GRAD_OPTIONS = {
    "wrt": Option(
        ("--wrt",), Wrt | None, "By what: probs, logits, logprobs or params. Default: what --from says.", group=GRADIENT
    ),
    "method": Option(("--method",), Method, "analytic (default) or numeric: central differences.", group=GRADIENT),
    "step": Option(
        ("--step",), TEXT, "Step of the differences. Default: suited to each prediction.", "H", ANY, group=GRADIENT
    ),
    "check": Option(("--check",), bool, "Both methods beside each other; exit 1 if they disagree.", group=GRADIENT),
    "features": Option(
        ("-x", "--features"),
        TEXT,
        "With --wrt params: the columns that the logits are made of.",
        "COLS",
        group=GRADIENT,
    ),
    "theta": Option(
        ("--theta",),
        TEXT,
        "With --wrt params: the parameters, intercept first; a row a class for ce.",
        "LIST",
        group=GRADIENT,
    ),
    "no_intercept": Option(
        ("--no-intercept",), bool, "With --wrt params: logits without an intercept.", group=GRADIENT
    ),
}

REGRESSION = "Regression"

FIT_OPTIONS = {
    "features": Option(
        ("-x", "--features"), TEXT, "Feature columns. Default: all other numeric columns.", "COLS", group=REGRESSION
    ),
    "method": Option(
        ("--method",), Solver, "gd (default): batch gradient descent; newton: the exact optimum.", group=REGRESSION
    ),
    "lr": Option(("--lr",), TEXT, "Learning rate of gradient descent; default 0.1.", "RATE", ANY, group=REGRESSION),
    "steps": Option(
        ("--steps",), TEXT, "Steps at most; default 1000, for newton 100.", "N", (int, 0, 10**9), group=REGRESSION
    ),
    "theta": Option(
        ("--theta",),
        TEXT,
        "Parameters to start with, intercept first; a row a class for ce. Default: 0.",
        "LIST",
        group=REGRESSION,
    ),
    "tol": Option(
        ("--tol",), TEXT, "Stop when a step lowers the loss by less; default 0: never.", "T", ANY, group=REGRESSION
    ),
    "l2": Option(
        ("--l2",), TEXT, "Add L/2 times the sum of squared parameters, without intercepts.", "L", ANY, group=REGRESSION
    ),
    "standardize": Option(("--standardize",), bool, "Fit on features of mean 0 and deviation 1.", group=REGRESSION),
    "no_intercept": Option(("--no-intercept",), bool, "Logits without an intercept.", group=REGRESSION),
    "test": Option(("--test",), TEXT, "A table to test on.", "FILE", group=REGRESSION),
    "test_size": Option(
        ("--test-size",), TEXT, "The share of the rows to test on, chosen at random.", "F", ANY, group=REGRESSION
    ),
    "seed": Option(("--seed",), TEXT, "Seed of that choice; default 0.", "N", (int, 0, 2**63), group=REGRESSION),
    "predict": Option(
        ("--predict",), TEXT, "Write labels and fitted probabilities to this CSV file.", "FILE", group=REGRESSION
    ),
}
