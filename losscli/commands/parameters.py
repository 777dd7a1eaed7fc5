"""`grad --wrt params`: read features, gradient by parameters, report."""

from dataclasses import replace
from typing import TYPE_CHECKING

from losscli.commands.call import Call, GradOptions, printing_of, request_of, settings_of
from losscli.enums import Method, Reduction, Scale
from losscli.errors import UsageError
from losscli.gradients.check import TOLERANCE
from losscli.gradients.rows import Ask
from losscli.output.emit import emit
from losscli.regression.sample import Design, DesignMatrix, form_of, read_sample
from losscli.regression.slopes import Slopes, by_predictions, compared, slopes_of
from losscli.regression.theta import given_theta
from losscli.reports.parameters import params_report

if TYPE_CHECKING:
    from losscli.homework.expect.mistakes.gradients import Slopes as Told
    from losscli.homework.expect.ratios import Diagnosis
    from losscli.homework.expect.typed import Expected


def run_params(call: Call, options: GradOptions, expected: "Expected | None" = None) -> bool:
    """Print the gradient by parameters; False when `--check` finds that the methods disagree."""
    sample, found = _found(call, options)
    check = compared(found) if options.check else None
    answer, right = params_report(sample, found, options.method, check), True
    printing = printing_of(call, "grad")
    if call.explain:
        from losscli.homework.explain.parameters import with_work

        answer = with_work(answer, sample, found.theta)
    if expected is not None:
        from losscli.homework.expect.gradient import judged_report

        answer, right = judged_report(answer, _diagnosed(sample, found, expected), expected, printing.digits)
    if expected is None or not call.quiet:  # with --quiet the exit code says it
        emit(answer, printing)
    return right and (check is None or check[0] <= TOLERANCE)


def solved_by_parameters(call: Call, options: GradOptions) -> "tuple[Told, str]":
    """The right gradient for a diagnosis, and the unit of its loss."""
    sample, found = _found(call, options)
    return _told(sample, found), sample.problem.settings.unit_name


def _found(call: Call, options: GradOptions) -> tuple[DesignMatrix, Slopes]:
    if options.features is None:
        raise UsageError("--wrt params wants the columns that the logits are made of: -x/--features COLS")
    design, settings = Design(options.features, not options.no_intercept), settings_of(call)
    sample = read_sample(request_of(call), settings, design, form_of(settings, options.theta))
    numeric = options.method is Method.NUMERIC
    ask = Ask(Scale.LOGITS, options.check or not numeric, options.check or numeric, options.step)
    return sample, slopes_of(sample, given_theta(options.theta, sample.shape), ask)


def _diagnosed(sample: DesignMatrix, found: Slopes, expected: "Expected") -> "Diagnosis":
    """The typed gradient judged; a mistake that looks at single rows is told only where it forgets their labels."""
    from losscli.homework.expect.gradient import told_of

    return told_of(_told(sample, found), sample.problem.settings.unit_name, expected)


def _told(sample: DesignMatrix, found: Slopes) -> "Told":
    from losscli.homework.expect.mistakes.gradients import Slopes as Told

    settings, right = sample.problem.settings, found.chosen
    divisor = sample.divisor if settings.reduction is Reduction.MEAN else 1.0
    k = right.shape[0] if right.ndim == 2 else 2
    told = Told(right, divisor, sample.summary.n, k, settings.log_base, log_loss=settings.loss.log_loss)
    return replace(told, intercept=sample.shape.intercept, of_h=by_predictions(sample, found.theta) / divisor)
