"""The options of all commands, each declared once: a field of `Arguments`.

The command line, the Typer application, help, completion and hints follow from these fields. Another option is another
field: its type says what its value is (a flag, a number, a choice, a text, a list), `option(...)` says the rest. One
that only some losses have is also an entry of `LOSS_SPECIFIC`. `commands.settings` passes the values on.
"""

from collections.abc import Collection
from dataclasses import field
from enum import Enum
from functools import cached_property, partial
from math import inf
from typing import Any, NamedTuple, get_args

from losscli.enums import Like, Method, Missing, Reduction, Scale, Solver, Unmatched, Wrt
from losscli.errors import UsageError
from losscli.losses.table import Loss
from losscli.output.formats import FORMATS
from losscli.records import record

LOSS, GRAD, FIT, TEMPERATURE, GRADE = "loss", "grad", "fit", "temperature", "grade"  # what a command does

NONE = type(None)

COLUMNS, LABELS = "columns", "labels"  # what the values of an option are, so that a shell can complete them


class Bounds(NamedTuple):
    """The numbers that an option takes; `text` describes them in messages if the bounds are not enough."""

    low: float
    high: float = inf
    above_low: bool = False
    below_high: bool = False
    text: str = ""

    def __contains__(self, value: Any) -> bool:
        above = self.low < value if self.above_low else self.low <= value
        return bool(above and (value < self.high if self.below_high else value <= self.high))

    def __str__(self) -> str:
        most = "" if self.high == inf else f" and {'below' if self.below_high else 'at most'} {self.high:g}"
        return self.text or f"{'above' if self.above_low else 'at least'} {self.low:g}{most}"


FINITE = Bounds(0.0, inf, False, True, "finite and at least 0")
SHARE = Bounds(0.0, 1.0, True, True, "between 0 and 1; write a percentage as a share, as in 0.95")
OF_ROWS = Bounds(0.0, 1.0, True, True, "a share of the rows between 0 and 1")


@record
class Option:
    """An option as it is declared.

    `type` is that of its field. `bare` is its value where none is typed. `commands` are those that have it, by what
    they do. In `help`, {scales} and {predictions} stand for what the loss takes.
    """

    name: str
    type: Any
    names: tuple[str, ...]
    help: str
    group: str
    metavar: str | None
    commands: tuple[str, ...]
    range: Bounds | None
    bare: str | None
    choices: Collection[str]
    completes: str

    @property
    def is_flag(self) -> bool:
        """Whether it has no value."""
        return self.type in (bool, bool | None)

    @property
    def is_list(self) -> bool:
        """Whether it may be given several times."""
        return bool(self.type == tuple[str, ...])

    @property
    def flag(self) -> str:
        """Its long name, as messages call it."""
        return self.flags[-1 if "/" not in self.names[-1] else 0]

    @cached_property
    def flags(self) -> list[str]:
        """Each of its spellings."""
        return [flag for name in self.names for flag in name.split("/")]

    @cached_property
    def types(self) -> tuple[Any, ...]:
        """The types of its value, without None."""
        return (str,) if self.is_list else tuple(one for one in get_args(self.type) or (self.type,) if one is not NONE)

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it takes; none if it takes any text."""
        if self.choices:
            return tuple(self.choices)
        return tuple(str(member.value) for one in self.types if issubclass(one, Enum) for member in one)

    def value(self, text: str) -> Any:
        """The value of a text; UsageError if it is none."""
        if not text:
            raise UsageError(f"{self.flag}: the value is empty")
        if int in self.types or float in self.types:
            number, whole = self.number(text), int in self.types
            if number is None or (self.range is None and number != number):
                hint = f"; it must be {self.range}" if text.endswith("%") and self.range is not None else ""
                raise UsageError(f"{self.flag}: {text!r} is not a {'whole ' if whole else ''}number{hint}")
            if self.range is not None and number not in self.range:
                allowed = f"from {self.range.low} to {self.range.high}" if whole else str(self.range)
                raise UsageError(f"{self.flag}: {text} is out of range; it must be {allowed}")
            return number
        if self.words and text not in self.words:
            raise UsageError(f"{self.flag}: {text!r} is not one of {', '.join(self.words)}")
        return self.types[0](text)

    def number(self, text: str) -> int | float | None:
        """The text as a number of the option's type, in its range or not; None where it is none."""
        try:
            return (int if int in self.types else float)(text if "_" not in text else "")
        except ValueError:
            return None


def option(
    *names: str,
    help: str,
    group: str,
    metavar: str | None = None,
    default: Any = None,
    commands: tuple[str, ...],
    range: Bounds | None = None,
    bare: str | None = None,
    choices: Collection[str] = (),
    completes: str = "",
) -> Any:
    """A field of `Arguments` that is an option; see `Option`."""
    return field(default=default, metadata={key: value for key, value in locals().items() if key != "default"})


OF_PREDICTIONS = (LOSS, GRAD)  # the commands that take labels and predictions
OF_LABELS = (*OF_PREDICTIONS, FIT)
OF_TABLES = (*OF_LABELS, TEMPERATURE)
EVERY = (*OF_TABLES, GRADE)

_input = partial(option, group="Input", commands=OF_TABLES)
_math = partial(option, group="Mathematics", commands=OF_PREDICTIONS)
_answer = partial(option, group="Answers", commands=(LOSS,))
_gradient = partial(option, group="Gradient", commands=(GRAD,))
_fit = partial(option, group="Regression", commands=(FIT,))


@record(init=False, eq=False)
class Arguments:
    """The arguments of a command: its sources and options."""

    loss: Loss
    sources: tuple[str, ...] = ()
    command: str = "losscli"  # as messages call it

    # --- input
    label: tuple[str, ...] = _input(
        "-y", "--label", default=(), metavar="COL", completes=COLUMNS, help="label column: a name, number or glob"
    )
    prob: tuple[str, ...] = _input(
        "-p",
        "--prob",
        default=(),
        metavar="COL",
        completes=COLUMNS,
        commands=(*OF_PREDICTIONS, TEMPERATURE),
        help="{predictions}",
    )
    weight: str | None = _input(
        "-w",
        "--weight",
        metavar="COL",
        completes=COLUMNS,
        help="sample weights: a column; with lists a list, or one number for all",
    )
    key: str | None = _input(
        "--key",
        metavar="COLS",
        completes=COLUMNS,
        commands=OF_PREDICTIONS,
        help="join LABELS and PREDS on these columns; A=B: on A of LABELS and B of PREDS",
    )
    unmatched: Unmatched | None = _input(
        "--unmatched", metavar="HOW", commands=OF_PREDICTIONS, help="rows that --key can't match: error (default), drop"
    )
    from_: Scale | None = _input("--from", metavar="SCALE", commands=OF_PREDICTIONS, help="predictions: {scales}")
    positive: str | None = _input(
        "--positive", metavar="LABEL", completes=LABELS, help="this label is 1, all others are 0"
    )
    classes: str | None = _input("--classes", metavar="A,B,C", help="the class of each prediction column")
    delimiter: str | None = _input(
        "-d", "--delimiter", metavar="CHAR", help="delimiter of the cells: a character, tab or space"
    )
    decimal: str | None = _input("--decimal", metavar="CHAR", help="decimal point: . (default) or ,")
    header: bool | None = _input("--header/--no-header", help="whether line 1 names the columns")
    encoding: str | None = _input(
        "--encoding", metavar="NAME", commands=EVERY, help="text encoding (default: UTF-8, or UTF-16 by BOM)"
    )
    na: Missing = _input("--na", default=Missing.ERROR, metavar="HOW", help="missing cells: error (default) or drop")
    cluster: str | None = _input("--cluster", metavar="ADDRESS", commands=(LOSS,), help="compute on a Dask cluster")

    # --- mathematics
    reduction: Reduction = _math(
        "-r",
        "--reduction",
        default=Reduction.MEAN,
        metavar="HOW",
        help="mean (default), sum, or none (the loss of each row)",
    )
    base: str = _math("--base", default="e", metavar="B", help="base of the log: e (default), 2 (bits), 10, ...")
    eps: float | None = _math(
        "--eps",
        metavar="X",
        range=Bounds(0.0, 0.5, below_high=True),
        help="clip probabilities to [X, 1-X] (default: never)",
    )
    like: Like | None = _math("--like", metavar="LIBRARY", help="compute as torch, keras or sklearn does")
    smoothing: float | None = _math(
        "--smoothing",
        metavar="S",
        range=Bounds(0.0, 1.0),
        commands=OF_LABELS,
        help="label smoothing: spread S over the classes",
    )
    focal: float | None = _math(
        "--focal", metavar="GAMMA", range=FINITE, help="focal loss: the loss times (1-p_t)^GAMMA"
    )
    alpha: float | None = _math(
        "--alpha", metavar="A", range=Bounds(0.0, 1.0), help="with --focal: times A (bce: 1-A for label 0)"
    )
    pos_weight: str | None = _math(
        "--pos-weight", metavar="C", commands=OF_LABELS, help="weight of the positive label; a list for several"
    )
    class_weight: str | None = _math(
        "--class-weight", metavar="WEIGHTS", commands=OF_LABELS, help="a list with a weight for each class, or balanced"
    )
    ignore: str | None = _math(
        "--ignore", metavar="LABEL", completes=LABELS, commands=OF_TABLES, help="rows with this label do not count"
    )
    normalize: bool = _math("--normalize", default=False, help="rescale the probabilities of each row to sum to 1")

    # --- answers
    format: str = _answer(
        "-f",
        "--format",
        default="table",
        metavar="NAME",
        choices=FORMATS,
        commands=EVERY,
        help=", ".join(FORMATS).replace("table", "table (default)"),
    )
    quiet: bool = _answer(
        "-q", "--quiet", default=False, commands=EVERY, help="print only the numbers, with all their digits"
    )
    digits: int = _answer(
        "--digits",
        default=6,
        metavar="N",
        range=Bounds(1, 17),
        commands=EVERY,
        help="significant digits in tables (default: 6)",
    )
    ci: float | None = _answer(
        "--ci", metavar="LEVEL", range=SHARE, commands=(LOSS, FIT), help="level of confidence intervals (default: 0.95)"
    )
    expect: str | None = _answer(
        "--expect", metavar="X", commands=OF_LABELS, help="check the answer X: exit 1 if wrong, and say why"
    )
    tolerance: float | None = _answer(
        "--tolerance",
        metavar="T",
        range=FINITE,
        commands=OF_LABELS,
        help="how far X may be off (default: half its last digit)",
    )
    hide_answer: bool = _answer(
        "--hide-answer", default=False, commands=OF_LABELS, help="with --expect: do not show the right answer"
    )
    explain: bool = _answer(
        "--explain", default=False, commands=OF_LABELS, help="show the work: formula, terms, sum, division"
    )
    fail_above: float | None = _answer("--fail-above", metavar="X", help="exit 1 if the answer is above X")
    fail_if_worse: float | None = _answer(
        "--fail-if-worse", metavar="[X]", bare="0", help="with -p A -p B: exit 1 if B is worse than A by over X"
    )
    worst: int | None = _answer(
        "--worst", metavar="N", range=Bounds(1, 10**6), help="show the N rows with the highest loss"
    )
    show: str | None = _answer("--show", metavar="COLS", completes=COLUMNS, help="with --worst: show these columns too")
    by: str | None = _answer(
        "--by", metavar="COLS", completes=COLUMNS, help="group the rows by the values of these columns"
    )
    max_groups: int = _answer(
        "--max-groups",
        default=1000,
        metavar="N",
        range=Bounds(1, 10**7),
        help="with --by: the most groups allowed (default: 1000)",
    )
    calibration: int | None = _answer(
        "--calibration",
        metavar="[BINS]",
        range=Bounds(1, 1000),
        bare="10",
        help="calibration in bins (default: 10); needs 8 to 24 bytes of memory a row, with -f csv none",
    )
    quantiles: str | None = _answer("--quantiles", metavar="Q,..", help="quantiles of the row losses, such as 0.5,0.9")
    plot: bool = _answer("--plot", default=False, commands=(LOSS, FIT), help="draw charts in the terminal")
    save: str | None = _answer(
        "--save", metavar="FILE", commands=(LOSS, FIT), help="write the output to a .svg, .html, .txt or .md file"
    )
    threads: int | None = _answer(
        "--threads",
        metavar="N",
        range=Bounds(1, 256),
        commands=OF_PREDICTIONS,
        help="number of threads (default: the number of cores)",
    )

    def __init__(self, loss: Loss, sources: tuple[str, ...] = (), **values: Any) -> None:
        """Set the fields. To let `dataclass` make this method would take three milliseconds of every start."""
        for name, value in {"loss": loss, "sources": sources, **values}.items():
            if name not in self.__dataclass_fields__:
                raise TypeError(f"no argument {name!r}")
            object.__setattr__(self, name, value)

    @property
    def scale(self) -> Scale:
        """The scale of the predictions: that of `--from`, or that of the loss."""
        return self.from_ or self.loss.scale


@record(init=False, eq=False)
class GradArguments(Arguments):
    """The arguments of a gradient."""

    wrt: Wrt | None = _gradient(
        "--wrt",
        metavar="BY",
        help="with respect to probs, logits, logprobs or params (default: the predictions as given)",
    )
    method: Method = _gradient("--method", default=Method.ANALYTIC, metavar="HOW", help="analytic (default) or numeric")
    step: float | None = _gradient("--step", metavar="H", help="step of finite differences (default: automatic)")
    check: bool = _gradient("--check", default=False, help="compare both gradients; exit 1 if they disagree")
    features: str | None = _gradient(
        "-x", "--features", metavar="COLS", completes=COLUMNS, help="with --wrt params: the features"
    )
    theta: str | None = _gradient("--theta", metavar="LIST", help="with --wrt params: the parameters, intercept first")
    no_intercept: bool = _gradient("--no-intercept", default=False, help="with --wrt params: no intercept")


@record(init=False, eq=False)
class FitArguments(Arguments):
    """The arguments of a fit."""

    features: str | None = _fit(
        "-x", "--features", metavar="COLS", completes=COLUMNS, help="features (default: all other numeric columns)"
    )
    method: Solver = _fit("--method", default=Solver.GD, metavar="HOW", help="gd (gradient descent, default) or newton")
    lr: float = _fit(
        "--lr",
        default=0.1,
        metavar="RATE",
        range=Bounds(0.0, inf, True, True, "finite and above 0"),
        help="learning rate of gradient descent (default: 0.1)",
    )
    steps: int | None = _fit(
        "--steps", metavar="N", range=Bounds(0, 10**9), help="maximum number of steps (default: 1000, newton 100)"
    )
    theta: str | None = _fit("--theta", metavar="LIST", help="start values, intercept first (default: all 0)")
    tol: float = _fit(
        "--tol", default=0.0, metavar="T", range=FINITE, help="stop if the loss falls by less than T (0: never)"
    )
    l2: float = _fit("--l2", default=0.0, metavar="L", range=FINITE, help="add L/2 times the sum of squared parameters")
    standardize: bool = _fit(
        "--standardize",
        default=False,
        help="scale the features to mean 0, standard deviation 1; with --no-intercept their mean stays",
    )
    no_intercept: bool = _fit("--no-intercept", default=False, help="fit no intercept")
    test: str | None = _fit("--test", metavar="FILE", commands=(FIT, TEMPERATURE), help="a table to test on")
    test_size: float | None = _fit(
        "--test-size",
        metavar="F",
        range=OF_ROWS,
        commands=(FIT, TEMPERATURE),
        help="share of the rows to test on",
    )
    batch: int | None = _fit(
        "--batch", metavar="N", range=Bounds(1, 10**9), help="number of rows in each step of gd (default: all)"
    )
    seed: int = _fit(
        "--seed",
        default=0,
        metavar="N",
        range=Bounds(0, 2**63),
        commands=(FIT, TEMPERATURE),
        help="seed for choosing rows at random (default: 0)",
    )
    predict: str | None = _fit(
        "--predict", metavar="FILE", commands=(FIT, TEMPERATURE), help="write labels and fitted probabilities"
    )
