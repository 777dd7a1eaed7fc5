"""What other programs call the options and commands of this one, by name without dashes. Data, and nothing else.

An entry of `OPTION_NAMES` lists what may be meant, likeliest first; what begins with an option is suggested only where
the command takes it, and a sentence anywhere. Names are in lower case, with - for _.
"""

from collections.abc import Mapping


def _spread(table: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Each of the names of a line as an entry of its own."""
    return {name: meant for names, meant in table.items() for name in names.split()}


FILE = "the answer goes to standard output, so write > FILE"
ROWS = "a part of a table comes through a pipe: head -n 101 FILE | losscli COMMAND"

OPTION_NAMES: Mapping[str, tuple[str, ...]] = _spread(
    {
        # what comes out
        "json j": ("-f json",),
        "jsonl ndjson json-lines": ("-f json",),
        "csv": ("-f csv",),
        "tsv": ("-f tsv",),
        "md markdown": ("-f md",),
        "table pretty human": ("-f table",),
        "output-format fmt out-format type": ("-f json",),
        "output out o out-file outfile output-file write to": ("--predict FILE", FILE),
        "save-as export svg html": ("--save FILE", FILE),
        "verbose v vv debug details full": ("--explain",),
        "silent s brief bare short raw-number value-only no-header-row": ("-q",),
        "precision round decimals float-format sig-figs significant": ("--digits N",),
        "color colour no-color no-colour colors": ("colours are for terminals alone; NO_COLOR=1 turns them off",),
        # what the predictions are
        "logits logit from-logits raw raw-scores margin margins z input-logits softmax sigmoid": ("--from logits",),
        "probs probabilities probability from-probs": ("--from probs", "-p COL"),
        "logprobs log-probs logprob log-proba log-probabilities from-logprobs logp": ("--from logprobs",),
        "scale input-type activation link": ("--from logits",),
        # columns
        "target targets y-true y label-col label-column label-name labels truth true actual actuals gold "
        "ground-truth outcome expected-col class-col t": ("-y COL",),
        "pred preds prediction predictions predicted y-pred y-prob y-proba y-score y-hat yhat proba prob-col "
        "score scores score-col pred-col prediction-column p-col predict-proba probas": ("-p COL",),
        "weights sample-weight sample-weights weight-col w-col case-weights": ("-w COL",),
        "columns cols select use-cols usecols fields": ("-y COL and -p COL choose columns", "-y COL"),
        "x-cols xs predictors covariates inputs regressors independent": ("-x COLS",),
        "model models": ("-p COL",),
        "on join merge merge-on id ids id-col index index-col row-id match": ("--key COL",),
        "how left inner outer": ("--unmatched drop",),
        "group-by groupby group groups by-group slice slices segment segments per stratify": ("--by COLS",),
        "top n-worst hardest largest bottom top-k topk head-worst": ("--worst N",),
        # reading
        "sep delim separator field-separator field-sep fs ifs delimiters": ("-d CHAR",),
        "tabs tab": ("-d tab",),
        "no-header-line no-headers noheader headerless skip-header": ("--no-header",),
        "headers header-line has-header": ("--header",),
        "charset codec file-encoding": ("--encoding NAME",),
        "na-values null nulls null-values missing missing-values na-rm dropna drop-na skipna skip-na drop-missing "
        "nan ignore-missing": ("--na drop",),
        "input in file data i input-file dataset path from-file csv-file source": (
            "the table stands by itself: losscli COMMAND FILE",
        ),
        "nrows n-rows rows limit head max-rows sample n-samples": (ROWS,),
        "glob recursive": ("quote a glob: losscli COMMAND 'part-*.csv'",),
        "stdin": ("standard input is read where no table is named, or for -",),
        # mathematics
        "clip epsilon clip-eps clipping clamp clip-prob clip-probs min-prob tiny tol-prob floor": ("--eps X",),
        "label-smoothing smooth ls alpha-smoothing": ("--smoothing S",),
        "gamma focal-gamma focal-loss": ("--focal GAMMA",),
        "reduce agg aggregate aggregation size-average": ("-r HOW",),
        "sum total": ("-r sum",),
        "mean avg average batchmean": ("-r mean",),
        "none per-row per-sample rowwise row-wise elementwise element-wise each unreduced losses": ("-r none",),
        "bits log2 bit binary-log shannon": ("--base 2",),
        "nats nat ln natural natural-log": ("--base e",),
        "log10 dits hartleys": ("--base 10",),
        "log-base logarithm unit units log": ("--base B",),
        "torch pytorch": ("--like torch",),
        "keras tensorflow tf": ("--like keras",),
        "sklearn scikit-learn scikit": ("--like sklearn",),
        "convention conventions backend framework library compat": ("--like LIBRARY",),
        "positive-weight scale-pos-weight positive-class-weight": ("--pos-weight C",),
        "class-weights cw balanced": ("--class-weight W1,W2,..",),
        "ignore-index ignore-label pad padding pad-index skip-label mask": ("--ignore LABEL",),
        "pos-label pos positive-label positive-class pos-class": ("--positive LABEL",),
        "class-names classnames categories class-order label-names names n-classes num-classes": ("--classes A,B,C",),
        "normalise rescale renormalize renorm norm": ("--normalize",),
        # answers
        "assert answer check-answer solution verify compare test-answer expected": ("--expect X",),
        "atol rtol tol tolerances error-margin within": ("--tolerance T",),
        "hide hidden no-answer blind": ("--hide-answer",),
        "show-work work steps-shown derivation why how-to show-steps": ("--explain",),
        "threshold max max-loss fail fail-over fail-if-above limit-loss gate below must-be-below": ("--fail-above X",),
        "fail-worse no-worse regression-test non-inferior": ("--fail-if-worse",),
        "confidence confidence-level conf conf-level interval intervals ci-level bootstrap": ("--ci LEVEL",),
        "bins n-bins nbins reliability ece calibrate calibration-curve": ("--calibration",),
        "quantile percentile percentiles median": ("--quantiles Q,..",),
        "chart graph figure hist histogram viz picture draw": ("--plot",),
        "n-jobs jobs workers num-threads nthreads parallel cores cpus processes": ("--threads N",),
        "dask scheduler": ("--cluster ADDRESS",),
        "seed random-state random-seed rng": ("--seed N", "nothing is random here, so there is nothing to seed"),
        # gradients and regressions
        "with-respect-to respect-to derivative-of by-logits": ("--wrt logits",),
        "gradcheck grad-check finite-differences": ("--check",),
        "numeric numerical finite-difference": ("--method numeric",),
        "analytic analytical exact": ("--method analytic",),
        "h delta dx": ("--step H",),
        "params parameters coef coefs coefficients beta betas init start": ("--theta LIST",),
        "features feature-cols feature-columns": ("-x COLS",),
        "intercept fit-intercept no-bias bias without-intercept": ("--no-intercept",),
        "learning-rate eta rate step-size": ("--lr RATE",),
        "epochs iterations iters max-iter n-iter maxiter num-steps max-steps": ("--steps N",),
        "solver optimizer optimiser algorithm": ("--method HOW",),
        "newton irls": ("--method newton",),
        "penalty ridge weight-decay regularization regularisation lambda c": ("--l2 L",),
        "standardise normalize-features scale-features zscore z-score": ("--standardize",),
        "test-split validation-split val-split split holdout test-fraction": ("--test-size F",),
        "valid validation val test-file validation-data eval": ("--test FILE",),
        "predictions-file save-predictions fitted": ("--predict FILE",),
        "tolerance-loss stop early-stopping": ("--tol T",),
        # the program
        "version": ("losscli --version says which version this is",),
        "usage man ? doc docs examples": ("-h",),
    }
)

BOTH = "use bce for two classes, ce for several"

COMMAND_NAMES: Mapping[str, str] = {
    name: meant
    for names, meant in {
        "logloss crossentropy xent crossentropyloss entropy loss lossvalue": BOTH,
        "bceloss binary binarycrossentropy binarylogloss sigmoid binaryloss": "use bce",
        "bcewithlogits bcewithlogitsloss binarycrossentropywithlogits": "use bce --from logits",
        "categorical categoricalcrossentropy sparsecategoricalcrossentropy cce multiclass softmax mlogloss": "use ce",
        "nllloss loglikelihood likelihood negativeloglikelihood loglik perplexity ppl": "use nll",
        "gradient gradients derivative derivatives gradcheck backward backprop diff jacobian": (
            "use grad bce, grad ce or grad nll"
        ),
        "logistic logisticregression logreg logit": "use fit bce",
        "softmaxregression multinomial multinomiallogistic": "use fit ce",
        "regression train learn regress model optimize sgd gd newton": "use fit bce or fit ce",
        "version": "use losscli --version",
        "usage man info examples": "use losscli -h",
        "brier auc accuracy f1 mse mae metrics score": "the losses are bce, ce and nll",
    }.items()
    for name in names.split()
}
