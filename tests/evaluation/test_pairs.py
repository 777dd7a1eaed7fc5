"""All pairs of mathematical options, in every form and scale, for hard and soft labels: value, figures and gradient.

What each pair comes to is computed by `oracle`, which knows the definitions and nothing of the package.
"""

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import oracle
import pytest
from conftest import listed, refusal, run
from mpmath import mp, mpf
from pairs import (
    CHOICES,
    CLASSES,
    HARD,
    MEANINGLESS,
    SCALES,
    WEIGHTS,
    Pair,
    arguments,
    asked,
    cases,
    every_pair,
    labels_of,
    rows_of,
)

EVERY_PAIR = pytest.mark.parametrize("pairs", [case for form in MEANINGLESS for case in cases(form)])


@EVERY_PAIR
def test_two_options_together_give_what_the_definitions_say(pairs: tuple[Pair, ...]) -> None:
    for at, pair in enumerate(pairs):
        if pair.refused:
            assert refusal(*arguments(pair))
            continue
        _check_figures(pair)
        _check_gradient(pair, SCALES[at % 3] if pair.form != "nll-likelihoods" else ("probs", "logprobs")[at % 2])


def _check_figures(pair: Pair) -> None:
    result = run(*arguments(pair), "-f", "json")
    assert result.code == 0, (pair, result.err)
    found = result.json
    rows = [row for row in rows_of(pair) if row is not None]
    a = asked(pair)
    if pair["reduction"] == "none":
        right = oracle.weighted(a, rows)
        by_row = iter(right)
        right = [next(by_row) if row is not None else mpf(0) for row in rows_of(pair)]
        got = found["losses"]
        if len(got) < len(right):  # rows that are ignored and left out
            right = [one for one, row in zip(right, rows_of(pair), strict=True) if row is not None]
        assert got == pytest.approx([float(one) for one in right], rel=2e-14, abs=0), pair
    expected = oracle.figures(a, rows)
    for name in ("value", "sum", "mean", "divisor", "min", "max", "std", "perplexity", "log_likelihood", "baseline"):
        if (name == "value" and pair["reduction"] == "none") or (name == "baseline" and not labels_of(pair)):
            continue
        rel = 1e-13 if name in ("std", "perplexity") else 2e-14
        assert found[name] == figure(expected[name], rel), (name, pair)
    for name in ("se", "low", "high"):
        assert found[name] == figure(expected[name], 1e-12), (name, pair)
    assert found["normalized"] == figure(expected["normalized"], 4e-14), pair


def figure(value: mpf, rel: float) -> Any:
    """A number as JSON has it: null where it is infinite or undefined."""
    return pytest.approx(float(value), rel=rel, abs=0) if mp.isfinite(value) else None


def _check_gradient(pair: Pair, by: str) -> None:
    result = run("grad", *arguments(pair), "--wrt", by, "-f", "json")
    assert result.code == 0, (pair, by, result.err)
    a, rows = asked(pair), rows_of(pair)
    counted = [row for row in rows if row is not None]
    right = iter(oracle.gradient(replace(a), counted, by))
    for row, found in zip(rows, result.json["gradient"], strict=True):
        cells = found if isinstance(found, list) else [found]
        expected = [float(one) for one in next(right)] if row is not None else [0.0] * len(cells)
        size = max(map(abs, expected), default=0.0)
        assert cells == pytest.approx(expected, rel=1e-12, abs=1e-14 * size), (pair, by)


@pytest.mark.parametrize("form", MEANINGLESS)
def test_an_option_without_a_meaning_for_the_data_is_refused(form: str) -> None:
    for name in MEANINGLESS[form]:
        for value in CHOICES[name]:
            if (form, name) != ("nll-binary", "ignore"):
                assert refusal(*arguments(Pair(form, "probs", False, ((name, value),)))), (form, name)


def test_the_pairs_are_all_pairs() -> None:
    # counted by hand for nll-likelihoods: 2 scales times (3 + 2 + 1 + 2 + 2 with eps, 6 + 3 + 6 + 6 with --like,
    # 2 + 4 + 4 with focal, 2 + 2 with weights, 4 of base and reduction)
    assert {form: len(every_pair(form)) for form in MEANINGLESS} == {
        "bce": 432,
        "ce": 552,
        "nll-binary": 216,
        "nll-classes": 297,
        "nll-likelihoods": 98,
    }


# --- by parameters ----------------------------------------------------------------------------------------------------
FEATURES = [[0.5, -1.0], [2.0, 0.25], [-1.5, 3.0], [0.1, 0.2], [1.0, -2.0]]
THETA = {2: [[0.3, -0.7, 1.1]], 3: [[0.3, -0.7, 1.1], [0.0, 0.4, -0.2], [-1.0, 0.5, 0.6]]}
BY_PARAMS = [name for name in CHOICES if name not in ("eps", "normalize")]


@pytest.mark.parametrize("form", ["bce", "ce"])
@pytest.mark.parametrize("names", list(combinations(BY_PARAMS, 2)), ids=" and ".join)
def test_two_options_together_give_the_gradient_by_parameters(
    form: str, names: tuple[str, str], tmp_path: Path
) -> None:
    if set(names) & MEANINGLESS[form]:
        pytest.skip("an option has no meaning for the form")
    (tmp_path / "t.csv").write_text(
        "y,a,b,w\n"
        + "".join(
            f"{y},{a!r},{b!r},{w!r}\n"
            for y, (a, b), w in zip(CLASSES if form == "ce" else HARD, FEATURES, WEIGHTS, strict=True)
        )
    )
    for chosen in product(*(CHOICES[name] for name in names)):
        pair = Pair(form, "logits", False, tuple(zip(names, chosen, strict=True)))
        theta = THETA[3 if pair.classes else 2]
        typed = [*arguments(pair)[3:], "-w", "w"] if pair["weight"] else list(arguments(pair)[3:])
        args = ("grad", form, tmp_path / "t.csv", "-y", "y", "-x", "a,b", "--wrt", "params")
        args = (*args, f"--theta={listed(theta) if pair.classes else listed(theta[0])}", *_without_weight_list(typed))
        args = (*args, *(("--classes", "0,1,2") if pair.classes else ()))
        if pair["like"] == "sklearn" or pair["reduction"] == "none":
            assert refusal(*args)
            continue
        result = run(*args, "-f", "json")
        assert result.code == 0, (pair, result.err)
        rows = [replace(row, x=(1.0, *x)) for row, x in zip(rows_of(pair), FEATURES, strict=True) if row is not None]
        right = [float(one) for one in oracle.params_gradient(asked(pair), rows, theta)]
        found = [one["gradient"] for one in result.json["parameters"]]
        assert found == pytest.approx(right, rel=1e-12, abs=1e-14 * max(map(abs, right))), pair


def _without_weight_list(typed: list[str]) -> list[str]:
    """The options with the column of weights in place of their list."""
    at = typed.index("-w") if "-w" in typed else None
    return typed if at is None else [*typed[:at], *typed[at + 2 :]]
