"""What is asked beside the mean, under mathematical options together: groups, models, worst rows, quantiles and
calibration are what `oracle` makes of their definitions."""

import math
from collections.abc import Sequence
from typing import Any

import oracle
import pytest
from conftest import record, sampled
from mpmath import mp, mpf
from pairs import WEIGHTS, Case, asked, every_case, labels_of, on_scale, options, rows_of

GROUPS = ["u", "v", "u", "", "v"]
SHARES = (0.1, 0.5, 0.75)
BINS = 7
FORMS = ("bce", "ce", "nll-binary", "nll-classes", "nll-likelihoods")
ASKED = ("--by", "g", "--worst", "3", "--show", "g", "--quantiles", ",".join(map(str, SHARES)), "--ci", "0.9")


def table(case: Case) -> tuple[str, list[str]]:
    """The rows as text, with the predictions of both models, and the options that choose the columns."""
    labels, models = labels_of(case), [on_scale(case, model) for model in (0, 1)]
    wide = bool(labels) and isinstance(labels[0], list)
    ys = [f"y{k}" for k in range(3)] if wide else ["y"] if labels else []
    names = [[f"{model}{k}" for k in range(len(preds[0]))] for model, preds in zip("ab", models, strict=True)]
    lines = [",".join([*ys, *names[0], *names[1], "w", "g"])]
    for at, preds in enumerate(zip(*models, strict=True)):
        cells = [*([] if not labels else labels[at] if wide else [labels[at]]), *preds[0], *preds[1], WEIGHTS[at]]
        lines.append(",".join([*map(repr, cells), GROUPS[at]]))
    chosen = [word for columns in names for word in ("-p", ",".join(columns))] + (["-y", ",".join(ys)] if ys else [])
    return "\n".join(lines) + "\n", [*chosen, *(("--classes", "0,1,2") if case.classes and not wide else ())]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [2, 3])
def test_options_together_change_an_analysis_as_the_definitions_say(form: str, count: int) -> None:
    for case in sampled(every_case(form, count)[:: 1 if count == 2 else 20]):
        if case.refused or case["reduction"] == "none":
            continue
        text, columns = table(case)
        args = [case.form.partition("-")[0], *columns, *options(case, "w"), *ASKED]
        found = record(*args, *([] if not labels_of(case) else ["--calibration", str(BINS)]), stdin=text)
        Judged(case, found).judge()


class Judged:
    """The record of a case beside what the definitions give."""

    def __init__(self, case: Case, found: dict[str, Any]) -> None:
        self.case, self.found, self.a = case, found, asked(case)
        every = [rows_of(case, model) for model in (0, 1)]
        self.at = [at for at, row in enumerate(every[0]) if row is not None]  # the rows that count
        self.rows = [[row for row in rows if row is not None] for rows in every]
        self.losses = [[oracle.loss_of(self.a, row) for row in rows] for rows in self.rows]
        self.values = [oracle.weighted(self.a, rows) for rows in self.rows]
        self.over = oracle.divisors(self.a, self.rows[0])

    def judge(self) -> None:
        self._models()
        self._differences()
        self._groups()
        self._worst()
        self._quantiles()
        if "calibration" in self.found:
            self._calibration()

    def same(self, got: float | None, right: mpf, rel: float = 1e-12, size: float | mpf = 0.0) -> None:
        """The number is right to `rel`, relative to itself or to the size of what it is a difference of."""
        if mp.isnan(right):
            assert got is None, self.case
        else:
            assert got == pytest.approx(float(right), rel=rel, abs=float(1e-14 * size)), self.case

    def interval(
        self, one: dict[str, Any], values: Sequence[mpf], over: Sequence[mpf], size: float | mpf = 0.0
    ) -> None:
        """Mean, standard error and interval of values over weights."""
        if sum(over) == 0:
            assert one["mean"] is one["se"] is one["low"] is None, self.case
            return
        n = sum(d > 0 for d in over)
        mean, error = sum(values) / sum(over), oracle.error(values, over)
        half = oracle.student(0.9, n - 1) * error if n > 1 else mp.nan
        for name, right in (("mean", mean), ("se", error), ("low", mean - half), ("high", mean + half)):
            self.same(one[name], right, size=max(size, half if n > 1 else mpf(0)))

    def _models(self) -> None:
        for one, values, losses in zip(self.found["models"], self.values, self.losses, strict=True):
            self.interval(one, values, self.over)
            self.same(one["sum"], sum(values))
            self.same(one["value"], sum(values) / (1 if self.a.reduction == "sum" else sum(self.over)))
            assert one["n"] == len(losses)
            self.same(one["min"], min(losses))
            self.same(one["max"], max(losses))

    def _differences(self) -> None:
        (one,) = self.found["differences"]
        differences = [b - a for a, b in zip(*self.values, strict=True)]
        self.interval(one, differences, self.over, size=max(map(abs, differences)))
        signs = [mp.sign(b - a) for a, b in zip(*self.losses, strict=True)]
        assert [one["lower"], one["equal"], one["higher"]] == [signs.count(sign) for sign in (-1, 0, 1)], self.case

    def _groups(self) -> None:
        whole = sum(self.values[0])
        groups = {one["group"]["g"]: one for one in self.found["groups"]}
        assert set(groups) == {GROUPS[at] or None for at in self.at}
        for name, one in groups.items():
            mine = [i for i, at in enumerate(self.at) if (GROUPS[at] or None) == name]
            values, over = [self.values[0][i] for i in mine], [self.over[i] for i in mine]
            assert one["n"] == len(mine)
            self.same(one["sum"], sum(values))
            self.same(one["share"], sum(values) / whole)
            self.interval(one, values, over, size=max(values))
        sums = [one["sum"] for one in self.found["groups"]]
        assert sums == sorted(sums, reverse=True)

    def _worst(self) -> None:
        values, whole = self.values[0], sum(self.values[0])
        order = sorted(range(len(values)), key=lambda i: (-values[i], i))[:3]
        assert [one["row"] for one in self.found["worst"]] == [self.at[i] + 1 for i in order], self.case
        preds, labels = on_scale(self.case), labels_of(self.case)
        for one, i in zip(self.found["worst"], order, strict=True):
            at = self.at[i]
            self.same(one["loss"], values[i])
            self.same(one["share"], values[i] / whole)
            assert (one["line"], one["cells"]) == (at + 2, {"g": GROUPS[at] or None})
            if not labels or isinstance(labels[at], list):
                assert one["label"] is None
            else:
                assert float(one["label"]) == labels[at]
                assert one["prob"] == preds[at][labels[at] if self.case.classes else 0]

    def _quantiles(self) -> None:
        for share in SHARES:
            right = oracle.quantile(self.losses[0], share)
            self.same(self.found["quantiles"][str(share)], right, size=max(self.losses[0]))

    def _calibration(self) -> None:
        found, a, rows = self.found["calibration"], self.a, self.rows[0]
        p, w = [oracle.probabilities(a, row) for row in rows], [oracle.weight_of(row) for row in rows]
        q = [[mpf(one) for one in row.q] for row in rows]
        cells = [sum((y - one) ** 2 for y, one in zip(*row, strict=True)) / (2 if a.binary else 1)
                 for row in zip(q, p, strict=True)]  # fmt: skip
        self.same(found["brier"], sum(map(mp.fmul, w, cells)) / sum(w))
        top = [1 if a.binary else max(range(3), key=lambda k: row[k]) for row in p]
        chosen = [[row[k] for row, k in zip(part, top, strict=True)] for part in (p, q)]
        self.same(found["ece" if a.binary else "ece_top"], oracle.calibration_error(*chosen, w, BINS))
        for one, part in zip(found["bins"], oracle.bins_of(*chosen, w, BINS), strict=True):
            weight = sum(w[i] for i in part)
            assert one["n"] == len(part), self.case
            for name, values in zip(("predicted", "observed"), chosen, strict=True):
                self.same(one[name], sum(w[i] * values[i] for i in part) / weight if weight else mp.nan)
        if a.binary:
            self._decomposition(found, chosen[0], chosen[1], w)
        else:
            errors = [oracle.calibration_error(*([row[k] for row in part] for part in (p, q)), w, BINS)
                      for k in range(3)]  # fmt: skip
            self.same(found["ece_classwise"], sum(errors) / 3)

    def _decomposition(self, found: dict[str, float], p: Sequence[mpf], y: Sequence[mpf], w: Sequence[mpf]) -> None:
        a = self.a
        changed = a.focal or a.smoothing or a.pos_weight != 1.0 or a.class_weight or a.like in ("torch", "keras")
        assert ("miscalibration" in found) == (not changed), self.case
        if changed:
            return

        def loss(fit: Sequence[mpf]) -> mpf:
            unit = mp.log(a.base) if a.base else mpf(1)
            parts = [weight * (term(one, r) + term(1 - one, 1 - r)) for one, r, weight in zip(y, fit, w, strict=True)]
            return sum(parts) / sum(w) / unit

        def term(share: mpf, r: mpf) -> mpf:
            return -share * mp.log(r) if share else mpf(0)

        mean, constant = sum(self.values[0]) / sum(self.over), loss([sum(map(mp.fmul, w, y)) / sum(w)] * len(y))
        fitted = loss([r if weight else mpf(0.5) for r, weight in zip(oracle.isotonic(p, y, w), w, strict=True)])
        size = max(mean, constant)
        for name, right in (("miscalibration", mean - fitted), ("discrimination", constant - fitted)):
            self.same(found[name], right, size=size)
        self.same(found["uncertainty"], constant)
        assert math.isclose(
            found["miscalibration"] - found["discrimination"] + found["uncertainty"], mean, rel_tol=1e-13
        )
