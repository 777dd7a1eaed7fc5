"""A short run of the fuzzer and of the faults, and that they would notice; the long runs are in tests/README.md."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Result, run

pytest.importorskip("resource", reason="limits of POSIX")
from fuzz import faults, hunt
from fuzz.oracle import Ask, Refusal, verdict

pytestmark = pytest.mark.slow


def test_a_thousand_tables_hold_nothing_to_find() -> None:
    kinds, findings = hunt.judged(range(1000))

    assert findings == []
    assert kinds.total() == 1000
    for outcome in ("answered", "refused"):
        assert sum(count for kind, count in kinds.items() if kind.endswith(outcome)) > 200, kinds


BCE = Ask("bce", "label", ("prob",), None, ",", False)
CE = Ask("ce", "label", ("p_a", "p_b"), "w", ",", True, ("a", "b"))
TWO = Ask("ce", "label", ("p_a", "p_b"), None, ";", False, ("a", "b"))
FOUND = (  # headers that come again, lines of white space, lone quotes, weights next to the least float
    (TWO, b'"b";"6.884e-01";"0.31 "\n"label";"p_a";"p_b"\n"label";"p_a";"p_b"\n"b";"6.884e-01";"0.31 "\n\n\n'),
    (replace(BCE, drop=True), b"prob,label,id,note\r\n 0.0527,1,941921,\xc3\xa4\r\n0.72175812002486617,0,415517,"),
    (
        Ask("ce", "label", ("p_a", "p_b", "p_c", "p_d"), None, ",", True, ("a", "b", "c", "d")),
        b"\xef\xbb\xbf\np_b,id,p_c,label,note,p_d,p_a\n \n1e-999,624316,0.3171967856827377363337916,d,,0.0400,0.3012\n",
    ),
    (BCE, b'\xef\xbb\xbf\n"prob","label"\n"0.00\n'),
    (
        replace(BCE, weight="weight", delimiter=";"),
        b"\xef\xbb\xbf \nlabel;weight;prob\n0.25;0;0.8533840973704765\n0.25;4.9e-324;0.030189518870383569\t\n\n\n",
    ),
    (
        replace(TWO, weight="weight", delimiter=","),
        b'p_a,label,note,p_b,wei_a,label,note,p_b,ght\n0.38113133786661374,a,"a,b;c|d",0.6188686621333862,4.9e-324\n',
    ),
    (
        TWO,
        b'"p_a";"p_b";"label";"note"\n" 0.0000";"0.99999999999092104";"b";""\n"0.29 ";"0.71 ";"a";"x"\n'
        b'"0.4269965682299262";" 0.5730";"b\n";"y z"\n"3.824e-07";"0.9999996175799726";"a";"\xc3\xa4"',
    ),
)


def test_what_was_found_once_is_looked_at_again(here: Path) -> None:
    for ask, data in FOUND:
        asked = hunt.Posed("found", (*ask.arguments, "-"), {"-": data}, verdict(data, ask))
        for turn in (1, 4, 8):
            assert hunt.judge_run(asked, turn).finding is None, data


def test_a_seed_gives_the_same_table_always() -> None:
    assert [hunt.run_of(seed) for seed in range(50)] == [hunt.run_of(seed) for seed in range(50)]
    assert len({str(hunt.run_of(seed).files) for seed in range(200)}) > 190


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
    (Result(2, "", "losscli bce: t.csv:3: no\n"), Refusal("a missing cell", "t.csv:2")),
    (Result(0, "0.25\n0.5\n", ""), (0.25, 0.75)),
    (Result(0, "0.25\n", ""), (0.25, 0.25)),
    (Result(2, "", "losscli bce: no\n"), 0.25),
    (Result(1, "", "Traceback (most recent call last):\n"), None),
    (Result(2, "", "losscli bce: internal error, please report it: KeyError: 1\n"), None),
    (Result(2, "0.25\n", "losscli bce: no\n"), None),
    (Result(0, "", ""), None),
]


@pytest.mark.parametrize(("result", "expected"), FLAWS)
def test_each_kind_of_flaw_is_noticed(result: Result, expected: hunt.Expected) -> None:
    assert hunt.flaw(result, expected)


def test_a_table_that_takes_too_long_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **options: object) -> Result:
        while True:
            pass

    monkeypatch.setattr(hunt, "run", slow)
    monkeypatch.setattr(hunt, "SECONDS", 1)

    _, findings = hunt.judged(range(4, 5))

    assert findings == ["seed 4: TooSlow: more than 1 s"]


def test_a_route_that_answers_otherwise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(*args: object, stdin: bytes = b"") -> Result:
        return run(*args, stdin=stdin) if stdin else Result(0, "0.125\n", "")  # type: ignore[arg-type]

    monkeypatch.setattr(hunt, "run", lossy)

    assert hunt.judged(range(32, 36))[1]


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
