"""What `grad` does: the gradient with respect to predictions, row by row, or to the parameters of a regression."""

from contextlib import closing
from math import inf
from typing import TYPE_CHECKING

from losscli.commands.arguments import GradArguments
from losscli.commands.settings import printing_of, read_options_of, refuse_contradictions, settings_of
from losscli.enums import Method, Scale, Wrt
from losscli.errors import UsageError
from losscli.evaluation.problem import problem_of
from losscli.gradients.analytic import kernel_of
from losscli.gradients.check import TOLERANCE
from losscli.gradients.evaluate import GradientSpec, Spool, gradient_of
from losscli.gradients.numeric import LARGEST_STEP
from losscli.output.formats import Printing, emit
from losscli.output.whole import spool_file
from losscli.reading.open import open_data

if TYPE_CHECKING:
    from losscli.homework.mistakes.gradients import RightGradient
    from losscli.homework.typed import Expected
    from losscli.regression.design import DesignMatrix
    from losscli.regression.gradient import ParameterGradient


def run_grad(args: GradArguments) -> bool:
    """Print the gradient; False when `--check` finds that the methods disagree, or the typed gradient is wrong."""
    refuse_contradictions(args)
    refuse_options(args)
    printing = printing_of(args)
    expected = None
    if args.expect is not None:
        from losscli.homework.typed import Expected, expected_numbers

        expected = Expected(args.expect, args.tolerance, args.hide_answer)
        expected_numbers(expected, many=True)  # to refuse what is no list of numbers before anything is read
    if args.explain:
        if not printing.writer.nested:
            other = "--quiet" if args.quiet else f"--format {args.format}"
            raise UsageError(f"--explain shows the work; it contradicts {other}")
        if args.normalize or (args.focal and args.wrt is Wrt.PARAMS):
            what = "--normalize" if args.normalize else "--focal and --wrt params"
            raise UsageError(f"--explain does not show gradients with {what}")
    if args.wrt is Wrt.PARAMS:
        return _run_params(args, printing, expected)
    options, spec = read_options_of(args), spec_of(args)
    settings = settings_of(args, options)
    table = open_data(options)
    with closing(table), spool_file() as file:
        problem = problem_of(settings, table)
        kernel_of(problem, spec.wrt)
        gradient = gradient_of(problem, table, spec, Spool(file))
        from losscli.reports.gradient import print_rows

        as_typed = print_rows(gradient, printing, expected, numeric=args.method is Method.NUMERIC)
    return gradient.ok and as_typed


def refuse_options(args: GradArguments) -> None:
    """Refuse options of a gradient that contradict each other."""
    if args.step is not None:
        if args.method is Method.ANALYTIC and not args.check:
            raise UsageError("--step is for numeric differences; add --method numeric or --check")
        if not 0.0 < args.step < inf:
            raise UsageError(f"--step: {args.step:g} is not a step; it must be above 0 and finite")
    by_parameters = {
        "features": args.features,
        "theta": args.theta,
        "no-intercept": args.no_intercept,
    }
    for name, given in by_parameters.items():
        if given and args.wrt is not Wrt.PARAMS:
            raise UsageError(f"--{name} is for gradients with respect to parameters; add --wrt params")


def spec_of(args: GradArguments) -> GradientSpec:
    """What the gradient is with respect to, and its methods; with respect to parameters it goes through the logits."""
    wrt = Scale.LOGITS if args.wrt is Wrt.PARAMS else Scale(args.wrt.value) if args.wrt else args.scale
    if args.step is not None and wrt is Scale.PROBS and args.step > LARGEST_STEP:
        raise UsageError(f"--step: {args.step:g} is too large for probabilities; at most {LARGEST_STEP:g}")
    numeric = args.method is Method.NUMERIC
    return GradientSpec(wrt, args.check or not numeric, args.check or numeric, args.step)


# --- with respect to parameters ---------------------------------------------------------------------------------------
def _run_params(args: GradArguments, printing: Printing, expected: "Expected | None") -> bool:
    from losscli.regression.gradient import compare_gradients
    from losscli.reports.parameters import parameter_report

    design, gradient = _parameter_gradient(args)
    check = compare_gradients(gradient) if args.check else None
    report, right = parameter_report(design, gradient, args.method, check), True
    if args.explain:
        from losscli.homework.explain_gradient import explain_parameters
        from losscli.reports.verdict import with_explanation

        report = with_explanation(report, explain_parameters(design, gradient.theta))
    if expected is not None:
        from losscli.homework.check_gradient import judge_gradient, right_parameter_gradient
        from losscli.reports.verdict import with_diagnosis

        diagnosis = judge_gradient(
            right_parameter_gradient(design, gradient), design.problem.settings.unit_name, expected
        )
        report, right = with_diagnosis(report, diagnosis, expected, printing.digits), diagnosis.verdict.ok
    emit(report, printing)
    return right and (check is None or check[0] <= TOLERANCE)


def solved_parameter_gradient(args: GradArguments) -> "RightGradient":
    """The right gradient for a diagnosis."""
    from losscli.homework.check_gradient import right_parameter_gradient

    return right_parameter_gradient(*_parameter_gradient(args))


def _parameter_gradient(args: GradArguments) -> "tuple[DesignMatrix, ParameterGradient]":
    from losscli.regression.design import FeatureSelection, form_of, parse_theta, read_design
    from losscli.regression.gradient import parameter_gradient

    if args.features is None:
        raise UsageError("--wrt params needs the columns of the features: -x COLS")
    selection, settings = FeatureSelection(args.features, not args.no_intercept), settings_of(args)
    design = read_design(read_options_of(args), settings, selection, form_of(settings, args.theta))
    return design, parameter_gradient(design, parse_theta(args.theta, design.shape), spec_of(args))
