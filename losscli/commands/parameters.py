"""`grad --wrt params`: read features, gradient by parameters, report."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from losscli.commands.call import Call, GradOptions, printing_of, request_of, settings_of
from losscli.enums import Format, Method, Reduction, Scale
from losscli.errors import Declined
from losscli.gradients.check import TOLERANCE
from losscli.gradients.rows import Ask
from losscli.output.emit import Printing, emit, warn
from losscli.output.formats import lines, strict_json
from losscli.output.report import Report
from losscli.output.streams import for_a_reader
from losscli.regression.sample import Design, Sample, form_of, read_sample
from losscli.regression.slopes import Slopes, compared, slopes_of
from losscli.regression.theta import given_theta
from losscli.reports.parameters import parameter_grid, record_of, report_of, said

if TYPE_CHECKING:
    from losscli.expect.mistakes.gradients import Diagnosis
    from losscli.expect.mistakes.gradients import Slopes as Told
    from losscli.expect.typed import Expected

Check = tuple[float, int] | None  # the largest relative error, and how many entries differences can't judge


def run_params(call: Call, options: GradOptions, expected: "Expected | None" = None) -> bool:
    """Print the gradient by parameters; False when `--check` finds that the methods disagree."""
    sample, found = _found(call, options)
    check = compared(found) if options.check else None
    typed = Typed(expected, _diagnosed(sample, found, expected)) if expected is not None else None
    with for_a_reader():
        _print(sample, found, options.method, check, typed, printing_of(call, "grad"))
    return (check is None or check[0] <= TOLERANCE) and (typed is None or typed.diagnosis.verdict.ok)


def solved_by_parameters(call: Call, options: GradOptions) -> "tuple[Told, str]":
    """The right gradient for a diagnosis, and the unit of its loss."""
    sample, found = _found(call, options)
    return _told(sample, found), sample.problem.settings.unit_name


def _found(call: Call, options: GradOptions) -> tuple[Sample, Slopes]:
    if options.features is None:
        raise Declined("--wrt params wants the columns that the logits are made of: -x/--features COLS")
    design, settings = Design(options.features, not options.no_intercept), settings_of(call)
    sample = read_sample(request_of(call), settings, design, form_of(settings, options.theta))
    numeric = options.method is Method.NUMERIC
    ask = Ask(Scale.LOGITS, options.check or not numeric, options.check or numeric, options.step)
    return sample, slopes_of(sample, given_theta(options.theta, sample.shape), ask)


def _diagnosed(sample: Sample, found: Slopes, expected: "Expected") -> "Diagnosis":
    """The typed gradient judged; of a gradient by parameters only the mistakes that multiply it as a whole are told."""
    from losscli.expect.gradient import told_of

    return told_of(_told(sample, found), sample.problem.settings.unit_name, expected)


def _told(sample: Sample, found: Slopes) -> "Told":
    from losscli.expect.mistakes.gradients import Slopes as Told

    settings, right = sample.problem.settings, found.chosen
    divisor = sample.divisor if settings.reduction is Reduction.MEAN else 1.0
    k = right.shape[0] if right.ndim == 2 else 2
    return Told(right, divisor, sample.summary.n, k, settings.unit, log_loss=settings.loss.log_loss)


# --- output -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """A typed gradient and what was found of it."""

    expected: "Expected"
    diagnosis: "Diagnosis"

    @property
    def record(self) -> dict[str, object]:
        """The verdict for machines."""
        from losscli.expect.gradient import record_of

        return {"expect": record_of(self.diagnosis, self.expected.hidden)}

    def on(self, answer: Report, digits: int) -> Report:
        """The report with the verdict."""
        from losscli.expect.gradient import with_diagnosis

        return with_diagnosis(answer, self.diagnosis, self.expected, digits)

    def aside(self, digits: int) -> list[str]:
        """The verdict beside formats without a place for it."""
        from losscli.expect.gradient import said_aside

        return [said_aside(self.diagnosis, self.expected, digits)]


def _print_verdict(typed: Typed, answer: Report, printing: Printing) -> None:
    """Print a verdict without the gradient; with `--quiet` nothing, as the exit code says it."""
    if printing.quiet:
        return
    if printing.format is Format.JSON:
        sys.stdout.write(strict_json(typed.record) + "\n")
    elif printing.separated:
        warn(printing, typed.aside(printing.digits))
    else:
        emit(typed.on(answer, printing.digits), printing)


def _print(
    sample: Sample, found: Slopes, method: Method, check: Check, typed: Typed | None, printing: Printing
) -> None:
    notes = [*said(check), *sample.table.notes]
    if typed is not None and (printing.quiet or typed.expected.hidden):
        _print_verdict(typed, report_of(sample, found, method, check, notes), printing)
        return
    if printing.quiet:
        rows = found.chosen.reshape(-1, len(sample.shape.names)).tolist()
        sys.stdout.write("".join(",".join(map(repr, row)) + "\n" for row in rows))
    elif printing.separated:
        grid = parameter_grid(sample, found, check is not None)
        cells = [[cell if isinstance(cell, str) else repr(cell) for cell in row] for row in grid.rows]
        sys.stdout.write(lines([list(grid.header), *cells], printing.delimiter))
    elif printing.format is Format.JSON:
        record = record_of(sample, found, method, check, notes)
        sys.stdout.write(strict_json({**record, **(typed.record if typed else {})}) + "\n")
    else:
        told = report_of(sample, found, method, check, notes)
        emit(typed.on(told, printing.digits) if typed else told, printing)
    if printing.quiet or printing.separated:
        warn(printing, [*said(check), *(typed.aside(printing.digits) if typed else [])])
