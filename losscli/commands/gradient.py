"""What `grad` does for a table or lists: the gradient of every row, streamed. Returns whether the answer is yes."""

from contextlib import closing
from math import inf
from typing import TYPE_CHECKING

from losscli.commands.call import Call, GradOptions, printing_of, refuse_contradictions, request_of, settings_of
from losscli.enums import Method, Scale, Wrt
from losscli.errors import UsageError
from losscli.evaluation.problem import problem_of
from losscli.gradients.analytic import kernel_of
from losscli.gradients.answer import answered
from losscli.gradients.numeric import LARGEST_STEP
from losscli.gradients.rows import Ask, Spool
from losscli.output.whole import spool_file
from losscli.reading.open import open_data

if TYPE_CHECKING:
    from losscli.homework.expect.typed import Expected


def run_grad(call: Call, options: GradOptions) -> bool:
    """Print the gradient that was asked for; False when `--check` finds that the methods disagree."""
    refuse_contradictions(call)
    refuse_options(options)
    expected = _expected(call)
    if call.explain:
        _refuse_unexplained(call)
    if options.wrt is Wrt.PARAMS:
        from losscli.commands.parameters import run_params

        return run_params(call, options, expected)
    settings, request = settings_of(call), request_of(call)
    ask = asked(call, options)
    table = open_data(request)
    with closing(table), spool_file() as file:
        problem = problem_of(settings, table)
        kernel_of(problem, ask.by)
        answer = answered(problem, table, ask, Spool(file))
        from losscli.reports.gradient import print_rows

        as_typed = print_rows(answer, printing_of(call, "grad"), expected, numeric=options.method is Method.NUMERIC)
    return answer.ok and as_typed


def _expected(call: Call) -> "Expected | None":
    """The typed gradient; refused before anything is read where it is none."""
    if call.expect is None:
        return None
    from losscli.homework.expect.typed import Expected
    from losscli.homework.expect.wording import typed_numbers

    expected = Expected(call.expect, call.tolerance, call.hide_answer)
    typed_numbers(expected, many=True)
    return expected


def refuse_options(options: GradOptions) -> None:
    """Options of a gradient that contradict each other."""
    if options.step is not None:
        if options.method is Method.ANALYTIC and not options.check:
            raise UsageError("--step is for differences; add --method numeric or --check")
        if not 0.0 < options.step < inf:
            raise UsageError(f"--step: {options.step:g} is not a step; it is above 0 and finite")
    for name, given in (
        ("features", options.features),
        ("theta", options.theta),
        ("no-intercept", options.no_intercept),
    ):
        if given and options.wrt is not Wrt.PARAMS:
            raise UsageError(f"--{name} is for gradients by parameters; add --wrt params")


def asked(call: Call, options: GradOptions) -> Ask:
    """What is to be found: by which scale, by formula, by differences or both."""
    by = Scale(options.wrt.value) if options.wrt else call.scale
    if options.step is not None and by is Scale.PROBS and options.step > LARGEST_STEP:
        raise UsageError(f"--step: {options.step:g} is too long by probabilities; at most {LARGEST_STEP:g}")
    numeric = options.method is Method.NUMERIC
    return Ask(by, options.check or not numeric, options.check or numeric, options.step)


def _refuse_unexplained(call: Call) -> None:
    """Refuse formats without a place for the work, and what has no such chain."""
    if not printing_of(call).writer.nested:
        other = "--quiet" if call.quiet else f"--format {call.format}"
        raise UsageError(f"--explain shows the work; it contradicts {other}")
    if call.focal or call.normalize:
        raise UsageError("--explain shows gradients without --focal and --normalize")
