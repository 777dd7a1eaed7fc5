"""The work that `--explain` shows, worked out: terms come to losses, chains to slopes, sums to answers."""

import math
import re
from collections.abc import Iterator
from itertools import combinations, cycle, product
from typing import Any

import numpy as np
import pytest
from conftest import record, run, sampled, write
from samples import FEATURES

pytestmark = pytest.mark.usefixtures("here")

WEIGHTED = "label,prob,w\n1,0.8,1\n0,0.3,2\n0,0.4,0\n1,0.7,1.5\n"
LOGITS = "label,z\n1,1.5\n0,-0.75\n1,-2\n0,3\n"
LOGPROBS = "label,x\n1,-0.25\n0,-1.5\n1,-3\n"
SOFT = "label,prob\n1,0.8\n0.25,0.3\n0,0.45\n0.5,0.9\n"
CELLS = "y,z,p,q\n1,0,0.8,0.3\n0,1,0.4,0.9\n"
ROWS = "label,a,b,c,w\na,0.7,0.2,0.1,1\nb,0.25,0.5,0.25,2\nc,0.2,0.3,0.5,0.5\nb,0.6,0.1,0.3,1\n"
ROW_LOGITS = "label,a,b,c\na,-1.5,2,0\nb,0.5,-3,1\nc,2,1,-0.25\n"
ROW_LOGPROBS = "label,a,b,c\na,-0.25,-2,-3\nb,-1,-0.5,-4\n"
SOFT_ROWS = "y_a,y_b,y_c,p_a,p_b,p_c\n0.5,0.25,0.25,0.7,0.2,0.1\n0,1,0,0.25,0.5,0.25\n"
SOFT_LOGITS = "y_a,y_b,y_c,p_a,p_b,p_c\n0.5,0.5,0,-1.5,2,0.25\n0,0.25,0.75,0.5,-3,1\n1,0,0,2,1,-0.25\n"

# A table with what says how it is read, and options that are tried on it, each pair of them together.
CASES = (
    ("bce", WEIGHTED, "", ("-w w", "--focal 3", "--pos-weight 4", "--class-weight 2,5", "--smoothing 0.1", "--base 2")),
    ("bce", WEIGHTED, "", ("--focal 2 --alpha 0.25", "--eps 0.35", "-r sum", "--base 7", "--class-weight 2,5")),
    ("bce", LOGITS, "-p z --from logits", ("--focal 2", "--pos-weight 4", "--smoothing 0.1", "--base 10", "-r sum")),
    ("bce", LOGPROBS, "-p x --from logprobs", ("--focal 1", "--class-weight 2,5", "--smoothing 0.1", "--base 2")),
    ("bce", SOFT, "", ("--pos-weight 4", "--class-weight 2,5", "--smoothing 0.1", "--base 2", "--like keras")),
    ("bce", CELLS, "-y y,z -p p,q", ("--focal 2", "--pos-weight 4,0.5", "--smoothing 0.1", "--base 2", "-r sum")),
    ("ce", ROWS, "-p a,b,c", ("-w w", "--focal 3", "--class-weight 2,5,0.5", "--smoothing 0.1", "--base 2")),
    ("ce", ROWS, "-p a,b,c", ("--focal 2 --alpha 0.25", "--eps 0.3", "-r sum", "--base 7", "--ignore b")),
    ("ce", ROW_LOGITS, "-p a,b,c --from logits", ("--focal 2", "--class-weight 2,5,0.5", "--smoothing 0.1")),
    ("ce", ROW_LOGPROBS, "-p a,b,c --from logprobs", ("--focal 2", "--class-weight 2,5,0.5", "--smoothing 0.1")),
    ("ce", SOFT_ROWS, "-y y_* -p p_*", ("--class-weight 2,5,0.5", "--smoothing 0.1", "--base 2", "-r sum")),
    ("ce", SOFT_LOGITS, "-y y_* -p p_* --from logits", ("--class-weight 2,5,0.5", "--smoothing 0.1", "--base 2")),
    ("nll", ROWS, "-p a,b,c", ("-w w", "--focal 3", "--class-weight 2,5,0.5", "--base 2")),
)


def calls(wrt: tuple[str, ...] = ("",)) -> Iterator[tuple[list[str], str]]:
    """Each case without an option, with each, and with two of them; and its table."""
    for loss, table, how, options in CASES:
        pairs = [f"{one} {other}" for one, other in combinations(options, 2)]
        for option, by in zip((*options, "", *sampled(pairs)), cycle(wrt)):
            names = re.findall(r"--[a-z-]+", option)
            if len(set(names)) == len(names) and not ("focal" in option and "smoothing" in option):
                yield [loss, *how.split(), *option.split(), *by.split()], table


def worked(text: str) -> Any:
    """What a line of work comes to."""
    plain = re.sub(r"\bln ([\d.]+)", r"ln(\1)", text).replace("^", "**").replace("[", "(").replace("]", ")")
    plain = re.sub(r"\blog(7)\(", r"log7(", plain)
    cells = re.compile(r"\(([^()]*(?:\([^(),]*\)[^()]*)*,[^()]*(?:\([^(),]*\)[^()]*)*)\)")  # (a, b, c)
    plain = plain if "max(" in plain else cells.sub(r"cells(\1)", plain)
    names = {
        "ln": lambda x: math.log(x) if x else -math.inf,
        "log2": math.log2,
        "log10": math.log10,
        "log7": lambda x: math.log(x, 7),
        "e": math.e,
        "cells": lambda *parts: np.array(parts),
        "max": max,
    }
    return eval(plain, {"__builtins__": {}}, names)


def test_no_work_has_two_signs_in_a_row() -> None:
    for table, options in ((ROW_LOGITS, ""), (ROW_LOGITS, "--base 2"), (LOGITS, ""), (LOGITS, "--smoothing 0.1")):
        loss, scores = ("bce", "z") if table is LOGITS else ("ce", "a,b,c")
        for command in ((loss,), ("grad", loss)):
            out = run(*command, "-p", scores, "--from", "logits", *options.split(), "--explain", stdin=table).out
            assert "e^" in out or command[0] == "grad"
            assert not re.search(r"[-+] -[\d.]|[-+] \+", out), (command, options, out)


def test_each_term_comes_to_the_loss_of_its_row() -> None:
    for call, table in calls():
        found = record(*call, "--explain", stdin=table)
        rows = found["explain"]["rows"]
        assert rows, call
        for row in rows:
            assert worked(row["term"]) == pytest.approx(row["loss"], rel=2e-5, abs=1e-9), (call, row)
        total = sum(row["loss"] * row.get("weight", 1.0) for row in rows)
        assert found["explain"]["sum"] == pytest.approx(total, rel=1e-12), call
        value = total if "sum" in call else total / found["explain"]["divisor"]
        assert found["value"] == pytest.approx(value, rel=1e-12), call


def test_each_chain_comes_to_the_gradient_of_its_row() -> None:
    for call, table in calls(("", "--wrt logits")):
        result = run("grad", *call, "--explain", "-f", "json", stdin=table)
        if result.code:  # a focal factor that is no row's, or rows that are rescaled
            assert "--explain shows" in result.err, call
            continue
        for row in result.json["explain"]["rows"]:
            chain = re.sub(r" \(clipped.*", "", row["chain"])
            right = [float(part) for part in row["gradient"].split(",")]
            slopes = np.ravel(worked(chain)) + np.zeros(len(right))  # 0 where all are clipped
            assert slopes == pytest.approx(right, rel=1e-4, abs=1e-9), (call, row)


def test_the_work_of_a_regression_comes_to_its_gradient_and_its_step() -> None:
    write("f.csv", FEATURES)
    for call, options in product(
        ("bce f.csv -y y -x a,b", "ce f.csv -y kind -x a,b", "bce f.csv -y y -x a --no-intercept"),
        ("", "-w w --smoothing 0.1", "--base 2"),
    ):
        theta = {"bce": "0.1,-0.2,0.3", "ce": "0.1,-0.2,0.3;0,0.5,0;1,0.25,-1"}[call.split()[0]]
        theta = "0.3" if "--no" in call else theta
        found = record("grad", *call.split(), *options.split(), "--wrt", "params", f"--theta={theta}", "--explain")
        for one, right in zip(found["explain"]["sums"], np.ravel(found["gradient"]), strict=True):
            assert worked(one["sum"]) == pytest.approx(right, rel=1e-4, abs=1e-6), (call, one)
            assert one["gradient"] == right
        for one in found["explain"]["examples"]:
            if call.startswith("bce"):
                left, _, right = one["z"].rpartition(" = ")
                assert worked(left) == pytest.approx(float(right), rel=1e-4, abs=1e-6), (call, one)

        for more in ("", "--l2 0.5") if "base" not in options else ():
            args = ("fit", *call.split(), *options.split(), "--steps", "1", "--lr", "0.25", *more.split())
            found = record(*args, "--explain")["explain"]
            for one in found["step"]:
                assert worked(one["step"]) == pytest.approx(one["after"], rel=1e-4, abs=1e-6), (args, one)
                assert one["after"] == pytest.approx(one["theta"] - 0.25 * one["gradient"], rel=1e-12), (args, one)
            lower = found["loss_after"] < found["loss_before"]
            change = f"{'lower' if lower else 'higher'} by {abs(found['loss_after'] - found['loss_before']):.6g}"
            assert options or change in run(*args, "--explain").out, args


def test_bounds_are_in_the_formula_where_they_hold_and_nowhere_else() -> None:
    """A certain miss costs 100 where torch holds the logarithm, -ln eps where it is clipped, and else is infinite."""
    for loss, scale, like, eps in product(
        ("bce", "ce", "nll"), ("probs", "logprobs"), (None, "torch", "keras", "sklearn"), (None, "0", "1e-5")
    ):
        cells = {"probs": "0,1;0.5,0.5", "logprobs": "-inf,0;-0.7,-0.7"}[scale]
        preds = cells if loss == "ce" else ",".join(row.split(",")[0] for row in cells.split(";"))
        options = [*(["--like", like] if like else []), *(["--eps", eps] if eps else []), "--from", scale]
        result = run(loss, *(["0,1"] if loss == "ce" else ["1,0"]), preds, *options, "--explain", "-f", "json")
        if result.code:
            assert like == "sklearn" or eps, (loss, options, result.err)
            continue
        formula, highest = " ".join(result.json["explain"]["formula"]), result.json["max"]
        assert ("at least -100" in formula) == (highest == 100.0), (loss, options, formula)
        assert ("clipped" in formula) == (highest is not None and highest < 100.0), (loss, options, formula)
