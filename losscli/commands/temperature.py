"""What `fit temperature` does: read logits into memory, fit the temperature, test it, write what it makes of them."""

from dataclasses import replace

from losscli.commands.call import Call, FitOptions, printing_of, refuse_contradictions, request_of, settings_of
from losscli.commands.fit import held_out, refuse_overwriting, refuse_test
from losscli.output.emit import emit
from losscli.reading.open import open_data
from losscli.regression.design import DesignMatrix
from losscli.regression.predict import write_predictions
from losscli.regression.temperature import read_logits, scaled, temperature
from losscli.reports.fit import TemperatureReport, temperature_report


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
        emit(temperature_report(TemperatureReport(found, train, test)), printing_of(call, "fit"))
    return True


def _read(call: Call) -> DesignMatrix:
    table = open_data(request_of(call))
    try:
        return read_logits(settings_of(call), table)
    finally:
        table.close()
