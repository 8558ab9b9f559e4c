"""Checkpoints of one model are curves of their own, not points above one another on one."""

import pytest

from softscale.figures.rung_axis import by_rung


def rows(*models: tuple[str, int], label: str = "prompt tuning") -> list[dict]:
    return [{"model": model, "total": total, "trained": 0, "label": label} for model, total in models]


def test_a_ladder_stays_as_it_is() -> None:
    ladder = rows(("mini_1", 10), ("mini_2", 30))
    assert by_rung(ladder) == ladder


def test_two_methods_on_two_models_of_a_size_share_a_rung_and_keep_their_labels() -> None:
    paper = rows(("t5_small_lm", 10)) + rows(("t5_small_v1_1", 10), label="model tuning")
    assert [(row["model"], row["label"]) for row in by_rung(paper)] == [
        ("t5_small", "prompt tuning"),
        ("t5_small", "model tuning"),
    ]


@pytest.mark.parametrize(
    ("models", "rungs", "labels"),
    [
        (("mini_1", "mini_1_lm_10", "mini_1_span"), {"mini_1"}, ["", ", lm 10", ", span"]),
        (("t5_small_lm", "t5_small_lm_10k", "t5_small_v1_1"), {"t5_small"}, [", lm", ", lm 10k", ", v1 1"]),
        (("one", "other"), {"one", "other"}, ["", ""]),  # nothing in common: both keep their names
    ],
)
def test_checkpoints_of_one_size_are_one_rung_and_several_labels(
    models: tuple[str, ...], rungs: set[str], labels: list[str]
) -> None:
    joined = by_rung(rows(*((model, 10) for model in models)))
    assert {row["model"] for row in joined} == rungs
    assert [row["label"] for row in joined] == [f"prompt tuning{label}" for label in labels]


def test_a_larger_rung_without_checkpoints_keeps_its_name_in_the_same_curve() -> None:
    joined = by_rung(rows(("mini_1", 10), ("mini_1_span", 10), ("mini_2", 30)))
    assert [(row["model"], row["label"]) for row in joined] == [
        ("mini_1", "prompt tuning"),
        ("mini_1", "prompt tuning, span"),
        ("mini_2", "prompt tuning"),
    ]
