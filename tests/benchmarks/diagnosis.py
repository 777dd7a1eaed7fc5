"""How well `--expect` names mistakes: planted mistakes named, right answers accepted, arbitrary numbers left alone.

    python tests/benchmarks/diagnosis.py [--sets 200] [--seed 7]

Every mistake is planted by a formula of its own (`planted.py`), in plain numpy on the raw arrays, so that a fault of
the catalogue can't hide. Data sets have 5 to 12 rows; answers are typed with 6 significant digits.
"""

import argparse
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from planted import Data, data_sets, planted

from losscli.commands.call import Call, request_of, settings_of
from losscli.evaluation.evaluate import evaluated, in_order
from losscli.evaluation.problem import problem_of
from losscli.expect.mistakes import candidates
from losscli.expect.mistakes.case import Case, case_of
from losscli.expect.typed import typed_answer
from losscli.expect.verdict import judged
from losscli.losses.table import LOSSES
from losscli.reading.open import open_data
from losscli.statistics.summary import EMPTY, summarize


def case_from(data: Data) -> Case:
    """The data set as the command reads it."""
    sources = [_text(data.v)]
    if data.loss != "nll-list":
        labels = data.options.pop("labels", None)
        labels = labels if labels is not None else _text(data.y if data.y is not None else data.q)
        sources.insert(0, labels)
    options = dict(data.options)
    if data.w is not None:
        options["weight"] = _text(data.w)
    call = Call(LOSSES[data.loss.split("-")[0]], tuple(sources), **options)
    table = open_data(request_of(call))
    problem = problem_of(settings_of(call), table)
    blocks, total = [], EMPTY
    for (block, part), _ in in_order(table, lambda b: (b, summarize(evaluated(problem, b)[1]))):
        blocks.append(block)
        total += part
    return case_of(problem, blocks, total)


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
    arbitrary: int = 0
    diagnosed: int = 0
    others: int = 0

    @property
    def share_named(self) -> float:
        return sum(self.named.values()) / sum(self.planted.values())


def measure(sets: int, seed: int) -> Tally:
    """Plant, type and diagnose on `sets` data sets of each kind."""
    rng, tally = np.random.default_rng(seed), Tally()
    for _ in range(sets):
        for data in data_sets(rng):
            case = case_from(data)
            everything = list(candidates(case))
            right = float(case.known.answer)
            _plant(rng, tally, planted(data), (right, case.known.mean), everything)
            for digits in range(2, 9):
                tally.right += 1
                tally.accepted += judged(typed_answer(f"{right:.{digits}g}"), right, everything).ok
            for wrong in (rng.uniform(0.0, 3.0), right * rng.uniform(0.3, 3.0)):
                verdict = judged(typed_answer(f"{wrong:.4f}"), right, everything)
                tally.arbitrary += not verdict.ok
                tally.diagnosed += bool(verdict.fits)
    return tally


def _plant(
    rng: np.random.Generator,
    tally: Tally,
    mistakes: dict[str, list[float]],
    plain: tuple[float, float],
    everything: list,
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
        verdict = judged(given, right, everything)
        tally.planted[name] += 1
        tally.named[name] += name in [fit.id for fit in verdict.fits]
        tally.others += len(verdict.fits) - (name in [fit.id for fit in verdict.fits])


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
    print(f"right answers accepted      {100 * tally.accepted / tally.right:6.2f} % of {tally.right}")
    print(f"arbitrary numbers diagnosed {100 * tally.diagnosed / tally.arbitrary:6.2f} % of {tally.arbitrary}")


if __name__ == "__main__":
    main()
