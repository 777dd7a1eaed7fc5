"""How well `--expect` names mistakes: planted mistakes named, right answers accepted, arbitrary numbers left alone.

    python tests/benchmarks/diagnosis.py [--sets 200] [--seed 7]

Every mistake is planted by a formula of its own (`planted.py`), in plain numpy on the raw arrays, so that a fault of
the catalogue can't hide. Data sets have 5 to 12 rows; answers are typed with 6 significant digits, single mistakes also
as the nearest float32 is printed and cut off behind the sixth digit. Rounded data are printed with 4 decimals after the
answer, or the mistake, was worked out from all digits; these answers have 5 to 8 digits, the mistakes
all of theirs.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from functools import cache

import numpy as np
from planted import Data, data_sets, planted, planted_pairs, planted_rows, rows_of, shares_of, with_more_digits

from losscli.commands.arguments import Arguments
from losscli.commands.settings import read_options_of, settings_of
from losscli.enums import Reduction, Scale
from losscli.evaluation.evaluate import in_order
from losscli.evaluation.problem import problem_of
from losscli.homework.evaluated_rows import EvaluatedRows, evaluated_rows
from losscli.homework.mistakes import many_mistakes, mistakes_on_rounded_data, single_mistakes
from losscli.homework.mistakes.candidate import Candidate
from losscli.homework.typed import Slack, typed_answer
from losscli.homework.verdict import judged
from losscli.losses.table import LOSSES
from losscli.reading.open import open_data


def rows_from(data: Data) -> EvaluatedRows:
    """The data set as the command reads it."""
    sources = [_text(data.v)]
    if data.loss != "nll-list":
        labels = data.options.pop("labels", None)
        labels = labels if labels is not None else _text(data.y if data.y is not None else data.q)
        sources.insert(0, labels)
    options = dict(data.options)
    if data.w is not None:
        options["weight"] = _text(data.w)
    args = Arguments(LOSSES[data.loss.split("-")[0]], tuple(sources), **options)
    table = open_data(read_options_of(args))
    problem = problem_of(settings_of(args), table)
    return evaluated_rows(problem, [block for block, _ in in_order(table, lambda block: block)])


def _text(values: np.ndarray) -> str:
    rows = np.atleast_2d(values) if values.ndim == 2 else values[:, None]
    separator = ";"
    return separator.join(",".join(repr(float(x)) for x in row) for row in rows) + ("" if len(rows) > 1 else ";")


@dataclass
class Tally:
    """What was counted: for each id how often it was named of how often it was planted, and the other figures."""

    named: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    planted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    accepted: int = 0
    right: int = 0
    arbitrary: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    diagnosed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    others: int = 0
    forms: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))  # single mistakes named
    printed: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))  # right answers, of rounded data

    @property
    def share_named(self) -> float:
        return sum(self.named.values()) / sum(self.planted.values())


def measure(sets: int, seed: int) -> Tally:
    """Plant, type and diagnose on `sets` data sets of each kind."""
    rng, tally = np.random.default_rng(seed), Tally()
    for turn in range(sets):
        for data in data_sets(rng):
            rows = rows_from(data)
            singles = list(single_mistakes(rows))
            everything = _everything(rows, singles)
            right = float(rows.figures.answer)
            for mistakes in (planted(data), planted_rows(rng, data), planted_pairs(rng, data)):
                _plant(rng, tally, mistakes, (right, rows.figures.mean), everything)
            _plant_forms(rng, tally, planted(data), (right, rows.figures.mean), everything)
            for digits in range(2, 9):
                for value in (right, *(in_single(rows, right) if digits > 2 else ())):
                    tally.right += 1
                    tally.accepted += judged(typed_answer(f"{value:.{digits}g}"), right, *everything).ok
            for decimals in (4, 3, 2):
                for wrong in (rng.uniform(0.0, 3.0), right * rng.uniform(0.3, 3.0)):
                    verdict = judged(typed_answer(f"{wrong:.{decimals}f}"), right, *everything)
                    tally.arbitrary[decimals] += not verdict.ok
                    tally.diagnosed[decimals] += bool(verdict.fits)
        for data in data_sets(rng)[turn % 3 :: 3]:  # which take ten times as long
            if data.gone is None:
                _plant_rounded(rng, tally, with_more_digits(rng, data))
    return tally


def in_single(rows: EvaluatedRows, right: float) -> list[float]:
    """The answer rounded to float32, and computed in it from probabilities."""
    found = [float(np.float32(right))]
    if rows.scale is Scale.PROBS and not rows.weighted and rows.hard and rows.reduction is Reduction.MEAN:
        p, y = rows.p.astype(np.float32), rows.y.astype(np.float32)
        losses = -(y * np.log(p)).sum(axis=1) if p.ndim == 2 else -(y * np.log(p) + (1 - y) * np.log(1 - p))
        found.append(float(losses.mean(dtype=np.float32)))
    return found


def _plant(
    rng: np.random.Generator,
    tally: Tally,
    mistakes: dict[str, list[float]],
    plain: tuple[float, float],
    everything: tuple,
) -> None:
    """Type what each mistake gives; where it gives the plain sum or mean it doesn't show, and can't be told."""
    right = plain[0]
    for name, values in mistakes.items():
        if not values:
            continue
        value = values[int(rng.integers(len(values)))]
        given = typed_answer(f"{value:.6g}")
        if not np.isfinite(value) or given[0].fits(right) or (name != "mean" and given[0].fits(plain[1])):
            continue
        verdict = judged(given, right, *everything)
        if verdict.ok:  # within what rounded data leave open
            continue
        tally.planted[name] += 1
        named = _named(name, value, verdict.fits)
        tally.named[name] += named
        tally.others += len(verdict.fits) - named


def _everything(rows: EvaluatedRows, singles: list[Candidate]) -> tuple:
    """What answers to these rows are judged by."""
    rounded = cache(lambda: list(mistakes_on_rounded_data(rows)))
    return singles, list(many_mistakes(rows, singles)), lambda: rows.band, rounded


FORMS: dict[str, Callable[[float], str]] = {
    "6 digits": lambda x: f"{x:.6g}",
    "float32": lambda x: repr(float(np.float32(x))),
    "cut off": lambda x: str(Decimal(f"{x:.12g}").quantize(Decimal(1).scaleb(_exponent(x) - 5), ROUND_DOWN)),
}


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def _plant_forms(
    rng: np.random.Generator,
    tally: Tally,
    mistakes: dict[str, list[float]],
    plain: tuple[float, float],
    everything: tuple,
) -> None:
    """Type what each single mistake gives in each form."""
    for name, values in mistakes.items():
        value = values[int(rng.integers(len(values)))] if values else np.nan
        six = typed_answer(f"{value:.6g}")[0]
        if (
            not np.isfinite(value)
            or six.fits(plain[0], Slack.ONE_UNIT)
            or (name != "mean" and six.fits(plain[1], Slack.ONE_UNIT))
        ):
            continue
        for form, text in FORMS.items():
            if form != "cut off" or 1e-3 < abs(value) < 1e5:
                verdict = judged(typed_answer(text(value)), plain[0], *everything)
                if not verdict.ok:
                    tally.forms[form].append(name in [fit.id for fit in verdict.fits])


def _plant_rounded(rng: np.random.Generator, tally: Tally, data: Data) -> None:
    """Type the right answer and what each single mistake gives on the data before they are rounded to 4 decimals."""
    shown = rows_from(replace(data, v=np.round(data.v, 4), p=np.round(data.p, 4), options=dict(data.options)))
    if not shown.half_unit or not np.isfinite(shown.loss).all():
        return
    singles = list(single_mistakes(shown))
    everything = _everything(shown, singles)
    right = float(shown.figures.answer)
    rows, shares = rows_of(data), shares_of(data)
    true = float((rows * (data.w if data.w is not None else 1.0)).sum())
    true /= 1.0 if data.options.get("reduction") is Reduction.SUM else shares.sum()
    for digits in (5, 6, 7, 8):
        verdict = judged(typed_answer(f"{true:.{digits}g}"), right, *everything)
        tally.printed["accepted"].append(verdict.ok)
        tally.printed["diagnosed"].append(bool(verdict.fits))
    for name, values in planted(data).items():
        value = values[int(rng.integers(len(values)))] if values else np.nan
        if np.isfinite(value) and abs(value - right) > 4.0 * float(shown.band):
            fits = judged(typed_answer(repr(float(value))), right, *everything).fits
            tally.forms["rounded data"].append(name in [fit.id for fit in fits])


def _named(name: str, value: float, fits: Sequence[Candidate]) -> bool:
    """Whether the planted mistake is listed; of a pair, whether two mistakes or one that give just this number are."""
    if "-and-" not in name:
        return name in [fit.id for fit in fits]
    return any(fit.id == name or abs(float(fit.value) - value) <= 1e-9 * abs(value) for fit in fits)


def kinds(tally: Tally) -> dict[str, list[str]]:
    """The planted ids by what they are."""
    pairs = [name for name in tally.planted if "-and-" in name]
    rows = [name for name in tally.planted if name.startswith(("row-", "rows-swapped"))]
    return {
        "single mistakes named": [name for name in tally.planted if name not in (*pairs, *rows)],
        "mistakes in a row named": rows,
        "pairs of mistakes named": pairs,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    tally = measure(asked.sets, asked.seed)
    for name, count in tally.planted.items():
        print(f"{name:24} {tally.named[name]:6} of {count:6}  {100 * tally.named[name] / count:6.2f} %")
    total = sum(tally.planted.values())
    print(f"\nplanted mistakes named      {100 * tally.share_named:6.2f} % of {total}")
    print(f"other entries beside them   {tally.others / total:6.3f} a diagnosis")
    for kind, names in kinds(tally).items():
        count = sum(tally.planted[name] for name in names)
        print(f"{kind:27} {100 * sum(tally.named[name] for name in names) / count:6.2f} % of {count}")
    print(f"right answers accepted      {100 * tally.accepted / tally.right:6.2f} % of {tally.right}")
    for form, named in tally.forms.items():
        print(f"single mistakes, {form:12} {100 * np.mean(named):6.2f} % of {len(named)}")
    for what, answers in tally.printed.items():
        print(f"right on rounded data, {what:10} {100 * np.mean(answers):6.2f} % of {len(answers)}")
    for decimals, count in tally.arbitrary.items():
        share = 100 * tally.diagnosed[decimals] / count
        print(f"arbitrary numbers with {decimals} decimals diagnosed {share:6.2f} % of {count}")


if __name__ == "__main__":
    main()
