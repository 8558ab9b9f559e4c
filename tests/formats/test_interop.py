"""Prompts and adapters go to PEFT and come back: the same backbone gives the same logits, fp32, within 1e-5."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from adapted import BATCH, EVERY, SHAPE, built, logits_of
from peft import AutoPeftModelForSeq2SeqLM, PeftConfig
from tiny import job_of, load, save_t5_1_1, study_of
from torch import Tensor
from transformers import PreTrainedTokenizerFast, T5ForConditionalGeneration

from softscale.backbone.backbone import Backbone
from softscale.backbone.folder import location
from softscale.cli import main
from softscale.config import ROOT, MethodConfig, ModelConfig
from softscale.errors import InputError
from softscale.formats.peft import Base, read_lora, read_prompt, write_ia3, write_lora, write_prompt
from softscale.formats.tensors import load_checkpoint
from softscale.methods.init.from_file import FromFile
from softscale.methods.lora import LoRAConfig
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.job import Job
from softscale.training.run import run

TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    return save_t5_1_1(tmp_path_factory.mktemp("small") / "small", tokenizer, **SHAPE)


@pytest.fixture
def backbone(folder: Path) -> Backbone:
    return load(folder)


def peft_logits(adapter: Path, folder: Path) -> Tensor:
    model = peft.PeftModel.from_pretrained(load(folder).model, str(adapter)).eval()
    with torch.no_grad():
        labels = BATCH.labels.clamp(min=0)
        return model(input_ids=BATCH.tokens, attention_mask=BATCH.mask, labels=labels).logits


def finished(place: Path, folder: Path, method: MethodConfig, **optim: Any) -> Job:
    """A run of a few steps of the command that users type."""
    study = study_of(folder, steps=2, **optim)
    study.method = method
    job = job_of(study, place)
    run(job)
    return job


def export(job: Job, form: str, to: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", f"run={job.id}", f"format={form}", f"to={to}", f"runtime.runs={job.runtime.runs}"])
    assert ended.value.code == 0


def stored_logits(job: Job, folder: Path) -> Tensor:
    """Logits of a finished run by softscale itself."""
    backbone = load(folder)
    context = Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])
    method = job.study.method.build(context)
    method.load(load_checkpoint(job.folder / "best.safetensors")[0])
    return logits_of(backbone, method.eval())


@pytest.mark.parametrize("name", ["prompt_tuning", "lora", "ia3"])
def test_logits_equal_peft_s_on_the_same_weights(name: str, folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    method = built(name, backbone)
    base = Base(path=str(folder), task="SEQ_2_SEQ_LM")
    write: dict[str, Callable[[Method], None]] = {
        "prompt_tuning": lambda m: write_prompt(tmp_path, m.stored()["prompt"], base),
        "lora": lambda m: write_lora(tmp_path, m.stored(), 2, 4, base),
        "ia3": lambda m: write_ia3(tmp_path, m.stored(), ["wo"], base),
    }
    write[name](method)
    torch.testing.assert_close(peft_logits(tmp_path, folder), logits_of(backbone, method), **TOLERANCE)
    assert not torch.allclose(logits_of(backbone, method), logits_of(backbone, built(name, backbone, seed=1)))


@pytest.mark.parametrize("name", ["prompt_tuning", "lora", "ia3"])
def test_an_exported_run_gives_the_same_outputs_in_peft(name: str, folder: Path, tmp_path: Path) -> None:
    job = finished(tmp_path, folder, EVERY[name], lr=0.5)
    export(job, "peft", tmp_path / "adapter")
    torch.testing.assert_close(peft_logits(tmp_path / "adapter", folder), stored_logits(job, folder), **TOLERANCE)


@pytest.mark.parametrize("name", ["lora", "ia3", "model_tuning"])
def test_merged_weights_give_the_outputs_of_the_unmerged_ones(name: str, folder: Path, tmp_path: Path) -> None:
    job = finished(tmp_path, folder, EVERY[name], lr=0.1)
    export(job, "model", tmp_path / "merged")
    merged = load(tmp_path / "merged")
    with torch.no_grad():
        labels = BATCH.labels.clamp(min=0)
        logits = merged.model(input_ids=BATCH.tokens, attention_mask=BATCH.mask, labels=labels).logits
    torch.testing.assert_close(logits, stored_logits(job, folder), **TOLERANCE)
    assert T5ForConditionalGeneration.from_pretrained(tmp_path / "merged").config.d_model == SHAPE["d_model"]


UNEXPORTABLE = [
    ("prefix_tuning", "peft", "PEFT cannot hold this run: its prefix tuning reaches the decoder's self-attention only"),
    ("per_layer_prompts", "peft", "PEFT cannot hold this run"),
    ("bitfit", "peft", "PEFT cannot hold this run"),
    ("model_tuning", "peft", "export it with format=model"),
    ("prefix_tuning", "model", "cannot become weights of a model"),
    ("prompt_tuning", "model", "cannot become weights of a model"),
    ("lora", "npy", "format=npy is a prompt's, and this run is of lora"),
    ("prompt_tuning", "gguf", "format=gguf is not allowed: it must be one of peft, npy, model"),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> dict[str, Job]:
    place = tmp_path_factory.mktemp("runs")
    return {name: finished(place, folder, EVERY[name]) for name in {name for name, _, _ in UNEXPORTABLE}}


@pytest.mark.parametrize(("name", "form", "sentence"), UNEXPORTABLE)
def test_what_a_form_cannot_hold_is_said_in_one_sentence(
    name: str, form: str, sentence: str, runs: dict[str, Job], refused: Callable[..., str], tmp_path: Path
) -> None:
    job, to = runs[name], tmp_path / "to"
    told = refused("export", f"run={job.id}", f"format={form}", f"to={to}", f"runtime.runs={job.runtime.runs}")
    assert sentence in told
    assert not to.exists()


def test_wrong_places_of_an_export_are_refused(
    runs: dict[str, Job], refused: Callable[..., str], tmp_path: Path
) -> None:
    job = runs["prompt_tuning"]
    known = [f"run={job.id}", f"runtime.runs={job.runtime.runs}", "format=npy"]
    assert "to has no value" in refused("export", *known)
    assert "FILE.npy" in refused("export", *known, f"to={tmp_path}/prompt")
    assert "no finished run" in refused(
        "export", "run=nope", "format=npy", "to=p.npy", f"runtime.runs={job.runtime.runs}"
    )
    assert "is not an option of export" in refused("export", "model=mini_1")
    (tmp_path / "there.npy").write_text("mine")
    assert "exists already" in refused("export", *known, f"to={tmp_path}/there.npy")
    assert (tmp_path / "there.npy").read_text() == "mine"


def context_of(backbone: Backbone) -> Context:
    return Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])


def test_peft_stores_twice_the_rows_of_a_prompt_and_only_the_used_ones_are_read(folder: Path, tmp_path: Path) -> None:
    config = peft.PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=4)
    model = peft.get_peft_model(load(folder).model, config)
    rows = model.get_prompt_embedding_to_save("default")
    assert len(rows) == 8
    model.save_pretrained(str(tmp_path))
    backbone = load(folder)
    context = context_of(backbone)
    method = PromptTuningConfig(
        name="prompt_tuning", length=4, init=FromFile(name="from_file", path=str(tmp_path))
    ).build(context)
    assert torch.equal(method.prompt, rows[:4].cpu())
    assert any("stores 8 rows for 4 virtual tokens" in note for note in context.notes)
    torch.testing.assert_close(logits_of(backbone, method), peft_logits(tmp_path, folder), **TOLERANCE)


def test_a_lora_of_peft_s_can_be_started_from(folder: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    config = peft.LoraConfig(
        task_type="SEQ_2_SEQ_LM", r=2, lora_alpha=4, target_modules=["q", "wi_1"], init_lora_weights=False
    )
    peft.get_peft_model(load(folder).model, config).save_pretrained(str(tmp_path / "peft"))
    told: dict[str, Any] = {"name": "lora", "alpha": 4, "dropout": 0.0, "start": str(tmp_path / "peft")}
    backbone = load(folder)
    method = LoRAConfig(**told, rank=2, targets=["q", "wi_1"]).build(context_of(backbone))
    torch.testing.assert_close(logits_of(backbone, method), peft_logits(tmp_path / "peft", folder), **TOLERANCE)
    study = study_of(folder, steps=0)
    study.method = LoRAConfig(**told, rank=2, targets=["q", "wi_1"])
    assert run(job_of(study, tmp_path)).last["step"] == 0  # scored as it is


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"rank": 3}, ["method.rank=3 is not allowed", "method.rank=2"]),
        ({"alpha": 1}, ["method.alpha=1 is not allowed", "method.alpha=4"]),
        ({"targets": ["q"]}, ["does not fit this backbone and method"]),
    ],
)
def test_a_lora_that_does_not_fit_is_refused(
    change: dict[str, Any], parts: list[str], folder: Path, tmp_path: Path
) -> None:
    config = peft.LoraConfig(task_type="SEQ_2_SEQ_LM", r=2, lora_alpha=4, target_modules=["q", "wi_1"])
    peft.get_peft_model(load(folder).model, config).save_pretrained(str(tmp_path / "peft"))
    told: dict[str, Any] = {"name": "lora", "rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["q", "wi_1"]}
    study = study_of(folder)
    study.method = LoRAConfig(**(told | change), start=str(tmp_path / "peft"))
    with pytest.raises(InputError) as refusal:
        run(job_of(study, tmp_path))
    assert all(part in str(refusal.value) for part in parts)


def test_dora_is_not_read_as_lora(folder: Path, tmp_path: Path) -> None:
    config = peft.LoraConfig(task_type="SEQ_2_SEQ_LM", r=2, target_modules=["q"], use_dora=True)
    peft.get_peft_model(load(folder).model, config).save_pretrained(str(tmp_path))
    with pytest.raises(InputError, match="sets use_dora, which softscale's LoRA does not have"):
        read_lora(tmp_path)
    with pytest.raises(InputError, match="adapter of type LORA, but it must be PROMPT_TUNING"):
        read_prompt(tmp_path, [])


@pytest.mark.parametrize("name", ["prompt_tuning", "lora", "ia3"])
def test_peft_loads_an_exported_adapter_with_its_model_from_any_folder(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that was named by a relative path is found from elsewhere."""
    monkeypatch.chdir(folder.parent)
    job = finished(tmp_path, Path(folder.name), EVERY[name], lr=0.5)
    export(job, "peft", tmp_path / "adapter")
    monkeypatch.chdir(tmp_path)
    assert PeftConfig.from_pretrained("adapter").base_model_name_or_path == str(folder)
    loaded = AutoPeftModelForSeq2SeqLM.from_pretrained("adapter")
    assert type(loaded.get_base_model()) is T5ForConditionalGeneration


def test_an_adapter_of_a_miniature_names_its_folder(tmp_path: Path) -> None:
    mini_1 = ModelConfig(name="mini_1", source="miniature", path="models/mini_1", revision="c8f590ac4acd", dtype="fp32")
    assert location(mini_1) == str(ROOT / "models" / "mini_1")
    xxl = ModelConfig(name="t5_xxl_lm", source="hub", path="google/t5-xxl-lm-adapt", revision="main", dtype="bf16")
    assert location(xxl) == "google/t5-xxl-lm-adapt"


def test_an_export_that_was_ended_midway_begins_anew(runs: dict[str, Job], tmp_path: Path) -> None:
    to = tmp_path / "merged"
    to.mkdir()
    (to / ".unfinished").touch()
    (to / "half.safetensors").write_bytes(b"half")
    export(runs["model_tuning"], "model", to)
    assert {"config.json", "model.safetensors"} < {path.name for path in to.iterdir()}
    assert not [name for name in (".unfinished", "half.safetensors") if (to / name).exists()]
