"""What comes out: formats, whole tables anywhere, escaped text, strict JSON, exit codes, pipes and terminals."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from math import exp, log, sqrt
from pathlib import Path

import pytest
from conftest import DATA, answer, close, environment, process, record, run, write

from losscli.output.formats import FORMATS

BCE = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")
CE = ("ce", "0,1", ".8,.2;.3,.7")
NLL = ("nll", "0.8,0.7,0.6,0.7")
LOSSES = [-log(p) for p in (0.8, 0.7, 0.6, 0.7)]
MEAN = sum(LOSSES) / 4
KEYS = """
    loss value reduction base from n divisor sum mean std se low high min max infinite clipped dropped ignored unmatched
    options accuracy brier baseline normalized perplexity log_likelihood label_entropy kl_divergence
    positive classes per_class sources columns notes
"""
ALL_KEYS = set(KEYS.split())
ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")


def shell(line: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which `losscli` is the program."""
    line = f'losscli() {{ "{sys.executable}" -m losscli "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, env={**environment(), **env}, cwd=cwd, timeout=60, check=False
    )


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json_is_strict_and_has_all_keys() -> None:
    cases = [BCE, CE, NLL, (*BCE, "--base", "2"), (*BCE, "-r", "sum"), ("bce", "1", "0")]
    for args in cases:
        found = record(*args)
        assert set(found) == ALL_KEYS, args
        assert found["loss"] == args[0], args


@pytest.mark.parametrize("args", [BCE, CE, NLL])
def test_json_of_losses_has_a_list_instead_of_a_value(args: tuple[str, ...]) -> None:
    found = run(*args, "-r", "none", "-f", "json").json
    assert set(found) == ALL_KEYS - {"value"} | {"losses"}
    assert found["reduction"] == "none" and len(found["losses"]) == found["n"]


def test_json_holds_the_figures_that_are_promised() -> None:
    found = record(*BCE)
    std = sqrt(sum((loss - MEAN) ** 2 for loss in LOSSES) / 3)
    figures = {"value": MEAN, "mean": MEAN, "sum": 4 * MEAN, "divisor": 4, "min": LOSSES[0], "max": LOSSES[2]}
    figures |= {"std": std, "se": std / 2, "perplexity": exp(MEAN), "log_likelihood": -4 * MEAN}
    figures |= {"baseline": log(2), "normalized": MEAN / log(2)}
    assert {key: found[key] for key in figures} == {key: close(value) for key, value in figures.items()}
    words = {"loss": "bce", "reduction": "mean", "base": "e", "from": "probs", "n": 4, "positive": "1"}
    words |= {
        "infinite": 0,
        "clipped": 0,
        "dropped": 0,
        "ignored": 0,
        "unmatched": 0,
        "classes": None,
        "per_class": None,
    }
    assert {key: found[key] for key in words} == words


def test_json_names_the_columns_and_the_classes(here: Path) -> None:
    write("t.csv", "label,p_cat,p_dog,w\ncat,0.9,0.1,1\ndog,0.2,0.8,1\ndog,.3,.7,1\n")
    found = record("ce", "t.csv", "-w", "w", "-p", "p_*")
    assert found["columns"] == {"label": "label", "prob": ["p_cat", "p_dog"], "weight": "w"}
    assert found["classes"] == ["cat", "dog"]
    expected = [("cat", 1, -log(0.9)), ("dog", 2, -(log(0.8) + log(0.7)) / 2)]
    assert [(one["class"], one["n"], one["mean"]) for one in found["per_class"]] == [
        (name, n, close(mean)) for name, n, mean in expected
    ]


def test_json_numbers_columns_without_names_from_1(here: Path) -> None:
    write("t.csv", "1,0.8\n0,0.3\n")
    assert record("bce", "t.csv")["columns"] == {"label": 1, "prob": 2, "weight": None}


def test_numbers_that_are_not_finite_are_null_and_counted() -> None:
    found = record("bce", "1,0,1", "0,0.3,0.8")
    assert (found["value"], found["mean"], found["max"], found["infinite"]) == (None, None, None, 1)
    assert found["min"] == close(-log(0.8))
    assert run("bce", "1,0", "0,0.3", "-r", "none", "-f", "json").json["losses"] == [None, close(-log(0.7))]


def test_json_names_the_base() -> None:
    for base, name in [("e", "e"), ("2", 2.0), ("10", 10.0), ("1.5", 1.5)]:
        assert record(*BCE, "--base", base)["base"] == name, (base, name)


def test_json_is_ascii_or_utf_8_whatever_the_labels_are(here: Path) -> None:
    write("t.csv", 'label,"a""b",é€😀\n"a""b",.5,.5\n')
    assert record("ce", "t.csv")["classes"] == ['a"b', "é€😀"]


def test_the_notes_say_what_the_user_must_know(here: Path) -> None:
    write("t.csv", "label,a,b\na,.5,.6\n-1,.5,.5\nb,,1\na,0,1\n")
    notes = " ".join(record("ce", "t.csv", "--na", "drop", "--ignore", "-1")["notes"])
    assert all(word in notes for word in ("infinite", "row 4", "1.1", "--normalize", "missing", "ignored"))


# --- quiet, CSV, TSV, Markdown ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_prints_the_number_alone_with_all_its_digits(option: str) -> None:
    result = run(*BCE, option)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"{float(result.out)!r}\n" and float(result.out) == close(MEAN)


def test_quiet_losses_are_one_a_line() -> None:
    result = run(*BCE, "-q", "-r", "none")
    assert [float(line) for line in result.out.splitlines()] == [close(loss) for loss in LOSSES]


def test_quiet_says_infinity_in_a_word_that_reads_back() -> None:
    result = run("bce", "1", "0", "-q")
    assert (result.code, result.out) == (0, "inf\n") and "infinite" in result.err


STREAMS = [
    (BCE, [("1", "0.8"), ("0", "0.3"), ("0", "0.4"), ("1", "0.7")]),
    (CE, [("0", "0.8"), ("1", "0.7")]),
    (("ce", "cat,dog", ".8,.2;.3,.7", "--classes", "cat,dog"), [("cat", "0.8"), ("dog", "0.7")]),
    (("ce", '"a,b","c"', ".8,.2;.3,.7", "--classes", "x,y"), None),
    (("bce", "1.0,0", "0.80,3e-1"), [("1", "0.8"), ("0", "0.3")]),
]


@pytest.mark.parametrize("form, delimiter", [("csv", ","), ("tsv", "\t")])
@pytest.mark.parametrize("args, cells", [case for case in STREAMS if case[1]])
def test_losses_are_streamed_with_row_label_and_prediction(
    args: tuple[str, ...], cells: list[tuple[str, str]], form: str, delimiter: str, here: Path
) -> None:
    lines = list(csv.reader(io.StringIO(run(*args, "-r", "none", "-f", form).out), delimiter=delimiter))
    assert lines[0] == ["row", "label", "prob", "loss"]
    assert [tuple(line[:3]) for line in lines[1:]] == [(str(at), *cell) for at, cell in enumerate(cells, 1)]
    expected = [-log(float(p)) if label not in ("0",) or args[0] == "ce" else -log(1 - float(p)) for label, p in cells]
    assert [float(line[3]) for line in lines[1:]] == [close(loss) for loss in expected]


def test_labels_with_delimiters_and_quotes_are_quoted_in_csv(here: Path) -> None:
    write("t.csv", 'label|a,b|c"d\na,b|.8|.2\n"c""d"|.3|.7\n')
    result = run("ce", "t.csv", "-d", "|", "-p", "2,3", "-y", "1", "-r", "none", "-f", "csv")
    lines = list(csv.reader(io.StringIO(result.out)))
    assert [line[1] for line in lines[1:]] == ["a,b", 'c"d']


@pytest.mark.parametrize("form, delimiter", [("csv", ","), ("tsv", "\t")])
@pytest.mark.parametrize("args", [BCE, CE, NLL])
def test_a_summary_in_csv_is_a_line_of_names_and_a_line_of_values(
    args: tuple[str, ...], form: str, delimiter: str
) -> None:
    (found,) = csv.DictReader(io.StringIO(run(*args, "-f", form).out), delimiter=delimiter)
    known = record(*args)
    assert {key: found[key] for key in ("loss", "from")} == {"loss": args[0], "from": "probs"}
    assert all(float(found[key]) == known[key] for key in ("value", "n", "sum", "mean", "se", "min", "max"))


@pytest.mark.parametrize("args", [BCE, CE, NLL])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_markdown_tables_have_a_rule_and_rows_of_equal_width(args: tuple[str, ...], reduction: str) -> None:
    blocks = run(*args, "-f", "md", "-r", reduction).out.split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.startswith("|")]
    assert tables
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
        assert set(table[1]) <= set("|-: ")


def test_markdown_escapes_its_own_bar(here: Path) -> None:
    write("t.csv", "label,a|b,c\na|b,.8,.2\n")
    assert "a\\|b" in run("ce", "t.csv", "-d", ",", "-f", "md").out
    for name, escaped in {
        "a&lt;b": r"a\&lt;b",
        "a&#60;b": r"a\&#60;b",
        "a & b": "a & b",
        "a*b_c~d": r"a\*b\_c\~d",
        "`a`$b$": r"\`a\`\$b\$",
        "<b>x": r"\<b>x",
        "a<2": "a<2",
        "[x](y)": r"[x\](y)",
        "[x] y": "[x] y",
        "a\\b": r"a\\b",
    }.items():
        write("t.csv", f'label,"{name}",c\n"{name}",.8,.2\n')
        assert f"| {escaped} | 1 | 0.223144 |" in run("ce", "t.csv", "-d", ",", "-f", "md").out, name


@pytest.mark.parametrize("form", ["json", "csv", "tsv"])
def test_machine_formats_print_floats_that_read_back(form: str, here: Path) -> None:
    write("t.csv", "label,prob\n1,0.1234567890123456789\n0,0.3\n1,1e-300\n")
    quiet = run("bce", "t.csv", "-q", "-r", "none").out.split()
    text = run("bce", "t.csv", "-r", "none", "-f", form).out
    assert all(loss in text for loss in quiet)
    assert "0.12345678901234568" in text or form == "json"


def test_digits_are_those_of_the_table() -> None:
    cases = [("1", "0.4"), ("3", "0.362"), ("6", "0.36183"), ("17", "0.36182976573941")]
    for digits, shown in cases:
        assert shown in run(*BCE, "--digits", digits).out, (digits, shown)


# --- the table --------------------------------------------------------------------------------------------------------

TABLES = [
    (
        BCE,
        (
            "0.36183",
            "1.44732",
            "nats",
            "baseline",
            "normalized",
            "positive",
            "standard error",
            "lowest row loss",
            "highest row loss",
        ),
    ),
    ((*BCE, "--base", "2"), ("0.52201", "bits")),
    (CE, ("0.289909", "perplexity", "class", "baseline")),
    (NLL, ("1.44732", "log-likelihood", "likelihood", "0.2352", "perplexity")),
    ((*BCE, "-r", "none"), ("row", "label", "prob", "loss", "0.223144")),
]


@pytest.mark.parametrize("args, words", TABLES)
def test_the_table_shows_what_a_person_wants_to_see(args: tuple[str, ...], words: tuple[str, ...]) -> None:
    text = run(*args).out
    assert all(word in text for word in words), text


def test_the_table_says_which_columns_were_used(here: Path) -> None:
    write("t.csv", "id,clicked,score,w\n1,1,0.8,2\n2,0,0.3,1\n")
    text = run("bce", "t.csv", "-y", "clicked", "-w", "w").out
    assert all(word in text for word in ("clicked", "score", "w"))


def test_a_long_list_of_losses_is_told_to_go_on() -> None:
    text = run("bce", ",".join(["1"] * 500), ",".join(["0.5"] * 500), "-r", "none").out
    assert "400 more rows" in text


SETTINGS: list[dict[str, str]] = [
    {"COLUMNS": "40"},
    {"COLUMNS": "abc", "LINES": "2"},
    {"NO_COLOR": "1", "TERM": "dumb"},
    {"TERM": "", "COLUMNS": "1"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1:strict"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONWARNINGS": "error::ResourceWarning", "TERMINAL_WIDTH": "30", "TYPER_USE_RICH": "0"},
]


@pytest.mark.slow
@pytest.mark.parametrize("env", SETTINGS, ids=str)
def test_the_table_is_whole_in_a_pipe_whatever_the_environment_says(env: dict[str, str]) -> None:
    expected = run("ce", str(DATA / "digits.csv"))
    result = process("ce", DATA / "digits.csv", env=env)
    assert (result.code, result.out, result.err) == (0, expected.out, expected.err)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("options", ["", "-r none -f csv"])
def test_text_that_an_encoding_lacks_is_escaped(encoding: str, options: str, here: Path) -> None:
    write("t.csv", "label,pröb€,b\npröb€,0.8,0.2\nb,0.3,0.7\n")
    done = shell(f"losscli ce t.csv {options}", here, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert ("pröb" if encoding != "ascii" else "pr\\xf6b") in done.stdout.decode(encoding)


@pytest.mark.slow
def test_errors_are_escaped_where_the_encoding_lacks_their_letters(here: Path) -> None:
    write("t.csv", "label,pröb€\n1,0.8\n")
    done = shell("losscli bce t.csv -p x", here, PYTHONIOENCODING="ascii")
    assert done.returncode == 2 and done.stderr.endswith(b"'label', 'pr\\xf6b\\u20ac'\n")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["", "bce"])
@pytest.mark.parametrize(
    "env", [{"PYTHONIOENCODING": "ascii"}, {"COLUMNS": "40", "TERM": "dumb", "NO_COLOR": "1"}], ids=str
)
def test_help_is_printed_in_any_environment(command: str, env: dict[str, str]) -> None:
    result = process(*command.split(), "-h", env=env)
    assert result.code == 0 and result.err == "" and "\x1b" not in result.out


NAME = ":smile:b\x1b[2J\u202e\x07\x9b"
EVIL = f"label,[bold]a[/bold],{NAME}\n[bold]a[/bold],0.8,.2\n{NAME},.3,.7\n"
STEERING = set("\x1b\x07\x9b\u202e\x08\r")


@pytest.mark.parametrize("form", ["table", "md", "json"])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_text_from_the_data_is_neither_markup_nor_control_codes(form: str, reduction: str, here: Path) -> None:
    result = run("ce", write("t.csv", EVIL), "-f", form, "-r", reduction)
    assert result.code == 0 and not STEERING & set(result.out)
    assert "[bold]a[/bold]" in result.out and ":smile:" in result.out


def test_delimited_text_has_each_control_code_escaped_and_nothing_else(here: Path) -> None:
    codes = [*range(1, 32), *range(127, 160), 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    left = "b\t\u200d\u00a0\u00ad e\u0301 \U0001f469\u200d\U0001f680"  # a tab, joined letters, odd spaces
    names = [f"a{chr(code)}z" for code in codes if chr(code) not in "\t\n\r"]
    write("t.csv", "site,label,prob\n" + "".join(f"{name},1,0.5\n" for name in (*names, left)))
    for options in (("--by", "site"), ("--worst", "99", "--show", "site")):
        lines = csv.DictReader(io.StringIO(run("bce", "t.csv", *options, "-f", "csv").out))
        found = {line["site"] for line in lines}
        assert found == {*(repr(name)[1:-1] for name in names), left}, options
    classes = "".join(f"{name},0.5,0.5\n" for name in names[:2])
    out = run("ce", "-r", "none", "-f", "csv", stdin=f"label,{names[0]},{names[1]}\n{classes}").out
    assert [line["label"] for line in csv.DictReader(io.StringIO(out))] == [repr(name)[1:-1] for name in names[:2]]


def test_errors_never_send_control_codes(here: Path) -> None:
    cases = [
        ("t.csv", "-p", "\x1b[2J"),
        ("t.csv",),
        ("t.csv", "-y", "1", "-p", "2"),
        ("\x1b]0;x\x07.csv",),
        ("t.csv", "--\x1b[2J"),
        ("t.csv", "--positive", "\x1b[2J", "-y", "1", "-p", "2"),
        ("1,0", "0.5,\x1b[2J"),
    ]
    for args in cases:
        write("t.csv", "\x1b[31mlabel\x07,[red]x[/red]\n\x1b]0;x\x07,0.3\n1,0.2\n")
        result = run("bce", *args)
        assert result.code == 2 and result.err.count("\n") == 1 and not STEERING & set(result.err), args


@pytest.mark.slow
def test_colour_is_the_only_difference_between_a_terminal_and_a_pipe(here: Path) -> None:
    plain = process(*BCE)
    coloured = process(*BCE, env={"FORCE_COLOR": "1", "TERM": "xterm-256color"})
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured.out) == plain.out


# --- exit codes -------------------------------------------------------------------------------------------------------

CODES = [
    ((*BCE, "--fail-above", "1"), 0),
    ((*BCE, "--fail-above", "0.1"), 1),
    ((*BCE, "--fail-above", "-1"), 1),
    ((*BCE, "--fail-above", "-inf"), 1),
    ((*BCE, "--fail-above", "inf"), 0),
    (("bce", "1", "0", "--fail-above", "1e308"), 1),
    (("bce", "1", "0", "--fail-above", "inf"), 0),
    ((*BCE, "--fail-above", "1", "-r", "sum"), 1),
    ((*BCE, "--fail-above", "0.5", "--base", "2"), 1),
    (BCE, 0),
    (("bce",), 2),
    ((), 2),
]


def test_the_exit_code_is_the_answer() -> None:
    for args, code in CODES:
        assert run(*args).code == code, (args, code)


def test_the_limit_itself_is_not_above_it() -> None:
    assert run(*BCE, "--fail-above", repr(answer(*BCE))).code == 0


def test_the_answer_is_printed_though_it_is_above_the_limit() -> None:
    for form in FORMATS:
        result = run(*BCE, "--fail-above", "0.1", "-f", form)
        assert result.code == 1 and result.out == run(*BCE, "-f", form).out, form


# --- pipes, terminals, signals ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("options", ["-r none -q", "-r none -f csv", "-r none -f json", "-h", ""])
def test_a_closed_pipe_is_quiet(options: str, here: Path) -> None:
    write("t.csv", "1,0.5\n" * 60_000)
    done = shell(f"losscli bce t.csv {options} | head -n 1; exit ${{PIPESTATUS[0]}}", here)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 1


CLOSED = ["losscli bce <&-", "losscli bce - <&-", "losscli bce 1,0 - <&-", "losscli ce <&-", "losscli nll -q <&-"]


@pytest.mark.slow
@pytest.mark.parametrize("line", CLOSED)
def test_closed_standard_input_is_refused(line: str) -> None:
    done = shell(line)
    assert done.returncode == 2 and done.stdout == b"" and b"Traceback" not in done.stderr and done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("line", ["losscli bce 1,0 0.8,0.3 -q <&-", "losscli nll 0.8,0.7 -q < /dev/null"])
def test_standard_input_is_left_alone_where_it_is_not_asked_for(line: str) -> None:
    done = shell(line)
    assert done.returncode == 0 and done.stderr == b"" and float(done.stdout) == close(-(log(0.8) + log(0.7)) / 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["losscli bce 1 .5 -q >&-", "losscli bce 1 .5 >&-", "losscli -V >&-", "losscli bce 1 7 2>&-"]
)
def test_closed_outputs_leave_no_traceback(line: str) -> None:
    done = shell(line)
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr and done.returncode in (0, 2)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("options", ["", "-q", "-f json", "-r none -f csv"])
def test_a_full_disk_is_an_error_of_one_line(options: str) -> None:
    done = shell(f"losscli bce 1,0 .5,.6 {options} > /dev/full")
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and done.stderr.startswith(b"losscli bce: ")


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["/dev/stdin", "<(cat t.csv)"])
@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="there is no /dev/stdin")
def test_devices_and_substituted_processes_are_paths(stream: str, here: Path) -> None:
    write("t.csv", "1,0.8\n0,0.3\n")
    done = shell(f"losscli bce {stream} -q < t.csv", here)
    assert (done.returncode, done.stderr) == (0, b"") and float(done.stdout) == close(-(log(0.8) + log(0.7)) / 2)


@pytest.mark.slow
def test_two_substituted_processes_are_labels_and_predictions(here: Path) -> None:
    done = shell(r"losscli bce <(printf '1\n0\n') <(printf '.8\n.3\n') -q", here)
    assert float(done.stdout) == close(-(log(0.8) + log(0.7)) / 2)


@pytest.mark.slow
@ON_POSIX
@pytest.mark.parametrize("args", [["bce"], ["ce"], ["nll"], ["bce", "-q"], ["bce", "-y", "a"]])
def test_a_terminal_as_standard_input_is_never_waited_for(args: list[str]) -> None:
    import pty

    master, slave = pty.openpty()
    try:
        command = [sys.executable, "-m", "losscli", *args]
        done = subprocess.run(command, stdin=slave, capture_output=True, env=environment(), timeout=20, check=False)
    finally:
        os.close(master), os.close(slave)
    text = done.stderr.decode()
    assert done.returncode == 2 and done.stdout == b""
    assert "Traceback" not in text and "losscli" in text and 0 < text.count("\n") < 8


@pytest.mark.slow
@ON_POSIX
def test_a_terminal_as_standard_output_gets_the_same_lines(here: Path) -> None:
    import pty

    master, slave = pty.openpty()
    command = [sys.executable, "-m", "losscli", *BCE]
    subprocess.run(command, stdout=slave, env={**environment(), "TERM": "xterm"}, timeout=20, check=True)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 4096):
            shown += piece
    except OSError:
        pass  # what reading a terminal without a writer gives
    os.close(master)
    text = re.sub("\x1b\\[[0-9;]*m", "", shown.decode()).replace("\r\n", "\n")
    assert text == run(*BCE).out


@ON_POSIX
def interruptible() -> None:
    """In the child: an interrupt is heard, also where a shell started the tests in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.parametrize(
    "args, delay",
    [
        (["bce", "-"], 0.05),
        (["bce", "-"], 0.1),
        (["bce", "-"], 0.2),
        (["bce"], 1.0),
        (["bce", "1,0", "-", "-r", "none", "-q"], 1.0),
    ],
)
def test_an_interrupt_ends_quietly_with_130(args: list[str], delay: float) -> None:
    # what Python says of an interrupt before the first line of the package runs is beyond its reach
    code = "import losscli.__main__ as m; print('.', flush=True); m.entry()"
    command = [sys.executable, "-c", code, *args]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        preexec_fn=interruptible, args=command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment()
    ) as running:
        assert running.stdin and running.stdout and running.stdout.readline() == b".\n"
        running.stdin.write(b"label,prob\n1,0.5\n")
        running.stdin.flush()
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, b"", b"")


@pytest.mark.slow
@ON_POSIX
def test_an_interrupt_while_an_object_is_freed_ends_quietly_with_130() -> None:
    # Python prints what is raised there, drops it and goes on
    code = """
import os, signal, sys, weakref
import losscli.__main__ as module

class Thing:
    pass

class Freeing:
    def find_spec(self, name, path=None, target=None):
        if name == "losscli.cli.app":
            thing = Thing()
            watch = weakref.ref(thing, lambda _: (os.kill(os.getpid(), signal.SIGINT), sum(range(100))))
            del thing

sys.meta_path.insert(0, Freeing())
module.entry()
"""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        preexec_fn=interruptible,
        args=[sys.executable, "-c", code, "bce", "-"],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env=environment(),
    ) as running:
        try:
            running.wait(timeout=20)  # its standard input stays open, so only the interrupt can end it
        finally:
            running.kill()
        assert running.stdout and running.stderr
        assert (running.returncode, running.stdout.read(), running.stderr.read()) == (130, b"", b"")


@pytest.mark.slow
@ON_POSIX
@pytest.mark.parametrize("loaded", ["losscli.output.streams", "numpy"])
def test_an_interrupt_that_becomes_another_error_ends_quietly_with_130(loaded: str) -> None:
    # modules in C that are being loaded make an ImportError of it
    code = f"""
import os, signal, sys
import losscli.__main__ as module

class HalfLoaded:
    def find_spec(self, name, path=None, target=None):
        if name == "{loaded}":
            try:
                os.kill(os.getpid(), signal.SIGINT)
                sum(range(100))
            except KeyboardInterrupt:
                raise ImportError("half loaded") from None

sys.meta_path.insert(0, HalfLoaded())
module.entry()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "bce", "1,0", "0.8,0.3"],
        preexec_fn=interruptible,
        capture_output=True,
        env=environment(),
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_warning_goes_to_standard_error_where_the_format_has_no_place_for_it() -> None:
    for options in (("-q",), ("-f", "csv"), ("-f", "tsv"), ("-r", "none", "-q"), ("-r", "none", "-f", "csv")):
        result = run("bce", "1,0", "0,0.3", *options)
        assert result.code == 0 and "infinite" in result.err and "Traceback" not in result.err
    for options in ((), ("-f", "md"), ("-f", "json")):
        result = run("bce", "1,0", "0,0.3", *options)
        assert result.err == "" and "infinite" in result.out


@pytest.mark.slow
def test_the_module_is_the_program() -> None:
    result = process(*BCE, "-q")
    assert (result.code, result.out) == (0, run(*BCE, "-q").out)


def test_json_is_the_same_from_a_list_a_file_and_a_pipe(here: Path) -> None:
    text = "label,prob\n1,0.8\n0,0.3\n0,0.4\n1,0.7\n"
    write("t.csv", text)
    whole = [record(*BCE), record("bce", "t.csv"), record("bce", stdin=text)]
    for one in whole:
        del one["columns"], one["sources"]
    assert whole[0] == whole[1] == whole[2]
    assert json.dumps(whole[0], allow_nan=False)
