"""What `fit temperature` does: read logits into memory, fit the temperature, test it, write what it makes of them."""

from dataclasses import replace

from losscli.commands.call import Call, FitOptions, printing_of, refuse_contradictions, request_of, settings_of
from losscli.commands.fit import held_out, refuse_overwriting, refuse_test
from losscli.output.emit import emit
from losscli.output.report import Grid, Report
from losscli.reading.open import open_data
from losscli.regression.descent import mean_loss
from losscli.regression.design import DesignMatrix
from losscli.regression.predict import write_predictions
from losscli.regression.temperature import read_logits, scaled, temperature
from losscli.reports.loss import left_out_notes
from losscli.reports.sanity_checks import PROBABILITIES, look_like_probabilities


def run_temperature(call: Call, options: FitOptions) -> bool:
    """Fit the temperature and print it, with the loss before and after."""
    refuse_contradictions(call)
    refuse_test(options)
    if options.predict is not None:
        refuse_overwriting(options.predict, call, options)
    everything = _read(call)
    train, test = held_out(everything, options)
    if options.test is not None:
        test = _read(replace(call, sources=(options.test,)))
    found = temperature(train)
    if options.predict is not None:
        write_predictions(options.predict, {"": everything}, scaled(everything, 1.0 / found))
    if options.predict != "-":
        emit(_report(found, train, test), printing_of(call, "fit"))
    return True


def _read(call: Call) -> DesignMatrix:
    table = open_data(request_of(call))
    try:
        return read_logits(settings_of(call), table)
    finally:
        table.close()


def _report(found: float, train: DesignMatrix, test: DesignMatrix | None) -> Report:
    """The temperature, and the mean losses at 1 and at it."""
    losses = [
        None if design is None else mean_loss(design, scaled(design, inverse))
        for design in (train, test)
        for inverse in (1.0, 1.0 / found)
    ]
    figures = {"temperature": found, **dict(zip(_LOSSES, losses, strict=True))}
    rows: list[tuple[object, ...]] = [("temperature", found, "divide the logits by it")]
    for name, design, (before, after) in (("loss", train, losses[:2]), ("test loss", test, losses[2:])):
        if design is not None:
            size = f"nats, mean over {design.rows} rows"
            rows += [(f"{name} before", before, size), (f"{name} after", after, "nats")]
    gone = left_out_notes(train.summary, train.problem.settings, warned=True)
    doubted = (PROBABILITIES,) if look_like_probabilities(train.summary) else ()
    warnings = (*gone, *doubted, *train.table.warnings)
    notes = (*warnings, *train.table.notes)
    return Report(
        title="temperature scaling",
        record={"loss": "temperature", "n": train.rows, **figures, "notes": list(notes)},
        grids=(Grid(tuple(rows)),),
        notes=notes,
        warnings=warnings,
        answer=found,
    )


_LOSSES = ("loss_before", "loss_after", "test_before", "test_after")
