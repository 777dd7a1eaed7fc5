"""Mathematical options together, in every form and scale, for hard and soft labels: value, figures and gradient.

What each call comes to is computed by `oracle`, which knows the definitions and nothing of the package.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import oracle
import pytest
from conftest import listed, refusal, run, sampled
from mpmath import mp, mpf
from pairs import (
    CHOICES,
    CLASSES,
    HARD,
    MEANINGLESS,
    SCALES,
    WEIGHTS,
    Case,
    arguments,
    asked,
    every_case,
    labels_of,
    one_of_each,
    rows_of,
)


@pytest.mark.parametrize("form", MEANINGLESS)
def test_two_options_together_give_what_the_definitions_say(form: str) -> None:
    check(sampled(every_case(form)))


@pytest.mark.parametrize("form", MEANINGLESS)
def test_three_options_together_give_what_the_definitions_say(form: str) -> None:
    check(sampled(one_of_each(every_case(form, 3))))


def check(cases: Sequence[Case]) -> None:
    for at, case in enumerate(cases):
        if case.refused:
            assert refusal(*arguments(case))
            continue
        _check_figures(case)
        _check_gradient(case, SCALES[at % 3] if case.form != "nll-likelihoods" else ("probs", "logprobs")[at % 2])


def _check_figures(case: Case) -> None:
    result = run(*arguments(case), "-f", "json")
    assert result.code == 0, (case, result.err)
    found = result.json
    rows = [row for row in rows_of(case) if row is not None]
    a = asked(case)
    if case["reduction"] == "none":
        right = oracle.weighted(a, rows)
        by_row = iter(right)
        right = [next(by_row) if row is not None else mpf(0) for row in rows_of(case)]
        got = found["losses"]
        if len(got) < len(right):  # rows that are ignored and left out
            right = [one for one, row in zip(right, rows_of(case), strict=True) if row is not None]
        assert got == pytest.approx([float(one) for one in right], rel=2e-14, abs=0), case
    expected = oracle.figures(a, rows)
    for name in ("value", "sum", "mean", "divisor", "min", "max", "std", "perplexity", "log_likelihood", "baseline"):
        if (name == "value" and case["reduction"] == "none") or (name == "baseline" and not labels_of(case)):
            continue
        rel = 1e-13 if name in ("std", "perplexity") else 2e-14
        assert found[name] == figure(expected[name], rel), (name, case)
    for name in ("se", "low", "high"):
        assert found[name] == figure(expected[name], 1e-12), (name, case)
    assert found["normalized"] == figure(expected["normalized"], 4e-14), case


def figure(value: mpf, rel: float) -> Any:
    """A number as JSON has it: null where it is infinite or undefined."""
    return pytest.approx(float(value), rel=rel, abs=0) if mp.isfinite(value) else None


def _check_gradient(case: Case, by: str) -> None:
    result = run("grad", *arguments(case), "--wrt", by, "-f", "json")
    assert result.code == 0, (case, by, result.err)
    a, rows = asked(case), rows_of(case)
    counted = [row for row in rows if row is not None]
    right = iter(oracle.gradient(replace(a), counted, by))
    for row, found in zip(rows, result.json["gradient"], strict=True):
        cells = found if isinstance(found, list) else [found]
        expected = [float(one) for one in next(right)] if row is not None else [0.0] * len(cells)
        size = max(map(abs, expected), default=0.0)
        assert cells == pytest.approx(expected, rel=1e-12, abs=1e-14 * size), (case, by)


@pytest.mark.parametrize("form", MEANINGLESS)
def test_an_option_without_a_meaning_for_the_data_is_refused(form: str) -> None:
    for name in MEANINGLESS[form]:
        for value in CHOICES[name]:
            if (form, name) != ("nll-binary", "ignore"):
                assert refusal(*arguments(Case(form, "probs", False, ((name, value),)))), (form, name)


def test_the_pairs_are_all_pairs() -> None:
    # counted by hand for nll-likelihoods: 2 scales times (3 + 3 + 1 + 2 + 2 with eps, 9 + 3 + 6 + 6 with --like,
    # 3 + 6 + 6 with focal, 2 + 2 with weights, 4 of base and reduction)
    assert {form: len(every_case(form)) for form in MEANINGLESS} == {
        "bce": 672,
        "ce": 627,
        "nll-binary": 249,
        "nll-classes": 336,
        "nll-likelihoods": 116,
    }


# --- by parameters ----------------------------------------------------------------------------------------------------
FEATURES = [[0.5, -1.0], [2.0, 0.25], [-1.5, 3.0], [0.1, 0.2], [1.0, -2.0]]
THETA = {2: [[0.3, -0.7, 1.1]], 3: [[0.3, -0.7, 1.1], [0.0, 0.4, -0.2], [-1.0, 0.5, 0.6]]}
BY_PARAMS = [name for name in CHOICES if name not in ("eps", "normalize")]


@pytest.mark.parametrize("form", ["bce", "ce"])
def test_two_options_together_give_the_gradient_by_parameters(form: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "y,a,b,w\n"
        + "".join(
            f"{y},{a!r},{b!r},{w!r}\n"
            for y, (a, b), w in zip(CLASSES if form == "ce" else HARD, FEATURES, WEIGHTS, strict=True)
        )
    )
    cases = [case for case in every_case(form) if case.scale == "logits" and not case.soft]
    for case in sampled([case for case in cases if {name for name, _ in case.options} <= set(BY_PARAMS)]):
        theta = THETA[3 if case.classes else 2]
        typed = [*arguments(case)[3:], "-w", "w"] if case["weight"] else list(arguments(case)[3:])
        args = ("grad", form, tmp_path / "t.csv", "-y", "y", "-x", "a,b", "--wrt", "params")
        args = (*args, f"--theta={listed(theta) if case.classes else listed(theta[0])}", *_without_weight_list(typed))
        args = (*args, *(("--classes", "0,1,2") if case.classes else ()))
        if case["like"] == "sklearn" or case["reduction"] == "none":
            assert refusal(*args)
            continue
        result = run(*args, "-f", "json")
        assert result.code == 0, (case, result.err)
        rows = [replace(row, x=(1.0, *x)) for row, x in zip(rows_of(case), FEATURES, strict=True) if row is not None]
        right = [float(one) for one in oracle.params_gradient(asked(case), rows, theta)]
        found = [one["gradient"] for one in result.json["parameters"]]
        assert found == pytest.approx(right, rel=1e-12, abs=1e-14 * max(map(abs, right))), case


def _without_weight_list(typed: list[str]) -> list[str]:
    """The options with the column of weights in place of their list."""
    at = typed.index("-w") if "-w" in typed else None
    return typed if at is None else [*typed[:at], *typed[at + 2 :]]
