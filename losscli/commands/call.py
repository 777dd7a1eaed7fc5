"""A call: the options of a command as typed, and what they come to. The rule: text becomes values here, once.

What is wrong with an option whatever the data are is refused here as `Declined`.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan
from typing import TYPE_CHECKING

from losscli.enums import Like, Method, Missing, Reduction, Scale, Solver, Unmatched, Wrt
from losscli.errors import UsageError
from losscli.losses.table import Loss
from losscli.output.emit import Printing
from losscli.output.formats import FORMATS

if TYPE_CHECKING:
    from losscli.evaluation.problem import Settings
    from losscli.reading.open import ReadOptions


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
    batch: int | None = None
    seed: int = 0
    predict: str | None = None


@dataclass(frozen=True)
class Call:
    """The options of a command; the names are those of the command line."""

    loss: Loss
    sources: tuple[str, ...] = ()
    label: Sequence[str] = ()
    prob: Sequence[str] = ()
    weight: str | None = None
    key: str | None = None
    unmatched: Unmatched | None = None
    from_: Scale | None = None
    positive: str | None = None
    classes: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    encoding: str | None = None
    na: Missing = Missing.ERROR
    cluster: str | None = None
    reduction: Reduction = Reduction.MEAN
    base: str = "e"
    eps: float | None = None
    like: Like | None = None
    smoothing: float | None = None
    focal: float | None = None
    pos_weight: float | None = None
    class_weight: str | None = None
    ignore: str | None = None
    normalize: bool = False
    format: str = "table"
    quiet: bool = False
    digits: int = 6
    ci: float | None = None
    expect: str | None = None
    tolerance: float | None = None
    hide_answer: bool = False
    explain: bool = False
    fail_above: float | None = None
    fail_if_worse: float | None = None
    worst: int | None = None
    show: str | None = None
    by: str | None = None
    max_groups: int = 1000
    calibration: int | None = None
    quantiles: str | None = None
    plot: bool = False
    save: str | None = None
    threads: int | None = None

    @property
    def scale(self) -> Scale:
        """What the predictions are: as typed, or what the loss takes them for."""
        return self.from_ or self.loss.scale


def settings_of(call: Call) -> "Settings":
    """The mathematics of a call."""
    from losscli.evaluation.problem import Settings

    return Settings(
        loss=call.loss,
        scale=call.scale,
        reduction=call.reduction,
        base=_base(call.base),
        eps=_within(call.eps, "--eps", 0.0, 0.5, open_top=True),
        like=call.like,
        smoothing=_within(call.smoothing, "--smoothing", 0.0, 1.0) or 0.0,
        focal=_within(call.focal, "--focal", 0.0, inf, open_top=True) or 0.0,
        pos_weight=_within(call.pos_weight, "--pos-weight", 0.0, inf, open_top=True),
        class_weight=_class_weight(call.class_weight),
        ignore=call.ignore,
        normalize=call.normalize,
        positive=call.positive,
        classes=_listed(call.classes),
        ci=_level(call.ci),
    )


def request_of(call: Call, compared: bool = False) -> "ReadOptions":
    """What a call wants read; `compared` where several models may be."""
    from losscli.data.columns import ColumnSelection
    from losscli.reading.dialect import Style, given_delimiter
    from losscli.reading.open import ReadOptions

    if len(call.prob) > 1 and not compared:
        raise UsageError("one model at a time: give -p once; several columns are a list, as in -p p0,p1")
    wanted = ColumnSelection(
        forms=frozenset(call.loss.kernels),
        scale=call.scale,
        label=",".join(call.label) or None,
        prob=call.prob[0] if call.prob else None,
        models=tuple(call.prob[1:]),
        weight=call.weight,
        carried={purpose: text for purpose in ("key", "by", "show") if (text := getattr(call, purpose)) is not None},
        header=call.header,
        named_labels=(*(_listed(call.classes) or ()), *([call.positive] if call.positive is not None else [])),
    )
    delimiter = given_delimiter(call.delimiter) if call.delimiter is not None else None
    style = Style(delimiter, call.na is Missing.DROP)
    drop_unmatched = None if call.unmatched is None else call.unmatched is Unmatched.DROP
    return ReadOptions(call.sources, wanted, style, call.encoding, call.threads, call.cluster, drop_unmatched)


def analysis_options(call: Call) -> list[str]:
    """The options of a call that ask for more than the mean of one model, as messages call them."""
    asked = {
        "--worst": call.worst,
        "--by": call.by,
        "--calibration": call.calibration,
        "--quantiles": call.quantiles,
        "--plot": call.plot,
        "--show": call.show,
        "--fail-if-worse": call.fail_if_worse is not None,
    }
    return [*(["-p given twice"] if len(call.prob) > 1 else []), *(name for name, value in asked.items() if value)]


def printing_of(call: Call, group: str = "") -> Printing:
    """How the answer of a call is printed; `group` is the command that the loss stands behind."""
    command = " ".join(word for word in ("losscli", group, call.loss.name) if word)
    return Printing(command, call.format, call.quiet, call.digits, call.explain, call.save)


def _refuse_saving(call: Call, path: str) -> None:
    """Refuse a file that can't bear the answer, or that is read."""
    from losscli.output.save import refuse_ending

    refuse_ending(path)
    if call.reduction is Reduction.NONE:
        raise UsageError("--save keeps one answer; -r none prints a line a row: send them to a file with >")
    if any(os.path.exists(path) and os.path.exists(one) and os.path.samefile(path, one) for one in call.sources):
        raise UsageError(f"--save: {path} is a table that is read; choose another file")


def refuse_contradictions(call: Call) -> None:
    """Options that ask for two answers at once."""
    if call.cluster is not None:
        rows = "-r none" if call.reduction is Reduction.NONE else "--explain" if call.explain else None
        if rows or call.expect is not None:
            raise UsageError(f"{rows or '--expect'} wants rows in their order; it contradicts --cluster")
    if call.fail_above is not None:
        if call.reduction is Reduction.NONE:
            raise UsageError("--fail-above wants one number; it contradicts -r none")
        if isnan(call.fail_above):
            raise UsageError("--fail-above: nan is not a limit")
    if call.save is not None:
        _refuse_saving(call, call.save)
    _refuse_without_answer(call)
    if call.format not in FORMATS:
        raise UsageError(f"--format: {call.format!r} is none of {', '.join(FORMATS)}")
    if call.quiet and call.format != "table":
        raise UsageError(f"--quiet prints the number alone; it contradicts --format {call.format}")
    if call.positive is not None and (call.classes or call.class_weight):
        raise UsageError("--positive is for two classes and --classes or --class-weight for several; give one of them")


def _refuse_without_answer(call: Call) -> None:
    """Options that say how a typed answer is judged, without one."""
    if call.expect is None and (call.tolerance is not None or call.hide_answer):
        option = "--hide-answer" if call.hide_answer else "--tolerance"
        raise UsageError(f"{option} is for a typed answer; add --expect X")
    if call.tolerance is not None and not 0.0 <= call.tolerance < inf:
        raise UsageError(f"--tolerance: {call.tolerance:g} is out of range; it is finite and at least 0")
    if call.hide_answer and (call.explain or call.fail_above is not None):
        option = "--explain" if call.explain else "--fail-above"
        raise UsageError(f"{option} shows the answer; it contradicts --hide-answer")


def _within(value: float | None, option: str, low: float, high: float, open_top: bool = False) -> float | None:
    if value is None:
        return None
    if not low <= value <= high or (open_top and value == high):
        top = "" if high == inf else f" and {'below' if open_top else 'at most'} {high:g}"
        raise UsageError(f"{option}: {value:g} is out of range; it is at least {low:g}{top}")
    return value


def _level(value: float | None) -> float | None:
    if value is not None and not 0.0 < value < 1.0:
        percent = "; write a percentage as a share, as in 0.95" if 1.0 < value < 100.0 else ""
        raise UsageError(f"--ci: {value:g} is out of range; it is between 0 and 1{percent}")
    return value


def _base(text: str) -> float | None:
    if text.strip().lower() == "e":
        return None
    try:
        base = float(text)
    except ValueError:
        base = 0.0
    if not (base > 1.0 and isfinite(base)):
        raise UsageError(f"--base: {text!r} is not the base of a logarithm; give e, 2, 10 or a number above 1")
    return base


def _class_weight(text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        text = text.strip("[]() ")
        weights = tuple(float(part) for part in (text.split(",") if "," in text else text.split()))
    except ValueError:
        raise UsageError(f"--class-weight: {text!r} is not a list of numbers") from None
    if not weights or any(not (0.0 <= weight < inf) for weight in weights):
        raise UsageError("--class-weight: weights are finite and not negative")
    return weights


def _listed(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        raise UsageError(f"--classes: {text!r} has an empty name")
    return names


def refuse_unseen_pictures(call: Call, printing: Printing) -> None:
    """Refuse pictures where only numbers are printed."""
    if call.plot and (call.quiet or printing.writer.pictures is False):
        other = "--quiet" if call.quiet else f"--format {call.format}"
        raise UsageError(f"--plot draws for people; it contradicts {other}")
