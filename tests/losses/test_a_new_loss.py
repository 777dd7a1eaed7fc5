"""A loss declares itself: one more entry of the table, of a loss that is no log-loss, is all that a new command takes.

The loss is the Brier score (Brier 1950, "Verification of forecasts expressed in terms of probability"): the squared
distance of a row's probabilities from its label, (y - p)^2 for two classes and sum_k (q_k - p_k)^2 for several.
"""

import csv
import io
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, answer, listed, record, refusal, run

from losscli.cli.commands import COMMANDS, commands_of
from losscli.enums import Form, Scale
from losscli.losses.functions import log_softmax, row_sums, sigmoid
from losscli.losses.table import LOSS_SPECIFIC, LOSSES, OF_LOG_LOSSES, Kernel, Loss
from losscli.losses.targets import Binary, Classes, dense
from losscli.losses.wording import as_number
from losscli.losses.wording import listed as few
from losscli.output.formats import FORMATS

Array = np.ndarray


# --- the entry --------------------------------------------------------------------------------------------------------
def binary_term(a: Sequence[float], v: Sequence[float], log: str) -> str:
    return f"({as_number(a[0])} - {as_number(v[0])})^2"


def softmax_gradient(a: Classes, z: Array) -> Array:
    p = np.exp(log_softmax(z))
    pull = 2.0 * (p - dense(a, z.shape)) * p
    return pull - p * row_sums(pull)[:, None]


def work(name: str, by: str) -> dict[str, object]:
    return {
        "formula": lambda soft, log: f"loss = {name}",
        "term": binary_term,
        "chain": (f"dloss/d{by} = 2 (p - y) dp/d{by}",),
        "gradient_term": lambda a, v, p: few(
            [f"2 ({as_number(x)} - {as_number(one)})" for one, x in zip(a, p, strict=False)], ", "
        ),
    }


def kernel(value: object, gradient: object, name: str, by: str) -> Kernel:
    return Kernel(value=value, gradient=gradient, **work(name, by))  # type: ignore[arg-type]


BINARY = {
    Scale.PROBS: kernel(
        lambda a, p: a.positive * (1.0 - p) ** 2 + a.negative * p**2,
        lambda a, p: 2.0 * (a.negative * p - a.positive * (1.0 - p)),
        "(y - p)^2",
        "p",
    ),
    Scale.LOGITS: kernel(
        lambda a, z: a.positive * sigmoid(-z) ** 2 + a.negative * sigmoid(z) ** 2,
        lambda a, z: 2.0 * sigmoid(z) * sigmoid(-z) * (a.negative * sigmoid(z) - a.positive * sigmoid(-z)),
        "(y - 1 / (1 + e^-z))^2",
        "z",
    ),
}

CLASSES = {
    Scale.PROBS: kernel(
        lambda a, p: row_sums((dense(a, p.shape) - p) ** 2),
        lambda a, p: 2.0 * (p - dense(a, p.shape)),
        "sum over k of (q[k] - p[k])^2",
        "p",
    ),
    Scale.LOGITS: kernel(
        lambda a, z: row_sums((dense(a, z.shape) - np.exp(log_softmax(z))) ** 2),
        softmax_gradient,
        "sum over k of (q[k] - softmax(z)[k])^2",
        "z",
    ),
    Scale.LOGPROBS: kernel(
        lambda a, x: row_sums((dense(a, x.shape) - np.exp(x)) ** 2),
        lambda a, x: 2.0 * (np.exp(x) - dense(a, x.shape)) * np.exp(x),
        "sum over k of (q[k] - e^x[k])^2",
        "x",
    ),
}

BRIER = Loss(
    "brier",
    "Brier score",
    {Form.BINARY: BINARY, Form.CATEGORICAL: CLASSES},
    frozenset({"positive", "classes", "ignore"}),
    soft_labels=False,
    log_loss=False,
    unit="squared units",
)


HINGE_BY_LOGITS = Kernel(
    # max(0, 1 - (2y - 1) z), Cortes & Vapnik 1995; its slope is -(2y - 1) where the margin is below 1
    value=lambda a, z: a.positive * np.maximum(0.0, 1.0 - z) + a.negative * np.maximum(0.0, 1.0 + z),
    gradient=lambda a, z: a.negative * (z > -1.0) - a.positive * (z < 1.0),
    formula=lambda soft, log: "loss = max(0, 1 - (2 y - 1) z)",
    term=lambda a, v, log: f"max(0, 1 {'-' if a[0] else '+'} {as_number(v[0])})",
    chain=("dloss/dz = -(2 y - 1) where (2 y - 1) z < 1, else 0",),
    gradient_term=lambda a, v, p: f"slope {-1 if a[0] else 1} below margin 1, at {as_number(v[0] if a[0] else -v[0])}",
)

HINGE = Loss(
    "hinge",
    "hinge loss",
    {Form.BINARY: {Scale.LOGITS: HINGE_BY_LOGITS}},
    frozenset({"positive", "ignore", "pos_weight", "class_weight"}),
    soft_labels=False,
    log_loss=False,
    unit="margins",
    scale=Scale.LOGITS,
    regression="support vector",
)


@pytest.fixture(autouse=True)
def with_two_more(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table with two more entries, and the commands that follow from them."""
    enter(monkeypatch, BRIER)
    enter(monkeypatch, HINGE)
    yield


def enter(monkeypatch: pytest.MonkeyPatch, loss: Loss) -> None:
    monkeypatch.setitem(LOSSES, loss.name, loss)
    for command in commands_of(loss):
        monkeypatch.setitem(COMMANDS, command.words, command)


LABELS, PREDS = "1,0,0,1", "0.8,0.3,0.4,0.7"
ROWS = "0.7,0.2,0.1;0.1,0.2,0.7"


# --- value ------------------------------------------------------------------------------------------------------------
def test_the_value_is_the_mean_squared_distance() -> None:
    # (0.04 + 0.09 + 0.16 + 0.09) / 4
    assert answer("brier", LABELS, PREDS) == pytest.approx(0.095, rel=1e-15, abs=0)
    assert answer("brier", LABELS, PREDS, "-r", "sum") == pytest.approx(0.38, rel=1e-15, abs=0)
    # weights 3 and 1 on the first two rows: (3 * 0.04 + 0.09) / 4
    assert answer("brier", "1,0", "0.8,0.3", "-w", "3,1") == pytest.approx(0.0525, rel=1e-15, abs=0)
    # row 1: 0.3^2 + 0.2^2 + 0.1^2, row 2: 0.1^2 + 0.2^2 + 0.3^2
    assert answer("brier", "0,2", ROWS) == pytest.approx(0.14, rel=1e-15, abs=0)


def test_every_scale_gives_the_value_of_the_probabilities() -> None:
    z = np.array([0.5, -2.0, 3.0, 0.1])
    assert answer("brier", LABELS, listed(z), "--from", "logits") == pytest.approx(
        answer("brier", LABELS, listed(1.0 / (1.0 + np.exp(-z)))), rel=1e-14, abs=0
    )
    rows = np.log([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
    for scale in ("logits", "logprobs"):
        assert answer("brier", "0,2", listed(rows), "--from", scale) == pytest.approx(0.14, rel=1e-14, abs=0)


def test_options_that_it_names_have_their_effect(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("label,cat,dog\ncat,0.7,0.3\n?,0.5,0.5\ndog,0.1,0.9\n")
    found = record("brier", tmp_path / "t.csv", "--ignore", "?")
    assert found["n"] == 2 and found["ignored"] == 1
    assert found["value"] == pytest.approx((0.18 + 0.02) / 2.0, rel=1e-14, abs=0)
    assert answer("brier", "yes,no", "0.8,0.3", "--positive", "yes") == pytest.approx(0.065, rel=1e-14, abs=0)


def test_the_baseline_is_the_score_of_the_frequencies() -> None:
    # two classes, half of each: 0.5^2; three classes 0,0,1: 2/3 ((1/3)^2 + (1/3)^2) + 1/3 ((2/3)^2 + (2/3)^2)
    found = record("brier", LABELS, PREDS)
    assert found["baseline"] == pytest.approx(0.25, rel=1e-14, abs=0)
    assert found["normalized"] == pytest.approx(0.38, rel=1e-14, abs=0)
    found = record("brier", "0,0,1", "0.5,0.3,0.2;0.6,0.3,0.1;0.1,0.8,0.1")
    assert found["baseline"] == pytest.approx(4.0 / 9.0, rel=1e-14, abs=0)


def test_a_loss_without_a_baseline_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch, replace(BRIER, baseline=None))

    found = record("brier", LABELS, PREDS)

    assert found["baseline"] is None and found["normalized"] is None


# --- what is printed --------------------------------------------------------------------------------------------------
def test_the_record_has_nothing_of_a_log_loss() -> None:
    found = record("brier", LABELS, PREDS)

    assert found["loss"] == "brier"
    assert [found[key] for key in ("base", "perplexity", "log_likelihood")] == [None, None, None]
    assert list(found) == list(record("bce", LABELS, PREDS))


def test_the_table_names_its_title_and_its_unit() -> None:
    out = run("brier", LABELS, PREDS).out

    assert out.startswith("Brier score") and "squared units" in out
    assert not any(word in out for word in ("nats", "bits", "perplexity", "likelihood"))


def test_a_loss_without_a_unit_prints_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for loss in (BRIER, HINGE):
        enter(monkeypatch, replace(loss, unit=""))
    clicks = (DATA / "clicks.csv", "-y", "clicked", "-p", "old")
    calls = [
        ("grad", "brier", LABELS, PREDS),
        ("grad", "hinge", LABELS, Z, "--check"),
        ("brier", *clicks, "-p", "new", "--worst", "1", "--by", "site", "--quantiles", "0.5", "--plot"),
        ("brier", *clicks, "--by", "site", "--plot"),
        ("brier", DATA / "animals.csv"),
        ("fit", "hinge", DATA / "homework.csv", "-y", "passed", "-x", "hours", "--steps", "3", "--test-size", "0.3"),
    ]
    for args in calls:
        out = run(*map(str, args)).out
        assert out and "()" not in out and not re.search(r" ,|^,|\(,", out, re.MULTILINE), args
    title = run(*map(str, calls[-1])).out.splitlines()[0]
    assert title == "support vector regression by gradient descent"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_prints_the_value_the_rows_and_the_gradient(form: str) -> None:
    for args in (("brier",), ("brier", "-r", "none"), ("grad", "brier"), ("grad", "brier", "--check")):
        result = run(*args, LABELS, PREDS, "-f", form)
        assert (result.code, result.err) == (0, ""), result
        assert result.out.count("\n") > 1


def test_rows_add_up_to_the_sum() -> None:
    result = run("brier", LABELS, PREDS, "-r", "none", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))

    assert [row["label"] for row in rows] == ["1", "0", "0", "1"]
    assert [float(row["loss"]) for row in rows] == pytest.approx([0.04, 0.09, 0.16, 0.09], rel=1e-14, abs=0)
    assert record("brier", LABELS, PREDS, "-r", "none")["losses"] == [float(row["loss"]) for row in rows]
    assert [float(line) for line in run("brier", LABELS, PREDS, "-r", "none", "-q").out.split()] == [
        float(row["loss"]) for row in rows
    ]


# --- gradients --------------------------------------------------------------------------------------------------------
def test_the_gradient_is_that_of_the_square() -> None:
    # 2 (p - y) / 4
    found = record("grad", "brier", LABELS, PREDS)
    assert found["gradient"] == pytest.approx([-0.1, 0.15, 0.2, -0.15], rel=1e-14, abs=0)
    found = record("grad", "brier", "1", "0.2,0.5,0.3", "-r", "sum")
    assert found["gradient"][0] == pytest.approx([0.4, -1.0, 0.6], rel=1e-14, abs=0)


@pytest.mark.parametrize("scale", ["probs", "logits"])
@pytest.mark.parametrize("wrt", ["probs", "logits"])
def test_the_gradient_of_two_classes_passes_the_check(scale: str, wrt: str) -> None:
    preds = PREDS if scale == "probs" else "1.5,-0.3,4,-2"
    found = record("grad", "brier", LABELS, preds, "--from", scale, "--wrt", wrt, "--check")
    assert found["ok"] and found["unchecked"] == 0


@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("wrt", list(Scale))
def test_the_gradient_of_several_classes_passes_the_check(scale: str, wrt: str) -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.15, 0.25, 0.6]])
    cells = rows if scale == "probs" else np.log(rows)
    found = record("grad", "brier", "0,2", listed(cells), "--from", scale, "--wrt", wrt, "--check")
    assert found["ok"] and found["unchecked"] == 0


def test_a_certain_prediction_has_a_slope_by_probabilities_whatever_the_scale() -> None:
    # 2 (p - q): also where p is exactly 0, which a slope by ln p divided by p would lose
    given = record("grad", "brier", "0", "0,1", "--classes", "0,1")["gradient"][0]
    converted = record("grad", "brier", "0", "-inf,0", "--from", "logits", "--wrt", "probs")["gradient"][0]
    assert given == converted == [-2.0, 2.0]


def test_the_gradient_by_parameters_is_that_of_the_square(tmp_path: Path) -> None:
    # at theta = 0 every p is 1/2: 2 (p - y) p (1 - p) = (p - y) / 2, times x, over 4 rows
    (tmp_path / "t.csv").write_text("y,x\n1,2\n0,1\n0,-1\n1,4\n")
    found = record("grad", "brier", tmp_path / "t.csv", "-y", "y", "-x", "x", "--wrt", "params", "--check")
    assert found["ok"]
    assert [one["gradient"] for one in found["parameters"]] == pytest.approx([0.0, -0.375], rel=1e-14, abs=0)


# --- --explain and --expect -------------------------------------------------------------------------------------------
def test_the_work_is_that_of_the_entry() -> None:
    found = record("brier", LABELS, PREDS, "--explain")["explain"]
    assert found["formula"][0] == "loss = (y - p)^2"
    assert [row["term"] for row in found["rows"]] == ["(1 - 0.8)^2", "(0 - 0.3)^2", "(0 - 0.4)^2", "(1 - 0.7)^2"]
    out = run("brier", LABELS, PREDS, "--explain").out
    assert "(1 - 0.8)^2" in out and "ln" not in out
    found = record("grad", "brier", LABELS, PREDS, "--explain")["explain"]
    assert found["formula"][0] == "dloss/dp = 2 (p - y) dp/dp"
    assert found["rows"][0]["chain"] == "2 (0.8 - 1) / 4"


def test_a_typed_answer_is_judged_without_the_catalogue_of_log_losses() -> None:
    assert run("brier", LABELS, PREDS, "--expect", "0.095").code == 0
    result = run("brier", LABELS, PREDS, "--expect", "0.38", "-f", "json")  # the sum: of a log-loss a known mistake
    assert result.code == 1
    assert result.json["expect"]["ok"] is False and result.json["expect"]["consistent_with"] == []
    wrong = run("brier", LABELS, PREDS, "--expect", "0.38").out
    assert "wrong: the mean is 0.095 squared units" in wrong and "(1 - 0.8)^2" in wrong
    assert run("brier", LABELS, PREDS, "-r", "none", "--expect", "0.04,0.09,0.16,0.09").code == 0


def test_a_typed_gradient_is_judged_without_the_catalogue_of_log_losses() -> None:
    assert run("grad", "brier", LABELS, PREDS, "--expect", "-0.1,0.15,0.2,-0.15").code == 0
    result = run("grad", "brier", LABELS, PREDS, "--expect", "0.1,-0.15,-0.2,0.15", "-f", "json")
    assert result.code == 1 and result.json["expect"]["consistent_with"] == []
    assert result.json["expect"]["ratio"] == -1.0


# --- what it lacks ----------------------------------------------------------------------------------------------------
VALUES = {"base": "2", "eps": "0.1", "like": "torch", "smoothing": "0.1", "focal": "2", "pos_weight": "2"}


@pytest.mark.parametrize("name", sorted(LOSS_SPECIFIC - BRIER.settings))
def test_an_option_that_it_lacks_is_refused(name: str) -> None:
    option = "--" + name.replace("_", "-")
    value = () if name == "normalize" else (VALUES.get(name, "1,2"),)
    for command in (("brier",), ("grad", "brier")):
        assert option in refusal(*command, LABELS, PREDS, option, *value)


def test_a_scale_that_it_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    only = {form: {Scale.PROBS: kernels[Scale.PROBS]} for form, kernels in BRIER.kernels.items()}
    assert "brier takes probs or logits, not logprobs" in refusal("brier", LABELS, "-1,-2,-3,-4", "--from", "logprobs")

    enter(monkeypatch, replace(BRIER, kernels=only))

    assert "brier takes probs, not logits" in refusal("brier", LABELS, PREDS, "--from", "logits")
    assert "brier takes probs, not logits" in refusal("brier", "0,2", ROWS, "--from", "logits")
    assert "--wrt logits" in refusal("grad", "brier", LABELS, PREDS, "--wrt", "logits")
    assert "--wrt logits" in refusal("grad", "brier", "0,2", ROWS, "--wrt", "logits")


def test_a_fit_that_it_lacks_and_soft_labels_are_refused() -> None:
    assert "brier" in refusal("fit", "brier", "t.csv")
    assert "needs hard labels" in refusal("brier", "0.5,1", "0.5,0.5")


def test_its_own_scale_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch, replace(BRIER, scale=Scale.LOGITS))
    assert record("brier", "1", "0")["from"] == "logits"
    assert answer("brier", "1", "0") == 0.25


# --- laws -------------------------------------------------------------------------------------------------------------
def table(tmp_path: Path, rows: int) -> Path:
    generator = np.random.default_rng(5)
    labels, p = generator.integers(0, 2, rows).tolist(), generator.uniform(size=rows).tolist()
    path = tmp_path / "t.csv"
    path.write_text("label,p\n" + "".join(f"{y},{one!r}\n" for y, one in zip(labels, p, strict=True)))
    return path


def test_threads_and_pipes_change_no_digit(tmp_path: Path) -> None:
    path = table(tmp_path, 5000)
    found = {run("brier", path, "-q", "--threads", count).out for count in ("1", "2", "5")}
    found.add(run("brier", "-", "-q", stdin=path.read_bytes()).out)
    assert len(found) == 1


def test_a_table_cut_in_two_has_the_sums_of_its_parts(tmp_path: Path) -> None:
    path = table(tmp_path, 100)
    lines = path.read_text().splitlines(keepends=True)
    parts = [answer("brier", "-", "-r", "sum", stdin="".join([lines[0], *part])) for part in (lines[1:37], lines[37:])]
    assert answer("brier", path, "-r", "sum") == pytest.approx(sum(parts), rel=1e-15, abs=0)


def test_the_gradient_is_the_slope_of_the_value() -> None:
    p = np.array([0.8, 0.3, 0.4, 0.7])
    slope = []
    for at in range(4):
        above, below = p.copy(), p.copy()
        above[at] += 1e-5
        below[at] -= 1e-5
        slope.append((answer("brier", LABELS, listed(above)) - answer("brier", LABELS, listed(below))) / 2e-5)
    assert record("grad", "brier", LABELS, PREDS)["gradient"] == pytest.approx(slope, rel=1e-9, abs=0)


# --- the table of losses ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_names_settings_that_there_are(name: str) -> None:
    loss = LOSSES[name]
    assert loss.settings <= LOSS_SPECIFIC
    assert loss.log_loss == (loss.settings >= OF_LOG_LOSSES)


def test_coefficients_of_hard_rows_are_what_the_entry_sees() -> None:
    a = Binary(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert BINARY[Scale.PROBS].value(a, np.array([0.75, 0.25])).tolist() == [0.0625, 0.0625]


# --- help -------------------------------------------------------------------------------------------------------------
LOGITS_ALONE = replace(
    BRIER,
    name="brierlogits",
    scale=Scale.LOGITS,
    kernels={Form.CATEGORICAL: {Scale.LOGITS: CLASSES[Scale.LOGITS]}},
    baseline=None,
    aliases={"quadratic probabilityscore": ""},
)


def test_its_pages_of_help_have_examples_that_run_and_say_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch, LOGITS_ALONE)
    for loss in (BRIER, LOGITS_ALONE):
        for words in ((loss.name,), ("grad", loss.name)):
            examples = COMMANDS[words].examples
            assert len(examples) >= 3
            for example in examples:
                assert run(*shlex.split(example)[1:]).code == 0, example
            page = run(*words, "-h").out
            assert all(f"  {example}\n" in page for example in examples)
        assert loss.name in run("grad", "-h").out and loss.name in run("-h").out
    assert re.search(r"--from SCALE +predictions: probs \(default\), logits or logprobs\n", run("brier", "-h").out)
    assert re.search(r"--from SCALE +predictions: logits \(default\)\n", run("brierlogits", "-h").out)
    assert re.search(r"--prob COL +class columns", run("brierlogits", "-h").out)


def test_what_others_call_it_is_answered_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch, LOGITS_ALONE)

    assert refusal("quadratic", "t.csv") == "no such command: 'quadratic'; use brierlogits"
    assert refusal("breir", "t.csv") == "no such command: 'breir'; did you mean brier?"


# --- a loss that takes logits alone -----------------------------------------------------------------------------------
Z = "1.5,-0.3,0.4,-2"  # margins of the labels 1,0,0,1: 1.5, 0.3, -0.4, -2


def test_hinge_is_one_less_the_margin_where_that_is_below_one() -> None:
    assert answer("hinge", LABELS, Z, "-r", "sum") == pytest.approx(0.7 + 1.4 + 3.0, rel=1e-15, abs=0)
    assert answer("hinge", LABELS, Z) == pytest.approx(5.1 / 4, rel=1e-15, abs=0)
    found = record("hinge", LABELS, Z, "-w", "1,2,3,4", "--pos-weight", "2")
    assert found["value"] == pytest.approx((2 * 0.7 + 3 * 1.4 + 4 * 2 * 3.0) / 10, rel=1e-15, abs=0)
    assert record("hinge", LABELS, Z, "--class-weight", "balanced")["value"] == record("hinge", LABELS, Z)["value"]
    assert (found["from"], found["base"], found["baseline"]) == ("logits", None, None)
    assert record("hinge", "yes,no,?", "1,2,3", "--positive", "yes", "--ignore", "?")["n"] == 2


def test_the_gradient_of_hinge_passes_the_check_and_shows_its_own_work() -> None:
    found = record("grad", "hinge", LABELS, Z, "-r", "sum", "--check")
    assert found["ok"] and found["gradient"] == [0.0, 1.0, 1.0, -1.0]
    work = record("grad", "hinge", LABELS, Z, "--explain")["explain"]
    assert work["formula"][0] == HINGE_BY_LOGITS.chain[0]
    chains = [row["chain"] for row in work["rows"]]
    assert chains[1:3] == ["slope 1 below margin 1, at 0.3 / 4", "slope 1 below margin 1, at -0.4 / 4"]
    work = record("hinge", LABELS, Z, "--explain")["explain"]
    assert work["formula"][0] == "loss = max(0, 1 - (2 y - 1) z)" and work["rows"][0]["term"] == "max(0, 1 - 1.5)"


def test_the_gradient_by_parameters_shows_no_difference_that_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y,x\n1,2\n0,1\n0,-1\n1,4\n")
    for loss in ("hinge", "brier"):
        args = ("grad", loss, tmp_path / "t.csv", "-y", "y", "-x", "x", "--wrt", "params", "--theta", "0.1,0.2")
        work = record(*args, "--explain")["explain"]
        assert work["formula"][-1].startswith("dloss/dtheta = X^T (dloss/dz) / m")
        assert record(*args, "--check")["ok"]


def test_a_fit_lowers_the_loss_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y,x\n1,2\n0,1\n0,-1\n1,4\n1,-0.5\n")
    args = ("fit", "hinge", tmp_path / "t.csv", "-y", "y", "-x", "x", "--steps", "50")
    found = record(*args)
    assert found["train_loss"] < found["history"][0] == 1.0
    assert record(*args[:-1], "1", "--explain")["explain"]["formula"][1] == HINGE_BY_LOGITS.chain[0]
    assert "support vector regression by minimizing hinge loss" in run("fit", "hinge", "-h").out.lower()


# --- every page and every command of both -----------------------------------------------------------------------------
def test_every_page_of_help_has_the_new_losses() -> None:
    for words in ((), ("grad",), ("fit",), *(words for words in COMMANDS if {"brier", "hinge"} & set(words))):
        out = run(*words, "-h").out
        assert "brier" in out or "hinge" in out, words
        assert ("Examples:\n\n" not in out and "probs (default)" not in out) or "hinge" not in " ".join(words), words
    assert "logits (default)" in run("hinge", "-h").out.replace("\n", " ")
    for name in ("brier", "hinge"):
        for line in run(name, "-h").out.split("Examples:\n")[1].split("\n\n")[0].splitlines():
            words = shlex.split(line.strip().removeprefix("losscli"))
            assert run(*words).code == 0, line


@pytest.mark.parametrize("name", ["brier", "hinge"])
def test_every_question_of_a_loss_is_answered_by_the_new_ones(name: str, tmp_path: Path) -> None:
    preds = PREDS if name == "brier" else Z
    rows = zip(LABELS.split(","), preds.split(","), "abab", strict=True)
    (tmp_path / "t.csv").write_text("label,m,g,n\n" + "".join(f"{y},{p},{g},{p}\n" for y, p, g in rows))
    table, one = (name, tmp_path / "t.csv"), ("-p", "m")
    for more in (
        *(
            one,
            (*one, "-r", "none"),
            (*one, "-r", "sum"),
            (*one, "--explain"),
            (*one, "--plot"),
            (*one, "--worst", "2"),
        ),
        *((*one, "--by", "g"), (*one, "--quantiles", "0.5"), ("-p", "m", "-p", "n"), (*one, "--ci", "0.9")),
    ):
        result = run(*table, *more)
        assert (result.code, result.err) == (0, ""), more
        assert not any(word in result.out for word in (" nats", "perplexity", "likelihood")), more
    value = answer(*table, *one)
    assert run(*table, *one, "--expect", repr(value)).code == 0
    assert run(*table, *one, "--expect", "17").code == 1
    result = run(*table, *one, "--calibration")
    assert result.code == 0 and ("miscalibration" in result.out) == (name == "brier")
    for method in (("--method", "numeric"), ("--check",), ("--explain",)):
        assert run("grad", *table, *one, *method).code == 0


@pytest.mark.parametrize("name", ["brier", "hinge"])
def test_the_laws_hold_for_the_new_losses(name: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    labels, cells = generator.integers(0, 2, 3000).tolist(), generator.uniform(size=3000).tolist()
    weights = generator.integers(0, 4, 3000).tolist()
    rows = [f"{y},{v!r},{w}\n" for y, v, w in zip(labels, cells, weights, strict=True)]
    path = tmp_path / "t.csv"
    path.write_text("label,p,w\n" + "".join(rows))
    args = (name, "-y", "label", "-p", "p", "-w", "w")
    found = {run(*args, path, "-q", "--threads", count).out for count in ("1", "2", "5")}
    found |= {run(*args, "-", "-q", stdin=path.read_bytes()).out}
    found |= {run(*args, "-", "-q", stdin="label,p,w\n" + "".join(rows[::-1])).out}
    assert len(found) == 1
    repeated = "".join(row for row, w in zip(rows, weights, strict=True) for _ in range(w))
    assert answer(name, "-y", "label", "-p", "p", "-", stdin="label,p,w\n" + repeated) == pytest.approx(
        answer(*args, path), rel=1e-13, abs=0
    )
    assert [float(line) for line in run(*args[:5], "-", "-r", "none", "-q", stdin=path.read_bytes()).out.split()] == [
        answer(*args[:5], "-", stdin="label,p,w\n" + row) for row in rows[:50]
    ] + [float(line) for line in run(*args[:5], path, "-r", "none", "-q").out.split()[50:]]
