"""Options that are out of their range or contradict each other, word for word, and their neighbours, which are not."""

import pytest
from conftest import record, refusal, run, write

TABLES = {
    "t.csv": "y,a,b,w,v,g\n1,0.8,0.7,1,2,u\n0,0.3,0.4,2,1,v\n1,0.4,0.9,1,1,u\n",
    "c.csv": "y,pa,pb,pc\na,0.7,0.2,0.1\nb,0.2,0.7,0.1\nc,0.1,0.1,0.8\n",
    "f.csv": "x,y\n1,1\n-1,0\n0.5,0\n-0.5,1\n2,1\n",
}


@pytest.fixture(autouse=True)
def tables(here: object) -> None:
    for name, text in TABLES.items():
        write(name, text)


REFUSED = {
    "bce 1,0 0.8,0.3 --cluster tcp://x:1 -r none": "-r none needs rows in order; it contradicts --cluster",
    "bce 1,0 0.8,0.3 --cluster tcp://x:1 --explain": "--explain needs rows in order; it contradicts --cluster",
    "bce 1,0 0.8,0.3 --cluster tcp://x:1 --expect 1": "--expect needs rows in order; it contradicts --cluster",
    "bce 1,0 0.8,0.3 --cluster tcp://x:1 --expect 1 --explain": (
        "--explain needs rows in order; it contradicts --cluster"
    ),
    "bce 1,0 0.8,0.3 --fail-above 1 -r none": "--fail-above needs one number; it contradicts -r none",
    "bce -y 1,0 -p 0.8,0.3": '-y and -p choose columns of a table; lists go without them: "1,0" "0.8,0.3"',
    "bce -y 1,0 -p 8,3": "<stdin>: the input is empty",
    "bce t.csv -y y -p a --plot out.png": (
        "--plot draws in the terminal; --save FILE.svg keeps what is printed, pictures too"
    ),
    "bce t.csv -y y -p a --plot out.PDF": (
        "--plot draws in the terminal; --save FILE.svg keeps what is printed, pictures too"
    ),
    "bce t.csv -y y -p a --save t.txt -r none": (
        "--save keeps a report, but -r none prints a line for each row; send these to a file with >"
    ),
    "bce t.csv -y y -p a --save t.csv": "--save: 't.csv' doesn't end in .svg, .html, .txt or .md",
    "bce 1,0 0.8,0.3 --tolerance 0.1": "--tolerance is for checking an answer; add --expect X",
    "bce 1,0 0.8,0.3 --hide-answer": "--hide-answer is for checking an answer; add --expect X",
    "bce 1,0 0.8,0.3 --hide-answer --tolerance 0.1": "--hide-answer is for checking an answer; add --expect X",
    "bce 1,0 0.8,0.3 --expect 1 --hide-answer --explain": "--explain shows the answer; it contradicts --hide-answer",
    "bce 1,0 0.8,0.3 --expect 1 --hide-answer --fail-above 1": (
        "--fail-above shows the answer; it contradicts --hide-answer"
    ),
    "bce 1,0 0.8,0.3 -q -f json": "--quiet prints only the number; it contradicts --format json",
    "bce 1,0 0.8,0.3 --plot -q": "--plot draws for people; it contradicts --quiet",
    "bce 1,0 0.8,0.3 --plot -f csv": "--plot draws for people; it contradicts --format csv",
    "bce 1,0 0.8,0.3 --plot -f json": "--plot draws for people; it contradicts --format json",
    "bce 1,0 0.8,0.3 --alpha 0.3": "--alpha is the weight of the focal loss; add --focal GAMMA",
    "bce 1,0 0.8,0.3 --base 1": (
        "--base: '1' is not the base of a logarithm; give e (nats), 2 (bits), 10 or a number above 1"
    ),
    "bce 1,0 0.8,0.3 --base inf": (
        "--base: 'inf' is not the base of a logarithm; give e (nats), 2 (bits), 10 or a number above 1"
    ),
    "bce 1,0 0.8,0.3 --base x": (
        "--base: 'x' is not the base of a logarithm; give e (nats), 2 (bits), 10 or a number above 1"
    ),
    "bce 1,0 0.8,0.3 --pos-weight x": "--pos-weight: 'x' is not a list of numbers, as in 1,2",
    "bce 1,0 0.8,0.3 --pos-weight -1": "--pos-weight: weights must be finite and not negative",
    "bce 1,0 0.8,0.3 --pos-weight inf": "--pos-weight: weights must be finite and not negative",
    "bce 1,0 0.8,0.3 --pos-weight nan": "--pos-weight: weights must be finite and not negative",
    "bce 1,0 0.8,0.3 --pos-weight []": "--pos-weight: weights must be finite and not negative",
    "ce 0,1 0.8,0.2;0.3,0.7 --class-weight 1,,2": "--class-weight: '1,,2' is not a list of numbers, as in 1,2",
    "ce c.csv --classes a,,c": "--classes: 'a,,c' has an empty name",
    "bce t.csv -y y -p a --decimal x": "--decimal: 'x' is not a decimal mark; give . or ,",
    "bce t.csv -y y -p a --decimal , -d ,": (
        "--decimal: the comma can't be the delimiter and the decimal mark; give another -d"
    ),
    "bce t.csv -y y -p a -d ab": (
        "--delimiter: 'ab' can't be one; give a single character such as , ; | or the word tab or space"
    ),
    "bce t.csv -y y -p a --show g": "--show adds columns to the worst rows; add --worst N",
    "bce t.csv -y y -p a --fail-if-worse": "--fail-if-worse compares models; give -p for each of them",
    "bce t.csv -y y -p a --worst 1 --expect 1": "--expect checks one number; it contradicts --worst",
    "bce t.csv -y y -p a --by g --explain": "--explain checks one number; it contradicts --by",
    "bce t.csv -y y -p a -p b --expect 1": "--expect checks one number; it contradicts -p given twice",
    "bce t.csv -y y -p a -p b --explain": "--explain checks one number; it contradicts -p given twice",
    "bce t.csv -y y -p a --quantiles 0.5 -r none": "-r none prints every row; it contradicts --quantiles",
    "bce t.csv -y y -p a -p b -r none": "-r none prints every row; it contradicts -p given twice",
    "bce t.csv -y y -p a --worst 1 -q": "--quiet prints only the number; it contradicts --worst",
    "bce t.csv -y y -p a -p b --by g -q": "--quiet prints only the number; it contradicts --by",
    "bce t.csv -y y -p a --by g --worst 1 -f csv": (
        "--format csv prints one table, but --worst and --by are separate tables; use -f json"
    ),
    "bce t.csv -y y -p a -p b --worst 1 -f tsv": (
        "--format tsv prints one table, but -p given twice and --worst are separate tables; use -f json"
    ),
    "bce t.csv -y y -p a --by g --worst 1 --quantiles 0.5 -f tsv": (
        "--format tsv prints one table, but --worst and --by and --quantiles are separate tables; use -f json"
    ),
    "bce t.csv -y y -p a --quantiles 1.1": "--quantiles: '1.1' is not a number from 0 to 1, as in 0.95",
    "bce t.csv -y y -p a --quantiles -0.1": "--quantiles: '-0.1' is not a number from 0 to 1, as in 0.95",
    "bce t.csv -y y -p a --quantiles 0.5,": "--quantiles: '' is not a number from 0 to 1, as in 0.95",
    "bce t.csv -y y -p a --quantiles nan": "--quantiles: 'nan' is not a number from 0 to 1, as in 0.95",
    "nll 0.8,0.3 --calibration": "--calibration needs labels; likelihoods have none",
    "bce 1,0 0.8,0.3 --by g": "columns can be chosen only in a table, not in a list",
    "bce 1,0 0.8,0.3 --worst 1 --show g": "columns can be chosen only in a table, not in a list",
    "bce t.csv -y y -p a --by g --max-groups 1": (
        "t.csv: more than 1 groups by 'g'; --max-groups N allows more and uses more memory"
    ),
    "bce 1,0 0.8,0.3 --explain -q": "--quiet prints only the number; it contradicts --explain",
    "bce 1,0 0.8,0.3 --explain -f csv": "--explain shows the work; it contradicts --format csv",
    "bce 1,0 0.8,0.3 --explain -f tsv": "--explain shows the work; it contradicts --format tsv",
    "bce 1,0 0.8,0.3 -r none --expect 0.2,0.4 -f csv": (
        "-r none --format csv prints rows, not the verdict of --expect; use -f json"
    ),
    "bce 1,0 0.8,0.3 -r none --explain -f csv": "--explain shows the work; it contradicts --format csv",
    "bce 1,0 0.8,0.3 --expect 0.2,0.4": (
        "--expect: '0.2,0.4' is a list of 2 numbers, but the answer is one number; -r none gives one for each row"
    ),
    "bce 1,0 0.8,0.3 --expect x": "--expect: 'x' is not a number",
    "grad bce 1,0 0.8,0.3 --step 0.1": "--step is for numeric differences; add --method numeric or --check",
    "grad bce 1,0 0.8,0.3 --step 0 --check": "--step: 0 is not a step; it must be above 0 and finite",
    "grad bce 1,0 0.8,0.3 --step inf --check": "--step: inf is not a step; it must be above 0 and finite",
    "grad bce 1,0 0.8,0.3 --step -1 --check": "--step: -1 is not a step; it must be above 0 and finite",
    "grad bce 1,0 0.8,0.3 --step 0.3 --check": "--step: 0.3 is too large for probabilities; at most 0.25",
    "grad bce f.csv -y y -x x": "--features is for gradients with respect to parameters; add --wrt params",
    "grad bce f.csv -y y --theta 1,2": "--theta is for gradients with respect to parameters; add --wrt params",
    "grad bce f.csv -y y --no-intercept": (
        "--no-intercept is for gradients with respect to parameters; add --wrt params"
    ),
    "grad bce f.csv -y y --wrt params": "--wrt params needs the columns of the features: -x COLS",
    "grad bce 1,0 0.8,0.3 --explain -q": "--explain shows the work; it contradicts --quiet",
    "grad bce 1,0 0.8,0.3 --explain -f csv": "--explain shows the work; it contradicts --format csv",
    "grad ce 0,1 0.8,0.2;0.3,0.7 --normalize --explain": "--explain does not show gradients with --normalize",
    "grad bce f.csv -y y -x x --theta 0,0 --wrt params --focal 2 --explain": (
        "--explain does not show gradients with --focal and --wrt params"
    ),
    "fit bce f.csv -y y --explain -q": "--explain shows the first step of gradient descent; it contradicts --quiet",
    "fit bce f.csv -y y --explain -f csv": (
        "--explain shows the first step of gradient descent; it contradicts --format csv"
    ),
    "fit bce f.csv -y y --explain --method newton": (
        "--explain shows the first step of gradient descent; it contradicts --method newton"
    ),
    "fit bce f.csv -y y --explain --batch 2": (
        "--explain shows the first step of gradient descent; it contradicts --batch"
    ),
    "fit bce f.csv -y y --explain --steps 0": (
        "--explain shows the first step of gradient descent; it contradicts --steps 0"
    ),
    "fit bce f.csv -y y --explain --predict -": (
        "--explain shows the first step of gradient descent; it contradicts --predict -"
    ),
    "fit bce f.csv -y y --predict - --expect 1,2": "--predict - prints only the predictions; it contradicts --expect",
    "fit bce f.csv -y y --predict - -q": "--predict - prints only the predictions; it contradicts -q and -f",
    "fit bce f.csv -y y --predict - -f json": "--predict - prints only the predictions; it contradicts -q and -f",
    "fit bce f.csv -y y --predict f.csv": "--predict: f.csv is an input file; choose another",
    "fit bce f.csv -y y --batch 2 --method newton": "--batch is for gradient descent; it contradicts --method newton",
    "fit bce f.csv -y y --test f.csv --test-size 0.5": (
        "--test and --test-size both choose rows to test on; give one of them"
    ),
    "fit bce f.csv -y y --test-size 0.01": "--test-size: 0.01 of 5 rows leaves no rows to fit or to test on",
    "fit bce f.csv -y y --expect x": "--expect: 'x' is not a number",
    "fit bce f.csv -y y --steps 1 --expect 1": "--expect gives 1 number, but the fit has 2 parameters",
    "fit temperature f.csv --test f.csv --test-size 0.5": (
        "--test and --test-size both choose rows to test on; give one of them"
    ),
    "fit temperature f.csv --predict f.csv": "--predict: f.csv is an input file; choose another",
    "grade - -": "standard input can be read only once; give '-' for one argument only",
    "nll c.csv -y y --positive a --classes a,b,c": (
        "--positive is for two classes and --classes for several; give one of them"
    ),
    "bce f.csv -y y -p x --save f.csv.txt -r none": (
        "--save keeps a report, but -r none prints a line for each row; send these to a file with >"
    ),
    "bce t.csv -y y -p a --worst 1 --quantiles 0.5 -q": "--quiet prints only the number; it contradicts --worst",
    "bce t.csv -y y -p a --calibration 2 --fail-above 0.1 -q": (
        "--quiet prints only the number; it contradicts --calibration"
    ),
    "bce t.csv -y y -p a --threads 0": "--threads: 0 is out of range; it must be from 1 to 256",
    "bce t.csv -y y -p a --threads 257": "--threads: 257 is out of range; it must be from 1 to 256",
    "bce t.csv -y y -p a --digits 0": "--digits: 0 is out of range; it must be from 1 to 17",
    "bce t.csv -y y -p a --digits 18": "--digits: 18 is out of range; it must be from 1 to 17",
    "bce t.csv -y y -p a --eps 0.5": "--eps: 0.5 is out of range; it must be at least 0 and below 0.5",
    "bce t.csv -y y -p a --eps -0.1": "--eps: -0.1 is out of range; it must be at least 0 and below 0.5",
    "bce t.csv -y y -p a --smoothing 1.01": "--smoothing: 1.01 is out of range; it must be at least 0 and at most 1",
    "bce t.csv -y y -p a --focal -1": "--focal: -1 is out of range; it must be finite and at least 0",
    "bce t.csv -y y -p a --focal inf": "--focal: inf is out of range; it must be finite and at least 0",
    "bce t.csv -y y -p a --focal 1 --alpha 1.1": "--alpha: 1.1 is out of range; it must be at least 0 and at most 1",
    "bce t.csv -y y -p a --ci 0": (
        "--ci: 0 is out of range; it must be between 0 and 1; write a percentage as a share, as in 0.95"
    ),
    "bce t.csv -y y -p a --ci 1": (
        "--ci: 1 is out of range; it must be between 0 and 1; write a percentage as a share, as in 0.95"
    ),
    "bce t.csv -y y -p a --ci 95": (
        "--ci: 95 is out of range; it must be between 0 and 1; write a percentage as a share, as in 0.95"
    ),
    "bce t.csv -y y -p a --expect 1 --tolerance -1": (
        "--tolerance: -1 is out of range; it must be finite and at least 0"
    ),
    "bce t.csv -y y -p a --expect 1 --tolerance inf": (
        "--tolerance: inf is out of range; it must be finite and at least 0"
    ),
    "bce t.csv -y y -p a --worst 0": "--worst: 0 is out of range; it must be from 1 to 1000000",
    "bce t.csv -y y -p a --worst 1000001": "--worst: 1000001 is out of range; it must be from 1 to 1000000",
    "bce t.csv -y y -p a --by g --max-groups 0": "--max-groups: 0 is out of range; it must be from 1 to 10000000",
    "bce t.csv -y y -p a --by g --max-groups 10000001": (
        "--max-groups: 10000001 is out of range; it must be from 1 to 10000000"
    ),
    "bce t.csv -y y -p a --calibration 0": "--calibration: 0 is out of range; it must be from 1 to 1000",
    "bce t.csv -y y -p a --calibration 1001": "--calibration: 1001 is out of range; it must be from 1 to 1000",
    "bce t.csv -y y -p a --worst 1.5": "--worst: '1.5' is not a whole number",
    "bce t.csv -y y -p a --worst x": "--worst: 'x' is not a whole number",
    "bce t.csv -y y -p a --eps x": "--eps: 'x' is not a number",
    "bce t.csv -y y -p a --fail-above x": "--fail-above: 'x' is not a number",
    "bce t.csv -y y -p a --na x": "--na: 'x' is not one of error, drop",
    "bce t.csv -y y -p a --like x": "--like: 'x' is not one of torch, keras, sklearn",
    "bce t.csv -y y -p a --from x": "--from: 'x' is not one of probs, logits, logprobs",
    "bce t.csv -y y -p a -r x": "--reduction: 'x' is not one of mean, sum, none",
    "bce t.csv -y y -p a -f x": "--format: 'x' is not one of table, json, csv, tsv, md",
    "bce t.csv -y y -p a --encoding x": "--encoding: 'x' is not a known encoding",
    "fit bce f.csv -y y --lr 0": "--lr: 0 is out of range; it must be finite and above 0",
    "fit bce f.csv -y y --lr inf": "--lr: inf is out of range; it must be finite and above 0",
    "fit bce f.csv -y y --lr -1": "--lr: -1 is out of range; it must be finite and above 0",
    "fit bce f.csv -y y --steps -1": "--steps: -1 is out of range; it must be from 0 to 1000000000",
    "fit bce f.csv -y y --steps 1000000001": "--steps: 1000000001 is out of range; it must be from 0 to 1000000000",
    "fit bce f.csv -y y --tol -1": "--tol: -1 is out of range; it must be finite and at least 0",
    "fit bce f.csv -y y --tol inf": "--tol: inf is out of range; it must be finite and at least 0",
    "fit bce f.csv -y y --l2 -1": "--l2: -1 is out of range; it must be finite and at least 0",
    "fit bce f.csv -y y --l2 inf": "--l2: inf is out of range; it must be finite and at least 0",
    "fit bce f.csv -y y --test-size 0": (
        "--test-size: 0 is out of range; it must be a share of the rows between 0 and 1"
    ),
    "fit bce f.csv -y y --test-size 1": (
        "--test-size: 1 is out of range; it must be a share of the rows between 0 and 1"
    ),
    "fit bce f.csv -y y --batch 0": "--batch: 0 is out of range; it must be from 1 to 1000000000",
    "fit bce f.csv -y y --batch 1000000001": "--batch: 1000000001 is out of range; it must be from 1 to 1000000000",
    "fit bce f.csv -y y --seed -1": "--seed: -1 is out of range; it must be from 0 to 9223372036854775808",
    "fit bce f.csv -y y --seed 9223372036854775809": (
        "--seed: 9223372036854775809 is out of range; it must be from 0 to 9223372036854775808"
    ),
    "fit bce f.csv -y y --method x": "--method: 'x' is not one of gd, newton",
    "grad bce 1,0 0.8,0.3 --wrt x": "--wrt: 'x' is not one of probs, logits, logprobs, params",
    "grad bce 1,0 0.8,0.3 --method x": "--method: 'x' is not one of analytic, numeric",
}

FINE = """
    bce 1,0 0.8,0.3 --fail-above 1 -r sum
    bce 1,0 0.8,0.3 --expect 1 --explain --fail-above 1
    bce 1,0 0.8,0.3 -q -f table
    bce 1,0 0.8,0.3 --plot -f md
    bce 1,0 0.8,0.3 --alpha 0.3 --focal 1
    bce 1,0 0.8,0.3 --pos-weight 0
    ce 0,1 0.8,0.2;0.3,0.7 --class-weight [1,2]
    ce 0,1 0.8,0.2;0.3,0.7 --class-weight (1,2)
    ce c.csv --classes a,b,c
    bce t.csv -y y -p a --decimal .
    bce t.csv -y y -p a --decimal . -d ,
    bce t.csv -y y -p a --worst 1 --show g
    bce t.csv -y y -p a -p b --fail-if-worse 9
    bce t.csv -y y -p a -p b -q
    bce t.csv -y y -p a --by g -f csv
    bce t.csv -y y -p a --by g --worst 1 -f md
    bce t.csv -y y -p a --quantiles 0,1
    nll c.csv --calibration -y y
    bce t.csv -y y -p a --by g --max-groups 2
    bce 1,0 0.8,0.3 --explain -f md
    bce 1,0 0.8,0.3 -r none --expect 0.2,0.4 -f json
    bce 1,0 0.8,0.3 -r none --expect 0.2,0.4 -q
    bce 1,0 0.8,0.3 --expect 0.2 -f csv
    grad bce 1,0 0.8,0.3 --step 0.1 --check
    grad bce 1,0 0.8,0.3 --step 0.1 --method numeric
    grad bce 1,0 0.8,0.3 --step 0.25 --check
    grad bce 1,0 0.8,0.3 --step 0.3 --check --wrt logits
    grad bce 1,0 0.8,0.3 --step 0.3 --check --from logits
    grad bce f.csv -y y -x x --theta 0,0 --wrt params
    grad bce f.csv -y y -x x --wrt params
    grad bce f.csv -y y -x x --theta 0 --wrt params --no-intercept
    grad ce 0,1 0.8,0.2;0.3,0.7 --normalize
    grad bce f.csv -y y -x x --theta 0,0 --wrt params --focal 2
    grad bce 1,0 0.8,0.3 --focal 2 --explain
    grad bce 1,0 0.8,0.3 --wrt logits --focal 2 --explain
    fit bce f.csv -y y --explain --steps 1 -f md
    fit bce f.csv -y y --predict - -f table
    fit bce f.csv -y y --method newton --steps 1
    bce t.csv -y y -p a --eps 0
    bce t.csv -y y -p a --eps 0.49
    bce t.csv -y y -p a --smoothing 1
    bce t.csv -y y -p a --focal 0
    bce t.csv -y y -p a --focal 1 --alpha 1
    bce t.csv -y y -p a --ci 0.5
    bce t.csv -y y -p a --expect 1 --tolerance 0
    bce t.csv -y y -p a --worst 1000000
    bce t.csv -y y -p a --by g --max-groups 10000000
    bce t.csv -y y -p a --calibration 1000
    bce t.csv -y y -p a --calibration 1
    bce t.csv -y y -p a --digits 17
    bce t.csv -y y -p a --digits 1
    bce t.csv -y y -p a --threads 256
    fit bce f.csv -y y --lr 0.1 --steps 1
    fit bce f.csv -y y --steps 0
    fit bce f.csv -y y --tol 0 --steps 1
    fit bce f.csv -y y --l2 0 --steps 1
    fit bce f.csv -y y --test-size 0.5 --steps 1
    fit bce f.csv -y y --batch 1 --steps 1
    fit bce f.csv -y y --seed 9223372036854775808 --steps 1
"""


def test_what_contradicts_or_is_out_of_range_is_refused_word_for_word() -> None:
    for call, said in REFUSED.items():
        assert refusal(*call.split()) == said, call


@pytest.mark.slow
@pytest.mark.parametrize("command", ["bce", "ce", "grad", "fit"])
def test_what_stands_beside_it_is_answered(command: str) -> None:
    calls = [call for call in map(str.strip, FINE.strip().splitlines()) if call.startswith(f"{command} ")]
    assert len(calls) > 2
    for call in calls:
        result = run(*call.split())
        assert result.code < 2, (call, result.err)


DEFAULTS = {  # of calls, options with the value that they have if they are left out
    "bce t.csv -y y -p a": "--from probs; -r mean; --base e; --na error; --decimal .; --threads 1",
    "bce t.csv -y y -p a -f md": "--digits 6",
    "bce t.csv -y y -p a -p b": "--from probs",
    "grad bce t.csv -y y -p a": "--wrt probs; --method analytic; --from probs",
    "grad bce t.csv -y y -p a --from logits": "--wrt logits",
    "grad bce f.csv -y y -x x --wrt params": "--theta 0,0",
    "fit bce f.csv -y y": "--lr 0.1; --steps 1000; --theta 0,0; --tol 0; --l2 0; --method gd; --seed 0; -x x",
    "fit bce f.csv -y y --method newton": "--steps 100; --ci 0.95",
    "fit bce f.csv -y y --test-size 0.4 --steps 3": "--seed 0",
}


def test_an_option_that_is_left_out_has_the_value_that_help_says() -> None:
    for call, options in DEFAULTS.items():
        form = () if "-f" in call.split() else ("-f", "json")
        without = run(*call.split(), *form)
        assert without.code == 0, (call, without.err)
        for option in options.split("; "):
            assert run(*call.split(), *option.split(), *form) == without, (call, option)
    table = ("bce", "t.csv", "-y", "y", "-p", "a")
    assert run(*table, "-f", "table") == run(*table)
    assert run(*table, "--calibration") == run(*table, "--calibration", "10")
    for end in ("low", "high"):
        assert record(*table, "--ci", "0.95")[end] == record(*table)[end]
    groups = "".join(f"1,0.5,{at}\n" for at in range(1001))
    write("g.csv", f"y,p,g\n{groups}")
    assert refusal("bce", "g.csv", "-y", "y", "--by", "g").startswith("g.csv: more than 1000 groups by 'g'; ")
    write("g.csv", f"y,p,g\n{groups.removesuffix('1,0.5,1000' + chr(10))}")
    assert len(record("bce", "g.csv", "-y", "y", "--by", "g")["groups"]) == 1000


def test_weights_may_be_typed_as_lists_are_typed_anywhere() -> None:
    classes = ("ce", "c.csv", "-y", "y", "-p", "pa,pb,pc")
    for option, call in (("--class-weight", classes), ("--class-weight", ("bce", "1,0", "0.8,0.3"))):
        numbers = ["1", "2.5", "0.5"] if call is classes else ["1", "2.5"]
        right = record(*call, option, ",".join(numbers))
        for text in (" ".join(numbers), f"[{', '.join(numbers)}]", f"({' '.join(numbers)})", f" {','.join(numbers)} "):
            assert record(*call, option, text) == right, text
