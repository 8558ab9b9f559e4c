"""A causal model reads a prompt, an input and a target as one text; padding, wherever it stands, moves nothing."""

from pathlib import Path

import pytest
import torch
from tiny_causal import SHAPES, causal_of, save_causal, shape_for
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.backbone.padding import IGNORED
from softscale.backbone.shape import shape_of, total_parameters
from softscale.backbone.text import texts_of
from softscale.config import ModelConfig
from softscale.methods.modules.prompt_tuning import prepend

INPUTS, TARGETS = [[7, 8, 9, 10], [30, 31]], [[40, 1], [41, 42, 1]]


@pytest.fixture(scope="module", params=sorted(SHAPES))
def backbone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokenizer) -> Backbone:
    return causal_of(save_causal(request.param, tmp_path_factory.mktemp(request.param), tokenizer))


def batch(left: int = 0, right: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and labels, with so many more columns of padding on either side of the inputs."""
    width = max(map(len, INPUTS)) + right
    rows = [[0] * left + row + [0] * (width - len(row)) for row in INPUTS]
    mask = [[0] * left + [1] * len(row) + [0] * (width - len(row)) for row in INPUTS]
    labels = [row + [IGNORED] * (3 + right - len(row)) for row in TARGETS]
    return torch.tensor(rows), torch.tensor(mask), torch.tensor(labels)


def test_the_loss_is_that_of_the_model_on_the_whole_text_of_each_row(backbone: Backbone) -> None:
    tokens, mask, labels = batch()
    expected = torch.zeros(())
    for row, target in zip(INPUTS, TARGETS, strict=True):
        logits = backbone.model(input_ids=torch.tensor([row + target])).logits[0]
        predicted = logits[len(row) - 1 : -1]
        expected += torch.nn.functional.cross_entropy(predicted, torch.tensor(target), reduction="sum")
    torch.testing.assert_close(backbone.loss(backbone.embed(tokens), mask, labels), expected, rtol=1e-5, atol=1e-5)


def test_gradients_are_those_of_transformers_own_layers(backbone: Backbone) -> None:
    plain = AutoModelForCausalLM.from_pretrained(backbone.model.name_or_path, attn_implementation="eager")
    gradients = []
    for row, target in zip(INPUTS, TARGETS, strict=True):
        own, other = (backbone.embed(torch.tensor([row])).detach().requires_grad_() for _ in range(2))
        backbone.loss(own, torch.ones(1, len(row)), torch.tensor([target])).backward()
        text = torch.cat([other, plain.get_input_embeddings()(torch.tensor([target]))], 1)
        logits = plain(inputs_embeds=text).logits[0, len(row) - 1 : -1]
        torch.nn.functional.cross_entropy(logits, torch.tensor(target), reduction="sum").backward()
        gradients.append((own.grad, other.grad))
    for own, other in gradients:
        torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sides", [(3, 0), (0, 3), (2, 2)])
def test_padding_moves_no_loss_and_no_answer(backbone: Backbone, sides: tuple[int, int]) -> None:
    prompt = torch.randn(3, backbone.embeddings.shape[1], generator=torch.Generator().manual_seed(0))
    losses, texts = [], []
    for left, right in ((0, 0), sides):
        tokens, mask, labels = batch(left, right)
        joined = prepend(prompt, backbone.embed(tokens), mask)
        losses.append(backbone.loss(*joined, labels))
        texts.append(backbone.generate(*joined, 6))
    torch.testing.assert_close(losses[1], losses[0], rtol=1e-5, atol=1e-5)
    assert texts[1] == texts[0]


def test_a_prompt_of_word_embeddings_is_those_words_typed_in_front(backbone: Backbone) -> None:
    words = [50, 51, 52]
    tokens, mask, labels = batch()
    joined = prepend(backbone.embeddings[words].detach(), backbone.embed(tokens), mask)
    typed = torch.cat([torch.tensor([words]).expand(2, -1), tokens], 1)
    typed_mask = torch.cat([torch.ones(2, 3, dtype=torch.long), mask], 1)
    torch.testing.assert_close(backbone.loss(*joined, labels), backbone.loss(backbone.embed(typed), typed_mask, labels))
    assert backbone.generate(*joined, 6) == backbone.generate(backbone.embed(typed), typed_mask, 6)


def test_it_writes_what_greedy_generation_of_transformers_writes(backbone: Backbone) -> None:
    tokens, mask, _ = batch()
    written = backbone.generate(backbone.embed(tokens), mask, 8)
    for row, text in zip(INPUTS, written, strict=True):
        alone = backbone.model.generate(
            input_ids=torch.tensor([row]), max_new_tokens=8, do_sample=False, pad_token_id=0
        )[0, len(row) :].tolist()
        end = backbone.tokenizer.eos_token_id
        own = alone[: alone.index(end)] if end in alone else alone
        assert text == texts_of(backbone.tokenizer, [own])[0]
    assert backbone.generate(backbone.embed(tokens), mask, [8, 2])[0] == written[0]


@pytest.mark.parametrize("family", sorted(SHAPES))
def test_a_folder_says_its_shape_and_its_parameters_are_counted(
    family: str, tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    folder = save_causal(family, tmp_path, tokenizer)
    shape = shape_of(ModelConfig(name="local", source="folder", path=str(folder), dtype="fp32"))
    assert shape is not None
    assert shape == shape_for(family, len(tokenizer))
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert total_parameters(shape) == sum(param.numel() for param in model.parameters())


def test_a_saved_model_ends_at_the_pieces_at_which_it_ended(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    backbone = causal_of(save_causal("llama", tmp_path / "llama", tokenizer))
    backbone.model.generation_config.eos_token_id = [1, 40]  # type: ignore[union-attr]
    backbone.save(tmp_path / "saved")
    tokenizer.save_pretrained(tmp_path / "saved")
    again = causal_of(tmp_path / "saved")
    assert again.model.generation_config.eos_token_id == [1, 40]  # type: ignore[union-attr]
    assert again.sha256() == backbone.sha256()
