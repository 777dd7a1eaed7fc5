"""Parameters as typed, and what they are called."""

import numpy as np

from losscli.data.cells import number
from losscli.errors import UsageError, shown
from losscli.evaluation.prepare import Array
from losscli.reading.lists import parse_list
from losscli.regression.sample import Shape


# --- theta ------------------------------------------------------------------------------------------------------------
def given_theta(text: str | None, shape: Shape) -> Array:
    """The parameters as typed, the intercept first and a row a class; zeros when none are."""
    if text is None:
        return shape.zeros
    rows = parse_list(text).rows
    values = [number(cell) for row in rows for cell in row]
    strange = next((cell for row in rows for cell in row if number(cell) is None), None)
    if strange is not None:
        raise UsageError(f"--theta: {shown(strange)} is not a number")
    wanted = shape.zeros.shape
    found = (len(values),) if len(wanted) == 1 and 1 in (len(rows), len(rows[0])) else (len(rows), len(rows[0]))
    if found != wanted:
        size = " rows of ".join(map(str, wanted))
        raise UsageError(
            f"--theta gives {' rows of '.join(map(str, found))} numbers; {size} are wanted: {_columns(shape)}"
        )
    theta = np.array(values, dtype=np.float64).reshape(wanted)
    if not np.isfinite(theta).all():
        raise UsageError("--theta: parameters are finite numbers")
    return theta


def _columns(shape: Shape) -> str:
    names = ", ".join(shape.names)
    return names if shape.classes is None else f"{names} for each of the classes {', '.join(shape.classes)}"


def labelled(shape: Shape) -> list[tuple[str | None, str]]:
    """The class (None for two classes) and the name of each parameter, row after row."""
    return [(row, name) for row in shape.classes or (None,) for name in shape.names]


def called(row: str | None, name: str) -> str:
    """How a parameter is called: `x1`, or `x1[cat]` where each class has its own."""
    return name if row is None else f"{name}[{row}]"
