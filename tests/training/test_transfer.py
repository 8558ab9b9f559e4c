"""A run scored on tasks that it was not trained on: the best step's tensors, in the other task's form and words."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny import job_of, model_of, save_t5_1_1, study_of
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.compose.cells import hydra_session, single
from softscale.config import Study
from softscale.errors import InputError
from softscale.metrics import Reference
from softscale.metrics.binary_f1 import BinaryF1
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job
from softscale.runs.record import Record, read_record
from softscale.sources.local import LocalConfig
from softscale.training.run import run

Refused = Callable[..., str]
PAIRS = [("a dog ran", "a dog ran", 1), ("a cat sat", "a dog ran", 0), ("a hat", "a hat", 1), ("a kite", "a cat", 0)]


def tokenizer_of(*words: str) -> PreTrainedTokenizerFast:
    """One id a word, in the layout of T5's ids."""
    ids = {word: i for i, word in enumerate(["<pad>", "</s>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w+|[^\w\s]"), behavior="removed", invert=True)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )


@pytest.fixture(scope="module")
def glue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MRPC and QQP with the same pairs, a broken line in QQP, and a tiny T5 that has their words."""
    root = tmp_path_factory.mktemp("glue")
    for split in ("train", "dev"):
        for folder in ("MRPC", "QQP"):
            (root / folder).mkdir(exist_ok=True)
        mrpc = [f"{label}\t1\t2\t{one}\t{other}" for one, other, label in PAIRS]
        (root / "MRPC" / f"{split}.tsv").write_text("\n".join(["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", *mrpc]))
        qqp = [f"1\t2\t3\t{one}\t{other}\t{label}" for one, other, label in PAIRS] + ["2\t3"]
        header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"
        (root / "QQP" / f"{split}.tsv").write_text("\n".join([header, *qqp]))
    words = ["sentence1", "sentence2", "question1", "question2", ":", "a", "dog", "cat", "ran", "sat", "hat", "kite"]
    labels = [label for name in ("mrpc", "qqp") for label in tasks.by_name(name).labels]
    save_t5_1_1(root / "t5", tokenizer_of(*words, *labels))
    return root


def study(glue: Path, task: str, *transfer: str, **told: Any) -> Study:
    # Model tuning at this rate makes the tiny model answer in label words within these steps.
    optim = {"steps": 60, "eval_every": 10, "lr": 0.01, "dropout": 0.0, "parameter_scale": True} | told
    made = study_of(glue / "t5", "model_tuning", task=task, **optim)
    return replace(made, data=LocalConfig(name="local", root=str(glue)), transfer=list(transfer))


@pytest.fixture(scope="module")
def finished(glue: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Job, Record]]:
    place = tmp_path_factory.mktemp("finished")
    made = {}
    for task, other in (("mrpc", "qqp"), ("qqp", "mrpc")):
        job = job_of(study(glue, task, other), place)
        made[task] = (job, run(job))
    return made


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(("task", "other"), [("mrpc", "qqp"), ("qqp", "mrpc")])
def test_the_other_task_is_scored_in_its_own_form_and_words(
    task: str, other: str, finished: dict[str, tuple[Job, Record]]
) -> None:
    job, record = finished[task]
    told = rows(job.folder / f"predictions_{other}.jsonl")
    assert [row["input"] for row in told] == [e.input for e in _dev(job, other)]
    predictions, targets = [row["prediction"] for row in told], [row["target"] for row in told]
    # The model was taught the words of its own task only; that it answers in the other's is the translation.
    assert set(predictions) & set(tasks.by_name(other).labels)
    assert not set(predictions) & set(tasks.by_name(task).labels)
    accuracy = sum(map(str.__eq__, predictions, targets)) / 4
    references = [Reference(target=target) for target in targets]
    f1 = BinaryF1(*tasks.by_name(other).labels, key="f1").score(predictions, references)["f1"]
    key = f"transfer/{other}"
    assert record.transfer == {f"{key}/accuracy": accuracy, f"{key}/f1": f1, f"{key}/score": (accuracy + f1) / 2}
    assert record.data[f"{key}/dev"] == record.predictions[key]["count"] == 4
    assert set(record.resampled) == {"dev", "dev/accuracy", "dev/f1", key}
    assert min(record.resampled[key]) <= record.transfer[f"{key}/score"] <= max(record.resampled[key])
    # All positive: accuracy 1/2, F1 2/3.
    assert record.data[f"{key}/majority"] == pytest.approx((1 / 2 + 2 / 3) / 2)


def _dev(job: Job, task: str) -> list[tasks.Example]:
    return job.study.data.open().examples(tasks.by_name(task), "dev")


def test_the_step_is_chosen_by_the_task_that_was_trained_and_is_not_the_last(
    finished: dict[str, tuple[Job, Record]], glue: Path, tmp_path: Path
) -> None:
    job, record = finished["mrpc"]
    best = int(record.best["step"])
    assert record.best["dev/score"] == max(point["dev/score"] for point in record.curve)
    assert best < 60, "a run whose best step is its last would not tell which of the two is scored"
    # A run that ends at the best step scores the same; one that ends earlier does not matter.
    short = job_of(study(glue, "mrpc", "qqp", steps=best), tmp_path)
    assert run(short).transfer == record.transfer
    again = (short.folder / "predictions_qqp.jsonl").read_bytes()
    assert again == (job.folder / "predictions_qqp.jsonl").read_bytes()


def test_a_transfer_changes_nothing_else_of_a_run(
    finished: dict[str, tuple[Job, Record]], glue: Path, tmp_path: Path
) -> None:
    _, record = finished["mrpc"]
    alone = run(job_of(study(glue, "mrpc"), tmp_path))
    assert (alone.curve, alone.best, alone.backbone) == (record.curve, record.best, record.backbone)
    assert alone.predictions == {k: v for k, v in record.predictions.items() if k != "transfer/qqp"}
    assert alone.transfer == {}
    assert alone.id != record.id


def test_lines_that_were_left_out_are_in_the_notes_of_the_record(finished: dict[str, tuple[Job, Record]]) -> None:
    assert finished["mrpc"][1].notes == ["1 line(s) of QQP/dev.tsv lack columns and were left out: 6"]
    assert finished["qqp"][1].notes == [
        "1 line(s) of QQP/train.tsv lack columns and were left out: 6",
        "1 line(s) of QQP/dev.tsv lack columns and were left out: 6",
    ]


def test_a_run_that_ends_within_its_transfer_goes_on_there(
    finished: dict[str, tuple[Job, Record]], glue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(study(glue, "mrpc", "qqp"), tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("softscale.training.transfer.predict", _stopped)
        with pytest.raises(KeyboardInterrupt):
            run(job)
    assert job.state() == "interrupted"
    steps: list[int] = []
    record = run(job, steps.append)
    assert steps == []
    assert (record.transfer, record.curve) == (finished["mrpc"][1].transfer, finished["mrpc"][1].curve)


def _stopped(*_: object) -> list[str]:
    raise KeyboardInterrupt


def test_a_method_is_transferred_without_any_training_too(glue: Path, tmp_path: Path) -> None:
    record = run(job_of(study(glue, "mrpc", "qqp", steps=0), tmp_path))
    assert record.last["step"] == 0
    assert set(record.transfer) == {"transfer/qqp/accuracy", "transfer/qqp/f1", "transfer/qqp/score"}


def test_squad_is_trained_and_the_sets_of_mrqa_are_scored_by_it(t5_folder: Path, tmp_path: Path) -> None:
    asked = {"context": "Anna has a kite. Ben has a cat.", "question": "who has the kite?", "answers": ["Anna"]}
    for name in ("squad/train.jsonl", "squad/dev.jsonl", "mrqa/DuoRC.jsonl", "mrqa/RACE.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((json.dumps(asked) + "\n") * 3)
    made = replace(study_of(t5_folder, "model_tuning", task="squad", steps=2), transfer=["duorc", "race"])
    job = job_of(replace(made, data=LocalConfig(name="local", root=str(tmp_path))), tmp_path)
    record = run(job)
    assert set(record.transfer) == {f"transfer/{t}/{m}" for t in ("duorc", "race") for m in ("em", "f1", "score")}
    assert record.best["dev/score"] == record.best["dev/f1"]
    assert record.predictions["transfer/race"] == {**record.predictions["transfer/duorc"], "illegal": -1}


@pytest.mark.parametrize(
    ("task", "transfer", "message"),
    [
        ("mrpc", ["none"], "task is 'none', but it must be one of bioasq, boolq"),
        ("mrpc", ["mrpc"], "transfer=[mrpc] is not allowed: it must name other tasks than mrpc, each once"),
        ("mrpc", ["qqp", "qqp"], "transfer=[qqp,qqp] is not allowed"),
        ("mrpc", ["rte"], "mrpc answers not_equivalent or equivalent, and rte asks for entailment or not_entailment"),
        ("mrpc", ["duorc"], "there is no file "),
        ("duorc", [], "task=duorc is for evaluation only: train on another task, with transfer=[duorc]"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_before_weights_are_loaded(
    task: str, transfer: list[str], message: str, glue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softscale.training.run.load_backbone", _stopped)
    job = job_of(study(glue, task, *transfer), tmp_path)
    with pytest.raises(InputError) as refused:
        run(job)
    assert message in str(refused.value)
    assert not job.folder.exists()


def test_a_label_word_that_the_model_cannot_write_is_refused(glue: Path, tmp_path: Path) -> None:
    folder = save_t5_1_1(tmp_path / "t5", tokenizer_of("a", "equivalent"))
    made = replace(study(glue, "mrpc"), model=model_of(folder))
    with pytest.raises(InputError, match=r"label word 'not_equivalent', which .* can only write as ''"):
        run(job_of(made, tmp_path))


def test_transfer_is_typed_as_a_list_and_part_of_the_identity(refused: Refused) -> None:
    typed = ["model=mini_1", "task=mrpc", "data=local", "data.root=b"]
    with hydra_session():
        alone, told = (single([*typed, *more]).config.study() for more in ([], ["transfer=[qqp]"]))
    assert (alone.transfer, told.transfer) == ([], ["qqp"])
    assert fingerprint(alone) != fingerprint(told)
    assert refused("train", *typed, "transfer=qqp") == "transfer=qqp is not allowed: it must be a list, transfer=[qqp]"


def test_records_from_before_there_were_resamples_have_none(
    finished: dict[str, tuple[Job, Record]], tmp_path: Path
) -> None:
    told = json.loads(finished["mrpc"][0].published.read_text())
    old = {name: value for name, value in told.items() if name != "resampled"} | {"schema": 2}
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert read_record(tmp_path / "old.json").resampled == {}
    (tmp_path / "old.json").write_text(json.dumps(old | {"schema": 3}))
    with pytest.raises(InputError, match=r"is not a record of schema 3: missing or unknown resampled"):
        read_record(tmp_path / "old.json")


def test_records_from_before_there_was_a_transfer_are_read_as_they_are_now(
    committed_records: Path, tmp_path: Path
) -> None:
    old = [path for path in committed_records.glob("*.json") if json.loads(path.read_text())["schema"] == 1]
    if not old:
        pytest.skip("there is no committed record of schema 1")
    for path in old:
        record = read_record(path)
        assert (record.transfer, record.study["transfer"]) == ({}, [])
        record.write(tmp_path / path.name)
        assert read_record(tmp_path / path.name) == record
