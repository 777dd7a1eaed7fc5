"""What the commands of a loss do: read, evaluate, report."""

import sys
from contextlib import closing
from dataclasses import replace

import numpy as np

from losscli.commands.arguments import Arguments
from losscli.commands.settings import analysis_options, printing_of, read_options_of, refuse_contradictions, settings_of
from losscli.data.table import Table
from losscli.enums import Reduction
from losscli.errors import UsageError
from losscli.evaluation.evaluate import Figures, summary_of
from losscli.evaluation.problem import Problem, problem_of
from losscli.output.formats import Printing, emit
from losscli.output.report import Report
from losscli.output.streams import is_terminal, say
from losscli.reading.open import open_data
from losscli.reports.warnings import warnings_of


def run_loss(args: Arguments) -> bool:
    """Print the loss; False where a typed answer is wrong, a limit is exceeded or a model is worse."""
    # Refuse options that contradict each other, before anything is read.
    printing, analysis = printing_of(args), analysis_options(args)
    by_hand = args.expect is not None or args.explain
    refuse_contradictions(args)
    if analysis:
        from losscli.commands.analysis import refuse_unsuitable, with_analysis

        refuse_unsuitable(args, analysis, printing)
    elif by_hand:
        _refuse_unsuitable(args, printing)

    # Open the data, and pose the problem.
    options = read_options_of(args, compared=True)
    in_order = by_hand or args.reduction is Reduction.NONE or len(args.sources) != 1
    options = replace(options, in_parts=not in_order and args.cluster is None)
    settings = settings_of(args, options)
    table = open_data(options)
    if is_terminal(sys.stderr):
        from losscli.output.progress import watched

        table = watched(table)
    with closing(table):
        problem = problem_of(settings, table)

        # Evaluate, and make the report.
        ok, worse = True, list[str]()
        if analysis:
            figures, answer, worse = with_analysis(args, problem, table, printing)
        elif by_hand:
            figures, answer, ok = _checked(args, problem, table, printing)
        elif args.reduction is Reduction.NONE:
            from losscli.reports.rows import stream_losses

            stream_losses(problem, table, printing)
            return True
        elif printing.is_bare:
            figures = Figures(problem, summary_of(problem, table, full=False))
            answer = Report(warnings=warnings_of(figures, table), answer=figures.value)
        else:
            from losscli.reports.loss import report, scores_for

            figures = Figures(problem, summary_of(problem, table, full=True, scores=scores_for(printing)))
            answer = report(figures, table)

    emit(answer, printing)

    # Compare with the limits.
    if args.fail_above is not None and not figures.value <= args.fail_above:
        worse = [f"the {args.reduction.value} is {figures.value!r}, above {args.fail_above!r}", *worse]
    for line in worse:
        say(f"{printing.command}: {line}\n")
    return ok and not worse


def _checked(args: Arguments, problem: Problem, table: Table, printing: Printing) -> tuple[Figures, Report, bool]:
    """The figures, their report with the work, the verdict or both, and whether the typed answer is right."""
    from losscli.homework.check_loss import judge, solve
    from losscli.homework.explain_loss import explain_loss
    from losscli.homework.typed import Expected
    from losscli.reports.loss import report, scores_for
    from losscli.reports.verdict import with_explanation, with_losses, with_verdict

    by_row = args.reduction is Reduction.NONE
    held = args.expect is not None or by_row
    solution = solve(problem, table, hold_rows=held, scores=scores_for(printing))
    answer = report(solution.figures, table)
    if by_row:
        answer = with_losses(answer, np.asarray(solution.right))
    if args.explain:
        answer = with_explanation(answer, explain_loss(solution.first, solution.figures, args.digits))
    if args.expect is None:
        return solution.figures, answer, True
    expected = Expected(args.expect, args.tolerance, args.hide_answer)
    verdict = judge(solution, expected)
    return solution.figures, with_verdict(answer, verdict, expected, solution, printing), verdict.ok


def _refuse_unsuitable(args: Arguments, printing: Printing) -> None:
    """Refuse a typed answer that is no number, and formats that can't show the verdict or the work."""
    if args.expect is not None:
        from losscli.homework.typed import Expected, expected_numbers

        expected_numbers(Expected(args.expect), many=args.reduction is Reduction.NONE)
    if args.explain and args.quiet:
        raise UsageError("--quiet prints only the number; it contradicts --explain")
    if args.explain and not printing.writer.nested:
        raise UsageError(f"--explain shows the work; it contradicts --format {args.format}")
    if not printing.writer.nested and args.reduction is Reduction.NONE and not args.quiet:
        raise UsageError(f"-r none --format {args.format} prints rows, not the verdict of --expect; use -f json")
