"""What a causal model was taught goes to PEFT and comes back with equal logits, fp32, within 1e-5 (rtol 1e-4)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from adapted import INIT, MAPS
from peft import AutoPeftModelForCausalLM, PeftConfig
from tiny import METHODS, job_of, study_of
from tiny_causal import SHAPES, causal_of, save_causal
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.cli import main
from softscale.config import MethodConfig
from softscale.errors import InputError
from softscale.formats.tensors import load_checkpoint
from softscale.methods.bitfit import BitFitConfig
from softscale.methods.ia3 import IA3Config
from softscale.methods.init.from_file import FromFile
from softscale.methods.lora import LoRAConfig
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.methods.per_layer_prompts import PerLayerPromptsConfig
from softscale.methods.prefix_tuning import PrefixTuningConfig
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job
from softscale.training.run import run

TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
PREFIX: dict[str, Any] = {"name": "prefix_tuning", "length": 3, "encoder": False, "decoder": True, "cross": False}
EVERY: dict[str, MethodConfig] = {
    **METHODS,
    "prefix_tuning": PrefixTuningConfig(**PREFIX, hidden=None, population=100),
    "prefix_tuning_mlp": PrefixTuningConfig(**PREFIX, hidden=5, population=100),
    "lora": LoRAConfig(name="lora", rank=2, alpha=4, dropout=0.0, targets=MAPS),
    "ia3": IA3Config(name="ia3"),
    "bitfit": BitFitConfig(name="bitfit"),
    "per_layer_prompts": PerLayerPromptsConfig(name="per_layer_prompts", length=3, init=INIT),
}
HELD = ["prompt_tuning", "prefix_tuning", "prefix_tuning_mlp", "lora", "ia3"]
TOKENS = torch.tensor([[7, 8, 9, 10, 11], [30, 31, 32, 33, 34]])


@pytest.fixture(scope="module", params=sorted(SHAPES))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokenizer) -> Path:
    return save_causal(request.param, tmp_path_factory.mktemp(request.param) / request.param, tokenizer)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    return save_causal("llama", tmp_path_factory.mktemp("llama") / "llama", tokenizer)


def finished(name: str, folder: Path, place: Path, lr: float = 0.5) -> Job:
    study = study_of(folder, steps=2, lr=lr)
    study.method = EVERY[name]
    job = job_of(study, place)
    run(job)
    return job


def export(job: Job, form: str, to: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", f"run={job.id}", f"format={form}", f"to={to}", f"runtime.runs={job.runtime.runs}"])
    assert ended.value.code == 0


def context_of(backbone: Backbone) -> Context:
    return Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])


@torch.no_grad()
def logits_of(backbone: Backbone, method: Method) -> Tensor:
    """Of the text alone, by softscale."""
    with method.attach(backbone):
        embedded, mask = method.join(backbone.embed(TOKENS), torch.ones_like(TOKENS))
        return backbone.head(backbone.hidden(embedded, mask))[:, -TOKENS.shape[1] :]  # type: ignore[attr-defined]


def stored_logits(job: Job, folder: Path) -> Tensor:
    backbone = causal_of(folder)
    method = job.study.method.build(context_of(backbone))
    method.load(load_checkpoint(job.folder / "best.safetensors")[0])
    return logits_of(backbone, method.eval())


@torch.no_grad()
def peft_logits(adapter: Path, folder: Path) -> Tensor:
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = peft.PeftModel.from_pretrained(plain, str(adapter)).eval()
    return model(input_ids=TOKENS, attention_mask=torch.ones_like(TOKENS)).logits[:, -TOKENS.shape[1] :]


@pytest.mark.parametrize("name", HELD)
def test_an_exported_run_gives_the_same_outputs_in_peft(name: str, folder: Path, tmp_path: Path) -> None:
    if folder.name == "bloom" and name.startswith("prefix"):
        pytest.skip("BLOOM's attention can hold no prefix")
    job = finished(name, folder, tmp_path)
    export(job, "peft", tmp_path / "adapter")
    untouched = AutoModelForCausalLM.from_pretrained(folder)(input_ids=TOKENS).logits
    found = peft_logits(tmp_path / "adapter", folder)
    torch.testing.assert_close(found, stored_logits(job, folder), **TOLERANCE)
    assert not torch.allclose(found, untouched, rtol=0.01, atol=0.01)


def test_peft_finds_the_model_of_an_exported_prefix(llama: Path, tmp_path: Path) -> None:
    """Forward only: `generate` of peft 0.21.2 passes its prefix by a name that transformers 5.24 leaves unread."""
    job = finished("prefix_tuning", llama, tmp_path)
    export(job, "peft", tmp_path / "adapter")
    config = PeftConfig.from_pretrained(str(tmp_path / "adapter"))
    assert (config.task_type, config.base_model_name_or_path) == ("CAUSAL_LM", str(llama))
    model = AutoPeftModelForCausalLM.from_pretrained(str(tmp_path / "adapter"), dtype=torch.float32).eval()
    with torch.no_grad():
        logits = model(input_ids=TOKENS, attention_mask=torch.ones_like(TOKENS)).logits
    torch.testing.assert_close(logits, stored_logits(job, llama), **TOLERANCE)


def test_a_prompt_of_peft_s_comes_back(folder: Path, tmp_path: Path) -> None:
    config = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(folder), config).save_pretrained(str(tmp_path))
    backbone = causal_of(folder)
    context = context_of(backbone)
    init = FromFile(name="from_file", path=str(tmp_path))
    method = PromptTuningConfig(name="prompt_tuning", length=4, init=init).build(context)
    assert not context.notes
    torch.testing.assert_close(logits_of(backbone, method), peft_logits(tmp_path, folder), **TOLERANCE)


def test_a_lora_of_peft_s_comes_back(folder: Path, tmp_path: Path) -> None:
    own = causal_of(folder).family.own_names(["q", "wo"])
    config = peft.LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=4, target_modules=own, init_lora_weights=False)
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(folder), config).save_pretrained(str(tmp_path))
    told: dict[str, Any] = {"name": "lora", "rank": 2, "alpha": 4, "dropout": 0.0, "start": str(tmp_path)}
    backbone = causal_of(folder)
    for targets in (["q", "wo"], own):  # by their roles, and by the model's own names
        method = LoRAConfig(**told, targets=targets).build(context_of(backbone))
        torch.testing.assert_close(logits_of(backbone, method), peft_logits(tmp_path, folder), **TOLERANCE)


@pytest.mark.parametrize("projection", [False, True])
def test_a_prefix_of_peft_s_comes_back(projection: bool, folder: Path, tmp_path: Path) -> None:
    if folder.name == "bloom":
        pytest.skip("BLOOM's attention can hold no prefix")
    backbone = causal_of(folder)
    config = peft.PrefixTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=3,
        token_dim=backbone.keys_width,
        num_attention_heads=2,
        prefix_projection=projection,
        encoder_hidden_size=5,
    )
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(folder), config).save_pretrained(str(tmp_path))
    told: dict[str, Any] = PREFIX | {"population": 100, "start": str(tmp_path)}
    method = PrefixTuningConfig(**told, hidden=None).build(context_of(backbone))
    torch.testing.assert_close(logits_of(backbone, method), peft_logits(tmp_path, folder), **TOLERANCE)
    with pytest.raises(InputError, match=r"^method.length=4 is not allowed: .* has method.length=3$"):
        replace(PrefixTuningConfig(**told, hidden=None), length=4).find(tmp_path)
    with pytest.raises(InputError, match=r"^method.hidden=5 is not allowed with method.start=.*: it must be null$"):
        PrefixTuningConfig(**told, hidden=5).check()


def test_an_ia3_of_peft_s_comes_back(folder: Path, tmp_path: Path) -> None:
    backbone = causal_of(folder)
    outer, inner = backbone.family.own_names(["k", "v"]), backbone.family.own_names(["wo"])
    told: dict[str, Any] = {"task_type": "CAUSAL_LM", "target_modules": [*outer, *inner], "init_ia3_weights": False}

    def save(feed_forward: list[str], to: Path) -> MethodConfig:
        model = peft.get_peft_model(
            AutoModelForCausalLM.from_pretrained(folder), peft.IA3Config(**told, feedforward_modules=feed_forward)
        )
        for name, weight in model.named_parameters():
            if "ia3_l" in name:
                torch.nn.init.normal_(weight, 1.0, 0.5)
        model.save_pretrained(str(to))
        return IA3Config(name="ia3", start=str(to))

    method = save(inner, tmp_path / "peft").build(context_of(backbone))
    torch.testing.assert_close(logits_of(backbone, method), peft_logits(tmp_path / "peft", folder), **TOLERANCE)
    with pytest.raises(InputError, match="rescales other sides of"):
        save([*outer, *inner], tmp_path / "other").build(context_of(backbone))


@pytest.mark.parametrize("name", ["prefix_tuning", "ia3", "lora"])
def test_what_a_run_trained_is_where_another_run_starts(name: str, llama: Path, tmp_path: Path) -> None:
    job = finished(name, llama, tmp_path)
    again = replace(EVERY[name], start=str(job.folder))
    again.find(tmp_path)
    backbone = causal_of(llama)
    assert torch.equal(logits_of(backbone, again.build(context_of(backbone)).eval()), stored_logits(job, llama))
    study = replace(job.study, method=again)
    assert fingerprint(study) != job.id
    assert fingerprint(replace(study, method=EVERY[name])) == job.id


@pytest.mark.parametrize("name", ["prefix_tuning", "ia3"])
def test_a_start_that_cannot_be_is_refused(name: str, llama: Path, tmp_path: Path, tokenizer) -> None:
    with pytest.raises(InputError, match=r"^method.start=.*nowhere is not allowed: it must be the folder of a run, or"):
        replace(EVERY[name], start=str(tmp_path / "nowhere")).find(tmp_path)
    wider = save_causal("llama", tmp_path / "wider", tokenizer, d_kv=8, d_ff=32)
    job = finished(name, wider, tmp_path)
    with pytest.raises(InputError, match="does not fit this backbone and method"):
        replace(EVERY[name], start=str(job.folder)).build(context_of(causal_of(llama)))


@pytest.mark.parametrize("name", ["lora", "ia3", "bitfit", "model_tuning"])
def test_merged_weights_give_the_outputs_of_the_unmerged_ones(name: str, folder: Path, tmp_path: Path) -> None:
    if folder.name == "llama" and name == "bitfit":
        pytest.skip("Llama has no biases")
    job = finished(name, folder, tmp_path, lr=0.1)
    export(job, "model", tmp_path / "merged")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(model(input_ids=TOKENS).logits, stored_logits(job, folder), **TOLERANCE)
    again = causal_of(tmp_path / "merged")
    mask = torch.ones_like(TOKENS)
    backbone = causal_of(folder)
    method = job.study.method.build(context_of(backbone))
    method.load(load_checkpoint(job.folder / "best.safetensors")[0])
    with method.eval().attach(backbone):
        written = backbone.generate(backbone.embed(TOKENS), mask, 6)
    assert again.generate(again.embed(TOKENS), mask, 6) == written


@pytest.mark.parametrize(
    ("name", "form", "sentence"),
    [
        ("bitfit", "peft", "PEFT cannot hold this run: it has no method that adds biases to linear maps"),
        ("per_layer_prompts", "peft", "PEFT cannot hold this run: it has no prompts in front of each layer"),
        ("model_tuning", "peft", "PEFT cannot hold this run: every weight was trained; export it with format=model"),
        ("bitfit", "model", "BitFit cannot become weights of this model: its linear maps have no biases"),
        ("prefix_tuning", "model", "cannot become weights of a model"),
    ],
)
def test_what_a_form_cannot_hold_is_said_in_one_sentence(
    name: str, form: str, sentence: str, llama: Path, refused: Callable[..., str], tmp_path: Path
) -> None:
    job = finished(name, llama, tmp_path)
    to = tmp_path / "to"
    told = refused("export", f"run={job.id}", f"format={form}", f"to={to}", f"runtime.runs={job.runtime.runs}")
    assert sentence in told
    assert not to.exists()
