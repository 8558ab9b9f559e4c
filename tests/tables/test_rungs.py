"""A rung is the models of one backbone size, whatever was trained beside the backbone."""

import pytest

from softscale.tables.rungs import backbone_size, models_by_size, rung_names, sizes_of


@pytest.mark.parametrize(("total", "trained"), [(100, 0), (100, 100), (107, 7)])
def test_the_backbone_is_as_large_under_every_method(total: int, trained: int) -> None:
    assert backbone_size({"total": total, "trained": trained}) == 100


def test_models_stand_by_size_then_by_name() -> None:
    rows = [{"model": model, "total": total, "trained": 0} for model, total in (("b", 9), ("z", 1), ("a", 9))]
    assert list(sizes_of(rows).items()) == [("z", 1), ("a", 9), ("b", 9)]
    assert models_by_size(sizes_of(rows)) == {1: ["z"], 9: ["a", "b"]}


def test_where_only_totals_are_known_the_leanest_method_tells_the_size() -> None:
    rows = [{"model": "a", "total": total} for total in (107, 100, 103)]
    assert sizes_of(rows, lambda row: row["total"]) == {"a": 100}


@pytest.mark.parametrize(
    ("models", "rungs"),
    [
        (("mini_1", "mini_1_lm_10", "mini_1_span"), ("mini_1",) * 3),
        (("t5_small_lm", "t5_small_lm_10k", "t5_small_v1_1"), ("t5_small",) * 3),
        (("mini_1",), ("mini_1",)),
        (("one", "other"), ("one", "other")),  # nothing in common: both keep their names
    ],
)
def test_checkpoints_of_one_size_have_the_name_that_they_share(models: tuple[str, ...], rungs: tuple[str, ...]) -> None:
    names = rung_names({**dict.fromkeys(models, 10), "mini_2": 30})
    assert names == {**dict(zip(models, rungs, strict=True)), "mini_2": "mini_2"}
