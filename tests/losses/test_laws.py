"""Laws of the whole way from bytes to answer: nothing but the data changes a digit of it."""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA, Result, answer, crossed, examples, listed, process, record, refusal, run, scaled
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from losscli.commands.arguments import Arguments
from losscli.commands.settings import read_options_of, settings_of
from losscli.data.table import Table
from losscli.enums import Form, Like, Missing, Scale
from losscli.errors import DataError
from losscli.evaluation.evaluate import evaluated, in_order, summary_of
from losscli.evaluation.problem import Problem, problem_of
from losscli.losses.functions import log_softmax, sigmoid, softplus
from losscli.losses.table import LOSSES
from losscli.reading.open import open_data
from losscli.statistics.summary import Summary

Array = np.ndarray
CASES = [
    (loss.name, form, scale) for loss in LOSSES.values() for form, kernels in loss.kernels.items() for scale in kernels
]
EVERY_CASE = pytest.mark.parametrize(("loss", "form", "scale"), CASES)
LOG_LOSSES = [
    (loss.name, form)
    for loss in LOSSES.values()
    for form in loss.kernels
    if loss.log_loss and form is not Form.LIKELIHOOD
]
IN_TMP = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])


# --- tables of every loss, form and scale -----------------------------------------------------------------------------


def predictions(form: Form, scale: Scale, n: int, seed: int) -> Array:
    z = np.random.default_rng(seed).normal(size=(n, 3)) * 3.0
    if form is not Form.CATEGORICAL:
        z = z[:, :1]
        return {Scale.LOGITS: z, Scale.PROBS: sigmoid(z), Scale.LOGPROBS: -softplus(-z)}[scale]
    return {Scale.LOGITS: z, Scale.PROBS: np.exp(log_softmax(z)), Scale.LOGPROBS: log_softmax(z)}[scale]


@dataclass(frozen=True)
class Sheet:
    """A table as text columns."""

    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]

    def text(self, delimiter: str = ",") -> str:
        rows = [self.header, *zip(*self.columns, strict=True)]
        return "".join(delimiter.join(row) + "\n" for row in rows)


def sheet(form: Form, scale: Scale, n: int, seed: int = 3) -> Sheet:
    generator = np.random.default_rng(seed)
    preds = [tuple(map(repr, column)) for column in predictions(form, scale, n, seed).T.tolist()]
    weights = tuple(map(repr, (generator.integers(0, 9, n) / 4 + 0.25).tolist()))
    if form is Form.LIKELIHOOD:
        return Sheet(("p", "weight"), (*preds, weights))
    labels = tuple(map(str, generator.integers(0, 3 if form is Form.CATEGORICAL else 2, n)))
    names = tuple(f"p_{at}" for at in range(len(preds))) if form is Form.CATEGORICAL else ("p",)
    return Sheet(("label", *names, "weight"), (labels, *preds, weights))


def columns_of(form: Form) -> tuple[str, ...]:
    labels = () if form is Form.LIKELIHOOD else ("-y", "label")
    return (*labels, "-p", "p_*" if form is Form.CATEGORICAL else "p", "-w", "weight")


def call_of(loss: str, form: Form, scale: Scale, path: Path | str) -> Arguments:
    return Arguments(
        LOSSES[loss],
        (str(path),),
        label=() if form is Form.LIKELIHOOD else ("label",),
        prob=("p_*" if form is Form.CATEGORICAL else "p",),
        weight="weight",
        from_=scale,
    )


@contextmanager
def opened(args: Arguments, block_bytes: int) -> Iterator[tuple[Problem, Table]]:
    options = read_options_of(args)
    table = open_data(replace(options, style=options.style._replace(block_bytes=block_bytes)))
    try:
        yield problem_of(settings_of(args), table), table
    finally:
        table.close()


def summary(args: Arguments, block_bytes: int, threads: int = 1) -> Summary:
    with opened(args, block_bytes) as (problem, table):
        return summary_of(problem, replace(table, threads=threads))


def losses(args: Arguments, block_bytes: int) -> bytes:
    with opened(args, block_bytes) as (problem, table):
        parts = [values for values, _ in in_order(table, lambda block: evaluated(problem, block)[1].value)]
        return np.concatenate(parts).tobytes()


# --- blocks and threads -----------------------------------------------------------------------------------------------

SIZES = (1, 2, 3, 17, 40, 41, 63, 64, 100, 257, 1000, 4096, 1 << 20)


@EVERY_CASE
def test_cutting_a_table_anywhere_changes_no_digit(loss: str, form: Form, scale: Scale, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(sheet(form, scale, 40).text())
    args = call_of(loss, form, scale, tmp_path / "t.csv")
    whole, values = summary(args, 1 << 20), losses(args, 1 << 20)

    assert whole.n == 40
    for size in SIZES:
        assert summary(args, size) == whole
        assert losses(args, size) == values


SETTINGS: dict[str, Callable[[Arguments], Arguments]] = {
    "focal": lambda args: replace(args, focal=2.0),
    "alpha": lambda args: replace(args, focal=2.0, alpha=0.25),
    "smoothing": lambda args: replace(args, smoothing=0.1),
    "focal loss of keras": lambda args: replace(args, focal=2.0, smoothing=0.1, alpha=0.3, like=Like.KERAS),
    "eps": lambda args: replace(args, eps=0.05),
    "torch": lambda args: replace(args, like=Like.TORCH),
    "keras": lambda args: replace(args, like=Like.KERAS),
    "sklearn": lambda args: replace(args, like=Like.SKLEARN),
    "drop": lambda args: replace(args, na=Missing.DROP),
    "ignore": lambda args: replace(args, ignore="1"),
    "class weights": lambda args: replace(args, class_weight="1,7" if args.prob == ("p",) else "1,0.3,7"),
    "class weights of keras": lambda args: replace(
        args, class_weight="1,7" if args.prob == ("p",) else "1,0.3,7", smoothing=0.1, like=Like.KERAS
    ),
    "normalize": lambda args: replace(args, normalize=True),
}


OF_CLASSES = ("normalize",)
LOSS_AND_SETTING = [
    pytest.param(loss, form, setting, id=f"{loss}-{form.name.lower()}-{setting}")
    for loss, form in LOG_LOSSES
    for setting in SETTINGS
    if form is Form.CATEGORICAL or setting not in OF_CLASSES
]


@pytest.mark.parametrize("setting", ["class weights", "class weights of keras", "focal loss of keras", "smoothing"])
def test_cutting_changes_no_digit_where_hard_labels_stand_beside_soft_ones(setting: str, tmp_path: Path) -> None:
    lines = sheet(Form.BINARY, Scale.PROBS, 40).text().splitlines()
    soft = [f"0.{at % 10}{line[1:]}" if at % 3 else line for at, line in enumerate(lines[1:])]
    (tmp_path / "t.csv").write_text("\n".join([lines[0], *soft]) + "\n")
    args = SETTINGS[setting](call_of("bce", Form.BINARY, Scale.PROBS, tmp_path / "t.csv"))
    whole, values = summary(args, 1 << 20), losses(args, 1 << 20)

    for size in SIZES:
        assert summary(args, size) == whole
        assert losses(args, size) == values


@pytest.mark.parametrize(("loss", "form", "setting"), LOSS_AND_SETTING)
def test_cutting_changes_no_digit_whatever_the_setting(loss: str, form: Form, setting: str, tmp_path: Path) -> None:
    text = sheet(form, Scale.PROBS, 40).text()
    if setting == "drop":
        lines = text.split("\n")
        lines[5], lines[17], lines[40] = ("NA" + line[1:] for line in (lines[5], lines[17], lines[40]))
        text = "\n".join(lines)
    (tmp_path / "t.csv").write_text(text)
    args = SETTINGS[setting](call_of(loss, form, Scale.PROBS, tmp_path / "t.csv"))
    whole = summary(args, 1 << 20)

    assert whole.counts.seen == 40 and whole.counts.left_out["dropped"] == (3 if setting == "drop" else 0)
    assert all(summary(args, size) == whole for size in SIZES[:: 1 if scaled(10) > 1 else 3])


@IN_TMP
@given(
    size=st.integers(1, 700), newline=st.sampled_from(["\n", "\r\n"]), blank=st.integers(0, 3), seed=st.integers(0, 9)
)
def test_cutting_changes_no_digit_of_irregular_text(
    tmp_path: Path, size: int, newline: str, blank: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    lines = sheet(Form.BINARY, Scale.PROBS, 30, seed).text().split("\n")[:-1]
    for at in generator.choice(np.arange(1, 31), 12, replace=False).tolist():
        label, p, weight = lines[at].split(",")
        lines[at] = str(
            generator.choice([f'"{label}",{p},{weight}', f" {label} ,{p}, {weight}", f'{label},"{p}\n",{weight}'])
        )
    lines.insert(11, newline.join([""] * blank)) if blank else None
    (tmp_path / "t.csv").write_text(newline.join(lines) + newline * seed, newline="")
    args = call_of("bce", Form.BINARY, Scale.PROBS, tmp_path / "t.csv")

    assert summary(args, size) == summary(args, 1 << 20)


FAULTY = [
    ("abc", "label,p\n", "1,0.5\n", "1,abc\n"),
    ("a probability", "label,p\n", "1,0.5\n", "0,1.2\n"),
    ("a label", "label,p\n", "1,0.5\n", "2,0.5\n"),
    ("ragged", "label,p\n", "1,0.5\n", "1,0.5,3\n"),
    ("missing", "label,p\n", "1,0.5\n", "1,\n"),
    ("a quote", "label,p\n", "1,0.5\n", '1,"0.5\n'),
    ("text after a quote", "label,p\n", '1,"0.5"\n', '1,"0.5"x\n'),
    ("after tall rows", "label,p\n", '1,"0.5\n"\n', '1,"x\n"\n'),
    ("bytes", "label,p\n", "1,0.5\n", "1,0.5\udcff\n"),
]


@pytest.mark.parametrize(("head", "good", "bad"), [case[1:] for case in FAULTY], ids=[case[0] for case in FAULTY])
def test_cutting_changes_no_letter_of_an_error(head: str, good: str, bad: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for before in (0, 1, 7, 30):
        text = head + good * before + bad + good * 3 + bad
        path.write_bytes(text.encode(errors="surrogateescape"))
        said = set()
        for size, threads in crossed(SIZES, (1, 3)):
            try:
                summary(Arguments(LOSSES["bce"], (str(path),)), size, threads)
            except DataError as error:
                said.add(str(error))
            else:
                said.add("no error")
        assert len(said) == 1, said
        assert "t.csv:" in said.pop()


@EVERY_CASE
def test_threads_change_nothing(loss: str, form: Form, scale: Scale, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(sheet(form, scale, 300).text())
    args = call_of(loss, form, scale, tmp_path / "t.csv")

    assert summary(args, 500, threads=1) == summary(args, 500, threads=2) == summary(args, 500, threads=7)


@pytest.mark.slow
@EVERY_CASE
def test_processes_change_nothing(
    loss: str, form: Form, scale: Scale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text(sheet(form, scale, 300).text())
    args = call_of(loss, form, scale, tmp_path / "t.csv")
    alone = summary(args, 500)
    monkeypatch.setattr("losscli.reading.text.feed.LEAST_BYTES", 700)

    assert summary(args, 500, threads=2) == summary(args, 1 << 20, threads=5) == alone


@pytest.mark.parametrize(("head", "good", "bad"), [case[1:] for case in FAULTY], ids=[case[0] for case in FAULTY])
def test_processes_change_no_letter_of_an_error(
    head: str, good: str, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    for before in (0, 7, 60):
        text = head + good * before + bad + good * 30 + bad
        path.write_bytes(text.encode(errors="surrogateescape"))
        said = set()
        for least in (1 << 22, 30, 100):
            monkeypatch.setattr("losscli.reading.text.feed.LEAST_BYTES", least)
            with pytest.raises(DataError) as caught:
                summary(Arguments(LOSSES["bce"], (str(path),)), 1 << 20, threads=4)
            said.add(str(caught.value))
        assert len(said) == 1, said


def test_a_large_table_has_one_answer_for_any_number_of_threads(tmp_path: Path) -> None:
    text = sheet(Form.CATEGORICAL, Scale.PROBS, scaled(60_000)).text()
    (tmp_path / "t.csv").write_text(text)
    outputs = {
        run("ce", *columns_of(Form.CATEGORICAL), *reduction, "-f", "json", "--threads", threads, tmp_path / "t.csv").out
        for threads in ("1", "2", "5")
        for reduction in ((), ("-r", "none"))
    }

    assert len(outputs) == 2 and "" not in outputs


# --- where the bytes come from ----------------------------------------------------------------------------------------

PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "output"),
    crossed(CASES, [("-f", "json"), ("-f", "table"), ("-r", "none", "-q"), ("-f", "csv", "-r", "none")]),
)
def test_file_pipe_and_packed_file_agree_to_the_byte(
    case: tuple[str, Form, Scale], output: tuple[str, ...], tmp_path: Path
) -> None:
    loss, form, scale = case
    text = sheet(form, scale, 25).text().encode()
    args = (loss, *columns_of(form), "--from", scale.value, *output)
    (tmp_path / "t.csv").write_bytes(text)
    outputs = [run(*args, tmp_path / "t.csv"), run(*args, "-", stdin=text), run(*args, stdin=text)]
    for ending, pack in PACKED.items():
        (tmp_path / f"t.csv.{ending}").write_bytes(pack(text))
        outputs += [run(*args, tmp_path / f"t.csv.{ending}"), run(*args, "-", stdin=pack(text))]

    assert outputs[0].code == 0 and outputs[0].out
    assert {without_sources(output) for output in outputs} == {without_sources(outputs[0])}


def without_sources(result: Result) -> Result:
    """The result without the list of paths in JSON, which is all that may differ."""
    return replace(result, out=re.sub(r'"sources": \[[^]]*\]', "", result.out))


@pytest.mark.slow
def test_a_real_pipe_gives_the_bytes_of_the_file() -> None:
    path = DATA / "digits.csv"
    from_file = process("ce", path, "-f", "json")

    assert from_file.code == 0
    for data in (path.read_bytes(), gzip.compress(path.read_bytes())):
        assert without_sources(process("ce", "-f", "json", stdin=data)) == without_sources(from_file)
    assert run("ce", path, "-f", "json") == from_file


@pytest.mark.slow
def test_sources_are_closed_after_reading() -> None:
    result = process("bce", DATA / "breast_cancer.csv", "-q", env={"PYTHONWARNINGS": "error::ResourceWarning"})

    assert (result.code, result.err) == (0, "")


@EVERY_CASE
def test_inline_lists_and_files_agree(loss: str, form: Form, scale: Scale, tmp_path: Path) -> None:
    text = sheet(form, scale, 25)
    (tmp_path / "t.csv").write_text(text.text())
    *sides, weights = (
        (text.columns[0], text.columns[-1])
        if form is Form.LIKELIHOOD
        else (text.columns[0], tuple(zip(*text.columns[1:-1], strict=True)), text.columns[-1])
    )
    inline = [";".join(map(",".join, side)) if isinstance(side[0], tuple) else ",".join(side) for side in sides]
    from_file = record(loss, *columns_of(form), "--from", scale.value, tmp_path / "t.csv")
    from_lists = record(loss, *inline, "-w", ",".join(weights), "--from", scale.value)

    for part in ("columns", "notes", "sources"):
        from_file.pop(part), from_lists.pop(part)
    assert from_lists == from_file


@pytest.mark.parametrize(("loss", "form", "scale"), [case for case in CASES if case[1] is not Form.LIKELIHOOD])
def test_separate_files_and_one_table_agree(loss: str, form: Form, scale: Scale, tmp_path: Path) -> None:
    text = sheet(form, scale, 25)
    (tmp_path / "t.csv").write_text(text.text())
    (tmp_path / "y.csv").write_text(Sheet(text.header[:1], text.columns[:1]).text())
    (tmp_path / "p.csv").write_text(Sheet(text.header[1:-1], text.columns[1:-1]).text())
    whole = record(loss, *columns_of(form)[:-2], "--from", scale.value, tmp_path / "t.csv")
    apart = record(loss, tmp_path / "y.csv", tmp_path / "p.csv", "--from", scale.value)

    assert [apart[key] for key in ("value", "n", "std", "baseline", "per_class")] == [
        whole[key] for key in ("value", "n", "std", "baseline", "per_class")
    ]


# --- the same question asked in several ways --------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "form"), LOG_LOSSES)
def test_probabilities_logits_and_log_probabilities_of_one_model_agree(loss: str, form: Form) -> None:
    found = []
    for scale in Scale:
        text = sheet(form, scale, 200)
        found.append(record(loss, *columns_of(form), "--from", scale.value, "-", stdin=text.text()))
    # not "min": 1 - p of a probability near 1 has no twelve digits
    for key in ("value", "sum", "std", "se", "max", "normalized", "perplexity"):
        for other in found[1:]:
            assert other[key] == pytest.approx(found[0][key], rel=1e-12, abs=0)


@EVERY_CASE
def test_the_order_of_rows_changes_no_digit(loss: str, form: Form, scale: Scale) -> None:
    text = sheet(form, scale, 60)
    order = np.random.default_rng(5).permutation(60)
    mixed = Sheet(text.header, tuple(tuple(column[at] for at in order) for column in text.columns))
    args = (loss, *columns_of(form), "--from", scale.value, "-")

    assert record(*args, stdin=mixed.text()) == record(*args, stdin=text.text())


@EVERY_CASE
def test_the_delimiter_and_the_order_of_columns_change_no_digit(loss: str, form: Form, scale: Scale) -> None:
    text = sheet(form, scale, 20)
    args = (loss, *columns_of(form), "--from", scale.value)
    turned = Sheet((text.header[-1], *text.header[:-1]), (text.columns[-1], *text.columns[:-1]))
    wanted = run(*args, "-f", "json", stdin=text.text())

    assert wanted.code == 0
    for delimiter in (",", ";", "\t", "|", " "):
        assert run(*args, "-f", "json", stdin=text.text(delimiter)) == wanted
        assert run(*args, "-f", "json", stdin=turned.text(delimiter)) == wanted


@EVERY_CASE
def test_reductions_and_formats_tell_one_story(loss: str, form: Form, scale: Scale) -> None:
    text = sheet(form, scale, 30).text()
    args = (loss, *columns_of(form)[:-2], "--from", scale.value, "-")
    rows = [float(line) for line in run(*args, "-r", "none", "-q", stdin=text).out.split()]
    whole, summed = record(*args, stdin=text), record(*args, "-r", "sum", stdin=text)
    each = record(*args, "-r", "none", stdin=text)

    assert len(rows) == whole["n"] == 30
    assert each["losses"] == rows
    assert (whole["min"], whole["max"]) == (min(rows), max(rows))
    assert whole["sum"] == pytest.approx(sum(rows), rel=1e-15, abs=0)
    assert (summed["value"], whole["value"]) == (whole["sum"], whole["mean"])
    assert whole["std"] == pytest.approx(np.std(rows, ddof=1), rel=1e-13, abs=0)
    assert whole["se"] == pytest.approx(np.std(rows, ddof=1) / np.sqrt(30), rel=1e-13, abs=0)
    assert answer(*args, stdin=text) == whole["value"]
    names, values = (line.split(",") for line in run(*args, "-f", "csv", stdin=text).out.splitlines())
    assert dict(zip(names, values, strict=True))["value"] == repr(whole["value"])


@EVERY_CASE
def test_the_base_divides_everything(loss: str, form: Form, scale: Scale) -> None:
    text = sheet(form, scale, 30).text()
    args = (loss, *columns_of(form), "--from", scale.value, "-")
    if "base" not in LOSSES[loss].settings:  # it has no logarithm
        assert refusal(*args, "--base", "2", stdin=text).startswith("no such option: --base")
        return
    nats, bits = record(*args, stdin=text), record(*args, "--base", "2", stdin=text)

    for key in ("value", "sum", "mean", "std", "se", "min", "max", "baseline", "log_likelihood"):
        if nats[key] is not None:
            assert bits[key] * np.log(2.0) == pytest.approx(nats[key], rel=1e-15, abs=0)
    for key in ("n", "divisor", "normalized", "perplexity"):
        assert bits[key] == nats[key]
    for part, other in zip(nats["per_class"] or (), bits["per_class"] or (), strict=True):
        assert other["mean"] * np.log(2.0) == pytest.approx(part["mean"], rel=1e-15, abs=0)


@EVERY_CASE
def test_weights_of_whole_numbers_are_rows_repeated(loss: str, form: Form, scale: Scale) -> None:
    text = sheet(form, scale, 20)
    times = np.random.default_rng(2).integers(0, 4, 20)
    weighted = Sheet(text.header, (*text.columns[:-1], tuple(map(str, times))))
    repeated = Sheet(text.header[:-1], tuple(tuple(np.repeat(column, times).tolist()) for column in text.columns[:-1]))
    args = (loss, "--from", scale.value, *columns_of(form)[:-2], "-")
    one, other = record(*args, "-w", "weight", stdin=weighted.text()), record(*args, stdin=repeated.text())

    assert (one["divisor"], one["n"], other["n"]) == (other["divisor"], 20, times.sum())
    for key in ("value", "sum", "baseline", "normalized", "perplexity"):
        if other[key] is not None:
            assert one[key] == pytest.approx(other[key], rel=1e-13, abs=0)


@pytest.mark.parametrize("scale", list(Scale))
def test_two_classes_are_a_binary_problem(scale: Scale) -> None:
    z = np.random.default_rng(8).normal(size=50) * 4
    binary = {Scale.LOGITS: z, Scale.PROBS: sigmoid(z), Scale.LOGPROBS: -softplus(-z)}[scale]
    other = {Scale.LOGITS: np.zeros(50), Scale.PROBS: sigmoid(-z), Scale.LOGPROBS: -softplus(z)}[scale]
    labels = ",".join(map(str, np.random.default_rng(9).integers(0, 2, 50)))

    by_label = record("bce", labels, listed(binary), "--from", scale.value)
    by_class = record("ce", labels, listed(np.column_stack([other, binary])), "--from", scale.value)

    for key in ("value", "std", "se", "baseline", "normalized", "perplexity"):
        assert by_class[key] == pytest.approx(by_label[key], rel=1e-12, abs=0)


def test_one_hot_labels_are_hard_labels() -> None:
    labels, rows = [2, 0, 1, 2, 2], predictions(Form.CATEGORICAL, Scale.PROBS, 5, 1)
    hard = record("ce", ",".join(map(str, labels)), listed(rows))
    soft = record("ce", listed(np.eye(3)[labels]), listed(rows))

    for key in ("value", "sum", "std", "se", "min", "max", "baseline", "normalized"):
        assert soft[key] == hard[key]


def test_nll_of_labels_is_ce_and_bce_of_labels() -> None:
    rows, labels = predictions(Form.CATEGORICAL, Scale.PROBS, 30, 1), ",".join(map(str, np.arange(30) % 3))
    binary, flags = predictions(Form.BINARY, Scale.PROBS, 30, 2)[:, 0], ",".join(map(str, np.arange(30) % 2))

    for key in ("value", "sum", "std", "baseline", "per_class", "perplexity"):
        assert record("nll", labels, listed(rows))[key] == record("ce", labels, listed(rows))[key]
        assert record("nll", flags, listed(binary))[key] == record("bce", flags, listed(binary))[key]


def test_likelihoods_are_predictions_of_labels_that_are_all_one() -> None:
    binary = listed(predictions(Form.BINARY, Scale.PROBS, 30, 2)[:, 0])

    assert answer("nll", binary) == answer("nll", ",".join("1" * 30), binary)


def same(*results: Result) -> bool:
    return len(set(results)) == 1


def test_running_twice_gives_the_same_bytes() -> None:
    args = ("ce", DATA / "digits.csv", "--class-weight", "1,2,3,4,5,6,7,8,9,10", "-f", "json")

    assert same(run(*args), run(*args))
