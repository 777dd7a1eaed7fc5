"""Calls with two or three mathematical options, in every form and scale: as the command takes them, and the oracle."""

from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import oracle
from conftest import listed
from mpmath import mp, mpf

from losscli.enums import Like, Scale

SCALES = tuple(Scale)

# option -> what is typed for it; those of one entry exclude each other
CHOICES: dict[str, tuple[str, ...]] = {
    "eps": ("0.05",),
    "like": tuple(Like),
    "smoothing": ("0.1",),
    "focal": ("2", "0.5", "2 --alpha 0.25"),
    "pos-weight": ("3",),
    "class-weight": ("*",),
    "weight": ("*",),
    "ignore": ("*",),
    "normalize": ("",),
    "base": ("2", "7"),
    "reduction": ("sum", "none"),
}

# form of data -> the options that have no meaning for it
MEANINGLESS = {
    "bce": {"normalize"},
    "ce": {"pos-weight"},
    "nll-binary": {"pos-weight", "ignore", "normalize"},
    "nll-classes": {"pos-weight"},
    "nll-likelihoods": {"pos-weight", "class-weight", "ignore", "normalize", "smoothing"},
}

PROBS = [1e-50, 0.3, 1e-9, 1.0 - 1e-6, 0.97]  # the first is below e^-100, where torch stops
OTHER_PROBS = [0.6, 0.2, 0.35, 0.85, 1e-4]
HARD, SOFT = [1, 0, 0, 1, 0], [1.0, 0.25, 0.0, 0.6, 0.5]
ROWS = [[0.7, 0.2, 0.1], [1e-9, 0.4, 0.6 - 1e-9], [0.02, 0.97, 0.01], [0.25, 0.25, 0.5], [0.999999, 6e-7, 4e-7]]
UNSCALED = [[0.35, 0.1, 0.05], [1e-9, 0.4, 0.6], [0.02, 0.9, 0.01], [0.25, 0.25, 0.4], [0.999999, 6e-7, 4e-7]]
OTHER_ROWS = [[0.2, 0.7, 0.1], [0.3, 0.1, 0.6], [0.35, 0.3, 0.35], [1e-8, 0.02, 0.98 - 1e-8], [0.55, 0.05, 0.4]]
OTHER_UNSCALED = [[0.1, 0.35, 0.05], [0.3, 0.1, 0.5], [0.3, 0.3, 0.35], [1e-8, 0.02, 0.9], [0.55, 0.05, 0.3]]
CLASSES, SOFT_ROWS = [0, 2, 1, 2, 0], [[1, 0, 0], [0.1, 0.2, 0.7], [0, 1, 0], [0.3, 0.3, 0.4], [0.5, 0.5, 0]]
WEIGHTS = [1.0, 2.5, 0.75, 0.0, 3.0]
BY_CLASS = {2: (0.5, 2.0), 3: (1.0, 0.25, 7.0)}
IGNORED = 1


@dataclass(frozen=True)
class Case:
    """One call: a form of data, a scale, kind of labels, and options with their values."""

    form: str
    scale: str
    soft: bool
    options: tuple[tuple[str, str], ...]

    @property
    def classes(self) -> bool:
        return self.form in ("ce", "nll-classes")

    def __getitem__(self, name: str) -> str | None:
        return dict(self.options).get(name)

    @property
    def refused(self) -> bool:
        """Whether two of them, or one with the data, contradict each other by the contract."""
        names = dict(self.options)
        return (
            ("eps" in names and self.scale != "probs")
            or ("normalize" in names and self.scale == "logits")
            or (names.get("like") == "sklearn" and self.scale != "probs")
            or ("focal" in names and self.soft and names.get("like") != "keras")
            or (names.get("like") == "sklearn" and "class-weight" in names)
            or (names.get("like") in ("torch", "sklearn") and "focal" in names and "smoothing" in names)
        )


def every_case(form: str, count: int = 2) -> list[Case]:
    """All ways to give so many options."""
    names = [name for name in CHOICES if name not in MEANINGLESS[form]]
    scales = [scale for scale in SCALES if form != "nll-likelihoods" or scale != "logits"]
    kinds = (False, True) if form in ("bce", "ce") else (False,)
    found = []
    for together in combinations(names, count):
        for chosen in product(*(CHOICES[name] for name in together)):
            options = tuple(zip(together, chosen, strict=True))
            found += [Case(form, scale, soft, options) for scale in scales for soft in kinds]
    # label probabilities have no label to ignore: nothing then happens, which is not worth a run
    return [case for case in found if not (case.soft and case["ignore"] and case.classes)]


def one_of_each(cases: list[Case]) -> list[Case]:
    """A case for each way to give the options, with hard labels and with soft ones; the scales take turns."""
    found: dict[tuple[Any, bool], list[Case]] = {}
    for case in cases:
        found.setdefault((case.options, case.soft), []).append(case)
    answered = ([case for case in own if not case.refused] or own for own in found.values())
    return [own[at // 3 % len(own)] for at, own in enumerate(answered)]


# --- the same call for the command and for the oracle ---------------------------------------------------------------
def on_scale(case: Case, model: int = 0) -> list[list[float]]:
    """Predictions of all rows by the first or the second model, a list for each."""
    rows = [[p] for p in (PROBS, OTHER_PROBS)[model]]
    if case.classes:
        rows = ((UNSCALED, OTHER_UNSCALED) if case["normalize"] is not None else (ROWS, OTHER_ROWS))[model]
    if case.scale == "probs":
        return rows
    if case.scale == "logprobs" or case.classes:
        return [[float(mp.log(p)) for p in row] for row in rows]
    return [[float(mp.log(p / (1 - mpf(p))))] for (p,) in rows]


def labels_of(case: Case) -> list[Any]:
    if case.form == "nll-likelihoods":
        return []
    if case.classes:
        return SOFT_ROWS if case.soft else CLASSES
    return SOFT if case.soft else HARD


def arguments(case: Case) -> tuple[str, ...]:
    preds = on_scale(case)
    text = listed(preds) if case.classes else ",".join(repr(row[0]) for row in preds)
    labels = labels_of(case)
    return (case.form.partition("-")[0], *([listed(labels)] if labels else []), text, *options(case, listed(WEIGHTS)))


def options(case: Case, weights: str) -> list[str]:
    """The options alone; `weights` is the list or the column of them."""
    said = ["--from", case.scale]
    for name, value in case.options:
        k = 3 if case.classes else 2
        said += {
            "weight": ["-w", weights],
            "class-weight": ["--class-weight", listed(list(BY_CLASS[k]))],
            "ignore": ["--ignore", str(IGNORED)],
            "normalize": ["--normalize"],
        }.get(name, [f"--{name}", *value.split()])
    return said


def asked(case: Case) -> oracle.AnalysisOptions:
    number = {name: float(value) for name, value in case.options if name in ("eps", "smoothing", "base")}
    focal, _, alpha = (case["focal"] or "0").partition(" --alpha ")
    return oracle.AnalysisOptions(
        not case.classes,
        case.scale,
        like=case["like"],
        focal=float(focal),
        alpha=float(alpha) if alpha else None,
        pos_weight=float(case["pos-weight"] or 1.0),
        class_weight=BY_CLASS[3 if case.classes else 2] if case["class-weight"] else None,
        normalize=case["normalize"] is not None,
        reduction=case["reduction"] or "mean",
        **number,  # type: ignore[arg-type]
    )


def rows_of(case: Case, model: int = 0) -> list[oracle.Row | None]:
    """All rows of a model; None for one that is ignored."""
    labels = labels_of(case) or [1] * len(PROBS)
    found: list[oracle.Row | None] = []
    for at, (y, v) in enumerate(zip(labels, on_scale(case, model), strict=True)):
        if case.classes:
            q = y if case.soft else [1.0 if k == y else 0.0 for k in range(3)]
        else:
            q = (float(1 - mpf(y)), float(y))
        weight = WEIGHTS[at] if case["weight"] else None
        found.append(None if case["ignore"] and y == IGNORED else oracle.Row(q, v, weight))
    return found
