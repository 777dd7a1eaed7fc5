"""What shells complete: columns of the table on the line, its labels, choices, options; in shells on a terminal."""

import gzip
import os
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import environment, refusal, run, scaled

from losscli.losses.table import LOSSES
from losscli.output.formats import FORMATS

pty = pytest.importorskip("pty", reason="a pseudo-terminal of POSIX")

SHELLS = ("bash", "zsh", "fish")

TABLE = "label,prob,my weight,site\nspam,0.9,1,north\nham,0.2,2,south\nham,0.4,1,north\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with the command, the scripts of the shells and some tables."""
    command = tmp_path / "losscli"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m losscli "$@"\n')
    command.chmod(0o755)
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "names.csv").write_text("label,a:b,c$d,quote'd\n1,0.5,0.5,0.5\n")
    (tmp_path / "plain.csv").write_text("1,0.5\n0,0.5\n")
    return tmp_path


def env_of(place: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join((str(place), os.environ["PATH"]))
    return {**environment(), "PATH": path, "TERM": "xterm", "HOME": str(place), "LC_ALL": "C.UTF-8", **more}


def offered(line: str, place: Path) -> list[str]:
    """What is offered behind a line, as zsh and fish ask for it."""
    fish = {"_TYPER_COMPLETE_FISH_ACTION": "get-args", "_TYPER_COMPLETE_ARGS": line}
    return [entry.partition("\t")[0] for entry in answered(place, "complete_fish", **fish)]


def offered_by_bash(before: str, behind: str, place: Path) -> list[str]:
    """What is offered for the last word before a place in a line, as bash asks for it."""
    at = len(before.split()) - 1
    return answered(place, "complete_bash", COMP_WORDS=before + behind, COMP_CWORD=str(at))


def answered(place: Path, how: str, **asked: str) -> list[str]:
    """The lines that a shell is answered."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        for name, value in {"_LOSSCLI_COMPLETE": how, **asked}.items():
            patched.setenv(name, value)
        result = run()
    assert (result.code, result.err) == (0, "")
    return [line for line in result.out.splitlines() if line]


COLUMNS = ["label", "prob", "my weight", "site"]

LINES = [
    *((f"losscli bce t.csv {option} ", COLUMNS) for option in ("-y", "-p", "-w", "--label", "--prob", "--weight")),
    ("losscli bce t.csv -p pr", ["prob"]),
    ("losscli bce t.csv -y label -p ", COLUMNS),
    ("losscli bce t.csv -w label,", ["label,prob", "label,my weight", "label,site"]),
    ("losscli grad bce t.csv -x ", COLUMNS),
    ("losscli fit bce t.csv -x s", ["site"]),
    ("losscli bce t.csv --positive ", ["spam", "ham"]),
    ("losscli bce t.csv -y site --positive ", ["north", "south"]),
    ("losscli ce t.csv --ignore h", ["ham"]),
    ("losscli bce t.csv --from ", ["probs", "logits", "logprobs"]),
    ("losscli bce t.csv -f ", [*FORMATS]),
    ("losscli bce t.csv -f j", ["json"]),
    ("losscli bce t.csv -f t", ["table", "tsv"]),
    ("losscli bce t.csv --smoo", ["--smoothing"]),
    ("losscli gra", ["grade", "grad"]),
    ("losscli grad ", [*LOSSES]),
    ("losscli bce names.csv -p c", ["c$d"]),
    ("losscli bce plain.csv -p ", []),
    ("losscli bce nothing.csv -p ", []),
    ("losscli bce -p ", []),
    ("losscli bce t.csv -p 'pr", ["prob"]),
]


@pytest.mark.parametrize(("line", "wanted"), LINES, ids=[line for line, _ in LINES])
def test_what_is_offered_behind_a_line(line: str, wanted: list[str], place: Path) -> None:
    assert offered(line, place) == wanted


def test_behind_a_comma_another_column_is_offered(place: Path) -> None:
    assert offered("losscli ce t.csv -p prob,", place) == ["prob,label", "prob,my weight", "prob,site"]
    assert offered("losscli ce t.csv -p prob,site,l", place) == ["prob,site,label"]


def test_what_stands_behind_the_cursor_counts_too(place: Path) -> None:
    assert offered_by_bash("losscli bce -p pr", " t.csv", place) == ["prob"]
    assert offered_by_bash("losscli bce -w my", " -y label t.csv", place) == ["my\\ weight"]
    assert offered_by_bash("losscli bce --positive n", " -y site t.csv", place) == ["north"]
    assert offered_by_bash("losscli bce t.csv -p s", "", place) == ["site"]


@pytest.mark.parametrize(
    ("words", "at", "wanted"),
    [
        (("losscli", "bce", "-p", "", "t.csv"), 3, ["label", "prob", "my\\ weight", "site"]),
        (("losscli", "bce", "-p", "", "'a  b.csv'", "-y", "label"), 3, ["label", "q"]),
        (("losscli", "bce", "'a  b.csv'", "-p", "", "-y", "label"), 4, ["label", "q"]),
        (("losscli", "bce", "t.csv", "--positive", "", "-y", "site"), 4, ["north", "south"]),
        (("losscli", "bce", "t.csv", "--positive", ""), 4, ["spam", "ham"]),
        (("losscli", "bce", "--from", "", "t.csv"), 3, ["probs", "logits", "logprobs"]),
        (("losscli", "grad", "", "t.csv"), 2, [*LOSSES]),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_bash_is_offered_something_for_an_empty_word_too(
    words: tuple[str, ...], at: int, wanted: list[str], place: Path
) -> None:
    """Bash joins the words of a line by newlines, where an empty one stands between two."""
    (place / "a  b.csv").write_text("label,q\n1,0.5\n")
    for mark in "\n ":
        line = {"COMP_WORDS": mark.join(words), "COMP_CWORD": str(at)}
        assert answered(place, "complete_bash", **line) == wanted, line
    assert answered(place, "complete_bash", **{**line, "COMP_WORDS": "\n".join(words)}, COMP_BEGUN="") == wanted
    shorter = {"COMP_WORDS": "\n".join(filter(None, words)), "COMP_CWORD": str(at)}  # a cursor between blanks
    assert answered(place, "complete_bash", **shorter, COMP_BEGUN="") == wanted, shorter


def test_bash_is_offered_what_begins_as_the_word_up_to_the_cursor(place: Path) -> None:
    begun = {"COMP_WORDS": "losscli\nbce\n-p\npr\nt.csv", "COMP_CWORD": "3", "COMP_BEGUN": "pr"}
    assert answered(place, "complete_bash", **begun) == ["prob"]


def test_names_are_escaped_for_bash_alone(place: Path) -> None:
    marks = " \\'`$&;|<>()*?[]{}#!~"
    for mark in marks if scaled(10) > 1 else " '$~":
        (place / "odd.csv").write_text(f"label,p{mark}q\n1,0.5\n0,0.25\n")
        assert offered_by_bash("losscli bce -p p", " odd.csv", place) == [f"p\\{mark}q"], mark
        assert offered("losscli bce odd.csv -p p", place) == [f"p{mark}q"], mark


def test_a_line_is_read_as_zsh_gives_it_where_no_place_in_it_is_known(place: Path) -> None:
    for at in ("", "x"):
        line = {"_TYPER_COMPLETE_FISH_ACTION": "get-args", "_TYPER_COMPLETE_ARGS": "losscli bce t.csv -p pr"}
        assert answered(place, "complete_fish", COMP_WORDS="losscli ce other.csv", COMP_CWORD=at, **line) == ["prob"]
    assert answered(place, "complete_fish", COMP_CWORD="3", **line) == ["prob"]


def test_a_compressed_table_has_columns_too(place: Path) -> None:
    (place / "t.csv.gz").write_bytes(gzip.compress((place / "t.csv").read_bytes()))

    assert offered("losscli bce t.csv.gz -p pr", place) == ["prob"]


def test_columns_and_labels_are_those_of_the_table_however_it_is_written(place: Path) -> None:
    header = ["label", "p one", "site"]
    rows = [["spam", "0.5", "x"], ["", "0.25", "y"], ["ham", "0.5", ""], ["spam", "1", "x"]]
    for mark, end, above in (
        (";", "\r\n", "\n"),
        ("\t", "\n", "\n  \n# one\n\n# two\n"),
    ):
        text = above + "".join(mark.join(row) + end for row in (header, *rows))
        (place / "t.csv").write_bytes((text + end).encode())
        assert offered("losscli bce t.csv -p ", place) == header, (mark, above)
        assert offered("losscli bce t.csv --positive ", place) == ["spam", "ham"], (mark, above)
        assert offered("losscli bce t.csv -y site --positive ", place) == ["x", "y"], (mark, above)
    for count, wanted in ((50, 50), (51, 0)):  # many words are no labels
        (place / "t.csv").write_text("label,p\n" + "".join(f"w{at},0.5\n" for at in range(count)) * 2)
        assert len(offered("losscli bce t.csv --positive w", place)) == wanted
    (place / "t.csv").write_text("label,p\n" + "spam,0.5\n" * 20_000 + "ham,0.5\n")  # the top alone is read
    assert offered("losscli bce t.csv --positive ", place) == ["spam"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0\1\2\3", id="bytes"),
        pytest.param(b"\x1f\x8b\x08 broken", id="damaged"),
        pytest.param(b'label,"prob\n1,2\n', id="a quote that stays open"),
        pytest.param(b"PK\x03\x04 not a zip", id="an archive"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_a_table_that_cannot_be_read_is_silence(content: bytes, place: Path) -> None:
    (place / "t.csv").write_bytes(content)

    assert offered("losscli bce t.csv -p p", place) == []


@pytest.mark.slow
def test_completion_is_set_up_for_the_shell_that_is_named(place: Path) -> None:
    def losscli(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["losscli", *args], env=env_of(place), cwd=place, capture_output=True, text=True)

    done = losscli("--install-completion", "zsh")
    assert (done.returncode, done.stderr) == (0, "") and str(place / ".zfunc/_losscli") in done.stdout
    assert "_LOSSCLI_COMPLETE" in (place / ".zfunc" / "_losscli").read_text(encoding="utf-8")
    assert "_LOSSCLI_COMPLETE" in losscli("--show-completion", "fish").stdout
    done = losscli("--install-completion", "bash")
    assert (done.returncode, done.stderr) == (0, "")
    script = losscli("--show-completion", "bash").stdout
    assert 'COMP_BEGUN="$2"' in script and (place / ".bash_completions" / "losscli.sh").read_text() == script.rstrip()
    done = losscli("--install-completion", "tcsh")
    assert done.returncode == 2
    assert done.stderr == "losscli: --install-completion: 'tcsh' is not one of bash, zsh, fish, powershell, pwsh\n"


def test_completion_is_set_up_for_the_shell_of_the_user_where_none_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(place))
    monkeypatch.setenv("SHELL", "/usr/local/bin/bash")
    assert run("--install-completion").out.startswith("completion for bash was written to ")
    script = (place / ".bash_completions" / "losscli.sh").read_text()
    assert run("--show-completion").out.rstrip() == script.rstrip() and "_LOSSCLI_COMPLETE" in script
    for shell in ("/bin/tcsh", ""):
        monkeypatch.setenv("SHELL", shell)
        for option in ("--install-completion", "--show-completion"):
            assert refusal(option) == f"{option}: name your shell: bash, zsh, fish, powershell, pwsh"


# --- in the shells --------------------------------------------------------------------------------------------------
SETUP = {
    "bash": "source script",
    "zsh": "autoload -Uz compinit; compinit -u -D; source ./script",
    "fish": "source script",
}
START = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"], "fish": ["--no-config", "-i"]}


def typed(shell: str, keys: str, wanted: str, place: Path) -> str:
    """What a shell on a terminal shows when keys are pressed, until it shows what is wanted, for half a minute."""
    script = subprocess.run(
        ["losscli"], env=env_of(place, _LOSSCLI_COMPLETE=f"source_{shell}"), cwd=place, capture_output=True, text=True
    ).stdout
    (place / "script").write_text(script)
    child, master = pty.fork()
    if child == 0:
        os.chdir(place)
        os.execvpe(shell, [shell, *START[shell]], env_of(place, PS1="> "))
    shown = b""
    try:
        pressed = [f"{SETUP[shell]}; echo rea''dy\r", keys, "\r"]
        marks = ["ready", None, wanted]
        for text, mark in zip(pressed, marks, strict=True):
            os.write(master, text.encode())
            shown += until(master, mark)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(master)
    return shown.decode(errors="replace")


def until(master: int, mark: str | None) -> bytes:
    """What is shown until a mark comes; without one, until nothing more has come for two seconds."""
    shown, end = b"", time.monotonic() + 30
    while time.monotonic() < end:
        ready = select.select([master], [], [], 2.0 if mark is None else 0.2)[0]
        if not ready and mark is None:
            break
        if ready:
            try:
                shown += os.read(master, 65536)
            except OSError:
                break
        if mark is not None and mark.encode() in shown:
            break
    return shown


TYPED = [
    ("losscli bce t.csv --positive spam -q -p pr\t", "0.27977"),  # the binary cross-entropy of the table above
    ("losscli bce t.csv -q --positive sp\t", "0.27977"),
    ("losscli bce t.csv --positive spam -q -w my\t", "0.2656"),  # weights 1, 2, 1
]
BACK = "\x02"  # moves the cursor to the left


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("keys", "wanted"), TYPED, ids=["column", "label", "column with a space"])
def test_a_shell_completes_what_is_begun(shell: str, keys: str, wanted: str, place: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")

    assert wanted in typed(shell, keys, wanted, place)


@pytest.mark.slow
def test_bash_completes_an_empty_word_before_a_table(place: Path) -> None:
    (place / "one.csv").write_text("prob\n0.5\n")
    line = "losscli bce 1 -q -p  one.csv"

    assert "0.693" in typed("bash", line + BACK * len(" one.csv") + "\t", "0.693", place)
