"""The README and the help topics are true: their console blocks run and print what they show, and name every option.

A console block is a session of bash. A line that begins with `$ ` is a command, with what belongs to it on the next
lines: lines after `> `, and a here-document to its end. Other lines are what the command prints, on either stream. A
line `...` stands for any lines.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import DATA, ROOT, environment, run

from losscli.losses.table import LOSSES

PAGES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted(ROOT.glob("losscli/topics/*.md")))
}
TEXT = "\n".join(PAGES.values())
BLOCK = re.compile(r"^( *)```console\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
HERE = re.compile(r"<<-?\s*['\"]?(\w+)")
LONG = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
MARK = "=== end of the command ==="


@dataclass
class Step:
    """A command of a block and the lines that it should print."""

    command: str
    output: list[str] = field(default_factory=list)


def steps_of(block: str) -> list[Step]:
    """The commands of a block."""
    steps: list[Step] = []
    end = ""  # of the here-document that is being read
    for line in block.splitlines():
        if end:
            text = line.removeprefix("> ") if line != ">" else ""
            steps[-1].command += f"\n{text}"
            end = "" if text.strip() == end else end
        elif line.startswith("$ "):
            steps.append(Step(line[2:]))
            here = HERE.search(line)
            end = here[1] if here else ""
        elif line.startswith("> ") and steps and not steps[-1].output:
            steps[-1].command += f"\n{line[2:]}"
            here = HERE.search(line)
            end = here[1] if here else ""
        else:
            steps[-1].output.append(line)
    return steps


def agrees(wanted: list[str], found: list[str]) -> bool:
    """Whether lines are as wanted, a line `...` standing for any number of lines."""
    if not wanted:
        return not found
    if wanted[0].strip() == "...":
        return any(agrees(wanted[1:], found[at:]) for at in range(len(found) + 1))
    return bool(found) and same(wanted[0].rstrip(), found[0].rstrip()) and agrees(wanted[1:], found[1:])


def same(wanted: str, found: str) -> bool:
    """Whether two lines agree; of numbers with all their digits the last ones are the mathematical library's."""
    if wanted == found:
        return True
    if LONG.sub("#", wanted) != LONG.sub("#", found):
        return False
    pairs = zip(LONG.findall(wanted), LONG.findall(found), strict=True)
    return all(float(one) == pytest.approx(float(other), rel=1e-14, abs=0) for one, other in pairs)


BLOCKS = [
    (name, text[: match.start()].count("\n") + 2, match[2])
    for name, text in PAGES.items()
    for match in BLOCK.finditer(text)
]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A directory with the example files, and beside it the command on a path of its own; new for each block."""
    place = tmp_path
    (place / "bin").mkdir()
    command = place / "bin" / "losscli"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m losscli "$@"\n')
    command.chmod(0o755)
    (place / "work").mkdir()
    for example in DATA.iterdir():
        if example.is_file():
            shutil.copy(example, place / "work")
    return place


def session(steps: list[Step], place: Path) -> list[list[str]]:
    """What each command of a session of bash prints."""
    script = "".join(f"{step.command}\n__code=$?; echo; echo '{MARK}'; (exit $__code)\n" for step in steps)
    env = environment()
    env["PATH"] = os.pathsep.join((str(place / "bin"), env["PATH"]))
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        env.pop(name, None)
    done = subprocess.run(
        ["bash", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=place / "work",
        env={**env, "TERM": "dumb", "LC_ALL": "C.UTF-8"},
        timeout=120,
    )
    parts = done.stdout.decode().split(f"{MARK}\n")
    return [trimmed(part) for part in parts[:-1]]


def trimmed(text: str) -> list[str]:
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


PLAIN = re.compile(r"losscli (?:'[^']*'|\"[^\"$`]*\"|[\w./,:=+@%-]|\s(?=\S))+")


def test_blocks_of_plain_commands_answer_what_they_show_in_this_process(here: Path) -> None:
    for example in DATA.iterdir():
        if example.is_file():
            shutil.copy(example, here)
    plain = [
        (f"{page}:{line}", steps)
        for page, line, steps in ((page, line, steps_of(block)) for page, line, block in BLOCKS)
        if all(PLAIN.fullmatch(step.command) for step in steps)
    ]
    assert len(plain) >= 10
    for place, steps in plain:
        for step in steps:
            result = run(*shlex.split(step.command)[1:])
            wanted = trimmed("\n".join(step.output))
            assert agrees(wanted, trimmed(result.out + result.err)), f"{place}: $ {step.command}\n{result}"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the blocks are sessions of bash")
@pytest.mark.parametrize(("page", "line", "block"), BLOCKS, ids=[f"{page}:{line}" for page, line, _ in BLOCKS])
def test_a_console_block_answers_what_it_shows(page: str, line: int, block: str, workplace: Path) -> None:
    steps = steps_of(block)

    printed = session(steps, workplace)

    assert len(printed) == len(steps)
    for step, found in zip(steps, printed, strict=True):
        wanted = trimmed("\n".join(step.output))
        assert agrees(wanted, found), f"{page}:{line}: $ {step.command}\n" + "\n".join(found)


def test_the_readme_shows_the_program_at_work() -> None:
    commands = [step.command for page, _, block in BLOCKS if page == "README.md" for step in steps_of(block)]

    for name in LOSSES:
        assert any(f"losscli {name}" in command for command in commands)


OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")


def options_of(*command: str) -> set[str]:
    """The long options that the help of a command names, whatever its layout."""
    result = run(*command, "--help")
    assert result.code == 0
    return set(OPTION.findall(result.out)) - {"--help", "--install-completion", "--show-completion"}


def test_every_option_is_documented() -> None:
    for command in LOSSES:
        assert options_of(command)
        assert options_of(command) <= set(OPTION.findall(TEXT)), command


def test_no_option_is_documented_that_is_not_there() -> None:
    rows = [line for line in TEXT.splitlines() if re.match(r"\|\s*`-", line)]
    promised = {option for row in rows for option in OPTION.findall(row.split("|")[1])}
    commands = [(), ("bce",), ("ce",), ("nll",), ("grad", "bce"), ("fit", "bce")]

    assert promised <= set.union(*(options_of(*command) for command in commands)) | {"--help"}


# --- the reader of blocks itself --------------------------------------------------------------------------------------


def test_a_block_is_read_as_commands_and_what_they_print() -> None:
    steps = steps_of(
        "$ cat > t.csv <<EOF\na,b\n1,2\nEOF\n$ wc -l < t.csv\n2\n$ for x in 1 2; do\n> echo $x\n> done\n1\n2\n"
    )

    assert [step.command for step in steps] == [
        "cat > t.csv <<EOF\na,b\n1,2\nEOF",
        "wc -l < t.csv",
        "for x in 1 2; do\necho $x\ndone",
    ]
    assert [step.output for step in steps] == [[], ["2"], ["1", "2"]]


def test_three_dots_stand_for_any_lines() -> None:
    assert agrees(["a", "...", "c"], ["a", "b", "b", "c"])
    assert agrees(["..."], []) and agrees([], [])
    assert not agrees(["a", "...", "c"], ["a", "b"])
    assert not agrees(["a"], ["a", "b"]) and not agrees(["a", "b"], ["a"])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the blocks are sessions of bash")
def test_a_session_knows_files_variables_and_exit_codes(workplace: Path) -> None:

    printed = session(steps_of("$ X=1,0\n$ losscli bce $X 0.5,0.5 -q\n$ losscli bce $X 0.9,2\n$ echo $?\n"), workplace)

    assert printed[0] == [] and printed[1] == ["0.6931471805599453"] and printed[3] == ["2"]
    assert printed[2][0].startswith("losscli bce: row 2: ")
