"""Norms, gated GELU, dropout and attention of our own are transformers' own, up to rounding, and so are gradients."""

import pytest
import torch
from adapted import SHAPE
from torch import Tensor

from softscale.backbone import attention_on_cpu
from softscale.backbone.encoder_decoder import EncoderDecoder
from softscale.backbone.layers import kept_at_random, thinned
from softscale.backbone.padding import IGNORED
from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.world.tokenizer import build_tokenizer

TOKENS = torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0], [40, 1, 0, 0, 0]])
MASK = (TOKENS != 0).long()
LABELS = torch.tensor([[40, 1, IGNORED], [41, 42, 1], [43, 1, IGNORED]])


def gradients(trains: bool, ours: bool) -> dict[str, Tensor]:
    """Of the loss, by the embedded input and, where they train, by all weights."""
    torch.manual_seed(0)
    config = t5_1_1_config(vocab_size=len(build_tokenizer()), **SHAPE)
    config.dropout_rate = 0.0
    model = build_t5_1_1(config).train()
    embedded = torch.randn(3, 5, SHAPE["d_model"], requires_grad=True)
    if ours:
        backbone = EncoderDecoder(model, build_tokenizer())
        backbone.requires_grad_(trains)
        backbone.loss(embedded, MASK, LABELS).backward()
    else:
        model.requires_grad_(trains)
        logits = model(inputs_embeds=embedded, attention_mask=MASK, labels=LABELS.clamp(min=0)).logits
        torch.nn.functional.cross_entropy(logits.transpose(1, 2), LABELS, reduction="sum").backward()
    assert embedded.grad is not None
    weights = {name: param.grad for name, param in model.named_parameters() if param.grad is not None}
    assert bool(weights) == trains
    return {"embedded": embedded.grad, **weights}


@pytest.mark.parametrize("trains", [False, True])
@pytest.mark.parametrize("at_once", [2**19, 1])  # scores of the whole batch, or of one example at a time
def test_gradients_are_those_of_transformers(trains: bool, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_on_cpu, "AT_ONCE", at_once)
    own, theirs = gradients(trains, ours=True), gradients(trains, ours=False)
    assert own.keys() == theirs.keys()
    for name, gradient in theirs.items():
        torch.testing.assert_close(own[name], gradient, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_dropout_drops_each_element_with_its_probability_and_keeps_the_expectation(p: float) -> None:
    torch.manual_seed(0)
    kept = kept_at_random(torch.Size([1_000, 401]), p)
    assert kept.float().mean().item() == pytest.approx(1 - p, abs=0.005)
    assert kept.float().mean(0).std().item() == pytest.approx((p * (1 - p) / 1_000) ** 0.5, rel=0.2)
    assert thinned(torch.ones(1_000, 401), kept, p).mean().item() == pytest.approx(1.0, abs=0.01)


def test_dropout_of_the_backward_pass_is_that_of_the_forward_pass_where_scores_are_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention_on_cpu, "AT_ONCE", 1)
    torch.manual_seed(0)
    query, key = torch.randn(2, 3, 4, 5, dtype=torch.float32), torch.randn(2, 3, 6, 5)
    value = torch.randn(2, 3, 6, 5, requires_grad=True)

    def mixed() -> Tensor:
        torch.manual_seed(1)
        return attention_on_cpu.attention(torch.nn.Module(), query, key, value, torch.zeros(1, 1, 1, 6), 0.5)[0]

    out = mixed()
    (gradient,) = torch.autograd.grad(out.sum(), value)
    assert (gradient * value).sum().item() == pytest.approx(out.sum().item(), rel=1e-4)  # linear in the values
