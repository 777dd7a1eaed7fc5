"""Positional arguments: every spelling of a list, lists against paths, negative numbers, options among them."""

from itertools import product
from math import exp, log
from pathlib import Path

from conftest import answer, close, record, refusal, run

from losscli.enums import Form
from losscli.losses.table import LOSSES

LABELS, PREDS = "1,0,0,1", "0.8,0.3,0.4,0.7"
BCE = -(log(0.8) + log(0.7) + log(0.6) + log(0.7)) / 4
ROWS = "0.7,0.2,0.1;0.1,0.2,0.7"
CE = -log(0.7)


def softplus(z: float) -> float:
    return log(1 + exp(z))


# --- spellings of lists -----------------------------------------------------------------------------------------------

LABEL_SPELLINGS = [
    "1,0,0,1",
    "1 0 0 1",
    "1, 0, 0, 1",
    " 1,0, 0 ,1 ",
    "1,0,0,1,",
    "1\t0\t0\t1",
    "1\n0\n0\n1\n",
    "1\r\n0\r\n0\r\n1",
    "1;0;0;1",
    "1 0 0 1;",
    "[1, 0, 0, 1]",
    "[1 0 0 1]",
    "[1, 0, 0, 1,]",
    "(1, 0, 0, 1)",
    "[[1], [0], [0], [1]]",
    "[[1]\n [0]\n [0]\n [1]]",
    "[[1, 0, 0, 1]]",
    "array([1, 0, 0, 1])",
    "np.array([1, 0, 0, 1])",
    "array([ True, False, False,  True])",
    "Array([1, 0, 0, 1], dtype=int32)",
    "tensor([1, 0, 0, 1])",
    "tensor([1, 0, 0, 1], dtype=torch.int32, device='cuda:0')",
    "torch.tensor([1., 0., 0., 1.])",
    "tf.Tensor([1 0 0 1], shape=(4,), dtype=int32)",
    "[np.int64(1), np.int64(0), np.int64(0), np.int64(1)]",
    "[True, False, False, True]",
    "[ True False False  True]",
    "TRUE,FALSE,false,true",
    "1.,0.,0.,1.",
    "1.0,-0,0,1e0",
    "01,00,0,+1",
    "<tf.Tensor: shape=(4,), dtype=int32, numpy=array([1, 0, 0, 1], dtype=int32)>",
    "Parameter containing:\ntensor([1., 0., 0., 1.], requires_grad=True)",
    "'1','0','0','1'",
    '"1", "0", "0", "1"',
    "“1”, “0”, “0”, “1”",
    "“1,0,0,1”",
    "‘[1, 0, 0, 1]’",  # noqa: RUF001
    "« 1, 0, 0, 1 »",
    "'1,0,0,1'",  # of a shell that doesn't know single quotes, as cmd.exe
    "{1, 0, 0, 1}",
    "{{1}, {0}, {0}, {1}}",
    "c(1, 0, 0, 1)",
    "[1] 1 0 0 1",
    " [1] 1 0\n [3] 0 1\n",
    "1，0，0，1",  # noqa: RUF001
    "１、０、０、１",  # noqa: RUF001
    "１；０；０；１",  # noqa: RUF001
    "［1，0，0，1］",  # noqa: RUF001
    "【１　０　０　１】",  # noqa: RUF001
]

PRED_SPELLINGS = [
    "0.8,0.3,0.4,0.7",
    ".8 .3 .4 .7",
    "[0.8 0.3 0.4 0.7]",
    "[0.8, 0.3,\n 0.4, 0.7]",
    "0.8;0.3;0.4;0.7",
    "0.8\n0.3\n0.4\n0.7\n",
    "8e-1,3E-1,.4,+.7",
    '"0.8","0.3","0.4","0.7"',
    "array([0.8, 0.3, 0.4, 0.7], dtype=float32)",
    "tensor([0.8000, 0.3000, 0.4000, 0.7000])",
    "tensor([0.8000, 0.3000, 0.4000, 0.7000], grad_fn=<SigmoidBackward0>)",
    "tensor([0.8, 0.3, 0.4, 0.7], device='cuda:0', dtype=torch.float64, grad_fn=<DivBackward0>)",
    "tensor([[0.8000],\n        [0.3000],\n        [0.4000],\n        [0.7000]], requires_grad=True)",
    "tf.Tensor(\n[[0.8]\n [0.3]\n [0.4]\n [0.7]], shape=(4, 1), dtype=float32)",
    "Array([0.8, 0.3, 0.4, 0.7], dtype=float32)",
    "[np.float64(0.8), np.float32(0.3), np.float64(0.4), 0.7]",
    "[numpy.float64(0.8), 0.3, 0.4, 0.7]",
    "4/5,3/10,2/5,7/10",
    "4/5 0.3 .8/2 7/10",
    "[4 / 5, 3 / 10, 0.4, 0.7]",
    "c(0.8, 0.3, 0.4, 0.7)",
    "[1] 0.8 0.3 0.4 0.7",
    "[1] 0.8 0.3\n[3] 0.4 0.7",
    "“0.8,0.3,0.4,0.7”",
    "'0.8 0.3 0.4 0.7'",
    "{4/5, 0.3, 0.4, 0.7}",
    "0.8，0.3，0.4，0.7",  # noqa: RUF001
    "０．８，０．３，０。４，０．７",  # noqa: RUF001
    "（0.8、0.3、0.4、0.7）",  # noqa: RUF001
    "８／１０，３／１０，４／１０，７／１０",  # noqa: RUF001
]

MATRIX_SPELLINGS = [
    "0.7,0.2,0.1;0.1,0.2,0.7",
    "0.7,0.2,0.1; 0.1,0.2,0.7;",
    "0.7 0.2 0.1;0.1 0.2 0.7",
    "0.7,0.2,0.1\n0.1,0.2,0.7\n",
    "0.7 0.2 0.1\n0.1 0.2 0.7",
    "0.7,0.2,0.1\r\n0.1,0.2,0.7",
    "[[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]",
    "[[0.7, 0.2, 0.1],\n [0.1, 0.2, 0.7],]",
    "[[0.7 0.2 0.1]\n [0.1 0.2 0.7]]",
    "((0.7, 0.2, 0.1), (0.1, 0.2, 0.7))",
    "[(0.7, 0.2, 0.1), (0.1, 0.2, 0.7)]",
    "[0.7,0.2,0.1],[0.1,0.2,0.7]",
    "[0.7,0.2,0.1]\n[0.1,0.2,0.7]",
    "[0.7 0.2 0.1; 0.1 0.2 0.7]",
    "array([[0.7, 0.2, 0.1],\n       [0.1, 0.2, 0.7]])",
    "tensor([[0.7000, 0.2000, 0.1000],\n        [0.1000, 0.2000, 0.7000]])",
    "tensor([[0.7, 0.2, 0.1],\n        [0.1, 0.2, 0.7]], device='cuda:0', grad_fn=<SoftmaxBackward0>)",
    "[[np.float64(0.7), np.float64(0.2), np.float64(0.1)], [0.1, 0.2, 0.7]]",
    "[['0.7', '0.2', '0.1'], ['0.1', '0.2', '0.7']]",
    "7/10,1/5,1/10;1/10,1/5,7/10",
    "     [,1] [,2] [,3]\n[1,]  0.7  0.2  0.1\n[2,]  0.1  0.2  0.7",
    "0.7，0.2，0.1；0.1，0.2，0.7",  # noqa: RUF001
    "［［0.7，0.2，0.1］，［0.1，0.2，0.7］］",  # noqa: RUF001
]


def test_labels_are_accepted_as_people_paste_them() -> None:
    for spelling in LABEL_SPELLINGS:
        assert answer("bce", spelling, PREDS) == close(BCE), spelling


def test_predictions_are_accepted_as_people_paste_them() -> None:
    for spelling in PRED_SPELLINGS:
        assert answer("bce", LABELS, spelling) == close(BCE), spelling


def test_a_matrix_is_accepted_as_people_paste_it() -> None:
    for spelling in MATRIX_SPELLINGS:
        assert answer("ce", "0,2", spelling) == close(CE), spelling


def test_cells_of_two_matrices_are_paired_one_by_one_for_bce() -> None:
    for labels in ["1,0;0,1", "[[1, 0], [0, 1]]", "1 0\n0 1"]:
        assert answer("bce", labels, "[[0.8, 0.3], [0.4, 0.7]]") == close(BCE)


def test_a_lone_list_for_nll_holds_the_likelihoods_of_what_happened() -> None:
    for spelling in ("0.8,0.7,0.6,0.7", "0.8 0.7 0.6 0.7", "0.8;0.7;0.6;0.7", "[0.8 0.7 0.6 0.7]", "4/5,.7,.6,7/10"):
        assert answer("nll", spelling, "-r", "sum") == close(4 * BCE)


def test_a_lone_matrix_for_nll_is_refused_as_its_labels_are_not_there() -> None:
    for command in (("nll",), ("grad", "nll")):
        for matrix in ("[[0.8, 0.7], [0.6, 0.7]]", "0.8,0.2;0.3,0.7", "[[0.2, 0.5, 0.3]]"):
            assert "needs labels; likelihoods" in refusal(*command, matrix)
    assert answer("nll", "[[0.8], [0.7]]") == close(-(log(0.8) + log(0.7)) / 2)


def test_a_lone_number_for_nll_is_a_list_of_one() -> None:
    assert answer("nll", "0.8") == close(-log(0.8))


# --- words ------------------------------------------------------------------------------------------------------------

WORD_LISTS = [
    "cat,dog",
    "cat dog",
    "'cat','dog'",
    '["cat", "dog"]',
    "['cat' 'dog']",
    "array(['cat', 'dog'], dtype='<U3')",
    "[np.str_('cat'), np.str_('dog')]",
    "cat\ndog\n",
]


def test_words_are_labels_with_or_without_quotes(here: Path) -> None:
    for words in WORD_LISTS:
        assert answer("ce", words, "0.9,0.1;0.2,0.8", "--classes", "cat,dog") == close(-(log(0.9) + log(0.8)) / 2)


def test_words_between_the_commas_of_an_input_method_stay_as_they_are_typed(here: Path) -> None:
    assert answer("ce", "猫，狗１", "0.9,0.1;0.2,0.8", "--classes", "猫,狗１") == close(-(log(0.9) + log(0.8)) / 2)  # noqa: RUF001


def test_a_word_that_is_a_class_or_the_positive_label_is_a_list_of_one_unless_a_file_has_that_name(here: Path) -> None:
    assert answer("ce", "cat", "0.9,0.1", "--classes", "cat,dog") == close(-log(0.9))
    assert answer("ce", "New York", "0.9,0.1", "--classes", "New York,Rome") == close(-log(0.9))
    assert answer("bce", "spam", "0.9", "--positive", "spam") == close(-log(0.9))
    (here / "cat").write_text("dog\n")
    assert answer("ce", "cat", "0.9,0.1", "--classes", "cat,dog") == close(-log(0.1))


def test_words_may_hold_spaces_between_commas(here: Path) -> None:
    assert answer("ce", "New York,Rome", "0.9,0.1;0.2,0.8", "--classes", "New York,Rome") == close(
        -(log(0.9) + log(0.8)) / 2
    )


def test_the_positive_word_is_the_label_that_is_one(here: Path) -> None:
    for positive, expected in [("dog", -log(0.8)), ("cat", -(log(0.2)))]:
        assert answer("bce", "cat,dog", "0.2,0.8", "--positive", positive) == close(expected)


def test_positive_compares_numbers_as_numbers() -> None:
    for positive in ["1", "1.0", "01", "+1"]:
        assert answer("bce", "-1,1", "0.2,0.8", "--positive", positive) == close(-log(0.8))


def test_a_negative_label_can_be_the_positive_one() -> None:
    for option in [("--positive", "-1"), ("--positive=-1",)]:
        assert answer("bce", "-1,1", "0.8,0.2", *option) == close(-log(0.8))


def test_true_is_one() -> None:
    for positive in ["1", "true", "True"]:
        assert answer("bce", "True,False", "0.8,0.2", "--positive", positive) == close(-log(0.8))


# --- shapes -----------------------------------------------------------------------------------------------------------

SHAPES = [
    ("ce", "1", "0.2,0.5,0.3", -log(0.5)),
    ("ce", "0,1,0", "0.2,0.5,0.3", -log(0.5)),
    ("ce", "[[0, 1, 0]]", "[[0.2, 0.5, 0.3]]", -log(0.5)),
    ("ce", "[1]", "[[0.2, 0.5, 0.3]]", -log(0.5)),
    ("ce", "0.5,0.25,0.25", "0.2,0.5,0.3", -(0.5 * log(0.2) + 0.25 * log(0.5) + 0.25 * log(0.3))),
    ("ce", "0,1", "0.2,0.8", -log(0.8)),
    ("ce", "1,0", "0.2,0.8", -log(0.2)),
    ("ce", "0,2", ROWS, CE),
    ("ce", "0;2", ROWS, CE),
    ("ce", "[[0], [2]]", ROWS, CE),
    ("ce", "1,0,0;0,0,1", ROWS, CE),
    ("ce", "1.0", "0.2,0.8", -log(0.8)),
    ("ce", "01", "0.2,0.8", -log(0.8)),
    ("nll", "1,0,0,1", PREDS, BCE),
    ("nll", "0,1,0", "0.2,0.5,0.3", -(log(0.8) + log(0.5) + log(0.7)) / 3),
    ("nll", "1", "0.2,0.5,0.3", -log(0.5)),
    ("nll", "[[0,1,0]]", "[[0.2,0.5,0.3]]", -log(0.5)),
    ("nll", "[[0,1,0]]", "0.2,0.5,0.3", -log(0.5)),
    ("nll", "0,1,0", "[[0.2,0.5,0.3]]", -log(0.5)),
    ("nll", "[[1]]", "[[0.8]]", -log(0.8)),
    ("ce", "1/3,2/3", "1/4,3/4", -(log(0.25) + 2 * log(0.75)) / 3),
    ("nll", "0,2", ROWS, CE),
    ("nll", "1,1", "[[0.8], [0.4]]", -(log(0.8) + log(0.4)) / 2),
    ("bce", "1", "0.8", -log(0.8)),
    ("bce", "0.9,0.1", "0.8,0.3", -(0.9 * log(0.8) + 0.1 * log(0.2) + 0.1 * log(0.3) + 0.9 * log(0.7)) / 2),
]


def test_the_shape_of_two_lists_says_what_is_meant() -> None:
    for command, labels, preds, expected in SHAPES:
        assert answer(command, labels, preds) == close(expected)


MISFITS = [
    ("bce", "1,0", "0.8", "2 labels but 1 prediction; give the same number of each"),
    ("bce", "1,0", "0.8,0.3,0.4", "2 labels but 3 predictions; give the same number of each"),
    ("bce", "1", "0.2,0.8", "1 label but 2 predictions; for one row with a prediction for each class use ce"),
    ("bce", "1,0,0,1", "0.8,0.3;0.4,0.7", "4 labels but 2 rows of 2 predictions; write both as one list"),
    (
        "bce",
        "1,0",
        "0.8,0.2;0.4,0.6",
        "2 labels but 2 rows of 2 predictions; for rows with a prediction for each class",
    ),
    ("bce", "1,0", "0,8;0,3", "2 labels but 2 rows of 2 predictions; write decimal commas as points"),
    (
        "ce",
        "0,1,1",
        "0.2,0.8;0.5,0.5",
        "3 labels but 2 rows of 2 predictions; give 2 labels, or 2 rows of 2 label prob",
    ),
    ("ce", "0", "0.2,0.8;0.5,0.5", "1 label but 2 rows of 2 predictions; give 2 labels, or 2 rows of 2 label"),
    (
        "ce",
        "0,2",
        "0.7,0.2,0.1,0.1,0.2,0.7",
        "2 labels but 1 row of 6 predictions; put ; between the rows: '0.7,0.2,0.1;",
    ),
    ("ce", "0,1,0", "0.2,0.8", "3 labels but 1 row of 2 predictions; give a row of predictions for each label"),
    ("ce", "cat,dog", "0.2,0.8", "2 labels but 1 row of 2 predictions; give a row of predictions for each label"),
    ("ce", "1,2", "0.2,0.8", "2 labels but 1 row of 2 predictions; give a row of predictions for each label"),
    ("ce", "1,0;0,1", ROWS, "2 rows of 2 labels but 2 rows of 3 predictions; give 2 labels, or 2 rows of 3 label prob"),
    (
        "ce",
        "0,1",
        "0.8",
        "2 labels but 1 prediction; each row needs a prediction for each class; for one column use bce",
    ),
    ("nll", "1,0,1", "0.8,0.2", "3 labels but 2 predictions; give the same number of each"),
    ("ce", "0,1", "[[0.8], [0.2]]", "2 labels but 2 predictions; each row needs a prediction for each class; for one"),
    (
        "ce",
        "0,1",
        "0.8;0.2",
        "2 labels but 2 predictions; each row needs a prediction for each class; for one column use",
    ),
]


def test_lists_that_do_not_fit_are_refused_with_both_shapes_and_the_nearest_that_fits() -> None:
    for command, labels, preds, expected in MISFITS:
        said = refusal(command, labels, preds)
        assert said.startswith(expected), said


def test_one_list_alone_is_refused_with_the_hint_to_give_two() -> None:
    for command in (name for name in LOSSES if Form.LIKELIHOOD not in LOSSES[name].kernels):
        for token in ["0.8,0.3", "[0.8 0.3]", "0.5", "nan", "1e3"]:
            said = refusal(command, token)
            assert "LABELS" in said and "PREDS" in said


RAGGED = [
    ("0.7,0.2,0.1;0.1,0.2", "row 2"),
    ("0.7,0.2;0.1,0.2;0.3,0.4,0.3", "row 3"),
    ("[[0.7, 0.2, 0.1], [0.1, 0.2]]", "row 2"),
    ("0.7 0.2\n0.3 0.7\n0.1", "row 3"),
    ("tensor([[0.7, 0.3],\n        [0.1]])", "row 2"),
    ("0.7，0.3；0.1", "row 2"),  # noqa: RUF001
]


def test_ragged_rows_are_refused_with_the_row_named() -> None:
    for preds, row in RAGGED:
        assert row in refusal("ce", "0,1", preds)


BROKEN = [
    "[0.8,0.3",
    "0.8,0.3]",
    "[0.8,0.3)",
    "[[0.8],[0.3]",
    "[0.8,0.3]]",
    "[0.8],0.3",
    ",0.8,0.3",
    "0.8,,0.3",
    "0.8;0.3;;0.3",
    "[]",
    "[[]]",
    " ",
    ",",
    ";",
    "[0.8 ... 0.3]",
    "[0.8, 0.3, …]",
    "0.8,abc",
    "0x1,0.3",
    "80%,30%",
    "0_8,0.3",
    "\u0660.\u0668,0.3",
    "0.8,NA",
    "nan,0.3",
    "\u22120.8,0.3",
    "0,8;0,3",
    "1/0,0.3",
    "2/3/4,0.3",
    "5/3,0.3",
    "2/3,x/4",
    "[1] 0.8 ... 0.3",
    "c(0.8, 0.3",
]


def test_a_list_that_cannot_be_read_is_refused(here: Path) -> None:
    for preds in BROKEN:
        refusal("bce", "1,0", preds)


def test_a_list_with_bytes_that_are_no_text_is_not_told_to_name_an_encoding() -> None:
    assert "--encoding" not in refusal("bce", "1,0", "\udcff,0.3")


def test_a_long_list_is_read_whole() -> None:
    n = 20_000
    assert record("bce", ",".join(["1", "0"] * n), " ".join(["0.5"] * (2 * n)))["n"] == 2 * n


# --- lists and paths --------------------------------------------------------------------------------------------------

TABLE = "1,0.8\n0,0.3\n"
TABLE_LOSS = -(log(0.8) + log(0.7)) / 2


def test_a_file_that_exists_is_a_path_unless_it_reads_as_numbers(here: Path) -> None:
    for name, token in [
        ("preds.csv", "preds.csv"),
        ("a b.csv", "a b.csv"),
        ("a,b.csv", "a,b.csv"),
        ("a;b", "a;b"),
        ("[x].csv", "[x].csv"),
        ("cat,dog", "cat,dog"),
        ("1", "./1"),
        ("1,0", "./1,0"),
        ("-1", "./-1"),
        ("0.5", "./0.5"),
        ("-x.csv", "./-x.csv"),
        ("-5.csv", "-5.csv"),
        ("1.csv", "1.csv"),
        ("nan", "./nan"),
        ("naïve €.csv", "naïve €.csv"),
        ("new\nline", "new\nline"),
    ]:
        (here / name).write_text(TABLE)
        assert answer("bce", token) == close(TABLE_LOSS)


def test_a_token_of_numbers_is_a_list_even_where_a_file_has_that_name(here: Path) -> None:
    for name in ["1", "1,0", "0.5", "-1", "1e3", "nan", "inf", "1;0"]:
        (here / name).write_text(TABLE)
        said = refusal("bce", name)
        assert "LABELS" in said and "PREDS" in said


def test_a_path_behind_two_dashes_may_begin_with_a_dash(here: Path) -> None:
    (here / "-x.csv").write_text(TABLE)
    assert run("bce", "-q", "--", "-x.csv").out == f"{TABLE_LOSS!r}\n"


def test_a_path_without_a_file_is_no_such_file(here: Path) -> None:
    for tokens in [
        ("nosuch.csv",),
        ("./nosuch",),
        ("cat",),
        ("no such.csv",),
        ("no,such.csv",),
        ("./[x].csv",),
        ("a/[x]/b.csv",),
        ("1,0", "nosuch.csv"),
        ("nosuch.csv", "0.8,0.3"),
    ]:
        said = refusal("bce", *tokens)
        path = next(token for token in tokens if token[0] not in "01")
        assert "no such file" in said and path in said


def test_a_name_of_a_file_with_spaces_is_a_path(here: Path) -> None:
    for arguments in (("my preds.csv",), ("1,0", "my preds.csv"), ("my labels.csv", "0.8,0.3")):
        assert "csv: no such file" in refusal("bce", *arguments)
    assert answer("ce", "Mr. Smith,Dr. No", "0.9,0.1;0.2,0.8", "--classes", "Mr. Smith,Dr. No") == close(
        -(log(0.9) + log(0.8)) / 2
    )


def test_a_windows_path_is_never_a_list(here: Path) -> None:
    for path in (r"C:\Users\Anna Smith\pred.csv", r".\x,y.csv", r"..\a b", r"\\server\x y", "D:/a b;c", "~/a b.csv"):
        for arguments in ((path,), ("1,0", path), (path, "0.8,0.3")):
            said = refusal("bce", *arguments)
            assert said.startswith(f"{path}: no such file") and "list of numbers" not in said, said


def test_a_lone_fraction_is_a_path_where_there_is_such_a_file(here: Path) -> None:
    (here / "2024").mkdir()
    (here / "2024" / "01").write_text(TABLE)
    assert answer("bce", "2024/01") == close(TABLE_LOSS)
    assert answer("nll", "3/4") == close(-log(0.75))


def test_predictions_in_a_file_that_is_missing_are_no_such_file_though_the_name_has_a_space(here: Path) -> None:
    said = refusal("bce", "1,0", "my preds.csv")
    assert "my preds.csv" in said and "no such file" in said


def test_an_empty_argument_is_refused_in_words(here: Path) -> None:
    for tokens in [("",), ("1,0", ""), ("", "0.8,0.3"), ("", "")]:
        assert "empty" in refusal("bce", *tokens)


SIDES = [
    (labels, preds)
    for labels in ("1,0", "l.csv", "-")
    for preds in ("0.8,0.3", "p.csv", "-")
    if (labels, preds) != ("-", "-")
]


def test_labels_and_predictions_may_each_be_a_list_a_file_or_standard_input(here: Path) -> None:
    for labels, preds in SIDES:
        (here / "l.csv").write_text("label\n1\n0\n")
        (here / "p.csv").write_text("prob\n0.8\n0.3\n")
        stdin = "1\n0\n" if labels == "-" else "0.8\n0.3\n"
        assert answer("bce", labels, preds, stdin=stdin) == close(TABLE_LOSS)


def test_more_than_one_dash_is_refused() -> None:
    for tokens in [("-", "-"), ("-", "0.8,0.3", "-")]:
        assert "'-'" in refusal("bce", *tokens, stdin=TABLE)


def test_standard_input_is_read_without_arguments_and_for_a_dash() -> None:
    for tokens in [(), ("-",)]:
        assert answer("bce", *tokens, stdin=TABLE) == close(TABLE_LOSS)


def test_three_arguments_are_too_many() -> None:
    assert "3" in refusal("bce", "1,0", "0.8,0.3", "0.5,0.6")


def test_lists_that_a_shell_has_cut_are_answered_with_the_lists_in_quotes() -> None:
    for tokens, expected in (
        (("[1,", "0]", "[0.9,", "0.2]"), '"[1, 0]" "[0.9, 0.2]"'),
        (("1", "0", "0.8", "0.3"), '"1,0" "0.8,0.3"'),  # as PowerShell takes 1,0 0.8,0.3 apart
        (("1,", "0,", "0.8,", "0.3"), '"1,0" "0.8,0.3"'),
        (("1,0", "0.8,", "0.3"), '"1,0" "0.8, 0.3"'),
        (("[1", "0]", "[-0.9", "0.2]"), '"[1 0]" "[-0.9 0.2]"'),
    ):
        assert refusal("bce", *tokens).endswith(f"quote each list (PowerShell needs that always): {expected}"), tokens
    assert refusal("nll", "0.8", "0.7", "0.6").endswith('always): "0.8,0.7,0.6"')
    assert "quote" not in refusal("bce", "1,0", "0.8,0.3", "0.5,0.6")


# --- negative numbers and the order of options ------------------------------------------------------------------------

LOGITS_LOSS = (softplus(1.2) + softplus(0.3)) / 2

ORDERS = [
    ("--from", "logits", "1,0", "-1.2,0.3"),
    ("1,0", "-1.2,0.3", "--from", "logits"),
    ("1,0", "--from", "logits", "-1.2,0.3"),
    ("1,0", "--from=logits", "-1.2,0.3"),
    ("--from", "logits", "--", "1,0", "-1.2,0.3"),
    ("1,0", "--from", "logits", "--", "-1.2,0.3"),
    ("--from", "logits", "1,0", " -1.2,0.3"),
    ("--from", "logits", "1,0", "-1.2 0.3"),
    ("--from", "logits", "1,0", "-1.2;0.3"),
    ("--from", "logits", "1,0", "[-1.2,0.3]"),
    ("--from", "logits", "1 0", "-12e-1,+.3"),
    ("--from", "logits", "1,0", "−1.2,0.3"),  # noqa: RUF001
    ("--from", "logits", "１，０", "－１．２，０．３"),  # noqa: RUF001
    ("--from", "logits", "1,0", "-6/5,3/10"),
]


def test_a_list_of_negative_numbers_stands_anywhere_among_the_options() -> None:
    for args in ORDERS:
        result = run("bce", "-q", *args)
        assert (result.code, float(result.out)) == (0, close(LOGITS_LOSS)), result.err


def test_one_negative_number_is_a_list_of_one() -> None:
    for logit, value in [
        ("-1e-3", -1e-3),
        ("-.5", -0.5),
        ("-5", -5.0),
        ("-0.5", -0.5),
        ("-2.", -2.0),
        ("-1E+1", -10.0),
    ]:
        assert answer("bce", "--from", "logits", "1", logit) == close(softplus(-value))


def test_minus_infinity_is_a_logit() -> None:
    for logits in ["-inf,0.3", "-Inf,0.3", "-infinity,0.3", "-INF 0.3"]:
        result = run("bce", "-q", "--from", "logits", "0,0", logits)
        assert (result.code, float(result.out)) == (0, close(softplus(0.3) / 2)), result.err


def test_negative_labels_are_a_list_too() -> None:
    assert answer("bce", "-1,1", "0.2,0.8", "--positive", "1") == close(-log(0.8))


def test_an_option_keeps_its_negative_value() -> None:
    for args in [("--fail-above", "-1"), ("--fail-above=-1",)]:
        result = run("bce", "1,0", "0.8,0.3", "-q", *args)
        assert result.code == 1 and float(result.out) == close(TABLE_LOSS)


def test_a_negative_value_out_of_range_is_refused_by_its_option() -> None:
    for args in [("--eps", "-1"), ("--eps=-1",), ("--base", "-2"), ("--smoothing", "-.5")]:
        assert args[0].partition("=")[0] in refusal("bce", "1,0", "0.8,0.3", *args)


MISSPELT = [
    "--fom",
    "--form",
    "--fr",
    "--quie",
    "--q",
    "-z",
    "-x",
    "-Q",
    "--classes",
    "--bogus",
    "--version",
    "--frm=1",
]


def test_a_misspelt_option_is_refused_and_never_taken_for_data() -> None:
    for option in MISSPELT:
        for before in [True, False]:
            data = ("1,0", "0.8,0.3")
            said = refusal("bce", *((option, *data) if before else (*data, option)))
            assert option.partition("=")[0] in said


VALUED = [
    "--positive",
    "-y",
    "-p",
    "-w",
    "--label",
    "--base",
    "--eps",
    "-d",
    "--encoding",
    "--from",
    "-r",
    "-f",
    "--fail-above",
    "--like",
    "--na",
    "-qr",
]


def test_a_last_option_without_its_value_is_refused_and_eats_nothing() -> None:
    for option in VALUED:
        assert "'--'" not in refusal("bce", "1,0", "0.3,0.4", option)


def test_a_last_option_of_ce_without_its_value_is_refused() -> None:
    for option in ["--ignore", "--classes", "--class-weight"]:
        assert option in refusal("ce", "1,0", "0.3,0.7;0.4,0.6", option)


def test_short_options_can_be_joined() -> None:
    for args in [("-qr", "sum"), ("-qrsum",), ("-q", "-rsum"), ("-rsum", "-q")]:
        result = run("bce", *args, "1,0", "0.8,0.3")
        assert float(result.out) == close(2 * TABLE_LOSS)


def test_options_with_values_stand_before_and_after_the_source(here: Path) -> None:
    for args in [
        ("-y", "label", "-p", "prob", "t.csv"),
        ("t.csv", "-y", "label", "-p", "prob"),
        ("-ylabel", "-pprob", "t.csv"),
        ("-y1", "t.csv", "-p2"),
        ("--label=label", "--prob=prob", "t.csv"),
        ("--label", "1", "t.csv", "--prob", "2"),
    ]:
        (here / "t.csv").write_text("label,prob\n" + TABLE)
        result = run("bce", "-q", *args)
        assert (result.code, float(result.out)) == (0, close(TABLE_LOSS)), result.err


def test_an_empty_value_as_an_unset_variable_leaves_it_is_refused(here: Path) -> None:
    for option in ["-y", "-p", "-w", "--positive", "--encoding", "-d", "--base"]:
        (here / "t.csv").write_text("label,prob,w\n1,0.8,2\n0,0.3,1\n")
        refusal("bce", "t.csv", option, "")


# --- the program ------------------------------------------------------------------------------------------------------


def test_help_is_an_answer() -> None:
    for args in [("-h",), ("--help",), ("bce", "-h"), ("bce", "--help"), ("ce", "-h"), ("nll", "-h")]:
        result = run(*args)
        assert result.code == 0 and "--help" in result.out and result.err == ""


def test_help_lists_every_option_of_the_design_that_is_for_all() -> None:
    for command in LOSSES:
        text = run(command, "-h").out
        options = (
            "label prob weight from delimiter header no-header encoding na reduction base eps like smoothing focal"
        )
        options += " format quiet digits fail-above threads"
        assert all(f"--{option}" in text for option in options.split())


def test_the_version_is_printed() -> None:
    for option in ["-V", "--version"]:
        from losscli import __version__

        result = run(option)
        assert result.code == 0 and __version__ in result.out


def test_without_a_command_it_is_wrong_usage() -> None:
    for args in [(), ("bogus",), ("--bogus",), ("-q", "bce", "1,0", "0.8,0.3")]:
        result = run(*args)
        assert result.code == 2 and result.out == "" and result.err != "" and "Traceback" not in result.err


def test_any_number_of_keywords_behind_a_list_is_taken_off() -> None:
    right = answer("bce", "1,0", "0.8,0.3")
    for call in ("tensor", "torch.tensor", "np.array", "jnp.asarray"):
        for more in ("", ", dtype=float32", ", device='cuda:0', dtype=torch.float64", ", requires_grad=True"):
            for further in ("", ", shape=(2,), size=2", ", grad_fn=<SigmoidBackward0>, dtype=float64"):
                assert answer("bce", "1,0", f"{call}([0.8, 0.3]{more}{further})") == right, (call, more, further)


def test_what_may_be_meant_by_three_arguments_or_more_depends_on_all_of_them() -> None:
    """Of all sizes of three lists: an answer behind two lists, or a row of predictions for each label."""
    lists = {1: "1", 2: "1,0", 3: "1,0,1"}
    quoted = "quote each list"
    for command in ("bce", "ce", "nll"):
        for sizes in product(lists, repeat=3):
            found = refusal(command, *(lists[size] for size in sizes))
            labels, first, second = sizes
            assert ("to check an answer use --expect 1" in found) == (labels == first > 1 == second), (command, sizes)
            rows = command != "bce" and labels == 2 and first == second > 1
            assert ("put the rows of predictions in one argument" in found) == rows, (command, sizes)
            assert quoted not in found or set(sizes) == {1}, (command, sizes)
        for cut, whole in (
            ("[1, 0] [0.9, 0.2]", '"[1, 0]" "[0.9, 0.2]"'),
            ("1, 0 0.9, 0.2", '"1, 0" "0.9, 0.2"'),
            ("1 0 0.9 0.2", '"1,0" "0.9,0.2"'),
        ):
            assert refusal(command, *cut.split(" ")).endswith(f"{quoted} (PowerShell needs that always): {whole}")
        for pieces in ("1,0 0.9,0.2 1,0 0.5,0.5", "1,0,1 .9,.2,.3 1,0,1 2", "1,0 2 3 4"):
            assert quoted not in refusal(command, *pieces.split(" ")), pieces


def test_trials_that_could_be_one_row_are_noted_where_their_predictions_nearly_sum_to_1() -> None:
    for preds, noted in (
        ("0.7,0.2,0.1", True),
        ("0.7,0.2,0.1009", True),
        ("0.7,0.2,0.0991", True),
        ("0.7,0.2,0.102", False),
        ("0.7,0.2,0.098", False),
    ):
        for labels in ("1,0,0", "0,0,1"):
            assert ("one row of 3 classes" in run("nll", labels, preds).out) == noted, (labels, preds)
        for labels in ("1,1,0", "0,0,0", "0.5,0.5,0"):
            assert "one row of 3 classes" not in run("nll", labels, preds).out, labels
