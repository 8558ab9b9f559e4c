"""`softscale pretrain rung=…`: makes one checkpoint of the miniature ladder, and resumes after a kill."""

import json
import platform
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from transformers import T5ForConditionalGeneration

from softscale.backbone.t5_1_1 import build_t5_1_1, save_t5, t5_1_1_config
from softscale.checkpoint import load_checkpoint, save_checkpoint
from softscale.errors import InputError
from softscale.files import writable, write_atomically
from softscale.pretrain.batches import Batches
from softscale.pretrain.config import Pretraining, Rung
from softscale.pretrain.optimiser import ScaledAdamW
from softscale.world.tokenizer import build_tokenizer

# What does not decide the weights.
RUNTIME = ("threads", "checkpoint_every", "to")


@dataclass
class Progress:
    """What a pre-training has done so far; stored in its checkpoint."""

    step: int = 0
    tokens: int = 0  # input and target positions, padding included
    seconds: float = 0.0
    curve: list[list[float]] = field(default_factory=list)  # [step, mean loss since the last point]

    def line(self, steps: int) -> str:
        left = self.seconds / self.step * (steps - self.step)
        rate = self.tokens / self.seconds
        return f"step {self.step}/{steps}  loss {self.curve[-1][1]:.4f}  {rate:,.0f} tokens/s  {left / 60:.1f} min left"


def pretrain(config: Pretraining) -> Path:
    """Train to the end, from the last checkpoint where there is one.

    Returns:
        the folder `config.to`, with weights and tokenizer in Hugging Face layout and `pretraining.json` (configuration,
        loss curve, tokens, FLOPs, device, seconds).

    Raises:
        InputError: a value is out of range, or the folder holds a checkpoint of another configuration.
    """
    config.check()
    folder = Path(config.to)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    tokenizer = build_tokenizer()
    model = initial_model(config.rung, len(tokenizer)).to(device())  # type: ignore[arg-type]
    optimiser = ScaledAdamW(model.parameters(), lr=config.lr)
    tokenizer.save_pretrained(writable(folder))
    progress = _resume(folder / "last.ckpt", config, model, optimiser)
    batches = Batches(config, tokenizer)
    while progress.step < config.steps:
        _advance(config, model, optimiser, batches, progress)
        print(f"{config.rung.name}  {progress.line(config.steps)}", file=sys.stderr, flush=True)
        _save(folder / "last.ckpt", config, model, optimiser, progress)
    model.config.dropout_rate = 0.1  # as published; pre-training is without
    save_t5(model, folder)
    report = _report(config, model, progress)
    write_atomically(folder / "pretraining.json", (json.dumps(report, indent=1) + "\n").encode())
    (folder / "last.ckpt").unlink()
    return folder


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def initial_model(rung: Rung, vocab_size: int) -> T5ForConditionalGeneration:
    """The T5 1.1 of a rung's shape at its first step; T5 1.1 was pre-trained without dropout."""
    shape = {key: value for key, value in asdict(rung).items() if key != "name"}
    config = t5_1_1_config(vocab_size=vocab_size, **shape)
    config.dropout_rate = 0.0
    return build_t5_1_1(config).train()


def _advance(
    config: Pretraining,
    model: T5ForConditionalGeneration,
    optimiser: ScaledAdamW,
    batches: Batches,
    progress: Progress,
) -> None:
    """Train to the next checkpoint."""
    started = time.perf_counter()
    stop = min(config.steps, progress.step + config.checkpoint_every)
    losses = []
    for step in range(progress.step, stop):
        inputs, labels = (part.to(model.device) for part in batches[step])
        loss = model(input_ids=inputs, attention_mask=inputs != 0, labels=labels).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimiser.param_groups:
            group["lr"] = config.rate(step)
        optimiser.step()
        losses.append(loss.detach())
        progress.tokens += inputs.numel() + labels.numel()
    progress.step = stop
    progress.curve.append([stop, round(torch.stack(losses).mean().item(), 5)])
    progress.seconds += time.perf_counter() - started


def _save(
    path: Path,
    config: Pretraining,
    model: T5ForConditionalGeneration,
    optimiser: ScaledAdamW,
    progress: Progress,
) -> None:
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items() if not _shared(name)}
    for name, param in model.named_parameters():
        for moment in ("mean", "square"):
            tensors[f"{moment}/{name}"] = optimiser.state[param][moment]
    save_checkpoint(path, tensors, {"config": asdict(config), "progress": asdict(progress)})


def _resume(path: Path, config: Pretraining, model: T5ForConditionalGeneration, optimiser: ScaledAdamW) -> Progress:
    if not path.exists():
        return Progress()
    tensors, state = load_checkpoint(path)
    before, now = ({k: v for k, v in c.items() if k not in RUNTIME} for c in (state["config"], asdict(config)))
    if before != now:
        field_, old = next((k, v) for k, v in before.items() if now[k] != v)
        raise InputError(f"{path} was made with {field_}={old}, not {now[field_]}: choose another folder with to=DIR")
    missing, _ = model.load_state_dict(
        {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model/")}, strict=False
    )
    assert all(_shared(name) for name in missing), missing
    progress = Progress(**state["progress"])
    for name, param in model.named_parameters():
        optimiser.state[param] = {
            "step": progress.step,
            "mean": tensors[f"mean/{name}"].to(param.device),
            "square": tensors[f"square/{name}"].to(param.device),
        }
    return progress


def _shared(name: str) -> bool:
    """Both stacks hold the input embedding under a second name."""
    return name.endswith("embed_tokens.weight")


def _report(config: Pretraining, model: T5ForConditionalGeneration, progress: Progress) -> dict:
    embedding = model.shared.weight.numel()
    total = sum(param.numel() for param in model.parameters())
    on_gpu = torch.cuda.is_available()
    return {
        "config": {name: value for name, value in asdict(config).items() if name not in RUNTIME},
        "parameters": {"total": total, "non_embedding": total - 2 * embedding},
        "tokens": progress.tokens,
        # 6 N D (Kaplan et al. 2020) with N = non-embedding parameters + output head; an encoder token passes through
        # the encoder alone, so this is an upper bound.
        "flops": 6 * (total - embedding) * progress.tokens,
        "seconds": round(progress.seconds, 1),
        "device": torch.cuda.get_device_name() if on_gpu else f"CPU {platform.machine()}, {config.threads} thread(s)",
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "curve": progress.curve,
    }
