"""One job of whole_job.py, in the process that this file is run in: `one_job.py texts|ours|peft FOLDER OVERRIDES`.

`texts` writes what the others share into FOLDER: what the job is, and the texts of the steps and of the dev set, in
the order in which softscale draws them. `ours` and `peft` do the job and end with a line of JSON.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()


def composed(overrides: list[str]) -> Any:
    from softscale.compose.cells import hydra_session, single

    with hydra_session():
        return single(overrides).config


def texts(folder: Path, overrides: list[str]) -> None:
    import platform
    from dataclasses import asdict

    import peft
    import torch
    import transformers

    from softscale import tasks
    from softscale.data.order import indices_of_step
    from softscale.training.run import device_name

    config = composed(overrides)
    task, source, optim = tasks.by_name(config.task.name), config.data.open(), config.optim
    examples = {split: source.examples(task, split) for split in ("train", "dev")}
    if config.data.num_dev:
        examples["dev"] = examples["dev"][: config.data.num_dev]
    counts = (len(examples["train"]),)
    drawn = [i for step in range(optim.steps) for i in indices_of_step(step, optim.batch_size, counts, config.seed)]
    rows = {"train": [examples["train"][index] for index in drawn], "dev": examples["dev"]}
    for split, chosen in rows.items():
        lines = [json.dumps({"input": each.input, "target": each.target}) for each in chosen]
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n")
    what = f"{config.method.name}, {config.model.name} {config.model.dtype}, {task.name}, batch {optim.batch_size}, "
    what += f"{optim.steps} steps, one scoring of {len(rows['dev'])} examples"
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, "
    versions += f"transformers {transformers.__version__}, peft {peft.__version__}"
    job = {"what": what, "device": device_name(config.runtime), "versions": versions}
    (folder / "job.json").write_text(json.dumps(job))
    peer = {
        "model": str(Path(config.model.path).absolute()),
        "dtype": config.model.dtype,
        "method": asdict(config.method),
        "threads": config.runtime.threads,
        "device": config.runtime.device,
        "lr": optim.lr,
        "steps": optim.steps,
        "batch_size": optim.batch_size,
        "eval_batch_size": optim.batch_size,
        "input_length": config.task.input_length,
        "target_length": config.task.target_length,
    }
    (folder / "peer.json").write_text(json.dumps(peer))


class Parts:
    """Seconds of the parts of a job; what is nested counts for the inner part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.stack: list[str] = ["loading"]
        self.last = STARTED

    def turn(self) -> None:
        now = time.perf_counter()
        self.seconds[self.stack[-1]] += now - self.last
        self.last = now

    def within(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.turn()
            self.stack.append(name)
            try:
                return function(*args, **kwargs)
            finally:
                self.turn()
                self.stack.pop()

        return timed


def ours(folder: Path, overrides: list[str]) -> tuple[dict[str, float], float]:
    from softscale.runs.job import Job
    from softscale.training import evaluation, run

    parts = Parts()
    run.fit = parts.within("training", run.fit)  # type: ignore[assignment]
    evaluation.predict = parts.within("scoring", evaluation.predict)  # type: ignore[assignment]
    evaluation.save_checkpoint = parts.within("writing", evaluation.save_checkpoint)  # type: ignore[assignment]
    run.check_whole = parts.within("writing", run.check_whole)  # type: ignore[assignment]
    record = run.run(Job.of(composed(overrides), None))
    parts.turn()
    return parts.seconds, record.last["dev/score"]


def peft_job(folder: Path, overrides: list[str]) -> tuple[dict[str, float], float]:
    """Hugging Face's usual way: PEFT's adapter, Seq2SeqTrainer, the same optimiser recipe as far as its has it."""
    import peft
    import torch
    from datasets import Dataset
    from torch.utils.data import Sampler, SequentialSampler
    from transformers import (
        AutoModelForSeq2SeqLM,
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        GenerationConfig,
        Seq2SeqTrainer,
        Seq2SeqTrainingArguments,
    )

    parts = Parts()
    told = json.loads((folder / "peer.json").read_text())
    torch.set_num_threads(told["threads"])
    tokenizer = AutoTokenizer.from_pretrained(told["model"])
    dtype = torch.bfloat16 if told["dtype"] == "bf16" else torch.float32
    model = AutoModelForSeq2SeqLM.from_pretrained(told["model"], dtype=dtype)
    adapters = {
        "prompt_tuning": lambda: peft.PromptTuningConfig(
            task_type="SEQ_2_SEQ_LM", num_virtual_tokens=told["method"]["length"], num_transformer_submodules=1
        ),
        "lora": lambda: peft.LoraConfig(
            task_type="SEQ_2_SEQ_LM",
            r=told["method"]["rank"],
            lora_alpha=told["method"]["alpha"],
            lora_dropout=told["method"]["dropout"],
            target_modules=told["method"]["targets"],
        ),
    }
    if told["method"]["name"] in adapters:
        model = peft.get_peft_model(model, adapters[told["method"]["name"]]())
    elif told["method"]["name"] != "model_tuning":
        sys.exit(f"method={told['method']['name']} is not compared with PEFT's")

    def rows(split: str, longest: int | None) -> Dataset:
        lines = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
        made = tokenizer([line["input"] for line in lines], truncation=longest is not None, max_length=longest)
        made["labels"] = tokenizer([line["target"] for line in lines])["input_ids"]
        return Dataset.from_dict(dict(made))

    def accuracy(predicted: Any) -> dict[str, float]:
        pad = tokenizer.pad_token_id
        written, right = (
            tokenizer.batch_decode([[id_ if id_ >= 0 else pad for id_ in row] for row in ids], skip_special_tokens=True)
            for ids in (predicted.predictions.tolist(), predicted.label_ids.tolist())
        )
        return {"accuracy": sum(a == b for a, b in zip(written, right, strict=True)) / len(right)}

    class InOrder(Seq2SeqTrainer):
        def _get_train_sampler(self, train_dataset: Any = None) -> Sampler:
            return SequentialSampler(train_dataset or self.train_dataset)

    arguments = Seq2SeqTrainingArguments(
        output_dir="peft",
        max_steps=told["steps"],
        per_device_train_batch_size=told["batch_size"],
        per_device_eval_batch_size=told["eval_batch_size"],
        learning_rate=told["lr"],
        lr_scheduler_type="constant",
        optim="adafactor",
        bf16=told["dtype"] == "mixed",
        use_cpu=told["device"] == "cpu",
        predict_with_generate=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=0,
    )
    trainer = InOrder(
        model=model,
        args=arguments,
        train_dataset=rows("train", told["input_length"]),
        eval_dataset=rows("dev", None),
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=model),
        processing_class=tokenizer,
        compute_metrics=accuracy,
    )
    parts.within("training", trainer.train)()
    ids = {"decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0}
    writes = GenerationConfig(max_new_tokens=told["target_length"], **ids)
    scores = parts.within("scoring", trainer.evaluate)(generation_config=writes)
    parts.within("writing", model.save_pretrained)("adapter")
    parts.turn()
    return parts.seconds, scores["eval_accuracy"]


def peak() -> int:
    """Bytes that this process held at most; of a GPU those of its tensors."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    status = Path("/proc/self/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


if __name__ == "__main__":
    kind, folder, overrides = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    if kind == "texts":
        texts(folder, overrides)
    else:
        parts, score = (peft_job if kind == "peft" else ours)(folder, overrides)
        print(json.dumps({"peak": peak(), "parts": {k: round(v, 3) for k, v in parts.items()}, "score": score}))
