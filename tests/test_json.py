"""What programs read: the keys of the JSON of every command, and the type behind each. There may be more of them."""

import math
from typing import Any

import pytest
from conftest import run, write

pytestmark = pytest.mark.usefixtures("here")

number = (int, float)
maybe = (int, float, type(None))
text = (str, type(None))

LOSS = {
    "loss": str,
    "reduction": str,
    "base": str,
    "from": str,
    "n": int,
    "divisor": number,
    "sum": maybe,
    "mean": maybe,
    "std": maybe,
    "se": maybe,
    "low": maybe,
    "high": maybe,
    "min": maybe,
    "max": maybe,
    "infinite": int,
    "clipped": int,
    "dropped": int,
    "ignored": int,
    "unmatched": int,
    "baseline": maybe,
    "normalized": maybe,
    "perplexity": maybe,
    "log_likelihood": maybe,
    "label_entropy": maybe,
    "kl_divergence": maybe,
    "positive": text,
    "classes": (list, type(None)),
    "per_class": (list, type(None)),
    "sources": [str],
    "columns": {"label": text, "prob": text, "weight": text},
    "notes": [str],
}
VALUE = {**LOSS, "value": number}
CLASSES = {**VALUE, "classes": [str], "per_class": [{"class": str, "n": int, "mean": number}]}
MODEL = {"name": str, "value": number, "mean": number, "se": number, "low": number, "high": number}
DIFFERENCE = {
    **{"name": str, "to": str, "mean": number, "se": number, "low": number, "high": number},
    **{"lower": int, "equal": int, "higher": int},
}
GROUP = {
    **{"group": {"g": text}, "n": int, "sum": number, "mean": number},
    **{"se": maybe, "low": maybe, "high": maybe, "share": number},
}
WORST = {
    **{"row": int, "line": int, "label": str, "prob": number, "loss": number, "share": number},
    "cells": {"g": str},
}
BIN = {
    **{"low": number, "high": number, "n": int, "predicted": number},
    **{"observed": number, "observed_low": number, "observed_high": number},
}
CALIBRATION = {
    "bins": [BIN],
    **{name: number for name in ("ece", "miscalibration", "discrimination", "uncertainty", "brier")},
}
SUSPECT = {"id": str, "value": number, "meaning": str, "cure": str}
EXPECT = {"given": number, "ok": bool, "tolerance": number, "consistent_with": [SUSPECT]}
GRADIENT = {
    **{"loss": str, "wrt": str, "reduction": str, "method": str, "value": number, "n": int},
    **{"norm": number, "max_abs": number, "gradient": [number]},
}
FIT = {
    **{"loss": str, "parameters": [{"parameter": str, "theta": number}], "steps": int, "converged": bool},
    **{"train_loss": number, "test_loss": maybe, "train_accuracy": number, "test_accuracy": maybe},
    "history": [number],
}
GRADE = {
    **{"student": str, "question": str, "answer": str, "verdict": str, "points": number},
    **{"consistent_with": [str], "meaning": text},
}

CALLS: list[tuple[str, Any]] = [
    ("bce t.csv -p p", VALUE),
    ("bce t.csv -p p -w w -r sum", VALUE),
    ("bce t.csv -p p -r none", {**LOSS, "losses": [number]}),
    ("bce t.csv -p p -p q", {**VALUE, "models": [MODEL], "differences": [DIFFERENCE]}),
    (
        "bce t.csv -p p --by g --worst 2 --show g --quantiles 0.5 --calibration 2",
        {**VALUE, "groups": [GROUP], "worst": [WORST], "quantiles": {"0.5": number}, "calibration": CALIBRATION},
    ),
    ("bce t.csv -p p --expect 0.3", {**VALUE, "expect": EXPECT}),
    ("ce 0,1,1 .7,.3;.2,.8;.4,.6", CLASSES),
    ("nll 0,1,1 .7,.3;.2,.8;.4,.6", CLASSES),
    ("nll 0.8,0.7", VALUE),
    ("grad bce t.csv -p p", GRADIENT),
    ("grad bce t.csv -p p --check", {**GRADIENT, "numeric": [number], "max_rel_error": number, "ok": bool}),
    ("grad ce 0,1 .7,.3;.2,.8", {**GRADIENT, "gradient": [[number]]}),
    ("grad nll 0.8,0.7", GRADIENT),
    (
        "grad bce f.csv -y y -x a --wrt params --theta 0.1,0.2",
        {**GRADIENT, "parameters": [{"parameter": str, "theta": number, "gradient": number}]},
    ),
    ("grad bce 1,0 0.8,0.3 --expect 0.6,0.7", {**GRADIENT, "expect": {"given": [number], "ok": bool}}),
    ("fit bce f.csv -y y -x a --steps 3", FIT),
    (
        "fit bce f.csv -y y -x a --method newton",
        {**FIT, "parameters": [{"parameter": str, "theta": number, "se": number, "z": number, "odds_ratio": number}]},
    ),
    ("fit ce f.csv -y k -x a --steps 3", {**FIT, "parameters": [{"class": str, "parameter": str, "theta": number}]}),
    (
        "fit temperature t.csv -p p",
        {"temperature": number, "loss_before": number, "loss_after": number, "test_before": maybe, "test_after": maybe},
    ),
    ("grade key.csv answers.csv", [GRADE]),
]


def check(schema: Any, found: Any, at: str) -> None:
    """Raise unless each key of the schema is there with a value of its type."""
    if isinstance(schema, dict):
        assert isinstance(found, dict) and schema.keys() <= found.keys(), (at, schema.keys() - found.keys())
        for key, inner in schema.items():
            check(inner, found[key], f"{at}.{key}")
    elif isinstance(schema, list):
        assert isinstance(found, list), at
        for inner in found:
            check(schema[0], inner, f"{at}[]")
    else:
        assert isinstance(found, schema), (at, found)
        assert not isinstance(found, bool) or schema is bool, at
        assert not isinstance(found, float) or math.isfinite(found), at


def test_the_json_of_every_command_has_its_keys_and_their_types() -> None:
    write("t.csv", "label,p,q,w,g\n1,0.8,0.7,1,a\n0,0.3,0.3,2,b\n0,0.4,0.1,1,a\n1,0.7,0.9,1.5,c\n")
    write("f.csv", "y,k,a\n0,u,1\n1,v,2\n1,u,0.5\n0,v,3\n1,w,1.5\n")
    write("key.csv", 'question,command\nq1,"bce 1,0 0.8,0.3"\n')
    write("answers.csv", "student,question,answer\ns,q1,0.29\ns2,q1,0.579\n")
    for call, schema in CALLS:
        result = run(*call.split(), "-f", "json")
        assert result.code in (0, 1), (call, result.err)
        check(schema, result.json, call)


def test_what_is_infinite_or_undefined_is_null() -> None:
    found = run("bce", "1,1", "0.5,0", "-f", "json").json
    assert (found["value"], found["mean"], found["max"], found["se"], found["infinite"]) == (None, None, None, None, 1)
    found = run("bce", "1", "0.5", "-f", "json").json
    assert (found["std"], found["se"], found["low"], found["normalized"]) == (None, None, None, None)
