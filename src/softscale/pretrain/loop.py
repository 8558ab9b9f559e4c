"""Runs a pre-training to its end: a rung of the miniature ladder, or any T5 on plain text; resumes after a kill."""

import json
import platform
import shutil
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from softscale.backbone.backbone import choose_attention_kernel
from softscale.backbone.t5_1_1 import save_t5
from softscale.errors import InputError
from softscale.files import sync_folder, writable, write_atomically
from softscale.formats.tensors import load_checkpoint, save_checkpoint
from softscale.pretrain.begun import Begun
from softscale.pretrain.job import Job

# What does not decide the weights.
RUNTIME = ("threads", "micro_batch_size", "checkpoint_every", "keep", "to")


@dataclass
class Progress:
    """What a pre-training has done so far; stored in its checkpoint."""

    step: int = 0
    tokens: int = 0  # input and target positions, padding included
    seconds: float = 0.0
    curve: list[list[float]] = field(default_factory=list)  # [step, mean loss since the last point]

    def line(self, steps: int, pace: float) -> str:
        """pace: seconds a step now; earlier ones may be of another machine."""
        left = pace * (steps - self.step)
        rate = self.tokens / self.seconds
        return f"step {self.step}/{steps}  loss {self.curve[-1][1]:.4f}  {rate:,.0f} tokens/s  {left / 60:.1f} min left"


def pretrain(config: Job) -> Path:
    """Train to the end, from the last checkpoint where there is one.

    Returns:
        the folder `config.to`, with weights and tokenizer in Hugging Face layout and `pretraining.json` (configuration,
        loss curve, tokens, FLOPs, device, seconds); for each step of `config.keep` such a folder is in
        `step_<step>` of it, as training was then.

    Raises:
        InputError: a value is out of range, a file is missing or not its kind, or the folder holds a checkpoint of
            another configuration.
    """
    config.check()
    folder = Path(config.to)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    choose_attention_kernel()
    begun = config.begin()
    begun.model.to(device())  # type: ignore[arg-type]
    progress = _resume(writable(folder) / "last.ckpt", config, begun)
    _keep(config, begun, progress)  # where a kill came between the checkpoint and this
    while progress.step < config.steps:
        pace = _advance(config, begun, progress)
        print(f"{begun.name}  {progress.line(config.steps, pace)}", file=sys.stderr, flush=True)
        _save(folder / "last.ckpt", config, begun, progress)
        _keep(config, begun, progress)
    part = folder / ".part"
    shutil.rmtree(part, ignore_errors=True)
    _publish(writable(part), config, begun, progress)
    for file in sorted(part.iterdir()):
        file.replace(folder / file.name)
    part.rmdir()
    shutil.rmtree(folder / ".text", ignore_errors=True)
    (folder / "last.ckpt").unlink()
    return folder


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _advance(config: Job, begun: Begun, progress: Progress) -> float:
    """Train to the next checkpoint, or to the next step that is kept. Returns seconds a step."""
    started = time.perf_counter()
    later = [step for step in config.keep if step > progress.step]
    stop = min([config.steps, progress.step + config.checkpoint_every, *later])
    losses = []
    for step in range(progress.step, stop):
        if step in config.restarts:
            _restart(begun)
        inputs, labels = (part.to(begun.model.device) for part in begun.batches[step])
        begun.optimiser.zero_grad()
        losses.append(begun.learn(inputs, labels))
        for group in begun.optimiser.param_groups:
            group["lr"] = config.rate(step)
        begun.optimiser.step()
        progress.tokens += inputs.numel() + labels.numel()
    progress.step = stop
    progress.curve.append([stop, round(torch.stack(losses).mean().item(), 5)])
    seconds = time.perf_counter() - started
    progress.seconds += seconds
    return seconds / len(losses)


def _restart(begun: Begun) -> None:
    """Weights as who reads them from their file has them, and no moments."""
    begun.optimiser.state.clear()
    for param in begun.model.parameters():
        param.data.copy_(param.data.to(begun.stored))


def _save(path: Path, config: Job, begun: Begun, progress: Progress) -> None:
    tensors: dict[str, Tensor] = {}
    for name, param in begun.model.named_parameters():
        tensors[f"model/{name}"] = param
        moments = {key: value for key, value in begun.optimiser.state[param].items() if isinstance(value, Tensor)}
        tensors |= {f"{key}/{name}": value for key, value in moments.items()}
    state = {"config": asdict(config), "facts": begun.facts, "progress": asdict(progress)}
    save_checkpoint(path, tensors, state)


def _resume(path: Path, config: Job, begun: Begun) -> Progress:
    if not path.exists():
        return Progress()
    tensors, state = load_checkpoint(path)
    before, now = (_decisive(values) for values in (state["config"], asdict(config)))
    if before != now:
        field_ = next(name for name in before | now if before.get(name) != now.get(name))
        raise InputError(
            f"{path} was made with {field_}={before.get(field_)}, not {now.get(field_)}: choose another folder with "
            "to=DIR"
        )
    for name, fact in begun.facts.items():
        if state["facts"][name] != fact:
            raise InputError(f"{path} was made with another {name} at the same path: choose another folder with to=DIR")
    progress = Progress(**state["progress"])
    since = progress.step - max((step for step in config.restarts if step < progress.step), default=0)
    for name, param in begun.model.named_parameters():
        param.data.copy_(tensors.pop(f"model/{name}"))
        begun.optimiser.state[param] = {"step": since}
    for tensor_name, moment in tensors.items():
        key, _, name = tensor_name.partition("/")
        param = begun.model.get_parameter(name)
        begun.optimiser.state[param][key] = moment.to(param.device)
    return progress


def _decisive(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in RUNTIME}


def _keep(config: Job, begun: Begun, progress: Progress) -> None:
    """Where this step is to be kept, write its folder under another name and rename it: it is there whole, or not."""
    folder = Path(config.to) / f"step_{progress.step}"
    if progress.step not in config.keep or folder.exists():
        return
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    _publish(writable(part), config, begun, progress)
    part.rename(folder)


def _publish(folder: Path, config: Job, begun: Begun, progress: Progress) -> None:
    """Write weights, tokenizer and report as a T5 is published, and sync them."""
    begun.model.config.dropout_rate = 0.1  # as published; pre-training is without
    begun.tokenizer.save_pretrained(folder)
    save_t5(begun.model, folder, begun.stored)
    report = _report(config, begun, progress)
    write_atomically(folder / "pretraining.json", (json.dumps(report, indent=1) + "\n").encode())
    sync_folder(folder)


def _report(config: Job, begun: Begun, progress: Progress) -> dict:
    embedding = begun.model.shared.weight.numel()
    total = sum(param.numel() for param in begun.model.parameters())
    heads = embedding if begun.model.lm_head.weight is not begun.model.shared.weight else 0
    non_embedding = total - embedding - heads
    on_gpu = torch.cuda.is_available()
    return {
        "config": _decisive(asdict(config)),
        **begun.facts,
        "step": progress.step,
        "parameters": {"total": total, "non_embedding": non_embedding},
        "tokens": progress.tokens,
        # Kaplan et al. 2020; an encoder token passes through the encoder alone, so this is an upper bound.
        "flops": 6 * (non_embedding + embedding) * progress.tokens,
        "flops_formula": "6 N D: N = non-embedding parameters + output head, D = tokens, padding included",
        "seconds": round(progress.seconds, 1),
        "device": torch.cuda.get_device_name() if on_gpu else f"CPU {platform.machine()}, {config.threads} thread(s)",
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "curve": progress.curve,
    }
