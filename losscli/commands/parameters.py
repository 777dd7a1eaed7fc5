"""`grad --wrt params`: read features, gradient by parameters, report."""

import sys
from typing import TYPE_CHECKING

from losscli.commands.call import Call, GradOptions
from losscli.enums import Format, Reduction
from losscli.errors import Declined
from losscli.gradients.answer import complain
from losscli.gradients.check import TOLERANCE
from losscli.output.emit import emit
from losscli.output.formats import lines, strict_json
from losscli.output.report import Report
from losscli.regression.sample import Design, Sample, form_of, read_sample
from losscli.regression.slopes import Slopes, _compared, _slopes
from losscli.regression.theta import given_theta
from losscli.reports.parameters import _record, _report, _said, parameter_grid

if TYPE_CHECKING:
    from losscli.expect.mistakes.gradients import Diagnosis


def run_params(call: Call, options: GradOptions) -> bool:
    """Print the gradient by parameters; False when `--check` finds that the methods disagree."""
    if options.features is None:
        raise Declined("--wrt params wants the columns that the logits are made of: -x/--features COLS")
    design = Design(options.features, not options.no_intercept)
    sample = read_sample(call, design, form_of(call, options.theta))
    theta = given_theta(options.theta, sample.shape)
    found = _slopes(sample, theta, options)
    error, inconclusive = _compared(found) if options.check else (0.0, 0)
    typed = _diagnosed(sample, found, call) if call.expect is not None else None
    _print(sample, found, call, options, (error, inconclusive), typed)
    return error <= TOLERANCE and (typed is None or typed.verdict.ok)


def _diagnosed(sample: Sample, found: Slopes, call: Call) -> "Diagnosis":
    """The typed gradient judged; of a gradient by parameters only the mistakes that multiply it as a whole are told."""
    from losscli.expect.gradient import params_diagnosed

    base = sample.problem.settings.base
    divisor = sample.divisor if sample.problem.settings.reduction is Reduction.MEAN else 1.0
    return params_diagnosed(found.chosen, divisor, sample.summary.n, base, call)


# --- output -----------------------------------------------------------------------------------------------------------
def _print(
    sample: Sample,
    found: Slopes,
    call: Call,
    options: GradOptions,
    check: tuple[float, int],
    typed: "Diagnosis | None",
) -> None:
    notes = [*_said(check), *sample.table.notes]
    if call.quiet:
        rows = found.chosen.reshape(-1, len(sample.shape.names)).tolist()
        sys.stdout.write("".join(",".join(map(repr, row)) + "\n" for row in rows))
    elif call.format in (Format.CSV, Format.TSV):
        grid = parameter_grid(sample, found, options.check)
        cells = [[cell if isinstance(cell, str) else repr(cell) for cell in row] for row in grid.rows]
        sys.stdout.write(lines([list(grid.header), *cells], "\t" if call.format is Format.TSV else ","))
    elif call.format is Format.JSON:
        record = _record(sample, found, options, check, notes)
        sys.stdout.write(strict_json({**record, **_typed_record(typed)}) + "\n")
    else:
        emit(_with_typed(_report(sample, found, options, check, notes), typed, call), call)
        return
    if call.format is not Format.JSON:
        complain(call, [*_said(check), *_typed_aside(typed, call)])


def _typed_record(typed: "Diagnosis | None") -> dict[str, object]:
    if typed is None:
        return {}
    from losscli.expect.gradient import record_of

    return {"expect": record_of(typed)}


def _with_typed(answer: Report, typed: "Diagnosis | None", call: Call) -> Report:
    if typed is None:
        return answer
    from losscli.expect.gradient import with_diagnosis

    return with_diagnosis(answer, typed, call)


def _typed_aside(typed: "Diagnosis | None", call: Call) -> list[str]:
    if typed is None or call.quiet:
        return []
    from losscli.expect.gradient import said_aside

    return [said_aside(typed, call)]
