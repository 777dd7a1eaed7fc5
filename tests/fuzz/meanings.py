"""Tables that are written from their meaning: labels and probabilities, and so the answer, are there before the table.

Each table has one of the forms in which people keep such data (columns in any order, headers of numbers, two tables
with ids, JSON lines, decimal commas, marks of missing values) and at most one fault, in whichever row.
"""

import io
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from fuzz.oracle import Refusal, mean_of, softplus

Expected = float | tuple[float, ...] | Refusal | None

MARKS = ("#N/A", "#NA", "<NA>", "?", "NaT", "\\N", "NA", "N/A", "None", "NaN", "null", "(null)", ".", "", "#DIV/0!")
MARKS += ("1.#IND", "-1.#IND", "1.#QNAN", "na", "nan", "none", "NULL")
_MARKED = {mark.lower() for mark in (*MARKS, "-", "--")}
NO_NUMBERS = ("x", "0.8x", "2021-01-05", "--1", "1_0", "half", "1.2.3", "0x1")
LARGE = ("9007199254740993", "9007199254740992", "18446744073709551617", "18446744073709551616", "18446744073709551618")
CLASSES = (
    ("cat", "dog", "emu", "fox"),
    ("ant", "antelope", "bee", "b"),
    ("垃圾", "正常", "其他", "未知"),
    ("0", "1", "2", "3"),
    ("10", "20", "30", "100"),
    ("2021", "2022", "22", "1"),
    ("1", "-1", "0", "2"),
    ("None", "cat", "NA", "dog"),
    ("?", "yes", "no", "null"),
    ("True", "False"),
    LARGE,
)


@dataclass(frozen=True)
class Posed:
    """A run of the command: its arguments, its files by name ("-" is standard input), and what must come of it."""

    kind: str
    arguments: tuple[str, ...]
    files: dict[str, bytes]
    expected: Expected


@dataclass(frozen=True)
class Table:
    """Named columns of cells, and which of them hold numbers that a program wrote."""

    columns: dict[str, list[str]]
    numeric: frozenset[str]

    @property
    def rows(self) -> list[list[str]]:
        return [list(row) for row in zip(*self.columns.values(), strict=True)]

    def permuted(self, draw: random.Random) -> "Table":
        names = list(self.columns)
        draw.shuffle(names)
        return replace(self, columns={name: self.columns[name] for name in names})

    def take(self, rows: Sequence[int]) -> "Table":
        return replace(self, columns={name: [cells[at] for at in rows] for name, cells in self.columns.items()})


# --- the meaning ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Meaning:
    """Labels (their number among the classes), predictions of each model (a row of k a label) and weights, as text."""

    classes: tuple[str, ...]
    labels: list[int]
    models: list[list[list[str]]]
    weights: list[str] | None
    logits: bool

    @property
    def n(self) -> int:
        return len(self.labels)


def _probability(draw: random.Random) -> str:
    value = draw.random() ** draw.choice((1, 1, 1, 6))
    return draw.choice(("{!r}", "{:.3f}", "{:.6f}", "{:.17g}")).format(min(max(value, 0.001), 0.999))


def _prediction(draw: random.Random, logits: bool) -> str:
    return draw.choice(("{!r}", "{:.3f}", "{:.17g}")).format(draw.gauss(0, 3)) if logits else _probability(draw)


def _meaning(
    draw: random.Random, classes: Sequence[str], k: int, models: int = 1, logits: bool = False, weighted: float = 0.3
) -> Meaning:
    n = draw.choice((1, 2, 3, 4, 7, 12, 40, 90))
    preds = [[[_prediction(draw, logits) for _ in range(k)] for _ in range(n)] for _ in range(models)]
    if models == 1 and not logits and draw.random() < 0.05:
        preds[0][draw.randrange(n)][draw.randrange(k)] = draw.choice(("0", "1", "1.0", "0.0", "1e-300"))
    weights = [draw.choice(("1", "2", "0.5", "3.25", "1e-3")) for _ in range(n)] if draw.random() < weighted else None
    return Meaning(tuple(classes), [draw.randrange(len(classes)) for _ in range(n)], preds, weights, logits)


def _binary_loss(is_one: bool, cell: str, logits: bool) -> float:
    value = float(cell)
    if logits:
        return softplus(-value if is_one else value)
    chance = value if is_one else 1.0
    return (-math.log(chance) if is_one else -math.log1p(-value)) if 0.0 < value < 1.0 else _certain(is_one, value)


def _certain(is_one: bool, value: float) -> float:
    return 0.0 if value == is_one else math.inf


def _class_loss(label: int, cells: Sequence[str], logits: bool) -> float:
    values = [float(cell) for cell in cells]
    if not logits:
        return -math.log(values[label]) if values[label] else math.inf
    return math.log1p(math.fsum(math.exp(z - values[label]) for at, z in enumerate(values) if at != label))


def _means(meaning: Meaning, loss: Callable[[int, list[str]], float], kept: Sequence[int]) -> Expected:
    """The mean loss of each model over the rows that are kept."""
    if not kept:
        return Refusal("nothing to average")
    weights = [meaning.weights[at] if meaning.weights else "1" for at in kept]
    found = []
    for model in meaning.models:
        found.append(mean_of([loss(at, model[at]) for at in kept], list(map(float, weights))))
    return found[0] if len(found) == 1 else tuple(found)


# --- faults -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell of a table, and whether its row is dropped for it."""

    row: int
    why: str
    dropped: bool


def _spoiled(draw: random.Random, table: Table, parts: Sequence[str], taken: Sequence[str], drop: bool) -> Fault:
    """Spoil a cell of one of these columns; `taken` are texts that are labels here."""
    name, row = draw.choice(list(parts)), draw.choice((0, 0, draw.randrange(len(table.rows))))
    known = {text.lower() for text in taken}
    if name in table.numeric and draw.random() < 0.5:
        table.columns[name][row] = draw.choice(NO_NUMBERS)
        return Fault(row, "no number", False)
    dashes = ("-", "--") if name in table.numeric else ()
    table.columns[name][row] = draw.choice([mark for mark in (*MARKS, *dashes) if mark.lower() not in known])
    return Fault(row, "a missing cell", drop)


# --- writing ----------------------------------------------------------------------------------------------------------
def _text(
    draw: random.Random, header: Sequence[str] | None, rows: Sequence[Sequence[str]], mark: str, quoted: float = 0.02
) -> bytes:
    def cell(text: str) -> str:
        if mark in text or '"' in text or draw.random() < quoted:
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [mark.join(map(cell, row)) for row in ([header] if header else []) + list(rows)]  # type: ignore[operator]
    end = draw.choice(("\n", "\n", "\n", "\r\n"))
    return (end.join(lines) + draw.choice((end, end, ""))).encode()


def _json_lines(table: Table) -> bytes:
    def value(name: str, cell: str) -> str:
        if name not in table.numeric:
            return json.dumps(cell, ensure_ascii=False) if cell else "null"
        try:
            json.loads(cell)
        except ValueError:
            return json.dumps(cell)
        return cell if cell not in ("NaN", "null") else "null"

    lines = []
    for row in table.rows:
        cells = (f"{json.dumps(name)}: {value(name, cell)}" for name, cell in zip(table.columns, row, strict=True))
        lines.append("{" + ", ".join(cells) + "}")
    return ("\n".join(lines) + "\n").encode()


def _markdown(table: Table) -> bytes:
    lines = ["| " + " | ".join(row) + " |" for row in (list(table.columns), *table.rows)]
    lines.insert(1, "|" + "---|" * len(table.columns))
    return ("\n".join(lines) + "\n").encode()


def _column(draw: random.Random, cells: list[str], numeric: bool) -> list[Any]:
    """The cells of a column with a type: numbers, whole ones, truth values or text, None where a cell is missing.

    Numbers stay text where one is none. Words that stand for no value stay text among others, as a label may be one.
    """
    if {cell.lower() for cell in cells} <= {"true", "false"} and draw.random() < 0.5:
        return [cell.lower() == "true" for cell in cells]
    whole = all(cell.isascii() and cell.isdigit() and str(int(cell)) == cell and int(cell) < 2**63 for cell in cells)
    if whole and draw.random() < 0.4:
        return list(map(int, cells))
    if numeric:
        known = [cell for cell in cells if cell.lower() not in _MARKED]
        if not any(cell in NO_NUMBERS or cell.lower() in ("true", "false") for cell in known):
            return [None if cell.lower() in _MARKED else float(cell) for cell in cells]
    return [cell or None for cell in cells]


def _parquet(draw: random.Random, table: Table) -> bytes:
    import pyarrow as pa
    from pyarrow import feather, parquet

    columns = {}
    for name, cells in table.columns.items():
        values = _column(draw, cells, name in table.numeric)
        column = pa.array(values)
        if pa.types.is_string(column.type) and draw.random() < 0.4:
            column = column.dictionary_encode()
        elif pa.types.is_floating(column.type) and draw.random() < 0.5:
            column = column.fill_null(math.nan)
        if pa.types.is_null(column.type) and name not in table.numeric:
            column = column.cast(pa.string())
        elif pa.types.is_null(column.type) and draw.random() < 0.5:
            column = column.cast(pa.float64())
        columns[name] = column
    made, buffer = pa.table(columns), io.BytesIO()
    if draw.random() < 0.2:
        feather.write_feather(made, buffer, compression="uncompressed", chunksize=draw.randint(1, 30))
    else:
        parquet.write_table(made, buffer, row_group_size=draw.choice((1, 2, 3, 10, 1000)))
    return buffer.getvalue()


def _npz(draw: random.Random, table: Table) -> bytes:
    columns = {}
    for name, cells in table.columns.items():
        values = _column(draw, cells, name in table.numeric)
        missing = "" if any(isinstance(value, str) for value in values) else math.nan
        columns[name] = np.array([missing if value is None else value for value in values])
    buffer = io.BytesIO()
    draw.choice((np.savez, np.savez_compressed))(buffer, **columns)
    return buffer.getvalue()


def _packed(draw: random.Random, table: Table) -> tuple[str, bytes]:
    """A table in a format whose columns have types."""
    if find_spec("pyarrow") is not None and draw.random() < 0.6:
        return "parquet", _parquet(draw, table)
    return "npz", _npz(draw, table)


def _written(draw: random.Random, table: Table) -> tuple[str, bytes, int | None]:
    """A table in some format: the format's name, its bytes, and the lines above the first row, None without lines."""
    form = draw.choice(("csv", "csv", "csv", "json", "markdown", "packed"))
    cells = {cell for row in table.rows for cell in row} | set(table.columns)
    if form == "packed":
        return *_packed(draw, table), None
    if form == "json":
        return form, _json_lines(table), 0
    if form == "markdown" and not any("|" in cell for cell in cells) and len(table.columns) > 1:
        return form, _markdown(table), 2
    return "csv", _text(draw, list(table.columns), table.rows, draw.choice(",,;\t|"), draw.choice((0.0, 0.02, 1.0))), 1


def _beside(draw: random.Random, n: int) -> dict[str, list[str]]:
    """Columns that have no part in the loss."""
    found = {}
    if draw.random() < 0.4:
        found["id"] = [str(10**18 + draw.randrange(10**18)) for _ in range(n)]
    if draw.random() < 0.3:
        found["note"] = [draw.choice(("x", "y z", "ä", "a word", "n", "is fine")) for _ in range(n)]
    return found


def _refused(fault: Fault | None, above: int | None, n: int) -> Refusal | None:
    """The refusal of a fault of a table of n rows with so many lines above the first, None where rows have no lines."""
    if fault is None or fault.dropped:
        return None
    if n == 1 or (above is None and fault.why != "a missing cell"):
        return Refusal(fault.why)  # of columns with types, one that holds text is wrong as a whole
    return Refusal(fault.why, f"<stdin>: row {fault.row + 1}" if above is None else f"<stdin>:{fault.row + above + 1}")


# --- one table with names ---------------------------------------------------------------------------------------------
def binary_table(draw: random.Random) -> Posed:
    """bce or nll: labels of every kind, columns in any order, perhaps a weight, two models, a gradient or rows."""
    options, spell = _binary_labels(draw)
    meaning = _meaning(draw, "01", 1, draw.choice((1, 1, 2)), draw.random() < 0.3)
    labels = [draw.choice(spell[label]) for label in meaning.labels]
    probs = [draw.choice(("prob", "score", "p", "y_prob", "概率"))] if len(meaning.models) == 1 else ["old", "new"]
    label, drop = draw.choice(("label", "y", "target", "Label", "标签", "truth")), draw.random() < 0.4
    columns = {
        label: labels,
        **{name: [row[0] for row in rows] for name, rows in zip(probs, meaning.models, strict=True)},
    }
    if meaning.weights:
        columns["weight"] = list(meaning.weights)
    table = Table({**columns, **_beside(draw, meaning.n)}, frozenset({*probs, "weight"})).permuted(draw)
    if not options:
        table = replace(table, numeric=table.numeric | {label})
    fault = None
    if draw.random() < 0.5:
        fault = _spoiled(draw, table, [name for name in columns], [text for some in spell for text in some], drop)
    given = ["-y", label] if draw.random() < 0.5 else []
    if len(probs) > 1 or draw.random() < 0.5:
        given += [part for name in probs for part in ("-p", name)]
    given += [*options, *(["--na", "drop"] if drop else []), *(["-w", "weight"] if meaning.weights else [])]
    given += ["--from", "logits"] if meaning.logits else []
    form, data, above = _written(draw, table)
    kept = [at for at in range(meaning.n) if not (fault and fault.row == at)]
    one = [label == 1 for label in meaning.labels]
    loss = draw.choice(("bce", "bce", "nll"))
    found = _means(meaning, lambda at, row: _binary_loss(one[at], row[0], meaning.logits), kept)
    if len(probs) == 1 and draw.random() < 0.2 and kept:
        given += ["-r", "none"]
        values = [_binary_loss(one[at], meaning.models[0][at][0], meaning.logits) for at in kept]
        found = tuple(
            float(meaning.weights[at]) * v if meaning.weights else v for at, v in zip(kept, values, strict=True)
        )
    if "--positive" in given and not any(one[at] for at in kept):
        found = None  # refused where labels of two kinds are there and neither is the positive one
    return Posed(f"binary {form}", (loss, "-q", *given, "-"), {"-": data}, _refused(fault, above, meaning.n) or found)


def _binary_labels(draw: random.Random) -> tuple[list[str], tuple[tuple[str, ...], tuple[str, ...]]]:
    """Options for labels, and the spellings of the label that is 0 and of the one that is 1."""
    large = list(LARGE)
    draw.shuffle(large)
    return draw.choice(
        (
            ([], (("0", "0.0", "00", "0e0"), ("1", "1.0", "01", "1e0"))),
            ([], (("0",), ("1",))),
            ([], (("false", "False"), ("true", "TRUE"))),
            (["--positive", "yes"], (("no", "maybe", "n"), ("yes",))),
            (["--positive", "+"], (("-",), ("+",))),
            (["--positive", "None"], (("cat", "dog"), ("None",))),
            (["--positive", "NA"], (("EU", "AS"), ("NA",))),
            (["--positive", "?"], (("!",), ("?",))),
            (["--positive", "1"], (("-1", "-1.0"), ("1", "1.0"))),
            (["--positive", large[0]], (tuple(large[1:]), (large[0], large[0] + ".0"))),
            (["--positive", "2"], (("1", "3", "0"), ("2", "2.0", "02"))),
        )
    )


def class_table(draw: random.Random) -> Posed:
    """ce, nll or a gradient: class columns of any names in any order, perhaps weights of both kinds or two models."""
    names = draw.choice(CLASSES)
    k = min(draw.randint(2, 4), len(names))
    classes = draw.sample(names, k)
    stems = draw.choice((("p_", "q_"), ("prob_", "other_"), ("", ""), ("a.", "b."), ("model1_", "model2_")))
    meaning = _meaning(draw, classes, k, 2 if stems[0] and draw.random() < 0.3 else 1, draw.random() < 0.3)
    drop, label = draw.random() < 0.4, draw.choice(("label", "y", "target", "truth"))
    spell: Callable[[str], str] = (lambda text: {"True": "1", "False": "0"}[text]) if draw.random() < 0.3 else str
    labels = [spell(classes[at]) if classes[at] in ("True", "False") else classes[at] for at in meaning.labels]
    columns = {label: labels}
    for stem, rows in zip(stems, meaning.models, strict=False):
        columns |= {f"{stem}{name}": [row[at] for row in rows] for at, name in enumerate(classes)}
    if meaning.weights:
        columns["weight"] = list(meaning.weights)
    beside = _beside(draw, meaning.n) if stems[0] else {}
    table = Table({**columns, **beside}, frozenset(columns) - {label}).permuted(draw)
    taken = [*classes, *labels]
    fault = _spoiled(draw, table, list(columns), taken, drop) if draw.random() < 0.5 else None
    given = ["-y", label] if draw.random() < 0.5 or (not stems[0] and "True" in classes) else []
    chosen = [[name for name in table.columns if name.startswith(stem) and name in columns] for stem in stems]
    if stems[0] and (len(meaning.models) > 1 or draw.random() < 0.5):
        given += [part for stem, _ in zip(stems, meaning.models, strict=False) for part in ("-p", f"{stem}*")]
    elif not stems[0]:
        chosen = [[name for name in table.columns if name in classes]]
        given += ["-p", ",".join(chosen[0])] if draw.random() < 0.5 else []
    given += [*(["--na", "drop"] if drop else []), *(["-w", "weight"] if meaning.weights else [])]
    given += ["--from", "logits"] if meaning.logits else []
    kept = [at for at in range(meaning.n) if not (fault and fault.row == at)]
    order = [classes.index(name.removeprefix(stems[0])) for name in chosen[0]]
    plain = lambda at, row: _class_loss(meaning.labels[at], row, meaning.logits)  # noqa: E731
    found, loss = _means(meaning, plain, kept), draw.choice(("ce", "ce", "nll"))
    extra, disorder = draw.random(), False
    if extra < 0.2:
        weight_of = [draw.choice(("1", "3", "0.25")) for _ in classes]
        disorder = not (stems[0] == "" and "-p" in given) and _numbered_in_disorder([classes[at] for at in order])
        given += ["--class-weight", ",".join(weight_of[at] for at in order)]
        both = [float(weight_of[at]) for at in meaning.labels]
        if meaning.weights:
            both = [w * float(own) for w, own in zip(both, meaning.weights, strict=True)]
        found = _means(replace(meaning, weights=list(map(repr, both))), plain, kept)
    elif extra < 0.4 and len(meaning.models) == 1 and not meaning.weights and kept and found != math.inf:
        loss, given = "grad", ["ce", *given]
        found = tuple(_gradient(meaning, at, column, len(kept)) for at in kept for column in order)
    form, data, above = _written(draw, table)
    refused = _refused(fault, above, meaning.n)
    if fault and stems[0] == "" and fault.why == "no number" and (meaning.n == 1 or above is None):
        refused, found = None, None  # a column of one word may be no class
    if disorder:
        refused = Refusal("class weights for numbered classes in another order")
    if loss == "grad":
        return Posed(f"gradient {form}", (loss, given[0], "-q", *given[1:], "-"), {"-": data}, refused or found)
    return Posed(f"classes {form}", (loss, "-q", *given, "-"), {"-": data}, refused or found)


def _numbered_in_disorder(names: list[str]) -> bool:
    try:
        numbers = [float({"True": "1", "False": "0"}.get(name, name)) for name in names]
    except ValueError:
        return False
    return numbers != sorted(numbers)


def _gradient(meaning: Meaning, at: int, column: int, n: int) -> float:
    cells, label = meaning.models[0][at], meaning.labels[at]
    if not meaning.logits:
        return -1.0 / float(cells[label]) / n if column == label else 0.0
    values = list(map(float, cells))
    shares = [math.exp(z - max(values)) for z in values]
    if column != label:
        return shares[column] / math.fsum(shares) / n
    return -math.fsum(share for other, share in enumerate(shares) if other != label) / math.fsum(shares) / n


def soft_table(draw: random.Random) -> Posed:
    """ce or bce with label columns whose names are those of the predictions, each in an order of its own."""
    classes = draw.sample(
        draw.choice((("cat", "dog", "emu"), ("10", "20", "1"), ("a", "b", "c"), LARGE)), draw.choice((2, 3))
    )
    meaning = _meaning(draw, classes, len(classes), weighted=0.0)
    n, k, loss = meaning.n, len(classes), draw.choice(("ce", "bce"))
    preds = [[_probability(draw) for _ in range(k)] for _ in range(n)]
    if draw.random() < 0.5:
        soft = [[str(int(at == label)) for at in range(k)] for label in meaning.labels]
    else:
        soft = [draw.choice((["0.25", "0.75", "0"], ["0.5", "0.25", "0.25"], ["1", "0", "0"])) for _ in range(n)]
        soft = [[*row[:2], *row[2:]][:k] if k == 3 else draw.choice((["0.25", "0.75"], ["1", "0"])) for row in soft]
    first, second = draw.choice((("q_", "p_"), ("true_", "pred_"), ("is_", "p_"), ("Q.", "P.")))
    odd = draw.random() < 0.1
    own = [*classes[:-1], "odd"] if odd else list(classes)
    columns = {f"{first}{name}": [row[at] for row in soft] for at, name in enumerate(own)}
    columns |= {f"{second}{name}": [row[at] for row in preds] for at, name in enumerate(classes)}
    table = Table({**columns, **_beside(draw, n)}, frozenset(columns)).permuted(draw)
    drop = draw.random() < 0.3
    fault = _spoiled(draw, table, list(columns), (), drop) if draw.random() < 0.4 else None
    given = ["-y", f"{first}*", "-p", f"{second}*", *(["--na", "drop"] if drop else [])]
    form, data, above = _written(draw, table)
    kept = [at for at in range(n) if not (fault and fault.row == at)]
    found: Expected = Refusal("names that match in part")
    if not odd:
        rows = [_soft_loss(loss, list(map(float, soft[at])), list(map(float, preds[at]))) for at in kept]
        found = mean_of(rows, [1.0] * len(rows)) if rows else Refusal("nothing to average")
    refused = _refused(fault, above, 1 if odd else n)
    return Posed(f"soft {form}", (loss, "-q", *given, "-"), {"-": data}, refused or found)


def _soft_loss(loss: str, q: Sequence[float], p: Sequence[float]) -> float:
    if loss == "ce":
        return math.fsum(-share * math.log(chance) for share, chance in zip(q, p, strict=True) if share)
    parts = [(share, -math.log(chance)) for share, chance in zip(q, p, strict=True)]
    parts += [(1.0 - share, -math.log1p(-chance)) for share, chance in zip(q, p, strict=True)]
    return math.fsum(share * part for share, part in parts if share) / len(q)


# --- headers of numbers, and none -------------------------------------------------------------------------------------
def odd_headers(draw: random.Random) -> Posed:
    """Headers that pandas and R write, class numbers as names, and tables without a header; a bad cell in any row."""
    k = draw.choice((1, 1, 2, 3))
    meaning = _meaning(draw, [str(at) for at in range(max(k, 2))], k, weighted=0.0)
    cells = [[str(label), *row] for label, row in zip(meaning.labels, meaning.models[0], strict=True)]
    spoil = draw.random() < 0.3 and meaning.n > 2
    row, column = draw.choice((0, 0, draw.randrange(meaning.n))), draw.randrange(k + 1)
    if spoil:
        bad = [*NO_NUMBERS[:4], *MARKS]
        cells[row][column] = draw.choice([mark for mark in bad if mark])
    names, given = ["label", *(["prob"] if k == 1 else [f"p_{at}" for at in range(k)])], list[str]()
    kind = draw.choice(("none", "pandas", "pandas told", "index", "classes", "short", "named", "title"))
    header: list[str] | None = names
    if kind == "none":
        header = None
    elif kind in ("pandas", "pandas told", "index"):
        header = [str(at) for at in range(k + 1)]
        told = ["--header", "-y", str(k), "-p", ",".join(map(str, range(k)))]
        given = draw.choice((told, ["--no-header"])) if kind == "pandas told" else told[1:] if kind == "index" else []
        if given[-1:] != ["--no-header"] and kind != "pandas":
            cells = [[*cut[1:], cut[0]] for cut in cells]
        if kind == "index":
            header, cells = ["", *header], [[str(at), *cut] for at, cut in enumerate(cells)]
    elif kind == "classes" and k > 1:
        order = draw.sample(range(k), k)
        header = [draw.choice(("y", "label")), *map(str, order)]
        cells = [[cut[0], *(cut[1 + at] for at in order)] for cut in cells]
    elif kind == "short":
        mark = draw.choice(("{}", "row{}", "r {}"))
        cells = [[mark.format(at + 1), *cut] for at, cut in enumerate(cells)]
    loss = draw.choice(("bce", "nll")) if k == 1 else "ce"
    found = _means(meaning, _loss_of(meaning, k), range(meaning.n))
    above = 1 if header else 0
    if kind == "pandas" or (kind == "none" and cells[0] == [str(at) for at in range(k + 1)]):
        found = Refusal("a first line that could be data or names")
    elif kind == "pandas told" and given == ["--no-header"]:
        meaning = replace(
            meaning, labels=[0, *meaning.labels], models=[[[str(at + 1) for at in range(k)], *meaning.models[0]]]
        )
        found = _means(meaning, _loss_of(meaning, k), range(meaning.n)) if k == 1 else Refusal("no probability")
    elif spoil and kind != "title":
        found = Refusal("a bad cell", f"<stdin>:{row + 1 + above}")
    data = _text(draw, header, cells, "," if kind != "short" else draw.choice(",\t"), 0.0)
    if kind == "title":
        data = b"Predictions of the model\n" + data
        found = Refusal("a title above the header")
    if kind == "short" and meaning.n == 1:
        found = None  # the only row may have a cell too many
    if spoil and kind == "pandas told":
        found = Refusal("a bad cell")
    return Posed(f"header {kind}", (loss, "-q", *given, "-"), {"-": data}, found)


def _loss_of(meaning: Meaning, k: int) -> Callable[[int, list[str]], float]:
    if k == 1:
        return lambda at, row: _binary_loss(meaning.labels[at] == 1, row[0], False)
    return lambda at, row: _class_loss(meaning.labels[at], row, False)


# --- two tables -------------------------------------------------------------------------------------------------------
def two_tables(draw: random.Random) -> Posed:
    """Labels and predictions in a file each: ids of any size that agree or don't, keys in any order, keys that lack."""
    k = draw.choice((1, 1, 3))
    some = draw.choice(CLASSES)
    classes = draw.sample(some, min(k, len(some))) if k > 1 else ["0", "1"]
    k = len(classes) if k > 1 else 1
    meaning = _meaning(draw, classes, k)
    n = meaning.n
    start = draw.choice((1, 9_007_199_254_740_992, 10**18, 18_446_744_073_709_551_616, 10**19 + 7))
    ids = [str(start + at) for at in range(n)]
    if draw.random() < 0.2:
        ids = [f"0e{at + 100}" for at in range(n)]
    elif draw.random() < 0.2:
        ids = [f"user-{at:05}" for at in range(n)]
    names = ["prob"] if k == 1 else [f"p_{name}" for name in classes]
    labels = {"id": list(ids), "label": [classes[at] for at in meaning.labels]}
    if meaning.weights:
        labels["weight"] = list(meaning.weights)
    preds = {"id": list(ids), **{name: [row[at] for row in meaning.models[0]] for at, name in enumerate(names)}}
    left, right = Table(labels, frozenset({"weight"})), Table(preds, frozenset(names))
    joined, drop = draw.random() < 0.6, draw.random() < 0.3
    found = _means(meaning, _loss_of(meaning, k), range(n))
    given = ["-w", "weight"] if meaning.weights else []
    given += ["--key", "id"] if joined else []
    kind = draw.choice(
        ("sound", "sound", "other id", "no key", "twice", "fewer", "label cell", "spelled", "other name")
    )
    row = draw.randrange(n)
    if kind == "other id":
        right.columns["id"][row] = str(start + n) if ids[0][0] not in "0u" else ids[row] + "7"
        found = Refusal("another id")
        if joined and draw.random() < 0.5:
            given += ["--unmatched", "drop"]
            found = _means(meaning, _loss_of(meaning, k), [at for at in range(n) if at != row])
    elif kind == "no key" and joined:
        side = draw.choice((left, right))
        side.columns["id"][row] = draw.choice([mark for mark in MARKS if mark])
        found = Refusal("a missing key")
    elif kind == "twice" and joined and n > 1:
        right.columns["id"][row] = ids[row - 1]
        found = Refusal("a key twice")
    elif kind == "fewer" and n > 1:
        right = right.take([at for at in range(n) if at != row])
        found = Refusal("fewer rows")
    elif kind == "label cell":
        known = {name.lower() for name in classes}
        left.columns["label"][row] = draw.choice([mark for mark in MARKS if mark and mark.lower() not in known])
        found = Refusal("a missing label")
        if drop:
            found = _means(meaning, _loss_of(meaning, k), [at for at in range(n) if at != row])
    elif kind == "spelled" and start + n < 10**30 and ids[0][0] not in "0u":
        right.columns["id"] = [draw.choice(("{}", "{}.0", "0{}", "+{}")).format(cell) for cell in ids]
    given += ["--na", "drop"] if drop else []
    if kind == "no key" and joined and drop:
        found = None
    if kind == "other name":
        left = replace(left, columns={"sample_id" if name == "id" else name: c for name, c in left.columns.items()})
        given = [part.replace("id", "sample_id=id") if part == "id" else part for part in given]
        order = draw.sample(range(n), n) if draw.random() < 0.5 else list(range(n))
        right = right.take(order)
        if not joined and order != sorted(order):
            found = Refusal("ids in another order")
    if joined:
        left, right = (side.take(draw.sample(range(len(side.rows)), len(side.rows))) for side in (left, right))
    left, right = left.permuted(draw), right.permuted(draw)
    files = {}
    for file, side in (("labels.csv", left), ("preds.csv", right)):
        if draw.random() < 0.3:
            files[file] = _json_lines(replace(side, numeric=side.numeric | {"id"}))
        elif draw.random() < 0.3:
            files[file] = _packed(draw, side)[1]
        else:
            files[file] = _text(draw, list(side.columns), side.rows, draw.choice(",;"))
    loss = draw.choice(("bce", "nll")) if k == 1 else draw.choice(("ce", "nll"))
    return Posed(f"two tables {kind}", (loss, "-q", *given, "labels.csv", "preds.csv"), files, found)


def column_files(draw: random.Random) -> Posed:
    """A file of labels and one of predictions, without a header, with names, or as pandas writes unnamed columns."""
    k = draw.choice((1, 1, 3))
    meaning = _meaning(draw, [str(at) for at in range(max(k, 2))], k, weighted=0.0)
    forms, told = ("none", "named", "pandas", "index"), draw.choice(([], [], ["--header"], ["--no-header"]))
    kinds = draw.choice([(form, form) for form in forms] * 3 + [(one, other) for one in forms for other in forms])
    cells = [[str(label)] for label in meaning.labels], meaning.models[0]
    names = ["label"], ["prob"] if k == 1 else [f"p_{at}" for at in range(k)]
    files, lengths, data = {}, [], []
    for file, kind, rows, own in zip(("y.csv", "p.csv"), kinds, cells, names, strict=True):
        numbers = [*map(str, range(len(own)))]
        header = {"none": None, "named": own, "pandas": numbers, "index": ["", *numbers]}
        written = [[str(at), *row] for at, row in enumerate(rows)] if kind == "index" else rows
        files[file] = _text(draw, header[kind], written, ",", 0.0)
        data.append(kind == "none" or (kind == "pandas" and told != ["--header"]))
        lengths.append(meaning.n + (kind == "pandas" and told != ["--header"]))
    given = ["-y", "0", "-p", ",".join(map(str, range(k)))] if kinds == ("index", "index") else []
    found = _means(meaning, _loss_of(meaning, k), range(meaning.n))
    if "index" in kinds:
        found = found if kinds == ("index", "index") and told != ["--no-header"] else None
    elif told == ["--header"] and "none" in kinds:
        found = None  # a row of data becomes names, of both or of one
    elif told == ["--no-header"] and "named" in kinds:
        found = Refusal("names among data")
    elif not told and [some[0] for some in cells] == [[*map(str, range(len(own)))] for own in names]:
        found = None  # a first row of data that is what pandas writes for unnamed columns
    elif lengths[0] != lengths[1] or (kinds == ("pandas", "pandas") and not told):
        found = Refusal("numbers of rows that differ, or lines that could be either")
    elif kinds == ("pandas", "pandas") and told == ["--no-header"]:
        first = [*map(str, range(k))]
        meaning = replace(meaning, labels=[0, *meaning.labels], models=[[first, *meaning.models[0]]])
        found = _means(meaning, _loss_of(meaning, k), range(meaning.n)) if k == 1 else Refusal("no probability")
    loss = draw.choice(("bce", "nll")) if k == 1 else "ce"
    return Posed(f"columns {'-'.join(kinds)}", (loss, "-q", *given, *told, "y.csv", "p.csv"), files, found)


# --- decimal commas, decisions ----------------------------------------------------------------------------------------
def decimal_comma(draw: random.Random) -> Posed:
    """Numbers with a comma as their decimal mark, told and not."""
    k = draw.choice((1, 3))
    meaning = _meaning(draw, ["0", "1"] if k == 1 else ["cat", "dog", "emu"], k, 1, draw.random() < 0.3)
    names = ["prob"] if k == 1 else [f"p_{name}" for name in meaning.classes]
    comma: Callable[[str], str] = lambda cell: cell.replace(".", ",")  # noqa: E731
    columns = {"label": [meaning.classes[at] for at in meaning.labels]}
    columns |= {name: [comma(row[at]) for row in meaning.models[0]] for at, name in enumerate(names)}
    if meaning.weights:
        columns["weight"] = list(map(comma, meaning.weights))
    table = Table({**columns, **_beside(draw, meaning.n)}, frozenset(columns)).permuted(draw)
    told = draw.random() < 0.7
    given = ["--decimal", ","] if told else []
    given += [*(["-w", "weight"] if meaning.weights else []), *(["--from", "logits"] if meaning.logits else [])]
    mark = draw.choice(";\t|")
    one: Callable[[int, list[str]], float] = (
        (lambda at, row: _binary_loss(meaning.labels[at] == 1, row[0], meaning.logits))
        if k == 1
        else (lambda at, row: _class_loss(meaning.labels[at], row, meaning.logits))
    )
    found = _means(meaning, one, range(meaning.n))
    used = [cell for name in columns for cell in columns[name]]
    if not told and any("," in cell for cell in used):
        found = Refusal("decimal commas")
    data = _text(draw, list(table.columns), table.rows, mark, 0.0)
    return Posed("decimal comma", ("bce" if k == 1 else "ce", "-q", *given, "-"), {"-": data}, found)


def decisions(draw: random.Random) -> Posed:
    """A column of decisions beside the score: of the positive label, or of the label that was decided for."""
    n = draw.choice((2, 3, 5, 8, 20, 60))
    threshold = draw.choice((0.5, 0.5, 0.3, 0.7))
    zero, one = draw.choice((("0", "1"), ("no", "yes"), ("neg", "pos")))
    scores = [round(0.001 + 0.998 * draw.random(), 6) for _ in range(n)]
    truth = [draw.random() < score for score in scores]
    decided = [score >= threshold for score in scores]
    of_decision = draw.random() < 0.5
    shown = [score if is_one or not of_decision else 1.0 - score for score, is_one in zip(scores, decided, strict=True)]
    logits = draw.random() < 0.3
    cells = [repr(math.log(score / (1.0 - score))) if logits else f"{score:.6f}" for score in shown]
    even = 0.0 if logits else 0.5
    columns = {
        "label": [one if is_one else zero for is_one in truth],
        draw.choice(("predicted", "predicted_label", "pred_class", "decision")): [
            one if up else zero for up in decided
        ],
        draw.choice(("score", "prob")): cells,
    }
    table = Table({**columns, **_beside(draw, n)}, frozenset({list(columns)[2]})).permuted(draw)
    given = ["--positive", one] if one != "1" or draw.random() < 0.3 else []
    given += ["-p", list(columns)[2]] if draw.random() < 0.4 else []
    given += ["--from", "logits"] if logits else []
    if given[:1] == ["--positive"] and not any(truth):
        return decisions(draw)
    found: Expected = mean_of([_binary_loss(y, cell, logits) for y, cell in zip(truth, cells, strict=True)], [1.0] * n)
    others = [float(cell) for cell, up in zip(cells, decided, strict=True) if not up]
    if max(others, default=even) > even:
        if max(others) > min((float(cell) for cell, up in zip(cells, decided, strict=True) if up), default=math.inf):
            found = Refusal("no threshold decides so")
        elif of_decision or min(map(float, cells)) >= even:
            found = None  # the threshold may be above all of these
    form, data, _ = _written(draw, table)
    return Posed(f"decisions {form}", ("bce", "-q", *given, "-"), {"-": data}, found)


KINDS = (
    *(binary_table, binary_table, class_table, class_table, class_table, soft_table),
    *(odd_headers, column_files, two_tables, two_tables, decimal_comma, decisions),
)


def posed(seed: int) -> Posed:
    """The run of a seed, always the same."""
    draw = random.Random(seed)
    return draw.choice(KINDS)(draw)
