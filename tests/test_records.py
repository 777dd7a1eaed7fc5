"""Records: what they share with frozen dataclasses, which the type checker takes them for."""

from dataclasses import field, replace

import pytest

from losscli.records import record


@record
class Point:
    """A place and its marks."""

    x: int
    y: int = 2
    marks: tuple[str, ...] = field(default_factory=tuple)
    seen: int = field(default=0, compare=False)


@record
class Named(Point):
    """One with a name."""

    name: str = "n"


@record(eq=False)
class Alone:
    """One that equals nothing but itself."""

    x: int


@record
class Own:
    """One that says itself what it is."""

    x: int

    def __repr__(self) -> str:
        return "own"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and abs(self.x) == abs(other.x)

    def __hash__(self) -> int:
        return hash(abs(self.x))


def test_records_equal_others_of_their_class_with_the_same_fields() -> None:
    assert Point(1) == Point(1, 2) and hash(Point(1)) == hash(Point(1, 2))
    assert Point(1) != Point(2) and Point(1) != Point(1, 3) and Point(1) != Point(1, marks=("a",))
    assert Point(1) != Named(1) and Named(1) != Point(1) and Point(1) != (1, 2, ())
    assert Named(1) == Named(1) and Named(1) != Named(1, name="m")
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert Point(1) == Point(1, seen=5) and hash(Point(1)) == hash(Point(1, seen=5))


def test_records_are_made_replaced_and_shown_by_their_fields() -> None:
    assert replace(Point(1), y=5) == Point(1, 5)
    assert repr(Named(1, marks=("a",))) == "Named(x=1, y=2, marks=('a',), seen=0, name='n')"
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]


def test_a_record_without_eq_equals_only_itself_and_own_methods_stay() -> None:
    one = Alone(1)
    assert one == one and one != Alone(1) and repr(one) == "Alone(x=1)"
    assert Own(1) == Own(-1) and len({Own(1), Own(-1)}) == 1 and repr(Own(1)) == "own"
