"""A model in one GGUF file is the model that it was made of; what is no such file is refused in one sentence."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from byte_pairs import save_gguf, smollm2
from tiny import model_of, overrides_of
from tiny_causal import causal_of
from transformers import AutoModelForCausalLM, AutoTokenizer

from softscale.backbone.backbone import Backbone
from softscale.backbone.gguf_file import READ, check_readable
from softscale.backbone.load import load_tokenizer
from softscale.backbone.shape import family_of, shape_of, total_parameters
from softscale.backbone.text import text_ids
from softscale.cli import main
from softscale.errors import InputError

TOKENS = torch.tensor([[5, 6, 7, 300, 301], [20, 30, 40, 50, 60]])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_gguf(tmp_path_factory.mktemp("gguf"))


@torch.no_grad()
def logits_of(backbone: Backbone) -> torch.Tensor:
    return backbone.model(input_ids=TOKENS).logits


def test_it_gives_the_logits_and_the_pieces_of_the_model_that_it_was_made_of(file: Path) -> None:
    made, whole = causal_of(file), causal_of(file.parent / "llama")
    torch.testing.assert_close(logits_of(made), logits_of(whole), rtol=1e-5, atol=1e-6)
    texts = ["it is <|im_end|> 12", "naïve\n\n 日本"]
    assert text_ids(made.tokenizer, texts) == text_ids(whole.tokenizer, texts)
    assert made.tokenizer.eos_token == whole.tokenizer.eos_token


def test_its_shape_is_read_without_its_weights(file: Path) -> None:
    of_file, of_folder = model_of(file), model_of(file.parent / "llama")
    assert family_of(of_file).name == "llama"
    shape = shape_of(of_file)
    assert shape is not None
    assert shape == shape_of(of_folder)
    assert total_parameters(shape) == causal_of(file).num_parameters()


def test_a_saved_model_of_a_file_is_a_folder_that_gives_the_same(file: Path, tmp_path: Path) -> None:
    backbone = causal_of(file)
    backbone.save(tmp_path)
    backbone.tokenizer.save_pretrained(tmp_path)
    again = causal_of(tmp_path)
    assert torch.equal(logits_of(again), logits_of(backbone))
    mask = torch.ones_like(TOKENS)
    assert again.generate(again.embed(TOKENS), mask, 6) == backbone.generate(backbone.embed(TOKENS), mask, 6)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert not hasattr(plain.config, "quantization_config")


def test_a_run_on_a_file_is_exported_as_a_folder_whose_weights_hold_it(file: Path, tmp_path: Path) -> None:
    typed = overrides_of(file, tmp_path, "method=lora", "optim.lr=0.1", "task.target_length=8")
    with pytest.raises(SystemExit) as ended:
        main(["train", *typed])
    assert ended.value.code == 0
    (run,) = [path.name for path in (tmp_path / "runs").iterdir() if (path / "record.json").is_file()]
    with pytest.raises(SystemExit) as ended:
        main(["export", f"run={run}", "format=model", f"to={tmp_path}/merged", f"runtime.runs={tmp_path}/runs"])
    assert ended.value.code == 0
    merged, untouched = causal_of(tmp_path / "merged"), causal_of(file)
    assert not torch.equal(logits_of(merged), logits_of(untouched))
    assert (
        AutoTokenizer.from_pretrained(tmp_path / "merged")("a b")["input_ids"] == untouched.tokenizer("a b").input_ids
    )


def test_without_the_package_that_reads_it_the_command_that_gets_it_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str], tmp_path: Path
) -> None:
    for name in ("gguf", "gguf.constants"):
        monkeypatch.setitem(sys.modules, name, None)
    told = refused("train", *overrides_of(file, tmp_path))
    assert told == f"model.path={file} needs the package gguf: pip install -e '.[gguf]'"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("share", [0.0001, 0.001, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_file_that_ends_early_is_refused(share: float, file: Path, tmp_path: Path) -> None:
    whole, cut = file.read_bytes(), tmp_path / "cut.gguf"
    cut.write_bytes(whole[: max(4, int(share * len(whole)))])
    with pytest.raises(InputError, match=rf"^model.path={cut} is a GGUF file that .*ends before its "):
        load_tokenizer(model_of(cut))


@pytest.mark.parametrize("place", range(4, 400, 7))
def test_a_damaged_head_is_refused_or_read_and_never_a_fault(place: int, file: Path, tmp_path: Path) -> None:
    damaged = bytearray(file.read_bytes())
    damaged[place] ^= 0xFF
    (tmp_path / "damaged.gguf").write_bytes(damaged)
    family_of(model_of(tmp_path / "damaged.gguf"))
    with suppress(InputError):
        check_readable("damaged.gguf", tmp_path / "damaged.gguf")


@pytest.mark.parametrize("kind", ["bert", "whisper", "t5", "gptneox"])
def test_a_model_of_another_kind_is_refused(kind: str, refused: Callable[..., str], tmp_path: Path) -> None:
    file = save_gguf(tmp_path, kind)
    told = refused("train", *overrides_of(file, tmp_path))
    assert told.startswith(f"model.path={file} holds a model of type {kind}: of GGUF files softscale reads causal")
    assert "llama" in READ


def test_what_is_no_gguf_file_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    text = tmp_path / "text.gguf"
    text.write_text("not a model\n")
    told = refused("train", *overrides_of(text, tmp_path))
    assert told == f"model.path={text} is no GGUF file: it does not begin with GGUF"
    told = refused("train", *overrides_of(tmp_path / "nowhere.gguf", tmp_path))
    assert told == f"model.path={tmp_path}/nowhere.gguf cannot be read (No such file or directory)"
    (tmp_path / "folder.gguf").mkdir()
    told = refused("train", *overrides_of(tmp_path / "folder.gguf", tmp_path))
    assert told == f"model.path={tmp_path}/folder.gguf cannot be read (Is a directory)"


@pytest.mark.slow
def test_smollm2_is_the_model_that_its_authors_count_and_knows_a_capital() -> None:
    file = smollm2()
    shape = shape_of(model_of(file))
    assert shape is not None
    assert total_parameters(shape) == 134_515_008
    backbone = causal_of(file)
    assert backbone.num_parameters() == 134_515_008
    ids = torch.tensor(text_ids(backbone.tokenizer, ["The capital of France is"]))
    assert backbone.generate(backbone.embed(ids), torch.ones_like(ids), 1) == ["Paris"]
