"""Numbers and coefficients as --explain writes them: plain ASCII that reads well in a terminal."""

from collections.abc import Sequence

FEW_TERMS = 6


def factor(a: float) -> str:
    """A coefficient in front of a term; 1 is not written."""
    return "" if abs(a - 1.0) < 1e-12 else f"{a:.6g} * "


def as_number(value: float) -> str:
    """A number in a term, to six digits; in full if six digits would make it 0 or 1."""
    short = f"{value:.6g}"
    exact = float(short) == value or float(short) not in (0.0, 1.0)
    return short if exact else repr(value)


def listed(parts: Sequence[str], joint: str, most: int = FEW_TERMS) -> str:
    """The parts joined; of more than `most` the middle is left out."""
    few = list(parts) if len(parts) <= most else [*parts[: FEW_TERMS - 2], "...", parts[-1]]
    return joint.join(few)


def over(log: str) -> str:
    """The division that brings nats to the base of a logarithm: nothing for `ln`, ` / ln 2` for `log2`."""
    return "" if log == "ln" else f" / ln {log.removeprefix('log')}"


def signed(terms: Sequence[str]) -> str:
    """Terms that begin with a minus, added up: `-a`, `-b` is `-a - b`; 0 for none."""
    return listed([*terms[:1], *(f"- {term.removeprefix('-')}" for term in terms[1:])], " ") or "0"
