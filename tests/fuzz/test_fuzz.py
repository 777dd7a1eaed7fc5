"""A short run of the fuzzer and of the faults, and that they would notice; the long runs are in tests/README.md."""

import math

import pytest
from conftest import Result, run

pytest.importorskip("resource", reason="limits of POSIX")
from fuzz import faults, hunt
from fuzz.mutator import case
from fuzz.oracle import Ask, Refusal, verdict

pytestmark = pytest.mark.slow


def test_a_thousand_tables_hold_nothing_to_find() -> None:
    kinds, findings = hunt.judged(range(1000))

    assert findings == []
    assert kinds.total() == 1000
    assert min(kinds["answered"], kinds["refused"]) > 200, kinds


@pytest.mark.parametrize("seed", [47793, 67330, 97010, 213953, 1014279, 1015373, 1362837])
def test_what_was_found_once_is_looked_at_again(seed: int) -> None:
    assert hunt.judge(seed).finding is None


def test_a_seed_gives_the_same_table_always() -> None:
    assert [case(seed) for seed in range(50)] == [case(seed) for seed in range(50)]
    assert len({case(seed).data for seed in range(200)}) > 190


BCE = Ask("bce", "label", ("prob",), None, ",", False)
CE = Ask("ce", "label", ("p_a", "p_b"), "w", ",", True, ("a", "b"))


@pytest.mark.parametrize(
    ("text", "ask", "expected"),
    [
        ("label,prob\n1,0.5\n0,0.5\n", BCE, math.log(2)),
        ("label,prob\n1,0.5\n\n 0 ,0.75\r\n", BCE, 1.5 * math.log(2)),
        ("label,prob\n1,0\n", BCE, math.inf),
        ("label,prob\n0.25,1\n", BCE, math.inf),
        ('label,prob\n"1","0.25\n"\n', BCE, 2 * math.log(2)),
        ("label,p_a,p_b,w\na,0.5,0.5,1\nb,0,0.25,3\na,NA,1,1\n", CE, 7 * math.log(2) / 4),
        ("label,p_a,p_b,w\na,0.25,0.75,4.9e-324\n", CE, 2 * math.log(2)),
    ],
)
def test_the_oracle_gives_the_mean(text: str, ask: Ask, expected: float) -> None:
    assert verdict(text.encode(), ask) == pytest.approx(expected, rel=1e-15, abs=0)


@pytest.mark.parametrize("row", ["1,1.5", "2,0.5", "1,NA", "1,abc", "1", "1,0.5,2", "1,0.5_1", '1,"0.5', '1,"0.5"x'])
def test_the_oracle_refuses(row: str) -> None:
    assert isinstance(verdict(f"label,prob\n1,0.5\n{row}\n".encode(), BCE), Refusal)


@pytest.mark.parametrize("data", [b"label,prb\n1,0.5\n", b"label,prob\ncat,0.5\n", b"label,prob\r1,0.5", b"\0"])
def test_the_oracle_says_nothing_where_it_can_not_tell(data: bytes) -> None:
    assert verdict(data, BCE) is None


FLAWS = [
    (Result(0, "0.5\n", ""), 0.25),
    (Result(0, "0.25000000001\n", ""), 0.25),
    (Result(0, "0.25\n", ""), Refusal("a missing cell")),
    (Result(2, "", "losscli bce: no\n"), 0.25),
    (Result(1, "", "Traceback (most recent call last):\n"), None),
    (Result(2, "", "losscli bce: internal error, please report it: KeyError: 1\n"), None),
    (Result(2, "0.25\n", "losscli bce: no\n"), None),
    (Result(0, "", ""), None),
]


@pytest.mark.parametrize(("result", "expected"), FLAWS)
def test_each_kind_of_flaw_is_noticed(result: Result, expected: float | Refusal | None) -> None:
    assert hunt.flaw(result, expected)


def test_a_table_that_takes_too_long_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **options: object) -> Result:
        while True:
            pass

    monkeypatch.setattr(hunt, "run", slow)
    monkeypatch.setattr(hunt, "SECONDS", 1)

    _, findings = hunt.judged(range(1, 2))

    assert findings == ["seed 1: TooSlow: more than 1 s"]


def test_a_route_that_answers_otherwise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(*args: object, stdin: bytes = b"") -> Result:
        return run(*args, stdin=stdin) if stdin else Result(0, "0.125\n", "")  # type: ignore[arg-type]

    monkeypatch.setattr(hunt, "run", lossy)

    assert hunt.judged(range(0, 8))[1]


def test_damage_and_cuts_are_refused() -> None:
    assert list(faults.damage(every=23)) == []
    assert list(faults.cuts(every=11)) == []


def test_damage_that_is_not_noticed_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    results = iter([Result(0, "0.5\n", "")] + [Result(0, "0.25\n", "")] * 10_000)
    monkeypatch.setattr(faults, "packed", lambda: {"gzip": b"\x1f\x8b12\x1f\x8b12"})
    monkeypatch.setattr(faults, "run", lambda *args, **options: next(results))

    assert len(list(faults.damage())) == 16
    assert list(faults.cuts())


def test_signals_leave_no_part_of_a_file_and_no_process() -> None:
    assert list(faults.signals(runs=5)) == []


def test_limits_of_the_system_are_one_line_or_change_nothing() -> None:
    assert list(faults.limits(repeats=50_000, every=3)) == []
