"""The options of the commands, one entry each: names, type of the value as typed, help, group.

Nothing here parses: `arguments` reads plain arguments by these tables, `typer_app` makes an application of them, `help`
prints them. The names are those of the fields of `Call`, `GradOptions` and `FitOptions`, whose defaults are theirs.
An option that several commands take is declared once; which command takes which says `commands`.
"""

from dataclasses import dataclass
from math import inf
from typing import Any

from losscli.enums import Format, Like, Method, Missing, Reduction, Scale, Solver, Unmatched, Wrt

Number = tuple[type[int] | type[float], float, float]  # an option that is a number: its type, the least, the largest

ANY: Number = (float, -inf, inf)


@dataclass(frozen=True)
class Option:
    """How an option is declared: its names, the type of its value as typed, its help, what number it is.

    `bare` is its value where none is typed; the argument behind such an option is its value only if it is a number.
    """

    names: tuple[str, ...]
    kind: Any
    help: str
    metavar: str | None = None
    number: Number | None = None
    group: str = ""
    bare: str | None = None

    @property
    def is_flag(self) -> bool:
        """Whether it stands by itself, without a value."""
        return self.kind in (bool, bool | None)

    @property
    def flag(self) -> str:
        """Its long name, as messages call it."""
        return self.names[-1].split("/")[0]


TEXT, LIST = str | None, list[str] | None

INPUT, MATHEMATICS, ANSWERS = "Input", "Mathematics", "Answers"
GRADIENT, REGRESSION = "Gradient", "Regression"


def _input(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None) -> Option:
    return Option(names, kind, help, metavar, group=INPUT)


def _math(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None, number: Number | None = None) -> Option:
    return Option(names, kind, help, metavar, number, MATHEMATICS)


def _answer(
    *names: str,
    kind: Any = TEXT,
    help: str,
    metavar: str | None = None,
    number: Number | None = None,
    bare: str | None = None,
) -> Option:
    return Option(names, kind, help, metavar, number, ANSWERS, bare)


LOSS_OPTIONS = {
    "label": _input(
        *("-y", "--label"),
        kind=LIST,
        metavar="COL",
        help="Label column: a name, a number, or several for one-hot or soft labels (y0,y1 or 2-4 or y_*).",
    ),
    "prob": _input(
        *("-p", "--prob"),
        kind=LIST,
        metavar="COL",
        help="Prediction column; for ce and nll the class columns, as a list, range or glob.",
    ),
    "weight": _input("-w", "--weight", metavar="COL", help="Sample weights: a column, or beside lists a list."),
    "key": _input("--key", metavar="COL", help="Join LABELS and PREDS on these columns, in any order of rows."),
    "unmatched": _input("--unmatched", kind=Unmatched | None, help="Rows without a partner: error (default) or drop."),
    "from_": _input("--from", kind=Scale | None, help="What the predictions are: probs (default), logits or logprobs."),
    "positive": _input("--positive", metavar="LABEL", help="This label is 1, every other label is 0."),
    "classes": _input("--classes", metavar="A,B,C", help="The class of each prediction column, in order."),
    "delimiter": _input(
        *("-d", "--delimiter"),
        metavar="CHAR",
        help="Cells are separated by this; tab and space are accepted as words. Default: found.",
    ),
    "header": _input(
        "--header/--no-header", kind=bool | None, help="Whether the first line names the columns. Default: found."
    ),
    "encoding": _input("--encoding", metavar="NAME", help="Default: UTF-8, or UTF-16 by its byte order mark."),
    "na": _input(
        "--na", kind=Missing | None, help="Missing cells: error (default), or drop the row and say how many went."
    ),
    "cluster": _input("--cluster", metavar="ADDRESS", help="Compute on a Dask cluster."),
    "reduction": _math(
        *("-r", "--reduction"), kind=Reduction | None, help="mean (default), sum or none: the loss of each row."
    ),
    "base": _math(
        "--base", metavar="B", help="Base of the logarithm: e (default, nats), 2 (bits), 10 or any other above 1."
    ),
    "eps": _math("--eps", metavar="X", number=ANY, help="Clip probabilities to [X, 1-X]. Default: no clipping at all."),
    "like": _math(
        "--like",
        kind=Like | None,
        help="That library's conventions for clipping, row rescaling and what the mean divides by.",
    ),
    "smoothing": _math(
        *("--smoothing",),
        metavar="S",
        number=ANY,
        help="Label smoothing: (1-S) of the label, S spread over the classes.",
    ),
    "focal": _math("--focal", metavar="GAMMA", number=ANY, help="Focal loss: times (1-p_t)^GAMMA."),
    "pos_weight": _math("--pos-weight", metavar="C", number=ANY, help="Weight of the positive term."),
    "class_weight": _math("--class-weight", metavar="W1,W2,..", help="A weight for each class."),
    "ignore": _math("--ignore", metavar="LABEL", help="Rows with this label do not count."),
    "normalize": _math("--normalize", kind=bool, help="Rescale each row of probabilities to sum to 1."),
    "format": _answer("-f", "--format", kind=Format | None, help="table (default), json, csv, tsv or md."),
    "quiet": _answer(
        "-q", "--quiet", kind=bool, help="Nothing but the number, with all its digits; one a line with -r none."
    ),
    "digits": _answer("--digits", metavar="N", number=(int, 1, 17), help="Significant digits in tables; default 6."),
    "ci": _answer(
        "--ci",
        metavar="LEVEL",
        number=ANY,
        help="Show the confidence interval of the mean; JSON always has it, by default at 0.95.",
    ),
    "expect": _answer(
        "--expect",
        metavar="X",
        help="Check the answer X, as precisely as typed: exit 1 if it is wrong, and name what would give it.",
    ),
    "tolerance": _answer("--tolerance", metavar="T", number=ANY, help="How far X may be off; default: its last digit."),
    "hide_answer": _answer("--hide-answer", kind=bool, help="Say whether X is right, without the right answer."),
    "explain": _answer("--explain", kind=bool, help="Show the work: formula, terms, sum, division."),
    "fail_above": _answer("--fail-above", metavar="X", number=ANY, help="Exit 1 if the answer is above X."),
    "fail_if_worse": _answer(
        "--fail-if-worse", metavar="[X]", number=ANY, bare="0", help="Exit 1 if a model is worse than the first."
    ),
    "worst": _answer("--worst", metavar="N", number=(int, 1, 10**6), help="The N rows with the highest loss."),
    "show": _answer("--show", metavar="COLS", help="With --worst: show these columns too."),
    "by": _answer("--by", metavar="COLS", help="A line of results for each value of these columns."),
    "max_groups": _answer(
        "--max-groups", metavar="N", number=(int, 1, 10**7), help="With --by: groups at most; default 1000."
    ),
    "calibration": _answer(
        "--calibration", metavar="[BINS]", number=(int, 1, 1000), bare="10", help="Reliability, by 10 bins or so many."
    ),
    "quantiles": _answer("--quantiles", metavar="Q,..", help="Quantiles of the losses."),
    "plot": _answer("--plot", kind=bool, help="Pictures of what was asked for."),
    "save": _answer("--save", metavar="FILE", help="What is printed, as .svg, .html, .txt or .md."),
    "threads": _answer("--threads", metavar="N", number=(int, 1, 256), help="Default: the number of cores."),
}

# Declared, but without effect as yet: no command offers these. Who gives one its effect takes its name out.
COMING = frozenset(
    {
        *("key", "unmatched", "cluster", "tolerance", "hide_answer", "fail_if_worse", "worst", "show", "by"),
        *("max_groups", "calibration", "quantiles", "plot", "save"),
    }
)


def _gradient(
    *names: str, kind: Any = TEXT, help: str, metavar: str | None = None, number: Number | None = None
) -> Option:
    return Option(names, kind, help, metavar, number, GRADIENT)


GRAD_OPTIONS = {
    "wrt": _gradient(
        "--wrt", kind=Wrt | None, help="By what: probs, logits, logprobs or params. Default: what --from says."
    ),
    "method": _gradient("--method", kind=Method | None, help="analytic (default) or numeric: central differences."),
    "step": _gradient(
        "--step", metavar="H", number=ANY, help="Step of the differences. Default: suited to each prediction."
    ),
    "check": _gradient("--check", kind=bool, help="Both methods beside each other; exit 1 if they disagree."),
    "features": _gradient(
        "-x", "--features", metavar="COLS", help="With --wrt params: the columns that the logits are made of."
    ),
    "theta": _gradient(
        "--theta", metavar="LIST", help="With --wrt params: the parameters, intercept first; a row a class for ce."
    ),
    "no_intercept": _gradient("--no-intercept", kind=bool, help="With --wrt params: logits without an intercept."),
}


def _fit(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None, number: Number | None = None) -> Option:
    return Option(names, kind, help, metavar, number, REGRESSION)


FIT_OPTIONS = {
    "features": _fit("-x", "--features", metavar="COLS", help="Feature columns. Default: all other numeric columns."),
    "method": _fit(
        "--method", kind=Solver | None, help="gd (default): batch gradient descent; newton: the exact optimum."
    ),
    "lr": _fit("--lr", metavar="RATE", number=ANY, help="Learning rate of gradient descent; default 0.1."),
    "steps": _fit("--steps", metavar="N", number=(int, 0, 10**9), help="Steps at most; default 1000, for newton 100."),
    "theta": _fit(
        "--theta", metavar="LIST", help="Parameters to start with, intercept first; a row a class for ce. Default: 0."
    ),
    "tol": _fit("--tol", metavar="T", number=ANY, help="Stop when a step lowers the loss by less; default 0: never."),
    "l2": _fit(
        "--l2", metavar="L", number=ANY, help="Add L/2 times the sum of squared parameters, without intercepts."
    ),
    "standardize": _fit("--standardize", kind=bool, help="Fit on features of mean 0 and deviation 1."),
    "no_intercept": _fit("--no-intercept", kind=bool, help="Logits without an intercept."),
    "test": _fit("--test", metavar="FILE", help="A table to test on."),
    "test_size": _fit(
        "--test-size", metavar="F", number=ANY, help="The share of the rows to test on, chosen at random."
    ),
    "seed": _fit("--seed", metavar="N", number=(int, 0, 2**63), help="Seed of that choice; default 0."),
    "predict": _fit("--predict", metavar="FILE", help="Write labels and fitted probabilities to this CSV file."),
}
