"""Values at the limits: many classes in little memory, frequencies next to 1, weights at the ends of floats."""

import json
import subprocess
import sys
from math import ldexp, log, sqrt
from pathlib import Path

import pytest
from conftest import ROOT, environment, record, refusal, run, write
from mpmath import mp, mpf

STATUS = Path("/proc/self/status")  # where Linux says how much memory a process took at most

MEASURED = """
import sys
from losscli.cli.app import main
code = main(sys.argv[1:])
lines = open("/proc/self/status").read().splitlines()
sys.stderr.write(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
sys.exit(code)
"""


def kilobytes(*args: str | Path) -> tuple[str, int]:
    """What a command prints, and how much memory it takes at most."""
    if not STATUS.exists():
        pytest.skip("the memory that a process took is not known here")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, args)],
        capture_output=True,
        env=environment(),
        cwd=ROOT,
        timeout=120,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, int(done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--smoothing", "0.1"), ("--focal", "2")], ids=" ".join)
def test_twenty_thousand_classes_take_little_memory(options: tuple[str, ...], tmp_path: Path) -> None:
    k, path = 20_000, tmp_path / "t.csv"
    names = ",".join(f"p_{at}" for at in range(k))
    path.write_text(f"label,{names}\n" + "".join(f"{at},{','.join(['5e-05'] * k)}\n" for at in (0, 7, 19_999)))

    out, most = kilobytes("ce", path, "-f", "json", *options)

    assert most < 250 * 1024
    factor = (1 - 5e-05) ** 2 if "--focal" in options else 1.0
    assert json.loads(out)["value"] == pytest.approx(factor * log(20_000.0), rel=1e-12, abs=0)
    # three rows with a label each; a part of the smoothed label goes to classes that never occur
    expected = {"--smoothing": None, "--focal": pytest.approx(4 / 9 * log(3.0), rel=1e-14, abs=0)}
    baseline = expected[options[0]] if options else pytest.approx(log(3.0), rel=1e-14, abs=0)
    assert json.loads(out)["baseline"] == baseline


# --- frequencies next to 1 --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("small", [1e-9, 1e-10, 1e-15, 1e-16, 1e-17, 1e-100, 1e-300])
@pytest.mark.parametrize("options", [(), ("--smoothing", "0.1"), ("--focal", "2")])
def test_the_baseline_keeps_its_digits_next_to_one_label_only(
    small: float, options: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"label,p,w\n1,0.9,1\n0,0.1,{small!r}\n")
    with mp.workdps(700):
        f = [mpf(small) / (1 + mpf(small)), 1 / (1 + mpf(small))]
        s = mpf(options[1] if "--smoothing" in options else 0)
        costs = [-mp.log(one) for one in f]
        rows = [(1 - s) * costs[k] + s / 2 * sum(costs) for k in (0, 1)]
        rows = [row * (1 - one) ** 2 for row, one in zip(rows, f, strict=True)] if "--focal" in options else rows
        right = float(sum(one * row for one, row in zip(f, rows, strict=True)))

    assert record("bce", path, "-w", "w", *options)["baseline"] == pytest.approx(right, rel=2e-14, abs=0)
    labels, preds = "0,1", "0.1,0.9;0.9,0.1"
    found = record("ce", labels, preds, "-w", f"{small!r},1", *options)
    assert found["baseline"] == pytest.approx(right, rel=2e-14, abs=0)


# --- weights at the ends of floats ------------------------------------------------------------------------------------
@pytest.mark.parametrize("weight", [5e-324, 1e-310, 1e-300, 1e-160, 1e160, 1e300, 1e306])
def test_equal_weights_of_any_size_change_no_mean(weight: float, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("label,p,w\n" + "".join(f"{y},{p},{weight!r}\n" for y, p in ((1, 0.9), (0, 0.3), (1, 1e-300))))
    plain, found = record("bce", path, "-y", "label", "-p", "p"), record("bce", path, "-w", "w")

    assert found["value"] == pytest.approx(plain["value"], rel=1e-14, abs=0)
    assert found["infinite"] == 0 and found["baseline"] == pytest.approx(plain["baseline"], rel=1e-14, abs=0)
    classes = record("ce", "1,0,1", "0.1,0.9;0.7,0.3;1,1e-300", "-w", ",".join([repr(weight)] * 3))
    assert classes["value"] == pytest.approx(plain["value"], rel=1e-14, abs=0)
    assert classes["per_class"][1]["mean"] == pytest.approx((-log(0.9) + 300 * log(10)) / 2, rel=1e-14, abs=0)


def test_weights_whose_products_with_losses_no_float_can_be_leave_a_standard_error(here: Path) -> None:
    """As with the same weights times a power of two: what the mean divides by takes it out again."""
    rows = ((1, 0.9, 3.0), (0, 0.3, 1.0), (1, 1e-300, 2.0), (0, 1e-17, 1.0), (1, 0.5, 0.0), (1, 0.6, 5.0))
    write("t.csv", "label,p,w\n" + "".join(f"{y},{p},{w!r}\n" for y, p, w in rows))
    plain = record("bce", "t.csv", "-w", "w")
    for power in (-1074, -1060, -1020, -600, 600, 1010, 1020):
        table = "".join(f"{y},{p},{ldexp(w, power)!r}\n" for y, p, w in rows)
        found = record("bce", write("u.csv", "label,p,w\n" + table), "-w", "w")
        classes = record(
            "ce",
            write(
                "u.csv", "label,no,yes,w\n" + "".join(f"{y},{1 - p!r},{p},{ldexp(w, power)!r}\n" for y, p, w in rows)
            ),
            "-w",
            "w",
        )
        for key in ("mean", "se", "low", "high"):
            assert found[key] == pytest.approx(plain[key], rel=1e-12, abs=0), (power, key)
            assert classes[key] == pytest.approx(plain[key], rel=1e-12, abs=0), (power, key)
    mixed = "label,p,w\n1,0.9,1\n0,0.3,2\n1,0.6,1\n"
    without, found = (
        record("bce", write("t.csv", mixed), "-w", "w"),
        record("bce", write("u.csv", mixed + "1,0.5,1e-320\n0,0.2,5e-324\n"), "-w", "w"),
    )
    assert found["mean"] == without["mean"]
    factor = sqrt(5 / 4 / (3 / 2))  # n/(n-1) of more rows
    assert found["se"] == pytest.approx(without["se"] * factor, rel=1e-14, abs=0)


def test_a_sum_beyond_the_floats_is_called_so() -> None:
    result = run("bce", "1,0", "1e-300,0.5", "-w", "1e308,1e308")
    assert result.code == 0
    assert "the sum is beyond the largest float" in result.out and "probability 0" not in result.out


def test_weights_that_leave_the_floats_in_a_gradient_are_refused() -> None:
    for weight in ["5e-324", "1e-200", "1e200"]:
        assert "scale the weights" in refusal("grad", "bce", "1,0", "0.5,0.5", "-w", f"1,{weight}"), weight
