"""Tables that are nearly right: made from a seed, cell by cell, then spoiled here and there.

Most are sound or have one fault, as real tables have; every form of number, quote and line end that is a table's is
among them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from fuzz.oracle import Ask

MISSING_CELLS = (
    "",
    " ",
    "NA",
    "nan",
    "null",
    "None",
    ".",
    "n/a",
    "-nan",
    "NULL",
    "#N/A",
    "<NA>",
    "?",
    "NaT",
    "\\N",
    "--",
)
ODD_CELLS = (
    *MISSING_CELLS,
    *("abc", "1_0", "0x1", "inf", "-inf", "1e999", "1e-999", "1,5", "½", "²", "٣", "é", "\u00a00.5", "0.5\u2009"),
    *("1e-400", "0.99999999999999999999", "9007199254740993", "18446744073709551617", "\N{MINUS SIGN}0.5"),
    *("-0", "-0.0", "+0.5", ".5", "5.", "00.5", "0.50000000000000000000000001", "5e-1", "5E-001", "1e-310", "4.9e-324"),
    *("-1", "2", "1.0000000000000002", "0.9999999999999999", "1.2", "7", "--1", "1e", "e5", "1.2.3", "'0.5'", "0.5%"),
    *("true", "FALSE", "yes", "cat", "a", "b ", "c\t", "0.1 0.2", "1 ", "=1", "@x", "\ufeff1"),
)
SPELLINGS = ("{!r}", "{!r}", "{:.6f}", "{:.3e}", "{:.17g}", "{:.25f}", " {:.4f}", "{:.2f} ")
PIECES = (*(bytes([byte]) for byte in b'\n\r",;\t| 01.e-#\0\xff\xc3'), b"\r\n", b'""', b"nan")
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Case:
    """A table as bytes, and how it is asked about."""

    data: bytes
    ask: Ask


def case(seed: int) -> Case:
    """The table of a seed, always the same."""
    draw = random.Random(seed)
    ask = _ask(draw)
    header = _header(draw, ask)
    rows = [_row(draw, ask, header) for _ in range(draw.choice((1, 2, 3, 5, 8, 30, 64, 200)))]
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2))):
        _spoil_cell(draw, rows, ODD_CELLS)
    for _ in range(draw.choice((0, 0, 0, 9)) if ask.drop else 0):
        _spoil_cell(draw, rows, MISSING_CELLS)
    quoted = draw.choice((0.01, 0.01, 0.01, 0.3, 1.0))
    lines = [_line(draw, row, ask.delimiter, quoted) for row in [header, *rows]]
    for _ in range(draw.choice((0, 0, 0, 0, 1, 2))):
        _spoil_line(draw, lines)
    end = draw.choice(("\n", "\n", "\n", "\r\n"))
    text = end.join(lines) + draw.choice(("", end, end, end * 3))
    data = draw.choice((b"", b"", b"", b"\xef\xbb\xbf")) + text.encode("utf-8", "surrogateescape")
    for _ in range(draw.choice((0, 0, 0, 0, 1, 1, 3))):
        data = _spoil_bytes(draw, data)
    return Case(data, ask)


def _ask(draw: random.Random) -> Ask:
    loss = draw.choice(("bce", "bce", "ce"))
    classes = ("a", "b", "c", "d")[: draw.randint(2, 4)] if loss == "ce" else ()
    preds = tuple(f"p_{name}" for name in classes) or ("prob",)
    weight = draw.choice((None, None, "weight"))
    return Ask(loss, "label", preds, weight, draw.choice(DELIMITERS), draw.random() < 0.3, classes)


def _header(draw: random.Random, ask: Ask) -> list[str]:
    names = [ask.label, *ask.preds, *([ask.weight] if ask.weight else [])]
    names += draw.choice(([], [], ["note"], ["id", "note"]))
    draw.shuffle(names)
    return names


def _row(draw: random.Random, ask: Ask, header: list[str]) -> list[str]:
    probs = _probs(draw, max(1, len(ask.classes)))
    cells = dict(zip(ask.preds, probs, strict=True))
    cells["label"] = draw.choice(ask.classes) if ask.classes else draw.choice(("0", "1", "1.0", "0.25", "01", "0e0"))
    cells["weight"] = draw.choice(("1", "2.5", "0", "1e-3", "300"))
    cells["id"] = str(draw.randrange(10**6))
    return [cells.get(name) or draw.choice(("x", "y z", "ä", "", "0.5", "a,b;c|d")) for name in header]


def _probs(draw: random.Random, count: int) -> list[str]:
    shares = [draw.random() ** draw.choice((1, 1, 8)) for _ in range(count)]
    whole = sum(shares) if count > 1 else 1.0
    return [_spelled(draw, min(share / whole, 1.0)) for share in shares]


def _spelled(draw: random.Random, p: float) -> str:
    return draw.choice(SPELLINGS).format(p)


def _spoil_cell(draw: random.Random, rows: list[list[str]], cells: Sequence[str]) -> None:
    row = draw.choice(rows)
    row[draw.randrange(len(row))] = draw.choice(cells)


def _line(draw: random.Random, cells: list[str], delimiter: str, share: float) -> str:
    return delimiter.join(_quoted(draw, cell, delimiter, share) for cell in cells)


def _quoted(draw: random.Random, cell: str, delimiter: str, share: float) -> str:
    if delimiter in cell or '"' in cell or draw.random() < share:
        cell = cell + draw.choice(("", "", "\n", '"')) if draw.random() < 0.1 else cell
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _spoil_line(draw: random.Random, lines: list[str]) -> None:
    at = draw.randrange(len(lines))
    kind = draw.randrange(5)
    if kind == 0:
        lines.insert(at, draw.choice(("", "", " ", "   ")))
    elif kind == 1:
        lines[at] += draw.choice((",", ";", "\t", "|", ",1"))
    elif kind == 2:
        lines[at] = lines[at][: draw.randrange(len(lines[at]) + 1)]
    elif kind == 3:
        lines.insert(at, lines[draw.randrange(len(lines))])
    else:
        del lines[at]


def _spoil_bytes(draw: random.Random, data: bytes) -> bytes:
    at, kind = draw.randrange(len(data) + 1), draw.randrange(5)
    if kind == 0:
        return data[:at] + draw.choice(PIECES) + data[at:]
    if kind == 1:
        return data[:at] + draw.choice(PIECES) + data[at + 1 :]
    if kind == 2:
        return data[:at] + data[at + draw.randint(1, 5) :]
    if kind == 3:
        return data[:at]
    other = draw.randrange(len(data) + 1)
    return data[:at] + data[other : other + draw.randint(1, 40)] + data[at:]
