"""What `fit` does: read a table into memory, fit, test, write the predictions, report."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from glob import escape, glob
from math import inf

import numpy as np

from losscli.commands.call import (
    Call,
    FitOptions,
    printing_of,
    refuse_contradictions,
    refuse_unseen_pictures,
    request_of,
    settings_of,
)
from losscli.enums import Form, Solver
from losscli.errors import DataError, UsageError, shown
from losscli.evaluation.prepare import Array
from losscli.output.emit import emit
from losscli.output.report import Report
from losscli.regression.descent import DESCENT_STEPS, NEWTON_STEPS, Fit, FitConfig, descend
from losscli.regression.design import DesignMatrix, FeatureSelection, parse_theta, read_design, taken
from losscli.regression.newton import newton
from losscli.regression.predict import write_predictions
from losscli.reports.fit import FitReport, Scaling, report_of


def run_fit(call: Call, options: FitOptions) -> bool:
    """Fit and print what came of it."""
    refuse_contradictions(call)
    refuse_unseen_pictures(call, printing_of(call, "fit"))  # otherwise the curve of the loss is drawn anyway
    config = _recipe(options)
    if call.explain:
        _refuse_unexplained(call, options)
    if options.predict is not None:
        refuse_overwriting(options.predict, call, options)
    form = Form.BINARY if Form.BINARY in call.loss.kernels else Form.CATEGORICAL
    selection = FeatureSelection(options.features or "", not options.no_intercept)
    everything = read_design(request_of(call), settings_of(call), selection, form)
    train, test = _parts(everything, call, options)
    scaling = _scaling(train, everything) if options.standardize else None
    train, scaled = (_scaled(one, scaling) for one in (train, everything))
    _refuse_degenerate(train, options)
    start = parse_theta(options.theta, train.shape)
    test = None if test is None else _scaled(test, scaling)
    fit = (newton if options.method is Solver.NEWTON else descend)(train, start, config, test)
    _refuse_unsettled(fit, options)
    outcome = FitReport(train, config, fit, scaling, test)
    if options.predict is not None:
        parts = {"train": train, "test": test} if test is not None else {"": scaled}
        write_predictions(options.predict, parts, fit.theta)
    if options.predict != "-":
        emit(_told(outcome, start, call), printing_of(call, "fit"))
    return True


def _told(outcome: FitReport, start: Array, call: Call) -> Report:
    """The report, with the first step by hand where that is asked for."""
    report = report_of(outcome)
    if not call.explain:
        return report
    from losscli.homework.explain.fit import with_step

    return with_step(report, outcome.design, start, outcome.config, outcome.fit, outcome.scaling is not None)


def _refuse_unexplained(call: Call, options: FitOptions) -> None:
    """Refuse formats without a place for the work, and fits without a step on all rows."""
    contradicting = {
        "--quiet": call.quiet,
        f"--format {call.format}": not printing_of(call).writer.nested,
        "--method newton": options.method is Solver.NEWTON,
        "--batch": options.batch is not None,
        "--steps 0": options.steps == 0,
        "--predict -": options.predict == "-",
    }
    for other, given in contradicting.items():
        if given:
            raise UsageError(f"--explain shows the first step of gradient descent; it contradicts {other}")


def _recipe(options: FitOptions) -> FitConfig:
    for name, value in (("lr", options.lr), ("tol", options.tol), ("l2", options.l2)):
        if not 0.0 <= value < inf or (name == "lr" and value == 0.0):
            raise UsageError(
                f"--{name}: {value:g} is out of range; it is finite and {'above' if name == 'lr' else 'at least'} 0"
            )
    if options.batch is not None and options.method is Solver.NEWTON:
        raise UsageError("--batch is for gradient descent; it contradicts --method newton")
    refuse_test(options)
    usual = NEWTON_STEPS if options.method is Solver.NEWTON else DESCENT_STEPS
    return FitConfig(
        options.lr,
        usual if options.steps is None else options.steps,
        options.tol,
        options.l2,
        options.method,
        options.batch,
        options.seed,
    )


def refuse_test(options: FitOptions) -> None:
    """Refuse what chooses no rows to test on."""
    if options.test is not None and options.test_size is not None:
        raise UsageError("--test and --test-size both choose rows to test on; give one of them")
    if options.test_size is not None and not 0.0 < options.test_size < 1.0:
        raise UsageError(
            f"--test-size: {options.test_size:g} is out of range; it is a share of the rows between 0 and 1"
        )


def _parts(everything: DesignMatrix, call: Call, options: FitOptions) -> tuple[DesignMatrix, DesignMatrix | None]:
    """The rows to fit and those to test on."""
    if options.test is not None:
        shape = everything.shape
        names = ",".join(shape.features)
        selection = FeatureSelection(names, shape.intercept, shape.classes)
        form = Form.BINARY if shape.classes is None else Form.CATEGORICAL
        return everything, read_design(
            request_of(replace(call, sources=(options.test,))), settings_of(call), selection, form
        )
    return held_out(everything, options)


def held_out(everything: DesignMatrix, options: FitOptions) -> tuple[DesignMatrix, DesignMatrix | None]:
    """The rows to fit, and the share of them that --test-size holds out to test on."""
    if options.test_size is None:
        return everything, None
    count = round(options.test_size * everything.rows)
    if not 0 < count < everything.rows:
        raise UsageError(
            f"--test-size: {options.test_size:g} of {everything.rows} rows leaves no rows to fit or to test on"
        )
    order = np.random.default_rng(options.seed).permutation(everything.rows)
    train, test = taken(everything, np.sort(order[count:])), taken(everything, np.sort(order[:count]))
    for part, purpose in ((train, "to fit"), (test, "to test on")):
        if not part.divisor > 0.0:
            raise DataError(
                f"{everything.table.name}: the weights of the {part.rows} rows {purpose} sum to 0;"
                " choose another --seed or --test-size"
            )
    return train, test


def _scaling(train: DesignMatrix, everything: DesignMatrix) -> Scaling:
    """Mean 0 and deviation 1 (dividing by n) for the features of the rows to fit; the intercept stays as it is."""
    mean, deviation = train.x.mean(axis=0), train.x.std(axis=0)
    if train.shape.intercept:
        mean[0], deviation[0] = 0.0, 1.0
    flat = _constant(train)
    if flat is not None:
        raise DataError(
            f"{everything.table.name}: column {shown(flat)} is constant and can't be standardized; leave it out"
        )
    return Scaling(mean, deviation)


def _constant(design: DesignMatrix) -> str | None:
    """The first feature that is the same in all rows."""
    features = design.x[:, 1:] if design.shape.intercept else design.x
    flat = features.min(axis=0) == features.max(axis=0)
    return design.shape.features[int(flat.argmax())] if flat.any() else None


def _scaled(design: DesignMatrix, scaling: Scaling | None) -> DesignMatrix:
    return design if scaling is None else replace(design, x=(design.x - scaling.mean) / scaling.deviation)


def _refuse_degenerate(train: DesignMatrix, options: FitOptions) -> None:
    """Newton's method wants one optimum: no feature that is an intercept, unless a penalty chooses between them."""
    if options.method is not Solver.NEWTON or options.l2 > 0.0:
        return
    name = train.table.name
    flat = _constant(train) if train.shape.intercept else None
    if flat is not None:
        what = f"column {shown(flat)} is constant, which the intercept is already"
        raise DataError(f"{name}: {what}, so newton has no single optimum; leave the column out or add --l2")


def _refuse_unsettled(fit: Fit, options: FitOptions) -> None:
    if options.method is Solver.NEWTON and not fit.converged and options.steps is None:
        raise DataError(
            f"newton has not settled after {fit.steps} steps, and the classes are not plainly separable; give more"
            " --steps, add --l2, or use --method gd"
        )


def refuse_overwriting(path: str, call: Call, options: FitOptions) -> None:
    """Predictions go to no file that is read, by whatever name or link; on standard output they are what is printed."""
    if path == "-":
        if call.quiet or call.format != "table":
            raise UsageError("--predict - prints the predictions alone; it contradicts -q and -f")
        return
    with suppress(OSError, ValueError):
        written = os.stat(path)
        read = [one for source in (*(call.sources or ("-",)), options.test) if source for one in _files(source)]
        if any(os.path.samestat(written, one) for one in read):
            raise UsageError(f"--predict: {path} is a table that is read; choose another file")


def _files(source: str) -> Iterator[os.stat_result]:
    """The regular files that a source names: standard input, a path, what is in a directory, or what a glob matches."""
    names = [source, *glob(source), *glob(os.path.join(escape(source), "*"))]
    for found in [sys.stdin.fileno()] if source == "-" else names:
        with suppress(OSError, ValueError):
            status = os.stat(found)
            if stat.S_ISREG(status.st_mode):
                yield status
