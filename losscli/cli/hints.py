"""What to type instead: names that other programs use for options and commands, then the nearest spelling.

Names are those of scikit-learn, torch, Keras, csvkit, xsv, DuckDB, pandas and common sense, in lower case. An entry of
`OPTION_NAMES` lists what may be meant, likeliest first: what begins with an option is suggested only where the command
has it, and a sentence anywhere. What a loss is called elsewhere stands in its entry (losses/table.py).
"""

import os
import re
from collections.abc import Mapping, Sequence
from itertools import takewhile

from losscli.cli.commands import COMMANDS, DASHES, GROUPS, Command, first_words, no_such_option, within
from losscli.data.cells import number
from losscli.enums import Form
from losscli.errors import nearest, shown, word_list
from losscli.losses.table import LOSSES, NO_LOSSES
from losscli.shell import quoted

COLUMNS = "choose columns with -y COL and -p COL"
FILE = "the answer goes to standard output, so write > FILE"
ROWS = "to read the first rows of a table, use a pipe: head -n {lines} FILE | losscli COMMAND"

PREFIX = re.compile("^(?:to|as|in|with|use|set|show|print|add|is|do|the)-")  # --to-csv, --in-bits, --with-weights

OPTION_NAMES: Mapping[str, tuple[str, ...]] = {
    name: meant
    for names, meant in {
        # what comes out
        "json j jsonl ndjson json-lines": ("-f json",),
        "csv excel": ("-f csv",),
        "tsv": ("-f tsv",),
        "md markdown": ("-f md",),
        "table pretty human": ("-f table",),
        "output-format fmt out-format type": ("-f json",),
        "output out o out-file outfile output-file write to": ("--predict FILE", FILE),
        "save-as export svg html png": ("--save FILE", FILE),
        "verbose v vv debug details full 解释 步骤": ("--explain",),
        "silent s brief bare short raw-number value-only no-header-row": ("-q",),
        "precision round decimals float-format sig-figs significant": ("--digits N",),
        "color colour no-color no-colour colors": ("colours are used on terminals only; NO_COLOR=1 turns them off",),
        # what the predictions are
        "logits logit from-logits with-logits raw raw-scores margin margins z input-logits softmax sigmoid": (
            "--from logits",
        ),
        "probs probabilities probability from-probs": ("--from probs", "-p COL"),
        "logprobs log-probs logprob log-proba log-probabilities from-logprobs logp": ("--from logprobs",),
        "scale input-type activation link": ("--from logits",),
        # columns
        "target targets y-true y label-col label-column label-name labels truth true actual actuals gold "
        "ground-truth outcome expected-col class-col 标签": ("-y COL",),
        "t": ("the label is chosen with -y COL, a delimiter with -d CHAR", "-y COL"),
        "pred preds prediction predictions predicted y-pred y-prob y-proba y-score y-hat yhat proba prob-col "
        "score scores score-col pred-col prediction-column p-col predict-proba probas 概率 预测": ("-p COL",),
        "weights sample-weight sample-weights weight-col w-col case-weights 权重": ("-w COL",),
        "columns cols select use-cols usecols fields col": (COLUMNS,),
        "formula": ("choose the columns with -y COL and -x COLS",),
        "x-cols xs predictors covariates inputs regressors independent": ("-x COLS",),
        "model models": ("-p COL",),
        "on join merge merge-on id ids id-col index index-col row-id match": ("--key COL",),
        "how left inner outer": ("--unmatched drop",),
        "group-by groupby group groups by-group slice slices segment segments per stratify": ("--by COLS",),
        "top n-worst hardest largest bottom top-k topk head-worst": ("--worst N",),
        "where filter query condition subset exclude include": (
            "every row counts, so select rows first and pipe them: SELECT ROWS | losscli COMMAND",
        ),
        # reading
        "sep delim separator field-separator field-sep fs ifs delimiters": ("-d CHAR",),
        "tabs tab": ("-d tab",),
        "no-header-line no-headers noheader headerless skip-header": ("--no-header",),
        "headers header-line has-header": ("--header",),
        "charset codec file-encoding": ("--encoding NAME",),
        "na-values null nulls null-values missing missing-values na-rm dropna drop-na skipna skip-na drop-missing "
        "nan ignore-missing": ("--na drop",),
        "input in file data i input-file dataset path from-file csv-file source": (
            "the file needs no option: losscli COMMAND FILE",
        ),
        "n nrows n-rows rows limit head max-rows sample n-samples": (ROWS,),
        "glob recursive": ('quote a glob: losscli COMMAND "part-*.csv"',),
        "sheet sheet-name worksheet workbook xlsx": ("save the sheet as a file of CSV and give that",),
        "stdin": ("losscli reads standard input when no table is given, or for -",),
        # mathematics
        "clip epsilon clip-eps clipping clamp clip-prob clip-probs min-prob tiny tol-prob floor": ("--eps X",),
        "label-smoothing smooth ls alpha-smoothing": ("--smoothing S",),
        "gamma focal-gamma focal-loss": ("--focal GAMMA",),
        "reduce agg aggregate aggregation size-average": ("-r HOW",),
        "sum total": ("-r sum",),
        "mean avg average batchmean": ("-r mean",),
        "none per-row per-sample rowwise row-wise elementwise element-wise each unreduced losses": ("-r none",),
        "bits log2 bit binary-log shannon": ("--base 2",),
        "b 底 底数": ("--base B", "--batch N"),
        "nats nat ln natural natural-log": ("--base e",),
        "log10 dits hartleys": ("--base 10",),
        "log-base logarithm unit units log": ("--base B",),
        "torch pytorch": ("--like torch",),
        "keras tensorflow tf": ("--like keras",),
        "sklearn scikit-learn scikit": ("--like sklearn",),
        "convention conventions backend framework library compat": ("--like LIBRARY",),
        "positive-weight scale-pos-weight positive-class-weight": ("--pos-weight C",),
        "class-weights cw balanced": ("--class-weight WEIGHTS",),
        "ignore-index ignore-label pad padding pad-index skip-label mask": ("--ignore LABEL",),
        "pos-label pos positive-label positive-class pos-class": ("--positive LABEL",),
        "class-names classnames categories class-order label-names names n-classes num-classes": ("--classes A,B,C",),
        "normalise rescale renormalize renorm norm": ("--normalize",),
        # answers
        "e assert answer check-answer solution verify compare test-answer expected 答案": ("--expect X",),
        "atol rtol tol tolerances error-margin within": ("--tolerance T",),
        "hide hidden no-answer blind": ("--hide-answer",),
        "show-work work steps-shown derivation why how-to show-steps step-by-step": ("--explain",),
        "max max-loss fail fail-over fail-if-above limit-loss gate below must-be-below": ("--fail-above X",),
        "threshold cutoff cut-off": ("the loss needs no threshold; --fail-above X sets a limit for the loss",),
        "fail-worse no-worse regression-test non-inferior": ("--fail-if-worse",),
        "p-value pvalue p-values significance t-test ttest paired vs versus": (
            "several models are compared with -p for each, as in -p old -p new",
        ),
        "confidence confidence-level conf conf-level interval intervals ci-level bootstrap": ("--ci LEVEL",),
        "bins n-bins nbins": ("--calibration BINS",),
        "reliability ece calibrate calibration-curve": ("--calibration",),
        "quantile percentile percentiles median": ("--quantiles Q",),
        "chart graph figure hist histogram viz picture draw": ("--plot",),
        "n-jobs jobs workers num-threads nthreads parallel cores cpus processes": ("--threads N",),
        "dask scheduler": ("--cluster ADDRESS",),
        "seed random-state random-seed rng": ("--seed N", "nothing is random here, so there is nothing to seed"),
        # gradients and regressions
        "with-respect-to respect-to derivative-of by-logits": ("--wrt logits",),
        "gradcheck grad-check finite-differences": ("--check",),
        "numeric numerical finite-difference": ("--method numeric",),
        "analytic analytical exact": ("--method analytic",),
        "h": ("--step H", "-h"),
        "delta dx": ("--step H",),
        "params parameters coef coefs coefficients beta betas init start": ("--theta LIST",),
        "features feature-cols feature-columns": ("-x COLS",),
        "intercept fit-intercept bias": ("there is an intercept unless --no-intercept is given",),
        "no-bias without-intercept": ("--no-intercept",),
        "learning-rate eta rate step-size": ("--lr RATE",),
        "epochs iterations iters max-iter n-iter maxiter num-steps max-steps": ("--steps N",),
        "solver optimizer optimiser algorithm": ("--method HOW",),
        "newton irls": ("--method newton",),
        "penalty ridge weight-decay regularization regularisation lambda": ("--l2 L",),
        "c": ("--l2 L", COLUMNS),
        "standardise normalize-features scale-features zscore z-score": ("--standardize",),
        "test-split validation-split val-split split holdout test-fraction": ("--test-size F",),
        "valid validation val test-file validation-data eval": ("--test FILE",),
        "predictions-file save-predictions fitted": ("--predict FILE",),
        "tolerance-loss stop early-stopping": ("--tol T",),
        # the program
        "version": ("use losscli --version",),
        "help usage man ? doc docs examples 帮助": ("-h",),
    }.items()
    for name in names.split()
}


# Commands that are none of a loss; {losses}, {grads} and {fits} stand for those that there are.
COMMAND_NAMES: Mapping[str, str] = {
    name: meant
    for names, meant in {
        "gradient gradients derivative derivatives gradcheck backward backprop diff jacobian 梯度": "use {grads}",
        "regression train learn regress model optimize sgd gd newton": "use {fits}",
        "predict predictions": "a fit predicts: losscli fit bce TABLE -y COL -x COLS --predict FILE",
        "calibrate scaling": "use fit temperature",
        "version": "use losscli --version",
        "usage man info examples example demo tutorial list commands /?": "use losscli -h",
        "帮助": "use losscli help zh",
        "check verify expect 检查": "add --expect X to the command, as in losscli bce preds.csv --expect X",
        "explain show work steps": "add --explain to the command, as in losscli bce preds.csv --explain",
        "compare": "give -p for each model, as in losscli bce FILE -p old -p new",
        "metrics score evaluate eval run loss losses compute calc calculate": "the losses are {losses}",
    }.items()
    for name in names.split()
}


def unknown_option(command: Command, token: str, value: str) -> str:
    """The message for an option that the command doesn't have; `value` is the argument behind it."""
    flag, joined, own = token.partition("=")
    count = own if joined else value
    instead = _instead(flag, command).replace("{lines}", str(int(count) + 1) if count.isdigit() else "101")
    if (
        instead in ("use -y COL", "use -p COL")
        and "," in count
        and number(count.split(",")[0].strip("[( ")) is not None
    ):
        instead = "lists need no option: LABELS first, then PREDS"
    return f"{no_such_option(token)}; {instead}"


def unknown_command(args: Sequence[str]) -> str:
    """The message for arguments that begin with no command."""
    word = args[0]
    if word in GROUPS:
        return _lacking(word, args[1:])
    if word.startswith("-") and word != "-":
        later = next((arg for arg in args if (arg,) in COMMANDS or arg in GROUPS), None)
        if later is not None:
            flag = shown(word.partition("=")[0])[1:-1]
            return f"{flag} goes after the command, as in losscli {later} {flag}"
        return f"{no_such_option(word)}; -h shows help"
    instead = _command_instead(word)
    if instead:
        return f"no such command: {shown(word)}; {instead}"
    if os.path.exists(word) or any(mark in word for mark in ",;[./") or word[:1].isdigit() or word == "-":
        example = f"losscli {first_words()[0]} {_data(args, COMMANDS[first_words()[0],])}"
        return f"choose a command for {shown(word)}: {', '.join(first_words())}; as in {example}"
    return f"no such command: {shown(word)}; the commands are {', '.join(first_words())}"


def stray_word(command: Command, word: str) -> str:
    """The message for a word in the place of data, as in `bce explain 1,0 0.8,0.3`."""
    if os.path.exists(word):
        return ""
    return _meant(word.lower(), command) or ("use -h" if "-h" in OPTION_NAMES.get(word.lower(), ()) else "")


def _data(args: Sequence[str], command: Command) -> str:
    """The data that a command line begins with, as many arguments as the command takes."""
    most = max(len(words.split()) for words, _ in command.positionals)
    return " ".join(map(quoted, [args[0], *takewhile(lambda arg: not arg.startswith("-"), args[1:most])]))


def _instead(flag: str, command: Command) -> str:
    name = flag.strip(f"-{DASHES}").replace("_", "-").lower()
    own = command.flags
    for same in (f"--{name}", f"-{name}"):
        if same in own:
            return f"use {same}"
    for text in OPTION_NAMES.get(name) or OPTION_NAMES.get(PREFIX.sub("", name), ()):
        if not text.startswith("-"):
            return text
        flag, _, value = text.partition(" ")
        words = own[flag].words if flag in own else ()
        if text == "-h" or (flag in own and (not words or value.isupper() or value in words)):
            return f"use {text}"
    if any(name.upper() in words.split() for words, _ in command.positionals):
        return f"{name.upper()} needs no option, as in {command.examples[0]}"
    others = [" ".join(other.words) for other in COMMANDS.values() if f"--{name}" in other.flags]
    if others:
        return f"{' and '.join(others[:2])} {'have' if others[1:] else 'has'} it"
    meant = _meant(name.replace("-", ""), command)
    if meant:
        return meant
    near = nearest(f"--{name}", [long for long in own if long.startswith("--")], 2)
    return f"did you mean {' or '.join(near)}?" if near else f"{command.name} -h lists them"


def _command_instead(word: str) -> str:
    name = word.replace("_", "-").lower()
    if (name,) in COMMANDS or name in GROUPS:
        return f"did you mean {name}?"
    text = _meant(name.rpartition(".")[2].replace("-", ""))  # nn.BCELoss and F.cross_entropy too
    if text:
        return text
    near = nearest(name, [words[0] for words in COMMANDS])
    return f"did you mean {near[0]}?" if near else ""


def _meant(name: str, behind: Command | None = None) -> str:
    """What another program's name for a command means here, or a command's own name that stands behind another."""
    if behind is not None and (name, behind.words[0]) in COMMANDS:
        return f"use {name} {behind.words[0]}"
    whole = next((words for words in COMMANDS if words[1:] == (name,) and (name,) not in COMMANDS), None)
    if whole is not None:
        return f"use {' '.join(whole)}"
    losses = [
        (loss, f"{loss.name} {options}".strip())
        for loss in LOSSES.values()
        for names, options in loss.aliases.items()
        if name in names.split()
    ]
    if len(losses) > 1:
        of = {frozenset({Form.BINARY}): " for two classes", frozenset({Form.CATEGORICAL}): " for several"}
        return f"use {', '.join(words + of.get(frozenset(loss.kernels), '') for loss, words in losses)}"
    if losses:
        return f"use {losses[0][1]}"
    for names, text in NO_LOSSES.items():
        if name in names.split():
            return text
    fits = [f"fit {loss.name}" for loss in LOSSES.values() if loss.regression and name in _names_of(loss.regression)]
    if fits:
        return f"use {fits[0]}"
    every = {
        "losses": word_list(list(LOSSES), "and"),
        "grads": word_list([f"grad {word}" for word in within("grad")]),
        "fits": word_list([f"fit {word}" for word in within("fit") if word in LOSSES]),
    }
    return COMMAND_NAMES.get(name, "").format(**every)


def _names_of(regression: str) -> tuple[str, ...]:
    """The names of a regression."""
    return regression, f"{regression}regression", *REGRESSIONS.get(regression, ())


REGRESSIONS = {"logistic": ("logreg", "logit", "逻辑回归"), "softmax": ("multinomial", "multinomiallogistic")}


def _lacking(group: str, rest: Sequence[str]) -> str:
    """The message for a group without one of its commands."""
    words = within(group)
    if not rest:
        return f"choose a loss: {', '.join(words)}; as in {COMMANDS[group, words[0]].examples[0]}"
    word = rest[0].replace("_", "-").lower()
    near = [word] if word in words else nearest(word, words)
    if near:
        return f"no loss {shown(rest[0])}; did you mean {group} {near[0]}?"
    meant = _meant(word.replace("-", ""))
    if meant.startswith("use "):
        other = meant.removeprefix("use ")
        return f"no loss {shown(rest[0])}; use {f'{group} {other}' if other.split()[0] in LOSSES else other}"
    example = f"losscli {group} {words[0]} {_data(rest, COMMANDS[group, words[0]])}"
    return f"choose a loss for {shown(rest[0])}: {', '.join(words)}; as in {example}"
