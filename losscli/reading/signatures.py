"""Files that are no tables: recognize them by their first bytes, and name a command that makes a table of them.

A kind is an entry of `KINDS`, or of `MEMBERS` for what lies in a zip archive.
"""

import re
from collections.abc import Iterable

from losscli.errors import DataError
from losscli.reading.compression import COMPRESSIONS
from losscli.reading.sources import STDIN, Source
from losscli.records import record
from losscli.shell import quoted

PANDAS = 'python -c "import pandas, sys; pandas.{}.to_csv(sys.stdout, index=False)" {{}} > table.csv'


@record
class Kind:
    """A kind of file: the bytes it may begin with, its name, and a command in which {} stands for the path."""

    magic: tuple[bytes, ...]
    name: str
    command: str = ""


EXCEL = Kind((b"\xd0\xcf\x11\xe0",), "an Excel workbook", PANDAS.format("read_excel(sys.argv[1])"))
SHEET = Kind((), "an OpenDocument spreadsheet", PANDAS.format("read_excel(sys.argv[1])"))
TORCH = Kind(
    (),
    "a PyTorch file",
    'python -c "import numpy, sys, torch; numpy.savetxt(sys.stdout, torch.load(sys.argv[1]))" {} > preds.txt',
)
ZIP = Kind((), "a zip archive", "unzip -p {} | losscli COMMAND")
PICKLE = Kind(
    tuple(bytes((0x80, version)) for version in range(2, 6)),
    "a pickle",
    PANDAS.format("DataFrame(pandas.read_pickle(sys.argv[1]))"),
)

KINDS = (
    EXCEL,
    PICKLE,
    Kind((b"SQLite format 3\0",), "an SQLite database", 'sqlite3 -header -csv {} "select * from TABLE" > table.csv'),
    Kind((b"\x89HDF\r\n\x1a\n",), "an HDF5 file", PANDAS.format("read_hdf(sys.argv[1])")),
    Kind((b"%PDF",), "a PDF document", "pdftotext -layout {} table.txt"),
    Kind((b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*"), "an image"),
    Kind((b"7z\xbc\xaf\x27\x1c",), "a 7z archive", "7z x -so {} | losscli COMMAND"),
    Kind((b"Rar!",), "a RAR archive", "unrar p -inul {} | losscli COMMAND"),
    Kind((b"\x04\x22\x4d\x18",), "compressed by lz4", "lz4 -dc {} | losscli COMMAND"),
    Kind((b"]\0\0",), "compressed by LZMA", "xz --format=lzma -dc {} | losscli COMMAND"),
    Kind(tuple(compression.magic for compression in COMPRESSIONS), "compressed twice", "decompress it once"),
    Kind((b"RDX2\n", b"RDX3\n"), "an R workspace", 'in R: write.csv(TABLE, "table.csv", row.names = FALSE)'),
    Kind((b"X\n\0\0\0",), "an R object", 'Rscript -e \'write.csv(readRDS("{}"), "table.csv", row.names = FALSE)\''),
    Kind((b"MATLAB 5.0",), "a MATLAB file", "in MATLAB: writematrix(PREDS, 'preds.csv')"),
    Kind((b"<stata_dta>", b"r\x02\x01", b"s\x02\x01"), "a Stata file", PANDAS.format("read_stata(sys.argv[1])")),
    Kind((b"$FL2", b"$FL3"), "an SPSS file", PANDAS.format("read_spss(sys.argv[1])")),
    Kind((b"\x7fELF", b"MZ\x90"), "a program"),
)
HTML = Kind((b"<table",), "a table of a web page", PANDAS.format("read_html(sys.argv[1])[0]"))
LATEX = Kind((b"\\begin{", b"\\documentclass"), "a LaTeX document")
OBJECT = Kind((), "one JSON object, which is one row", PANDAS.format("read_json(sys.argv[1])"))
ARFF = Kind((b"@relation",), "an ARFF file of Weka", 'sed "1,/@[Dd][Aa][Tt][Aa]/d" {} | losscli COMMAND --no-header')
PRINTED = Kind((), "a vector as R prints it", 'in R: write.csv(PREDS, "preds.csv", row.names = FALSE)')
INDENTED = Kind((), "JSON over several lines", "jq -c . {} | losscli COMMAND")
WEB = Kind((b"<!doctype html", b"<html", b"<?xml"), "a web page or XML", "the download may have needed a login")
JSON = Kind((b"[",), "a JSON array", 'jq -c ".[]" {} | losscli COMMAND')
NUMBERED = Kind(
    (), "a file of numbered values (1:0.25 2:0.75), as of Vowpal Wabbit", 'sed "s/[0-9]*://g" {} > preds.txt'
)

_NUMBERED_LINE = re.compile(rb"(?:[^\s:,;]+[ \t]+)?\d+:[-+.\de]+(?:[ \t]+\d+:[-+.\de]+)+\s*?[\r\n]")

MEMBERS = (
    ("xl/", EXCEL),
    ("content.xml", SHEET),
    ("data.pkl", TORCH),
)


def refuse_other_kinds(source: Source) -> None:
    """DataError where the first bytes are those of a file of another kind; text passes."""
    head = source.magic
    kind = next((kind for kind in KINDS if head.startswith(kind.magic)), None)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if kind is None:
        kind = next((kind for kind in (WEB, HTML, LATEX, ARFF) if text.startswith(kind.magic)), None)
    if kind is None and re.match(rb"\[1\][ \t]+[^\s,]", text):
        kind = PRINTED
    if kind is None and text.startswith(JSON.magic) and _is_array(text):
        kind = JSON
    if kind is None and _NUMBERED_LINE.match(text):
        kind = NUMBERED
    if kind is not None:
        raise DataError(f"{source.name}: {describe(kind, source.name)}")


def describe_archive(names: Iterable[str], name: str) -> str:
    """The message for a zip archive whose members are no arrays."""
    members = list(names)
    found = (kind for part, kind in MEMBERS for member in members if member.startswith(part) or member.endswith(part))
    return describe(next(found, ZIP), name)


def describe(kind: Kind, name: str) -> str:
    """The message for a file of a kind."""
    path = "FILE" if name == STDIN else quoted(name)
    fix = f"; {kind.command.format(path)}" if kind.command else ""
    return f"this is {kind.name}, not a table of text{fix}"


def _is_array(text: bytes) -> bool:
    """Whether bytes that begin with a bracket are JSON, and not a list as Python prints it."""
    rest = text[1:].lstrip()
    return rest[:1] in (b"{", b"[", b'"', b"]") or not rest or rest[:1].isdigit() or rest[:1] == b"-"
