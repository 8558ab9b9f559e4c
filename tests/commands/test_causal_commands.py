"""What is done with finished runs is done with those on causal models too, or refused in one sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from byte_pairs import byte_pair_tokenizer, save_gguf
from tiny import job_of, study_of
from tiny_causal import SHAPES, causal_of, save_causal
from transformers import PreTrainedTokenizerFast

from softscale.backbone.load import load_tokenizer
from softscale.backbone.text import input_ids, text_ids, written_ids
from softscale.cli import main
from softscale.commands.skill_card import skill_card
from softscale.config import MethodConfig, ModelConfig
from softscale.finished.run import finished
from softscale.methods.init.class_labels import ClassLabels
from softscale.methods.lora import LoRAConfig
from softscale.methods.method import Context
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.job import Job
from softscale.training.run import run
from softscale.world.records import records
from softscale.world.skills import SKILLS

LORA = LoRAConfig(name="lora", rank=2, alpha=4, dropout=0.0, targets=["q", "v"])


def prompt(length: int) -> PromptTuningConfig:
    init = ClassLabels(name="class_labels", population=100)
    return PromptTuningConfig(name="prompt_tuning", length=length, init=init)


def trained(folder: Path, place: Path, method: MethodConfig, task: str = "rte") -> Job:
    study = study_of(folder, task=task, steps=4, lr=0.5)
    study.method = method
    job = job_of(study, place)
    run(job)
    return job


@pytest.fixture(scope="module", params=sorted(SHAPES))
def folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast
) -> Path:
    return save_causal(request.param, tmp_path_factory.mktemp(request.param), tokenizer)


def test_answers_of_a_run_of_lora_are_those_that_were_scored(folder: Path, tmp_path: Path) -> None:
    job = trained(folder, tmp_path, LORA)
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in records("rte", "dev", 8, 0)))
    known = [f"run={job.id}", f"runtime.runs={tmp_path}/runs"]
    with pytest.raises(SystemExit) as ended:
        main(["predict", *known, f"input={tmp_path}/asked.jsonl", f"to={tmp_path}/to.jsonl"])
    assert ended.value.code == 0
    answers = [json.loads(line)["prediction"] for line in (tmp_path / "to.jsonl").read_text().splitlines()]
    scored = [json.loads(line) for line in (job.folder / "predictions.jsonl").read_text().splitlines()]
    assert answers == [row["prediction"] for row in scored]


def test_label_words_are_those_that_are_written_with_the_space_in_front(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save_causal("llama", tmp_path / "llama", byte_pair_tokenizer())
    backbone = causal_of(folder)
    pieces = text_ids(backbone.tokenizer, [" calm"])[0]
    assert written_ids(backbone.tokenizer, ["calm"])[0] == pieces != text_ids(backbone.tokenizer, ["calm"])[0]
    generator = torch.Generator().manual_seed(0)
    context = Context(backbone=backbone, words=["calm"], generator=generator, notes=[])
    first = prompt(1).build(context).prompt[0]
    assert first.tolist() == pytest.approx(backbone.embeddings[pieces].float().mean(0).tolist())


def test_a_prompt_is_shown_in_the_vocabulary(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = trained(folder, tmp_path, prompt(3))
    with pytest.raises(SystemExit) as ended:
        main(["inspect", f"run={job.id}", f"runtime.runs={tmp_path}/runs"])
    assert ended.value.code == 0
    assert "label word `entailment`: near" in capsys.readouterr().out
    assert finished(job.id, tmp_path / "runs").tensors["prompt"].shape == (3, 16)


def test_a_skill_card_asks_a_causal_model_without_an_end_behind_the_question(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    folder = save_causal("llama", tmp_path / "llama", tokenizer, context=1024)
    config = ModelConfig(name="local", source="folder", path=str(folder), dtype="fp32", joiner="")
    pieces = load_tokenizer(config)
    assert tokenizer("a b")["input_ids"][-1] == tokenizer.eos_token_id  # as T5 is asked
    assert input_ids(pieces, ["a b"]) == text_ids(pieces, ["a b"])
    rows = skill_card(config, 3)
    assert len(rows) == len(SKILLS)
    assert {row["count"] for row in rows} == {3}


def test_what_is_of_t5_or_of_the_ladder_only_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    file = save_gguf(tmp_path)
    (tmp_path / "text.txt").write_text("some text\n")
    typed = ["model=local", f"model.path={file}", f"text={tmp_path}/text.txt", "objective=lm", "steps=1"]
    told = refused("pretrain", *typed, f"to={tmp_path}/to")
    assert told == "model=local is not allowed: pretrain goes on with a T5, and it is none"
    told = refused("skills", "model=smollm2_135m_instruct")
    assert told == "model=smollm2_135m_instruct is not allowed: skill cards are of the miniature ladder"
