"""Time and memory of a training step, methods side by side.

  python benchmarks/method_steps.py model=mini_3 rounds=30

Every round makes one step of every method on the same batch, so that what else the machine does falls on all of them;
medians and their ratio to prompt tuning are told. A step is that of training: `model.dtype` and `runtime.micro_batch`
count, and a batch is computed in parts of like length. Any override of `softscale train` may be given, such as
`task=boolq optim.batch_size=16 model.dtype=bf16 runtime=gpu`. Where peft is installed, its prompt tuning and LoRA run
too, with the same optimiser.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
from transformers import T5ForConditionalGeneration

from softscale import tasks
from softscale.backbone.backbone import Backbone, products
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.t5_1_1 import untie_output_head
from softscale.compose.cells import hydra_session, single
from softscale.config import Config
from softscale.data.batches import Batch, batch_of
from softscale.data.tokenised import tokenised
from softscale.methods.method import Context
from softscale.training.optim import adafactor
from softscale.training.run import device_name
from softscale.training.step_cost import LiveBytes
from softscale.training.tuning import Tuning

METHODS = ("prompt_tuning", "per_layer_prompts", "prefix_tuning", "lora", "ia3", "bitfit", "model_tuning")


def main(arguments: list[str]) -> None:
    rounds = int(next((a.partition("=")[2] for a in arguments if a.startswith("rounds=")), 30))
    overrides = [argument for argument in arguments if not argument.startswith("rounds=")]
    with hydra_session():
        configs = {name: single([*overrides, f"method={name}"]).config for name in METHODS}
    config = configs["prompt_tuning"]
    torch.set_num_threads(config.runtime.threads)
    device = "cuda" if config.runtime.device == "gpu" else "cpu"
    batch = _batch(config, device)
    steps = {name: _ours(told, batch, device) for name, told in configs.items()} | _theirs(configs, batch, device)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for place in range(rounds + 2):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            if device == "cuda":
                torch.cuda.synchronize()
            if place >= 2:  # the first two make optimiser state and caches
                seconds[name].append(time.perf_counter() - started)
    _say(config, batch, seconds, {name: _peak(step, device) for name, step in steps.items()}, rounds)


def _batch(config: Config, device: str) -> Batch:
    """The first examples of the study's task."""
    from pathlib import Path

    task = tasks.by_name(config.task.name)
    tokenizer, size = load_tokenizer(config.model), config.optim.batch_size
    cache = Path(config.runtime.runs) / ".cache"
    examples = tokenised(task, config.task, config.data.open(), "train", size, tokenizer, cache)
    batch = batch_of(examples, range(size))
    return Batch(tokens=batch.tokens.to(device), mask=batch.mask.to(device), labels=batch.labels.to(device))


def _backbone(config: Config, device: str) -> Backbone:
    shared = config.optim.dropout_shared
    return load_backbone(config.model, load_tokenizer(config.model), config.optim.dropout, shared).to(device)


def _ours(config: Config, batch: Batch, device: str) -> Callable[[], None]:
    backbone = _backbone(config, device)
    words = tasks.by_name(config.task.name).init_words
    context = Context(backbone=backbone, words=words, generator=torch.Generator().manual_seed(0), notes=[])
    mixed = config.model.dtype == "mixed"
    module = Tuning(backbone, config.method.build(context), config.optim, 0, config.runtime.micro_batch, mixed)
    module.to(device).train()
    optimiser = module.configure_optimizers()

    def step() -> None:
        module.training_step(batch, 0).backward()
        optimiser.step()

    return step


def _plain(config: Config) -> T5ForConditionalGeneration:
    """The same weights as transformers has them, with its own layers."""
    backbone = _backbone(config, "cpu").model
    plain = T5ForConditionalGeneration(backbone.config)
    untie_output_head(plain)
    plain.set_attn_implementation("sdpa")
    plain.load_state_dict(backbone.state_dict())
    return plain.to(backbone.dtype)


def _theirs(configs: dict[str, Config], batch: Batch, device: str) -> dict[str, Callable[[], None]]:
    """PEFT's prompt tuning and LoRA of the same size, with the same optimiser; nothing where peft is not installed."""
    try:
        import peft
    except ImportError:
        print("peft is not installed: its methods are left out", file=sys.stderr)
        return {}
    prompt, lora = configs["prompt_tuning"].method, configs["lora"].method
    told = {
        "peft prompt tuning": peft.PromptTuningConfig(
            task_type="SEQ_2_SEQ_LM",
            num_virtual_tokens=prompt.length,  # type: ignore[attr-defined]
            num_transformer_submodules=1,
        ),
        "peft lora": peft.LoraConfig(
            task_type="SEQ_2_SEQ_LM",
            r=lora.rank,  # type: ignore[attr-defined]
            lora_alpha=lora.alpha,  # type: ignore[attr-defined]
            target_modules=list(lora.targets),  # type: ignore[attr-defined]
        ),
    }

    def step_of(adapter: peft.PeftConfig) -> Callable[[], None]:
        config = configs["prompt_tuning"]
        model = peft.get_peft_model(_plain(config), adapter).to(device).train()
        optimiser = adafactor([param for param in model.parameters() if param.requires_grad], config.optim)

        def step() -> None:
            optimiser.zero_grad()
            with products(device, config.model.dtype):
                loss = model(input_ids=batch.tokens, attention_mask=batch.mask, labels=batch.labels).loss
            loss.backward()
            optimiser.step()

        return step

    return {name: step_of(adapter) for name, adapter in told.items()}


def _peak(step: Callable[[], None], device: str) -> int:
    """Bytes that a step takes besides what is there before it."""
    if device == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        step()
        return torch.cuda.max_memory_allocated() - before
    with LiveBytes([]) as live:
        step()
    return live.peak


def _say(config: Config, batch: Batch, seconds: dict[str, list[float]], peaks: dict[str, int], rounds: int) -> None:
    print(f"{config.model.name} {config.model.dtype}, {config.task.name}, batch {list(batch.tokens.shape)}, ", end="")
    print(f"{device_name(config.runtime)}, torch {torch.__version__}, median of {rounds} rounds")
    first = statistics.median(seconds["prompt_tuning"])
    for name, told in seconds.items():
        middle = statistics.median(told)
        print(f"{name:<20} {1000 * middle:9.1f} ms  {middle / first:5.2f} x  {peaks[name] / 1e6:9.1f} MB in the step")


if __name__ == "__main__":
    main(sys.argv[1:])
