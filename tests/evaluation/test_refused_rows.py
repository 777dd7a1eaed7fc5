"""What is said of labels, predictions, weights and settings that are refused: the place, the reason and the advice.

Each line stands here in full, so that no advice is given where it doesn't help.
"""

import pytest
from conftest import refusal, run, write

THREE = "0.2,0.3,0.5;0.2,0.3,0.5"
TWO = "0.5,0.5;0.5,0.5"
POSITIVE, LOGITS = "--positive names the label that is 1", "for logits use --from logits"
ROUNDING = "but only because of rounding, as in float32; --eps 1e-7 clips it"
NAMED, COUNTED = "is not a class; the classes are 'a', 'b', 'c'", "is not a class; the classes are '0', '1', '2'"
FIRST_TEN = "the classes are '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'"
FOCAL = "the focal factor needs hard labels"

LABELS = [
    ("bce -1,1 0.5,0.5", "row 1: label -1 is not 0 or 1; for labels -1 and 1 use --positive 1"),
    ("bce -2,1 0.5,0.5", f"row 1: label -2 is not in [0, 1]; {POSITIVE}"),
    ("bce 1,1.5 0.5,0.5", f"row 2: label 1.5 is not in [0, 1]; {POSITIVE}"),
    ("bce cat,dog 0.5,0.5", f"row 1: label 'cat' is not 0 or 1; {POSITIVE}"),
    ("bce 1,2;2,0 0.5,0.5;0.5,0.5", f"row 1: column 2: label 2 is not in [0, 1]; {POSITIVE}"),
    ("bce 1,0;x,2 0.5,0.5;0.5,0.5", f"row 2: column 1: label 'x' is not 0 or 1; {POSITIVE}"),
    (f"ce 0,3 {THREE}", f"row 2: label '3' {COUNTED}; for labels counted from 1 use --classes 1,2,3"),
    (f"ce 0,4 {THREE}", f"row 2: label '4' {COUNTED}"),
    (f"ce 0,-1 {THREE}", f"row 2: label '-1' {COUNTED}"),
    (f"ce 0,1.5 {THREE}", f"row 2: label '1.5' {COUNTED}"),
    (f"ce 0,cat {THREE}", f"row 2: label 'cat' {COUNTED}; --classes names them in the order of the columns"),
    (f"ce a,d {THREE} --classes a,b,c", f"row 2: label 'd' {NAMED}"),
    (f"ce a,3 {THREE} --classes a,b,c", f"row 2: label '3' {NAMED}"),
    (f"ce 2,3 {THREE} --classes 2,1,0", "row 2: label '3' is not a class; the classes are '2', '1', '0'"),
    (
        "ce 10 " + "0.1," * 9 + "0.1",
        f"row 1: label '10' is not a class; {FIRST_TEN}; for labels counted from 1 use --classes 1,2,3,4,5,6,7,8,9,10",
    ),
    (
        "ce 11 " + "0.1," * 9 + "0.1,0",
        f"row 1: label '11' is not a class; {FIRST_TEN}, ...; for labels counted from 1 use --classes 1,2,3,4,...,11",
    ),
    ("ce [[0.5,0.4,0]] 0.2,0.3,0.5", "row 1: the label probabilities sum to 0.9, not to 1"),
    (f"ce [[1,0,0],[0.2,2,0]] {THREE}", "row 2: column 2: 2 is not a label probability"),
    (f"ce [[0.2,x,0],[0.2,2,0]] {THREE}", "row 1: column 2: 'x' is not a label probability"),
    (f"ce [[0.5,0.5,3],[-1,1,0]] {THREE}", "row 1: column 3: 3 is not a label probability"),
    ("nll 0.5,1 0.5,0.5", "row 1: label 0.5 is not 0 or 1; nll needs hard labels"),
    ("nll 1,0.5 0.5,0.5 --like torch", "row 2: label 0.5 is not 0 or 1; nll needs hard labels"),
    (f"nll 0,1;0.25,0.75 {TWO} --focal 2", "row 2: column 1: label 0.25 is not 0 or 1; nll needs hard labels"),
    ("bce 1,0.5 0.5,0.5 --focal 2", f"row 2: label 0.5 is not 0 or 1; {FOCAL}; --like keras has one for soft labels"),
    ("bce 1,0.5 0.5,0.5 --focal 2 --like torch", f"row 2: label 0.5 is not 0 or 1; {FOCAL}"),
    (
        f"bce 1,0;1,0.25 {TWO} --focal 2",
        f"row 2: column 2: label 0.25 is not 0 or 1; {FOCAL}; --like keras has one for soft labels",
    ),
    (
        f"ce 0,1;0.25,0.75 {TWO} --focal 2 --like sklearn",
        f"row 2: column 1: label 0.25 is not 0 or 1; {FOCAL}",
    ),
]

PREDICTIONS = [
    ("bce 1,0 1,1.5", f"row 2: 1.5 is not a probability; {LOGITS}"),
    ("bce 1,0 1,5", f"row 2: 5 is not a probability; {LOGITS}"),
    ("bce 1,0 1,5.01", f"row 2: 5.01 is not a probability; divide percentages by 100; {LOGITS}"),
    ("bce 1,0 1,5.001", f"row 2: 5.001 is not a probability; {LOGITS}"),
    ("bce 1,0 1,100", f"row 2: 100 is not a probability; divide percentages by 100; {LOGITS}"),
    ("bce 1,0 1,100.5", f"row 2: 100.5 is not a probability; {LOGITS}"),
    ("bce 1,0 1,-0.5", f"row 2: -0.5 is not a probability; {LOGITS}, for log-probabilities --from logprobs"),
    ("bce 1,0 1,1.0000009536743164", f"row 2: 1.0000009536743164 is not a probability, {ROUNDING}"),
    ("bce 1,0 1,1.000001", f"row 2: 1.000001 is not a probability; {LOGITS}"),
    ("bce 1,0 1,-9.5367431640625e-07", f"row 2: -9.5367431640625e-07 is not a probability, {ROUNDING}"),
    ("bce 1,0 1,-1e-06", f"row 2: -1e-06 is not a probability; {LOGITS}, for log-probabilities --from logprobs"),
    ("bce 1,0 1,1.00001 --eps 1e-7", f"row 2: 1.00001 is not a probability; {LOGITS}"),
    ("bce 1,0 -1,0.5 --from logprobs", "row 2: 0.5 is not a log-probability (it is above 0);"
     " for probabilities use --from probs"),
    ("bce 1,0 -1,1 --from logprobs", "row 2: 1 is not a log-probability (it is above 0);"
     " for probabilities use --from probs"),
    ("bce 1,0 -1,1.5 --from logprobs", f"row 2: 1.5 is not a log-probability (it is above 0); {LOGITS}"),
    ("ce 1,0 -1,-1;-1,2 --from logprobs", f"row 2: column 2: 2 is not a log-probability (it is above 0); {LOGITS}"),
    ("ce 0,0 0,1;-inf,-inf --from logits", "row 2: a row of logits that are all -inf, or with two that are inf,"
     " has no softmax"),
    ("ce 0,0 inf,1;inf,inf --from logits", "row 2: a row of logits that are all -inf, or with two that are inf,"
     " has no softmax"),
    ("ce 0,0 0.5,0.5;0,0 --normalize", "row 2: the row sums to 0 and can't be rescaled"),
    ("ce 0,0 -1,-1;-inf,-inf --normalize --from logprobs", "row 2: the row sums to 0 and can't be rescaled"),
]  # fmt: skip

NO_WEIGHT = "is not a weight; weights must be finite and not negative"
WEIGHTS = [
    ("bce 1,0 0.5,0.5 -w 0,0", "the weights sum to 0"),
    ("nll 0.5 -w 0", "the weights sum to 0"),
    ("ce 0,0 0.5,0.5;0.5,0.5 --ignore 0", "all rows are ignored"),
    ("bce NA,0 0.5,NA --na drop", "all rows are dropped"),
    ("bce NA,0 0.5,0.5 --na drop --ignore 0", "all rows are dropped or ignored"),
    ("bce numbers.csv -y label -p 2 --ignore 0", "numbers.csv: all rows are ignored"),
    ("bce 1,0 0.5,0.5 -w 1,-1", f"weights: row 2: -1 {NO_WEIGHT}"),
    ("bce 1,0 0.5,0.5 -w 1,inf", f"weights: row 2: inf {NO_WEIGHT}"),
    ("bce 1,0 0.5,2 -w -1,1", f"weights: row 1: -1 {NO_WEIGHT}"),
    ("bce 1,0 2,0.5 -w -1,1", f"row 1: 2 is not a probability; {LOGITS}"),
    ("bce 2,0 2,2 -w -1,1", f"row 1: label 2 is not in [0, 1]; {POSITIVE}"),
    ("bce 1,0 0.5,0.5 -w 1,1e-320 --class-weight 1e-5,1", "weights: row 2: 1e-320 times the class weight 1e-05"
     " is beyond the range of floats; scale the weights"),
    ("bce 1,0 0.5,0.5 -w 1,1e300 --class-weight 1e20,1", "weights: row 2: 1e+300 times the class weight"
     " 100000000000000000000 is beyond the range of floats; scale the weights"),
    ("grad bce 1,0,1 0.5,0.5,0.5 -w 0,1e-160,1e-170", "weights: row 2: a weight of 1e-160 is beyond the range of"
     " floats in a gradient; scale the weights"),
    ("grad bce 1,0 0.5,0.5 -w 1,1e160", "weights: row 2: a weight of 1e+160 is beyond the range of"
     " floats in a gradient; scale the weights"),
]  # fmt: skip

NO_LABELS = "does not apply: each row is the prediction of the true label"
BY_PLACE = "--class-weight goes by the order of the columns, but the classes in them are"
SETTINGS = [
    ("nll 0.5,0.2 --from logits", "logits of the true labels are not likelihoods; give LABELS and PREDS"),
    ("bce 1,0 0.5,0.2 --from logits --like sklearn", "--like sklearn takes probabilities, not logits"),
    (f"bce 1,0;0,1 {TWO} --ignore 1", "--ignore leaves out rows by their label; it does not apply to several labels"
     " for each row"),
    ("bce 1 0.5 --like torch --focal 2 --smoothing 0.1", "--like torch has no focal loss with label smoothing"),
    ("bce 1 0.5 --like sklearn --class-weight 1,2", "--like sklearn takes no class weights"),
    ("bce 1 0.5 --like sklearn --class-weight balanced", "--like sklearn takes no class weights"),
    ("ce dogs.csv --classes cat,dog", "--classes names the columns in another order than the header: 'dog', 'cat'"),
    ("ce parts.csv -y y_* -p a,b --classes cat,dog", "--classes names the columns in another order than the labels:"
     " 'y_dog', 'y_cat'"),
    ("ce 0 0.2,0.3,0.5 --class-weight 1,2", "--class-weight gives 2 weights, but there are 3 classes"),
    ("bce 1 0.5 --class-weight 1,2,3", "--class-weight gives 3 weights, but there are 2 classes"),
    ("ce numbers.csv --class-weight 1,2,3", f"{BY_PLACE} '2', '0', '1'; choose the columns in the order of the"
     " classes with -p"),
    ("bce 1 0.5 --pos-weight 1,2", "--pos-weight gives 2 weights, but there is one label"),
    ("bce 1,0,1;1,1,1 0.5,0.5,0.5;0.5,0.5,0.5 --pos-weight 1,2", "--pos-weight gives 2 weights, but there are 3"
     " labels"),
    ("bce dogs.csv -y label -p dog,cat", "dogs.csv: 1 label column and 2 prediction columns; for models to compare give"
     " each a -p (-p dog -p cat), for a column for each class use ce"),
    ("bce parts.csv -y y_dog,y_cat -p a", "parts.csv: 2 label columns and 1 prediction column; give the same number of"
     " each"),
    ("ce wide.csv -y y_dog,y_cat -p a,b,c", "wide.csv: 2 label columns and 3 prediction columns; give one label column,"
     " or one for each class"),
    ("nll wide.csv -y y_dog,y_cat -p a", "wide.csv: 2 label columns and 1 prediction column; give the same number of"
     " each"),
    ("bce wide.csv -y y_dog -p a,b,c,y_cat", "wide.csv: 1 label column and 4 prediction columns; for models to compare"
     " give each a -p (-p a -p b -p c), for a column for each class use ce"),
    ("ce 0 0.2,0.3,0.5 --classes a,b", "--classes names 2 classes, but there are 3 prediction columns"),
    ("ce 0 0.2,0.3,0.5 --classes a,b,a", "--classes names 'a' twice"),
    ("nll 0.5 --class-weight 1,2", f"--class-weight {NO_LABELS}"),
    ("nll 0.5 --class-weight balanced", f"--class-weight {NO_LABELS}"),
    ("nll 0.5 --ignore 1", f"--ignore {NO_LABELS}"),
    ("nll 0.5 --smoothing 0.1", f"--smoothing {NO_LABELS}"),
    ("nll 0.5 --positive 1", f"--positive {NO_LABELS}"),
    ("nll 0.5 --normalize", f"--normalize {NO_LABELS}"),
    ("nll 0.5 --classes 1,2", f"--classes {NO_LABELS}"),
    ("bce 1 0.5 --eps 0.1 --from logits", "--eps clips probabilities; it contradicts --from logits"),
    ("ce 0 0.5,-0.5 --normalize --from logits", "--normalize rescales probabilities; it contradicts --from logits"),
    ("grad nll 0.5 --wrt logits", "--wrt logits does not apply to the prediction of the true label; give LABELS and"
     " PREDS"),
    ("fit bce 1 0.5", "a regression needs a table, not lists; choose its columns with -y LABEL -x FEATURES"),
    ("grad bce dogs.csv --wrt params -x dog --eps 0.1", "--eps is for probabilities; a regression makes logits of the"
     " features"),
    ("grad ce dogs.csv --wrt params -x dog --normalize", "--normalize is for probabilities; a regression makes logits"
     " of the features"),
    ("grad bce dogs.csv --wrt params -x dog --from logprobs", "--from says what predictions are; a regression makes"
     " logits of the features (-x)"),
]  # fmt: skip


@pytest.mark.parametrize(
    "cases", [LABELS, PREDICTIONS, WEIGHTS, SETTINGS], ids=["labels", "cells", "weights", "options"]
)
def test_a_refusal_gives_its_reason_and_no_other_advice(cases: list[tuple[str, str]], here: object) -> None:
    write("dogs.csv", "label,dog,cat\ncat,0.5,0.5\n")
    write("numbers.csv", "label,2,0,1\n0,0.2,0.3,0.5\n")
    write("parts.csv", "y_dog,y_cat,a,b\n1,0,0.5,0.5\n")
    write("wide.csv", "y_dog,y_cat,a,b,c\n1,0,0.5,0.5,0\n")
    for call, said in cases:
        assert refusal(*call.split()) == said, call


def test_what_is_just_within_a_limit_is_taken(here: object) -> None:
    write("dogs.csv", "label,dog,cat\ncat,0.5,0.5\n")
    write("numbers.csv", "label,2,0,1\n0,0.2,0.3,0.5\n")
    write("parts.csv", "y_dog,y_cat,a,b\n1,0,0.5,0.5\n")
    for call in (
        "bce 1,0 1,1.0000009536743164 --eps 1e-7",
        "bce 1,0 1,-9.5367431640625e-07 --eps 1e-7",
        "bce 1,0 -1,-1e-300 --from logprobs",
        "bce 1,0 -1,0 --from logprobs",
        "ce 0,0 0,1;-inf,0 --from logits",
        "ce 0,0 inf,1;inf,-inf --from logits",
        "ce 0,0 0.5,0.5;0,5e-324 --normalize",
        "bce 1,0 0.5,0.5 -w 0,1",
        "grad bce 1,0,0 0.5,0.5,0.5 -w 0,1e-150,1e150",
        "bce 1,0,1;1,1,1 0.5,0.5,0.5;0.5,0.5,0.5 --pos-weight 1,2,3",
        "bce 1 0.5 --like torch --focal 2",
        "bce 1 0.5 --like torch --smoothing 0.1",
        "ce dogs.csv --classes dog,cat",
        "ce parts.csv -y y_* -p a,b --classes dog,cat",
        "ce numbers.csv -p 0,1,2 --class-weight 1,2,3",
        "bce 1,0 0.5,0.5 --focal 2",
        "bce 1,0.5 0.5,0.5 --focal 2 --like keras",
    ):
        assert run(*call.split()).code == 0, call
