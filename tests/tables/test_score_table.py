"""Means, spreads and groups of score tables."""

import math
import subprocess
import sys
from typing import Any

import pandas as pd
import pytest

from softscale.config import ROOT
from softscale.runs.record import Record
from softscale.tables.scores import runs_frame, score_table, table_rows, to_csv, to_markdown

SUPERGLUE = ("boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc")


def record_of(
    task: str = "boolq",
    seed: int = 0,
    score: float = 0.5,
    *,
    model: str = "mini_1",
    method: dict[str, Any] | None = None,
    optim: dict[str, Any] | None = None,
    total: int = 231_000,
    trained: int = 1_280,
    illegal: int = 0,
    dirty: bool | None = False,
    commonest: int | None = None,
    spread: float | None = None,
) -> Record:
    """spread: half the range of the score on resamples of dev, which all runs share; None: of an older record."""
    method = method or {"name": "prompt_tuning"}
    best = {"step": 100, "train/loss": 1.0, "dev/accuracy": score, "dev/score": score}
    last = {**best, "step": 300, "dev/score": score / 2}
    study = {
        "model": {"name": model, "source": "miniature", "shape": None},
        "method": method,
        "task": {"name": task, "input_length": 256 if task == "record" else 128},
        "data": {"name": "miniature"},
        "optim": optim or {"lr": 0.3},
        "seed": seed,
    }
    return Record(
        id=f"{model} {method} {task} {optim} {seed}",
        study=study,
        runtime={},
        parameters={"total": total, "trained": trained, "stored": trained, "bytes": 4 * trained},
        backbone={"before": "a", "after": "a"},
        data={"train": 100, "dev": 100, "train_cut": 0, "majority": 0.5},
        curve=[best, last],
        best=best,
        last=last,
        predictions={"sha256": "b", "count": 200, "illegal": illegal}
        | ({} if commonest is None else {"commonest": commonest}),
        notes=[],
        provenance={"commit": "c", "dirty": dirty, "device": "d", "seconds": 1.5, "versions": {}},
        resampled={} if spread is None else {"dev": [score + spread * (place - 100) / 100 for place in range(201)]},
    )


def prompt(length: int, **init: Any) -> dict[str, Any]:
    return {"name": "prompt_tuning", "length": length, **({"init": init} if init else {})}


def find(table: pd.DataFrame, **values: Any) -> dict[str, Any]:
    """The only row that has these values."""
    (row,) = [r for r in table_rows(table) if all(r[name] == v for name, v in values.items())]
    return row


def test_a_run_is_told_by_its_best_and_last_score_and_its_share_of_illegal_predictions() -> None:
    (run,) = table_rows(runs_frame([record_of(score=0.8, illegal=50)]))
    assert (run["score"], run["last"], run["steps"], run["illegal"]) == (0.8, 0.4, 300, 0.25)
    assert (run["total"], run["trained"], run["miniature"]) == (231_000, 1_280, True)


def test_a_task_without_labels_has_no_share_of_illegal_predictions() -> None:
    (run,) = table_rows(runs_frame([record_of(illegal=-1)]))
    assert math.isnan(run["illegal"])


@pytest.mark.parametrize(("told", "dirty"), [(False, False), (True, True), (None, True)])
def test_code_not_known_to_be_committed_counts_as_uncommitted(told: bool | None, dirty: bool) -> None:
    (run,) = table_rows(runs_frame([record_of(dirty=told)]))
    assert run["dirty"] is dirty


def test_mean_and_sample_deviation_are_over_seeds() -> None:
    table = score_table(runs_frame([record_of(seed=s, score=x) for s, x in enumerate((0.6, 0.7, 0.8))]))
    row = find(table, task="boolq")
    assert row["mean"] == pytest.approx(0.7)
    assert row["std"] == pytest.approx(0.1)  # with ddof = 0 it would be 0.0816
    assert row["n"] == 3


def test_the_average_is_taken_over_tasks_first_and_then_over_seeds() -> None:
    # Scores of the two tasks move against each other, so that the average does not move at all.
    records = [record_of("boolq", s, 0.6 + 0.1 * s) for s in range(3)]
    records += [record_of("cb", s, 0.8 - 0.1 * s) for s in range(3)]
    row = find(score_table(runs_frame(records)), task="average")
    assert (row["mean"], row["tasks"], row["n"]) == (pytest.approx(0.7), 2, 3)
    assert row["std"] == pytest.approx(0)


def test_a_seed_without_every_task_does_not_count_in_the_average() -> None:
    records = [record_of("boolq", s, 0.5) for s in range(3)] + [record_of("cb", s, 0.9) for s in (0, 2)]
    table = score_table(runs_frame(records))
    assert find(table, task="average")["n"] == 2
    assert find(table, task="boolq")["n"] == 3


def test_a_task_of_the_experiment_that_nobody_ran_leaves_no_average() -> None:
    records = [record_of(task, 0, 0.5) for task in ("boolq", "cb")]
    assert "average" in set(score_table(runs_frame(records))["task"])
    assert set(score_table(runs_frame(records), ["boolq", "cb", "rte"])["task"]) == {"boolq", "cb"}


def test_the_average_of_the_eight_tasks_is_called_superglue() -> None:
    records = [record_of(task, 0, 0.1 * place) for place, task in enumerate(SUPERGLUE)]
    assert find(score_table(runs_frame(records)), task="superglue")["mean"] == pytest.approx(0.35)
    assert "superglue" not in set(score_table(runs_frame(records[:7]))["task"])


def test_variants_of_a_method_are_never_averaged_together() -> None:
    records = [record_of(seed=s, score=0.01 * n, method=prompt(n)) for n in (20, 1, 5) for s in (0, 1)]
    records.append(record_of(score=0.9, method={"name": "model_tuning"}, optim={"lr": 0.001}))
    table = score_table(runs_frame(records))
    assert list(table["label"]) == [
        "model tuning",
        "prompt tuning, length 1",
        "prompt tuning, length 5",
        "prompt tuning, length 20",
    ]
    assert list(table["n"]) == [1, 2, 2, 2]
    # What has one value a method is told by the method's name.
    assert [name for name in table.columns if "." in name] == ["method.length"]
    assert ',prompt_tuning,"prompt tuning, length 5",5,' in to_csv(table)


def test_a_variant_is_told_even_where_every_model_has_one_only() -> None:
    records = [
        record_of(model="mini_1", method=prompt(1)),
        record_of(model="mini_2", method=prompt(5)),
    ]
    assert set(runs_frame(records)["method.length"]) == {1, 5}


def test_any_field_can_tell_runs_apart_and_a_nested_name_tells_its_own_fields() -> None:
    inits = [{"name": "random_uniform", "bound": 0.5}, {"name": "class_labels", "fallback": 5000}]
    records = [record_of(method=prompt(20, **init), optim={"lr": lr}) for init in inits for lr in (0.1, 0.3)]
    frame = runs_frame(records)
    assert [name for name in frame.columns if "." in name] == ["method.init.name", "optim.lr"]
    assert "prompt tuning, init class labels, lr 0.1" in set(frame["label"])


def test_fields_of_task_and_model_that_their_names_tell_are_no_variants() -> None:
    records = [record_of("boolq"), record_of("record")]  # they differ in task.input_length
    assert not [name for name in runs_frame(records).columns if "." in name]


def test_a_task_that_is_trained_longer_than_the_others_stands_in_their_average() -> None:
    of = {"boolq": {"lr": 0.3, "steps": 600}, "copa": {"lr": 0.3, "steps": 1500}}
    records = [record_of(task, optim=optim) for task, optim in of.items()]
    assert set(score_table(runs_frame(records))["task"]) == {"boolq", "copa", "average"}
    longer = record_of("boolq", optim=of["copa"])  # one task trained for two lengths is compared
    assert set(runs_frame([*records, longer])["label"]) == {"prompt tuning, steps 600", "prompt tuning, steps 1500"}


def design(task: str, wording: str = "miniature", shots: int = 0) -> dict[str, Any]:
    made_for = None if wording == "plain" else task
    own = {"template": f"{{{{ {task} }}}}", "verbaliser": {task: "a"}}
    told = {"name": wording, "task": made_for, **(own if made_for else {"template": "{{ input }}", "verbaliser": {}})}
    return {"name": "prompt_design", "shots": shots, "wording": told}


def test_tasks_that_are_worded_each_in_their_way_stand_in_one_row_with_their_average() -> None:
    records = [
        record_of(task, method=design(task, shots=shots), trained=0) for task in ("boolq", "cb") for shots in (0, 4)
    ]
    table = score_table(runs_frame(records))
    assert set(table["label"]) == {"prompt design, shots 0", "prompt design, shots 4"}
    assert set(table["task"]) == {"boolq", "cb", "average"}
    assert "| prompt design, shots 4 | 0 (0 %) |" in to_markdown(table)


def test_two_families_of_wordings_stand_in_two_rows() -> None:
    records = [
        record_of(task, method=design(task, wording), trained=0)
        for task in ("boolq", "cb")
        for wording in ("miniature", "plain")
    ]
    table = score_table(runs_frame(records))
    assert set(table["label"]) == {"prompt design, wording miniature", "prompt design, wording plain"}
    assert list(table["task"]).count("average") == 2


def test_two_templates_of_one_task_are_never_averaged_together() -> None:
    other = design("boolq")
    other["wording"] = {**other["wording"], "template": "other"}
    frame = runs_frame([record_of(seed=seed, method=told) for seed in (0, 1) for told in (design("boolq"), other)])
    assert list(score_table(frame)["n"]) == [2, 2]


def test_the_same_run_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two records"):
        score_table(runs_frame([record_of(), record_of()]))


def test_models_are_sorted_by_parameters() -> None:
    sizes = {"a_large": 3_000_000, "b_small": 200_000, "c_middle": 900_000}
    records = [record_of(model=name, total=total) for name, total in sizes.items()]
    assert list(score_table(runs_frame(records))["model"]) == ["b_small", "c_middle", "a_large"]


def test_the_csv_has_six_digits_and_does_not_depend_on_the_order_of_the_records() -> None:
    records = [record_of(t, s, 1 / (3 + s), model=m) for t in ("boolq", "cb") for s in range(3) for m in "ab"]
    text = to_csv(score_table(runs_frame(records)))
    assert text == to_csv(score_table(runs_frame(records[::-1])))
    assert ",0.261111,0.067358,,,3," in text


def test_the_markdown_is_in_percent_with_spread_and_parameters_and_holes() -> None:
    records = [record_of("boolq", s, 0.843 + 0.012 * (s - 1), total=835_000, trained=2_560) for s in range(3)]
    records += [record_of("cb", 0, 0.5, total=835_000, trained=2_560)]
    records += [record_of("cb", s, 0.6, model="mini_2", total=11_135_741_952, trained=409_600) for s in (0, 1)]
    told = to_markdown(score_table(runs_frame(records), majority={"boolq": 0.622}))
    lines = told.splitlines()
    assert lines[0] == "| model | parameters | method | trained | boolq | cb | average |"
    ours = "| mini_1 | 0.8 M | prompt tuning | 2,560 (0.31 %) "
    assert lines[2] == ours + "| 84.3 ± 1.2 | 50.0 ± - (n = 1) | 66.5 ± - (n = 1) |"
    xxl = "| mini_2 | 11.1 B | prompt tuning | 409,600 (0.0037 %) "
    assert lines[3] == xxl + "| not run | 60.0 ± 0.0 (n = 2) | incomplete |"
    assert lines[4] == "|  |  | majority class |  | 62.2 |  |  |"
    assert "mean over n = 3 seeds" in told


@pytest.mark.parametrize(
    ("score", "told", "collapsed"),
    [
        (0.9, {"illegal": 101}, 1.0),  # more than half are no label
        (0.0, {"illegal": 100}, 0.0),
        (0.51, {"commonest": 190}, 1.0),  # one text, and a point above the best constant answer
        (0.52, {"commonest": 190}, 0.0),
        (0.5, {"commonest": 189}, 0.0),
        (0.0, {"commonest": 200, "illegal": -1}, 1.0),  # free text: one and the same
        (0.0, {"illegal": -1}, math.nan),  # free text, and an older record
    ],
)
def test_a_run_has_collapsed_that_answers_in_no_label_or_always_the_same(
    score: float, told: dict[str, int], collapsed: float
) -> None:
    (run,) = table_rows(runs_frame([record_of(score=score, **told)]))
    assert run["collapsed"] == pytest.approx(collapsed, nan_ok=True)


def test_the_share_of_collapsed_runs_is_over_seeds_and_in_an_average_over_tasks_too() -> None:
    records = [record_of("boolq", seed, 0.5, commonest=200 if seed else 100) for seed in range(3)]
    records += [record_of("cb", seed, 0.9, commonest=100) for seed in range(3)]
    table = score_table(runs_frame(records))
    assert find(table, task="boolq")["collapsed"] == pytest.approx(2 / 3)
    assert find(table, task="average")["collapsed"] == pytest.approx(1 / 3)


def test_the_interval_is_over_examples_and_seeds_and_not_known_without_resamples() -> None:
    same = [record_of(seed=seed, score=0.6, spread=0.1) for seed in range(3)]
    row = find(score_table(runs_frame(same)), task="boolq")
    assert (row["low"], row["high"]) == (pytest.approx(0.505, abs=0.005), pytest.approx(0.695, abs=0.005))
    apart = [record_of(seed=seed, score=0.6 + 0.1 * (seed - 1), spread=0.1) for seed in range(3)]
    wider = find(score_table(runs_frame(apart)), task="boolq")
    assert wider["low"] < row["low"] < row["high"] < wider["high"]
    old = score_table(runs_frame([*apart[:2], record_of(seed=2, score=0.7)]))
    assert math.isnan(find(old, task="boolq")["low"])
    assert find(old, task="boolq")["mean"] == pytest.approx(0.6)


def gap_records(model_name: str = "mini_1") -> list[Record]:
    records = [record_of(task, seed, 0.6, spread=0.1) for task in ("boolq", "cb") for seed in range(3)]
    total = 231_000 - 1_280  # the backbone's: the prompt comes on top
    tuned = {"model": model_name, "method": {"name": "model_tuning"}, "total": total, "trained": total}
    return records + [record_of(task, s, 0.7, spread=0.1, **tuned) for task in ("boolq", "cb") for s in range(3)]


@pytest.mark.parametrize("model_name", ["mini_1", "t5_v1_1"])  # the paper tunes another checkpoint of the same size
def test_the_gap_is_what_model_tuning_has_over_a_prompt_paired_over_examples(model_name: str) -> None:
    table = score_table(runs_frame(gap_records(model_name)))
    for task in ("boolq", "cb", "average"):
        row = find(table, task=task, method="prompt_tuning")
        # Each score is off by up to 10 points on a resample, by the same for both: the gap is not.
        assert [row[name] for name in ("gap", "gap_low", "gap_high")] == pytest.approx([0.1] * 3)
        assert math.isnan(find(table, task=task, method="model_tuning")["gap"])
    told = to_markdown(table)
    assert "| model | model tuning less | boolq | cb | average |" in told
    assert "| mini_1 | prompt tuning | 10.0 [10.0, 10.0] | 10.0 [10.0, 10.0] | 10.0 [10.0, 10.0] |" in told


def test_the_gap_of_older_records_has_no_interval_and_where_model_tuning_is_missing_there_is_none() -> None:
    records = [record_of(score=0.6), record_of(score=0.7, method={"name": "model_tuning"}, trained=231_000)]
    other_size = [record_of(score=0.7, method={"name": "model_tuning"}, total=99, trained=99)]
    records[1].parameters["total"] = records[1].parameters["trained"] = 231_000 - 1_280
    assert "| mini_1 | prompt tuning | 10.0 |" in to_markdown(score_table(runs_frame(records)))
    assert "model tuning less" not in to_markdown(score_table(runs_frame(records[:1] + other_size)))


def test_a_majority_class_is_averaged_where_it_is_known_for_every_task() -> None:
    frame = runs_frame([record_of("boolq"), record_of("cb")])
    table = score_table(frame, majority={"boolq": 0.6, "cb": 0.5})
    assert find(table, task="average")["majority"] == pytest.approx(0.55)


@pytest.mark.parametrize(
    "module",
    [
        *(f"tables.{path.stem}" for path in sorted((ROOT / "src/softscale/tables").glob("[a-z]*.py"))),
        "figures",
        "figures.skill_card",
        "figures.page",
    ],
)
def test_nothing_of_the_report_imports_torch_or_lightning(module: str) -> None:
    heavy = "{'torch', 'pytorch_lightning'} & set(sys.modules)"
    code = f"import sys, softscale.{module}; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
