"""What is said of a fit that has no answer: the reason, and the way out of it, in full."""

import pytest
from conftest import record, refusal, run, write

pytestmark = pytest.mark.usefixtures("here")

TABLES = {
    "apart": "x,y\n1,0\n2,0\n3,1\n4,1\n",
    "touch": "x,y\n1,0\n2,0\n2,1\n4,1\n",
    "over": "x,y\n1,0\n3,0\n2,1\n4,1\n",
    "twice": "a,b,y\n1,2,0\n3,6,0\n2,4,1\n4,8,1\n",
    "flat": "a,b,y\n1,2,0\n3,2,0\n2,2,1\n4,2,1\n",
    "far": "x,y\n" + "".join(f"{10**15 + at},{y}\n" for at, y in ((1, 0), (3, 0), (2, 1), (4, 1))),
    "big": "x,y\n1e5,0\n-2e5,1\n3e5,1\n1e5,1\n",
    "ones": "x,y\n1,1\n2,1\n",
    "zeros": "x,y\n1,0\n2,0\n",
    "three": "x,label\n1,a\n2,b\n3,c\n2,a\n2,c\n1,b\n3,b\n",
    "levels": "y,c\n" + "".join(f"{at % 2},w{at}\n" for at in range(1001)),
    "right": "label,logit\n1,2\n0,-1\n",
    "wrong": "label,logit\n0,2\n1,-1\n",
    "constant": "label,logit\n0,0\n1,0\n",
    "heavy": "label,logit,w\n0,2,1\n1,3,1e200\n",
    "infinite": "label,logit\n0,2\n1,inf\n",
}

INFINITY, CURE = "so the optimum is at infinity", "add --l2, or use --method gd"
FREE = "use --no-intercept with --l2, or --method gd"
NO_TEMPERATURE = "no temperature above 0 minimizes the loss"
FITS = [
    ("bce apart.csv --method newton", f"the classes are separable, {INFINITY}; {CURE}"),
    ("bce touch.csv --method newton", f"the classes touch without overlapping (quasi-separable), {INFINITY}; {CURE}"),
    ("bce twice.csv --method newton", "twice.csv: 3 columns with the intercept have rank 2, so newton has no single"
     " optimum; leave a column out or add --l2"),
    ("bce twice.csv --method newton --no-intercept", "twice.csv: 2 columns have rank 1, so newton has no single"
     " optimum; leave a column out or add --l2"),
    ("bce flat.csv --method newton", "flat.csv: column 'b' is constant, like the intercept, so newton has no single"
     " optimum; leave the column out or add --l2"),
    ("bce far.csv --method newton", "far.csv: the features are so far from 0 that the parameters would lose digits;"
     " add --standardize"),
    ("bce over.csv --method newton --theta 1e308,1e308", "newton can't find the optimum: the losses are nearly 0 or"
     f" infinite; {CURE}"),
    ("bce ones.csv --method newton", f"every label is 1 and the intercept alone can fit that, {INFINITY}; {FREE}"),
    ("bce zeros.csv --method newton", f"every label is 0 and the intercept alone can fit that, {INFINITY}; {FREE}"),
    ("bce ones.csv --method newton --l2 1", f"every label is 1 and the penalty does not apply to the intercept,"
     f" {INFINITY}; {FREE}"),
    ("ce three.csv --classes a,b,c,d --method newton", f"no row is of class 'd' and the intercept alone can fit that,"
     f" {INFINITY}; {FREE}"),
    ("bce big.csv --lr 10", "the loss rose from 0.693147 to 1.25e+10 after 1000 steps; try a smaller --lr than 10, or"
     " --standardize"),
    ("bce big.csv --lr 1e300", "the loss is no longer finite at step 1; try a smaller --lr than 1e+300, or"
     " --standardize"),
    ("bce levels.csv -y y -x c", "levels.csv: column 'c' has 1001 levels; at most 1000 are fitted"),
    ("bce over.csv --theta 1", "--theta gives 1 number, expected 2: intercept, x"),
    ("bce over.csv --theta 1,2,3", "--theta gives 3 numbers, expected 2: intercept, x"),
    ("bce over.csv --theta 1,2 --no-intercept", "--theta gives 2 numbers, expected 1: x"),
    ("bce over.csv --theta 1,2;3,4", "--theta gives 2 rows of 2 numbers, expected 2: intercept, x"),
    ("ce three.csv --theta 1,2", "--theta gives 1 row of 2 numbers, expected 3 rows of 2: intercept, x for each of the"
     " classes a, b, c"),
    ("ce three.csv --theta 1;2;3", "--theta gives 3 rows of 1 number, expected 3 rows of 2: intercept, x for each of"
     " the classes a, b, c"),
    ("bce over.csv --theta 1,x", "--theta: 'x' is not a number"),
    ("bce over.csv --theta 1,inf", "--theta: parameters must be finite numbers"),
    ("temperature right.csv", f"right.csv: {NO_TEMPERATURE}: every row is right, so the loss keeps falling as T goes"
     " to 0"),
    ("temperature wrong.csv", f"wrong.csv: {NO_TEMPERATURE}: the logits are no better than a constant, or have the"
     " wrong sign"),
    ("temperature constant.csv", f"constant.csv: {NO_TEMPERATURE}: the logits are no better than a constant, or have"
     " the wrong sign"),
    ("temperature heavy.csv -w w -p logit", "heavy.csv:3: column 'w': a weight of 1e+200 is beyond the range of floats"
     " in a gradient; scale the weights"),
    ("temperature infinite.csv", "infinite.csv:3: column 'logit': a temperature needs finite logits"),
]  # fmt: skip


def test_a_fit_without_an_answer_says_why_and_what_to_do() -> None:
    for name, text in TABLES.items():
        write(f"{name}.csv", text)
    for call, said in FITS:
        assert refusal("fit", *call.split()) == said, call


def test_the_way_out_of_a_refused_fit_leads_to_an_answer() -> None:
    for name, text in TABLES.items():
        write(f"{name}.csv", text)
    for call in (
        "bce apart.csv --method newton --l2 1",
        "bce apart.csv",
        "bce touch.csv --method newton --l2 1",
        "bce twice.csv --method newton --l2 1",
        "bce twice.csv --method newton -x a",
        "bce flat.csv --method newton -x a",
        "bce flat.csv --method newton --l2 1",
        "bce flat.csv --method newton --no-intercept",
        "bce far.csv --method newton --standardize",
        "bce ones.csv --method newton --l2 1 --no-intercept",
        "ce three.csv --classes a,b,c,d --steps 5",
        "bce over.csv --method newton",
        "bce over.csv --theta 1;2 --steps 1",
        "bce over.csv --theta 1 --no-intercept --steps 1",
        "bce big.csv --standardize",
        "ce three.csv --theta 1,2;3,4;5,6 --steps 100",
    ):
        assert run("fit", *call.split()).code == 0, call
    far = record("fit", "bce", "far.csv", "--method", "newton", "--standardize")
    near = record("fit", "bce", "over.csv", "--method", "newton", "--standardize")
    assert far["parameters"][1]["theta"] == pytest.approx(near["parameters"][1]["theta"], rel=1e-9)
