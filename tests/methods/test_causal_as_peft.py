"""On the same weights a causal model answers as it does under PEFT: equal logits, fp32, within 1e-5 (rtol 1e-4).

PEFT reads one text after the other, without padding, by transformers' own attention and norms; softscale reads them as
one padded batch.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from adapted import BATCH, INIT, PREFIX, logits_of
from tiny import load
from tiny_causal import SHAPES, save_causal
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.backbone.padding import IGNORED
from softscale.config import MethodConfig
from softscale.methods.ia3 import IA3Config
from softscale.methods.lora import LoRAConfig
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.methods.prefix_tuning import PrefixTuningConfig
from softscale.methods.prompt_tuning import PromptTuningConfig

TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
WRITING: dict[str, Any] = {**PREFIX, "encoder": False, "decoder": True, "cross": False}
# Llama with keys and values of its own for every head, which together are as wide as the model.
PLAIN_LLAMA = {"num_kv_heads": 4, "d_kv": 4}
HELD = ("llama", "gpt_neox")
Weights = Mapping[str, Tensor]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("causal")
    made = {family: save_causal(family, place / family, tokenizer) for family in SHAPES}
    return {**made, "plain_llama": save_causal("llama", place / "plain_llama", tokenizer, **PLAIN_LLAMA)}


def trained(config: MethodConfig, backbone: Backbone) -> Method:
    """A method as it may be after some training: moved from where it starts."""
    generator = torch.Generator().manual_seed(0)
    method = config.build(Context(backbone=backbone, words=(), generator=generator, notes=[]))
    with torch.no_grad():
        for param in method.trainable().values():
            param += 0.3 * torch.randn(param.shape, generator=generator)
    return method.eval()


def in_peft(folder: Path, config: peft.PeftConfig, weights: Callable[[Weights], Weights]) -> peft.PeftModel:
    """PEFT's own model of that configuration; `weights` names those that it gets, seeing what it has."""
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), config).eval()
    own = {name: param for name, param in model.named_parameters() if param.requires_grad}
    given = weights(own)
    assert given.keys() == own.keys()
    with torch.no_grad():
        for name, param in own.items():
            param.copy_(given[name].reshape(param.shape))
    return model


@torch.no_grad()
def assert_equal_logits(model: peft.PeftModel, backbone: Backbone, method: Method) -> None:
    """Of the targets of BATCH, each read behind its own input."""
    own = logits_of(backbone, method)
    for row, (tokens, mask, labels) in enumerate(zip(BATCH.tokens, BATCH.mask, BATCH.labels, strict=True)):
        read, written = tokens[mask == 1], labels[labels != IGNORED]
        text = torch.cat([read, written])[None]
        seen = model(input_ids=text, attention_mask=torch.ones_like(text)).logits[0, -len(written) - 1 : -1]
        torch.testing.assert_close(own[row, : len(written)], seen, **TOLERANCE)


@pytest.mark.parametrize("family", SHAPES)
def test_prompt_tuning(family: str, folders: dict[str, Path]) -> None:
    backbone = load(folders[family])
    method = trained(PromptTuningConfig(name="prompt_tuning", length=4, init=INIT), backbone)
    config = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    model = in_peft(folders[family], config, lambda own: dict.fromkeys(own, method.stored()["prompt"]))
    assert_equal_logits(model, backbone, method)


def prefix_config(family: str, **others: Any) -> peft.PrefixTuningConfig:
    """As PEFT finds it by itself; but of Llama's heads of any width it knows only once it is told."""
    told = {"num_attention_heads": 2, "token_dim": 2 * 6, "num_layers": 2} if family == "llama" else {}
    return peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3, **told, **others)


@pytest.mark.parametrize("family", HELD)
def test_prefix_tuning_whose_text_begins_behind_the_prefix(family: str, folders: dict[str, Path]) -> None:
    backbone = load(folders[family])
    method = trained(PrefixTuningConfig(**WRITING, hidden=None), backbone)
    values = method.stored()["decoder.values"].permute(2, 0, 1, 3)  # [P, L, 2, A]
    model = in_peft(folders[family], prefix_config(family), lambda own: dict.fromkeys(own, values))
    assert_equal_logits(model, backbone, method)


@pytest.mark.parametrize("family", ["plain_llama", "gpt_neox"])
def test_prefix_tuning_through_an_mlp(family: str, folders: dict[str, Path]) -> None:
    """PEFT's projection is this MLP where keys are as wide as the model; elsewhere its table has the keys' width."""
    backbone = load(folders[family])
    method = trained(PrefixTuningConfig(**WRITING, hidden=5), backbone)
    own = {name.rpartition(".")[2]: param for name, param in method.trainable().items()}
    places = {"embedding.weight": "table"}
    for layer, ours in (("0", "1"), ("2", "2")):
        places |= {f"transform.{layer}.weight": f"w{ours}", f"transform.{layer}.bias": f"b{ours}"}
    given = {f"prompt_encoder.default.{theirs}": own[ours] for theirs, ours in places.items()}
    config = prefix_config(family, prefix_projection=True, encoder_hidden_size=5)
    assert_equal_logits(in_peft(folders[family], config, lambda _: given), backbone, method)


@pytest.mark.parametrize("family", SHAPES)
def test_lora_of_the_maps_that_peft_takes_by_itself(family: str, folders: dict[str, Path]) -> None:
    backbone = load(folders[family])
    told: dict[str, Any] = {"name": "lora", "rank": 2, "alpha": 4, "dropout": 0.0}
    method = trained(LoRAConfig(**told, targets=["q", "v"]), backbone)
    given = {f"base_model.model.{name}.default.weight": factor for name, factor in method.stored().items()}
    config = peft.LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=4)
    assert_equal_logits(in_peft(folders[family], config, lambda _: given), backbone, method)


@pytest.mark.parametrize("family", SHAPES)
def test_ia3_of_the_maps_that_peft_takes_by_itself(family: str, folders: dict[str, Path]) -> None:
    backbone = load(folders[family])
    method = trained(IA3Config(name="ia3"), backbone)
    given = {f"base_model.model.{name}.ia3_l.default": scale for name, scale in method.stored().items()}
    model = in_peft(folders[family], peft.IA3Config(task_type="CAUSAL_LM"), lambda _: given)
    assert_equal_logits(model, backbone, method)
