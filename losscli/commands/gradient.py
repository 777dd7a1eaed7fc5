"""What `grad` does for a table or lists: the gradient of every row, streamed. Returns whether the answer is yes."""

from contextlib import closing
from math import inf

from losscli.commands.call import Call, GradOptions, refuse_contradictions, request_of, settings_of
from losscli.enums import Method, Wrt
from losscli.errors import Declined
from losscli.evaluation.problem import problem_of
from losscli.gradients.analytic import kernel_of
from losscli.gradients.answer import answered, asked
from losscli.gradients.rows import Spool
from losscli.output.spool import spool_file
from losscli.reading.open import open_data


def run_grad(call: Call, options: GradOptions) -> bool:
    """Print the gradient that was asked for; False when `--check` finds that the methods disagree."""
    refuse_contradictions(call)
    refuse_options(options)
    if call.expect is not None:
        from losscli.expect.typed import typed_answer

        typed_answer(call.expect, many=True)
    if call.explain:
        from losscli.explain.gradient import refuse_unexplained

        refuse_unexplained(call, options.wrt is Wrt.PARAMS)
    if options.wrt is Wrt.PARAMS:
        from losscli.commands.parameters import run_params

        return run_params(call, options)
    settings, request = settings_of(call), request_of(call)
    ask = asked(call, options)
    table = open_data(request)
    with closing(table), spool_file() as file:
        problem = problem_of(settings, table)
        kernel_of(problem, ask.by)
        answer = answered(problem, table, ask, call, Spool(file))
        from losscli.reports.gradient import print_rows

        as_typed = print_rows(answer, call, numeric=options.method is Method.NUMERIC)
    return answer.ok and as_typed


def refuse_options(options: GradOptions) -> None:
    """Options of a gradient that contradict each other."""
    if options.step is not None:
        if options.method is Method.ANALYTIC and not options.check:
            raise Declined("--step is for differences; add --method numeric or --check")
        if not 0.0 < options.step < inf:
            raise Declined(f"--step: {options.step:g} is not a step; it is above 0 and finite")
    for name, given in (
        ("features", options.features),
        ("theta", options.theta),
        ("no-intercept", options.no_intercept),
    ):
        if given and options.wrt is not Wrt.PARAMS:
            raise Declined(f"--{name} is for gradients by parameters; add --wrt params")
