"""The tables of all commands are those that one file has, which `pytest --rewrite` writes anew.

What changes on the screen shows as a change of `data/snapshots.txt`: read it before it is committed.
"""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import DATA, npz, run, write
from samples import BINARY, CLASSES, FEATURES

FILE = DATA / "snapshots.txt"

LOGITS = "label,z_0,z_1,z_2\n0,2.1,-0.3,0.4\n1,0.4,1.9,-1\n1,1.2,0.1,0.3\n2,0.3,1.4,1.6\n0,0.2,0.5,-0.5\n2,-1,0,2.5\n"
SOFT = "label,prob\n1,0.8\n0.25,0.3\n0,0.4\n0.5,0.7\n"
CERTAIN = "label,prob\n1,0.8\n1,0\n0,0.3\n0,1\n1,1\n"
GAPS = "label,prob,w\n1,0.8,1\n0,,2\n,0.4,1\n1,0.7,NA\n0,0.25,1\n"
SEVERAL = "id,y_a,y_b,p_a,p_b\n1,1,0,0.8,0.3\n2,0,1,0.4,0.55\n3,1,1,0.7,0.9\n"
KEY = """\
question,command,points,tolerance
q1,"bce 1,0,0,1 0.8,0.3,0.4,0.7",2,
q2,grad bce 1 0.8,1,1%
q3,ce t.csv -p p_*,,0.01
q4,fit bce f.csv -y y -x a --steps 2 --lr 0.5,,
"""
ANSWERS = """\
student,question,answer
ann,q1,0.3618
ann,q2,-1.25
ann,q3,0.52
bob,q1,1.447
bob,q2,1.25
bob,Q3,x
cai,q1,0.522
cai,q2,
bob,q5,1
"""

CALLS = {
    "bce": (
        "bce 1,0,0,1 0.8,0.3,0.4,0.7",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 -r sum --base 2 --digits 3",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 -r none",
        "bce 1,0 -0.5,1.25 --from logits --ci 0.9",
        "bce b.csv -p p -w w",
        "bce b.csv -p p -w w -f csv",
        "bce b.csv -p p -f md",
        "bce b.csv -p p -q",
        "bce b.csv -p p --worst 3 --show g,w --base 10",
        "bce b.csv -p p --by g",
        "bce b.csv -p p --by g,label --max-groups 8 -f csv",
        "bce b.csv -p p --quantiles 0.1,0.5,0.9",
        "bce b.csv -p p --calibration 4",
        "bce b.csv -p p --calibration 4 -f csv",
        "bce b.csv -p p -p q",
        "bce b.csv -p p -p q -p w --from logits --fail-if-worse 0.5",
        "bce b.csv -p p -p q -w w --by g --worst 2 -f md",
        "bce b.csv -p p --plot",
        "bce b.csv -p p -p q --by g --calibration 5 --plot",
        "bce b.csv -p p --fail-above 0.1",
        "bce b.csv -p p --smoothing 0.1 --focal 2 --alpha 0.25 --pos-weight 3",
        "bce b.csv -p p --class-weight balanced",
        "bce b.csv -p p --like torch -w w",
        "bce b.csv -p p --like keras --class-weight 1,2",
        "bce b.csv -p p --like sklearn",
        "bce soft.csv",
        "bce soft.csv -r sum -f csv",
        "bce certain.csv",
        "bce certain.csv --by label",
        "bce certain.csv --worst 3 -f csv",
        "bce certain.csv --worst 2",
        "bce parts --worst 4 --pos-weight 2",
        "bce certain.csv --eps 1e-3",
        "bce certain.csv --like torch",
        "bce gaps.csv --na drop -w w",
        "bce several.csv -y y_a,y_b -p p_a,p_b --worst 2",
        "bce several.csv -y y_a,y_b -p p_a,p_b -r none -f csv",
        "bce words.csv --positive spam",
        "bce labels.csv preds.csv --key id --unmatched drop --worst 1",
        "bce parts --worst 2",
        "bce t.npz -p p --by g",
    ),
    "explain and expect": (
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --explain",
        "bce b.csv -p p -w w --explain --pos-weight 3 --smoothing 0.1",
        "bce 1,0 -0.5,1.25 --from logits --explain --base 2",
        "bce several.csv -y y_a,y_b -p p_a,p_b --explain -f md",
        "bce certain.csv --eps 1e-3 --explain",
        "ce c.csv -p p_* --normalize --explain",
        "ce z.csv -p z_* --from logits --explain -r sum",
        "ce 0,1 0.7,0.2,0.1;0.1,0.8,0.1 --smoothing 0.1 --focal 2 --explain",
        "ce 0,1 0.7,0.2,0.1;0.1,0.8,0.1 --focal 2 --like keras --class-weight 1,2,3 --explain",
        "ce 0,1 0.7,0.2,0.1;0.1,0.8,0.1 --class-weight 1,2,3 --smoothing 0.1 --focal 1 --alpha 0.5 --base 10 --explain",
        "bce soft.csv --focal 2 --like keras --explain",
        "bce certain.csv --like torch --explain",
        "bce b.csv -p p --class-weight 1,2 --focal 1 --alpha 0.25 -r sum --explain",
        "grad bce b.csv -p p -w w --class-weight 1,2 --wrt logprobs --explain",
        "nll 0.8,0.7,0.25 --explain",
        "grad bce 1,0 0.8,0.3 --explain",
        "grad ce 0,1 0.7,0.2,0.1;0.1,0.8,0.1 --wrt logits --explain",
        "grad bce f.csv -y y -x a --wrt params --theta 0.1,0.2 --explain",
        "fit bce f.csv -y y -x a --steps 2 --lr 0.5 --explain",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.3618",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.522",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 1.447",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.36",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect -0.3618",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.9 --hide-answer",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 -r none --expect 0.223,0.357,0.511,0.375",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 -r none --expect 0.223,1.204,0.511,0.357 -f md",
        "ce c.csv -p p_* --expect 0.2134 --tolerance 0.001",
        "ce c.csv -p p_* --expect 5.3",
        "nll 0.8,0.7,0.25 --expect 0.14",
        "grad bce 1,0 0.8,0.3 --expect 0.625,-0.714",
        "grad bce 1,0 0.8,0.3 --expect -1.25,1.4286",
        "fit bce f.csv -y y -x a --steps 1 --lr 0.5 --expect 0,0.1",
        "fit bce f.csv -y y -x a --steps 1 --lr 0.5 --expect 0.01,-0.02 -f md",
    ),
    "ce and nll": (
        "ce 0,1 0.7,0.2,0.1;0.1,0.8,0.1",
        "ce c.csv -p p_*",
        "ce c.csv -p p_* -w w -r sum -f csv",
        "ce c.csv -p p_* -r none",
        "ce c.csv -p p_* -r none -f csv",
        "ce left.csv",
        "ce c.csv -p p_* --ignore dog --class-weight 1,2,0.5",
        "ce c.csv -p p_* --class-weight balanced --smoothing 0.1",
        "ce c.csv -p p_* --normalize --worst 2 --show g",
        "ce c.csv -p p_* --calibration 3 --by g",
        "ce c.csv -p p_* --calibration 3 --plot",
        "ce c.csv -p p_* --focal 2 --like keras",
        "ce c.csv -p p_* --eps 0.01 --like torch",
        "ce z.csv -p z_* --from logits --quantiles 0.5",
        "ce 0.9,0.1;0.2,0.8 0.7,0.3;0.4,0.6 --base 2",
        "nll 0.8,0.7,0.25",
        "nll 0.8,0.7,0.25 -r sum --base 2",
        "nll c.csv -p p_* -w w",
        "nll 1,0 0.8,0.3 -f md",
    ),
    "grad": (
        "grad bce 1,0,0,1 0.8,0.3,0.4,0.7",
        "grad bce 1,0,0,1 0.8,0.3,0.4,0.7 --wrt logits --check -r sum",
        "grad bce b.csv -p p -w w --check -f csv",
        "grad bce certain.csv --check",
        "grad bce certain.csv -q",
        "grad bce soft.csv --method numeric --step 1e-4",
        "grad bce b.csv -p p --check --step 0.2",
        "grad ce c.csv -p p_* --ignore dog --wrt logits",
        "grad ce c.csv -p p_* -r none -f md",
        "grad ce z.csv -p z_* --from logits --focal 2 --check",
        "grad nll 0.8,0.7,0.25 --base 2",
        "grad bce f.csv -y y -x a,b --wrt params --theta 0.1,-0.2,0.3 --check",
        "grad ce f.csv -y kind -x a --wrt params --theta 0,1;0.5,0;-1,0.25 -w w -f csv",
    ),
    "fit": (
        "fit bce f.csv -y y -x a,b --steps 20",
        "fit bce f.csv -y y -x a,b --steps 20 -f csv",
        "fit bce b.csv -y label --steps 3",
        "fit bce several.csv -y y_a --steps 1",
        "fit bce f.csv -y y -x a --method newton --l2 0.1 --test-size 0.25 --seed 3",
        "fit bce f.csv -y y -x a,kind --method newton --ci 0.9",
        "fit bce f.csv -y y -x a,b --steps 5 --batch 4 --standardize",
        "fit bce f.csv -y y -x a --steps 30 --lr 9 --plot",
        "fit bce f.csv -y y -x a,b --steps 3 --plot -w w",
        "fit bce f.csv -y y -x a --steps 2 --predict -",
        "fit bce f.csv -y y -x a --method newton -q",
        "fit ce f.csv -y kind -x a,b --steps 5 -w w -f md",
        "fit ce f.csv -y kind -x a --method newton --test f.csv",
        "fit temperature z.csv -p z_*",
        "fit temperature z.csv -p z_* --test z.csv -f csv",
    ),
    "grade": (
        "grade key.csv answers.csv",
        "grade key.csv answers.csv -f csv",
        "grade key.csv answers.csv -f md",
    ),
    "for machines": (
        "bce b.csv -p p -f json",
        "bce b.csv -p p -p q --by g --worst 2 --show w --quantiles 0.5,0.9 --calibration 2 -f json",
        "bce b.csv -p p -p q -f csv",
        "bce b.csv -p p --worst 2 --show g -f csv",
        "bce b.csv -p p --quantiles 0.5,0.9 -f tsv",
        "bce certain.csv -f tsv",
        "bce certain.csv -q -r none",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.522 -f csv",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.36 -f csv",
        "bce 1,0 0.8,0.3 -r none -f json",
        "ce c.csv -p p_* --ignore dog -r none -f json",
        "ce c.csv -p p_* --ignore dog -r none -q",
        "ce c.csv -p p_* --worst 1 --by g -f json",
        "grad bce 1,1,0 0,0,0.5 -f json",
        "grad bce 1,0 0,0.5 -f csv",
        "grad ce 0,1 0.7,0.2,0.1;0.1,0.8,0.1 -f json",
        "grad bce f.csv -y y -x a --wrt params --theta 0.1,0.2 -f json",
        "grad ce f.csv -y kind -x a --wrt params --theta 0,1;0.5,0;-1,0.25 -q",
        "fit bce f.csv -y y -x a --method newton -f json",
        "fit bce f.csv -y y -x a --steps 1 --lr 0.5 --expect 0,0.1 -f csv",
        "fit temperature z.csv -p z_* --test z.csv -f json",
        "grade key.csv answers.csv -f json",
        "grade key.csv answers.csv -q",
    ),
    "drawn": (
        "bce b.csv -p p -p q --plot",
        "bce b.csv -p p --by g --plot",
        "ce c.csv -p p_* --plot --worst 1",
        "bce b.csv -p p -p q --by g --base 2 --ci 0.9 --plot",
        "bce 1,0 1,0 --plot",
        "fit bce f.csv -y y -x a,b --steps 2 --standardize --no-intercept --l2 0.1",
        "fit bce f.csv -y y -x b --method newton --plot --test-size 0.25",
        "fit ce f.csv -y kind -x a --steps 4 --plot",
    ),
    "help": (
        "-h @80",
        "help options @80",
        "grad -h @80",
        "fit -h @50",
        "ce -h @50",
        "nll -h @80",
        "grad bce -h @80",
        "fit bce -h @80",
        "fit temperature -h @80",
        "grade -h @80",
        "grade -h @30",
    ),
    "on a terminal": (  # so many columns wide; an escape is shown as ^
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.522 @72",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.522 @40",
        "bce 1,0,0,1 0.8,0.3,0.4,0.7 --expect 0.3618 --hide-answer @30",
        "bce certain.csv @50",
        "bce b.csv -p p --by g @60",
        "bce b.csv -p p --by g @24",
        "bce b.csv -p p -p q @60",
        "bce b.csv -p p --calibration 3 @40",
        "ce left.csv --worst 2 --show id @45",
        "grad ce 1 2,1 --from logits --explain @50",
        "grad bce 1,0 0.8,0.3 --expect 0.625,-0.714 @44",
        "fit bce f.csv -y y -x a --method newton @50",
        "grade key.csv answers.csv @60",
        "grade key.csv answers.csv @40",
    ),
}


@pytest.fixture(autouse=True)
def tables(here: Path) -> None:
    texts = {"b": BINARY, "c": CLASSES, "f": FEATURES, "z": LOGITS, "soft": SOFT, "certain": CERTAIN, "gaps": GAPS}
    texts |= {"several": SEVERAL, "t": CLASSES, "key": KEY, "answers": ANSWERS}
    texts["words"] = "label,prob\nspam,0.9\nham,0.2\nspam,0.4\nham,0.3\n"
    texts["left"] = "id,label,cat,dog\n1,cat,0.7,0.3\n2,dog,0.4,0.6\n"
    texts["labels"] = "id,label\n1,1\n2,0\n3,0\n4,1\n"
    texts["preds"] = "id,prob\n3,0.4\n1,0.8\n2,0.3\n7,0.7\n"
    for name, text in texts.items():
        write(f"{name}.csv", text)
    write("t.npz", npz(label=[1, 0, 0, 1], p=[0.8, 0.3, 0.4, 0.7], g=["a", "b", "a", "b"]))
    Path("parts").mkdir()
    write("parts/1.csv", "label,prob\n1,0.8\n0,0.3\n")
    write("parts/2.csv", "label,prob\n0,0.4\n1,0.7\n")


LONG = re.compile(r"(?<![\w.])-?\d+\.\d{9,}(?:e[-+]\d+)?")  # a number with digits that a numpy of another day lacks

ROUNDING = re.compile(r"\b\d(?:\.\d+)?e-1[0-3]\b *")  # what differences and formulas are apart


def taken(call: str) -> str:
    """What a call prints, long numbers to ten digits, its standard error and an exit code that isn't 0."""
    words, _, columns = call.partition(" @")
    result = run(*words.split(), columns=int(columns) if columns else None)
    said = "".join(f"! {line}\n" for line in result.err.splitlines())
    told = result.out + said + (f"! exit code {result.code}\n" if result.code else "")
    return ROUNDING.sub("~0", LONG.sub(lambda number: f"{float(number[0]):.10g}", told)).replace("\x1b", "^")


def snapshots() -> Iterator[tuple[str, str]]:
    """The calls of the file with what they print."""
    for part in FILE.read_text(encoding="utf-8").split("\n$ losscli ")[1:]:
        call, _, text = part.partition("\n")
        yield call, text


@pytest.mark.parametrize("group", CALLS)
def test_every_answer_is_the_one_in_the_file(group: str, request: pytest.FixtureRequest) -> None:
    if request.config.option.rewrite:
        every = (call for calls in CALLS.values() for call in calls)
        write(
            FILE, "What each of these calls prints.\n" + "".join(f"\n$ losscli {call}\n{taken(call)}" for call in every)
        )
    known = dict(snapshots())
    changed = list[str]()
    for call in CALLS[group]:
        before, now = known.get(call, ""), taken(call)
        lines = difflib.unified_diff(before.splitlines(), now.splitlines(), "the file", f"losscli {call}", lineterm="")
        changed += lines
    assert not changed, "\n".join([*changed, "where this is meant, pytest tests/output/test_snapshots.py --rewrite"])


def test_the_file_has_no_other_calls() -> None:
    assert [call for call, _ in snapshots()] == [call for calls in CALLS.values() for call in calls]
