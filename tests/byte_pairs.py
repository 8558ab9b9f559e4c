"""A tokenizer of byte pairs, as causal models have one, and a Llama with it in a GGUF file as llama.cpp writes it."""

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_causal import save_causal
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from softscale.config import ROOT

END, START, FILE = "<|endoftext|>", "<|im_start|>", "<file_sep>"
NORMAL, CONTROL = 1, 3  # kinds of pieces in GGUF


SMOLLM2 = ROOT / "weights" / "smollm2_135m_instruct" / "SmolLM2-135M-Instruct.Q4_1.gguf"
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "model.layers": "blk",
}


def smollm2() -> Path:
    """The real SmolLM2-135M, or skips where it is not there."""
    if not SMOLLM2.is_file():
        pytest.skip(f"{SMOLLM2.relative_to(ROOT)} is not there: make weights fetches it")
    return SMOLLM2


def byte_pair_tokenizer() -> PreTrainedTokenizerFast:
    """As SmolLM2's: any text can be written, the end is also padding, and there are control pieces without a role."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*/*.*"))]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(  # type: ignore[call-arg]
        vocab_size=600,
        special_tokens=[END, START, FILE],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((line for text in texts for line in text.splitlines()), trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END, bos_token=START)
    made.add_tokens([AddedToken(FILE, special=True)])  # type: ignore[list-item]
    return made


def save_gguf(folder: Path, kind: str = "llama", **others: int) -> Path:
    """`folder`/tiny.gguf, and the same Llama in Hugging Face layout in `folder`/llama."""
    from gguf import GGUFWriter

    tokenizer = byte_pair_tokenizer()
    model = AutoModelForCausalLM.from_pretrained(
        save_causal("llama", folder / "llama", tokenizer, **({"context": 1024} | others))
    )
    config, file = model.config, folder / "tiny.gguf"
    writer = GGUFWriter(file, kind)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(pieces)
    writer.add_token_types([CONTROL if piece in (END, START, FILE) else NORMAL for piece in pieces])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(pieces.index(END))
    writer.add_bos_token_id(pieces.index(START))
    writer.add_pad_token_id(pieces.index(END))
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for name, weight in model.state_dict().items():
        stored = _name(name)
        if stored is None:
            continue
        array = weight.numpy()
        for part, count in heads.items():
            if f".{part}." in stored:  # rotary halves of a head are interleaved there
                array = array.reshape(count, 2, -1, array.shape[1]).swapaxes(1, 2).reshape(array.shape)
        writer.add_tensor(stored, np.ascontiguousarray(array))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _name(name: str) -> str | None:
    """llama.cpp's name of a weight; None for an output head that is the input table."""
    if name.startswith("lm_head"):
        return None
    for theirs, own in NAMES.items():
        name = name.replace(theirs, own)
    return name
