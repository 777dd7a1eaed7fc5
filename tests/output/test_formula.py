"""Formulas in LaTeX, made of their text, and text in Markdown that is read as nothing but text."""

import math
import re
from pathlib import Path

import pytest
from conftest import run
from hypothesis import given
from hypothesis import strategies as st
from samples import any_text

from losscli.enums import Form, Scale
from losscli.losses.table import LOSSES, Kernel
from losscli.output.formula import latex, maths
from losscli.output.markdown import escaped

COMMANDS = {
    *("cdot", "ldots", "theta", "infty", "backslash", "sim", "wedge", "ln", "max", "log", "sum", "frac"),
    *("partial", "text", "mathrm"),
}


def test_a_formula_is_latex_by_a_few_rules() -> None:
    cases = [
        ("-ln(1 - p)", r"-\ln(1 - p)"),
        ("-[ y ln p ]", r"-[y \ln p]"),
        ("log2(1 + e^-z)", r"\log_{2}(1 + e^{-z})"),
        ("e^(-weight * loss)", r"e^{-\text{weight} \cdot \text{loss}}"),
        ("sum over k of e^z[k]", r"\sum_{k} e^{z_{k}}"),
        ("-x[label] / ln 2", r"-\frac{x_{\text{label}}}{\ln 2}"),
        ("-y/p + (1 - y)/(1 - p)", r"-\frac{y}{p} + \frac{1 - y}{1 - p}"),
        ("(p - y) / [p (1 - p)] / 4", r"\frac{\frac{p - y}{p (1 - p)}}{4}"),
        ("(-1 / 0.7, 0) / 2", r"\frac{(-\frac{1}{0.7}, 0)}{2}"),
        ("dp[j]/dz[k]", r"\frac{\partial p_{j}}{\partial z_{k}}"),
        ("X^T (h - y) / m", r"X^{T} \frac{h - y}{m}"),
        ("X theta^T, so that p = softmax(z)", r"X \theta^{T}, \text{ so that } p = \mathrm{softmax}(z)"),
        ("1e-07^2 * 2.5e-08", r"{10^{-7}}^{2} \cdot 2.5 \cdot 10^{-8}"),
        ("0.2 + ... + 0.3", r"0.2 + \ldots + 0.3"),
        ("w[a_b$] = 2", r"w_{\text{a\_b\$}} = 2"),
    ]
    for text, wanted in cases:
        assert latex(text) == wanted, (text, wanted)


def is_well_formed(text: str) -> bool:
    """Whether braces close what they open, every command is known, and nothing is raised or divided by nothing."""
    plain = re.sub(r"\\[{}%$&#_]", "", text)
    depths = [plain[:at].count("{") - plain[:at].count("}") for at in range(len(plain) + 1)]
    known = {name for name in re.findall(r"\\([A-Za-z]+)", plain)} <= COMMANDS
    return known and min(depths) == depths[-1] == 0 and "$" not in plain and not re.search(r"[\^_](?!\{)", plain)


PIECES = [
    "ln",
    "log2",
    "(",
    ")",
    "[",
    "]",
    "^",
    "/",
    "-",
    "_",
    "{",
    "}",
    "\\",
    "$",
    "e",
    "q[k]",
    "1e-07",
    "dp",
    "'",
    " ",
]


@given(st.lists(st.sampled_from(PIECES) | any_text(2), max_size=12).map("".join))
def test_whatever_is_given_the_latex_is_well_formed(text: str) -> None:
    assert is_well_formed(latex(text))


KERNELS = [kernel for loss in LOSSES.values() for of_form in loss.kernels.values() for kernel in of_form.values()]


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_loss_has_its_formula_term_and_chain_in_latex(kernel: Kernel) -> None:
    texts = [kernel.formula(soft, log) for soft in (True, False) for log in ("ln", "log2", "log10")]
    a, v = ([0.25, 0.75], [0.125, 0.5])
    texts += [*kernel.chain, kernel.term(a, v, "ln"), kernel.gradient_term(a, v, [0.25, 0.75])]

    for text in texts:
        made = latex(text)
        assert is_well_formed(made) and made.count("=") == text.count("=")
        assert len(re.findall(r"\d\.\d+", made)) == len(re.findall(r"\d\.\d+", text))


BASES = {"ln": math.e, "log2": 2.0, "log10": 10.0}


def value_of(text: str, names: dict[str, float]) -> float:
    """What a formula of one row comes to: `y ln p` is a product, `[ ]` are brackets."""
    plain = text.removeprefix("loss = ").partition(", x = ln p")[0].replace("[", "(").replace("]", ")")
    plain = re.sub(r"(ln|log2|log10) (\w+)", r"\1(\2)", re.sub(r"e\^(-?\w+)", r"exp(\1)", plain))
    plain = re.sub(r"(\b[ypxz]\b|\)) (?=\b[ypxz]\b|\(|ln|log|exp)", r"\1 * ", plain)
    functions = {"ln": math.log, "log2": math.log2, "log10": math.log10, "exp": math.exp}
    return float(eval(plain, {"__builtins__": {}}, {**functions, **names}))


def test_the_formula_of_a_row_of_two_classes_is_its_loss_in_each_base() -> None:
    scales = {Scale.PROBS: ("p", 0.3), Scale.LOGITS: ("z", math.log(0.3 / 0.7)), Scale.LOGPROBS: ("x", math.log(0.3))}
    for form, y in ((Form.BINARY, 1.0), (Form.BINARY, 0.0), (Form.BINARY, 0.25), (Form.LIKELIHOOD, 1.0)):
        for scale, kernel in LOSSES["nll"].kernels[form].items():
            name, v = scales[scale]
            for log, base in BASES.items():
                right = -(y * math.log(0.3) + (1.0 - y) * math.log(0.7)) / math.log(base)
                assert value_of(kernel.formula(False, log), {"y": y, name: v}) == pytest.approx(right), (form, scale)


def test_the_formulas_of_several_classes_name_labels_or_their_probabilities() -> None:
    kernels = LOSSES["ce"].kernels[Form.CATEGORICAL]
    for scale, soft, wanted in (
        (Scale.PROBS, False, "loss = -log2 p[label]"),
        (Scale.PROBS, True, "loss = -sum over k of q[k] log2 p[k]"),
        (Scale.LOGITS, False, "loss = log2(sum over k of e^z[k]) - z[label] / ln 2"),
        (Scale.LOGITS, True, "loss = log2(sum over k of e^z[k]) - sum over k of q[k] z[k] / ln 2"),
        (Scale.LOGPROBS, False, "loss = -x[label] / ln 2, x = ln p"),
        (Scale.LOGPROBS, True, "loss = -sum over k of q[k] x[k] / ln 2, x = ln p"),
    ):
        assert kernels[scale].formula(soft, "log2") == wanted
        natural = wanted.replace(" / ln 2", "").replace("log2", "ln")
        assert kernels[scale].formula(soft, "ln") == natural


def test_the_chain_of_each_scale_ends_with_its_gradient() -> None:
    binary = {Scale.PROBS: "-y/p + (1 - y)/(1 - p)", Scale.LOGITS: "p - y", Scale.LOGPROBS: "(p - y) / (1 - p)"}
    classes = {Scale.PROBS: "-q[k] / p[k]", Scale.LOGITS: "p[k] - q[k]", Scale.LOGPROBS: "-q[k]"}
    for form, wanted in ((Form.BINARY, binary), (Form.CATEGORICAL, classes)):
        for scale, kernel in LOSSES["nll"].kernels[form].items():
            assert f"= {wanted[scale]}" in kernel.chain[-1] or f": {wanted[scale]}" in kernel.chain[-1], kernel.chain
    assert "dp/dz = e^-z / (1 + e^-z)^2 = p (1 - p)" in LOSSES["bce"].kernels[Form.BINARY][Scale.LOGITS].chain
    assert LOSSES["bce"].kernels[Form.BINARY][Scale.PROBS].chain[0].endswith("(p - y) / [p (1 - p)]")


def test_a_cell_of_mathematics_reads_as_text_everywhere_else() -> None:
    assert str(maths("(1 - p)^g", "g = 2", words="times {}: {} is gamma")) == "times (1 - p)^g: g = 2 is gamma"


def test_markdown_shows_text_as_text() -> None:
    cases = [
        ("p_cat|p_dog", r"p\_cat\|p\_dog"),
        ("*a* `b` ~c~ $d$ \\e", r"\*a\* \`b\` \~c\~ \$d\$ \\e"),
        ("<b> 1 < 2", r"\<b> 1 < 2"),
        ("&lt; R&D a & b &#65; & #1", r"\&lt; R\&D a & b \&#65; & #1"),
        ("[a](http://b.c) in [0, 1]", r"[a\](http://b.c) in [0, 1]"),
        ("-0.5, 1e-07", "-0.5, 1e-07"),
    ]
    for text, wanted in cases:
        assert escaped(text) == wanted, (text, wanted)


def test_names_from_the_data_are_no_markup_in_a_formula_either(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,p_a|$b,p_[c],p_\\d{e}\na|$b,0.2,0.5,0.3\n", encoding="utf-8")

    out = run("ce", path, "-d", ",", "--class-weight", "1,2,3", "--explain", "-f", "md").out

    assert r"$w_{\text{a/\$b}} = 1, w_{\text{(c)}} = 2, w_{\text{-d\{e\}}} = 3$" in out
    for table in (block for block in out.split("\n\n") if block.startswith("|")):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().splitlines()}) == 1
