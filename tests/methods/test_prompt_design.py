"""A task put in words is scored like any other method, and nothing of it trains."""

import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
import torch
from real_data import real
from safetensors.torch import load_file
from tiny import files_below, job_of, load, model_of, overrides_of, study_of
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from softscale import methods, sources, tasks
from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.compose.cells import hydra_session, single
from softscale.config import ROOT, Study
from softscale.errors import InputError
from softscale.methods.method import Asking, Context, Worded
from softscale.methods.prompt_design import PromptDesignConfig
from softscale.methods.wording import WordingConfig
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job
from softscale.runs.recorded_study import study_of as study_of_record
from softscale.sources.miniature import MiniatureConfig
from softscale.tasks import Example
from softscale.training.run import run
from softscale.world.records import records

PLAIN = WordingConfig(name="plain", task=None, template="{{ input }}")
CLAIM = WordingConfig(
    name="claim",
    task="rte",
    template="{{ premise }} does {{ hypothesis.replace(' has ', ' have ').rstrip('.') }} ?",
    verbaliser={"entailment": "True .", "not_entailment": "False ."},
)
STORY = replace(CLAIM, instruction="a story.")


def design_of(folder: Path, wording: WordingConfig = CLAIM, shots: int = 0, seed: int = 0, **told: Any) -> Study:
    study = study_of(folder, seed=seed, steps=0, **told)
    study.method = PromptDesignConfig(name="prompt_design", shots=shots, wording=wording)
    return study


def examples_of(split: str, count: int = 40) -> list[Example]:
    rte = tasks.by_name("rte")
    return [example for record in records("rte", split, count, 0) for example in rte.examples(record, split)]


def worded(
    tokenizer: PreTrainedTokenizerFast, wording: WordingConfig = CLAIM, shots: int = 4, seed: int = 0, limit: int = 512
) -> tuple[Worded, list[str]]:
    """What is asked on 40 dev examples, and the notes."""
    notes: list[str] = []
    asking = Asking(
        task="rte",
        labels=tasks.by_name("rte").labels,
        train=lambda: examples_of("train"),
        dev=lambda: examples_of("dev"),
        tokenizer=tokenizer,
        limit=limit,
        seed=seed,
        notes=notes,
    )
    return PromptDesignConfig(name="prompt_design", shots=shots, wording=wording).reword(asking), notes


def lines_of(job: Job) -> list[dict[str, str]]:
    return [json.loads(line) for line in (job.folder / "predictions.jsonl").read_text().splitlines()]


def test_a_zero_shot_question_is_answered_as_the_same_text_typed(t5_folder: Path, tmp_path: Path) -> None:
    job = job_of(design_of(t5_folder), tmp_path)
    run(job)
    backbone = load(t5_folder)
    lines = lines_of(job)
    passage = "Emma has the spade in the station. David has the pear in the library."
    assert lines[0]["input"] == f"{passage} does Emma have a tool ?"
    for line in lines:
        tokens = torch.tensor([backbone.tokenizer(line["input"])["input_ids"]])
        (typed,) = backbone.generate(backbone.embed(tokens), torch.ones_like(tokens), job.study.task.target_length)
        assert line.get("written", line["prediction"]) == typed


def test_the_task_s_own_form_without_shots_is_the_untrained_model(t5_folder: Path, tmp_path: Path) -> None:
    designed, untrained = (
        job_of(design_of(t5_folder, PLAIN), tmp_path),
        job_of(study_of(t5_folder, "model_tuning", steps=0), tmp_path),
    )
    assert run(designed).curve == run(untrained).curve
    assert (designed.folder / "predictions.jsonl").read_bytes() == (untrained.folder / "predictions.jsonl").read_bytes()


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The top rung of the miniature on RTE, asked as in the last text that it has read."""
    study = design_of(ROOT / "models" / "mini_3")
    study.data = MiniatureConfig(name="miniature", seed=0, train_records=24, dev_records=60)
    job = job_of(study, tmp_path_factory.mktemp("answered"))
    run(job)
    return job


def test_words_are_turned_into_labels_before_they_are_scored_and_can_be_read_in_the_predictions(answered: Job) -> None:
    record, lines = run(answered), lines_of(answered)
    assert record.best["dev/accuracy"] >= 0.9  # the majority class is at 0.55
    assert record.predictions["illegal"] == 0
    assert {line["prediction"] for line in lines} == set(tasks.by_name("rte").labels)
    assert all(CLAIM.verbaliser[line["prediction"]] == line["written"] for line in lines)
    assert record.data["majority"] < 0.7  # of the task's labels, whatever words stand for them


def test_what_is_no_word_of_the_verbaliser_is_illegal_and_stays_as_it_was_written(
    answered: Job, tmp_path: Path
) -> None:
    other = replace(CLAIM, verbaliser={"entailment": "ball", "not_entailment": "kite"})
    study = replace(answered.study, method=PromptDesignConfig(name="prompt_design", shots=0, wording=other))
    job = job_of(study, tmp_path)
    record = run(job)
    assert record.predictions["illegal"] == record.predictions["count"] == 60
    assert record.best["dev/accuracy"] == 0
    assert {line["prediction"] for line in lines_of(job)} == {"True .", "False ."}
    assert not any("written" in line for line in lines_of(job))


def test_words_that_can_never_be_written_are_refused(answered: Job, tmp_path: Path) -> None:
    """Its tokenizer knows neither yes nor no, and of "True False" no more than one word fits."""
    other = replace(CLAIM, verbaliser={"entailment": "yes", "not_entailment": "no"})
    study = replace(answered.study, method=PromptDesignConfig(name="prompt_design", shots=0, wording=other))
    with pytest.raises(InputError, match=r"answer in method\.wording\.verbaliser 'yes'"):
        run(job_of(study, tmp_path))
    longer = replace(CLAIM, verbaliser={"entailment": "True False", "not_entailment": "False"})
    study = replace(answered.study, method=PromptDesignConfig(name="prompt_design", shots=0, wording=longer))
    with pytest.raises(InputError, match=r"task\.target_length=1 is not allowed"):
        run(job_of(replace(study, task=replace(study.task, target_length=1)), tmp_path))


def test_a_seed_draws_its_demonstrations_and_another_seed_others(tokenizer: PreTrainedTokenizerFast) -> None:
    first, again, other = (worded(tokenizer, seed=seed)[0] for seed in (0, 0, 1))
    assert first == again
    assert first.fixed != other.fixed


def test_fewer_shots_are_the_first_of_more(tokenizer: PreTrainedTokenizerFast) -> None:
    two, four = (worded(tokenizer, shots=shots)[0].fixed for shots in (2, 4))
    assert four[: len(two)] == two
    assert len(four) > len(two)


def test_every_dev_example_is_asked_after_the_same_solved_training_examples(tokenizer: PreTrainedTokenizerFast) -> None:
    made, notes = worded(tokenizer, STORY)
    solved = {f"{CLAIM.question(example)} {CLAIM.verbaliser[example.target]}" for example in examples_of("train")}
    asked = {CLAIM.question(example) for example in examples_of("dev")}
    fronts = {text.rpartition("\n\n")[0] for text in made.inputs}
    assert [text.rpartition("\n\n")[2] for text in made.inputs] == [CLAIM.question(each) for each in examples_of("dev")]
    (front,) = fronts
    instruction, *shown = front.split("\n\n")
    assert instruction == "a story."
    assert len(set(shown)) == 4
    assert set(shown) <= solved
    assert not any(text.startswith(question) for text in shown for question in asked)
    assert made.fixed == tokenizer(front, add_special_tokens=False)["input_ids"]
    assert notes == []


@pytest.mark.parametrize("limit", [1, 16, 33, 48, 66, 81, 200])
def test_demonstrations_are_dropped_whole_from_the_end_and_a_question_is_never_cut(
    limit: int, tokenizer: PreTrainedTokenizerFast
) -> None:
    whole = worded(tokenizer)[0]
    made, notes = worded(tokenizer, limit=limit)
    shown = whole.inputs[0].split("\n\n")[:-1]
    counts: Counter[int] = Counter()
    for text, full in zip(made.inputs, whole.inputs, strict=True):
        *kept, question = text.split("\n\n")
        assert question == full.split("\n\n")[-1]
        assert kept == shown[: len(kept)]
        assert len(tokenizer(text)["input_ids"]) <= limit or not kept
        if len(kept) < 4:  # one more would have been too many
            assert len(tokenizer(f"{shown[len(kept)]} {text}")["input_ids"]) > limit
        counts[len(kept)] += 1
    assert made.fixed == whole.fixed
    fewer = 40 - counts[4]
    told = f"{fewer} of 40 dev inputs have fewer than 4 demonstrations: more do not fit in {limit} tokens"
    assert notes == ([told] if fewer else [])


def test_nothing_trains_and_the_ids_of_the_fixed_text_are_stored_and_counted(t5_folder: Path, tmp_path: Path) -> None:
    job = job_of(design_of(t5_folder, STORY, shots=1), tmp_path)
    record = run(job)
    backbone = load(t5_folder)
    front = lines_of(job)[0]["input"].rpartition("\n\n")[0]
    ids = backbone.tokenizer(front, add_special_tokens=False)["input_ids"]
    assert record.parameters["trained"] == 0
    assert record.parameters["total"] == backbone.num_parameters()
    assert record.parameters["stored"] == len(ids) > 20
    stored = load_file(job.folder / "best.safetensors")
    assert {name: tensor.tolist() for name, tensor in stored.items()} == {"text": ids}
    assert record.backbone["before"] == record.backbone["after"]
    assert ([point["step"] for point in record.curve], record.last) == ([0], record.best)


def test_without_shots_and_instruction_nothing_is_stored(t5_folder: Path, tmp_path: Path) -> None:
    assert run(job_of(design_of(t5_folder), tmp_path)).parameters["stored"] == 0


def test_dropped_demonstrations_are_said_in_the_record(t5_folder: Path, tmp_path: Path) -> None:
    study = design_of(t5_folder, shots=6)
    record = run(job_of(study, tmp_path))
    assert record.notes == ["8 of 8 dev inputs have fewer than 6 demonstrations: more do not fit in 64 tokens"]


def test_what_is_stored_can_be_taken_over(backbone: Any) -> None:
    config = PromptDesignConfig(name="prompt_design", shots=0, wording=CLAIM)

    def built(ids: list[int]) -> Any:
        generator = torch.Generator().manual_seed(0)
        told = Worded(inputs=[], fixed=ids)
        return config.build(Context(backbone=backbone, words=(), generator=generator, notes=[], worded=told))

    method = built([3, 4])
    method.load(built([5, 6]).stored())
    assert method.stored()["text"].tolist() == [5, 6]
    with pytest.raises(ValueError, match="text"):
        method.load({"text": torch.tensor([1])})
    with pytest.raises(KeyError):
        method.load({"prompt": torch.tensor([1, 2])})


def test_a_trained_method_on_the_same_data_reads_the_task_s_own_form(t5_folder: Path, tmp_path: Path) -> None:
    designed, tuned = job_of(design_of(t5_folder), tmp_path), job_of(study_of(t5_folder, steps=1), tmp_path)
    for job in (designed, tuned):
        run(job)
    again = job_of(design_of(t5_folder, shots=1), tmp_path)
    run(again)
    assert all(line["input"].startswith("hypothesis: ") for line in lines_of(tuned))
    assert [len(line["input"].split("\n\n")) for line in lines_of(designed)] == [1] * 8
    assert [len(line["input"].split("\n\n")) for line in lines_of(again)] == [2] * 8
    targets = [[line["target"] for line in lines_of(job)] for job in (designed, tuned, again)]
    assert targets[0] == targets[1] == targets[2]


def test_a_done_design_is_not_scored_again(answered: Job) -> None:
    before = files_below(answered.folder)
    run(answered)
    assert files_below(answered.folder) == before
    assert before.keys() == {"record.json", "best.safetensors", "predictions.jsonl"}


@pytest.mark.slow
def test_a_kill_in_scoring_leaves_nothing_to_resume_and_scoring_starts_again(
    t5_folder: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    study = design_of(t5_folder)
    study.data = MiniatureConfig(name="miniature", seed=0, train_records=24, dev_records=400)
    job = job_of(study, tmp_path)
    process = processes.Process(target=run, args=(job,))
    process.start()
    while not job.folder.exists():  # it is made when scoring is about to start
        assert process.is_alive()
        time.sleep(0.005)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert job.state() == "to do"
    assert run(job).predictions["count"] == 400
    assert job.state() == "done"


@pytest.mark.parametrize(
    "change",
    [
        lambda method: replace(method, shots=1),
        lambda method: replace(method, wording=replace(CLAIM, template="{{ premise }}")),
        lambda method: replace(method, wording=replace(CLAIM, verbaliser={})),
        lambda method: replace(method, wording=STORY),
        lambda method: replace(method, wording=replace(CLAIM, separator=" ")),
    ],
)
def test_shots_and_every_part_of_a_wording_decide_the_id(
    change: Callable[[PromptDesignConfig], PromptDesignConfig], t5_folder: Path
) -> None:
    study = design_of(t5_folder)
    assert isinstance(study.method, PromptDesignConfig)
    assert fingerprint(replace(study, method=change(study.method))) != fingerprint(study)


def test_a_record_gives_its_study_back(answered: Job) -> None:
    methods.register()
    sources.register()
    assert study_of_record(json.loads(json.dumps(run(answered).study))) == answered.study


def test_more_shots_than_training_examples_are_refused(t5_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"method\.shots=25 is not allowed: there are only 24 training examples"):
        run(job_of(design_of(t5_folder, shots=25), tmp_path))
    assert not [path for path in tmp_path.glob("runs/*") if not path.name.startswith(".")]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("optim.steps=250", "method=prompt_design trains nothing: optim.steps=250 is not allowed, it must be 0"),
        ("method.shots=-1", "method.shots=-1 is not allowed: it must be 0 or more"),
        ("method.shots=two", "method.shots=two is not allowed: it must be of type integer"),
        ("method/wording=miniature/wic", "method.wording.task=wic is not allowed with task=rte: it must be rte"),
        ("method/wording=none", "method/wording=none is not known: it must be one of "),
        ("method/wording=miniature/none", "it must be one of plain, miniature/boolq, miniature/cb"),
        ("method.wording.template='{{ passage }}'", "method.wording.template names passage, which task=rte has not"),
    ],
)
def test_what_prompt_design_cannot_do_is_refused_before_weights_are_loaded(
    typed: str, message: str, t5_folder: Path, tmp_path: Path, refused: Callable[..., str]
) -> None:
    folder = shutil.copytree(t5_folder, tmp_path / "t5")
    (folder / "model.safetensors").write_bytes(b"no weights")
    design = ["method=prompt_design", "optim.steps=0", typed]
    assert message in refused("train", *overrides_of(folder, tmp_path, *design))
    assert not [path for path in tmp_path.glob("runs/*") if not path.name.startswith(".")]


@pytest.mark.parametrize("task", ["cb", "record"])
def test_real_examples_with_t5_s_own_pieces_fit_the_limit_or_stand_alone(task: str, tmp_path: Path) -> None:
    superglue, pieces = real("superglue"), real("t5/spiece.model")
    folder = tmp_path / "t5"
    config = t5_1_1_config(vocab_size=32128, d_model=16, d_ff=16, d_kv=8, num_heads=2, num_layers=1)
    build_t5_1_1(config).save_pretrained(folder)
    shutil.copy(pieces, folder)
    typed = [f"task={task}", "data=local", f"data.root={superglue}", "data.num_dev=24", "method.shots=3"]
    with hydra_session():
        study = single(["model=local", f"model.path={folder}", "method=prompt_design", *typed]).config.study()
    study = replace(study, model=model_of(folder), task=replace(study.task, target_length=2))
    job = job_of(study, tmp_path)
    record = run(job)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = [line["input"] for line in lines_of(job)]
    assert len(inputs) == 24
    for text in inputs:
        assert text.endswith("answer:")
        assert len(tokenizer(text)["input_ids"]) <= 512 or len(text.split("\n\n")) == 1
    fewer = sum(text.count("answer: ") < 3 for text in inputs)
    assert any(note.startswith(f"{fewer} of 24 dev inputs") for note in record.notes) or not fewer
