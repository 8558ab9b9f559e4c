"""The backbone: frozen, hashed, loaded as published, and its loss and generation against direct formulas."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import SHAPE, load, model_of
from torch import Tensor
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from softscale.backbone.attention_on_cpu import ATTENTION
from softscale.backbone.backbone import Backbone
from softscale.backbone.encoder_decoder import EncoderDecoder
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.padding import IGNORED, PAD, padded
from softscale.backbone.shape import parameters_of, shape_of, total_parameters
from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.config import Shape
from softscale.errors import InputError

EOS = 1
UNKNOWN = 2


def ids(rng_seed: int, length: int) -> list[int]:
    """Random words, then EOS."""
    generator = torch.Generator().manual_seed(rng_seed)
    return [*torch.randint(3, 200, (length - 1,), generator=generator).tolist(), EOS]


INPUTS = [ids(0, 9), ids(1, 4), ids(2, 13)]
TARGETS = [ids(3, 2), ids(4, 5), ids(5, 3)]


def batch(rows: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    tokens = padded([INPUTS[row] for row in rows], PAD)
    mask = padded([[1] * len(INPUTS[row]) for row in rows], 0)
    return tokens, mask, padded([TARGETS[row] for row in rows], IGNORED)


def logits_by_hand(backbone: Backbone, tokens: Tensor, mask: Tensor, written: list[int]) -> Tensor:
    """Logits `[V]` of what follows `written`, from the encoder, the decoder and the output head one after another."""
    model = backbone.model
    encoded = model.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
    decoded = model.decoder(
        input_ids=torch.tensor([[0, *written]]),
        encoder_hidden_states=encoded,
        encoder_attention_mask=mask,
        use_cache=False,
    ).last_hidden_state
    return decoded[0, -1] @ model.lm_head.weight.T


def test_a_loaded_backbone_is_frozen_and_in_evaluation_mode(backbone: Backbone) -> None:
    assert not any(param.requires_grad for param in backbone.parameters())
    assert not any(module.training for module in backbone.modules() if module is not backbone)


def test_wrapping_a_model_freezes_it_at_once(tokenizer: PreTrainedTokenizerFast) -> None:
    model = build_t5_1_1(t5_1_1_config(vocab_size=len(tokenizer), **SHAPE))
    assert all(param.requires_grad for param in model.parameters())
    EncoderDecoder(model, tokenizer)
    assert not any(param.requires_grad for param in model.parameters())


def test_the_hash_is_the_same_for_the_same_weights_and_differs_for_any_other_weight(
    t5_folder: Path, backbone: Backbone
) -> None:
    assert load(t5_folder).sha256() == backbone.sha256()
    seen = {backbone.sha256()}
    params = dict(backbone.model.named_parameters())
    for param in params.values():
        flat = param.detach().view(-1)
        before = flat[-1].item()
        flat[-1] = torch.nextafter(flat[-1], torch.tensor(10.0))
        seen.add(backbone.sha256())
        flat[-1] = before
    assert len(seen) == len(params) + 1
    assert backbone.sha256() == load(t5_folder).sha256()


def test_the_hash_covers_every_weight_of_the_file(t5_folder: Path, backbone: Backbone) -> None:
    stored = load_file(t5_folder / "model.safetensors")
    assert sum(tensor.numel() for tensor in stored.values()) == backbone.num_parameters()


@pytest.mark.parametrize("z_loss", [0.0, 1e-4, 0.5])
def test_the_loss_is_summed_cross_entropy_plus_z_loss(backbone: Backbone, z_loss: float) -> None:
    expected = torch.tensor(0.0)
    for tokens, target in zip(INPUTS, TARGETS, strict=True):
        row = torch.tensor([tokens])
        for place, token in enumerate(target):
            logits = logits_by_hand(backbone, row, torch.ones_like(row), target[:place])
            expected += -torch.log_softmax(logits, -1)[token] + z_loss * torch.log(torch.exp(logits).sum()) ** 2
    tokens, mask, labels = batch([0, 1, 2])
    loss = backbone.loss(backbone.embed(tokens), mask, labels, z_loss)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-5)


def test_padding_never_changes_a_loss(backbone: Backbone) -> None:
    for row in range(3):
        tokens, mask, labels = batch([row])
        alone = backbone.loss(backbone.embed(tokens), mask, labels, 1e-4)
        wide = torch.full((1, 40), 77)
        wide[:, : tokens.shape[1]] = tokens  # even where padding is some other word
        wide_mask, wide_labels = torch.zeros(1, 40, dtype=mask.dtype), torch.full((1, 9), IGNORED)
        wide_mask[:, : tokens.shape[1]], wide_labels[:, : labels.shape[1]] = 1, labels
        torch.testing.assert_close(backbone.loss(backbone.embed(wide), wide_mask, wide_labels, 1e-4), alone)


def test_generation_writes_the_most_probable_token_of_each_teacher_forced_step(backbone: Backbone) -> None:
    tokens, mask, _ = batch([0, 1, 2])
    texts = backbone.generate(backbone.embed(tokens), mask, 6)
    for text, row in zip(texts, INPUTS, strict=True):
        written: list[int] = []
        alone = torch.tensor([row])
        while len(written) < 6 and EOS not in written:
            written.append(int(logits_by_hand(backbone, alone, torch.ones_like(alone), written).argmax()))
        shown = [token for token in written if token not in (PAD, EOS, UNKNOWN)]  # sentinels are
        assert text == backbone.tokenizer.decode(shown)
        assert text


def test_generation_stops_at_the_end_of_the_sequence(backbone: Backbone) -> None:
    tokens, mask, _ = batch([0])
    backbone.model.lm_head.weight.zero_()
    hidden = backbone.model.decoder(
        input_ids=torch.tensor([[0]]),
        encoder_hidden_states=backbone.model.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state,
    ).last_hidden_state[0, 0]
    backbone.model.lm_head.weight[EOS] = hidden  # the end is what is most probable at once
    assert backbone.generate(backbone.embed(tokens), mask, 6) == [""]


def test_the_output_head_is_untied_after_loading_and_is_the_one_of_the_file(
    t5_folder: Path, backbone: Backbone
) -> None:
    stored = load_file(t5_folder / "model.safetensors")
    assert torch.equal(backbone.model.lm_head.weight, stored["lm_head.weight"])
    assert torch.equal(backbone.embeddings, stored["shared.weight"])
    assert not torch.equal(backbone.model.lm_head.weight, backbone.embeddings)
    assert backbone.model.config.scale_decoder_outputs is False


def test_a_head_that_equals_the_input_table_is_untied_where_the_folder_says_so(
    t5_folder: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    folder = shutil.copytree(t5_folder, tmp_path / "equal")
    model = build_t5_1_1(t5_1_1_config(vocab_size=len(tokenizer), **SHAPE))
    model.lm_head.weight.data.copy_(model.shared.weight.data)
    model.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
    loaded = load(folder).model
    assert loaded.lm_head.weight.data_ptr() != loaded.shared.weight.data_ptr()
    assert loaded.config.scale_decoder_outputs is False


@pytest.mark.parametrize("layers", [1, 3])
def test_the_closed_form_counts_what_a_loaded_backbone_holds(
    layers: int, tokenizer: PreTrainedTokenizerFast, t5_folder: Path, backbone: Backbone
) -> None:
    shape = SHAPE | {"num_layers": layers}
    model = build_t5_1_1(t5_1_1_config(vocab_size=len(tokenizer), **shape))
    assert total_parameters(Shape(vocab_size=len(tokenizer), **shape)) == sum(p.numel() for p in model.parameters())
    assert parameters_of(model_of(t5_folder)) == backbone.num_parameters()
    assert shape_of(model_of(t5_folder)) == Shape(vocab_size=len(tokenizer), **SHAPE)


@pytest.mark.parametrize(
    ("shape", "total"),
    [
        ({"d_model": 768, "d_ff": 2048, "d_kv": 64, "num_heads": 12, "num_layers": 12}, 247_577_856),
        ({"d_model": 2048, "d_ff": 5120, "d_kv": 64, "num_heads": 32, "num_layers": 24}, 2_849_757_184),
        ({"d_model": 4096, "d_ff": 10240, "d_kv": 64, "num_heads": 64, "num_layers": 24}, 11_135_332_352),
    ],
)
def test_the_closed_form_gives_the_published_sizes(shape: dict[str, int], total: int) -> None:
    assert total_parameters(Shape(**shape)) == total


def tied_folder(folder: Path, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A first-generation T5, whose head is the input table, as transformers itself saves it."""
    torch.manual_seed(1)
    config = T5Config(vocab_size=len(tokenizer), num_decoder_layers=1, decoder_start_token_id=0, **SHAPE)
    T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_tied_t5_loads_and_scales_what_it_decodes(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    backbone = load(tied_folder(tmp_path / "tied", tokenizer))
    assert backbone.model.lm_head.weight.data_ptr() == backbone.embeddings.data_ptr()
    tokens, mask, labels = batch([0])
    first = logits_by_hand(backbone, tokens, mask, []) * SHAPE["d_model"] ** -0.5
    loss = backbone.loss(backbone.embed(tokens), mask, labels[:, :1])
    torch.testing.assert_close(loss, -torch.log_softmax(first, -1)[labels[0, 0]])


def test_a_t5_1_1_that_transformers_itself_saved_loads_with_the_same_loss(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    model = build_t5_1_1(t5_1_1_config(vocab_size=len(tokenizer), **SHAPE)).eval()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    tokens, mask, labels = batch([0, 1])
    loaded, fresh = load(tmp_path), EncoderDecoder(model, tokenizer)
    torch.testing.assert_close(
        loaded.loss(loaded.embed(tokens), mask, labels), fresh.loss(fresh.embed(tokens), mask, labels)
    )
    assert loaded.num_parameters() == fresh.num_parameters()


def test_attention_in_parts_equals_eager_attention(t5_folder: Path, backbone: Backbone) -> None:
    assert backbone.model.config._attn_implementation == ATTENTION
    eager = load(t5_folder)
    eager.model.set_attn_implementation("eager")
    tokens, mask, labels = batch([0, 1, 2])
    losses = [each.loss(each.embed(tokens), mask, labels, 1e-4) for each in (backbone, eager)]
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["fp16", "float16", "half"])
def test_fp16_is_refused_because_t5_overflows_in_it(t5_folder: Path, dtype: str) -> None:
    with pytest.raises(InputError, match=rf"model\.dtype={dtype} .*fp32, bf16"):
        model_of(t5_folder, dtype).check()


def test_bf16_loads_half_the_bytes_and_nearly_the_same_loss(t5_folder: Path, backbone: Backbone) -> None:
    half = load(t5_folder, "bf16")
    assert {p.dtype for p in half.model.parameters()} == {torch.bfloat16}
    tokens, mask, labels = batch([0, 1, 2])
    loss = half.loss(half.embed(tokens), mask, labels)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, backbone.loss(backbone.embed(tokens), mask, labels), rtol=0.02, atol=0.0)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "is not a folder"),
        (lambda folder: (folder / "config.json").unlink(), "holds no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"holds no \*.safetensors"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "bert"}'), "model of type bert"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 100), "does not hold T5 weights"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), "does not hold a tokenizer"),
    ],
)
def test_a_folder_that_is_no_t5_is_refused_by_its_name(t5_folder: Path, tmp_path: Path, spoil, message: str) -> None:
    folder = shutil.copytree(t5_folder, tmp_path / "spoilt")
    spoil(folder)
    config = model_of(folder)
    with pytest.raises(InputError, match=message) as refused:
        load_backbone(config, load_tokenizer(config), 0.0)
    assert str(folder) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_that_lacks_a_tensor_is_refused_with_its_name(t5_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    folder = shutil.copytree(t5_folder, tmp_path / "spoilt")
    tensors = load_file(folder / "model.safetensors")
    gone = "decoder.block.0.layer.2.DenseReluDense.wo.weight"
    del tensors[gone]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=f"not hold a whole T5: {gone}"):
        load(folder)


def test_texts_of_several_lengths_in_one_batch_are_those_of_each_length(backbone: Backbone) -> None:
    tokens = torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0], [12, 13, 14, 1, 0]])
    mask = (tokens != 0).long()
    lengths = [1, 6, 3]
    texts = backbone.generate(backbone.embed(tokens), mask, lengths)
    assert texts == [backbone.generate(backbone.embed(tokens), mask, length)[i] for i, length in enumerate(lengths)]
    assert texts[0] != backbone.generate(backbone.embed(tokens), mask, 6)[0]
