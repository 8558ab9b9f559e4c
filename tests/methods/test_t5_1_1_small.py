"""On the shape of T5 1.1 Small, whose heads x d_kv (6 x 64) is not its width (512), every method trains and writes."""

from pathlib import Path

import peft
import pytest
import torch
from adapted import BATCH, EVERY, built
from tiny import OPTIM, load, save_t5_1_1
from transformers import PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.config import OptimConfig
from softscale.training.tuning import Tuning

SMALL = {"d_model": 512, "d_ff": 1024, "d_kv": 64, "num_heads": 6, "num_layers": 2}  # of 8 layers, for time


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    return save_t5_1_1(tmp_path_factory.mktemp("t5_1_1_small") / "small", tokenizer, **SMALL)


@pytest.fixture
def backbone(folder: Path) -> Backbone:
    return load(folder)


@pytest.mark.parametrize("name", EVERY)
def test_every_method_trains_and_writes(name: str, backbone: Backbone) -> None:
    module = Tuning(backbone, built(name, backbone), OptimConfig(**OPTIM), 0)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    optimiser = module.configure_optimizers()
    loss = module.training_step(BATCH, 0)
    loss.backward()
    optimiser.step()
    assert bool(loss.isfinite())
    moved = [key for key, value in module.state_dict().items() if not torch.equal(value, before[key])]
    assert moved == list(before)
    assert len(module.generate(BATCH, 3)) == 2


def peft_loss(backbone: Backbone, config: peft.PeftConfig) -> tuple[torch.Tensor, torch.nn.Module]:
    model = peft.get_peft_model(backbone.model, config)
    labels = BATCH.labels.clamp(min=0)
    return model(input_ids=BATCH.tokens, attention_mask=BATCH.mask, labels=labels).loss, model


def test_peft_s_prefix_tuning_cannot_run_on_it(backbone: Backbone) -> None:
    """huggingface/peft issue 385: it cuts d_model into heads, where T5 1.1 Small has heads x d_kv of its own."""
    config = peft.PrefixTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=3)
    with pytest.raises(RuntimeError, match=r"shape|size"):
        peft_loss(backbone, config)


def test_where_peft_s_prefix_tuning_runs_half_of_its_parameters_never_get_a_gradient(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    """Where heads x d_kv is d_model: the encoder gets no prefix, and what was made for cross-attention is not used."""
    config = peft.PrefixTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=3)
    loss, model = peft_loss(load(save_t5_1_1(tmp_path / "four", tokenizer, num_layers=4)), config)
    loss.backward()
    gradients = [param.grad for param in model.parameters() if param.requires_grad]
    assert len(gradients) == 1
    gradient = gradients[0]
    assert gradient is not None
    assert (gradient != 0).float().mean().item() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", ["prompt_tuning", "lora"])
def test_peft_runs_the_others(name: str, backbone: Backbone) -> None:
    configs = {
        "prompt_tuning": peft.PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=4),
        "lora": peft.LoraConfig(task_type="SEQ_2_SEQ_LM", r=2, target_modules=["q", "v"]),
    }
    loss, _ = peft_loss(backbone, configs[name])
    assert bool(loss.isfinite())
