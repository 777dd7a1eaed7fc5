"""Pictures as text: what is drawn, its widths, and ASCII where that is wanted."""

import io
import sys
from math import inf, nan
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from losscli.output.chart import Layer, Series, Span, bars, curves, plane, spans


@pytest.fixture(autouse=True)
def in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("COLUMNS", raising=False)


def test_bars_are_as_long_as_their_values_and_have_them_beside() -> None:
    picture = bars("losses", ["low", "high"], [Series("rows", [1.0, 0.25], ["100%", "25%"])])

    assert picture.title == "losses"
    head, first, second = picture.lines
    assert head == "      rows"
    assert first.startswith("low   100% #") and second.startswith("high   25% #")
    assert first.count("#") == 4 * second.count("#") and len(first) <= 80


def test_bars_of_two_series_stand_side_by_side_to_one_scale() -> None:
    picture = bars("", ["a"], [Series("rows", [0.5], ["50%"]), Series("loss", [1.0], ["100%"])])

    rows, loss = picture.lines[1].removeprefix("a   50% ").split("  100% ")
    assert 2 * rows.count("#") == pytest.approx(loss.count("#"), abs=1)


def test_what_is_not_nothing_shows_and_nothing_does_not() -> None:
    lines = bars("", ["a", "b", "c"], [Series("", [1e-9, 0.0, 1.0], ["x", "y", "z"])]).lines

    assert [line.count("#") > 0 for line in lines] == [True, False, True]


def test_labels_that_are_wide_on_the_screen_move_nothing_behind_them() -> None:
    wide, narrow, _ = spans(
        "", [Span("\u6771\u4eac", 0.5, 0.25, 0.75, "0.5"), Span("rome", 0.5, 0.25, 0.75, "0.5")]
    ).lines
    first, second = bars("", ["\u6771\u4eac", "rome"], [Series("", [1.0, 1.0], ["1", "1"])]).lines

    assert wide.removeprefix("\u6771\u4eac") == narrow.removeprefix("rome")
    assert first.removeprefix("\u6771\u4eac") == second.removeprefix("rome")


def test_labels_are_measured_as_standard_output_spells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    label = "Z\u00fcrich"

    strange, plain, _ = spans("", [Span(label, 0.5, 0.25, 0.75, "0.5"), Span("rome", 0.5, 0.25, 0.75, "0.5")]).lines

    assert strange.startswith("Z\\xfcrich  ") and strange.isascii()
    assert strange.index("|") == plain.index("|")


def test_a_long_label_leaves_room_for_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (40, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        line = spans("", [Span("a" * 99, 0.5, 0.25, 0.75, "0.5")]).lines[0]
        assert "aaa..." in line and "|-" in line and len(line) == columns


def test_an_interval_is_drawn_between_its_ends_with_its_point_and_the_scale_below() -> None:
    picture = spans("", [Span("a", 0.5, 0.25, 0.75, "0.5"), Span("b", 0.0, nan, nan, "0", other=1.0)], 0.0, 1.0)

    first, second, scale = picture.lines
    drawn = first[3:-5]
    assert drawn.strip().startswith("|-") and drawn.strip().endswith("-|") and "o" in drawn
    assert drawn.index("o") - drawn.index("|") == pytest.approx(drawn.rindex("|") - drawn.index("o"), abs=1)
    assert second.lstrip("b ").startswith("o") and second.removesuffix("0").rstrip().endswith("x")
    assert scale.split() == ["0", "1"]


def test_an_interval_beyond_the_scale_is_cut_there() -> None:
    line = spans("", [Span("a", inf, -inf, inf, "inf")], 0.0, 1.0).lines[0]

    assert line.count("~") == 2


def test_two_curves_have_their_own_marks_and_a_legend() -> None:
    picture = curves("loss", [("training", [3.0, 2.0, 1.0]), ("test", [3.0, 3.0, 3.0])], "steps")

    assert picture is not None
    text = "\n".join(picture.lines)
    assert text.count("*") == 4 and text.count("o") >= 2 and "* training   o test" in text
    assert picture.lines[0].startswith("3 |") and picture.lines[11].startswith("1 |")


def test_a_curve_that_is_infinite_is_not_drawn() -> None:
    assert curves("", [("a", [1.0, inf])], "steps") is None


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.text(max_size=9), *[st.floats() | st.floats(0, 1)] * 4), min_size=1, max_size=5),
    st.sampled_from(["40", "80", "200", "x", "-3", ""]),
    st.sampled_from(["utf-8", "ascii", "latin-1", "cp437"]),
)
def test_no_numbers_are_too_strange_and_no_line_is_too_wide(
    rows: list[tuple[str, float, float, float, float]], columns: str, encoding: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", columns)
        patch.setenv("TERM", "xterm")
        patch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        labels = [row[0] for row in rows]
        values = [row[1] for row in rows]
        made = [
            spans("", [Span(row[0], row[1], min(row[2], row[3]), max(row[2], row[3]), "", row[4]) for row in rows]),
            bars("", labels, [Series("", values, [""] * len(rows))] * 2),
            curves("", [("a", values), ("b", [row[2] for row in rows])], "steps"),
        ]
        most = int(columns) if columns.isdigit() else 80
        for picture in made:
            for line in picture.lines if picture else ():
                assert cell_len(line) <= max(most, 40) and "\n" not in line
                line.encode(encoding if all(label.isascii() for label in labels) else "utf-8", "surrogateescape")


def test_ends_and_points_beyond_the_scale_are_marked_on_their_side() -> None:
    ends = {(-1.0, 0.5): "~|", (0.5, 2.0): "|~", (-1.0, 2.0): "~~", (0.25, 0.75): "||", (0.0, 1.0): "||"}
    for (low, high), marks in ends.items():
        line = spans("", [Span("a", 0.5, low, high, "t")], 0.0, 1.0).lines[0]
        drawn = line.removeprefix("a").removesuffix("t").strip().replace("o", "-")
        assert drawn[0] + drawn[-1] in (marks, marks.replace("|", "-")), (low, high, line)
        assert drawn[0] == marks[0] or low == 0.5, line


def test_a_bar_without_end_is_as_long_as_the_longest() -> None:
    lines = bars("", ["a", "b", "c"], [Series("", [inf, 2.0, 1.0], ["inf", "2", "1"])]).lines

    assert [line.count("#") for line in lines[:2]] == [lines[1].count("#")] * 2
    assert lines[1].count("#") == pytest.approx(2 * lines[2].count("#"), abs=1) and all(
        len(line) <= 80 for line in lines
    )


def test_each_kind_of_chart_is_drawn_to_the_last_character(monkeypatch: pytest.MonkeyPatch) -> None:
    # Worked out by hand for 40 columns. Bars: 11 columns are the largest value, so 0.25 is 2.75 of them, or 22 eighths.
    # Spans: 30 columns or 28, the first and the last of which are the ends. Curves: 4 to 0.5 on 12 levels, so 2 is
    # level 4.7 of 11; a bar joins levels that are more than one apart. Planes: points on the ends are inside.
    monkeypatch.setenv("COLUMNS", "40")
    shares, losses = [0.5, 1.0, 0.01, 0.0], [0.03, 0.25, 0.4, 0.31]
    drawn = {
        "bars": bars(
            "",
            ["a", "b", "c", "d"],
            [
                Series("rows", shares, [f"{share:.0%}" for share in shares]),
                Series("loss", losses, [f"{share:.0%}" for share in losses]),
            ],
        ),
        "spans": spans("", [Span("a", 0.5, 0.25, 0.75, "0.5"), Span("bb", 0.0, nan, nan, "0", other=1.0)], 0.0, 1.0),
        "spans of their own scale": spans("", [Span("a", 3.0, 2.0, 5.0, "0.5")]),
        "curves": curves("", [("training", [4.0, 2.0, 1.0, 0.5]), ("test", [4.0, 3.5, 3.0, 3.5])], "steps"),
        "plane": plane(
            "",
            [Layer("0", "zero", [0, 4, 2, 5, 3], [0, 0, 10, 3, 11]), Layer("1", "one", [4, 2, 4, -1], [10, 10, -1, 2])],
            (0.0, 4.0),
            (0.0, 10.0),
            "x",
        ),
    }
    expected = {
        "bars": (
            "   rows              loss",
            "a   50% ######         3% #",
            "b  100% ###########   25% ###",
            "c    1% #             40% ####",
            "d    0%               31% ###",
        ),
        "spans": (
            "a           |------o------|          0.5",
            "bb  o                             x  0",
            "    0                             1",
        ),
        "spans of their own scale": (
            "a  |---------o--------------------|  0.5",
            "   2                              5",
        ),
        "curves": (
            "  4 |*",
            "    | |",
            "    | o o",
            "    | |o",
            "    | |",
            "    | |",
            "    | *",
            "    |  |",
            "    |  |",
            "    |  *",
            "    |   |",
            "0.5 |   *",
            "    +----",
            "     0  3 steps",
            "     * training   o test",
        ),
        "plane": (
            "10 |                 1                1",
            *["   |"] * 10,
            " 0 |0                                 0",
            "   +-----------------------------------",
            "    0                                 4 x",
            "    0 zero   1 one",
        ),
    }
    assert {kind: picture and picture.lines for kind, picture in drawn.items()} == expected

    monkeypatch.setenv("TERM", "xterm")
    one = bars("", ["a", "b", "c"], [Series("", [1.0, 0.4, 1e-9], ["1", "0.4", "0"])])
    assert one.lines == ("a    1 " + "█" * 32, "b  0.4 " + "█" * 12 + "▊", "c    0 ▏")  # 12.8 columns: 102 eighths
    both = spans("", [Span("a", 0.5, 0.25, 2.0, "0.5", other=0.0)], 0.0, 1.0)
    assert both.lines[0] == "a  ○       ├───────●──────────────…  0.5"


def test_what_is_not_finite_is_no_end_of_a_scale_and_lies_beyond_it() -> None:
    drawn = spans("", [Span("a", 3.0, -inf, 5.0, "t"), Span("b", inf, nan, nan, "u"), Span("c", 4.0, nan, nan, "v")])
    assert [line.split() for line in drawn.lines[-1:]] == [["3", "5"]]
    a, b, c = (line.split("  ")[1] + "".join(line.split("  ")[2:]) for line in drawn.lines[:3])
    assert a.startswith("o-") and b.rstrip("u ").endswith("~") and c.count("o") == 1
    assert spans("", [Span("a", nan, nan, nan, "no rows")]).lines[1].split() == ["0", "1"]
    assert spans("", [Span("a", 2.0, nan, nan, "2")]).lines[0].index("o") == 3 + (80 - 1 - 1 - 4) // 2  # in the middle


def test_charts_are_plain_where_the_encoding_lacks_their_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    made = lambda: (bars("", ["a"], [Series("", [1.0], ["1"])]), spans("", [Span("a", 0.5, 0.25, 0.75, "t")]))  # noqa: E731
    plain = made()
    monkeypatch.setenv("TERM", "xterm")
    for encoding, is_plain in (("ascii", True), ("latin-1", True), ("utf-8", False), ("no such", True)):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8" if encoding == "no such" else encoding)
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(encoding=encoding) if encoding == "no such" else stream)
        assert (made() == plain) == is_plain, encoding
        assert is_plain or ("\u2588" in made()[0].lines[0] and "\u251c" in made()[1].lines[0])
    monkeypatch.setattr(sys, "stdout", io.StringIO())  # text alone, which holds any letter
    assert made() != plain
