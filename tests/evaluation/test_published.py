"""Figures that other people published, and figures that other programs answer: each a literal with its source."""

import math
import shlex

import pytest
from conftest import DATA, answer, record, run

from losscli.enums import Like


def a_unit(text: str) -> float:
    """A unit of the last digit of a published figure; some are rounded and some are cut."""
    mantissa, _, exponent = text.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


# --- documentation and test suites of libraries, to the digits that they print ----------------------------------------

SPAM = "--classes ham,spam spam,ham,ham,spam"
KERAS_ROWS = "0.9,0.05,0.05;0.5,0.89,0.6;0.05,0.01,0.94"
KERAS_LOGITS = "8,1,1;0,9,1;2,3,5"
FOCAL_LOGITS = "1.5,-2.7,2.9;-3.8,1.2,-4.5"
OPTAX = "'10,1,-2;1,4,0.2'"

PUBLISHED = [
    # scikit-learn, docstring of sklearn.metrics.log_loss ("0.21616...")
    (f"ce {SPAM} '.1,.9;.9,.1;.8,.2;.35,.65'", "0.2161619"),
    (f"ce --like sklearn {SPAM} '.1,.9;.9,.1;.8,.2;.35,.65'", "0.2161619"),
    # scikit-learn, metrics/tests/test_classification.py, test_log_loss
    ("ce 1,0,2 '.2,.7,.1;.6,.2,.2;.6,.1,.3'", "0.6904911"),
    ("ce 1,0,2,1,0,2 '.2,.7,.1;.6,.2,.2;.6,.1,.3;.2,.7,.1;.6,.2,.2;.6,.1,.3' -r sum", "4.142947"),
    ("ce --classes ham,spam ham,spam,spam,ham '.3,.7;.6,.4;.4,.6;.7,.3'", "0.7469410"),
    # the same in version 1.2, which rescaled rows to sum to 1
    ("ce --normalize --classes ham,spam ham,spam,spam,ham '.2,.7;.6,.5;.4,.1;.7,.2'", "1.0383217"),
    ("ce --normalize --classes 1,2,3 1,2,2 '.2,.7,.3;.6,.5,.3;.3,.9,.1'", "1.0630345"),
    # Keras 3, documentation of BinaryCrossentropy
    ("bce '0,1;0,0' '.6,.4;.4,.6'", "0.815"),
    ("bce --like keras '0,1;0,0' '.6,.4;.4,.6' -w 1,0", "0.458"),
    ("bce --from logits 0,1,0,0 -18.6,0.51,2.94,-12.8", "0.865"),
    ("bce --from logits '0,1;0,0' '-18.6,0.51;2.94,-12.8'", "0.865"),
    ("bce --like keras --from logits '0,1;0,0' '-18.6,0.51;2.94,-12.8' -w 0.8,0.2", "0.243"),
    # Keras 3, documentation of BinaryFocalCrossentropy
    ("bce --focal 2 --from logits 0,1,0,0 -18.6,0.51,2.94,-12.8", "0.691"),
    # Keras 3, documentation of CategoricalCrossentropy and SparseCategoricalCrossentropy
    ("ce '0,1,0;0,0,1' '.05,.95,0;.1,.8,.1'", "1.177"),
    ("ce 1,2 '.05,.95,0;.1,.8,.1'", "1.177"),
    ("ce --like keras 1,2 '.05,.95,0;.1,.8,.1' -w 0.3,0.7", "0.814"),
    ("ce 1,2 '.05,.95,0;.1,.8,.1' -r sum", "2.354"),
    # Keras 3, losses_test.py: BinaryCrossentropyTest
    ("bce '1,0,0;0,1,0;0,0,1' '.9,.1,.2;.3,.8,.1;.1,.2,.7'", "0.200469"),
    ("bce --like keras --from logits '1,0,1;0,1,1' '10,-10,10;10,10,-10' -w 4,3", "10.000"),
    ("bce --from logits --smoothing 0.1 1,0,1 10,-10,-10", "3.50005"),  # (10 + 5 * 0.1) / 3, without e^-10
    # Keras 3, losses_test.py: CategoricalCrossentropyTest, whose rows do not sum to 1
    (f"ce --like keras 0,1,2 '{KERAS_ROWS}'", "0.3239"),
    (f"ce --like keras 0,1,2 '{KERAS_ROWS}' -w 2.3,2.3,2.3", "0.745"),
    (f"ce --like keras 0,1,2 '{KERAS_ROWS}' -w 1.2,3.4,5.6", "1.0696"),
    (f"ce --from logits 0,1,2 '{KERAS_LOGITS}'", "0.0573"),
    (f"ce --like keras --from logits 0,1,2 '{KERAS_LOGITS}' -w 2.3,2.3,2.3", "0.132"),
    (f"ce --like keras --from logits 0,1,2 '{KERAS_LOGITS}' -w 1.2,3.4,5.6", "0.31829"),
    ("ce --from logits --smoothing 0.1 0 '100,-100,-100'", "13.33333"),  # 400 * 0.1 / 3
    ("ce --from logits --ignore -1 -1,2 '0.854,0.698,0.598;0.088,0.86,0.018'", "1.480129"),
    # Keras 3, losses_test.py: BinaryFocalCrossentropyTest
    ("bce --focal 2 1,0,1,0 .9,.8,.7,.2", "0.268"),
    (f"bce --focal 3 --from logits '1,1,0;0,1,0' '{FOCAL_LOGITS}'", "0.799"),
    ("bce --focal 2 --like keras '1,0;1,0' '.9,.8;.7,.2' -w 1.2,3.4", "0.344"),
    (f"bce --focal 3 --like keras --from logits '1,1,0;0,1,0' '{FOCAL_LOGITS}' -w 1.2,3.4", "0.960"),
    # MindSpore, documentation of SoftmaxCrossEntropyWithLogits (the mean of 0.5899297 and 0.52374405)
    ("ce --from logits '0,0,0,0,1;0,0,0,1,0' '2,4,1,4,5;2,1,2,4,3'", "0.5568369"),
    # optax, losses/_classification_test.py: SigmoidCrossEntropyTest
    ("bce --from logits 1,0 -1e9,-1e-9", "5e8"),
    ("bce --from logits 0,1 -1e9,-1e-9", "0.3465736"),
    ("bce --from logits 1,0 1e9,1e-9", "0.3465736"),
    ("bce --from logits 0,1 0,0", "0.6931472"),
    # optax, losses/_classification_test.py: PolyLossTest with epsilon 0, labels that sum to 1
    ("ce --from logits .1,.15,.2,.25,.3 0.14,1.456,2.356,-0.124,-2.47", "2.8990"),
    # optax, docstring of softmax_cross_entropy_with_integer_labels, over 12 classes
    ("ce --from logits 5 0,1,2,3,4,5,6,7,8,9,10,11", "6.4587"),
    ("ce --from logits 11 12,13,14,15,16,17,18,19,20,21,22,23", "0.4587"),
    # XGBoost, tests/cpp/metric/test_elementwise_metric.h: VerifyLogLoss
    ("bce 0,0,1,1 .1,.9,.1,.9", "1.2040"),
    ("bce 0,0,1,1 .1,.9,.1,.9 -w 1,2,9,8", "1.3138"),
    ("bce 0,1 0,1", "0.0000000000"),
    # XGBoost, tests/cpp/metric/test_multiclass_metric.h: rows that do not sum to 1; -ln 1e-16
    ("ce 0,1,2 '.1,.1,.1;.1,.1,.1;.1,.1,.1'", "2.3026"),
    ("ce 0,1 '.8,.2;.6,.4' -w 1,3", "0.743004"),  # (-ln 0.8 - 3 ln 0.4) / 4
    ("ce 0 --eps 1e-16 0,1", "36.84136"),
    # yardstick, tests/testthat/test-prob-mn_log_loss.R: three classes, issue 29, issue 103
    ("ce --classes A,B,C A,A,A,B,B,C '1,0,0;.8,.05,.15;.51,.29,.2;.1,.8,.1;.2,.6,.2;.3,.3,.4'", "0.424458"),
    ("ce --classes No,Yes Yes,No '0.860384856004899,0.139615143995101;1,0'", "0.9844328"),
    ("ce --like sklearn --classes No,Yes Yes,No,Yes '0.860384856004899,0.139615143995101;1,0;1,0'", "12.6708396674"),
    ("bce --like sklearn 1,0,1 .5,.5,0", "12.476649250"),
    ("bce --like sklearn 1,0,0 .5,.5,1", "12.476649250"),
    # Wikipedia, "Logistic regression", hours of study: the log-likelihood is -8.02988, of the null model -13.8629
    (
        "bce -r sum --from logits 0,0,0,0,0,0,1,0,1,0,1,0,1,0,1,1,1,1,1,1"
        " -3.3254,-2.94925,-2.5731,-2.19695,-1.8208,-1.44465,-1.44465,-1.0685,-0.69235,-0.3162,0.05995,0.4361,"
        "0.81225,1.1884,1.94070,2.31685,2.693,3.06915,3.4453,4.1976",
        "8.0299",
    ),
    ("bce -r sum 0,0,0,0,0,0,1,0,1,0,1,0,1,0,1,1,1,1,1,1 " + ",".join(["0.5"] * 20), "13.8629"),
]


@pytest.mark.parametrize(("command", "figure"), PUBLISHED)
def test_a_published_figure_is_met_to_its_last_digit(command: str, figure: str) -> None:
    found = answer(*shlex.split(command))

    assert abs(found - float(figure)) <= a_unit(figure)


PUBLISHED_ROWS = [
    # Keras 3, losses_test.py: test_no_reduction
    (f"ce --from logits 0,1,2 '{KERAS_LOGITS}'", ["0.001822", "0.000459", "0.169846"]),
    # Keras 3, documentation of SparseCategoricalCrossentropy
    ("ce 1,2 '.05,.95,0;.1,.8,.1'", ["0.0513", "2.303"]),
    # optax, docstring of softmax_cross_entropy
    ("ce --from logits '1,0,0;0,1,0' '1.2,-.8,-.5;.9,-1.2,1.1'", ["0.2761", "2.9518"]),
    # optax, losses/_classification_test.py: SafeSoftmaxCrossEntropyTest
    (
        "ce --from logits '0,1,0;1,0,0;0,.5,.5;.4,.3,.3;0,1,0' '10,1,-2;1,4,.2;-inf,0,0;-inf,0,0;-inf,0,-inf'",
        ["9.00013", "3.069673", "0.693147", "inf", "0.0000000000000"],
    ),
    (f"ce --from logits 1,0 {OPTAX}", ["9.00013", "3.069673"]),
    # optax, losses/_classification_test.py: PolyLossTest.test_batched with epsilon 0
    ("ce --from logits '1,0,0;0,.8,.2' '4,2,1;0,5,1'", ["0.1698", "0.8247"]),
    # MindSpore, documentation of SoftmaxCrossEntropyWithLogits
    ("ce --from logits '0,0,0,0,1;0,0,0,1,0' '2,4,1,4,5;2,1,2,4,3'", ["0.58993", "0.523744"]),
]


@pytest.mark.parametrize(("command", "figures"), PUBLISHED_ROWS)
def test_published_losses_of_rows_are_met_to_their_last_digit(command: str, figures: list[str]) -> None:
    result = run(*shlex.split(command), "-r", "none", "-q")

    found = list(map(float, result.out.split()))
    assert len(found) == len(figures)
    for value, figure in zip(found, figures, strict=True):
        assert value == float(figure) or abs(value - float(figure)) <= a_unit(figure)


# Greene, "Econometric Analysis", the Spector and Mazzeo data: Logit log-likelihood -12.88963, constant only -20.59173,
# pseudo R2 0.3740. The predictions and all digits are those of statsmodels 0.15, Logit(spector.endog, exog).fit().
SPECTOR_LABELS = "0,0,0,0,1,0,0,0,0,1,0,0,0,1,0,0,0,0,0,1,0,1,0,0,1,1,1,0,1,1,0,1"
SPECTOR_PROBS = (
    "0.02657799387035459,0.059501254982424576,0.18725993218892187,0.025901636260349484,0.5698929510139882,"
    "0.034858268483112145,0.026504056688722456,0.05155899891688826,0.11112665567000965,0.6935113095906815,"
    "0.024470370684501433,0.1899974364601184,0.32223955214495376,0.1932111636859413,0.3609899175790279,"
    "0.030183754021788557,0.05362641236982968,0.03858833538838564,0.5898724947884872,0.6607858365703946,"
    "0.061375849364999735,0.9048472721715554,0.2417724497412424,0.8520908853688354,0.8382905096281121,"
    "0.4811330362532047,0.6354205894822592,0.3072186553284864,0.8417041259897208,0.9453402540308093,"
    "0.5291172005424551,0.11103084073943666"
)


def test_likelihoods_and_mcfaddens_r2_are_those_of_greene_and_statsmodels() -> None:
    found = record("nll", SPECTOR_LABELS, SPECTOR_PROBS)

    assert found["log_likelihood"] == pytest.approx(-12.889634222131415, rel=1e-12, abs=0)
    assert found["baseline"] * found["n"] == pytest.approx(20.591729696634204, rel=1e-12, abs=0)
    assert 1 - found["normalized"] == pytest.approx(0.3740382953726187, rel=1e-10, abs=0)


@pytest.mark.parametrize(
    ("labels", "rows", "d2"),
    [
        # scikit-learn, docstring of d2_log_loss_score and its user guide; the digits are those of version 1.9.1
        ("0,1,2", ".98,.01,.01;.01,.98,.01;.01,.01,.98", 0.9816107033155327),
        ("0,1,2", ".1,.6,.3;.1,.6,.3;.4,.5,.1", -0.5522600230988988),
    ],
)
def test_one_minus_normalized_is_the_d2_of_scikit_learn(labels: str, rows: str, d2: float) -> None:
    found = record("ce", labels, rows)

    assert 1 - found["normalized"] == pytest.approx(d2, rel=1e-12, abs=0)


# --- the project's own reference data ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "figure"),
    [
        (("bce", DATA / "breast_cancer.csv"), 0.0812711037772998),
        (("bce", DATA / "breast_cancer_logits.csv", "--from", "logits"), 0.0812711037772998),
        (("ce", DATA / "iris.csv", "-y", "species"), 0.150357204368514),
        (("ce", DATA / "digits.csv"), 0.245686516207939),
        (("ce", DATA / "digits_naive_bayes.csv", "--eps", "2.220446049250313e-16"), 4.00484306578412),
        (("ce", DATA / "digits_naive_bayes.csv", "--like", "sklearn"), 4.00484306578412),
    ],
)
def test_the_reference_tables_give_their_reference_losses(args: tuple[str, ...], figure: float) -> None:
    assert answer(*args) == pytest.approx(figure, rel=1e-13, abs=0)


def test_a_certain_miss_in_the_reference_table_is_infinite_and_said() -> None:
    found = record("ce", DATA / "digits_naive_bayes.csv")

    assert (found["value"], found["infinite"], found["n"]) == (None, 35, 1797)


@pytest.mark.parametrize(
    ("command", "figure"),
    [
        ("bce --base 2 1,0,0,1 0.8,0.3,0.4,0.7", 0.5220100086782713),
        ("nll 0.8,0.7,0.6,0.7 -r sum", 1.4473190629576653),  # -ln(0.8 * 0.7 * 0.6 * 0.7)
        ("ce 0,1 0.2,0.8 --base 2", 0.3219280948873623),
        ("ce 1 0.2,0.8 --base 2", 0.3219280948873623),
        ("ce 0,1,0 0.2,0.5,0.3 --base 2", 1.0),
    ],
)
def test_the_figures_of_the_contract_are_met_to_the_last_bit_but_one(command: str, figure: float) -> None:
    assert answer(*shlex.split(command)) == pytest.approx(figure, rel=1e-15, abs=0)


# --- conventions: one certain miss ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "like", "figure"),
    [
        ("bce", "torch", 100.0),  # torch.nn.BCELoss clamps each logarithm at -100
        ("ce", "torch", math.inf),
        ("bce", "keras", 16.11809565095832),  # -ln 1e-7
        ("ce", "keras", 16.11809565095832),
        ("bce", "sklearn", 36.04365338911715),  # -ln 2^-52
        ("ce", "sklearn", 36.04365338911715),
    ],
)
def test_a_certain_miss_costs_what_the_library_makes_of_it(loss: str, like: str, figure: float) -> None:
    data = ("1", "0") if loss == "bce" else ("0", "0,1")

    assert answer(loss, *data, "--like", like) == pytest.approx(figure, rel=1e-15, abs=0)


def test_without_being_asked_nothing_is_clipped() -> None:
    assert answer("bce", "1", "0") == math.inf
    assert answer("ce", "0", "0,1") == math.inf
    assert answer("bce", "1,0", "1,0") == 0.0
    assert answer("nll", "1e-300") == pytest.approx(690.7755278982137, rel=1e-15, abs=0)  # 300 ln 10


# scikit-learn 1.9.1: log_loss([0, 1, 1], [0., 1., 0.]) and with sample_weight, a weighted mean
def test_sklearn_weights_and_clipping_together() -> None:
    assert answer("bce", "--like", "sklearn", "0,1,1", "0,1,0") == pytest.approx(12.014551129705717, rel=1e-13, abs=0)
    weighted = answer("bce", "--like", "sklearn", "0,1,1,0", ".1,.8,.35,.6", "-w", "1,2,.5,3")
    assert weighted == pytest.approx(0.5885278271012384, rel=1e-13, abs=0)


# --- PyTorch 2.13, float64, on random data ----------------------------------------------------------------------------

# torch.manual_seed(20240229); Z = 2 randn(6, 4), Y = randint(0, 4, (6,)), Q = softmax(randn(6, 4)), CW = 3 rand(4)
# + .1, z = 3 randn(6), y = randint(0, 2, (6,)), q = rand(6), p = rand(6), w = 2 rand(6) + .1, P = softmax(Z), ZL and zl
# uniform in [-1000, 1000]; all rounded to a few decimals, and the last entry of each row of Q, P to sum to 1.
DRAWN = {
    "Z": (
        "-1.017,3.691,-1.481,-2.288;"
        "1.686,1.106,1.638,-1.698;"
        "-1.887,-1.075,0.709,0.735;"
        "-2.638,-0.062,-0.928,-0.409;"
        "-0.149,0.955,1.614,4.079;"
        "-0.743,-0.718,0.738,1.038"
    ),
    "Y": "0,1,1,2,3,3",
    "Q": (
        "0.178,0.073,0.515,0.234;"
        "0.291,0.157,0.488,0.064;"
        "0.044,0.572,0.063,0.321;"
        "0.098,0.487,0.215,0.2;"
        "0.33,0.222,0.384,0.064;"
        "0.2,0.367,0.154,0.279"
    ),
    "CW": "1.71,1.51,2.11,2.01",
    "z": "-0.701,-1.449,3.833,1.511,2.763,5.78",
    "y": "0,1,0,1,0,1",
    "q": "0.105,0.327,0.069,0.093,0.424,0.962",
    "p": "0.204,0.395,0.282,0.929,0.502,0.68",
    "w": "0.33,1.0,1.89,0.52,0.42,1.83",
    "P": (
        "0.009,0.983,0.006,0.002;"
        "0.393,0.22,0.374,0.013;"
        "0.033,0.074,0.441,0.452;"
        "0.035,0.454,0.191,0.32;"
        "0.013,0.038,0.074,0.875;"
        "0.081,0.083,0.356,0.48"
    ),
    "ZL": (
        "-459.0,476.5,360.9,814.9;"
        "-482.8,219.0,-483.8,958.4;"
        "-396.8,986.5,-430.7,-821.9;"
        "887.9,-84.2,409.1,896.2;"
        "-933.9,-830.6,-878.8,-295.2;"
        "-141.1,-620.5,504.1,-538.8"
    ),
    "zl": "682.6,565.3,671.3,-982.1,-901.0,190.8",
}
# The command with names for what was drawn, what torch 2.13 answers, and the call that was asked.
TORCH = [
    # F.cross_entropy(Z, Y)
    ("ce Y Z --from logits", 1.8944681266650008),
    # F.cross_entropy(Z, Y, weight=CW)
    ("ce Y Z --from logits --class-weight CW", 1.7989205484765567),
    # F.cross_entropy(Z, Y, ignore_index=2)
    ("ce Y Z --from logits --ignore 2", 1.9421511032152865),
    # F.cross_entropy(Z, Y, label_smoothing=0.1)
    ("ce Y Z --from logits --smoothing 0.1", 1.9357847933316674),
    # F.cross_entropy(Z, Y, weight=CW, label_smoothing=0.2, ignore_index=2)
    ("ce Y Z --from logits --class-weight CW --smoothing 0.2 --ignore 2", 1.973485328438659),
    # F.cross_entropy(Z, Y, weight=CW, label_smoothing=0.3)
    ("ce Y Z --from logits --class-weight CW --smoothing 0.3", 1.9596348279828066),
    # F.cross_entropy(Z, Q)
    ("ce Q Z --from logits", 2.3961837933316676),
    # F.cross_entropy(Z, Q, weight=CW)
    ("ce Q Z --from logits --class-weight CW", 4.405677451417355),
    # F.cross_entropy(Z, Q, weight=CW, label_smoothing=0.15)
    ("ce Q Z --from logits --class-weight CW --smoothing 0.15", 4.378679185569293),
    # F.cross_entropy(ZL, Y)
    ("ce Y ZL --from logits", 590.5500414143254),
    # F.cross_entropy(ZL, Y, weight=CW, label_smoothing=0.1)
    ("ce Y ZL --from logits --smoothing 0.1 --class-weight CW", 600.5833809826883),
    # F.nll_loss(P.log(), Y, weight=CW)
    ("nll Y P --class-weight CW", 1.7964691899788787),
    # F.nll_loss(P.log(), Y, weight=CW, ignore_index=0)
    ("nll Y P --class-weight CW --ignore 0", 1.2518740877984815),
    # F.nll_loss(F.log_softmax(Z, 1), Y)
    ("nll Y Z --from logits", 1.8944681266650008),
    # F.binary_cross_entropy(p, y)
    ("bce y p", 0.4407959233484082),
    # F.binary_cross_entropy(p, q)
    ("bce q p", 0.8204707205284841),
    # F.binary_cross_entropy(p, y, weight=w)
    ("bce y p -w w --like torch", 0.4445257903645266),
    # F.binary_cross_entropy_with_logits(z, y)
    ("bce y z --from logits", 1.4906453047586024),
    # F.binary_cross_entropy_with_logits(z, y, pos_weight=tensor(2.5))
    ("bce y z --from logits --pos-weight 2.5", 1.9562484542348846),
    # F.binary_cross_entropy_with_logits(z, q, pos_weight=tensor(0.4))
    ("bce q z --from logits --pos-weight 0.4", 1.2953081741533632),
    # F.binary_cross_entropy_with_logits(z, y, weight=w, pos_weight=tensor(2.5))
    ("bce y z --from logits --pos-weight 2.5 -w w --like torch", 2.1711793429186095),
    # F.binary_cross_entropy_with_logits(zl, y)
    ("bce y zl --from logits", 389.3333333333333),
    # F.binary_cross_entropy_with_logits(zl, y, pos_weight=tensor(3.0))
    ("bce y zl --from logits --pos-weight 3", 716.7000000000002),
    # FOCAL: (L * (1 - p_t) ** 2).mean(), L = F.binary_cross_entropy_with_logits(z, y, reduction='none')
    ("bce y z --from logits --focal 2", 1.2218600464141345),
    # FOCAL: (L * (1 - p_t) ** 0.5).mean(), L = F.binary_cross_entropy_with_logits(z, y, reduction='none')
    ("bce y z --from logits --focal 0.5", 1.3938627099902952),
    # FOCAL: (L * (1 - (-L).exp()) ** 2).mean(), L = F.cross_entropy(Z, Y, reduction='none')
    ("ce Y Z --from logits --focal 2", 1.5133543622809489),
    # F.cross_entropy(Z, Y, reduction='sum')
    ("ce Y Z --from logits -r sum", 11.366808759990004),
    # F.cross_entropy(Z, Y, weight=CW, reduction='sum')
    ("ce Y Z --from logits --class-weight CW -r sum", 19.536277156455405),
    # F.cross_entropy(Z, Y, ignore_index=2, reduction='sum')
    ("ce Y Z --from logits --ignore 2 -r sum", 9.710755516076432),
    # F.cross_entropy(Z, Y, label_smoothing=0.1, reduction='sum')
    ("ce Y Z --from logits --smoothing 0.1 -r sum", 11.614708759990005),
    # F.cross_entropy(Z, Y, weight=CW, label_smoothing=0.2, ignore_index=2, reduction='sum')
    ("ce Y Z --from logits --class-weight CW --smoothing 0.2 --ignore 2 -r sum", 17.26799662383827),
    # F.cross_entropy(Z, Y, weight=CW, label_smoothing=0.3, reduction='sum')
    ("ce Y Z --from logits --class-weight CW --smoothing 0.3 -r sum", 21.28163423189328),
    # F.cross_entropy(Z, Q, reduction='sum')
    ("ce Q Z --from logits -r sum", 14.377102759990006),
    # F.cross_entropy(Z, Q, weight=CW, reduction='sum')
    ("ce Q Z --from logits --class-weight CW -r sum", 26.43406470850413),
    # F.cross_entropy(Z, Q, weight=CW, label_smoothing=0.15, reduction='sum')
    ("ce Q Z --from logits --class-weight CW --smoothing 0.15 -r sum", 26.27207511341576),
    # F.cross_entropy(ZL, Y, reduction='sum')
    ("ce Y ZL --from logits -r sum", 3543.300248485952),
    # F.cross_entropy(ZL, Y, weight=CW, label_smoothing=0.1, reduction='sum')
    ("ce Y ZL --from logits --smoothing 0.1 --class-weight CW -r sum", 6522.3355174719945),
    # F.nll_loss(P.log(), Y, weight=CW, reduction='sum')
    ("nll Y P --class-weight CW -r sum", 19.509655403170623),
    # F.nll_loss(P.log(), Y, weight=CW, ignore_index=0, reduction='sum')
    ("nll Y P --class-weight CW --ignore 0 -r sum", 11.454647903356104),
    # F.nll_loss(F.log_softmax(Z, 1), Y, reduction='sum')
    ("nll Y Z --from logits -r sum", 11.366808759990004),
    # F.binary_cross_entropy(p, y, reduction='sum')
    ("bce y p -r sum", 2.6447755400904494),
    # F.binary_cross_entropy(p, q, reduction='sum')
    ("bce q p -r sum", 4.922824323170905),
    # F.binary_cross_entropy(p, y, weight=w, reduction='sum')
    ("bce y p -w w --like torch -r sum", 2.6671547421871598),
    # F.binary_cross_entropy_with_logits(z, y, reduction='sum')
    ("bce y z --from logits -r sum", 8.943871828551615),
    # F.binary_cross_entropy_with_logits(z, y, pos_weight=tensor(2.5), reduction='sum')
    ("bce y z --from logits --pos-weight 2.5 -r sum", 11.737490725409307),
    # F.binary_cross_entropy_with_logits(z, q, pos_weight=tensor(0.4), reduction='sum')
    ("bce q z --from logits --pos-weight 0.4 -r sum", 7.771849044920179),
    # F.binary_cross_entropy_with_logits(z, y, weight=w, pos_weight=tensor(2.5), reduction='sum')
    ("bce y z --from logits --pos-weight 2.5 -w w --like torch -r sum", 13.027076057511657),
    # F.binary_cross_entropy_with_logits(zl, y, reduction='sum')
    ("bce y zl --from logits -r sum", 2336.0),
    # F.binary_cross_entropy_with_logits(zl, y, pos_weight=tensor(3.0), reduction='sum')
    ("bce y zl --from logits --pos-weight 3 -r sum", 4300.200000000001),
    # FOCAL: (L * (1 - p_t) ** 2).sum(), L = F.binary_cross_entropy_with_logits(z, y, reduction='none')
    ("bce y z --from logits --focal 2 -r sum", 7.3311602784848064),
    # FOCAL: (L * (1 - p_t) ** 0.5).sum(), L = F.binary_cross_entropy_with_logits(z, y, reduction='none')
    ("bce y z --from logits --focal 0.5 -r sum", 8.36317625994177),
    # FOCAL: (L * (1 - (-L).exp()) ** 2).sum(), L = F.cross_entropy(Z, Y, reduction='none')
    ("ce Y Z --from logits --focal 2 -r sum", 9.080126173685693),
]
TORCH_ROWS = [
    # F.cross_entropy(Z, Y, weight=CW, label_smoothing=0.2, reduction='none')
    (
        "ce Y Z --from logits --class-weight CW --smoothing 0.2",
        [
            8.019248451939266,
            2.5620441879952986,
            3.799482977454532,
            3.43185191624239,
            1.122371697612962,
            1.7648493088362094,
        ],
    ),
    # F.binary_cross_entropy_with_logits(z, y, pos_weight=tensor(2.5), reduction='none')
    (
        "bce y z --from logits --pos-weight 2.5",
        [
            0.40285434750162985,
            4.14978260800541,
            3.854413666501432,
            0.4985389989414463,
            2.8241912166434258,
            0.007709887815963299,
        ],
    ),
    # F.cross_entropy(Z, Q, weight=CW, reduction='none')
    (
        "ce Q Z --from logits --class-weight CW",
        [
            9.899013937027927,
            2.391997507857207,
            3.126218445198207,
            2.3534286147464076,
            5.676961761261604,
            2.9864444424127807,
        ],
    ),
]


def with_data(command: str) -> list[str]:
    """The command with the data in place of their names."""
    return [DRAWN.get(word, word) for word in command.split()]


@pytest.mark.parametrize(("command", "figure"), TORCH)
def test_the_answer_is_that_of_torch(command: str, figure: float) -> None:
    assert answer(*with_data(command)) == pytest.approx(figure, rel=1e-12, abs=0)


@pytest.mark.parametrize(("command", "figures"), TORCH_ROWS)
def test_the_losses_of_rows_are_those_of_torch(command: str, figures: list[float]) -> None:
    result = run(*with_data(command), "-r", "none", "-q")

    assert list(map(float, result.out.split())) == pytest.approx(figures, rel=1e-12, abs=0)


def test_the_unweighted_conventions_of_torch_keras_and_losscli_are_one() -> None:
    for command in ("ce Y P", "ce Q P", "bce y p", "bce q p"):
        plain = answer(*with_data(command))
        for like in Like:
            assert answer(*with_data(command), "--like", like) == pytest.approx(plain, rel=1e-14, abs=0)
