"""What `fit temperature` does: read logits into memory, fit the temperature, test it, write what it makes of them."""

from dataclasses import replace

from losscli.commands.arguments import FitArguments
from losscli.commands.fit import held_out, refuse_predictions, refuse_test
from losscli.commands.settings import printing_of, read_options_of, refuse_contradictions, settings_of
from losscli.output.formats import emit
from losscli.reading.open import open_data
from losscli.regression.design import DesignMatrix
from losscli.regression.predict import write_predictions
from losscli.regression.temperature import read_logits, scaled, temperature
from losscli.reports.temperature import TemperatureReport, temperature_report


def run_temperature(args: FitArguments) -> bool:
    """Fit the temperature and print it, with the loss before and after."""
    refuse_contradictions(args)
    refuse_test(args)
    if args.predict is not None:
        refuse_predictions(args.predict, args)
    everything = _read(args)
    train, test = held_out(everything, args)
    if args.test is not None:
        test = _read(replace(args, sources=(args.test,)))
    found = temperature(train)
    if args.predict is not None:
        write_predictions(args.predict, {"": everything}, scaled(everything, 1.0 / found))
    if args.predict != "-":
        emit(temperature_report(TemperatureReport(found, train, test)), printing_of(args))
    return True


def _read(args: FitArguments) -> DesignMatrix:
    table = open_data(read_options_of(args))
    try:
        return read_logits(settings_of(args), table)
    finally:
        table.close()
