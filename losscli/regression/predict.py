"""Fitted probabilities as a table that the loss commands read back: label and prob, or label and p_<class>."""

import csv
from collections.abc import Iterable, Iterator, Mapping

from losscli.errors import DataError
from losscli.evaluation.prepare import Array
from losscli.losses.functions import inverse_link
from losscli.losses.targets import Binary, Classes
from losscli.output.whole import whole_file
from losscli.regression.design import DesignMatrix, logits


def write_predictions(path: str, parts: Mapping[str, DesignMatrix], theta: Array) -> None:
    """Write the label, the probabilities and the weight, where there is one, of each row; `-` is standard output.

    Several parts stand below each other, with a column `set` that says which a row is of.
    """
    tables = [_table(name if len(parts) > 1 else "", design, theta) for name, design in parts.items()]
    try:
        with whole_file(path) as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(tables[0][0])
            for _, columns in tables:
                writer.writerows(lines_of(columns))
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise DataError(f"--predict: {path}: {what.lower()}") from None


def _table(name: str, design: DesignMatrix, theta: Array) -> tuple[list[str], list[Iterable[object]]]:
    """The header and the columns of a part."""
    z = logits(design, theta)
    p = inverse_link(z).reshape(design.rows, -1)
    classes = design.shape.classes
    names, labels = _labels(design)
    header = [*names, *(["prob"] if classes is None else [f"p_{name}" for name in classes])]
    columns: list[Iterable[object]] = [*labels, *p.T.tolist()]
    if design.weight is not None:
        header, columns = [*header, "weight"], [*columns, design.weight.tolist()]
    if name:
        header, columns = [*header, "set"], [*columns, [name] * design.rows]
    return header, columns


def lines_of(columns: list[Iterable[object]]) -> Iterator[list[object]]:
    for row in zip(*columns, strict=True):
        yield [repr(cell) if isinstance(cell, float) else cell for cell in row]


def _labels(design: DesignMatrix) -> tuple[list[str], list[Iterable[object]]]:
    """The names and the columns of the labels: 0 and 1, class names, or a column of each class's probability."""
    unweighted, classes = design.unweighted, design.shape.classes or ()
    if isinstance(unweighted, Binary):
        y = unweighted.positive
        soft = bool(((y != 0.0) & (y != 1.0)).any())
        return ["label"], [(y + 0.0).tolist() if soft else y.astype(int).tolist()]
    if isinstance(unweighted, Classes):
        return ["label"], [[classes[at] for at in unweighted.index.tolist()]]
    return [f"y_{name}" for name in classes], unweighted.cells.T.tolist()
