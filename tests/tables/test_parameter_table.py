"""The table of task parameters: its variants, its rows, what agrees, and what is refused."""

from dataclasses import replace
from io import StringIO
from typing import Any

import pandas as pd
import pytest

from softscale.compose.cells import cells, hydra_session
from softscale.config import Study
from softscale.errors import InputError
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.tables.parameters import COLUMNS, parameter_table, percent, to_csv, to_markdown

PREFIX = {"encoder": True, "decoder": False, "cross": False}
VARIANTS = {"prompt_tuning": [{"length": [1, 20]}], "prefix_tuning": [{"length": 5, **PREFIX}, {"length": 5}]}


@pytest.fixture(scope="module")
def studies() -> list[Study]:
    with hydra_session():
        axes = ["model=mini_2,mini_1", "method=model_tuning,prefix_tuning,prompt_tuning", "seed=0,1"]
        return [cell.config.study() for cell in cells(axes)]


@pytest.fixture(scope="module")
def table(studies: list[Study]) -> pd.DataFrame:
    return parameter_table(studies, VARIANTS)


def rows_of(table: pd.DataFrame, **values: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


def test_models_come_by_size_and_each_variant_once_whatever_the_seeds(table: pd.DataFrame) -> None:
    assert tuple(pd.read_csv(StringIO(to_csv(table))).columns) == COLUMNS
    assert list(dict.fromkeys(table["model"])) == ["mini_1", "mini_2"]
    told = [(row["method"], row["variant"], row["length"]) for row in rows_of(table, model="mini_1")]
    assert told == [
        ("model_tuning", "", ""),
        ("prefix_tuning", "encoder", 5),
        ("prefix_tuning", "", 5),
        ("prompt_tuning", "", 1),
        ("prompt_tuning", "", 20),
        ("warp", "2 classes", 1),
        ("warp", "2 classes", 20),
        ("prompt_design", "token ids", 500),
        ("prompt_design", "token ids", 2000),
    ]


def test_what_is_counted_stands_beside_its_form_and_agrees(table: pd.DataFrame) -> None:
    (row,) = rows_of(table, model="mini_1", method="prompt_tuning", length=20)
    assert row["trained"] == row["trained_form"] == row["stored"] == row["stored_form"] == 20 * 32
    assert row["agrees"] == "yes"
    assert row["share"] == 640 / row["total"]
    assert {row["agrees"] for row in rows_of(table) if row["trained"] != ""} == {"yes"}


def test_what_is_not_built_has_a_form_and_nothing_counted(table: pd.DataFrame) -> None:
    (row,) = rows_of(table, model="mini_2", method="warp", length=20)
    assert (row["trained"], row["stored"], row["bytes"], row["agrees"]) == ("", "", "", "")
    assert row["stored_form"] == (20 + 2) * 56


def test_a_form_that_is_wrong_is_seen(studies: list[Study], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PromptTuningConfig, "num_trained", lambda self, shape: self.length)
    (row,) = rows_of(parameter_table(studies[:6], VARIANTS), method="prompt_tuning", length=20)
    assert row["agrees"] == "no"


def test_a_method_without_a_form_is_counted_all_the_same(studies: list[Study], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PromptTuningConfig, "num_trained", lambda self, shape: None)
    (row,) = rows_of(parameter_table(studies[:6], VARIANTS), method="prompt_tuning", length=20)
    assert (row["stored"], row["stored_form"], row["agrees"]) == (20 * 56, "", "")


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ({"lora": [{}]}, "report.variants.lora is not a method of this experiment: it must be one of model_tuning"),
        ({"prompt_tuning": [{"lenght": 1}]}, "report.variants.prompt_tuning.lenght is not a field: .*length, init"),
        ({"prompt_tuning": [{"length": [5, 0]}]}, "method.length=0 is not allowed"),
    ],
)
def test_a_variant_that_cannot_be_is_refused(variants: dict[str, Any], message: str, studies: list[Study]) -> None:
    with pytest.raises(InputError, match=message):
        parameter_table(studies, variants)


def test_a_model_without_a_shape_is_refused(studies: list[Study]) -> None:
    nowhere = replace(studies[0].model, source="folder", path="/nowhere")
    with pytest.raises(InputError, match="cannot be counted"):
        parameter_table([replace(studies[0], model=nowhere)], {})


def test_a_method_that_trains_nothing_is_refused() -> None:
    with hydra_session():
        (cell,) = cells(["model=mini_1", "method=prompt_design"])
    with pytest.raises(InputError, match="method=prompt_design trains nothing"):
        parameter_table([cell.config.study()], {})


def test_the_pages_have_formulas_shares_and_fixed_digits(table: pd.DataFrame) -> None:
    lines = to_markdown(table).splitlines()
    ours = "| mini_1 | 0.1 M | prompt tuning, length 20 | 640 | 640 | 640 | 640 | yes |"
    assert len([line for line in lines if line.startswith(ours)]) == 1
    assert "- prompt tuning: P·H" in lines
    assert "- prompt tuning, under 0.01 % of models over 1 B: no model here is that large." in lines
    assert "- model tuning, 100 %: holds for 2 of 2 (mini_1 yes; mini_2 yes)." in lines
    assert ",640,640,640,640,yes," in to_csv(table)
    assert to_csv(table) == to_csv(table.copy())


@pytest.mark.parametrize(("share", "told"), [(1, "100"), (0.0000368, "0.0037"), (0.0997, "10.0"), (2.5, "250")])
def test_shares_have_two_digits_however_small_they_are(share: float, told: str) -> None:
    assert percent(share) == told
