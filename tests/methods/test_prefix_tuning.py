"""Prefix tuning against a slow, obvious T5 written here, and what makes the prefix what it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from adapted import BATCH, EVERY, SHAPE, built, logits_of
from tiny import load, save_t5_1_1
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from softscale.backbone.attention import activations, attentions
from softscale.backbone.backbone import Backbone
from softscale.methods.method import Context
from softscale.methods.modules.prefix_tuning import KeysValues, PrefixTuning

PREFIXED = [name for name in EVERY if name.startswith("prefix_tuning")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    return save_t5_1_1(tmp_path_factory.mktemp("small") / "small", tokenizer, **SHAPE)


@pytest.fixture
def backbone(folder: Path) -> Backbone:
    return load(folder)


class SlowT5:
    """T5 1.1 for one example without padding, one head and one query at a time, from its published description."""

    def __init__(self, weights: dict[str, Tensor], config: Any, prefix: dict[str, Tensor]) -> None:
        self.weights, self.config, self.prefix = weights, config, prefix

    def logits(self, tokens: Tensor, target: Tensor) -> Tensor:
        """`[S, V]` for input ids `[T]` and target ids `[S]`, the decoder reading `<pad>` first."""
        encoded = self.stack("encoder", self.weights["shared.weight"][tokens], None)
        shifted = torch.cat([torch.tensor([self.config.decoder_start_token_id]), target[:-1]])
        decoded = self.stack("decoder", self.weights["shared.weight"][shifted], encoded)
        return decoded @ self.weights["lm_head.weight"].T

    def stack(self, name: str, hidden: Tensor, encoded: Tensor | None) -> Tensor:
        for layer in range(self.config.num_layers):
            place = f"{name}.block.{layer}.layer"
            told = self.norm(hidden, f"{place}.0")
            hidden = hidden + self.attention(told, told, f"{place}.0.SelfAttention", name, layer)
            if encoded is not None:
                told = self.norm(hidden, f"{place}.1")
                hidden = hidden + self.attention(told, encoded, f"{place}.1.EncDecAttention", "cross", layer)
            last = f"{place}.{1 if encoded is None else 2}"
            told = self.norm(hidden, last)
            inner = f"{last}.DenseReluDense"
            gate = torch.nn.functional.gelu(told @ self.weights[f"{inner}.wi_0.weight"].T, approximate="tanh")
            linear = told @ self.weights[f"{inner}.wi_1.weight"].T
            hidden = hidden + (gate * linear) @ self.weights[f"{inner}.wo.weight"].T
        scale = self.weights[f"{name}.final_layer_norm.weight"]
        return hidden / (hidden.square().mean(-1, keepdim=True) + 1e-6).sqrt() * scale

    def norm(self, hidden: Tensor, place: str) -> Tensor:
        scale = self.weights[f"{place}.layer_norm.weight"]
        return hidden / (hidden.square().mean(-1, keepdim=True) + 1e-6).sqrt() * scale

    def attention(self, asking: Tensor, seen: Tensor, place: str, part: str, layer: int) -> Tensor:
        q, k, v, o = (self.weights[f"{place}.{name}.weight"] for name in "qkvo")
        width, heads = self.config.d_kv, []
        for head in range(self.config.num_heads):
            columns = slice(head * width, (head + 1) * width)
            keys, values = list((seen @ k.T)[:, columns]), list((seen @ v.T)[:, columns])
            trained = self.prefix.get(f"{part}.values")
            before_keys = [] if trained is None else list(trained[layer, 0, :, columns])
            before_values = [] if trained is None else list(trained[layer, 1, :, columns])
            rows = []
            for place_of_query, query in enumerate((asking @ q.T)[:, columns]):
                visible = range(place_of_query + 1) if part == "decoder" else range(len(keys))
                scores = [query @ key for key in before_keys]
                scores += [query @ keys[i] + self.position(part, head, i - place_of_query) for i in visible]
                shares = torch.softmax(torch.stack(scores), 0)
                chosen = [*before_values, *(values[i] for i in visible)]
                rows.append(torch.stack([share * value for share, value in zip(shares, chosen, strict=True)]).sum(0))
            heads.append(torch.stack(rows))
        return torch.cat(heads, 1) @ o.T

    def position(self, part: str, head: int, distance: int) -> Tensor:
        """T5's bias for a key `distance` places after the query; distances here are below 8, each its own bucket."""
        if part == "cross":
            return torch.tensor(0.0)
        table = self.weights[f"{part}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        assert abs(distance) < 8
        return table[abs(distance) + (16 if part == "encoder" and distance > 0 else 0), head]


@pytest.mark.parametrize("name", ["prompt_tuning", *PREFIXED])
def test_logits_equal_those_of_a_slow_t5_that_is_written_out(name: str, backbone: Backbone) -> None:
    method = built(name, backbone)
    weights = {key: value.detach() for key, value in backbone.model.state_dict().items()}
    logits = logits_of(backbone, method)
    stored = method.stored()
    slow = SlowT5(weights, backbone.model.config, stored if name in PREFIXED else {})
    for row, (size, targets) in enumerate([(5, 2), (3, 3)]):
        tokens, target = BATCH.tokens[row, :size], BATCH.labels[row, :targets]
        if name in PREFIXED:
            expected = slow.logits(tokens, target)
            torch.testing.assert_close(logits[row, :targets], expected, rtol=1e-4, atol=1e-5)
    if name == "prompt_tuning":  # the slow T5 without a prefix is the backbone
        with torch.no_grad():
            plain = backbone.model(input_ids=BATCH.tokens[:1], labels=BATCH.labels[:1].clamp(min=0)).logits
        torch.testing.assert_close(
            plain[0, :2], slow.logits(BATCH.tokens[0], BATCH.labels[0, :2]), rtol=1e-4, atol=1e-5
        )


def test_a_prefix_changes_what_the_encoder_makes(backbone: Backbone) -> None:
    def encoded(method: PrefixTuning) -> Tensor:
        with torch.no_grad(), method.attach(backbone):
            return backbone.model.encoder(input_ids=BATCH.tokens, attention_mask=BATCH.mask).last_hidden_state

    first, second = (built("prefix_tuning_encoder", backbone, seed=seed) for seed in (0, 1))
    assert isinstance(first, PrefixTuning)
    assert isinstance(second, PrefixTuning)
    assert not torch.allclose(encoded(first), encoded(second))


def test_no_two_layers_share_a_prefix(backbone: Backbone) -> None:
    method = built("prefix_tuning", backbone)
    values = [layer for tensor in method.stored().values() for layer in tensor]
    assert len(values) == 3 * 2
    assert all(not torch.equal(one, other) for i, one in enumerate(values) for other in values[:i])


def test_a_prefix_of_zero_keys_and_values_takes_its_share_of_attention_and_adds_nothing(backbone: Backbone) -> None:
    """Keys 0 score 0, whatever the position (its bias is 0): with scores of 0 all over, P of P + T shares are lost."""
    attention = attentions(backbone.model)["cross"][0]
    with torch.no_grad():
        attention.q.weight.zero_()
    outputs: list[Tensor] = []
    hook = attention.o.register_forward_hook(lambda _, __, output: outputs.append(output))
    prefix = PrefixTuning({"cross": KeysValues(torch.zeros(2, 2, 3, SHAPE["num_heads"] * SHAPE["d_kv"]))})
    full = replace(BATCH, tokens=BATCH.tokens[:1], mask=BATCH.mask[:1], labels=BATCH.labels[:1])
    with torch.no_grad():
        backbone.model(input_ids=full.tokens, labels=full.labels.clamp(min=0))
    logits_of(backbone, prefix, full)
    hook.remove()
    torch.testing.assert_close(outputs[1], outputs[0] * 5 / (5 + 3))


def test_the_first_prefix_is_the_activations_of_real_words(backbone: Backbone) -> None:
    """In the first encoder layer: keys of the normalised embeddings of the drawn words (Li & Liang, section 7.4)."""
    tokens = torch.tensor([11, 12, 13])
    told = activations(backbone.model, tokens)
    first = attentions(backbone.model)["encoder"][0]
    embedded = backbone.embeddings[tokens]
    normed = embedded / (embedded.square().mean(-1, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(told["encoder"][0, 0], normed @ first.k.weight.T)
    torch.testing.assert_close(told["encoder"][0, 1], normed @ first.v.weight.T)
    assert {part: tuple(values.shape) for part, values in told.items()} == dict.fromkeys(
        ("encoder", "decoder", "cross"), (2, 2, 3, 12)
    )


def test_the_mlp_is_gone_when_the_run_is_stored(backbone: Backbone) -> None:
    method = built("prefix_tuning_mlp", backbone)
    assert {name.rpartition(".")[2] for name in method.trainable()} == {"table", "w1", "b1", "w2", "b2"}
    assert {name: tuple(tensor.shape) for name, tensor in method.stored().items()} == {
        f"{part}.values": (2, 2, 3, 12) for part in ("encoder", "decoder", "cross")
    }


def test_two_prefixes_at_once_are_refused(backbone: Backbone) -> None:
    first, second = built("prefix_tuning", backbone, seed=1), built("prefix_tuning", backbone, seed=2)
    with first.attach(backbone), pytest.raises(RuntimeError, match="holds a prefix already"):
        second.attach(backbone)
    context = Context(backbone=backbone, words=(), generator=torch.Generator(), notes=[])
    with EVERY["prefix_tuning"].build(context).attach(backbone):
        pass
