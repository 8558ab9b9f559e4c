"""A T5 1.1 of width 16, and studies on it that take a second or two."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.t5_1_1 import build_t5_1_1, t5_1_1_config
from softscale.config import ModelConfig, OptimConfig, Runtime, Study, TaskConfig, WandbConfig
from softscale.methods.init.sampled_vocab import SampledVocab
from softscale.methods.model_tuning import ModelTuningConfig
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.job import Job
from softscale.sources.miniature import MiniatureConfig

SHAPE = {"d_model": 16, "d_ff": 32, "d_kv": 8, "num_heads": 2, "num_layers": 1}


def save_t5_1_1(folder: Path, tokenizer: PreTrainedTokenizerFast, **shape: int) -> Path:
    """A fresh T5 1.1 in `folder`, in the form in which T5 1.1 is published."""
    torch.manual_seed(0)
    build_t5_1_1(t5_1_1_config(vocab_size=len(tokenizer), **(SHAPE | shape))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"tie_word_embeddings": False}))
    return folder


def model_of(folder: Path, dtype: str = "fp32") -> ModelConfig:
    return ModelConfig(name="local", source="folder", path=str(folder), dtype=dtype)


def load(folder: Path, dtype: str = "fp32", dropout: float = 0.0) -> Backbone:
    config = model_of(folder, dtype)
    return load_backbone(config, load_tokenizer(config), dropout)


METHODS = {
    "prompt_tuning": PromptTuningConfig(
        name="prompt_tuning", length=4, init=SampledVocab(name="sampled_vocab", population=100)
    ),
    "model_tuning": ModelTuningConfig(name="model_tuning"),
}

OPTIM = {
    "lr": 0.05,
    "steps": 20,
    "batch_size": 4,
    "eval_every": 5,
    "decay_rate": 0.8,
    "weight_decay": 1e-5,
    "clip": 1.0,
    "parameter_scale": False,
    "initial_step": 0,
    "dropout": 0.1,
    "z_loss": 1e-4,
}


def study_of(folder: Path, method: str = "prompt_tuning", seed: int = 0, task: str = "rte", **optim: Any) -> Study:
    return Study(
        model=model_of(folder),
        method=METHODS[method],
        task=TaskConfig(name=task, input_length=64, target_length=4),
        data=MiniatureConfig(name="miniature", seed=0, train_records=24, dev_records=8),
        optim=OptimConfig(**(OPTIM | optim)),
        seed=seed,
    )


def runtime_of(place: Path, **told: Any) -> Runtime:
    values: dict[str, Any] = {"device": "cpu", "workers": 1, "threads": 1, "eval_batch_size": 8, "checkpoint_every": 5}
    return Runtime(**(values | told), runs=str(place / "runs"), results=str(place / "results"))


def job_of(study: Study, place: Path, mode: str = "disabled", experiment: str | None = None, **runtime: Any) -> Job:
    return Job(study, runtime_of(place, **runtime), WandbConfig(mode=mode), experiment)


def overrides_of(folder: Path, place: Path, *more: str) -> list[str]:
    """What to type for a run of a second or two on the tiny backbone."""
    return [
        "model=local",
        f"model.path={folder}",
        "task=rte",
        "task.target_length=4",
        "data.train_records=24",
        "data.dev_records=8",
        "optim.steps=6",
        "optim.batch_size=4",
        "optim.eval_every=3",
        "logger=none",
        f"runtime.runs={place / 'runs'}",
        f"runtime.results={place / 'results'}",
        *more,
    ]


Files = dict[str, tuple[int, bytes]]


def files_below(folder: Path) -> Files:
    """Time of change and content of every file below `folder`, by relative path."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
