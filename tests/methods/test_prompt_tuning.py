"""A soft prompt stands in front of the input as words would, and only it moves."""

from pathlib import Path

import pytest
import torch
from tiny import METHODS, OPTIM, load

from softscale.backbone.backbone import Backbone
from softscale.backbone.padding import IGNORED
from softscale.config import OptimConfig
from softscale.data.batches import Batch
from softscale.errors import InputError
from softscale.methods.init.random_uniform import RandomUniform
from softscale.methods.modules.prompt_tuning import PromptTuning, prepend
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.training.tuning import Tuning

TYPED = torch.tensor([[21, 5, 84, 33]])
TOKENS = torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
LABELS = torch.tensor([[40, 1, IGNORED], [41, 42, 1]])
BATCH = Batch(tokens=TOKENS, mask=MASK, labels=LABELS)


def tuning(backbone: Backbone, method: PromptTuning, **optim: float) -> Tuning:
    return Tuning(backbone, method, OptimConfig(**(OPTIM | optim)), 0)


def trained(module: Tuning, steps: int) -> None:
    optimiser = module.configure_optimizers()
    for _ in range(steps):
        optimiser.zero_grad()
        module.training_step(BATCH, 0).backward()
        optimiser.step()


def test_a_prompt_of_word_embeddings_gives_the_loss_and_the_text_of_those_words_typed(backbone: Backbone) -> None:
    prompt = PromptTuning(backbone.embeddings[TYPED[0]])
    joined = prompt.join(backbone.embed(TOKENS), MASK)
    front = TYPED.expand(2, -1)
    tokens, mask = torch.cat([front, TOKENS], 1), torch.cat([torch.ones_like(front), MASK], 1)
    torch.testing.assert_close(
        backbone.loss(*joined, LABELS, 1e-4),
        backbone.loss(backbone.embed(tokens), mask, LABELS, 1e-4),
        rtol=1e-5,
        atol=1e-5,
    )
    assert backbone.generate(*joined, 5) == backbone.generate(backbone.embed(tokens), mask, 5)


def test_the_prompt_is_counted_in_the_mask_and_the_input_follows_it_unchanged(backbone: Backbone) -> None:
    prompt = torch.randn(3, 16)
    embedded = backbone.embed(TOKENS)
    joined, mask = prepend(prompt, embedded, MASK)
    assert joined.shape == (2, 8, 16)
    assert torch.equal(joined[:, 3:], embedded)
    assert all(torch.equal(row, prompt) for row in joined[:, :3])
    assert torch.equal(mask, torch.cat([torch.ones(2, 3, dtype=MASK.dtype), MASK], 1))


def test_every_token_sees_every_row_of_the_prompt(backbone: Backbone) -> None:
    prompt = torch.randn(3, 16).requires_grad_()
    joined, mask = prepend(prompt, backbone.embed(TOKENS), MASK)
    encoded = backbone.model.encoder(inputs_embeds=joined, attention_mask=mask).last_hidden_state
    for row in range(2):
        for place in range(3 + int(MASK[row].sum())):
            (grad,) = torch.autograd.grad(encoded[row, place].sum(), prompt, retain_graph=True)
            assert bool((grad.abs().sum(1) > 0).all())


@pytest.mark.parametrize("length", [0, -1])
def test_a_prompt_without_rows_is_refused(length: int) -> None:
    config = PromptTuningConfig(name="prompt_tuning", length=length, init=RandomUniform(name="r", bound=0.5))
    with pytest.raises(InputError, match=rf"method\.length={length} is not allowed: it must be 1 or more"):
        config.check()


def test_three_steps_move_the_prompt_and_no_bit_of_the_backbone(backbone: Backbone) -> None:
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    prompt = PromptTuning(torch.zeros(4, 16))
    trained(tuning(backbone, prompt), 3)
    assert bool((prompt.prompt != 0).all())
    after = backbone.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(param.grad is None for param in backbone.parameters())


def test_the_first_update_of_a_zero_prompt_has_a_root_mean_square_of_at_most_the_rate(backbone: Backbone) -> None:
    prompt = PromptTuning(torch.zeros(4, 16))
    trained(tuning(backbone, prompt, lr=0.3), 1)
    assert prompt.prompt.detach().square().mean().sqrt().item() == pytest.approx(0.3, rel=1e-3)


def test_a_prompt_stays_fp32_on_a_bf16_backbone(t5_folder: Path) -> None:
    backbone = load(t5_folder, "bf16")
    prompt = PromptTuning(backbone.embeddings[TYPED[0]])
    module = tuning(backbone, prompt)
    trained(module, 2)
    embedded, _ = prompt.join(backbone.embed(TOKENS), MASK)
    assert (prompt.prompt.dtype, embedded.dtype) == (torch.float32, torch.bfloat16)
    assert bool(prompt.prompt.isfinite().all())


def test_a_checkpoint_of_a_prompt_holds_the_prompt_only(backbone: Backbone) -> None:
    prompt = PromptTuning(torch.ones(4, 16))
    module = tuning(backbone, prompt)
    assert list(module.state_dict()) == ["prompt"]
    module.load_state_dict({"prompt": torch.full((4, 16), 2.0)})
    assert torch.equal(prompt.prompt, torch.full((4, 16), 2.0))
    with pytest.raises(KeyError):
        module.load_state_dict({"other": torch.ones(4, 16)})


def test_the_prompt_is_a_copy_that_leaves_the_embedding_table_alone(backbone: Backbone) -> None:
    before = backbone.embeddings.clone()
    prompt = PromptTuning(backbone.embeddings[:4])
    prompt.prompt.data.zero_()
    assert torch.equal(backbone.embeddings, before)


def test_the_configuration_builds_a_prompt_of_its_length(backbone: Backbone) -> None:
    from softscale.methods.method import Context

    context = Context(backbone=backbone, words=("a",), generator=torch.Generator().manual_seed(0), notes=[])
    assert METHODS["prompt_tuning"].build(context).prompt.shape == (4, 16)
