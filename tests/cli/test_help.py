"""The pages of help: examples that run, options that the command takes, a size that fits a terminal."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import DATA, ROOT, environment, process, refusal, run
from rich.cells import cell_len

from losscli import __version__
from losscli.cli.commands import COMMANDS, GROUPS, Command
from losscli.cli.help import top_examples
from losscli.losses.table import LOSSES

PAGES = [(), *((group,) for group in GROUPS), *COMMANDS]
COMMAND = pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: " ".join(command.words))
PAGE = pytest.mark.parametrize("words", PAGES, ids=lambda words: " ".join(words) or "top")


def page(*words: str, width: int = 80) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        result = run(*words, "--help")
    assert (result.code, result.err) == (0, "")
    return result.out


@PAGE
def test_a_page_fits_a_terminal_of_80_columns(words: tuple[str, ...]) -> None:
    lines = page(*words).splitlines()

    assert max(map(len, lines)) <= 80


@PAGE
def test_names_and_texts_stand_in_two_columns(words: tuple[str, ...]) -> None:
    lines = page(*words).splitlines()

    for line, below in pairwise(lines):
        name, gap, text = line.strip().partition("  ")
        if line.startswith("  -"):
            beside = len(line) - len(text.lstrip()) if gap else len(below) - len(below.lstrip())
            assert beside == 29 and len(name) <= 26 + 54 * (not gap), line


@PAGE
def test_a_page_can_be_read_at_40_columns(words: tuple[str, ...]) -> None:
    lines = page(*words, width=40).splitlines()

    assert max(len(line) for line in lines if not line.startswith("  losscli ") and "|" not in line) <= 40


@PAGE
def test_a_page_is_no_wider_than_80_columns_however_wide_the_terminal(words: tuple[str, ...]) -> None:
    assert page(*words, width=200) == page(*words)


@PAGE
def test_the_short_option_shows_the_same(words: tuple[str, ...]) -> None:
    assert run(*words, "-h").out == run(*words, "--help").out


@PAGE
def test_help_is_a_command_too(words: tuple[str, ...]) -> None:
    assert run("help", *words).out == run(*words, "--help").out


@COMMAND
def test_a_page_begins_with_a_sentence_and_examples_then_arguments_then_options(command: Command) -> None:
    lines = page(*command.words).splitlines()

    assert lines[0] == command.summary and lines[0].endswith(".")
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles[:2] == ["Examples:", "Arguments:"]
    assert 3 <= len(command.examples) <= 5
    assert lines[3 : 3 + len(command.examples)] == [f"  {example}" for example in command.examples]


@COMMAND
def test_a_page_names_each_option_of_the_command_and_no_other(command: Command) -> None:
    text = page(*command.words)
    offered = {flag for option in command.options.values() for name in option.names for flag in name.split("/")}

    assert offered | {"-h", "--help"} == set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", "\n".join(_names(text))))


def _names(text: str) -> list[str]:
    """What stands in the column of names, behind the examples and arguments."""
    return [line[:29] for line in text.partition("Arguments:")[2].splitlines()]


@PAGE
def test_what_stands_below_a_heading_is_indented(words: tuple[str, ...]) -> None:
    for width in (40, 59, 60, 80):
        sections = page(*words, width=width).partition("\nExamples:\n")[2].split("\n\n")
        for section in sections if words[:1] not in (("grad",), ("fit",)) or len(words) > 1 else sections[:-1]:
            lines = section.splitlines()
            below = lines[1:] if section is not sections[0] else lines
            assert all(line.startswith("  ") for line in below), (width, section)
            if section is not sections[0]:
                assert lines[0].endswith(":") and not lines[0].startswith(" "), (width, section)


@PAGE
def test_a_page_has_no_noise_of_types(words: tuple[str, ...]) -> None:
    text = page(*words)

    assert not re.search(r"<\w+|list\[|\[default|\]\.\.\.|TEXT|INTEGER|│|─", text)


def test_the_page_at_the_top_says_what_the_codes_mean_and_where_to_read_on() -> None:
    text = page()

    assert text.startswith("Classification losses and their gradients")
    for code in ("0", "1", "2", "130"):
        assert re.search(rf"^  {code} ", text, re.MULTILINE)
    assert "losscli help TOPIC" in text and "COMMAND -h" in text


# --- topics ---------------------------------------------------------------------------------------------------------
TOPICS = {path.stem: path for path in (ROOT / "losscli" / "topics").iterdir()}


def test_a_topic_is_a_page_of_markdown_named_on_the_page_at_the_top() -> None:
    assert TOPICS.keys() >= {"files", "homework", "models", "scale", "conventions", "zh"}
    for name, path in TOPICS.items():
        text = path.read_text(encoding="utf-8")
        assert path.suffix == ".md" and text.startswith("# ")
        assert run("help", name).out == run("help", name.upper()).out == text
        own, _, title = text.splitlines()[0].removeprefix("# ").replace("\uff1a", ": ").partition(": ")
        (line,) = (line for line in page().splitlines() if line.endswith(title))
        assert line.startswith(f"  {own}") and name in line
        assert cell_len(line.removesuffix(title)) == 29, line  # letters that take two places move no text


def test_a_topic_is_called_by_its_heading_too() -> None:
    assert run("help", "中文").out == TOPICS["zh"].read_text(encoding="utf-8")


def test_help_alone_is_the_page_at_the_top() -> None:
    assert run("help").out == run("help", "-h").out == run("-h").out


def test_help_is_asked_for_in_any_place_but_behind_two_dashes() -> None:
    for line, words in (
        (("-h", "bce"), ("bce",)),
        (("--help", "grad", "bce"), ("grad", "bce")),
        (("bce", "1,0", "0.8,0.3", "-h"), ("bce",)),
        (("bce", "-h", "1,0"), ("bce",)),
        (("fit", "bce", "--help", "--", "t.csv"), ("fit", "bce")),
        (("grad", "-h"), ("grad",)),
        (("grad", "zebra", "-h"), ("grad",)),
        (("-h", "zebra"), ()),
    ):
        assert run(*line).out == run(*words, "-h").out and run(*line).code == 0, line
    assert refusal("bce", "--", "-h").startswith("-h: no such file")
    assert refusal("zebra", "-h").startswith("no such command: 'zebra'")
    for flag in ("-V", "--version"):
        assert run(flag).out == f"losscli {__version__}\n"
        assert refusal(flag, "x") == f"no such option: {flag}; -h shows help"


def test_without_arguments_the_page_at_the_top_goes_to_standard_error() -> None:
    result = run()

    assert (result.code, result.out) == (2, "")
    assert result.err == f"{page()}\nlosscli: choose a command: {', '.join(LOSSES)}, grade, grad, fit\n"


def test_an_unknown_topic_lists_the_topics() -> None:
    topics = "the topics are conventions, files, homework, models, scale, 中文, zh, options"

    assert refusal("help", "filse") == f"no such topic: 'filse'; did you mean files? {topics}"
    assert refusal("help", "bec") == f"no such topic: 'bec'; did you mean bce? {topics}"
    assert refusal("help", "xyzzy") == f"no such topic: 'xyzzy'; {topics}"


def test_all_options_are_listed_with_the_commands_that_have_them() -> None:
    text = " ".join(run("help", "options").out.split())

    entries = [" ".join(entry.split()) for entry in re.split(r"\n(?=\S|  -)", run("help", "options").out)]
    for flag in {flag for command in COMMANDS.values() for flag in command.flags if flag.startswith("--")}:
        begins = re.compile(rf"(?:-\w, )?(?:--[\w-]+, )*{flag}(?![\w-])")
        own = [entry for entry in entries if begins.match(entry)]
        named = {name for entry in own for name in re.findall(r"\[([^\[\]]*)\]$", entry)[-1].split(", ")}
        whole = named & {*GROUPS}
        listed = {" ".join(words) for words in COMMANDS if words[0] in whole} | (named - whole)
        assert listed == {" ".join(one.words) for one in COMMANDS.values() if flag in one.flags}, (flag, own)

    groups = {(option.group, option.flag) for command in COMMANDS.values() for option in command.options.values()}
    out = run("help", "options").out
    for group, flag in groups:
        section = out.partition(f"\n{group}:\n")[2].partition("\n\n")[0]
        assert re.search(rf"^  (?:-\w, )?{flag}[ ,\n]", section, re.MULTILINE), (group, flag)

    for option in {option.flag for command in COMMANDS.values() for option in command.options.values()}:
        assert f"{option} " in text or f"{option}," in text
    fits = [f"fit {name}" for name, loss in LOSSES.items() if loss.regression]
    assert f"--lr RATE learning rate of gradient descent (default: 0.1) [{', '.join(fits)}]" in text
    assert re.search(r"--pos-weight \S+ [^\[]* \[bce, grad bce, fit bce\]", text)
    assert f"-f, --format NAME table (default), json, csv, tsv, md [{', '.join(LOSSES)}, grade, grad, fit]" in text


def test_headings_are_bold_on_a_terminal() -> None:
    shown = run("bce", "-h", columns=80).out

    bold = re.findall(r"^\x1b\[1m(.*)\x1b\[0m$", shown, re.MULTILINE)
    groups = dict.fromkeys(option.group for option in COMMANDS[("bce",)].options.values())
    assert bold == ["Examples:", "Arguments:", *(f"{group}:" for group in groups)]
    assert re.sub(r"\x1b\[\d+m", "", shown) == page("bce")


def test_a_topic_on_a_terminal_is_formatted() -> None:
    for name in ("files", "homework"):
        shown = run("help", name, columns=80).out
        assert "# " not in shown and "\x1b[1" in shown and TOPICS[name].read_text("utf-8").split()[1] in shown
        assert max(cell_len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in shown.splitlines()) <= 80
    styles = set(re.findall(r"\x1b\[([\d;]*)m", run("help", "homework", columns=80).out))
    assert styles == {"0", "1", "1;4"}  # bold and underlined: no colour that a dark or a light ground could hide


ALL_EXAMPLES = [*top_examples(), *(example for command in COMMANDS.values() for example in command.examples)]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="examples are typed into bash")
@pytest.mark.parametrize("example", dict.fromkeys(ALL_EXAMPLES))
def test_an_example_runs_as_it_stands(example: str, tmp_path: Path) -> None:
    for name in DATA.iterdir():
        if name.is_file():
            shutil.copy(name, tmp_path)
    typed = example.replace("losscli ", f"{shlex.quote(sys.executable)} -m losscli ")

    done = subprocess.run(["bash", "-c", typed], cwd=tmp_path, capture_output=True, text=True, env=environment())

    assert done.returncode in ((1,) if "--expect 0.522" in example or " grade " in example else (0,)), done.stderr
    assert done.stdout and "Traceback" not in done.stderr


@pytest.mark.slow
def test_help_needs_no_numpy_and_no_rich() -> None:
    code = "import sys; from losscli.cli.app import main; main(['bce', '-h']); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)

    assert "numpy" not in done.stdout.split()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a pipe of POSIX")
def test_help_may_be_cut_by_its_reader() -> None:
    line = f"{sys.executable} -m losscli bce -h | head -1"

    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=environment())

    assert (done.stdout, done.stderr) == ("Binary cross-entropy of labels and predictions.\n", "")


@pytest.mark.slow
def test_the_installed_command_has_the_pages() -> None:
    assert process("-h").out == page()
