"""Names of columns that stand for classes or labels: what a set of them shares, and which of two sets are the same."""

from collections.abc import Iterator, Sequence

from losscli.data.cells import canonical, number
from losscli.errors import DataError, shown

SEPARATORS, CLOSING = "_-.:/|#([", ")]"  # between the words of a name, and at its end: `p_cat`, `p(cat)`
_WORD_ENDS = SEPARATORS + CLOSING + " "


def order_by_name(names: Sequence[str], reference: Sequence[str], what: str, of: str) -> tuple[int, ...] | None:
    """The places of `names` in the order of the reference's names; None where no name is in both.

    Raises:
        DataError: some names are in both and some aren't.
    """
    order = same_names(names, reference)
    if order is not None or len(names) != len(reference) or len(names) < 2:
        return order
    left, right = ([canonical(name).casefold() for name in plain_names(side)] for side in (names, reference))
    both = [key for key in left if key in right]
    if both and not (_counted(left) and _counted(right)):
        odd = next((name for name, key in zip(names, left, strict=True) if key not in right), names[0])
        raise DataError(
            f"{shown(odd)} of {what} matches nothing in {of}, but other names match; use the same names in both"
        )
    return None


def same_names(names: Sequence[str], reference: Sequence[str]) -> tuple[int, ...] | None:
    """The places of `names` in the order of the reference's names; None where they aren't the same.

    Names are compared without what all of their set share (`q_cat`, `q_dog` and `p_cat`, `p_dog`), letter case aside.
    """
    if len(names) != len(reference) or len(names) < 2:
        return None
    known = {frozenset(keys): keys for keys in _distinct(reference)}
    found = next((keys for keys in _distinct(names) if frozenset(keys) in known), None)
    return None if found is None else tuple(map(found.index, known[frozenset(found)]))


def _distinct(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The cut names in lower case, where none is empty and no two are the same."""
    for keys in cut_names(names):
        folded = tuple(map(str.casefold, keys))
        if all(folded) and len(set(folded)) == len(names):
            yield folded


def plain_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names without what all of them share, cut where a word ends or where numbers begin, and not inside one."""
    front = 0 if _are_numbers(names) else _shared(names)
    while front and (
        any(_inside_number(name, front) for name in names)
        or not (names[0][front - 1] in _WORD_ENDS or all(name[front:].isdigit() for name in names))
    ):
        front -= 1
    back = 0 if _are_numbers(names) else _shared([name[front:][::-1] for name in names])
    while back and (
        any(_inside_number(name, len(name) - back) for name in names)
        or names[0][len(names[0]) - back] not in _WORD_ENDS
    ):
        back -= 1
    plain = tuple(name[front : len(name) - back] for name in names)
    return plain if all(plain) else tuple(names)


def cut_names(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The names without 0, 1, 2 ... of the characters that all of them share at either end; never cut inside a number.

    Names that are numbers are in their shortest spelling, and those that are true and false are 1 and 0.
    """
    whole = _are_numbers(names)
    longest_front = 0 if whole else _shared(names)
    longest_back = 0 if whole else min(_shared([name[::-1] for name in names]), min(map(len, names)) - longest_front)
    for cut in range(longest_front + max(longest_back, 0) + 1):
        for front in range(max(0, cut - longest_back), min(cut, longest_front) + 1):
            ends = [len(name) - cut + front for name in names]
            both = list(zip(names, ends, strict=True))
            if not any(_inside_number(name, front) or _inside_number(name, end) for name, end in both):
                yield tuple(plain_truth(canonical(name[front:end])) for name, end in both)


def plain_truth(label: str) -> str:
    """true and false as 1 and 0, the labels that they are."""
    return {"true": "1", "false": "0"}.get(label.lower(), label)


def _inside_number(name: str, at: int) -> bool:
    """Whether a cut at this place parts the digits of a number, or of what stands before and after its point."""
    before, after = name[:at], name[at:]
    digits = before[-1:].isdigit() and after[:1].isdigit()
    point = (before[-1:] == "." and before[-2:-1].isdigit() and after[:1].isdigit()) or (
        before[-1:].isdigit() and after[:1] == "." and after[1:2].isdigit()
    )
    return digits or point


def _are_numbers(names: Sequence[str]) -> bool:
    return all(number(name) is not None for name in names)


def _shared(names: Sequence[str]) -> int:
    """How many characters all of the names begin with, letter case aside."""
    folded = [tuple(map(str.casefold, name)) for name in names]
    first, last = min(folded), max(folded)  # what these share lies between them, and so all of them share it
    return next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))


def _counted(keys: Sequence[str]) -> bool:
    """Whether the names count from 0 or from 1, in order."""
    return list(keys) in ([str(at) for at in range(len(keys))], [str(at + 1) for at in range(len(keys))])
