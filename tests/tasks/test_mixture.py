"""Several tasks trained as one: the name of the task in the text, a score for each, one best step for all or each."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from real_data import real
from tiny import job_of, study_of

from softscale import tasks
from softscale.commands.report import majority_of
from softscale.compose.cells import hydra_session, single
from softscale.config import Study
from softscale.data.order import indices_of_step
from softscale.errors import InputError
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job
from softscale.runs.record import Record, read_record
from softscale.runs.recorded_study import study_of as stored_study
from softscale.sources.local import LocalSource
from softscale.sources.miniature import MiniatureSource
from softscale.tables.scores import runs_frame, score_table, table_rows
from softscale.tasks.mixture import Mixture, MixtureConfig
from softscale.tasks.task import Example
from softscale.training.evaluation import constant_score
from softscale.training.run import run

Refused = Callable[..., str]
PREFIXES = {"rte": "entailment", "wsc": "who", "multirc": "paragraph"}
SUPERGLUE = {name: name for name in ("boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc")}


def mixture(**changes: Any) -> MixtureConfig:
    values: dict[str, Any] = {"tasks": list(PREFIXES), "prefixes": PREFIXES, "limit": 20}
    return MixtureConfig(name="superglue", input_length=64, target_length=4, **(values | changes))


def study(folder: Path, **changes: Any) -> Study:
    return replace(study_of(folder, "model_tuning", lr=0.01, steps=12, eval_every=4), task=mixture(**changes))


@pytest.fixture(scope="module")
def finished(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Record]:
    job = job_of(study(t5_folder), tmp_path_factory.mktemp("mixed"))
    return job, run(job)


def test_every_task_is_scored_by_its_own_metrics_and_the_score_is_the_mean_over_tasks(
    finished: tuple[Job, Record],
) -> None:
    for point in finished[1].curve:
        for name in PREFIXES:
            own = {metric: point[f"dev/{name}/{metric}"] for metric in tasks.by_name(name).metrics}
            assert point[f"dev/{name}/score"] == pytest.approx(sum(own.values()) / len(own))
        assert point["dev/score"] == pytest.approx(sum(point[f"dev/{name}/score"] for name in PREFIXES) / 3)


def test_one_step_is_the_best_for_all_tasks(finished: tuple[Job, Record]) -> None:
    record = finished[1]
    assert record.best in record.curve
    assert record.best["dev/score"] == max(point["dev/score"] for point in record.curve)


def test_predictions_are_kept_for_each_task_and_their_inputs_begin_with_its_name(
    finished: tuple[Job, Record],
) -> None:
    job, record = finished
    assert set(record.predictions) == set(PREFIXES)
    for name, prefix in PREFIXES.items():
        rows = [json.loads(row) for row in (job.folder / f"predictions_{name}.jsonl").read_text().splitlines()]
        plain = MiniatureSource(job.study.data).examples(tasks.by_name(name), "dev")  # type: ignore[arg-type]
        assert [row["input"] for row in rows] == [f"{prefix} {example.input}" for example in plain]
        scores = tasks.by_name(name).score([row["prediction"] for row in rows], plain)
        assert {f"dev/{name}/{key}": value for key, value in scores.items()}.items() <= record.best.items()
        assert record.predictions[name]["count"] == len(rows) == record.data[f"{name}/dev"]


def test_the_record_counts_the_examples_and_the_best_constant_answer_of_each_task(
    finished: tuple[Job, Record],
) -> None:
    data = finished[1].data
    assert data["rte/train"] == data["wsc/train"] == 24
    assert data["train"] == sum(data[f"{name}/train"] for name in PREFIXES)
    assert data["majority"] == pytest.approx(sum(data[f"{name}/majority"] for name in PREFIXES) / 3)


def test_the_record_s_study_is_read_back_as_it_was(finished: tuple[Job, Record]) -> None:
    job, record = finished
    stored = read_record(job.published).study
    assert stored_study(stored) == job.study
    assert fingerprint(stored_study(stored)) == record.id
    assert stored_study(stored | {"task": stored["task"] | {"name": "mine"}}).task == replace(
        job.study.task, name="mine"
    )


@pytest.mark.slow
def test_a_mixture_that_was_interrupted_goes_on_with_the_batches_of_an_undisturbed_one(
    finished: tuple[Job, Record], t5_folder: Path, tmp_path: Path
) -> None:
    job = job_of(study(t5_folder), tmp_path)

    def stop(step: int) -> None:
        if step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(job, stop)
    assert job.state() == "interrupted"
    assert run(job).curve == finished[1].curve


def test_a_run_is_a_row_for_each_task_and_the_average_is_its_score(finished: tuple[Job, Record]) -> None:
    record = finished[1]
    rows = table_rows(runs_frame([record]))
    assert {row["task"]: row["score"] for row in rows} == {name: record.best[f"dev/{name}/score"] for name in PREFIXES}
    assert {row["task"]: row["illegal"] for row in rows}["rte"] == (
        record.predictions["rte"]["illegal"] / record.predictions["rte"]["count"]
    )
    assert sum(row["seconds"] for row in rows) == pytest.approx(record.provenance["seconds"])
    table = table_rows(score_table(runs_frame([record]), PREFIXES, majority_of([record])))
    average = next(row for row in table if row["task"] == "average")
    assert average["mean"] == pytest.approx(record.best["dev/score"])
    assert average["majority"] == pytest.approx(record.data["majority"])
    assert {row["label"] for row in table} == {"model tuning, multi-task of rte wsc multirc"}


def test_all_at_once_and_one_by_one_are_different_rows_however_else_their_recipes_differ(
    finished: tuple[Job, Record], t5_folder: Path
) -> None:
    mixed = finished[1]
    single_task = json.loads(json.dumps(mixed.study)) | {
        "task": {"name": "rte", "input_length": 64, "target_length": 8},
        "optim": mixed.study["optim"] | {"batch_size": 1, "lr": 1.0},
    }
    point = {"step": 12, "dev/score": 0.5}
    alone = replace(
        mixed, id="alone", study=single_task, best=point, last=point, predictions={"count": 8, "illegal": 0}
    )
    labels = [row["label"] for row in table_rows(score_table(runs_frame([alone, mixed]), ["rte"]))]
    assert sorted(labels) == ["model tuning", "model tuning, multi-task of rte wsc multirc"]


def test_the_score_of_the_eight_tasks_is_the_superglue_score() -> None:
    mixed, plain = Mixture("superglue", SUPERGLUE, 9), MiniatureSource(_miniature())
    examples = [example for part in mixed.parts() for example in plain.examples(part, "dev")]
    predictions = [example.target if index % 3 else "True" for index, example in enumerate(examples)]
    scores = mixed.score(predictions, examples)
    # Eight tasks in equal parts, a task's metrics averaged first: what the last row of Table 3 follows from.
    by_task = [[scores[f"{name}/{metric}"] for metric in tasks.by_name(name).metrics] for name in SUPERGLUE]
    superglue = fmean(map(fmean, by_task))
    assert 0.3 < superglue < 1
    assert mixed.selecting_score(scores) == pytest.approx(superglue)
    assert set(scores) == set(mixed.metrics)


def test_the_best_constant_answer_of_a_mixture_is_one_for_each_task() -> None:
    mixed, plain = Mixture("superglue", SUPERGLUE, 9), MiniatureSource(_miniature())
    examples = {part.name: plain.examples(part, "dev") for part in mixed.parts()}
    each = [constant_score(tasks.by_name(name), own) for name, own in examples.items()]
    assert constant_score(mixed, [example for own in examples.values() for example in own]) == pytest.approx(
        sum(each) / 8
    )


def _miniature() -> Any:
    from softscale.sources.miniature import MiniatureConfig

    return MiniatureConfig(name="miniature", seed=0, train_records=30, dev_records=30)


def test_inputs_from_the_official_files_begin_with_the_names_that_t5_writes() -> None:
    root = real("superglue")
    with hydra_session():
        cell = single(["data=local", f"data.root={root}", "task=superglue", "task.tasks=[boolq,cb,multirc,rte]"])
    mixed = tasks.of(cell.config.task)
    starts = {part.name: LocalSource(root).examples(part, "train", 1)[0].input.split(":")[0] for part in mixed.parts()}
    assert starts == {
        "boolq": "boolq passage",
        "cb": "cb hypothesis",
        "multirc": "multirc question",
        "rte": "rte hypothesis",
    }


def test_wsc_begins_with_its_name_and_a_colon_and_the_positives_alone_are_trained_on() -> None:
    with hydra_session():
        mixed = tasks.of(single(["data=hub", "task=superglue"]).config.task)
    wsc = next(part for part in mixed.parts() if part.name == "wsc")
    row = {"text": "Mark told Pete lies because he was bad .", "label": False} | {
        "target": {"span1_index": 0, "span1_text": "Mark", "span2_index": 5, "span2_text": "he"}
    }
    assert not list(wsc.examples(row, "train"))
    (example,) = wsc.examples(row | {"label": True}, "train")
    assert example.input == "wsc: Mark told Pete lies because *he* was bad ."


def test_batches_of_the_run_mix_the_tasks_in_proportion_to_min_n_k(finished: tuple[Job, Record]) -> None:
    data = finished[1].data
    counts = [int(data[f"{name}/train"]) for name in PREFIXES]
    assert min(counts) > 20  # every task is above the limit, so all three are drawn alike
    drawn = [index for step in range(15) for index in indices_of_step(step, 4, counts, 0, 20)]
    assert [sum(index in part for index in drawn) for part in _ranges(counts)] == [20, 20, 20]


def _ranges(counts: list[int]) -> Iterator[range]:
    start = 0
    for count in counts:
        yield range(start, start + count)
        start += count


def test_a_prediction_is_needed_for_every_example() -> None:
    with pytest.raises(ValueError, match="0 predictions for 1 examples"):
        Mixture("superglue", PREFIXES, 9).score([], [Example(input="a", target="b", task="rte")])


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["task.tasks=[rte,sst]"], "task.tasks=[rte,sst] is not allowed: it must name tasks of bioasq, boolq"),
        (["task.tasks=[rte,rte]"], "each once"),
        (["task.tasks=[]"], "task.tasks=[] is not allowed"),
        (["task.tasks=[rte,mrpc]"], "task.prefixes has none for mrpc"),
        (["task.limit=0"], "task.limit=0 is not allowed: it must be 1 or more"),
        (["method=prompt_design", "method/wording=plain"], "method=prompt_design words one task, give one of them"),
        (["transfer=[mrpc]"], "transfer=[mrpc] is not allowed, as zero-shot transfer is from one task"),
        (["data=custom", "data.train=a.csv", "data.dev=b.csv"], "data=custom holds one task only"),
    ],
)
def test_a_mixture_that_cannot_be_is_refused_in_one_sentence(
    overrides: list[str], words: str, refused: Refused, tmp_path: Path
) -> None:
    assert words in refused("train", "task=superglue", f"runtime.runs={tmp_path}", "model=mini_1", *overrides)


def test_a_task_whose_folder_is_missing_is_named(refused: Refused, tmp_path: Path) -> None:
    message = refused(
        "train",
        "task=superglue",
        "model=mini_1",
        "data=local",
        f"data.root={tmp_path}",
        f"runtime.runs={tmp_path / 'runs'}",
    )
    assert f"there is no file {tmp_path}/BoolQ/train.jsonl; for task=boolq" in message


@pytest.fixture(scope="module")
def own_steps(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Record]:
    """As `finished`, with a best step for each task; long enough for these to differ."""
    mixed = study(t5_folder, best="each")
    job = job_of(replace(mixed, optim=replace(mixed.optim, steps=30, eval_every=2)), tmp_path_factory.mktemp("each"))
    return job, run(job)


def test_each_task_is_scored_at_its_own_best_step_where_the_study_says_so(own_steps: tuple[Job, Record]) -> None:
    job, record = own_steps
    selected, steps = record.selected(), {}
    for name in PREFIXES:
        best = max(record.curve, key=lambda point: point[f"dev/{name}/score"])
        steps[name] = best["step"]
        assert selected[f"dev/{name}/score"] == best[f"dev/{name}/score"]
        rows = [json.loads(row) for row in (job.folder / f"predictions_{name}.jsonl").read_text().splitlines()]
        plain = MiniatureSource(job.study.data).examples(tasks.by_name(name), "dev")  # type: ignore[arg-type]
        scores = tasks.by_name(name).score([row["prediction"] for row in rows], plain)
        assert {f"dev/{name}/{key}": value for key, value in scores.items()}.items() <= best.items()
    assert len(set(steps.values())) > 1  # or one step would be the best for all, and nothing was tested
    assert selected["dev/score"] == pytest.approx(fmean(selected[f"dev/{name}/score"] for name in PREFIXES))
    assert selected["dev/score"] > record.best["dev/score"]  # the tensors that are kept are of the best mean
    rows = {row["task"]: row["score"] for row in table_rows(runs_frame([record]))}
    assert rows == {name: selected[f"dev/{name}/score"] for name in PREFIXES}


def test_one_step_for_all_is_the_default_and_keeps_the_id(t5_folder: Path) -> None:
    assert fingerprint(study(t5_folder)) == fingerprint(study(t5_folder, best="mean"))
    assert fingerprint(study(t5_folder)) != fingerprint(study(t5_folder, best="each"))
    with pytest.raises(InputError, match=r"task\.best"):
        study(t5_folder, best="last").check()


@pytest.mark.slow
@pytest.mark.parametrize("killed", [True, False])
def test_a_kill_between_the_files_of_a_step_repeats_it_and_damage_starts_the_run_again(
    own_steps: tuple[Job, Record], tmp_path: Path, killed: bool
) -> None:
    job, curve = job_of(own_steps[0].study, tmp_path), own_steps[1].curve
    step, name = max((max(curve, key=lambda point: point[f"dev/{name}/score"])["step"], name) for name in PREFIXES)

    def stop(at: int) -> None:
        if at == step - 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(job, stop)
    (job.folder / f"predictions_{name}.jsonl").write_text("of a later step, or damaged\n")
    if killed:  # after the files of the next evaluation, before its checkpoint
        (job.folder / "evaluated.json").write_text(json.dumps({"step": step}))
    seen: list[int] = []
    again = run(job, seen.append)
    assert (again.curve, again.predictions) == (curve, own_steps[1].predictions)
    assert (seen[0] > 1) == killed
