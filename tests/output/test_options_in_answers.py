"""Mathematical options are seen in every answer that they change: in its title and in JSON's `options`."""

from pathlib import Path

import pytest
from conftest import record, run

# What is typed, how JSON has it, how a title says it.
OF_CLASSES = [
    (("--eps", "1e-7"), {"eps": 1e-7}, "eps 1e-07"),
    (("--like", "keras"), {"like": "keras"}, "like keras"),
    (("--smoothing", "0.1"), {"smoothing": 0.1}, "smoothing 0.1"),
    (("--focal", "2"), {"focal": 2.0}, "focal gamma 2"),
    (("--class-weight", "1,2,3"), {"class_weight": [1.0, 2.0, 3.0]}, "class weights 1, 2, 3"),
    (("--ignore", "1"), {"ignore": "1"}, "label 1 ignored"),
    (("--normalize",), {"normalize": True}, "rows normalized"),
]
LABELS, PREDS = "0,1,2", "0.7,0.2,0.1;0.1,0.8,0.1;0.2,0.2,0.6"


def title(*args: str) -> str:
    done = run(*args)
    assert done.code == 0, done.err
    return done.out.splitlines()[0]


@pytest.mark.parametrize("command", [("ce",), ("nll",), ("grad", "ce")])
def test_each_option_is_in_the_title_and_in_json(command: tuple[str, ...]) -> None:
    for typed, options, phrase in OF_CLASSES:
        if command == ("nll",) and typed[0] == "--smoothing":
            continue
        call = (*command, LABELS, PREDS, *typed)

        assert record(*call)["options"] == options
        assert title(*call).endswith(f", {phrase}")
        assert title(*call, "-f", "md").endswith(f", {phrase}**")


def test_alpha_stands_beside_the_focal_factor() -> None:
    call = ("bce", "1,0", "0.9,0.2", "--focal", "2", "--alpha", "0.25")

    assert record(*call)["options"] == {"focal": 2.0, "alpha": 0.25}
    assert title(*call) == "binary cross-entropy, focal gamma 2, alpha 0.25"


def test_positive_weights_of_several_labels_are_a_list() -> None:
    call = ("bce", "1,0;0,1", "0.9,0.2;0.3,0.6", "--pos-weight", "2,3")

    assert record(*call)["options"] == {"pos_weight": [2.0, 3.0]}
    assert title(*call) == "binary cross-entropy, positive weight 2, 3"


def test_an_answer_without_options_says_so() -> None:
    assert record("bce", "1,0", "0.9,0.2")["options"] == {}
    assert title("bce", "1,0", "0.9,0.2") == "binary cross-entropy"


def test_several_options_stand_side_by_side() -> None:
    call = ("bce", "1,0", "0.9,0.2", "--like", "keras", "--smoothing", "0.1", "--pos-weight", "3")

    assert record(*call)["options"] == {"like": "keras", "smoothing": 0.1, "pos_weight": 3.0}
    assert title(*call) == "binary cross-entropy, smoothing 0.1, positive weight 3, like keras"


def test_an_option_that_was_given_is_there_though_it_changes_nothing() -> None:
    assert record("bce", "1,0", "0.9,0.2", "--focal", "0", "--smoothing", "0")["options"] == {
        "focal": 0.0,
        "smoothing": 0.0,
    }


def test_explanations_expectations_and_row_wise_answers_name_them_too() -> None:
    call = ("bce", "1,0", "0.9,0.2", "--smoothing", "0.1")

    assert title(*call, "--explain") == "binary cross-entropy, smoothing 0.1"
    assert title(*call, "--expect", "0.25384") == "binary cross-entropy, smoothing 0.1"
    assert record(*call, "-r", "none")["options"] == {"smoothing": 0.1}
    assert record(*call, "--explain")["options"] == {"smoothing": 0.1}


def test_a_hidden_answer_keeps_what_was_asked() -> None:
    done = run("bce", "1,0", "0.9,0.2", "--focal", "2", "--expect", "0.5", "--hide-answer", "-f", "json")

    assert done.json["options"] == {"focal": 2.0}


def test_fits_and_gradients_by_parameters_name_them(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("label,x\n1,0.5\n0,0.1\n1,0.2\n0,0.9\n1,1.5\n")
    fit = ("fit", "bce", str(table), "-x", "x", "--smoothing", "0.1")
    gradient = ("grad", "bce", str(table), "--wrt", "params", "-x", "x", "--smoothing", "0.1")

    assert title(*fit) == "logistic regression by gradient descent, smoothing 0.1"
    assert title(*gradient) == "gradient of binary cross-entropy with respect to parameters, smoothing 0.1"
    assert record(*fit)["options"] == record(*gradient)["options"] == {"smoothing": 0.1}


def test_temperature_scaling_names_the_label_that_it_ignores(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("label,z0,z1,z2\n0,2,1,0\n1,0,1,0\n2,1,0,0\n0,0,1,0\n1,0,3,1\n")

    assert title("fit", "temperature", str(table), "--ignore", "2") == "temperature scaling, label 2 ignored"
    assert record("fit", "temperature", str(table), "--ignore", "2")["options"] == {"ignore": "2"}


def test_a_long_list_of_class_weights_is_cut_in_the_title_and_whole_in_json() -> None:
    preds = ",".join(["0.125"] * 8)
    call = ("ce", "3", preds, "--class-weight", "1,2,3,4,5,6,7,8")

    assert title(*call) == "categorical cross-entropy, class weights 1, 2, 3, 4, ..., 8"
    assert record(*call)["options"] == {"class_weight": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]}


def test_the_text_of_a_label_steers_no_terminal() -> None:
    assert title("ce", "a,b", "0.7,0.3;0.2,0.8", "--classes", "a,b", "--ignore", "\x1b[1m") == (
        r"categorical cross-entropy, label \x1b[1m ignored"
    )
