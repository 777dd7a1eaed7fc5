"""Fitted probabilities as a table that the loss commands read back: label and prob, or label and p_<class>."""

import csv
from collections.abc import Iterable, Iterator, Mapping

from losscli.arrays import Array
from losscli.data.columns import ASIDE_NAMES, LABEL_NAMES, PROB_NAMES
from losscli.errors import DataError
from losscli.losses.functions import inverse_link
from losscli.losses.targets import Binary, Classes
from losscli.output.whole import whole_file
from losscli.regression.design import DesignMatrix, logits


def write_predictions(
    path: str, parts: Mapping[str, DesignMatrix], theta: Array, features: Mapping[str, Array] | None = None
) -> None:
    """Write label, probabilities, weight where there is one, and features of each row; `-` is standard output.

    `features` are those of each part as the source has them (n, d), the intercept's column apart. Several parts stand
    below each other, with a column `set` that has the name of each row's part; a single part is called "".
    """
    tables = []
    for name, design in parts.items():
        header, columns = _table(name, design, theta)
        if features is not None:
            for one in design.shape.features:
                header = [*header, _feature_name(one, header)]
            columns = [*columns, *features[name].T.tolist()]
        tables.append((header, columns))
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


def _feature_name(name: str, taken: list[str]) -> str:
    """The name of a feature's column, which no reader takes for a label, a prediction or a weight."""
    plain = name.casefold()
    known = plain in LABEL_NAMES | PROB_NAMES | ASIDE_NAMES or plain.startswith(("p_", "y_")) or name in taken
    return _feature_name(f"x_{name}", taken) if known else name


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
