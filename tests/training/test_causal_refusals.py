"""What a causal model cannot do, and what is none: one sentence and exit code 2, before any weights are read.

The models' weights here are empty files: where one were read, another sentence would be told.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import job_of, overrides_of, study_of
from tiny_causal import SHAPES, save_causal
from transformers import BertConfig, PreTrainedTokenizerFast

from softscale.training.run import run

SHORT = "task.input_length=20"  # the models have positions for 128 tokens
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("causal")
    return {family: without_weights(save_causal(family, place / family, tokenizer)) for family in SHAPES}


def without_weights(folder: Path) -> Path:
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def changed(file: Path, **values: Any) -> None:
    said = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({key: value for key, value in (said | values).items() if value is not None}))


def assert_nothing_is_left(place: Path) -> None:
    kept = [path for path in place.rglob("*") if path.is_file() and not {".cache", ".locks"} & set(path.parts)]
    assert not kept


@pytest.mark.parametrize(
    ("family", "typed", "parts"),
    [
        ("llama", ["task.sentinel=true"], ["task.sentinel=true is not allowed with model=local", "it must be false"]),
        ("gpt_neox", ["optim.dropout_shared=true"], ["optim.dropout_shared=true is not allowed", "it must be false"]),
        ("llama", ["method=prefix_tuning", "method.cross=true"], ["method.cross=true", "attention is decoder"]),
        ("gpt_neox", ["method=prefix_tuning", "method.encoder=true"], ["method.encoder=true", "attention is decoder"]),
        ("bloom", ["method=prefix_tuning"], ["method=prefix_tuning is not allowed", "bloom", "per_layer_prompts"]),
        (
            "llama",
            ["method=prompt_tuning", "method.length=100", "task.input_length=25"],
            ["task.input_length=25", "24"],
        ),
        (
            "llama",
            ["method=prefix_tuning", "method.length=100", "task.input_length=25"],
            ["task.input_length=25", "24"],
        ),
        (
            "llama",
            ["method=lora", "task.input_length=125"],
            ["task.input_length=125", "124 are left of the model's 128"],
        ),
        (
            "llama",
            ["method=prompt_tuning", "method.length=98", "task.input_length=26"],
            ["8 of 8 dev inputs are too long"],
        ),
    ],
)
def test_what_a_causal_model_cannot_do(
    family: str, typed: list[str], parts: list[str], folders: dict[str, Path], refused: Refused, tmp_path: Path
) -> None:
    told = refused("train", *overrides_of(folders[family], tmp_path, *typed))
    assert all(part in told for part in parts), told
    assert_nothing_is_left(tmp_path)


def test_bloom_has_no_end_of_its_positions(folders: dict[str, Path], refused: Refused, tmp_path: Path) -> None:
    told = refused("train", *overrides_of(folders["bloom"], tmp_path, "task.input_length=4000"))
    assert "does not hold weights of a causal model that can be read" in told


def test_an_input_to_predict_for_must_fit_too(
    tokenizer: PreTrainedTokenizerFast, refused: Refused, tmp_path: Path
) -> None:
    folder = save_causal("llama", tmp_path / "llama", tokenizer)
    job = job_of(study_of(folder, steps=1), tmp_path)
    run(job)
    record = {"premise": "the cat " * 60, "hypothesis": "the dog", "idx": 0}
    (tmp_path / "q.jsonl").write_text(json.dumps(record))
    asked = [f"input={tmp_path}/q.jsonl", f"to={tmp_path}/to.jsonl", f"runtime.runs={job.runtime.runs}"]
    told = refused("predict", f"run={job.id}", *asked)
    assert told.startswith("line 1: an input has 1")
    assert told.endswith("but at most 120 are read")  # of 128, 4 are the prompt's and 4 the answer's


def test_a_label_word_without_a_piece(folders: dict[str, Path], refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "a.jsonl"
    file.write_text('{"text": "the cat is here", "label": 0}\n{"text": "the dog is there", "label": 1}\n')
    task = ["task=custom", "task.template={text}", "task.target=label", 'task.labels={0: "True", 1: "\u200b"}']
    data = ["data=custom", f"data.train={file}", f"data.dev={file}", "optim.steps=2", "optim.batch_size=2"]
    places = [f"runtime.runs={tmp_path}/runs", f"runtime.results={tmp_path}/results", "logger=none"]
    model = ["model=local", f"model.path={folders['llama']}", "task.input_length=20", "method.length=4"]
    told = refused("train", *model, *task, *data, *places)
    assert "label word '\\u200b', which this model's tokenizer can only write as ''" in told


@pytest.fixture
def folder(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> Path:
    return without_weights(save_causal("llama", tmp_path / "model", tokenizer))


def test_a_tokenizer_without_an_end(folder: Path, refused: Refused, tmp_path: Path) -> None:
    changed(folder / "tokenizer_config.json", eos_token=None)
    told = refused("train", *overrides_of(folder, tmp_path / "place", SHORT))
    assert told == f"model.path={folder} has a tokenizer without an end of sequence (eos_token)"
    assert_nothing_is_left(tmp_path / "place")


def test_an_encoder_without_a_decoder(folder: Path, refused: Refused, tmp_path: Path) -> None:
    config = BertConfig(vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    config.architectures = ["BertForMaskedLM"]
    config.save_pretrained(folder)
    told = refused("train", *overrides_of(folder, tmp_path / "place", SHORT))
    assert f"model.path={folder} holds a model of type bert (BertForMaskedLM)" in told
    assert "T5 (model_type t5) and causal language models" in told


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ({"model_type": "wonder", "architectures": ["WonderModel"]}, ["type wonder (WonderModel)"]),
        ({"model_type": None, "architectures": None}, ["type None (no class)"]),
        ({"model_type": "wonder", "architectures": ["WonderForCausalLM"]}, ["weights of a causal model", "wonder"]),
    ],
)
def test_a_model_of_no_known_kind(
    said: dict[str, Any], parts: list[str], folder: Path, refused: Refused, tmp_path: Path
) -> None:
    changed(folder / "config.json", **said)
    told = refused("train", *overrides_of(folder, tmp_path / "place", SHORT))
    assert all(part in told for part in parts), told
    assert "\n" not in told


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_code_that_comes_with_a_model_is_never_run(file: str, folder: Path, refused: Refused, tmp_path: Path) -> None:
    (folder / "wonder.py").write_text(f"open({str(tmp_path / 'was_run')!r}, 'w').close()\n")
    if file == "config.json":
        own = {"AutoConfig": "wonder.Config", "AutoModelForCausalLM": "wonder.Model"}
        changed(folder / file, model_type="wonder", architectures=["WonderForCausalLM"], auto_map=own)
    else:
        own = {"AutoTokenizer": ["wonder.Tokenizer", None]}
        changed(folder / file, tokenizer_class="WonderTokenizer", auto_map=own)
    told = refused("train", *overrides_of(folder, tmp_path / "place", SHORT))
    assert "it needs code of its own, and code that comes with a model is never run" in told
    assert not (tmp_path / "was_run").exists()
