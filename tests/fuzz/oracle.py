"""What the answer on a table must be, by the csv module, `float` and ten lines of loss: nothing of losscli.

`verdict` gives the mean loss, a Refusal, or None where the bytes are too far from a table to say.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

MISSING = {"", "na", "n/a", "#n/a", "#na", "<na>", "nan", "nat", "null", "(null)", "none", ".", "?", "\\n"}
MISSING |= {"#div/0!", "1.#ind", "-1.#ind", "1.#qnan"}
MINUS = "\N{MINUS SIGN}"
DASHES = {"-", "--"}  # which stand for no value, as long as no label is called + or -
csv.field_size_limit(max(csv.field_size_limit(), 1 << 22))  # as the command sets it for itself, never less


@dataclass(frozen=True)
class Refusal:
    """The table must be refused, for this reason, at this place (`t.csv:3`) where it is known."""

    why: str
    place: str = ""


@dataclass(frozen=True)
class Ask:
    """How the command is run: the loss, its columns by name, the delimiter, whether missing cells are dropped."""

    loss: str
    label: str
    preds: tuple[str, ...]
    weight: str | None
    delimiter: str
    drop: bool
    classes: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """The options that say so."""
        given = [self.loss, "-q", "-y", self.label, "-p", ",".join(self.preds), "-d", self.delimiter]
        given += ["-w", self.weight] if self.weight else []
        given += ["--na", "drop"] if self.drop else []
        return [*given, *(["--classes", ",".join(self.classes)] if self.classes else [])]


def verdict(data: bytes, ask: Ask) -> float | Refusal | None:
    """The mean loss of a table of bytes."""
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if "\0" in text or "\r" in text.replace("\r\n", "") or text.lstrip()[:1] in ("{", "["):
        return None
    try:
        rows = list(
            csv.reader(io.StringIO(text, newline=""), delimiter=ask.delimiter, skipinitialspace=True, strict=True)
        )
    except csv.Error as error:
        return None if '"' not in text else Refusal(str(error))
    records = [[cell.strip() for cell in row] for row in rows if len(row) > 1 or (row and row[0].strip())]
    wanted = [ask.label, *ask.preds, *([ask.weight] if ask.weight else [])]
    if not records or any(records[0].count(name) != 1 for name in wanted) or not is_text("".join(records[0])):
        return None
    places = [records[0].index(name) for name in wanted]
    return mean(records[1:], places, len(records[0]), ask)


def mean(records: list[list[str]], places: list[int], width: int, ask: Ask) -> float | Refusal | None:
    """The mean loss of records, the places being those of the label, the predictions and the weight."""
    if all(len(record) == width + 1 for record in records) and records:
        return None  # the header may be one of R's, above names of rows
    losses, weights = [], []
    for record in records:
        if len(record) != width:
            return Refusal("a ragged row")
        cells = [record[at] for at in places]
        gaps = [is_missing(cell) or cell in DASHES for cell in cells]
        if (gaps[0] and cells[0] not in ask.classes) or any(gaps[1:]):
            if ask.drop:
                continue
            return Refusal("a missing cell")
        if not all(map(is_text, cells)):
            return Refusal("bytes that are no text")
        values = [number(cell) for cell in cells[1:]]
        if any(value is None for value in values):
            return Refusal("no number")
        if any(rounds_to_the_end(cell) for cell in cells[1 : 1 + len(ask.preds)]):
            return Refusal("as a float")
        numbers = [value for value in values if value is not None]
        weight = numbers.pop() if ask.weight else 1.0
        loss = binary(cells[0], numbers[0]) if ask.loss == "bce" else categorical(cells[0], numbers, ask.classes)
        if weight < 0 or isinstance(loss, Refusal):
            return Refusal("a negative weight") if weight < 0 else loss
        if loss is None or math.isinf(weight):
            return None
        losses.append(loss)
        weights.append(weight)
    if not losses or not any(weights):
        return Refusal("nothing to average")
    return mean_of(losses, weights)


def mean_of(losses: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean, summed exactly; a row without weight has no part in it."""
    counted = [(loss, Fraction(weight)) for loss, weight in zip(losses, weights, strict=True) if weight]
    if any(math.isinf(loss) for loss, _ in counted):
        return math.inf
    return float(sum(Fraction(loss) * weight for loss, weight in counted) / sum(weight for _, weight in counted))


def softplus(z: float) -> float:
    """ln(1 + e^z)."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def binary(label: str, p: float) -> float | Refusal | None:
    """Binary cross-entropy of a row; None for a label that is a word."""
    y = number(label)
    if y is None:
        return None
    if not 0.0 <= y <= 1.0 or not 0.0 <= p <= 1.0:
        return Refusal("not between 0 and 1")
    return times(y, -math.log(p) if p else math.inf) + times(1.0 - y, -math.log1p(-p) if p < 1.0 else math.inf)


def categorical(label: str, p: list[float], classes: tuple[str, ...]) -> float | Refusal | None:
    """Categorical cross-entropy of a row with a hard label that is a class by its name."""
    if not all(0.0 <= value <= 1.0 for value in p):
        return Refusal("not between 0 and 1")
    if label not in classes:
        return Refusal("no class")
    chance = p[classes.index(label)]
    return -math.log(chance) if chance else math.inf


def times(share: float, loss: float) -> float:
    """0 times anything is 0."""
    return share * loss if share else 0.0


def number(cell: str) -> float | None:
    """What `float` reads, less underscores and digits outside ASCII; a Unicode minus is a hyphen."""
    cell = cell.replace(MINUS, "-")
    try:
        return float(cell) if cell.isascii() and "_" not in cell else None
    except ValueError:
        return None


def rounds_to_the_end(cell: str) -> bool:
    """Whether a probability is above 0 or below 1 as it is written, and 0 or 1 as a float."""
    cell = cell.replace(MINUS, "-")
    value = float(cell)
    digits = cell.lower().partition("e")[0]
    if value == 0.0:  # its exponent may be too large for a fraction
        return any(digit in digits for digit in "123456789")
    return value == 1.0 and Fraction(cell) != 1


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    value = number(cell)
    return cell.lower() in MISSING or (value is not None and math.isnan(value))


def is_text(cell: str) -> bool:
    """Whether all bytes of a cell were UTF-8."""
    return not any("\udc80" <= char <= "\udcff" for char in cell)
