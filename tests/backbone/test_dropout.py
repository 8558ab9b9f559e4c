"""Shared dropout masks: one an example for all its positions, in the whole of a frozen T5, and nothing else changes."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import torch
from tiny import load, model_of
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from softscale.backbone import attention_on_cpu, dropout
from softscale.backbone.attention import attentions, prefixed
from softscale.backbone.dropout import SharedDropout, attention_with_shared_dropout
from softscale.backbone.load import load_backbone, load_tokenizer

B, HEADS, KEYS, WIDTH = 3, 2, 5, 5
TOKENS = torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
LABELS = torch.tensor([[40, 1, -100], [41, 42, 1]])


def attended(query: Tensor, key: Tensor, value: Tensor, dropout: float) -> Tensor:
    """`[B, queries, heads, width]`, without a mask."""
    told = {"dropout": dropout, "scaling": 1.0, "is_causal": False}
    return attention_with_shared_dropout(nn.Module(), query, key, value, None, **told)[0]


def test_every_position_of_an_example_gets_one_mask_and_examples_get_their_own() -> None:
    torch.manual_seed(0)
    dropped = SharedDropout(0.5)(torch.ones(8, 6, 64))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert len({tuple(row.tolist()) for row in dropped[:, 0]}) == 8
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


def test_the_expectation_is_kept_and_evaluation_drops_nothing() -> None:
    torch.manual_seed(0)
    layer, ones = SharedDropout(0.1), torch.ones(2000, 2, 50)
    assert layer(ones).mean().item() == pytest.approx(1.0, abs=0.01)
    assert layer.eval()(ones) is ones


def test_every_query_of_an_example_and_head_loses_the_same_keys() -> None:
    torch.manual_seed(0)
    query = torch.zeros(B, HEADS, 7, WIDTH)  # every key has probability 1/5
    value = torch.eye(KEYS).expand(B, HEADS, KEYS, KEYS)  # so that the output is the probabilities themselves
    seen = attended(query, torch.randn(B, HEADS, KEYS, WIDTH), value, 0.5).transpose(1, 2)  # [B, heads, queries, keys]
    torch.testing.assert_close(seen, seen[:, :, :1].expand_as(seen))
    assert len({tuple(row.tolist()) for row in seen[:, :, 0].reshape(-1, KEYS)}) > 1
    torch.testing.assert_close(seen.unique(), torch.tensor([0.0, 0.4]))


def test_attention_keeps_its_expectation() -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, 1, KEYS, WIDTH) for _ in range(3))
    mean = torch.stack([attended(query, key, value, 0.3) for _ in range(4000)]).mean(0)
    torch.testing.assert_close(mean, attended(query, key, value, 0.0), rtol=0.0, atol=0.05)


def test_every_dropout_of_the_t5_is_shared_and_its_weights_and_scores_stay(t5_folder: Path) -> None:
    config = model_of(t5_folder)
    plain, shared = load(t5_folder, dropout=0.1), load_backbone(config, load_tokenizer(config), 0.1, True)
    kinds = [type(module) for module in shared.modules() if isinstance(module, nn.Dropout)]
    assert len(kinds) == sum(isinstance(module, nn.Dropout) for module in plain.modules()) > 0
    assert set(kinds) == {SharedDropout}
    assert shared.sha256() == plain.sha256()
    losses = [each.loss(each.embed(TOKENS), MASK, LABELS) for each in (plain, shared)]
    assert torch.equal(losses[0], losses[1])
    texts = [each.generate(each.embed(TOKENS), MASK, 5) for each in (plain, shared)]
    assert texts[0] == texts[1]


def test_with_shared_masks_equal_positions_stay_equal_in_the_whole_encoder(t5_folder: Path) -> None:
    """Without position biases, equal inputs at all positions give equal outputs: only masks could tell them apart."""
    config = model_of(t5_folder)
    spreads = []
    for shared in (True, False):
        model = load_backbone(config, load_tokenizer(config), 0.2, shared).model
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "relative_attention_bias" in name:
                    weight.zero_()
        torch.manual_seed(0)
        embedded = torch.randn(2, 1, 16).expand(2, 6, 16)
        with sdpa_kernel(SDPBackend.MATH):
            encoded = model.train().encoder(inputs_embeds=embedded).last_hidden_state
        spreads.append((encoded - encoded[:, :1]).abs().max().item())
    assert spreads[0] < 1e-5 < 0.1 < spreads[1]


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize("shared", [True, False])
def test_with_prefixes_too_every_query_of_an_example_loses_the_same_keys(
    part: str, shared: bool, t5_folder: Path
) -> None:
    config = model_of(t5_folder)
    backbone = load_backbone(config, load_tokenizer(config), 0.5, shared)
    torch.manual_seed(0)
    prefixes = {each: torch.randn(2, 3, 16) for each in attentions(backbone.model)}
    hidden, seen = torch.randn(2, 1, 16).expand(2, 6, 16), torch.randn(2, 4, 16)
    with ExitStack() as stack:
        for each, layers in attentions(backbone.model).items():
            for attention in layers:
                stack.enter_context(prefixed(attention, partial(prefixes.__getitem__, each)))
        (attention,) = attentions(backbone.model)[part]
        keys = hidden if part != "cross" else seen
        told = {"position_bias": torch.zeros(1, 2, 6, keys.shape[1]), "mask": torch.zeros(1, 1, 6, keys.shape[1])}
        with sdpa_kernel(SDPBackend.MATH):
            output = attention.train()(hidden, key_value_states=seen if part == "cross" else None, **told)[0]
    spread = (output - output[:, :1]).abs().max().item()
    assert spread < 1e-6 if shared else spread > 0.1
    assert backbone.model.config._attn_implementation == (dropout.ATTENTION if shared else attention_on_cpu.ATTENTION)


def test_a_prefix_on_shared_dropout_leaves_the_scores_as_they_are(t5_folder: Path) -> None:
    """The decoder's attentions share one configuration: later ones must not take the first one's change for usual."""
    torch.manual_seed(0)
    losses, prefix = [], torch.randn(2, 3, 16)
    config = model_of(t5_folder)
    for shared in (True, False):
        backbone = load_backbone(config, load_tokenizer(config), 0.1, shared)
        usual = {
            attention.config._attn_implementation for part in attentions(backbone.model).values() for attention in part
        }
        with ExitStack() as stack:
            for layers in attentions(backbone.model).values():
                for attention in layers:
                    stack.enter_context(prefixed(attention, lambda: prefix))
            losses.append(backbone.loss(backbone.embed(TOKENS), MASK, LABELS))
        after = {
            attention.config._attn_implementation for part in attentions(backbone.model).values() for attention in part
        }
        assert after == usual
    assert torch.equal(losses[0], losses[1])
