"""Soft labels: the mean entropy of the labels, and the divergence that is left of the loss when it is taken off."""

from math import log

from conftest import close, listed, record, run

Q = ((0.2, 0.5, 0.3), (0.0, 1.0, 0.0), (0.25, 0.25, 0.5))
P = ((0.3, 0.3, 0.4), (0.1, 0.8, 0.1), (0.2, 0.2, 0.6))
WEIGHTS = (1.0, 2.0, 0.5)


def entropy(q: tuple[float, ...]) -> float:
    return -sum(cell * log(cell) for cell in q if cell)


def divergence(q: tuple[float, ...], p: tuple[float, ...]) -> float:
    return sum(a * log(a / b) for a, b in zip(q, p, strict=True) if a)


def test_label_probabilities_have_an_entropy_and_a_divergence_that_add_up_to_the_mean() -> None:
    found = record("ce", listed(Q), listed(P), "-w", ",".join(map(str, WEIGHTS)))

    whole = sum(WEIGHTS)
    assert found["label_entropy"] == close(sum(w * entropy(q) for w, q in zip(WEIGHTS, Q, strict=True)) / whole)
    pairs = zip(WEIGHTS, Q, P, strict=True)
    assert found["kl_divergence"] == close(sum(w * divergence(q, p) for w, q, p in pairs) / whole)
    assert found["mean"] == close(found["label_entropy"] + found["kl_divergence"])


def test_soft_binary_labels_have_them_too_in_the_unit_of_the_answer() -> None:
    found = record("bce", "0.25,1,0", "0.5,0.75,0.25", "--base", "2")

    assert found["label_entropy"] == close(entropy((0.25, 0.75)) / 3 / log(2))
    expected = divergence((0.25, 0.75), (0.5, 0.5)) - 2 * log(0.75)
    assert found["kl_divergence"] == close(expected / 3 / log(2))


def test_hard_labels_and_weighted_terms_have_neither() -> None:
    cases = [
        ("bce", "1,0", "0.8,0.3"),
        ("ce", "0,1", "0.8,0.2;0.3,0.7"),
        ("nll", "0.8,0.7"),
        ("bce", "0.5,0", "0.8,0.3", "--smoothing", "0.1"),
        ("bce", "0.5,0", "0.8,0.3", "--pos-weight", "2"),
        ("ce", "0.5,0.5;0,1", "0.8,0.2;0.3,0.7", "--class-weight", "1,2"),
    ]
    for args in cases:
        found = record(*args)

        assert found["label_entropy"] is None and found["kl_divergence"] is None, args
        assert "entropy  " not in run(*args).out and "KL divergence" not in run(*args).out, args


def test_the_table_shows_them() -> None:
    out = run("ce", listed(Q), listed(P)).out

    assert "label entropy" in out and "KL divergence" in out


def test_any_cut_of_the_rows_gives_the_same_figures(tmp_path: object) -> None:
    rows = "".join(f"{(i % 7) / 7!r},{(i % 11 + 1) / 13!r}\n" for i in range(40_000))
    one, four = (record("bce", stdin="label,prob\n" + rows), record("bce", "--threads", "4", stdin="y,p\n" + rows))

    assert (one["label_entropy"], one["kl_divergence"]) == (four["label_entropy"], four["kl_divergence"])
