"""What `fit` does: read a table into memory, fit, test, write the predictions, report."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from losscli.arrays import Array
from losscli.commands.arguments import FitArguments
from losscli.commands.settings import (
    printing_of,
    read_options_of,
    refuse_contradictions,
    refuse_overwriting,
    settings_of,
)
from losscli.enums import Form, Solver
from losscli.errors import DataError, UsageError, shown
from losscli.output.formats import emit
from losscli.output.report import Report
from losscli.regression.descent import DESCENT_STEPS, NEWTON_STEPS, FitConfig, descend
from losscli.regression.design import DesignMatrix, FeatureSelection, parse_theta, read_design, take_rows
from losscli.regression.newton import newton
from losscli.regression.predict import write_predictions
from losscli.reports.fit import FitReport, Scaling, report_of

if TYPE_CHECKING:
    from losscli.homework.typed import Expected
    from losscli.homework.verdict import Verdict


FEW_STEPS = 100  # of so few --steps the result is printed even if the loss rises


def run_fit(args: FitArguments) -> bool:
    """Fit and print the parameters; False if other ones were typed."""
    refuse_contradictions(args)
    config, printing = _config_of(args), printing_of(args)
    if args.explain:
        _refuse_unexplained(args)
    if args.predict is not None:
        refuse_predictions(args.predict, args)
    expected = None
    if args.expect is not None:
        from losscli.homework.typed import Expected, expected_numbers

        if args.predict == "-":
            raise UsageError("--predict - prints only the predictions; it contradicts --expect")
        expected = Expected(args.expect, args.tolerance, args.hide_answer)
        expected_numbers(expected, many=True)  # to refuse what is no list of numbers before anything is read
    outcome, parts, features = fitted(args, config)
    if args.predict is not None:
        write_predictions(args.predict, parts, outcome.fit.theta, features)
    if args.predict == "-":
        return True
    report, right = _with_work(outcome, args), True
    if expected is not None:
        from losscli.reports.verdict import with_fit_verdict

        verdict = judged_fit(outcome, expected)
        report, right = with_fit_verdict(report, verdict, expected, printing.digits), verdict.ok
    emit(report, printing)
    return right


def fitted(args: FitArguments, config: FitConfig) -> tuple[FitReport, dict[str, DesignMatrix], dict[str, Array]]:
    """The fit; by part ("train", "test", or "" for all) its rows as fitted, and their features (n, d) as read."""
    form = Form.BINARY if Form.BINARY in args.loss.kernels else Form.CATEGORICAL
    selection = FeatureSelection(args.features or "", not args.no_intercept)
    everything = read_design(read_options_of(args), settings_of(args), selection, form)
    train, test = _parts(everything, args)
    scaling = _scaling(train, everything) if args.standardize else None
    raw = {"": everything} if test is None else {"train": train, "test": test}
    features = {name: design.x[:, int(design.shape.intercept) :] for name, design in raw.items()}
    parts = {name: _scaled(design, scaling) for name, design in raw.items()}
    train, start = _scaled(train, scaling), parse_theta(args.theta, train.shape)
    test, by_newton = parts.get("test"), args.method is Solver.NEWTON
    if by_newton and args.l2 == 0.0 and train.shape.intercept and (flat := _constant(train)) is not None:
        what = f"column {shown(flat)} is constant, like the intercept"
        hint = "so newton has no single optimum; leave the column out or add --l2"
        raise DataError(f"{train.table.name}: {what}, {hint}")
    fit = (newton if by_newton else descend)(train, start, config, test)
    if by_newton and not fit.converged and args.steps is None:
        raise DataError(
            f"newton has not converged after {fit.steps} steps, and the classes are not clearly separable; give more"
            " --steps, add --l2, or use --method gd"
        )
    return FitReport(train, config, fit, scaling, test, start), parts, features


def judged_fit(outcome: FitReport, expected: "Expected") -> "Verdict":
    """The verdict on typed parameters."""
    from losscli.homework.check_gradient import judge_fit
    from losscli.homework.mistakes.descent import Descent

    fit, config = outcome.fit, outcome.config
    plain = config.method is Solver.GD and config.batch is None
    descent = Descent(outcome.design, config, outcome.start, fit.theta, fit.steps) if plain else None
    return judge_fit(fit.theta, descent, expected)


def solved_fit(args: FitArguments) -> "tuple[Callable[[Expected], Verdict], Array]":
    """A fit as a question: the judge of typed parameters, and the right ones; refused without --steps."""
    if args.steps is None:
        raise UsageError("a fit as a question needs --steps")
    if args.predict is not None or args.plot:
        raise UsageError("--predict and --plot are not for questions of a key")
    outcome, _, _ = fitted(args, _config_of(args))
    return partial(judged_fit, outcome), outcome.fit.theta


def _with_work(outcome: FitReport, args: FitArguments) -> Report:
    """The report, with --explain also the first step by hand."""
    report = report_of(outcome, drawn=args.plot)
    if not args.explain:
        return report
    from losscli.homework.explain_gradient import explain_step
    from losscli.reports.verdict import with_explanation

    scaled = outcome.scaling is not None
    return with_explanation(report, explain_step(outcome.design, outcome.start, outcome.config, outcome.fit, scaled))


def _refuse_unexplained(args: FitArguments) -> None:
    """Refuse --explain with formats that can't show the work, and with fits that take no step on all rows."""
    contradicting = {
        "--quiet": args.quiet,
        f"--format {args.format}": not printing_of(args).writer.nested,
        "--method newton": args.method is Solver.NEWTON,
        "--batch": args.batch is not None,
        "--steps 0": args.steps == 0,
        "--predict -": args.predict == "-",
    }
    for other, given in contradicting.items():
        if given:
            raise UsageError(f"--explain shows the first step of gradient descent; it contradicts {other}")


def _config_of(args: FitArguments) -> FitConfig:
    if args.batch is not None and args.method is Solver.NEWTON:
        raise UsageError("--batch is for gradient descent; it contradicts --method newton")
    refuse_test(args)
    usual = NEWTON_STEPS if args.method is Solver.NEWTON else DESCENT_STEPS
    return FitConfig(
        args.lr,
        usual if args.steps is None else args.steps,
        args.tol,
        args.l2,
        args.method,
        args.batch,
        args.seed,
        may_rise=args.steps is not None and args.steps <= FEW_STEPS,
        standardized=args.standardize,
    )


def refuse_test(args: FitArguments) -> None:
    """Refuse two choices of the rows to test on."""
    if args.test is not None and args.test_size is not None:
        raise UsageError("--test and --test-size both choose rows to test on; give one of them")


def _parts(everything: DesignMatrix, args: FitArguments) -> tuple[DesignMatrix, DesignMatrix | None]:
    """The rows to fit and those to test on."""
    if args.test is not None:
        shape = everything.shape
        names = ",".join(everything.table.schema.feature_names)
        selection = FeatureSelection(names, shape.intercept, shape.classes, shape.levels)
        form = Form.BINARY if shape.classes is None else Form.CATEGORICAL
        weights = everything.problem.settings.class_weight
        settings = replace(settings_of(args), class_weight=weights, balanced=False)
        return everything, read_design(read_options_of(replace(args, sources=(args.test,))), settings, selection, form)
    return held_out(everything, args)


def held_out(everything: DesignMatrix, args: FitArguments) -> tuple[DesignMatrix, DesignMatrix | None]:
    """The rows to fit, and the share of them that --test-size holds out to test on."""
    if args.test_size is None:
        return everything, None
    count = round(args.test_size * everything.rows)
    if not 0 < count < everything.rows:
        raise UsageError(
            f"--test-size: {args.test_size:g} of {everything.rows} rows leaves no rows to fit or to test on"
        )
    order = np.random.default_rng(args.seed).permutation(everything.rows)
    train, test = take_rows(everything, np.sort(order[count:])), take_rows(everything, np.sort(order[:count]))
    for part, purpose in ((train, "to fit"), (test, "to test on")):
        if not part.divisor > 0.0:
            raise DataError(
                f"{everything.table.name}: the weights of the {part.rows} rows {purpose} sum to 0;"
                " choose another --seed or --test-size"
            )
    return train, test


def _scaling(train: DesignMatrix, everything: DesignMatrix) -> Scaling:
    """Mean 0 and deviation 1 (dividing by n) for the features of the rows to fit; the intercept stays as it is.

    Without an intercept no parameter takes up the means, so they stay.
    """
    mean = train.x.mean(axis=0)
    off = train.x - mean
    size = np.abs(off).max(axis=0, initial=0.0)
    size = np.where(size > 0.0, size, 1.0)  # squares of features of any size stay in the range of floats
    deviation = size * np.sqrt(np.square(off / size).mean(axis=0))
    if train.shape.intercept:
        mean[0], deviation[0] = 0.0, 1.0
    else:
        mean = np.zeros_like(mean)
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


def refuse_predictions(path: str, args: FitArguments) -> None:
    """Refuse to write predictions to a file that is read or saved to, and to mix them with an answer."""
    if path == "-" and (args.quiet or args.format != "table"):
        raise UsageError("--predict - prints only the predictions; it contradicts -q and -f")
    if path != "-":
        refuse_overwriting("--predict", path, args)
    if args.save is not None and os.path.realpath(args.save) == os.path.realpath(path):
        raise UsageError(f"--predict and --save both write {path}; give two files")
