"""Every deviation of a study from the paper's recipe and from the released one, with its source."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from softscale.cli import main
from softscale.compose.cells import hydra_session, single
from softscale.compose.deviations import RECIPES, STUDIED, Deviation, deviations
from softscale.runs.record import dotted

PAPER = ["model=t5_xl_lm", "data=hub", "task=cb"]


@pytest.fixture(autouse=True)
def _session() -> Iterator[None]:
    with hydra_session():
        yield


def found(recipe: str, *overrides: str) -> dict[str, Deviation]:
    study = dotted(asdict(single(overrides).config.study()))
    return {each.field: each for each in deviations(study, recipe)}


def test_the_paper_s_recipe_does_not_deviate_from_the_paper() -> None:
    assert found("paper", *PAPER) == {}


def test_the_released_recipe_deviates_from_itself_only_where_no_option_follows_it() -> None:
    assert set(found("released", *PAPER, "recipe=released")) == {"model.dtype", "order of examples"}


def test_the_two_recipes_differ_in_the_counter_and_in_dropout() -> None:
    here = found("released", *PAPER)
    assert set(here) - set(found("released", *PAPER, "optim=released/prompt_tuning")) == {
        "optim.initial_step",
        "optim.dropout_shared",
    }
    assert set(here) - set(found("released", *PAPER, "recipe=released")) == {
        "optim.initial_step",
        "optim.dropout_shared",
        "task.decoder",
    }
    assert (here["optim.initial_step"].here, here["optim.initial_step"].there) == ("0", "1100000")
    assert "gin" in here["optim.initial_step"].source
    assert set(found("paper", *PAPER, "optim=released/prompt_tuning")) == {"optim.initial_step", "optim.dropout_shared"}


@pytest.mark.parametrize(
    ("override", "field", "there", "source"),
    [
        ("optim.lr=1", "optim.lr", "0.3", "section 3"),
        ("optim.batch_size=16", "optim.batch_size", "32", "section 3"),
        ("optim.dropout=0", "optim.dropout", "0.1", "gin finetune; the paper does not say"),
        ("method.length=20", "method.length", "100", "section 3"),
        ("method/init=random_uniform", "method.init.name", "class_labels", "the best of the three (section 3.2)"),
        ("task.input_length=256", "task.input_length", "512", "the authors' sst2-demo.sh"),
        ("task.sentinel=true", "task.sentinel", "false", "default"),
        ("model=t5_xl_v1_1", "model", "t5_small_lm … t5_xxl_lm", "LM adaptation"),
        ("data.num_train=100", "data.num_train", "all", "Table 7"),
        ("data=miniature ladder=paper", "data", "hub or local", "section A.3"),
    ],
)
def test_what_is_changed_is_listed_with_its_value_there_and_the_source(
    override: str, field: str, there: str, source: str
) -> None:
    told = found("paper", *PAPER, "optim=paper/prompt_tuning", *override.split())
    assert set(told) == {field}
    assert told[field].there == there
    assert source in told[field].source
    assert field in found("released", *PAPER, "optim=released/prompt_tuning", *override.split())


def test_model_tuning_starts_adafactor_afresh_and_takes_the_public_checkpoints() -> None:
    model_tuning = ["method=model_tuning", "data=hub", "task=cb"]
    assert set(found("paper", "model=t5_xl_v1_1", *model_tuning)) == {"Adafactor's state", "packing"}
    assert set(found("paper", "model=t5_xl_lm", *model_tuning)) == {"Adafactor's state", "packing", "model"}


def test_what_no_field_says_is_told_of_the_runs_that_it_is_true_of() -> None:
    mixture = found("released", "model=t5_xl_v1_1", "data=hub", "method=model_tuning", "task=superglue")
    assert "DPR" in mixture["mixture"].there
    assert "packing" not in mixture  # it is told of the mixture
    assert "2,048" in found("paper", "data=hub", "model=t5_xl_lm_50k")["LM adaptation"].there
    assert "LM adaptation" not in found("paper", *PAPER)
    assert found("released", "model=mini_1")["ids to text"].there.startswith("⁇")
    assert "ids to text" not in found("released", *PAPER)
    assert found("released", *PAPER)["task.decoder"].here == "greedy"
    assert "the head's too" in found("released", *PAPER, "model.dtype=mixed")["model.dtype"].here


def test_a_causal_model_deviates_by_its_rate_and_by_its_one_sequence() -> None:
    told = found("paper", "model=pythia_410m", "data=hub", "task=cb")
    assert set(told) == {"model", "optim.lr", "optim.dropout", "optim.z_loss", "sequence"}
    assert (told["optim.lr"].here, told["optim.lr"].there) == ("0.01", "0.3")
    assert (told["optim.dropout"].here, told["optim.dropout"].there) == ("0.0", "0.1")
    assert set(found("paper", "model=pythia_410m", "data=hub", "task=cb", "optim.lr=0.3")) == set(told) - {"optim.lr"}


def test_the_released_random_uniform_draws_from_one_side_only() -> None:
    told = found("released", *PAPER, "method/init=random_uniform")
    assert told["random uniform"].there == "[0, 0.5)"
    assert "random uniform" not in found("paper", *PAPER, "method/init=random_uniform")


@pytest.mark.slow
def test_every_committed_record_has_its_deviations_and_those_before_a_field_had_its_default(
    committed_records: Path,
) -> None:
    records = sorted(committed_records.glob("*.json"))
    assert records
    for path in records:
        study = dotted(json.loads(path.read_text())["study"])
        for recipe in RECIPES:
            told = {each.field: each for each in deviations(study, recipe)}
            assert {"model", "data"} <= set(told)
            assert ("optim.steps" in told) == (study["optim.steps"] > 0)  # prompt design trains nothing there either
            assert ("task.sentinel" in told) == study.get("task.sentinel", False)  # older records lack the field
            ran = study["method.name"] in STUDIED  # the released code is known to have run these only
            assert ("optim.dropout_shared" in told) == (recipe == "released" and ran)
            assert all(each.source for each in told.values())


def test_the_command_prints_both_lists_of_a_run_and_of_a_study(
    committed_records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = committed_records.glob("*.json")
    path = next(path for path in records if json.loads(path.read_text())["study"]["method"]["name"] == "prompt_tuning")
    for arguments in ([f"run={path.stem}", f"runtime.results={committed_records.parent}"], PAPER):
        with pytest.raises(SystemExit) as ended:
            main(["recipe", *arguments])
        assert ended.value.code == 0
        shown = capsys.readouterr().out
        assert "\npaper, as printed" in shown
        assert "\nreleased, as the code ran" in shown
        assert "optim.dropout_shared" in shown
    assert "paper, as printed (Lester et al. 2021): 0 deviations" in shown


def test_a_run_that_is_not_there_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    told = refused("recipe", "run=0123456789ab", f"runtime.runs={tmp_path}", f"runtime.results={tmp_path}")
    assert told.startswith("run=0123456789ab is not a finished run")
    assert "seed=1 cannot be given beside run=0123456789ab" in refused("recipe", "run=0123456789ab", "seed=1")
    assert "run=b is one run too many" in refused("recipe", "run=a", "run=b")
