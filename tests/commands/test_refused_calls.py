"""Calls that are refused, or answered in another way than most, each with its line: what no other test comes by."""

from pathlib import Path

import pytest
from conftest import record, refusal, run, write

TABLES = {
    "t.csv": "y,a,b,w,v,g\n1,0.8,0.7,1,2,u\n0,0.3,0.4,2,1,v\n1,0.4,0.9,1,1,u\n",
    "m.csv": "y1,y2,p1,p2\n1,0,0.8,0.3\n0,1,0.4,0.7\n",
    "words.csv": "y1,y2,p1,p2\nyes,0,0.8,0.3\nno,1,0.4,0.7\n",
    "c.csv": "y,pa,pb,pc\na,0.7,0.2,0.1\nb,0.2,0.7,0.1\nc,0.1,0.1,0.8\n",
    "s.csv": "y0,y1,y2,pa,pb,pc,x\n0.5,0.25,0.25,0.7,0.2,0.1,1\n0,1,0,0.2,0.7,0.1,2\n0,0,1,0.1,0.1,0.8,0\n",
    "inf.csv": "y,a,b\n1,0,0.5\n0,0.5,1\n1,0.5,0.5\n",
    "both.csv": "y,score,p_a,p_b\na,0.5,0.2,0.8\nb,0.4,0.1,0.9\n",
    "z.csv": "y1,y2,z1,z2\n1,0,0.8,-0.3\n0,1,0.4,0.7\n1,1,-1,2\n",
    "key.csv": 'question,command\n\n,\nq1,"bce 1,0,0,1 0.8,0.3,0.4,0.7"\n',
    "none.csv": "question,command\n",
    "twice.csv": 'question,question,command\nq,q,"bce 1 0.5"\n',
    "quote.csv": 'question,command\nq,"bce 1 0.5\n',
    "latin.csv": b'question,command\nq\xff,"bce 1 0.5"\n',
    "answers.csv": "student,question,answer\nann,q1,0\nbob,q1,0.36\n",
    "blank.jsonl": "\n\n",
    "odd.jsonl": '{"label": 1, "prob": 0.8}\n[1, 2]\n',
    "null.jsonl": '{"label": 1, "probs": [0.2, 0.8]}\n{"label": 0, "probs": null}\n',
    "one.csv": "id,y\n1,1\n2,0\n",
    "other.csv": "id,p\nx,0.5\n2,0.4\n",
}


@pytest.fixture
def tables(here: Path) -> None:
    for name, text in TABLES.items():
        write(name, text)


REFUSED = [
    ("grad bce t.csv -p a -p b", "one model at a time: give -p once; several columns are a list, as in -p p0,p1"),
    ("bce t.csv -p a -p b --fail-if-worse nan", "--fail-if-worse: 'nan' is not a number"),
    ("bce t.csv -y y -p a -w w,v", "t.csv: the weights are one column, not 2"),
    (
        "nll both.csv -y y",
        "'score', 'p_a', 'p_b' could each be the prediction, or be those of the classes; choose with -p",
    ),
    ("bce 1 0.5 --expect (1+2", "--expect: '(1+2' is not a number"),
    ("bce 1 0.5 --expect (1+2]", "--expect: '(1+2]' is not a number"),
    ("bce 1 0.5 --expect 2^5000", "--expect: '2^5000' is not a number"),
    ("ce c.csv --class-weight 0,0,0 --expect 1", "c.csv: the weights sum to 0"),
    ("grad ce 0,1 0.5,0.4;0.2,0.8 --explain --like keras", "--explain shows gradients of rows that are not rescaled"),
    (
        "grad nll 0.5,0.2 --wrt logits",
        "--wrt logits does not apply to the prediction of the true label; give LABELS and PREDS",
    ),
    ("grad bce t.csv -y y -x a --wrt params --from logprobs", "--from says what predictions are; a regression makes"),
    ("grad bce t.csv -y y -x a --wrt params --theta inf,1", "--theta: parameters must be finite numbers"),
    ("fit bce t.csv -y y -x a --theta 0,nan", "--theta: parameters must be finite numbers"),
    ("fit temperature z.csv -y y1,y2 -p z1,z2", "z.csv:4: the label probabilities sum to 2, not to 1"),
    ("bce [[[1]]] 0.5", "labels: the list has three levels of brackets; give two, rows of cells"),
    ("bce 'x*.csv'", "x*.csv: no such file; nothing matches this pattern"),
    ("bce yes t.csv -p a --positive yes", "the numbers of rows differ: labels 1, t.csv 3"),
    ("bce 1,0 0.5,0.4 -y 1", "-y chooses a column of a table, and LABELS is a list"),
    (
        "bce one.csv other.csv --key id",
        "other.csv:2: the key 'x' is not in one.csv; --unmatched drop leaves such rows out",
    ),
    ("bce blank.jsonl", "blank.jsonl: the input is empty"),
    ("bce odd.jsonl", "odd.jsonl:2: "),
    ("ce null.jsonl", "null.jsonl:2: "),
    ("grade key.csv answers.csv -f xml", "--format: 'xml' is not one of table, json, csv, tsv, md"),
    ("grade key.csv answers.csv -q -f json", "--quiet prints only a number; it contradicts --format json"),
    ("grade none.csv answers.csv", "none.csv: no questions"),
    ("grade twice.csv answers.csv", "twice.csv: two columns are called 'question'"),
    ("grade quote.csv answers.csv", "quote.csv:2: a quote that opens here is never closed"),
    ("grade latin.csv answers.csv", "latin.csv: these bytes are not UTF-8 text"),
]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(("line", "said"), REFUSED, ids=[line for line, _ in REFUSED])
def test_a_call_without_sense_is_refused_by_what_is_wrong(line: str, said: str) -> None:
    assert said in refusal(*(word.strip("'") for word in line.split()))


@pytest.mark.usefixtures("tables")
def test_a_limit_is_held_against_the_first_of_several_models() -> None:
    result = run("bce", "t.csv", "-p", "a", "-p", "b", "--fail-above", "0.1", "-q")

    assert (result.code, result.err) == (1, "losscli bce: the mean is 0.4987030757090324, above 0.1\n")
    assert result.out.count("\n") == 2


@pytest.mark.usefixtures("tables")
def test_models_that_are_each_infinite_somewhere_are_not_compared() -> None:
    assert "undefined: each has an infinite loss" in run("bce", "inf.csv", "-y", "y", "-p", "a", "-p", "b").out


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("name", "options", "labels"), [("m.csv", (), "1001"), ("words.csv", ("--positive", "yes"), "yes0no1")]
)
def test_several_labels_a_row_have_a_line_each(name: str, options: tuple[str, ...], labels: str) -> None:
    result = run("bce", name, "-y", "y1,y2", "-p", "p1,p2", "-r", "none", "-f", "csv", *options)

    rows = [line.split(",") for line in result.out.splitlines()[1:]]
    assert [row[0] for row in rows] == ["1", "1", "2", "2"]
    assert "".join(row[1] for row in rows) == labels
    assert [row[2] for row in rows] == ["0.8", "0.3", "0.4", "0.7"]


@pytest.mark.usefixtures("tables")
def test_soft_labels_by_parameters_are_explained_with_all_their_shares() -> None:
    options = ("-y", "y0,y1,y2", "-x", "x", "--wrt", "params", "--theta", "1,2;0,0;1,1", "--explain")

    result = run("grad", "ce", "s.csv", *options)

    assert result.code == 0 and "0.5, 0.25, 0.25" in result.out


def test_what_is_clipped_has_a_flat_piece_in_the_work() -> None:
    assert (
        "0 (clipped: the loss is constant there) / 2"
        in run("grad", "bce", "1,0", "0,0.3", "--eps", "0.1", "--explain").out
    )


def test_a_label_to_ignore_that_no_number_is_leaves_numbers_alone() -> None:
    assert record("ce", "0,1", "0.5,0.5;0.2,0.8", "--ignore", "cat")["ignored"] == 0


@pytest.mark.usefixtures("tables")
def test_an_answer_of_nothing_is_told_so_by_a_key() -> None:
    out = run("grade", "key.csv", "answers.csv", "-f", "csv").out

    assert '\nann,q1,0,wrong,0,,"no significant digit, but the answer is not 0"\nbob,q1,0.36,right,1,,\n' in out


@pytest.mark.usefixtures("tables")
def test_bins_without_rows_are_drawn_as_that() -> None:
    assert "no rows" in run("bce", "t.csv", "-y", "y", "-p", "a", "--calibration", "8", "--plot").out
