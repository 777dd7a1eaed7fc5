"""Options of the mathematics: what each means, what goes together, and what is refused, through the real command."""

import math
import re
import shlex
from itertools import product
from operator import mul

import pytest
from conftest import answer, close, listed, record, refusal, run

from losscli.enums import Like

LN2 = math.log(2.0)
P3 = "'0.7,0.2,0.1;0.1,0.2,0.7'"  # rows of three probabilities
Z3 = "'2,1,0;-1,0,3'"
Q3 = "'0.5,0.3,0.2;0,0,1'"


# --- refused whatever the data are, or because of what they are -------------------------------------------------------

REFUSED = [
    # a number out of the range in which it has a meaning
    "bce 1,0 0.5,0.5 --eps -0.1",
    "bce 1,0 0.5,0.5 --eps 0.5",
    "bce 1,0 0.5,0.5 --eps 0.7",
    "bce 1,0 0.5,0.5 --eps nan",
    "bce 1,0 0.5,0.5 --eps inf",
    "bce 1,0 0.5,0.5 --eps many",
    "bce 1,0 0.5,0.5 --base 1",
    "bce 1,0 0.5,0.5 --base 0",
    "bce 1,0 0.5,0.5 --base -2",
    "bce 1,0 0.5,0.5 --base 0.5",
    "bce 1,0 0.5,0.5 --base inf",
    "bce 1,0 0.5,0.5 --base nan",
    "bce 1,0 0.5,0.5 --base ten",
    "bce 1,0 0.5,0.5 --base ''",
    "bce 1,0 0.5,0.5 --smoothing -0.1",
    "bce 1,0 0.5,0.5 --smoothing 1.1",
    "bce 1,0 0.5,0.5 --smoothing nan",
    "bce 1,0 0.5,0.5 --focal -1",
    "bce 1,0 0.5,0.5 --focal inf",
    "bce 1,0 0.5,0.5 --focal nan",
    "bce 1,0 0.5,0.5 --pos-weight -1",
    "bce 1,0 0.5,0.5 --pos-weight inf",
    "bce 1,0 0.5,0.5 --pos-weight nan",
    f"ce 0,2 {P3} --class-weight 1,2",
    f"ce 0,2 {P3} --class-weight 1,2,3,4",
    f"ce 0,2 {P3} --class-weight 1,-2,3",
    f"ce 0,2 {P3} --class-weight 1,nan,3",
    f"ce 0,2 {P3} --class-weight 1,inf,3",
    f"ce 0,2 {P3} --class-weight 1,two,3",
    f"ce 0,2 {P3} --class-weight ''",
    f"ce 0,2 {P3} --class-weight 0,0,0",
    f"ce 0,2 {P3} --class-weight 0,1,0",  # no label has a weight, so there is nothing to divide by
    "bce 1,0 0.5,0.5 --digits 0",
    "bce 1,0 0.5,0.5 --digits 18",
    "bce 1,0 0.5,0.5 --threads 0",
    "bce 1,0 0.5,0.5 --fail-above nan",
    "bce 1,0 0.5,0.5 --fail-above low",
    # a word that is not one of the choices
    "bce 1,0 0.5,0.5 --from odds",
    "bce 1,0 0.5,0.5 --like jax",
    "bce 1,0 0.5,0.5 -r median",
    "bce 1,0 0.5,0.5 -f xml",
    "bce 1,0 0.5,0.5 --na keep",
    # options that contradict each other or the data
    "bce 1,0 0.5,0.5 -r none --fail-above 1",
    "bce 1,0 0.5,0.5 -q -f json",
    "bce 1,0 -1,1 --from logits --eps 1e-7",
    "bce 1,0 -1,-1 --from logprobs --eps 1e-7",
    f"ce 0,2 {Z3} --from logits --normalize",
    f"ce 0,2 {Z3} --from logits --eps 0.1",
    f"ce 0,2 {Z3} --from logits --like sklearn",
    "bce 1,0 -1,1 --from logits --like sklearn",
    "bce 1,0 -1,-1 --from logprobs --like sklearn",
    "nll 0.5,0.6 --from logits",
    "nll 0.5,0.6 --smoothing 0.1",
    "nll 0.5,0.6 --positive 1",
    "nll 0.5,0.6 --ignore 1",
    "nll 0.5,0.6 --class-weight 1,2",
    "nll 0.5,0.6 --classes a,b",
    "nll 0.5,0.6 --normalize",
    "nll 1,0 0.5,0.6 --normalize",
    "nll 1,0 0.5,0.6 --classes a,b",
    f"nll 0,2 {P3} --positive 1",
    # soft labels where a label is wanted
    "nll 0.5,1 0.5,0.6",
    f"nll {Q3} {P3}",
    "bce 0.5,1 0.5,0.6 --focal 2",
    f"ce {Q3} {P3} --focal 2",
    # options that a loss has no use for
    f"ce 0,2 {P3} --pos-weight 2",
    f"ce 0,2 {P3} --positive 1",
    "bce 1,0 0.5,0.5 --classes a,b",
    "bce 1,0 0.5,0.5 --normalize",
    "nll 1,0 0.5,0.5 --pos-weight 2",
    # data on which the mathematics has no answer
    "bce 1,0 0.5,0.5 -w 0,0",
    "bce 1,0 0.5,0.5 -w 1,-1",
    "bce 1,0 0.5,0.5 -w 1,inf",
    "bce 1,0 0.5,0.5 -w 1,nan",
    f"ce 0,0 {P3} --ignore 0",
    f"ce 0,2 {P3} -w 0,0",
    f"ce 0,2 {P3} -w 0,1 --ignore 2",
    "ce 0 0,0,0 --normalize",
    "ce 0 0,0,0 --like keras",
    "ce '0.5,0.3,0.1;0,0,1' '0.5,0.3,0.2;0.1,0.1,0.8'",
    "ce '0.5,0.6,-0.1;0,0,1' '0.5,0.3,0.2;0.1,0.1,0.8'",
    "ce 0 inf,inf,0 --from logits",
    "ce 0 -inf,-inf --from logits",
    "ce 0 nan,1 --from logits",
    "bce 1,0 0.5,1.5",
    "bce 1,0 0.5,-0.5",
    "bce 1,0 0.5,0.5 --from logprobs",
    "bce 1,-1 0.5,0.5",
    "bce 1,2 0.5,0.5",
    f"ce 0,3 {P3}",
    f"ce 0,-1 {P3}",
    f"ce 0,0.5 {P3}",
    f"ce a,b {P3}",
    f"ce a,b {P3} --classes a,b",
    f"ce a,b {P3} --classes a,b,b",
    f"ce a,d {P3} --classes a,b,c",
]


def test_what_has_no_meaning_is_refused_in_one_line() -> None:
    for command in REFUSED:
        assert refusal(*shlex.split(command)), command


# --- accepted ---------------------------------------------------------------------------------------------------------

ACCEPTED = [
    "bce 1,0 0.5,0.5 --eps 0",
    "bce 1,0 0.5,0.5 --eps 0.4999",
    "bce 1,0 0.5,0.5 --base e",
    "bce 1,0 0.5,0.5 --base 1.01",
    "bce 1,0 0.5,0.5 --base 2.718281828459045",
    "bce 1,0 0.5,0.5 --smoothing 0",
    "bce 1,0 0.5,0.5 --smoothing 1",
    "bce 1,0 0.5,0.5 --focal 0",
    "bce 1,0 0.5,0.5 --pos-weight 0",
    "bce 1,0 0.5,0.5 --pos-weight 1e3 --smoothing 0.1 --focal 2 --base 2 --like keras -w 1,2",
    "bce 1,0 0.5,0.5 --class-weight 1,2",
    "bce 1,0 0.5,0.5 --ignore 1",
    "bce 0.3,1 0.5,0.6 --smoothing 0.1 --pos-weight 2",
    "bce 0.3,1 -1,2 --from logits --like keras -w 0,1",
    "bce 1,0 -inf,inf --from logits",
    "bce 1,0 -inf,0 --from logprobs",
    "bce yes,no 0.5,0.6 --positive yes",
    "bce true,FALSE 0.5,0.6",
    "bce '1,0;0,1' '0.5,0.6;0.7,0.8' -w 1,2 --pos-weight 3",
    f"ce 0,2 {P3} --class-weight 1,0,3 --smoothing 0.1 --ignore 1 --focal 2 --eps 1e-7 --normalize --base 10",
    f"ce 0,2 {P3} --class-weight '[1, 2, 3]'",
    f"ce {Q3} {P3} --class-weight 1,2,3 --smoothing 0.1 --like keras",
    f"ce '1,0,0;0,0,1' {P3} --focal 2",  # one-hot labels are hard
    f"ce 0,-100 {P3} --ignore -100",
    f"ce 0,-100 {Z3} --ignore -100 --from logits --like torch",
    f"ce c,a {P3} --classes a,b,c",
    "ce 0 -inf,0,3 --from logits",
    "ce 0 inf,0,3 --from logits",
    f"nll 0,2 {P3} --smoothing 0.1 --class-weight 1,2,3 --ignore 1",
    "nll 1,0 0.5,0.6 --smoothing 0.1 --like torch",
    "nll 0.5,0.6 --eps 0.1 --focal 2 --like keras -w 1,2",
    "nll -0.5,-0.6 --from logprobs",
    f"nll 0,2 {P3} --normalize --like sklearn",
]


def test_what_has_a_meaning_is_answered() -> None:
    for command in ACCEPTED:
        result = run(*shlex.split(command))

        assert result.code == 0, result.err
        assert result.out, command


# --- meanings, each against its formula -------------------------------------------------------------------------------


def approx(value: float) -> object:
    return pytest.approx(value, rel=1e-14, abs=0)


def test_the_base_of_the_logarithm_is_applied_to_the_answer() -> None:
    assert answer("bce", "1", "0.25", "--base", "2") == 2.0
    assert answer("bce", "1", "0.001", "--base", "10") == approx(3.0)
    assert record("bce", "1", "0.5", "--base", "2")["base"] == 2.0
    assert record("bce", "1", "0.5")["base"] == "e"
    for base in ("E", " e "):
        assert record("bce", "1", "0.5", "--base", base) == record("bce", "1", "0.5")
    assert answer("bce", "1", "0.25", "--base", " 4 ") == 1.0


def test_eps_clips_both_ends_and_counts_the_cells() -> None:
    found = record("bce", "1,0,1", "0,1,0.5", "--eps", "0.1")

    assert found["max"] == approx(-math.log(0.1))
    assert (found["clipped"], found["infinite"]) == (2, 0)
    assert record("bce", "1,0,1", "0.1,0.9,0.5", "--eps", "0.1")["clipped"] == 0


def test_an_explicit_eps_wins_over_a_library() -> None:
    for like in Like:
        assert answer("bce", "1", "0", "--like", like, "--eps", "1e-3") == approx(3 * math.log(10))
        assert answer("bce", "1", "0", "--like", like, "--eps", "0") == math.inf


def test_keras_rescales_before_it_clips() -> None:
    assert answer("ce", "0", "0.2,0.2", "--like", "keras") == approx(LN2)
    assert answer("ce", "0", "0.2,0.2", "--like", "sklearn") == approx(-math.log(0.2))
    assert answer("ce", "0", "0.2,0.2", "--like", "torch") == approx(-math.log(0.2))
    assert answer("ce", "0", "0.2,0.2", "--normalize", "--like", "sklearn") == approx(LN2)


def test_libraries_divide_weighted_sums_by_different_numbers() -> None:
    data = ("bce", "1,0,1", "0.5,0.5,0.25", "-w", "1,2,5")
    whole = LN2 + 2 * LN2 + 5 * 2 * LN2

    assert answer(*data) == approx(whole / 8)
    assert answer(*data, "--like", "sklearn") == approx(whole / 8)
    assert answer(*data, "--like", "torch") == approx(whole / 3)
    assert answer(*data, "--like", "keras") == approx(whole / 3)
    assert record(*data)["divisor"] == 8.0
    assert record(*data, "--like", "torch")["divisor"] == 3.0
    assert answer(*data, "-r", "sum") == answer(*data, "-r", "sum", "--like", "torch") == approx(whole)


def test_smoothing_spreads_a_label_over_the_classes() -> None:
    assert answer("ce", "0", "0.5,0.25,0.25", "--smoothing", "0.3") == approx((0.7 + 0.1) * LN2 + 0.2 * 2 * LN2)
    assert answer("bce", "1", "0.25", "--smoothing", "0.2") == approx(-0.9 * math.log(0.25) - 0.1 * math.log(0.75))
    assert answer("ce", "0", "0.5,0.25,0.25", "--smoothing", "1") == approx(5 / 3 * LN2)


def test_class_weights_of_labels_divide_and_of_soft_labels_do_not() -> None:
    rows = "0.5,0.5;0.25,0.75"
    hard = record("ce", "0,0", rows, "--class-weight", "3,1")
    mixed = record("ce", "0,1", rows, "--class-weight", "3,1")
    soft = record("ce", "1,0;0,1", rows, "--class-weight", "3,1")

    assert (hard["divisor"], mixed["divisor"], soft["divisor"]) == (6.0, 4.0, 2.0)
    assert hard["value"] == approx(1.5 * LN2)
    assert mixed["value"] == approx((3 * LN2 - math.log(0.75)) / 4)
    assert soft["value"] == approx((3 * LN2 - math.log(0.75)) / 2)


def test_sample_and_class_weights_multiply() -> None:
    found = record("ce", "0,1", "0.5,0.5;0.25,0.75", "--class-weight", "3,1", "-w", "2,5")

    assert found["divisor"] == 11.0
    assert found["value"] == approx((6 * LN2 - 5 * math.log(0.75)) / 11)


def test_smoothing_with_class_weights_is_the_bracket_of_torch() -> None:
    found = answer("ce", "0,1", "0.5,0.5;0.25,0.75", "--class-weight", "3,1", "--smoothing", "0.2")
    nl = ((LN2, LN2), (-math.log(0.25), -math.log(0.75)))
    label = 0.8 * (3 * nl[0][0] + 1 * nl[1][1])
    spread = 0.1 * sum(3 * row[0] + 1 * row[1] for row in nl)

    assert found == approx((label + spread) / 4)


def test_ignored_rows_count_for_nothing() -> None:
    rows = "0.5,0.5;0.9,0.1;0.25,0.75"
    ignored = record("ce", "0,-1,1", rows, "--ignore", "-1")
    without = record("ce", "0,1", "0.5,0.5;0.25,0.75")

    assert (ignored["n"], ignored["ignored"]) == (2, 1)
    for key in ("value", "sum", "divisor", "std", "se", "min", "max", "baseline", "per_class"):
        assert ignored[key] == without[key]


def test_an_ignored_class_has_no_rows_of_its_own() -> None:
    found = record("ce", "0,1,0", "0.5,0.5;0.9,0.1;0.25,0.75", "--ignore", "1")

    assert [part["n"] for part in found["per_class"]] == [2, 0]
    assert found["per_class"][1]["mean"] is None


def test_the_positive_term_alone_has_the_positive_weight() -> None:
    found = record("bce", "1,0,0.5", "0.5,0.5,0.5", "--pos-weight", "3")

    assert (found["sum"], found["divisor"]) == (approx(3 * LN2 + LN2 + 2 * LN2), 3.0)


@pytest.mark.parametrize("command", ["bce 1,0 0.8,0.4", "ce 0,1 '0.8,0.2;0.4,0.6'", "nll 0.8,0.6", "nll 1,0 0.8,0.4"])
def test_the_focal_factor_is_a_power_of_the_miss(command: str) -> None:
    wanted = (-(0.2**2) * math.log(0.8) - 0.4**2 * math.log(0.6)) / 2

    assert answer(*shlex.split(command), "--focal", "2") == pytest.approx(wanted, rel=1e-13, abs=0)
    assert answer(*shlex.split(command), "--focal", "0") == answer(*shlex.split(command))


def test_rows_are_rescaled_when_asked_and_said_when_not() -> None:
    plain, rescaled = record("ce", "0", "0.4,0.4"), record("ce", "0", "0.4,0.4", "--normalize")

    assert (plain["value"], rescaled["value"]) == (approx(-math.log(0.4)), approx(LN2))
    assert any("sum" in note for note in plain["notes"])
    assert not any("sum" in note for note in rescaled["notes"])


def test_log_probabilities_are_rescaled_as_what_they_are() -> None:
    assert answer("ce", "0", "-1,-1", "--from", "logprobs", "--normalize") == approx(LN2)


def test_unlikely_log_probabilities_are_rescaled_too() -> None:
    found = answer("ce", "0", "-800,-801", "--from", "logprobs", "--normalize")

    assert found == approx(math.log1p(math.exp(-1)))


def test_rescaling_keeps_the_digits_of_a_nearly_certain_label() -> None:
    assert answer("ce", "0", "-1,-51", "--from", "logprobs", "--normalize") == approx(math.log1p(math.exp(-50)))


def test_rescaling_probabilities_keeps_the_digits_of_a_nearly_certain_label() -> None:
    found = answer("ce", "0", "0.5,1e-12", "--normalize")

    assert found == pytest.approx(math.log1p(2e-12), rel=1e-13, abs=0)


# --- figures beside the answer ----------------------------------------------------------------------------------------


def entropy(*shares: float) -> float:
    return -sum(share * math.log(share) for share in shares if share)


def test_the_baseline_is_the_entropy_of_the_labels() -> None:
    assert record("bce", "1,0,0,0", "0.5,0.5,0.5,0.5")["baseline"] == approx(entropy(0.25, 0.75))
    assert record("ce", "0,1,1,1", "0.5,0.5;0.5,0.5;0.5,0.5;0.5,0.5")["baseline"] == approx(entropy(0.25, 0.75))
    assert record("bce", "0.5,0", "0.5,0.5")["baseline"] == approx(entropy(0.25, 0.75))
    assert record("bce", "1,0", "0.5,0.5", "-w", "1,3")["baseline"] == approx(entropy(0.25, 0.75))
    assert record("nll", "0.5,0.5")["baseline"] is None


@pytest.mark.parametrize(
    "settings", ["", "--pos-weight 3", "--smoothing 0.2", "--pos-weight 3 --smoothing 0.2 -w 1,2,3,4", "-w 1,2,3,4"]
)
def test_the_baseline_is_what_predicting_the_frequency_costs(settings: str) -> None:
    args = settings.split()
    weights = [1.0, 2.0, 3.0, 4.0] if "-w" in args else [1.0] * 4
    share = (weights[0] + weights[2]) / sum(weights)
    found = record("bce", "1,0,1,0", ",".join([repr(share)] * 4), *args)

    assert found["normalized"] == pytest.approx(1.0, rel=1e-14, abs=0)


def test_the_baseline_of_classes_is_what_predicting_their_frequencies_costs() -> None:
    cases = ["", "--class-weight 1,2,5", "--smoothing 0.2", "--class-weight 1,2,5 --smoothing 0.3"]
    for settings in cases:
        found = record("ce", "0,1,2,2", ";".join(["0.25,0.25,0.5"] * 4), *settings.split())

        assert found["normalized"] == pytest.approx(1.0, rel=1e-14, abs=0), settings


def test_the_baseline_of_a_focal_loss_is_what_predicting_the_frequency_costs() -> None:
    found = record("bce", "1,0,0,0", "0.25,0.25,0.25,0.25", "--focal", "2")

    assert found["normalized"] == pytest.approx(1.0, rel=1e-13, abs=0)


def test_the_baseline_divides_as_the_mean_does() -> None:
    found = record("bce", "1,0,0,0", "0.25,0.25,0.25,0.25", "-w", "2,2,2,2", "--like", "torch")

    assert found["normalized"] == pytest.approx(1.0, rel=1e-13, abs=0)


def test_the_baseline_is_what_predicting_the_frequencies_costs_as_libraries_have_it() -> None:
    changes = ("", "--focal 2", "--focal 2 --alpha 0.3", "--smoothing 0.2", "--class-weight 1,3", "-w 1,2,3,4",
               "-w 1,2,3,4 --class-weight 1,3", "--focal 2 --class-weight 1,3")  # fmt: skip
    answered = 0
    for like, options, y in product(("", *Like), changes, ([1.0, 0.0, 1.0, 0.0], [1.0, 0.5, 0.0, 0.25])):
        weights = [1.0, 2.0, 3.0, 4.0] if "-w" in options.split() else [1.0] * 4
        share = sum(map(mul, weights, y)) / sum(weights)
        more = (*options.split(), *(("--like", like) if like else ()))
        for call in (
            ("bce", listed(y), listed([share] * 4)),
            ("ce", listed([[1.0 - one, one] for one in y]), listed([[1.0 - share, share]] * 4)),
        ):
            result = run(*call, *more, "-f", "json")
            if result.code == 2:
                assert like == Like.SKLEARN or "needs hard labels" in result.err, (call, more)
                continue
            answered += 1
            # the factor of a row depends on its label as a whole: no mean of it follows from the frequencies
            by_row = "class" in options or ("focal" in options and call[0] == "bce")
            found = result.json["normalized"]
            if like == Like.KERAS and 0.5 in y and by_row:
                assert found is None, (call, more)
            else:
                assert found == pytest.approx(1.0, rel=1e-13, abs=0), (call, more)
    assert answered == 100  # of 128: 18 have a focal factor of soft labels, 12 class weights of sklearn, 2 both


def test_one_label_only_leaves_normalized_undefined() -> None:
    found = record("bce", "1,1", "0.5,0.6")

    assert (found["baseline"], found["normalized"]) == (0.0, None)


def test_an_infinite_baseline_leaves_normalized_undefined() -> None:
    found = record("ce", "0,1", "0.5,0.3,0.2;0.5,0.3,0.2", "--smoothing", "0.1")

    assert (found["baseline"], found["normalized"]) == (None, None)


def test_perplexity_and_likelihood_do_not_depend_on_the_base() -> None:
    for base in ("e", "2", "10"):
        found = record("nll", "0.5,0.125", "--base", base)
        assert found["perplexity"] == approx(4.0)
    assert record("nll", "0.5,0.125", "--base", "2")["log_likelihood"] == -4.0


def test_infinite_figures_are_null_in_json_and_said() -> None:
    found = record("bce", "1,0,1", "0,0.5,0")

    assert (found["value"], found["sum"], found["max"], found["std"], found["se"]) == (None,) * 5
    assert (found["infinite"], found["min"]) == (2, approx(LN2))
    assert any("infinite" in note and "row 1" in note for note in found["notes"])


def test_the_standard_error_of_a_weighted_mean() -> None:
    found = record("bce", "1,1,1", "0.5,0.25,0.125", "-w", "1,2,1", "--base", "2")

    assert found["mean"] == 2.0
    assert found["se"] == approx(math.sqrt(3.0 / 2.0 * 2.0) / 4.0)  # sqrt(n/(n-1) sum w^2 (l - mean)^2) / sum w
    assert found["std"] == approx(1.0)


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_limit_gates_the_answer() -> None:
    cases = [("0.7", 0), ("0.6931471805599453", 0), ("0.69", 1), ("0", 1), ("inf", 0)]
    for limit, code in cases:
        result = run("bce", "1,0", "0.5,0.5", "--fail-above", limit, "-q")

        assert (result.code, result.out) == (code, "0.6931471805599453\n"), (limit, code)


def test_an_infinite_answer_is_above_every_limit() -> None:
    assert run("bce", "1", "0", "--fail-above", "1e308", "-q").code == 1
    assert run("bce", "1", "0", "--fail-above", "1e308").code == 1


def test_the_limit_is_on_the_answer_in_its_unit_and_reduction() -> None:
    assert run("bce", "1,0", "0.5,0.5", "--base", "2", "--fail-above", "0.9", "-q").code == 1
    assert run("bce", "1,0", "0.5,0.5", "-r", "sum", "--fail-above", "1.3", "-q").code == 1
    assert run("bce", "1,0", "0.5,0.5", "-r", "sum", "--fail-above", "1.4", "-q").code == 0


@pytest.mark.parametrize("command", ["bce 0,0 -400,-500 --from logits", "nll --from logprobs -1e-170,-2e-170"])
def test_very_good_models_have_a_summary_too(command: str) -> None:
    assert record(*shlex.split(command))["std"] > 0.0


# --- the interval of the mean -----------------------------------------------------------------------------------------


def test_the_interval_of_the_mean_is_students() -> None:
    found = record("bce", "1,0,0,1", "0.8,0.3,0.4,0.7")

    half = 3.182446305283709 * found["se"]  # Student's t with 3 degrees of freedom, 2.5 % above it
    assert (found["low"], found["high"]) == (approx(found["mean"] - half), approx(found["mean"] + half))


def test_the_table_has_the_interval_when_asked_for_it() -> None:
    plain, asked = (run("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", *more).out for more in ((), ("--ci", "0.9")))

    assert "interval" not in plain
    assert re.search(r"90 % CI low +0.223456\n", asked)
    assert "with 4 rows the interval is too narrow" in asked


def test_one_row_has_no_interval() -> None:
    found = record("bce", "1", "0.5", "--ci", "0.9")

    assert (found["low"], found["high"], found["se"]) == (None, None, None)


def test_a_confidence_level_lies_between_0_and_1() -> None:
    for level in ["0", "1", "95", "nan", "-0.5"]:
        assert "--ci" in refusal("bce", "1,0", "0.5,0.5", "--ci", level), level


def test_weights_of_one_give_the_interval_that_no_weights_give() -> None:
    plain, ones = (record("bce", "1,0,1", "0.7,0.2,0.4", *more) for more in ((), ("-w", "1,1,1")))

    assert [ones[key] for key in ("se", "low", "high")] == [plain[key] for key in ("se", "low", "high")]


def test_an_explicit_eps_leaves_no_bound_of_torch() -> None:
    cases = [("0", math.inf), ("1e-60", 60 * math.log(10)), ("1e-12", 12 * math.log(10))]
    for eps, loss in cases:
        assert answer("bce", "1", "0", "--like", "torch", "--eps", eps) == pytest.approx(loss, rel=1e-14, abs=0), (
            eps,
            loss,
        )
        assert answer("bce", "1", "0", "--like", "torch") == 100.0, (eps, loss)


def test_a_likelihood_that_no_float_can_be_is_told_by_its_power_of_ten() -> None:
    cases = [(1e7, "1.51694e-4342945"), (1e5, "3.56295e-43430"), (2.0, "0.135335")]
    for sum_, said in cases:
        assert re.search(rf"likelihood +{re.escape(said)}\n", run("nll", f"[{-sum_!r}]", "--from", "logprobs").out), (
            sum_,
            said,
        )


def test_a_likelihood_that_rounds_up_to_ten_has_the_next_power_of_ten() -> None:
    rounded_up = ",".join([*["0.1"] * 399, "0.09999999"])  # 9.999999e-401
    rounded_down = ",".join([*["0.1"] * 399, "0.0999999"])  # 9.99999e-401
    for probs, said in ((rounded_up, "1.00000e-400"), (rounded_down, "9.99999e-401")):
        assert re.search(rf"likelihood +{re.escape(said)}\n", run("nll", f"[{probs}]").out), said


@pytest.mark.parametrize("labels", ["2,1,3", "cat,1,dog"])
def test_a_positive_label_that_never_occurs_is_refused_with_those_that_do(labels: str) -> None:
    first, last = sorted(set(labels.split(",")) - {"1"})
    said = refusal("bce", labels.replace("1", first), "0.5,0.4,0.3", "--positive", "1")
    assert said.endswith(f"no label is '1' (--positive); there are '{first}', '{last}'")
    assert answer("bce", labels, "0.5,0.5,0.5", "--positive", "1") == close(math.log(2))
    assert refusal("bce", "1,0,1", "0.5,0.4,0.3", "--positive", "cat").endswith("there are '0', '1'")
    assert record("bce", "1,0,1", "0.5,0.4,0.3", "--ignore", "cat")["ignored"] == 0
    assert answer("bce", "1,1,1", "0.5,0.5,0.5", "--positive", "1") == close(math.log(2))
