"""A temperature as a report."""

from losscli.output.report import Grid, Report
from losscli.records import record
from losscli.regression.descent import mean_loss
from losscli.regression.design import DesignMatrix
from losscli.regression.temperature import scaled
from losscli.reports.fit import rows_and_unit
from losscli.reports.parts import Figure, lines_of, record_of
from losscli.reports.warnings import PROBABILITIES, left_out_notes, look_like_probabilities


@record
class TemperatureReport:
    """A temperature, the rows it was fitted to, and those to test it on."""

    temperature: float
    train: DesignMatrix
    test: DesignMatrix | None

    def loss(self, design: DesignMatrix | None, temperature: float) -> float | None:
        """The mean loss of rows at a temperature."""
        return None if design is None else mean_loss(design, scaled(design, 1.0 / temperature))


FIGURES: tuple[Figure[TemperatureReport], ...] = (
    Figure("loss", lambda r: "temperature"),
    Figure("options", lambda r: r.train.problem.settings.options),
    Figure("n", lambda r: r.train.rows),
    Figure("temperature", lambda r: r.temperature, "temperature", "divide the logits by it"),
    Figure("loss_before", lambda r: r.loss(r.train, 1.0), "loss before", lambda r: rows_and_unit(r.train)),
    Figure("loss_after", lambda r: r.loss(r.train, r.temperature), "loss after", "nats"),
    Figure(
        "test_before", lambda r: r.loss(r.test, 1.0), "test loss before", lambda r: rows_and_unit(r.test), optional=True
    ),
    Figure("test_after", lambda r: r.loss(r.test, r.temperature), "test loss after", "nats", optional=True),
)


def temperature_report(answer: TemperatureReport) -> Report:
    """A temperature as a report."""
    train = answer.train
    gone = left_out_notes(train.summary, train.problem.settings, warned=True)
    doubted = (PROBABILITIES,) if look_like_probabilities(train.summary) else ()
    warnings = (*gone, *doubted, *train.table.schema.warnings)
    notes = (*warnings, *train.table.schema.notes)
    return Report(
        title=f"temperature scaling{train.problem.settings.titles}",
        record={**record_of(FIGURES, answer), "notes": list(notes)},
        grids=(Grid(tuple(lines_of(FIGURES, answer)), wrapped=True),),
        notes=notes,
        warnings=warnings,
        answer=answer.temperature,
    )
