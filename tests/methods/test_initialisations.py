"""The three initialisations of a prompt (paper, section 3.2)."""

import shutil
from collections.abc import Sequence

import pytest
import torch
from real_data import real
from transformers import AutoTokenizer

from softscale.backbone.backbone import Backbone
from softscale.backbone.encoder_decoder import EncoderDecoder
from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.errors import InputError
from softscale.methods.init.class_labels import ClassLabels
from softscale.methods.init.initialisation import InitConfig
from softscale.methods.init.random_uniform import RandomUniform
from softscale.methods.init.sampled_vocab import SampledVocab
from softscale.methods.method import Context

RTE = ("entailment", "not_entailment")


def context_of(backbone: Backbone, words: Sequence[str] = RTE, seed: int = 0) -> Context:
    return Context(backbone=backbone, words=words, generator=torch.Generator().manual_seed(seed), notes=[])


@pytest.fixture(scope="module")
def with_t5_pieces(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """A tiny T5 1.1 with T5's own vocabulary."""
    pieces = real("t5/spiece.model")
    folder = tmp_path_factory.mktemp("pieces")
    shutil.copy(pieces, folder)
    config = t5_1_1_config(vocab_size=32128, d_model=16, d_ff=16, d_kv=8, num_heads=2, num_layers=1)
    config.save_pretrained(folder)
    return EncoderDecoder(build_t5_1_1(config), AutoTokenizer.from_pretrained(folder))


def ids_of(backbone: Backbone, rows: torch.Tensor) -> list[int]:
    """Which row of the embedding table each row is."""
    distances = torch.cdist(rows, backbone.embeddings.float(), compute_mode="donot_use_mm_for_euclid_dist")
    assert bool((distances.min(1).values < 1e-4).all())
    return distances.argmin(1).tolist()


def test_a_label_of_several_pieces_starts_at_the_mean_of_their_embeddings(with_t5_pieces: Backbone) -> None:
    prompt = ClassLabels(name="class_labels", population=5000).prompt(5, context_of(with_t5_pieces))
    table = with_t5_pieces.embeddings
    for row, word in enumerate(RTE):
        pieces = with_t5_pieces.tokenizer.convert_tokens_to_ids(with_t5_pieces.tokenizer.tokenize(word))
        assert len(pieces) > 1
        torch.testing.assert_close(prompt[row], table[pieces].mean(0))
    assert all(id_ < 5000 for id_ in ids_of(with_t5_pieces, prompt[2:]))


def test_t5_s_own_pieces_of_the_labels_are_used(with_t5_pieces: Backbone) -> None:
    pieces = with_t5_pieces.tokenizer.tokenize("not_entailment")
    assert "".join(pieces).replace("▁", " ").strip() == "not_entailment"
    assert with_t5_pieces.tokenizer.unk_token_id not in with_t5_pieces.tokenizer.convert_tokens_to_ids(pieces)


def test_a_label_of_one_word_starts_at_its_embedding_and_the_rest_is_vocabulary(backbone: Backbone) -> None:
    words = ("True", "False")
    prompt = ClassLabels(name="class_labels", population=50).prompt(10, context_of(backbone, words))
    ids = ids_of(backbone, prompt)
    assert ids[:2] == backbone.tokenizer.convert_tokens_to_ids(list(words))
    assert len(set(ids[2:])) == 8
    assert max(ids[2:]) < 50


def test_each_label_is_used_once_and_in_order(backbone: Backbone) -> None:
    words = ("contradiction", "entailment", "neutral")
    prompt = ClassLabels(name="class_labels", population=50).prompt(3, context_of(backbone, words))
    assert ids_of(backbone, prompt) == backbone.tokenizer.convert_tokens_to_ids(list(words))


def test_labels_that_find_no_row_are_dropped_and_noted(backbone: Backbone) -> None:
    words = ("contradiction", "entailment", "neutral")
    context = context_of(backbone, words)
    prompt = ClassLabels(name="class_labels", population=50).prompt(1, context)
    assert ids_of(backbone, prompt) == backbone.tokenizer.convert_tokens_to_ids(["contradiction"])
    assert len(context.notes) == 1
    assert "entailment, neutral dropped" in context.notes[0]
    fitting = context_of(backbone, words)
    ClassLabels(name="class_labels", population=50).prompt(3, fitting)
    assert fitting.notes == []


def test_sampled_vocabulary_has_no_word_twice_and_comes_from_the_first_ids(backbone: Backbone) -> None:
    ids = ids_of(backbone, SampledVocab(name="sampled_vocab", population=40).prompt(40, context_of(backbone)))
    assert sorted(ids) == list(range(40))


def test_sampled_vocabulary_repeats_words_only_where_the_prompt_is_longer_than_the_population(
    backbone: Backbone,
) -> None:
    ids = ids_of(backbone, SampledVocab(name="sampled_vocab", population=40).prompt(41, context_of(backbone)))
    assert len(ids) == 41
    assert max(ids) < 40
    # 41 draws without replacement do not exist; with it, all 40 ids are seen with a chance below 1e-14.
    assert len(set(ids)) < 40


def test_sampled_vocabulary_holds_no_sentinel_of_a_small_vocabulary(backbone: Backbone) -> None:
    vocabulary = backbone.tokenizer.get_vocab()
    first = min(id_ for token, id_ in vocabulary.items() if token.startswith("<extra_id_"))
    ids = ids_of(backbone, SampledVocab(name="sampled_vocab", population=5000).prompt(first, context_of(backbone)))
    assert sorted(ids) == list(range(first))


def test_random_uniform_fills_its_range_and_never_leaves_it(backbone: Backbone) -> None:
    prompt = RandomUniform(name="random_uniform", bound=0.5).prompt(1000, context_of(backbone))
    assert prompt.shape == (1000, 16)
    assert -0.5 <= prompt.min().item() < -0.499
    assert 0.499 < prompt.max().item() <= 0.5
    assert prompt.mean().item() == pytest.approx(0.0, abs=0.01)
    assert prompt.var().item() == pytest.approx(1 / 12, rel=0.05)


ALL = [
    ClassLabels(name="class_labels", population=100),
    SampledVocab(name="sampled_vocab", population=100),
    RandomUniform(name="random_uniform", bound=0.5),
]


@pytest.mark.parametrize("init", ALL, ids=lambda init: init.name)
def test_a_seed_gives_one_prompt_and_another_seed_another(backbone: Backbone, init: InitConfig) -> None:
    prompts = [init.prompt(20, context_of(backbone, seed=seed)) for seed in (0, 0, 1)]
    assert torch.equal(prompts[0], prompts[1])
    assert not torch.equal(prompts[0], prompts[2])


@pytest.mark.parametrize("init", ALL, ids=lambda init: init.name)
def test_the_global_generator_does_not_decide_a_prompt(backbone: Backbone, init: InitConfig) -> None:
    torch.manual_seed(0)
    prompt = init.prompt(20, context_of(backbone))
    torch.manual_seed(1)
    assert torch.equal(init.prompt(20, context_of(backbone)), prompt)


@pytest.mark.parametrize(
    ("init", "message"),
    [
        (ClassLabels(name="class_labels", population=0), r"method\.init\.population=0 .*1 or more"),
        (SampledVocab(name="sampled_vocab", population=-3), r"method\.init\.population=-3 .*1 or more"),
        (RandomUniform(name="random_uniform", bound=0.0), r"method\.init\.bound=0.0 .*above 0"),
        (RandomUniform(name="random_uniform", bound=float("nan")), r"method\.init\.bound=nan .*above 0"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name(init: InitConfig, message: str) -> None:
    with pytest.raises(InputError, match=message):
        init.check()
