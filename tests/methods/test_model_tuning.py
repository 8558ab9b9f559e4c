"""Model tuning trains every weight of the backbone, and stores all of them."""

import torch
from tiny import METHODS, OPTIM
from transformers import PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.backbone.padding import IGNORED
from softscale.config import OptimConfig
from softscale.data.batches import Batch
from softscale.methods.method import Context
from softscale.training.tuning import Tuning

BATCH = Batch(
    tokens=torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0]]),
    mask=torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
    labels=torch.tensor([[40, 1, IGNORED], [41, 42, 1]]),
)


def tuning(backbone: Backbone) -> Tuning:
    context = Context(backbone=backbone, words=(), generator=torch.Generator(), notes=[])
    return Tuning(backbone, METHODS["model_tuning"].build(context), OptimConfig(**OPTIM), 0)


def test_every_parameter_trains_and_gets_a_gradient(backbone: Backbone) -> None:
    module = tuning(backbone)
    assert {id(param) for param in module.method.trainable().values()} == {id(p) for p in backbone.parameters()}
    module.training_step(BATCH, 0).backward()
    assert all(param.grad is not None and bool(param.grad.any()) for param in module.method.trainable().values())


def test_a_step_moves_every_matrix(backbone: Backbone) -> None:
    module = tuning(backbone)
    before = {name: param.detach().clone() for name, param in module.method.trainable().items()}
    optimiser = module.configure_optimizers()
    module.training_step(BATCH, 0).backward()
    optimiser.step()
    assert [name for name, param in module.method.trainable().items() if torch.equal(param, before[name])] == []


def test_the_input_goes_to_the_encoder_as_it_is(backbone: Backbone) -> None:
    embedded = backbone.embed(BATCH.tokens)
    joined, mask = tuning(backbone).method.join(embedded, BATCH.mask)
    assert joined is embedded
    assert mask is BATCH.mask


def test_a_checkpoint_holds_every_weight_once(backbone: Backbone, tokenizer: PreTrainedTokenizerFast) -> None:
    stored = tuning(backbone).state_dict()
    assert sum(tensor.numel() for tensor in stored.values()) == backbone.num_parameters()
    assert sum(tensor.shape == (len(tokenizer), 16) for tensor in stored.values()) == 2  # the table, and the head
