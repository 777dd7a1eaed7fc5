"""What the loss commands do: read, evaluate, report. Returns whether the answer is yes; writes to standard output."""

import numpy as np

from losscli.commands.arguments import Arguments
from losscli.commands.settings import analysis_options, printing_of, refuse_contradictions, request_of, settings_of
from losscli.data.blocks import Table
from losscli.enums import Reduction
from losscli.errors import UsageError
from losscli.evaluation.evaluate import summary_of
from losscli.evaluation.figures import Figures
from losscli.evaluation.problem import Problem, problem_of
from losscli.output.emit import Printing, emit
from losscli.output.progress import watched
from losscli.output.streams import say
from losscli.reading.open import open_data
from losscli.reports.loss import bare_report, report


def run_loss(args: Arguments) -> bool:
    """Print the loss that was asked for; False when it is above the limit that was given."""
    refuse_contradictions(args)
    printing = printing_of(args)
    if analysis_options(args):
        from losscli.commands.analysis import run_analysis

        return run_analysis(args, printing)
    if args.expect is not None or args.explain:
        _refuse_unsuitable(args, printing)
    settings, request = settings_of(args), request_of(args)
    table = watched(open_data(request))
    try:
        return _answered(problem_of(settings, table), table, args, printing)
    finally:
        table.close()


def _answered(problem: Problem, table: Table, args: Arguments, printing: Printing) -> bool:
    if args.expect is not None or args.explain:
        return _checked(problem, table, args, printing)
    if args.reduction is Reduction.NONE:
        from losscli.reports.rows import stream_losses

        stream_losses(problem, table, printing)
        return True
    figures = Figures(problem, summary_of(problem, table, full=not printing.is_bare))
    answer = (bare_report if printing.is_bare else report)(figures, table)
    emit(answer, printing)
    return _within_limit(answer.answer, args, printing)


def _within_limit(value: float, args: Arguments, printing: Printing) -> bool:
    """Whether the answer is within `--fail-above`; where it isn't, standard error says what it is."""
    if args.fail_above is None or value <= args.fail_above:
        return True
    say(f"{printing.command}: the {args.reduction.value} is {value!r}, above {args.fail_above!r}\n")
    return False


def _checked(problem: Problem, table: Table, args: Arguments, printing: Printing) -> bool:
    """Print the answer with its work, its check or both; False when the typed answer is wrong or the limit exceeded."""
    from losscli.homework.check_loss import judge, solve
    from losscli.homework.explain_loss import explain_loss
    from losscli.homework.typed import Expected
    from losscli.reports.verdict import with_explanation, with_losses, with_verdict

    by_row, ok = args.reduction is Reduction.NONE, True
    solution = solve(problem, table, hold_rows=args.expect is not None or by_row)
    figures = solution.figures
    answer = report(figures, table)
    if by_row:
        answer = with_losses(answer, np.asarray(solution.right))
    if args.explain:
        answer = with_explanation(answer, explain_loss(solution.first, figures, args.digits))
    if args.expect is not None:
        expected = Expected(args.expect, args.tolerance, args.hide_answer)
        verdict = judge(solution, expected)
        answer, ok = with_verdict(answer, verdict, expected, solution, printing), verdict.ok
        if args.quiet:  # the exit code says it
            return _within_limit(figures.value, args, printing) and ok
    emit(answer, printing)
    return _within_limit(figures.value, args, printing) and ok


def _refuse_unsuitable(args: Arguments, printing: Printing) -> None:
    """Refuse what makes no sense together, and a typed answer that is no number, before anything is read."""
    if args.expect is not None:
        from losscli.homework.typed import Expected, typed_numbers

        typed_numbers(Expected(args.expect), many=args.reduction is Reduction.NONE)
    if args.explain and args.quiet:
        raise UsageError("--quiet prints the number alone; it contradicts --explain")
    if args.explain and not printing.writer.nested:
        raise UsageError(f"--explain shows the work; it contradicts --format {args.format}")
    if not printing.writer.nested and args.reduction is Reduction.NONE and not args.quiet:
        raise UsageError(f"-r none --format {args.format} prints rows and has no place for --expect; use -f json")
