"""The options of the commands, one entry each: names, type of the value as typed, help, group.

Nothing here parses: `arguments` reads plain arguments by these tables, `typer_app` makes an application of them, `help`
prints them. The names are those of the fields of `Call`, `GradOptions` and `FitOptions`, whose defaults are theirs.
An option that several commands take is declared once; which command takes which says `commands`. A help is short
enough for one line of 80 columns; what is in parentheses is the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from losscli.enums import Like, Method, Missing, Reduction, Scale, Solver, Unmatched, Wrt
from losscli.output.formats import FORMATS

Number = tuple[type[int] | type[float], float, float]  # an option that is a number: its type, the least, the largest

ANY: Number = (float, -inf, inf)


@dataclass(frozen=True)
class Option:
    """How an option is declared: its names, the type of its value as typed, its help, what number it is.

    `bare` is its value where none is typed; the argument behind such an option is its value only if it is a number.
    `completes` says of what its values are, so that a shell can complete them. `words` is the help of commands for
    which `help` doesn't fit, by the name of the loss.
    """

    names: tuple[str, ...]
    kind: Any
    help: str
    metavar: str | None = None
    number: Number | None = None
    group: str = ""
    bare: str | None = None
    completes: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_flag(self) -> bool:
        """Whether it stands by itself, without a value."""
        return self.kind in (bool, bool | None)

    @property
    def flag(self) -> str:
        """Its long name, as messages call it."""
        return self.names[-1].split("/")[0]


TEXT, LIST = str | None, list[str] | None

COLUMNS, LABELS = "columns", "labels"  # what the values of an option are

INPUT, MATHEMATICS, ANSWERS = "Input", "Mathematics", "Answers"
GRADIENT, REGRESSION = "Gradient", "Regression"


def _input(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None, **more: Any) -> Option:
    return Option(names, kind, help, metavar, group=INPUT, **more)


def _math(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None, **more: Any) -> Option:
    return Option(names, kind, help, metavar, group=MATHEMATICS, **more)


def _answer(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None, **more: Any) -> Option:
    return Option(names, kind, help, metavar, group=ANSWERS, **more)


def _gradient(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None, **more: Any) -> Option:
    return Option(names, kind, help, metavar, group=GRADIENT, **more)


def _fit(*names: str, kind: Any = TEXT, help: str, metavar: str | None = None, **more: Any) -> Option:
    return Option(names, kind, help, metavar, group=REGRESSION, **more)


LOSS_OPTIONS = {
    "label": _input(
        "-y", "--label", kind=LIST, metavar="COL", completes=COLUMNS, help="label column: a name, number or glob"
    ),
    "prob": _input(
        *("-p", "--prob"),
        kind=LIST,
        metavar="COL",
        completes=COLUMNS,
        help="prediction column",
        words={"ce": "class columns: a list, range or glob", "nll": "prediction column, or the class columns"},
    ),
    "weight": _input("-w", "--weight", metavar="COL", completes=COLUMNS, help="sample weights: a column, or a list"),
    "key": _input("--key", metavar="COLS", completes=COLUMNS, help="join LABELS and PREDS on these columns"),
    "unmatched": _input(
        "--unmatched", kind=Unmatched | None, metavar="HOW", help="with --key, rows of one side: error or drop"
    ),
    "from_": _input("--from", kind=Scale | None, metavar="SCALE", help="probs (default), logits or logprobs"),
    "positive": _input("--positive", metavar="LABEL", completes=LABELS, help="this label is 1, every other one 0"),
    "classes": _input("--classes", metavar="A,B,C", help="the class of each prediction column"),
    "delimiter": _input("-d", "--delimiter", metavar="CHAR", help="between cells: a character, tab or space"),
    "header": _input("--header/--no-header", kind=bool | None, help="whether line 1 names the columns"),
    "encoding": _input("--encoding", metavar="NAME", help="default: UTF-8, or UTF-16 by its mark"),
    "na": _input("--na", kind=Missing | None, metavar="HOW", help="missing cells: error (default) or drop"),
    "cluster": _input("--cluster", metavar="ADDRESS", help="compute on a Dask cluster"),
    "reduction": _math(
        "-r", "--reduction", kind=Reduction | None, metavar="HOW", help="mean (default), sum or none: each row's loss"
    ),
    "base": _math("--base", metavar="B", help="e (default: nats), 2 (bits), 10 or any above 1"),
    "eps": _math("--eps", metavar="X", number=ANY, help="clip probabilities to [X, 1-X]; default: never"),
    "like": _math("--like", kind=Like | None, metavar="LIBRARY", help="conventions of torch, keras or sklearn"),
    "smoothing": _math("--smoothing", metavar="S", number=ANY, help="label smoothing: S spread over the classes"),
    "focal": _math("--focal", metavar="GAMMA", number=ANY, help="focal loss: times (1-p_t)^GAMMA"),
    "pos_weight": _math("--pos-weight", metavar="C", number=ANY, help="weight of the positive term"),
    "class_weight": _math("--class-weight", metavar="W1,W2,..", help="a weight for each class"),
    "ignore": _math("--ignore", metavar="LABEL", completes=LABELS, help="rows with this label do not count"),
    "normalize": _math("--normalize", kind=bool, help="rescale each row to sum to 1"),
    "format": _answer("-f", "--format", metavar="NAME", help=", ".join(FORMATS).replace("table", "table (default)")),
    "quiet": _answer("-q", "--quiet", kind=bool, help="nothing but the number, with all its digits"),
    "digits": _answer("--digits", metavar="N", number=(int, 1, 17), help="significant digits in tables (6)"),
    "ci": _answer("--ci", metavar="LEVEL", number=ANY, help="confidence interval of the mean (0.95)"),
    "expect": _answer("--expect", metavar="X", help="check the answer X: exit 1 if wrong, and say why"),
    "tolerance": _answer("--tolerance", metavar="T", number=ANY, help="how far X may be off (half its last digit)"),
    "hide_answer": _answer("--hide-answer", kind=bool, help="with --expect: the verdict, not the answer"),
    "explain": _answer("--explain", kind=bool, help="show the work: formula, terms, sum, division"),
    "fail_above": _answer("--fail-above", metavar="X", number=ANY, help="exit 1 if the answer is above X"),
    "fail_if_worse": _answer(
        "--fail-if-worse", metavar="[X]", number=ANY, bare="0", help="exit 1 if a model is worse than the first"
    ),
    "worst": _answer("--worst", metavar="N", number=(int, 1, 10**6), help="the N rows with the highest loss"),
    "show": _answer("--show", metavar="COLS", completes=COLUMNS, help="with --worst: these columns too"),
    "by": _answer("--by", metavar="COLS", completes=COLUMNS, help="a line for each value of these columns"),
    "max_groups": _answer("--max-groups", metavar="N", number=(int, 1, 10**7), help="with --by: at most (1000)"),
    "calibration": _answer(
        "--calibration",
        metavar="[BINS]",
        number=(int, 1, 1000),
        bare="10",
        help="reliability by bins (10); holds 16 to 24 bytes a row",
    ),
    "quantiles": _answer("--quantiles", metavar="Q,..", help="quantiles of the losses"),
    "plot": _answer("--plot", kind=bool, help="pictures in the terminal"),
    "save": _answer("--save", metavar="FILE", help="write it to FILE.svg, .html, .txt or .md"),
    "threads": _answer("--threads", metavar="N", number=(int, 1, 256), help="default: the number of cores"),
}

# Declared, but without effect as yet: no command offers these. Who gives one its effect takes its name out.
COMING: frozenset[str] = frozenset()


GRAD_OPTIONS = {
    "wrt": _gradient("--wrt", kind=Wrt | None, metavar="BY", help="by probs, logits, logprobs or params"),
    "method": _gradient("--method", kind=Method | None, metavar="HOW", help="analytic (default) or numeric"),
    "step": _gradient("--step", metavar="H", number=ANY, help="of the differences; default: suited to each"),
    "check": _gradient("--check", kind=bool, help="both methods; exit 1 if they disagree"),
    "features": _gradient("-x", "--features", metavar="COLS", completes=COLUMNS, help="for params: the features"),
    "theta": _gradient("--theta", metavar="LIST", help="for params: the point, intercept first"),
    "no_intercept": _gradient("--no-intercept", kind=bool, help="for params: no intercept"),
}

FIT_OPTIONS = {
    "features": _fit("-x", "--features", metavar="COLS", completes=COLUMNS, help="default: all other numeric columns"),
    "method": _fit("--method", kind=Solver | None, metavar="HOW", help="gd (default: gradient descent) or newton"),
    "lr": _fit("--lr", metavar="RATE", number=ANY, help="learning rate of gradient descent (0.1)"),
    "steps": _fit("--steps", metavar="N", number=(int, 0, 10**9), help="steps at most (1000; newton 100)"),
    "theta": _fit("--theta", metavar="LIST", help="parameters to start with, intercept first (0)"),
    "tol": _fit("--tol", metavar="T", number=ANY, help="stop when a step gains less (0: never)"),
    "l2": _fit("--l2", metavar="L", number=ANY, help="add L/2 times the sum of squared parameters"),
    "standardize": _fit("--standardize", kind=bool, help="scale the features to mean 0, deviation 1"),
    "no_intercept": _fit("--no-intercept", kind=bool, help="logits without an intercept"),
    "test": _fit("--test", metavar="FILE", help="a table to test on"),
    "test_size": _fit("--test-size", metavar="F", number=ANY, help="share of the rows to test on"),
    "batch": _fit("--batch", metavar="N", number=(int, 1, 10**9), help="rows of a step of gd (all of them)"),
    "seed": _fit("--seed", metavar="N", number=(int, 0, 2**63), help="of the choice of these rows (0)"),
    "predict": _fit("--predict", metavar="FILE", help="write labels and fitted probabilities"),
}

# The options of `grade` are those of a loss that say how something is printed.
GRADE_OPTIONS = {name: LOSS_OPTIONS[name] for name in ("format", "quiet", "digits")}
