"""The callback that scores a run on dev, keeps its best tensors and its curve, and saves where it stands."""

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

import pytorch_lightning as pl
from pytorch_lightning.loggers import Logger

from softscale.backbone.padding import IGNORED
from softscale.config import Runtime
from softscale.data.batches import batch_of, evaluation_order
from softscale.data.tokenised import Tokenised
from softscale.devices.ranks import is_first, meet, merged, share
from softscale.devices.sharding import gathered, whole
from softscale.files import write_atomically
from softscale.formats.tensors import save_checkpoint
from softscale.runs.label_first import begun
from softscale.runs.published_predictions import scoring_fields
from softscale.tasks.resampling import resampled
from softscale.tasks.sentinel import after_sentinel
from softscale.tasks.task import Example, Scored, Task
from softscale.training.resuming import BEST, file_sha256
from softscale.training.tuning import Tuning

DIVERGED = 1.0  # nats by which the last loss is above that of the first step
Progress = Callable[[int], None]  # called with the number of steps done
Value = TypeVar("Value")


class Evaluation(pl.Callback):
    """Every `every` steps and after the last: greedy generation on dev, scores, best tensors, curve.

    Selection as in the paper: the step with the highest selecting score on dev (the mean of the task's metrics, but for
    question answering), the earliest of equals; one step for all tasks of a mixture, by the mean over them. Its state
    (the curve) travels in the checkpoint. Files are written so that a kill between any two of them only repeats work:
    best.safetensors and predictions.jsonl (of a mixture predictions_<task>.jsonl) first, last.ckpt last. It names their
    checksums, so that what was damaged since is never counted (resuming.py).
    Several ranks share the dev set and come to the same scores; the first one writes.
    """

    def __init__(
        self,
        *,
        task: Scored,
        dev: Tokenised,
        target_length: int,
        every: int,
        runtime: Runtime,
        folder: Path,
        progress: Progress | None = None,
        sentinel: bool = False,
        decoder: str = "greedy",
        stop_at: float | None = None,  # dev score
        started: float | None = None,  # when this attempt began, by perf_counter; None: now
    ) -> None:
        self.task, self.dev, self.every, self.sentinel, self.decoder = task, dev, every, sentinel, decoder
        self.target_length, self.stop_at = target_length, stop_at
        self.runtime, self.folder, self.progress = runtime, folder, progress
        self.examples: list[Example] = dev.examples()
        self.order = evaluation_order(dev, runtime)
        self.curve: list[dict[str, float]] = []
        self.files: dict[str, str] = {}  # sha256 of the files of the best step, by name; on the first rank only
        self.losses: list[float] = []  # per target token, of the steps since the last evaluation
        self.first_loss: float | None = None  # per target token, of the first step
        self.earlier_seconds, self.started = 0.0, time.perf_counter() if started is None else started

    @property
    def best(self) -> dict[str, float]:
        return max(self.curve, key=lambda point: point["dev/score"])

    def predictions(self) -> dict[str, Any]:
        """Of the best step: what `summary` says of the file; for a mixture of each task's, by its name."""
        summaries = {part.name: summary(part, self._file(part).read_bytes()) for part in self.task.parts()}
        return summaries.get(self.task.name, summaries)

    def resampled(self) -> dict[str, list[float]]:
        """Of the best step, the values on each resample of dev: the score as `dev`, those of several metrics below it.

        For a mixture each task's, as `dev/<task>`.
        """
        made = {}
        for part in self.task.parts():
            own = _at(self.task.indices_of(part, self.examples), self.examples)
            found = resampled(part, predictions_in(self._file(part).read_bytes()), own)
            where = "dev" if part is self.task else f"dev/{part.name}"
            made |= {where if name == "score" else f"{where}/{name}": values for name, values in found.items()}
        return made

    def _file(self, part: Task) -> Path:
        """Where the predictions of a task go; a mixture has one file for each."""
        return self.folder / ("predictions.jsonl" if part is self.task else f"predictions_{part.name}.jsonl")

    def state_dict(self) -> dict[str, Any]:
        return {
            "curve": self.curve,
            "losses": self.losses,
            "first_loss": self.first_loss,
            "seconds": self.seconds(),
            "files": self.files,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.curve, self.losses = state_dict["curve"], state_dict["losses"]
        self.earlier_seconds = state_dict["seconds"]
        # None where an older softscale wrote it.
        self.files, self.first_loss = state_dict.get("files", {}), state_dict.get("first_loss")

    def seconds(self) -> float:
        """Of this attempt so far, loading included, and of those before it up to the checkpoint that it went on from.

        What an attempt did after its last checkpoint is done again and counts once: a kill leaves no trace of it.
        """
        return self.earlier_seconds + time.perf_counter() - self.started

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # Since Lightning 2.2 `fit` leaves modules as they are, and transformers loads in eval mode: without this,
        # dropout would be off by accident. A rate of 0 in the configuration turns it off on purpose.
        pl_module.train()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self.reached():  # where a kill came between the last step and the record
            trainer.should_stop = True

    def notes(self) -> list[str]:
        """What must be known of how training went."""
        last = self.curve[-1].get("train/loss")
        if self.first_loss is None or last is None or last < self.first_loss + DIVERGED:
            return []
        return [
            f"training diverged: the loss per target token was {self.first_loss:.2f} at the first step and {last:.2f} "
            "at the end; lower optim.lr"
        ]

    def reached(self) -> bool:
        """Whether the last score is so high that training ends."""
        return self.stop_at is not None and bool(self.curve) and self.curve[-1]["dev/score"] >= self.stop_at

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, Tuning)
        self.losses.append((pl_module.step_loss / (batch.labels != IGNORED).sum()).item())
        self.first_loss = self.losses[-1] if trainer.global_step == 1 else self.first_loss
        if not math.isfinite(self.losses[-1]):
            raise FloatingPointError(f"the loss is {self.losses[-1]} at step {trainer.global_step}: lower optim.lr")
        step, last = trainer.global_step, trainer.global_step == trainer.max_steps
        if step % self.every == 0 or last:
            self.evaluate(pl_module, step, trainer.logger)
        if step % self.runtime.checkpoint_every == 0 or step % self.every == 0 or last:
            trainer.save_checkpoint(self.folder / "last.ckpt", weights_only=False)
        if self.progress:
            self.progress(step)
        if self.reached():
            trainer.should_stop = True

    def evaluate(self, module: Tuning, step: int, logger: Logger | None) -> None:
        """Score `module` on dev as it is after `step` steps; 0 where a method trains nothing.

        Raises FloatingPointError where what trains is no longer finite: it is never scored.
        """
        for name, param in module.method.trainable().items():
            if not math.isfinite(float(whole(param.detach().float().abs().mean()))):
                raise FloatingPointError(f"{name} is not finite after step {step}: lower optim.lr")
        written = predict(module, self.dev, self.order, self.target_length, self.sentinel, self.decoder)
        predictions = [module.method.answer(text) for text in written]
        scores = self.task.score(predictions, self.examples)
        point = {
            "step": step,
            **({"train/loss": sum(self.losses) / len(self.losses)} if self.losses else {}),
            **{f"dev/{name}": value for name, value in scores.items()},
            "dev/score": self.task.selecting_score(scores),
        }
        self.losses = []
        self.curve.append(point)
        if logger:
            logger.log_metrics({k: v for k, v in point.items() if k != "step"}, step=step)
        if self.best is point:
            stored = gathered(module.method.stored())
            if is_first():
                save_checkpoint(self.folder / BEST, stored, {"step": step})
                for part in self.task.parts():
                    own = self.task.indices_of(part, self.examples)
                    content = lines(_at(own, written), _at(own, predictions), _at(own, self.examples))
                    write_atomically(self._file(part), content)
                names = [BEST, *(self._file(part).name for part in self.task.parts())]
                self.files = {name: file_sha256(self.folder / name) for name in names}
            meet()


def predict(
    module: Tuning,
    data: Tokenised,
    order: Sequence[Sequence[int]],
    length: int,
    sentinel: bool = False,
    decoder: str = "greedy",
) -> list[str]:
    """The text of at most `length` tokens that the model writes for each example, in the order of the data.

    order: the batches, as indices of the data.
    sentinel: the model writes one more token in front, and is read after it (figure 3c). decoder: as `task.decoder`.
    """
    module.eval()
    written: dict[int, str] = {}
    for indices in share(order):
        batch = module.transfer_batch_to_device(batch_of(data, indices), module.device, 0)
        for index, text in zip(indices, module.generate(batch, length + sentinel, decoder), strict=True):
            written[index] = after_sentinel(text) if sentinel else text
    module.train()
    written = merged(written)
    return [written[index] for index in range(len(data))]


def constant_score(task: Scored, examples: Sequence[Example]) -> float:
    """The dev score of the best answer that does not look at the input: the majority class, where there are classes.

    Tasks of free text are tried with their most common targets, and with an answer that names nothing (WSC: False).
    A mixture has one answer for each of its tasks.
    """
    parts = task.parts()
    return fmean(_constant_score(part, _at(task.indices_of(part, examples), examples)) for part in parts)


def _at(indices: Sequence[int], values: Sequence[Value]) -> list[Value]:
    return [values[index] for index in indices]


def _constant_score(task: Task, examples: Sequence[Example]) -> float:
    common = [text for text, _ in Counter(example.target for example in examples).most_common(10)]
    answers = task.labels or (*common, "?")
    scores = (task.score([answer] * len(examples), examples) for answer in answers)
    return max(map(task.selecting_score, scores))


def summary(task: Task, content: bytes) -> dict[str, Any]:
    """Of a file of predictions: sha256, and numbers of predictions.

    count: all; commonest: those that are the commonest text; illegal: those that are no label of the task (-1: it has
    none); of the illegal ones, empty: those without any text, copied: those that stand in the input, word for word,
    begun: those that begin with a label and go on, begun_right: with the right one.
    """
    rows = [json.loads(line) for line in content.splitlines()]
    illegal = [row for row in rows if row["prediction"] not in task.labels] if task.labels else []
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "count": len(rows),
        "commonest": Counter(row["prediction"] for row in rows).most_common(1)[0][1],
        "illegal": len(illegal) if task.labels else -1,
        "empty": sum(not row["prediction"].strip() for row in illegal),
        "copied": sum(_stands_in(row["prediction"], row["input"]) for row in illegal),
        **begun(task, ((row["prediction"], row["target"]) for row in illegal)),
    }


def _stands_in(text: str, whole: str) -> bool:
    return bool(text.strip()) and f" {' '.join(text.split())} " in f" {' '.join(whole.split())} "


def predictions_in(content: bytes) -> list[str]:
    """The predictions of a file of them, in the order of the data."""
    return [json.loads(line)["prediction"] for line in content.splitlines()]


def lines(written: Sequence[str], predictions: Sequence[str], examples: Sequence[Example]) -> bytes:
    """A file of predictions, one JSON object an example in the order of the data.

    What was read, what is right and what was predicted; beside it what scoring needs where that is more than the
    target, and what was written, where that is another text.
    """
    rows = (
        {"input": example.input, "target": example.target, "prediction": prediction}
        | scoring_fields(example)
        | ({"written": text} if text != prediction else {})
        for text, prediction, example in zip(written, predictions, examples, strict=True)
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
