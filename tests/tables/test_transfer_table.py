"""The table of zero-shot transfer: rungs by backbone, differences from model tuning, the paper beside them."""

import math
from typing import Any

import pandas as pd
import pytest
from transferred import ADAPTED, PUBLIC, squad_runs, transferred

from softscale.errors import InputError
from softscale.tables.scores import table_rows
from softscale.tables.transfer import to_csv, to_markdown, transfer_table


def find(table: pd.DataFrame, **values: Any) -> dict[str, Any]:
    """The only row that has these values."""
    (row,) = [r for r in table_rows(table) if all(r[name] == v for name, v in values.items())]
    return row


def test_a_methods_difference_is_from_model_tuning_of_the_same_size_on_the_same_task_and_metric() -> None:
    table = transfer_table(squad_runs())
    row = find(table, method="prompt_tuning", scored_on="race", metric="f1")
    assert (row["mean"], row["std"], row["n"]) == (pytest.approx(0.57), pytest.approx(0.01), 3)
    assert row["delta"] == pytest.approx(0.05)
    assert row["delta_std"] == pytest.approx(math.hypot(0.01, 0.02))
    assert math.isnan(find(table, method="model_tuning", scored_on="race", metric="f1")["delta"])


def test_lm_adapted_and_public_models_of_one_size_are_one_rung() -> None:
    table = transfer_table(squad_runs())
    assert set(table["rung"]) == {f"{ADAPTED}, {PUBLIC}"}
    assert set(table["backbone"]) == {76_961_152}  # without the prompt


def test_a_method_on_two_models_of_a_size_makes_each_a_rung_of_its_own() -> None:
    records = [*squad_runs(), transferred("prompt_tuning", "squad", ["duorc", "race"], model=PUBLIC)]
    table = transfer_table(records)
    assert set(table["rung"]) == {ADAPTED, PUBLIC}
    row = find(table, rung=PUBLIC, method="prompt_tuning", scored_on="duorc", metric="f1")
    assert row["delta"] == pytest.approx(0.4 - 0.62)
    assert math.isnan(find(table, rung=ADAPTED, method="prompt_tuning", scored_on="duorc", metric="f1")["delta"])


def test_rungs_are_sorted_by_size_and_the_own_task_comes_before_its_targets() -> None:
    large = [transferred(m, "squad", ["race", "duorc"], backbone=10**9, model="a") for m in ("lora", "model_tuning")]
    table = transfer_table([*large, *squad_runs()])
    assert list(dict.fromkeys(table["rung"])) == [f"{ADAPTED}, {PUBLIC}", "a"]
    assert list(dict.fromkeys(table[table["rung"] == "a"]["scored_on"])) == ["squad", "race", "duorc"]
    assert list(dict.fromkeys(table["in_domain"])) == [True, False]


def test_metrics_that_select_come_first_and_their_mean_after_them() -> None:
    table = transfer_table([transferred("prompt_tuning", "qqp", ["mrpc"])])
    assert list(table["metric"]) == ["accuracy", "f1", "score"] * 2
    assert list(table["selecting"]) == [True, True, False] * 2
    assert [row["metric"] for row in table_rows(table) if not math.isnan(row["majority"])] == ["score", "score"]
    asked = transfer_table([transferred("prompt_tuning", "squad", ["duorc"])])
    assert list(asked["metric"]) == ["f1", "em"] * 2
    assert list(asked["majority"].dropna()) == [0.4, 0.3]


def test_tasks_that_transfer_to_one_another_are_no_variants_of_a_method() -> None:
    records = [transferred("prompt_tuning", a, [b]) for a, b in (("mrpc", "qqp"), ("qqp", "mrpc"))]
    table = transfer_table(records, ["qqp", "mrpc"])
    assert set(table["label"]) == {"prompt tuning"}
    assert list(dict.fromkeys(table["trained_on"])) == ["qqp", "mrpc"]


def test_the_papers_numbers_stand_beside_its_two_methods_only() -> None:
    lora = transferred("lora", "squad", ["duorc", "race"])
    table = transfer_table([*squad_runs(), lora])
    row = find(table, method="prompt_tuning", scored_on="duorc", metric="f1")
    assert (row["paper_mean"], row["paper_std"], row["paper_delta"]) == (0.677, 0.011, pytest.approx(-0.012))
    assert find(table, method="model_tuning", scored_on="duorc", metric="f1")["paper_mean"] == 0.689
    assert math.isnan(find(table, method="lora", scored_on="duorc", metric="f1")["paper_mean"])
    assert math.isnan(find(table, method="prompt_tuning", scored_on="duorc", metric="em")["paper_mean"])


def test_with_several_variants_of_model_tuning_there_is_no_difference() -> None:
    other = transferred("model_tuning", "squad", ["duorc", "race"])
    other.study["optim"] = {"lr": 0.1}
    assert transfer_table([*squad_runs(), other])["delta"].isna().all()


def test_a_run_that_was_scored_on_no_other_task_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"^report\.kind=transfer is not allowed with transfer=\[\]: run .* was scored"
    ):
        transfer_table([*squad_runs(), transferred("lora", "squad", [])])


def test_the_same_run_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two records"):
        transfer_table([*squad_runs(), squad_runs()[0]])


def test_the_markdown_has_a_row_a_pair_and_metric_with_the_difference_and_the_paper() -> None:
    page = to_markdown(transfer_table(squad_runs()))
    head = "| rung | parameters | trained on | scored on | metric | model tuning | prompt tuning | Δ | constant "
    assert page.startswith(f"{head}| the paper: model | the paper: prompt | the paper: Δ |\n")
    ours = "| squad | duorc | f1 | 62.0 ± 2.0 | 67.0 ± 1.0 | +5.0 | 30.0 | 68.9 ± 0.7 | 67.7 ± 1.1 | -1.2 |"
    assert ours in page
    assert "| squad | squad (in domain) | f1 | 72.0 ± 2.0 | 77.0 ± 1.0 | +5.0 | 40.0 | 94.9 ± 0.2 |" in page
    assert "| em |" not in page  # it selects nothing; the CSV has it


def test_a_method_that_was_not_run_and_a_single_seed_are_told() -> None:
    page = to_markdown(transfer_table([*squad_runs()[:3], transferred("prompt_tuning", "mrpc", ["qqp"])]))
    assert "| squad | race | f1 | 52.0 ± 2.0 | not run |  | 30.0 |" in page
    assert "| mrpc | qqp | f1 | not run | 40.0 ± - (n = 1) | - |  |" in page


def test_two_variants_have_each_a_difference_of_its_own() -> None:
    short = transferred("prompt_tuning", "squad", ["duorc", "race"], score=0.72, length=5)
    page = to_markdown(transfer_table([*squad_runs(), short]))
    assert "| prompt tuning, length 5 | Δ prompt tuning, length 5 | prompt tuning, length 100 |" in page
    assert "| 72.0 ± - (n = 1) | +0.0 | 77.0 ± 1.0 | +5.0 |" in page


def test_the_csv_does_not_depend_on_the_order_of_the_records_and_has_six_digits() -> None:
    once = to_csv(transfer_table(squad_runs()))
    assert to_csv(transfer_table(squad_runs()[::-1])) == once
    assert ",0.570000,0.010000,3,0.050000,0.022361," in once
