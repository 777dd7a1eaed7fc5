"""Foreign names are answered with the right ones, before any nearest spelling, and that only where it is near."""

from pathlib import Path

import pytest
from conftest import answer, record, refusal, run, write

from losscli.cli.commands import COMMANDS, first_words
from losscli.cli.hints import COMMAND_NAMES, OPTION_NAMES
from losscli.losses.table import LOSSES

LISTS = ("1,0", "0.8,0.3")

FOREIGN = {
    "--json": "use -f json",
    "--csv": "use -f csv",
    "--jsonl": "use -f json",
    "--tsv": "use -f tsv",
    "--md": "use -f md",
    "--logits": "use --from logits",
    "--from-logits": "use --from logits",
    "--probs": "use --from probs",
    "--clip": "use --eps X",
    "--epsilon": "use --eps X",
    "--sep": "use -d CHAR",
    "--delim": "use -d CHAR",
    "--target": "use -y COL",
    "--y-true": "use -y COL",
    "--y_true": "use -y COL",
    "--labels": "use -y COL",
    "--pred": "use -p COL",
    "--y-pred": "use -p COL",
    "--proba": "use -p COL",
    "--weights": "use -w COL",
    "--sample-weight": "use -w COL",
    "--sample_weight": "use -w COL",
    "--label-smoothing": "use --smoothing S",
    "--gamma": "use --focal GAMMA",
    "--reduce": "use -r HOW",
    "--sum": "use -r sum",
    "--mean": "use -r mean",
    "--bits": "use --base 2",
    "--nats": "use --base e",
    "--log2": "use --base 2",
    "--verbose": "use --explain",
    "--nrows": "to read the first rows of a table, use a pipe: head -n 101 FILE | losscli COMMAND",
    "--head=2": "to read the first rows of a table, use a pipe: head -n 3 FILE | losscli COMMAND",
    "--threshold": "the loss needs no threshold; --fail-above X sets a limit for the loss",
    "--seed": "nothing is random here, so there is nothing to seed",
    "--pos-label": "use --positive LABEL",
    "--n-jobs": "use --threads N",
    "--dropna": "use --na drop",
    "--precision": "use --digits N",
    "--pytorch": "use --like torch",
    "--no-color": "colours are used on terminals only; NO_COLOR=1 turns them off",
    "--silent": "use -q",
    "--version": "use losscli --version",
    "-v": "use --explain",
    "-json": "use -f json",
    "-prob": "use --prob",
    "--PROB": "use --prob",
    "--pos_weight": "use --pos-weight",
    "--lr": "fit bce and fit ce have it",
    "--frm": "did you mean --from or --format?",
    "--fromm": "did you mean --from?",
    "--smothing": "did you mean --smoothing?",
    "--clas-weight": "did you mean --class-weight or --pos-weight?",  # --weight is the third
    "--check": "grad bce and grad ce have it",
    "-z": "use --from logits",
    "-xyz": "losscli bce -h lists them",
    "--use-weights": "use -w COL",
    "--t-test": "several models are compared with -p for each, as in -p old -p new",
    "--head=x": "to read the first rows of a table, use a pipe: head -n 101 FILE | losscli COMMAND",
    "--target=1": "use -y COL",
    "--target=a,b": "use -y COL",
    "--target=1,0": "lists need no option: LABELS first, then PREDS",
    "--y-pred=[0.9,0.2]": "lists need no option: LABELS first, then PREDS",
    "--sep=1,2": "use -d CHAR",
    "--zzz": "losscli bce -h lists them",
    "--output": "the answer goes to standard output, so write > FILE",
    "--out": "the answer goes to standard output, so write > FILE",
    "--group-by": "use --by COLS",
    "--groupby": "use --by COLS",
    "--top": "use --worst N",
    "--on": "use --key COL",
    "--join": "use --key COL",
    "--confidence": "use --ci LEVEL",
    "--chart": "use --plot",
    "--pretty": "use -f table",
    "--save-as": "use --save FILE",
    "--logprobs": "use --from logprobs",
    "--how": "use --unmatched drop",
    "--tabs": "use -d tab",
    "--noheader": "use --no-header",
    "--headers": "use --header",
    "--charset": "use --encoding NAME",
    "--glob": 'quote a glob: losscli COMMAND "part-*.csv"',
    "--sheet": "save the sheet as a file of CSV and give that",
    "--stdin": "losscli reads standard input when no table is given, or for -",
    "--per-row": "use -r none",
    "--log10": "use --base 10",
    "--keras": "use --like keras",
    "--sklearn": "use --like sklearn",
    "--convention": "use --like LIBRARY",
    "--positive-weight": "use --pos-weight C",
    "--class-weights": "use --class-weight WEIGHTS",
    "--ignore-index": "use --ignore LABEL",
    "--atol": "use --tolerance T",
    "--hide": "use --hide-answer",
    "--non-inferior": "use --fail-if-worse",
    "--bins": "use --calibration BINS",
    "--reliability": "use --calibration",
    "--dask": "use --cluster ADDRESS",
    "--input": "the file needs no option: losscli COMMAND FILE",
    "--filter": "every row counts, so select rows first and pipe them: SELECT ROWS | losscli COMMAND",
    "--cols": "choose columns with -y COL and -p COL",
    "--max-loss": "use --fail-above X",
    "--median": "use --quantiles Q",
    "--assert": "use --expect X",
    "--avg": "use -r mean",
    "--solution": "use --expect X",
    "--models": "use -p COL",
    "--log-base": "use --base B",
    "--skipna": "use --na drop",
}


def test_a_foreign_option_is_answered_with_the_right_one() -> None:
    for flag, said in FOREIGN.items():
        assert refusal("bce", *LISTS, flag) == f"no such option: {flag.partition('=')[0]}; {said}"


def test_the_value_of_a_foreign_option_is_not_repeated() -> None:
    assert refusal("bce", *LISTS, "--sep=;", "--clip", "1e-7") == "no such option: --sep; use -d CHAR"


def test_what_is_suggested_is_something_that_the_command_takes() -> None:
    cases = [
        ("fit bce t.csv --random_state 3", "use --seed N"),
        ("fit bce t.csv --epochs 3", "use --steps N"),
        ("fit ce t.csv --C 3", "use --l2 L"),
        ("fit bce t.csv --fail-above 3", "bce and ce have it"),
        ("fit bce t.csv --output f.csv", "use --predict FILE"),
        ("grad ce 0,1 0.2,0.8 --gradcheck", "use --check"),
        ("ce t.csv --pos-weight 3", "bce and grad bce have it"),
        ("ce t.csv --ignore_index 3", "use --ignore LABEL"),
        ("bce t.csv --normalize", "ce and nll have it"),
        ("ce t.csv --class-names a,b", "use --classes A,B,C"),
        ("grad bce t.csv --by-logits", "use --wrt logits"),
        ("grad bce t.csv --numerical", "use --method numeric"),
        ("grad bce t.csv --analytical", "use --method analytic"),
        ("grad bce t.csv --delta 1e-3", "use --step H"),
        ("grad bce t.csv --params 1,2", "use --theta LIST"),
        ("grad bce t.csv --predictors a,b", "use -x COLS"),
        ("grad bce t.csv --optimizer x", "use --method HOW"),
        ("grad bce t.csv --newton", "use fit bce or fit ce"),
        ("fit bce t.csv --analytic", "losscli fit bce -h lists them"),
        ("fit bce t.csv --irls", "use --method newton"),
        ("fit bce t.csv --beta 1,2", "use --theta LIST"),
        ("fit bce t.csv --no-bias", "use --no-intercept"),
        ("fit bce t.csv --bias", "there is an intercept unless --no-intercept is given"),
        ("fit bce t.csv --learning-rate 1", "use --lr RATE"),
        ("fit bce t.csv --ridge 1", "use --l2 L"),
        ("fit bce t.csv --zscore", "use --standardize"),
        ("fit bce t.csv --holdout 0.2", "use --test-size F"),
        ("fit bce t.csv --validation v.csv", "use --test FILE"),
        ("fit bce t.csv --fitted f.csv", "use --predict FILE"),
        ("fit bce t.csv --early-stopping", "use --tol T"),
        ("fit bce t.csv -b 10", "use --batch N"),
        ("bce t.csv -b 10", "use --base B"),
    ]
    for line, said in cases:
        assert refusal(*line.split()).endswith(f"; {said}"), (line, said)


def test_what_the_table_suggests_is_an_option_of_some_command() -> None:
    flags = {flag for command in COMMANDS.values() for option in command.options.values() for flag in option.flags}
    for name, texts in OPTION_NAMES.items():
        assert name == name.lower() and "_" not in name and not name.startswith("-")
        for text in texts:
            flag = next((word for word in text.split() if word.startswith("-") and text.startswith("-")), None)
            assert flag is None or flag in {*flags, "-h"}, name


def test_a_suggested_value_is_one_that_the_option_of_the_command_takes() -> None:
    """`--method` is analytic or numeric for a gradient, and gd or newton for a fit."""
    of_text = {text: name for name, texts in OPTION_NAMES.items() for text in texts if text.partition(" ")[2].islower()}
    for text, name in of_text.items():
        flag, _, value = text.partition(" ")
        for command in COMMANDS.values():
            said = refusal(*command.words, f"-{name}" if len(name) == 1 else f"--{name}", *LISTS)
            takes = flag in command.flags and value in (command.flags[flag].words or [value])
            assert takes or f"use {text}" not in said, (command.words, said)


def joined(names: list[str], last: str) -> str:
    return f" {last} ".join(", ".join(names).rsplit(", ", 1))


FITTED = [name for name, loss in LOSSES.items() if loss.regression]
FOCAL = [name for name, loss in LOSSES.items() if "focal" in loss.settings]
COMMAND_LINES = [
    ("logloss preds.csv", "no such command: 'logloss'; use bce for two classes, ce for several"),
    ("log_loss preds.csv", "no such command: 'log_loss'; use bce for two classes, ce for several"),
    ("BCE 1 0.5", "no such command: 'BCE'; did you mean bce?"),
    ("crossentropy t.csv", "no such command: 'crossentropy'; use bce for two classes, ce for several"),
    ("cross-entropy t.csv", "no such command: 'cross-entropy'; use bce for two classes, ce for several"),
    ("cross_entropy t.csv", "no such command: 'cross_entropy'; use bce for two classes, ce for several"),
    ("categorical t.csv", "no such command: 'categorical'; use ce"),
    ("binary t.csv", "no such command: 'binary'; use bce"),
    ("gradient bce t.csv", f"no such command: 'gradient'; use {joined([f'grad {name}' for name in LOSSES], 'or')}"),
    ("logistic t.csv", "no such command: 'logistic'; use fit bce"),
    ("regression t.csv", f"no such command: 'regression'; use {joined([f'fit {name}' for name in FITTED], 'or')}"),
    ("version", "no such command: 'version'; use losscli --version"),
    ("fitt", "no such command: 'fitt'; did you mean fit?"),
    ("BCEWithLogitsLoss 1 2", "no such command: 'BCEWithLogitsLoss'; use bce --from logits"),
    ("-q bce 1 0.5", "-q goes after the command, as in losscli bce -q"),
    ("--json", "no such option: --json; -h shows help"),
    ("grad BCE 1 0.5", "no loss 'BCE'; did you mean grad bce?"),
    ("grad logloss 1 0.5", "no loss 'logloss'; use grad bce for two classes, ce for several"),
    ("fit logistic t.csv", "no loss 'logistic'; use fit bce"),
    ("grad logistic t.csv", "no loss 'logistic'; use fit bce"),
    ("grad temperature t.csv", "no loss 'temperature'; use fit temperature"),
    ("fit gradient t.csv", f"no loss 'gradient'; use {joined([f'grad {name}' for name in LOSSES], 'or')}"),
    ("fit regression t.csv", f"no loss 'regression'; use {joined([f'fit {name}' for name in FITTED], 'or')}"),
    ("fit bec t.csv", "no loss 'bec'; did you mean fit bce?"),
    ("grad usage", "no loss 'usage'; use losscli -h"),
    ("GRAD bce", "no such command: 'GRAD'; did you mean grad?"),
    ("Fit bce", "no such command: 'Fit'; did you mean fit?"),
    ("-q grad bce", "-q goes after the command, as in losscli grad -q"),
    ("--digits=3 bce 1 0.5", "--digits goes after the command, as in losscli bce --digits"),
    ("-q zebra", "no such option: -q; -h shows help"),
    ("derivative t.csv", f"no such command: 'derivative'; use {joined([f'grad {name}' for name in LOSSES], 'or')}"),
    ("train t.csv", f"no such command: 'train'; use {joined([f'fit {name}' for name in FITTED], 'or')}"),
    ("multinomial t.csv", "no such command: 'multinomial'; use fit ce"),
    ("logit t.csv", "no such command: 'logit'; use fit bce"),
    ("calibrate t.csv", "no such command: 'calibrate'; use fit temperature"),
    ("man", "no such command: 'man'; use losscli -h"),
    ("帮助", "no such command: '帮助'; use losscli help zh"),
    ("evaluate t.csv", f"no such command: 'evaluate'; the losses are {joined([*LOSSES], 'and')}"),
    ("ppl t.csv", "no such command: 'ppl'; use nll"),
    ("F.cross_entropy 1 2", "no such command: 'F.cross_entropy'; use bce for two classes, ce for several"),
    ("zebra t.csv", f"no such command: 'zebra'; the commands are {', '.join(first_words())}"),
]


def test_a_foreign_command_is_answered_with_the_right_one() -> None:
    for line, said in COMMAND_LINES:
        assert refusal(*line.split()) == said


def test_what_is_suggested_for_a_foreign_command_is_there() -> None:
    foreign = [name for loss in LOSSES.values() for names in loss.aliases for name in names.split()]

    for name in (*foreign, *COMMAND_NAMES):
        said = refusal(name, "t.csv").partition("; ")[2].replace(",", "").split()
        assert any((word,) in COMMANDS for word in said) or {"grad", "fit", "losscli"} & set(said)
        assert name == name.lower().replace("-", "")


def test_a_table_without_a_command_is_told_what_is_missing(tmp_path: Path) -> None:
    path = str(tmp_path / "t.csv")

    said = refusal(path)

    assert said.startswith(f"choose a command for '{path}': {', '.join(LOSSES)}, ") or "…" in said
    assert said.endswith(f"; as in losscli bce {path}")


@pytest.mark.parametrize("group", ["grad", "fit"])
def test_a_group_without_more_lists_its_losses(group: str) -> None:
    said = refusal(group)

    losses = [words[1] for words in COMMANDS if words[0] == group and len(words) == 2]
    assert said.startswith(f"choose a loss: {', '.join(losses)}; as in losscli {group} bce ")


def test_a_table_behind_a_group_is_told_which_loss_is_missing() -> None:
    said = refusal("grad", "preds.csv")

    assert said == f"choose a loss for 'preds.csv': {', '.join(LOSSES)}; as in losscli grad bce preds.csv"


def test_help_wins_over_what_is_unknown() -> None:
    assert run("bce", "--json", "-h").code == 0


# --- first guesses ----------------------------------------------------------------------------------------------------
TABLES = {
    "y.csv": "y\n1\n0\n",
    "two.csv": "label,old,new\n1,0.8,0.7\n0,0.3,0.4\n",
    "p.csv": "0.8\n0.3\n",
    "answers.csv": "student,question,answer\nanna,1,0.3\n",
    "three.csv": "label,p0,p1,p2\n0,0.7,0.2,0.1\n2,0.1,0.2,0.7\n",
}

GUESSES = {  # what is typed, and what the error ends with
    "bce [1, 0] [0.9, 0.2]": '"[1, 0]" "[0.9, 0.2]"',
    "bce 1 0 0.8 0.3": '"1,0" "0.8,0.3"',
    "bce -y 1,0 -p 0.9,0.2": '-y and -p choose columns of a table; lists go without them: "1,0" "0.9,0.2"',
    "bce y.csv": "give the file of labels before the file of predictions, as in y.csv p.csv",
    "bce three.csv": "choose with -p; for a column for each class use ce",
    "ce 1,0,0,1 0.8,0.3,0.4,0.7": "for labels of 0 and 1, each with its prediction, use bce",
    "ce dog 0.2,0.7,0.1": "dog: no such file; if it is a label, name it with --classes",
    "bce spam 0.8": "spam: no such file; if it is a label, name it with --positive",
    "bce two.csv -p old,new": "give each a -p (-p old -p new), for a column for each class use ce",
    "bce two.csv -p oldd": "no column 'oldd'; the columns are 'label', 'old', 'new'; did you mean 'old'?",
    "bce two.csv -y label old": "old: no such file; a column is chosen with -p old",
    "bce label old two.csv": "choose columns with -y and -p, as in two.csv -y COL -p COL",
    "bce two.csv -p old --plot out.png": "--save FILE.svg keeps what is printed, pictures too",
    "bec 1,0 0.8,0.3": "no such command: 'bec'; did you mean bce?",
    "softmax 1,0": "ce takes logits and applies the softmax itself: ce --from logits",
    "sigmoid 1,0": "bce takes logits and applies the sigmoid itself: bce --from logits",
    "entropy 0.5,0.5": 'losscli ce "0.5,0.5" "0.5,0.5" --base 2 is 1 bit',
    "kl 0.5,0.5 0.4,0.6": 'ce shows it when the labels are probabilities: losscli ce "0.5,0.5" "0.4,0.6"',
    "focal 1,0 0.8,0.3": f"it is an option of {joined([*FOCAL], 'and')}: --focal GAMMA",
    "mse 1,0 0.8,0.3": f"the losses are {joined([*LOSSES], 'and')}",
    "bce --y_true 1,0 --y_pred 0.9,0.2": "no such option: --y_true; lists need no option: LABELS first, then PREDS",
    "bce 1,0 0.9,0.2 --columns a,b": "choose columns with -y COL and -p COL",
    "bce 1,0 0.9,0.2 0.164": "to check an answer use --expect 0.164",
    "ce 0,2 0.7,0.2,0.1 0.1,0.2,0.7": 'put the rows of predictions in one argument: "0.7,0.2,0.1; 0.1,0.2,0.7"',
    "bce 1,0 0.9,0.2 --auc": "no such option: --auc; bce gives it in JSON with --calibration -f json",
    "bce two.csv -y 0 -p 1": "no column 0; the columns are 'label', 'old', 'new'; columns count from 1",
    "bce 1,0 0.9,0.2 -help": "no such option: -help; use -h",
    "grade answers.csv --key key.csv": "KEY needs no option, as in losscli grade key.csv answers.csv",
    "nn.BCELoss 1,0 0.9,0.2": "no such command: 'nn.BCELoss'; use bce",
    "CrossEntropyLoss 1 2,1,0.1": "no such command: 'CrossEntropyLoss'; use ce --from logits",
    "check 0.16 1,0 0.9,0.2": "add --expect X to the command, as in losscli bce preds.csv --expect X",
    "help expect": "for --expect see losscli help homework or options; the topics are conventions, files, homework, "
    "models, scale, \u4e2d\u6587, zh, options",
    "help chinese": "no such topic: 'chinese'; see losscli help \u4e2d\u6587; ",
    "1,0 0.8,0.3 -q": 'as in losscli bce "1,0" "0.8,0.3"',
    "1,0 0.8,0.3 0.5 -q": 'as in losscli bce "1,0" "0.8,0.3"',
    "1,0 -q 0.8,0.3": 'as in losscli bce "1,0"',
    **{f"{word} 0.5": f"choose a command for {word!r}: " for word in ("xy", "a;b", "[1", "a/b", "3x", ".5x", "-")},
    "grad xy x": "choose a loss for 'xy': ",
    "bce Explain": "Explain: no such file; add --explain to the command",
    "bce ?": "?: no such file; nothing matches this pattern; use -h",
    "bce version": "version: no such file; use losscli --version",
    "bce fit": "fit: no such file; use fit bce",
    "help smoothing": "for --smoothing see losscli help options; the topics are",
    "fit two.csv label old": "as in losscli fit bce two.csv",
    "- -q": "as in losscli bce -",
    "temperature two.csv": "no such command: 'temperature'; use fit temperature",
    "\u4e8c\u5143\u4ea4\u53c9\u71b5 1,0 0.8,0.3": "; use bce",  # binary cross-entropy
    "bce explain 1,0 0.8,0.3": "add --explain to the command",
    "bce grad 1,0 0.8,0.3": "; use grad bce",
    "bce help": "help: no such file; use -h",
    "bce 1,0 0.8,0.3 --gradient": "no such option: --gradient; use grad bce, grad ce or grad nll",
    "bce 1,0 0.8,0.3 --grad": "no such option: --grad; use grad bce",
    "bce 1,0 0.8,0.3 \u2014expect 0.29": "no such option: \u2014expect; use --expect",  # a word processor's dash
    "bce 1,0 0.8,0.3 \u2013q": "no such option: \u2013q; use -q",
    "bce 1,0 0.8,0.3 --q": "no such option: --q; use -q",
    "bce 1,0 0.8,0.3 --in-bits": "no such option: --in-bits; use --base 2",
    "bce two.csv --to-csv": "no such option: --to-csv; use -f csv",
    "bce two.csv -c label,old": "no such option: -c; choose columns with -y COL and -p COL",
    "bce two.csv --where old>0": "so select rows first and pipe them",
    "bce two.csv --p-value": "several models are compared with -p for each",
    "bce two.csv --confusion-matrix": f"the losses are {joined([*LOSSES], 'and')}",
    "bce two.csv --ci 95%": "write a percentage as a share, as in 0.95",
    "bce two.csv -p old --quantiles 0.5 0.9": "and PREDS is a list: '0.9'",
    "bce two.csv -t ,": "the label is chosen with -y COL, a delimiter with -d CHAR",
    "bce 1,0 0.8,0.3 -b 2": "use --base B",
    "demo": "use losscli -h",
    "bce two.csv -p old --quantiles 95": "'95' is not a number from 0 to 1, as in 0.95",
    "bce two.csv -p old --class-weight auto": "'auto' is not a list of numbers, as in 1,2",
    "ce 1 0.2 0.5 0.3": 'quote each list (PowerShell needs that always): "1" "0.2,0.5,0.3"',
    "bce 1,0 0.8,0.3 = 0.29": "to check an answer use --expect 0.29",
    "bce 1,0 0.8,0.3 --base log2": "give e (nats), 2 (bits), 10 or a number above 1",
    "fit bce two.csv label old": "choose its columns with -y LABEL -x FEATURES",
    "fit bce two.csv --intercept": "there is an intercept unless --no-intercept is given",
    "fit bce two.csv --formula label~old": "choose the columns with -y COL and -x COLS",
    "grade answers.csv key.csv": "answers.csv holds answers, not commands; KEY comes first, then ANSWERS",
    "bce p.csv": "a table needs a column of labels and one of predictions",
}


@pytest.mark.usefixtures("here")
def test_a_first_guess_is_answered_with_what_to_type() -> None:
    for name, text in {**TABLES, "xy": TABLES["two.csv"]}.items():
        write(name, text)
    for line, said in GUESSES.items():
        assert said in refusal(*line.split()), line


@pytest.mark.usefixtures("here")
def test_what_a_hint_says_to_type_works() -> None:
    write("two.csv", TABLES["two.csv"])
    assert run("bce", "two.csv", "-p", "old", "-p", "new").code == 0
    assert answer("ce", "0.5,0.5", "0.5,0.5", "--base", "2") == 1.0
    assert record("ce", "0.5,0.5", "0.4,0.6")["kl_divergence"] > 0.0
    found = record("bce", "1,0", "0.8,0.3", "--calibration")
    assert found["calibration"]["auc"] == found["accuracy"] == 1.0 and 0.0 < found["brier"] < 1.0
    assert run("ce", "0", "0.8,0.3", "--from", "logits").code == 0
    assert run("nll", "1,0", "0.8,0.3", "--focal", "2").code == 0


@pytest.mark.usefixtures("here")
def test_a_file_with_the_name_of_a_word_is_a_file() -> None:
    write("explain", "label,prob\n1,2\n")
    assert refusal("bce", "explain").startswith("explain:2: column 'prob': 2 is not a probability")
    assert "--explain" not in refusal("bce", "explain")
