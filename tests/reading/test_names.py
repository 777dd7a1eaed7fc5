"""Names say another order than places do: labels, predictions and models go together by their names."""

import json
import random
from itertools import permutations
from math import log
from pathlib import Path

import pytest
from conftest import answer, close, record, refusal, run, scaled, write

from losscli.losses.table import LOSSES

# label 1 at cat, then at dog; probabilities 0.8 and 0.9
RIGHT = -(log(0.8) + log(0.9)) / 2
SOFT = {"q_cat": (1, 0), "q_dog": (0, 1), "p_dog": (0.2, 0.9), "p_cat": (0.8, 0.1)}


def table(columns: dict[str, tuple[float, ...]], order: tuple[str, ...] | None = None, mark: str = ",") -> str:
    names = order or tuple(columns)
    return "\n".join(mark.join(map(str, row)) for row in (names, *zip(*(columns[name] for name in names), strict=True)))


def test_label_columns_and_predictions_are_matched_by_name(here: Path) -> None:
    for order in permutations(SOFT):
        write("t.csv", table(SOFT, order))
        for command in ("ce", "bce"):
            assert answer(command, "t.csv", "-y", "q_*", "-p", "p_*") == close(RIGHT), (command, order)
        assert answer("ce", "t.csv", "-y", "q_cat,q_dog", "-p", "p_dog,p_cat") == close(RIGHT)
        assert answer("ce", "t.csv", "-y", "q_*", "-p", "p_*", "--class-weight", "1,1") == close(RIGHT)
        assert sorted(map(float, answers("grad", "ce", "t.csv", "-y", "q_*", "-p", "p_*"))) == [
            close(-0.5 / 0.8),
            close(-0.5 / 0.9),
            0.0,
            0.0,
        ]


def answers(*args: str) -> list[str]:
    found = run(*args, "-q")
    assert found.code == 0, found.err
    return found.out.replace(",", " ").split()


@pytest.mark.parametrize(
    ("labels", "preds"),
    [
        (("cat", "dog"), ("p_dog", "p_cat")),
        (("a", "b"), ("pb", "pa")),
        (("is_cat", "is_dog"), ("dog_prob", "cat_prob")),
        (("Q_CAT", "Q_DOG"), ("p_dog", "p_cat")),
        (("y0", "y1"), ("p1", "p0")),
        (("y_01", "y_02"), ("p2", "p1")),
        (("star_10", "star_20"), ("p_20", "p_10")),
    ],
)
def test_names_are_compared_without_what_all_of_them_share(
    labels: tuple[str, str], preds: tuple[str, str], here: Path
) -> None:
    cells = dict(zip((*labels, *preds), SOFT.values(), strict=True))
    write("t.csv", table(cells))
    for command in ("ce", "bce"):
        assert answer(command, "t.csv", "-y", ",".join(labels), "-p", ",".join(preds)) == close(RIGHT)


def test_records_and_lists_of_other_formats_are_matched_by_name(here: Path) -> None:
    rows = [
        {"q": {"cat": 1, "dog": 0}, "p": {"dog": 0.2, "cat": 0.8}},
        {"q": {"dog": 1, "cat": 0}, "p": {"cat": 0.1, "dog": 0.9}},
    ]
    write("t.jsonl", "\n".join(map(json.dumps, rows)))
    for command in ("ce", "bce"):
        assert answer(command, "t.jsonl", "-y", "q", "-p", "p") == close(RIGHT)
        assert answer(command, "t.jsonl", "-y", "q_cat,q_dog", "-p", "p") == close(RIGHT)


def test_structs_of_parquet_are_matched_by_name(here: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [{"q": {"cat": 1.0, "dog": 0.0}, "p": {"dog": 0.2, "cat": 0.8}}]
    rows.append({"q": {"cat": 0.0, "dog": 1.0}, "p": {"dog": 0.9, "cat": 0.1}})
    parquet.write_table(pa.Table.from_pylist(rows), "t.parquet")
    parquet.write_table(pa.table({name: list(cells) for name, cells in SOFT.items()}), "flat.parquet")
    for command in ("ce", "bce"):
        assert answer(command, "t.parquet", "-y", "q", "-p", "p") == close(RIGHT)
        assert answer(command, "flat.parquet", "-y", "q_*", "-p", "p_*") == close(RIGHT)


def test_columns_of_two_tables_are_matched_by_name(here: Path) -> None:
    key = {"id": (7, 8)}
    for name, cells in (("l.csv", ("q_cat", "q_dog")), ("p.csv", ("p_dog", "p_cat"))):
        write(name, table({**key, **SOFT}, ("id", *cells)))
    write("lone.csv", table(SOFT, ("q_cat", "q_dog")))
    write("alone.csv", table(SOFT, ("p_dog", "p_cat")))
    for options in ((), ("--key", "id")):
        for command in ("ce", "bce"):
            assert answer(command, "l.csv", "p.csv", "-y", "q_*", "-p", "p_*", *options) == close(RIGHT)
    assert answer("ce", "lone.csv", "alone.csv", "-y", "1-2") == close(RIGHT)
    assert answer("ce", "1,0;0,1", "alone.csv") == close(-(log(0.2) + log(0.1)) / 2)  # a list has no names


def test_models_are_matched_by_name_for_class_weights_and_labels_that_are_numbers(here: Path) -> None:
    write("t.csv", "label,a_0,a_1,b_1,b_0\n0,0.8,0.2,0.3,0.7\n1,0.3,0.7,0.6,0.4\n")
    weighted = -(log(0.7) + 3 * log(0.6)) / 4
    for second in ("b_*", "b_0,b_1", "b_1,b_0"):
        found = record("ce", "t.csv", "-p", "a_*", "-p", second, "--class-weight", "1,3")
        assert found["models"][1]["value"] == close(weighted)
        assert found["differences"][0]["mean"] == close(weighted + (log(0.8) + 3 * log(0.7)) / 4)
    write("s.csv", "q_x,q_y,a_x,a_y,b_y,b_x\n1,0,0.8,0.2,0.3,0.7\n0,1,0.3,0.7,0.6,0.4\n")
    for command in ("ce", "bce"):
        found = record(command, "s.csv", "-y", "q_*", "-p", "a_*", "-p", "b_*")
        assert found["models"][1]["value"] == close(-(log(0.7) + log(0.6)) / 2)


def test_names_that_match_in_part_are_refused(here: Path) -> None:
    write("t.csv", table(SOFT).replace("q_dog", "q_cow"))
    for command in ("ce", "bce"):
        said = refusal(command, "t.csv", "-y", "q_*", "-p", "p_*")
        assert "'q_cow' of the labels matches nothing in the predictions, but other names match" in said
    write("m.csv", "label,a_cat,a_dog,b_dog,b_cow\ncat,.5,.5,.5,.5\n")
    assert "'b_cow' of the model 'b_*' matches nothing" in refusal("ce", "m.csv", "-p", "a_*", "-p", "b_*")


def test_names_that_do_not_match_at_all_go_by_their_places(here: Path) -> None:
    for labels, preds in (
        (("u", "v"), ("p_1", "p_2")),
        (("y_1", "y_2"), ("p_0", "p_1")),
        (("q1", "q2"), ("one", "two")),
    ):
        write("t.csv", table(dict(zip((*labels, *preds), ((1, 0), (0, 1), (0.8, 0.1), (0.2, 0.9)), strict=True))))
        for command in ("ce", "bce"):
            assert answer(command, "t.csv", "-y", ",".join(labels), "-p", ",".join(preds)) == close(RIGHT)


def test_classes_named_in_another_order_than_the_header_are_refused(here: Path) -> None:
    write("t.csv", "label,p_dog,p_cat\ncat,0.2,0.8\n")
    assert answer("ce", "t.csv", "--classes", "dog,cat") == close(-log(0.8))
    assert "another order than the header: 'p_dog', 'p_cat'" in refusal("ce", "t.csv", "--classes", "cat,dog")
    assert answer("ce", "t.csv", "--classes", "x,cat") == close(-log(0.8))


@pytest.mark.parametrize("command", LOSSES)
def test_permuting_named_columns_changes_no_figure(command: str, here: Path) -> None:
    shuffler = random.Random(4)
    names = ("ant", "bee", "cow", "dog")
    for _ in range(scaled(40)):
        columns: dict[str, tuple[object, ...]] = {"id": tuple(range(6))}
        labels = [shuffler.randrange(4) for _ in range(6)]
        for at, name in enumerate(names):
            columns[f"q_{name}"] = tuple(int(label == at) for label in labels)
            for model in "ab":
                columns[f"{model}_{name}"] = tuple(shuffler.random() for _ in range(6))
        columns["label"] = tuple(names[label] for label in labels)
        options = ("-y", "label" if command == "nll" else "q_*", "-p", "a_*", "-p", "b_*")
        options += ("--normalize", "--class-weight", "1,1,1,1") if command != "bce" else ()
        found = set()
        for _ in range(4):
            order = list(columns)
            shuffler.shuffle(order)
            write("t.csv", table(columns, tuple(order)))  # type: ignore[arg-type]
            one = record(command, "t.csv", *options)
            figures = (one["value"], one["se"], one["models"][1]["value"], one["differences"][0]["mean"])
            found.add(tuple(f"{figure:.13g}" for figure in figures))
        assert len(found) == 1


def warned(*args: str) -> list[str]:
    """What the command says of columns that are matched by their order, which it says with --quiet too."""
    said = [note for note in record(*args)["notes"] if "matched in this order" in note]
    quiet = run(*args, "-q").err
    assert all(note in quiet for note in said) and quiet.count("matched in this order") == len(said)
    return said


def test_classes_that_one_set_of_columns_names_alone_are_matched_by_order_with_a_warning(here: Path) -> None:
    write("y.csv", table(SOFT, ("q_cat", "q_dog")))
    write("nameless.csv", "0.8,0.2\n0.1,0.9\n")
    write("counted.csv", "p_0,p_1\n0.8,0.2\n0.1,0.9\n")
    write("p.csv", table(SOFT, ("p_cat", "p_dog")))
    write("0.csv", "1,0\n0,1\n")
    said = "label columns 'q_cat', 'q_dog' and prediction columns {} are matched in this order; name both alike"
    write("t.csv", "q_cat,q_dog,p_0,p_1\n1,0,0.8,0.2\n0,1,0.1,0.9\n")
    write("t.jsonl", '{"q": {"cat": 1, "dog": 0}, "p": [0.8, 0.2]}\n{"q": {"cat": 0, "dog": 1}, "p": [0.1, 0.9]}\n')
    for args, preds in (
        (("y.csv", "nameless.csv", "-y", "q_*", "-p", "1-2"), "1, 2"),
        (("y.csv", "counted.csv", "-y", "q_*", "-p", "p_*"), "'p_0', 'p_1'"),
        (("t.csv", "-y", "q_*", "-p", "p_*"), "'p_0', 'p_1'"),
        (("t.jsonl", "-y", "q", "-p", "p"), "'p_0', 'p_1'"),
    ):
        for command in (("bce",), ("ce",), ("grad", "ce")):
            assert [note.partition(",")[0] for note in warned(*command, *args)] == ["label columns 'q_cat'"], args
            assert warned(*command, *args)[0].startswith(said.format(preds)), args
    assert len(warned("ce", "0.csv", "p.csv", "-y", "1-2")) == 1
    sound: tuple[tuple[str, ...], ...] = (
        ("y.csv", "p.csv", "-y", "q_*", "-p", "p_*"),
        ("0.csv", "nameless.csv", "-y", "1-2", "-p", "1-2"),
        ("0.csv", "counted.csv", "-y", "1-2", "-p", "p_*"),
        ("1,0;0,1", "p.csv", "-p", "p_*"),
    )
    for args in sound:
        assert warned("ce", *args) == [], args
    write("m.csv", "q_cat,q_dog,a_cat,a_dog,b_0,b_1\n1,0,.5,.5,.5,.5\n")
    assert "columns 'b_0', 'b_1' of the model 'b_*'" in warned("bce", "m.csv", "-y", "q_*", "-p", "a_*", "-p", "b_*")[0]


def test_classes_of_an_option_are_those_of_label_columns_too(here: Path) -> None:
    write("y.csv", table(SOFT, ("q_cat", "q_dog")))
    write("p.csv", "0.8,0.2\n0.1,0.9\n")
    said = refusal("ce", "y.csv", "p.csv", "-y", "q_*", "--classes", "dog,cat")
    assert said == "--classes names the columns in another order than the labels: 'q_cat', 'q_dog'"
    assert answer("ce", "y.csv", "p.csv", "-y", "q_*", "--classes", "cat,dog") == close(RIGHT)
    assert warned("ce", "y.csv", "p.csv", "-y", "q_*", "--classes", "cat,dog") == []
    write("t.csv", "q_cat,q_dog,p_0,p_1\n1,0,0.8,0.2\n0,1,0.1,0.9\n")
    assert refusal("ce", "t.csv", "-y", "q_*", "-p", "p_*", "--classes", "dog,cat").endswith("'q_cat', 'q_dog'")


def test_a_label_is_a_class_by_its_column_without_what_all_names_share_and_never_by_less(here: Path) -> None:
    cases = (  # the names of two columns, labels of the first, of the second, and of none
        (("p_cat", "p_dog"), ("cat", "p_cat", "_cat"), ("dog", "p_dog"), ("at", "p_", "c", "p_c")),
        (("cat_prob", "dog_prob"), ("cat", "cat_prob"), ("dog", "dog_prob"), ("prob", "ca")),
        (("p(cat)", "p(dog)"), ("cat", "p(cat)"), ("dog", "(dog)"), ("p",)),
        (("prob 1 x", "prob 2 x"), ("1", "1.0", "prob 1 x"), ("2",), ("3", "x")),
        (("p_1.5", "p_2.5"), ("1.5",), ("2.50",), ("1", "5", ".5")),
        (("p10", "p11"), ("10", "p10"), ("11",), ("0x",)),
        (("aba", "abacaba"), ("aba",), ("abacaba", "caba"), ("bac", "aca", "cab")),
        (("true", "false"), ("true", "1", "TRUE"), ("false", "0"), ("x", "rue")),
        (("P_No", "P_Yes"), ("No", "P_No"), ("Yes",), ("no_", "es")),
    )
    for names, first, second, none in cases:
        write("t.csv", f"label,{names[0]},{names[1]}\n" + "".join(f"{label},0.8,0.2\n" for label in first))
        assert answer("ce", "t.csv", "-y", "label", "-p", "2-3") == close(-log(0.8)), names
        write("t.csv", f"label,{names[0]},{names[1]}\n" + "".join(f"{label},0.8,0.2\n" for label in second))
        assert answer("ce", "t.csv", "-y", "label", "-p", "2-3") == close(-log(0.2)), names
        for label in none:
            write("t.csv", f"label,{names[0]},{names[1]}\n{first[0]},0.8,0.2\n{label},0.8,0.2\n")
            said = refusal("ce", "t.csv", "-y", "label", "-p", "2-3")
            assert said.startswith("t.csv:3: column 'label': label ") and "is not a class" in said, (names, said)
