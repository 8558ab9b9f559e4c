"""In front of a causal model trained rows and words are one thing; starts are made of what the model writes."""

from pathlib import Path

import pytest
import torch
from adapted import BATCH, PREFIX, Nothing, logits_of
from pieces_tokenizer import byte_tokenizer
from tiny import load
from tiny_causal import SHAPES, save_causal
from tokenizers.normalizers import Replace
from torch import Tensor

from softscale.backbone.backbone import Backbone
from softscale.backbone.text import target_ids, text_ids
from softscale.data.batches import Batch
from softscale.errors import InputError
from softscale.methods.init.class_labels import ClassLabels
from softscale.methods.init.from_text import FromText
from softscale.methods.init.sampled_vocab import SampledVocab
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.methods.modules.per_layer_prompts import PerLayerPrompts
from softscale.methods.modules.prefix_tuning import PrefixTuning
from softscale.methods.modules.prompt_stack import prepend_own, stacked
from softscale.methods.modules.prompt_tuning import PromptTuning, prepend
from softscale.methods.prefix_tuning import PrefixTuningConfig

WORDS = torch.tensor([50, 51, 52])
TYPED = Batch(
    tokens=torch.cat([WORDS.expand(2, -1), BATCH.tokens], 1),
    mask=torch.cat([torch.ones(2, 3, dtype=torch.long), BATCH.mask], 1),
    labels=BATCH.labels,
)


@pytest.fixture(scope="module", params=sorted(SHAPES))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokenizer) -> Path:
    return save_causal(request.param, tmp_path_factory.mktemp("causal") / request.param, tokenizer)


@pytest.fixture
def backbone(folder: Path) -> Backbone:
    return load(folder)


def context_of(backbone: Backbone, *words: str) -> Context:
    return Context(backbone=backbone, words=words, generator=torch.Generator().manual_seed(0), notes=[])


def answers_of(backbone: Backbone, method: Method, batch: Batch) -> list[str]:
    with torch.no_grad(), method.attach(backbone):
        return backbone.generate(*method.join(backbone.embed(batch.tokens), batch.mask), 6)


def what_each_layer_makes(backbone: Backbone) -> Tensor:
    """Of WORDS alone, what goes into each layer, `[L, P, H]`."""
    seen: list[Tensor] = []
    with torch.no_grad(), backbone.before_layers(lambda _, hidden: seen.append(hidden[0]) or hidden):
        backbone.loss(backbone.embed(WORDS[None]), torch.ones(1, 3, dtype=torch.long), torch.tensor([[1]]))
    return torch.stack([backbone.embed(WORDS), *(hidden[:3] for hidden in seen)]).detach()


@pytest.mark.parametrize("name", ["prompt_tuning", "per_layer_prompts", "prefix_tuning"])
def test_what_words_make_is_those_words_typed_in_front(name: str, backbone: Backbone) -> None:
    """Their embeddings as a prompt; the states before each layer as its prompt; their keys and values as a prefix."""
    if name == "prefix_tuning":
        if not backbone.family.parts:
            pytest.skip("BLOOM's attention can hold no prefix")
        method: Method = PrefixTuning.of_activations(backbone, ["decoder"], WORDS)
    elif name == "prompt_tuning":
        method = PromptTuning(backbone.embed(WORDS))
    else:
        method = PerLayerPrompts(what_each_layer_makes(backbone))
    expected = logits_of(backbone, Nothing(), TYPED)
    torch.testing.assert_close(logits_of(backbone, method), expected, rtol=1e-4, atol=1e-5)
    assert answers_of(backbone, method, BATCH) == answers_of(backbone, Nothing(), TYPED)


def test_a_prefix_starts_as_the_keys_and_values_of_drawn_words(backbone: Backbone) -> None:
    if not backbone.family.parts:
        pytest.skip("BLOOM's attention can hold no prefix")
    config = PrefixTuningConfig(**PREFIX, encoder=False, decoder=True, cross=False, hidden=None)
    drawn = SampledVocab(name="sampled_vocab", population=100).prompt(3, context_of(backbone))
    started = config.build(context_of(backbone))
    torch.testing.assert_close(
        logits_of(backbone, started), logits_of(backbone, PromptTuning(drawn)), rtol=1e-4, atol=1e-5
    )


def test_a_text_as_a_prompt_is_that_text_typed_in_front(backbone: Backbone) -> None:
    text = "Emma has the spade"
    (ids,) = text_ids(backbone.tokenizer, [text])
    method = PromptTuning(FromText(name="from_text", text=text, population=9).prompt(4, context_of(backbone)))
    typed = Batch(
        tokens=torch.cat([torch.tensor(ids).expand(2, -1), BATCH.tokens], 1),
        mask=torch.cat([torch.ones(2, 4, dtype=torch.long), BATCH.mask], 1),
        labels=BATCH.labels,
    )
    torch.testing.assert_close(logits_of(backbone, method), logits_of(backbone, Nothing(), typed), rtol=1e-4, atol=1e-5)


def test_prompts_of_several_lengths_in_one_batch_answer_and_learn_as_each_alone(backbone: Backbone) -> None:
    generator = torch.Generator().manual_seed(0)
    prompts = [torch.randn(length, 16, generator=generator).requires_grad_() for length in (9, 1)]
    embedded = backbone.embed(BATCH.tokens)
    mixed = prepend_own(*stacked(prompts), torch.tensor([1, 0]), embedded, BATCH.mask)
    texts = backbone.generate(*mixed, 6)
    together = torch.autograd.grad(backbone.loss(*mixed, BATCH.labels), prompts)
    for row, (prompt, gradient) in enumerate(zip(prompts[::-1], together[::-1], strict=True)):
        size = int(BATCH.mask[row].sum())
        alone = prepend(prompt, embedded[row : row + 1, :size], BATCH.mask[row : row + 1, :size])
        assert backbone.generate(*alone, 6) == [texts[row]]
        (own,) = torch.autograd.grad(backbone.loss(*alone, BATCH.labels[row : row + 1]), prompt)
        torch.testing.assert_close(own, gradient, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def with_pieces(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """A tokenizer that keeps spaces, as those of real causal models do."""
    tokenizer = byte_tokenizer(["it is true , or it is neutral"])
    return load(save_causal("llama", tmp_path_factory.mktemp("pieces") / "llama", tokenizer))


def test_a_label_starts_as_the_pieces_that_are_written_for_it(with_pieces: Backbone) -> None:
    tokenizer, table = with_pieces.tokenizer, with_pieces.embeddings
    words = ("neutral", "true")
    assert target_ids(tokenizer, words) == [[tokenizer.convert_tokens_to_ids(f"Ġ{word}"), 0] for word in words]
    assert all(len(ids) > 1 for ids in text_ids(tokenizer, words))  # without the space they are other pieces
    prompt = ClassLabels(name="class_labels", population=50).prompt(2, context_of(with_pieces, *words))
    assert torch.equal(prompt, table[[ids[0] for ids in target_ids(tokenizer, words)]])


def test_a_text_as_a_start_is_read_as_it_is_typed(with_pieces: Backbone) -> None:
    tokenizer, table = with_pieces.tokenizer, with_pieces.embeddings
    for text in ("true , or", " true , or"):
        ids = tokenizer(text)["input_ids"]
        prompt = FromText(name="from_text", text=text, population=9).prompt(len(ids), context_of(with_pieces))
        assert torch.equal(prompt, table[ids])


def test_a_word_without_a_piece_is_no_start(with_pieces: Backbone) -> None:
    tokenizer = with_pieces.tokenizer
    tokenizer.backend_tokenizer.normalizer = Replace(" \u200b", "")
    with pytest.raises(InputError, match="no piece for the word"):
        ClassLabels(name="class_labels", population=50).prompt(2, context_of(with_pieces, "true", "\u200b"))
