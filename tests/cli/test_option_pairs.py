"""Options of every command, two and three at a time, in any order: one answer, or one line that says what is wrong."""

import random
from itertools import combinations
from pathlib import Path

import pytest
from conftest import Result, run, scaled, write

from losscli.cli.commands import COMMANDS, Command

PLAIN = "id,label,prob,other,w,site\n1,1,0.8,0.7,1,a\n2,0,0.3,0.4,2,b\n3,0,0.4,0.2,1,a\n4,1,0.7,0.9,1,b\n"
CLASSES = "id,label,p0,p1,p2,w,site\n1,0,0.7,0.2,0.1,1,a\n2,2,0.1,0.2,0.7,2,b\n3,1,0.2,0.6,0.2,1,a\n"
LOGITS = "id,label,z0,z1,w\n1,0,2.1,-0.3,1\n2,1,0.4,1.9,2\n3,1,0.2,0.1,1\n4,0,1.2,1.4,1\n"

# A value for each option that takes one; the rest are choices, of which the last is taken, or numbers.
VALUES = {
    "label": "label",
    "weight": "w",
    "key": "id",
    "positive": "1",
    "delimiter": ",",
    "encoding": "utf-8",
    "cluster": "tcp://127.0.0.1:1",
    "base": "2",
    "eps": "0.01",
    "like": "keras",
    "smoothing": "0.1",
    "focal": "2",
    "alpha": "0.25",
    "pos_weight": "2",
    "ignore": "0",
    "format": "json",
    "digits": "3",
    "ci": "0.9",
    "expect": "0.5",
    "tolerance": "0.1",
    "fail_above": "0.1",
    "fail_if_worse": "0",
    "worst": "2",
    "show": "site",
    "by": "site",
    "max_groups": "3",
    "calibration": "2",
    "quantiles": "0.5",
    "save": "answer.txt",
    "threads": "2",
    "step": "1e-4",
    "features": "w",
    "lr": "0.2",
    "steps": "2",
    "tol": "0.1",
    "l2": "0.5",
    "test": "t.csv",
    "test_size": "0.5",
    "batch": "2",
    "seed": "3",
    "predict": "predictions.csv",
}


@pytest.fixture(autouse=True)
def tables(here: Path) -> None:
    write("t.csv", PLAIN)
    write("c.csv", CLASSES)
    write("z.csv", LOGITS)


def line_of(command: Command) -> tuple[list[str], dict[str, list[str]]]:
    """The command with its source, and how each of its options is typed."""
    several = "classes" in command.options and "pos_weight" not in command.options
    source, prob, classes = ("c.csv", "p0,p1,p2", "0,1,2") if several else ("t.csv", "prob", "0,1")
    if command.kind == "temperature":
        source, prob = "z.csv", "z0,z1"
    values = {**VALUES, "prob": prob, "classes": classes, "class_weight": "1,2,1" if several else "1,2", "theta": "0,1"}
    values["test"] = source
    typed = {}
    for name, option in command.options.items():
        value = (
            []
            if option.is_flag
            else [option.words[-1] if option.words and name not in VALUES else values.get(name, "1")]
        )
        typed[name] = [option.flag, *value]
    return [*command.words, source], typed


def outcome(args: list[str]) -> Result:
    """What a run leaves, which must be an answer or one line of an error."""
    result = run(*args)
    assert result.code in (0, 1, 2), args
    assert "internal error" not in result.err and "Traceback" not in result.err, (args, result.err)
    if result.code == 2:
        assert result.out == "" and result.err.count("\n") == 1, (args, result)
    return result


@pytest.mark.parametrize("words", [words for words in COMMANDS if words != ("grade",)], ids=" ".join)
def test_pairs_of_options_have_an_answer_or_a_refusal_whatever_their_order(words: tuple[str, ...]) -> None:
    line, typed = line_of(COMMANDS[words])
    pairs = [pair for pair in combinations(typed, 2) if "cluster" not in pair]
    answered = 0
    most = scaled(50 if words[0] == "fit" else 200)  # a fit takes longer
    for one, other in random.Random(" ".join(words)).sample(pairs, min(len(pairs), most)):
        first = outcome([*line, *typed[one], *typed[other]])
        second = outcome([*typed_behind(line, typed[other]), *typed[one]])
        assert (first.code, first.out, first.err) == (second.code, second.out, second.err), (line, one, other)
        answered += first.code < 2
    assert answered > 0


@pytest.mark.parametrize("words", [words for words in COMMANDS if words != ("grade",)], ids=" ".join)
def test_three_options_have_an_answer_or_a_refusal_whatever_their_order(words: tuple[str, ...]) -> None:
    line, typed = line_of(COMMANDS[words])
    draw, names = random.Random(" ".join(words)), [name for name in typed if name != "cluster"]
    for _ in range(scaled(50 if words[0] == "fit" else 80)):
        three = draw.sample(names, 3)
        first = outcome([*line, *(part for name in three for part in typed[name])])
        draw.shuffle(three)
        second = outcome([*line[:-1], *(part for name in three for part in typed[name]), line[-1]])
        assert (first.code, first.out, first.err) == (second.code, second.out, second.err), (line, three)


def typed_behind(line: list[str], option: list[str]) -> list[str]:
    """The option between the command and its source."""
    return [*line[:-1], *option, line[-1]]
