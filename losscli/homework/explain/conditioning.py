"""What was done to predictions before the logarithm, told apart: rescaled, clipped, a logarithm held at a bound."""

from collections.abc import Iterator, Sequence
from itertools import islice
from math import inf

import numpy as np
from numpy.typing import NDArray

from losscli.enums import Scale
from losscli.evaluation.prepare import Array, Prepared
from losscli.evaluation.problem import Problem
from losscli.homework.explain.formula import log_name
from losscli.losses.conventions import rescaled
from losscli.losses.functions import row_sums
from losscli.losses.targets import Binary
from losscli.losses.wording import as_number, listed, over

LISTED = 20

Numbered = tuple[Prepared, NDArray[np.intp], int]  # a block, the number of each observation's row, observations a row


def changes(problem: Problem, blocks: Sequence[Numbered]) -> dict[str, list[str]]:
    """The first predictions that were rescaled and those that were clipped, and into what."""
    told = {"rescaled": _rescaled, "clipped": _clipped}
    return {
        how: list(islice((text for one in blocks for text in tell(problem, one)), LISTED)) for how, tell in told.items()
    }


def _rescaled(problem: Problem, one: Numbered) -> Iterator[str]:
    prepared, numbers, _ = one
    if not problem.convention.rescale:
        return
    raw, scale = prepared.raw, problem.settings.scale
    sums = row_sums(raw if scale is Scale.PROBS else np.exp(raw))
    for number, before, after, total in zip(numbers, raw, rescaled(raw, scale), sums, strict=True):
        texts = [listed([as_number(cell) for cell in cells.tolist()], ", ") for cells in (before, after)]
        if texts[0] != texts[1]:
            yield f"row {number}: {texts[0]} became {texts[1]}, divided by the row's sum {as_number(float(total))}"


def _clipped(problem: Problem, one: Numbered) -> Iterator[str]:
    prepared, numbers, width = one
    before = rescaled(prepared.raw, problem.settings.scale) if problem.convention.rescale else prepared.raw
    cells, held_cells = _columns(before), _columns(prepared.conditioned)
    for at, k in np.argwhere(cells != held_cells).tolist():
        where = f", class {problem.names.names[k]}" if problem.names else f", column {at % width + 1}"
        place = f"row {numbers[at]}" + (where if problem.names or width > 1 else "")
        yield f"{place}: {float(cells[at, k])!r} became {float(held_cells[at, k])!r}"


def _columns(cells: Array) -> Array:
    return cells if cells.ndim == 2 else cells[:, None]


def held(problem: Problem, v: Sequence[float], text: str) -> str:
    """The term of a row with `max(ln(0), -100)` where a logarithm is held at the bound that torch sets."""
    cap, log = problem.convention.cap, log_name(problem)
    if cap == inf:
        return text
    for part in ((1.0, 0.0), (0.0, 1.0)):
        one = Binary(np.array(part[:1]), np.array(part[1:]))
        if problem.kernel.value(one, np.array(v))[0] > cap:
            plain = problem.kernel.term(part, v, log).removeprefix("-")
            text = text.replace(plain, f"max({plain}, -{cap:g}{over(log)})")
    return text
