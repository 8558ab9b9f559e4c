"""Zero-shot transfer: a run's best step, scored on tasks that it was not trained on (paper, section 5, Tables 1 and 2).

The step is chosen on the dev set of the task that was trained. The other task's inputs keep its own text form; where
the label words of the two differ, the answers are put in its words before they are scored (the authors'
glue_transfer.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from softscale.data.batches import evaluation_order
from softscale.data.tokenised import Tokenised, tokenised
from softscale.devices.available import torch_device
from softscale.devices.ranks import is_first
from softscale.files import write_atomically
from softscale.formats.tensors import load_checkpoint
from softscale.runs.job import Job
from softscale.sources.source import Source
from softscale.tasks.resampling import resampled
from softscale.tasks.task import Scored, Task
from softscale.training.evaluation import constant_score, lines, predict, summary
from softscale.training.resuming import BEST
from softscale.training.startable import tasks_of_transfer
from softscale.training.tuning import Tuning


@dataclass(frozen=True)
class Target:
    """A task to score, and its dev set."""

    task: Task
    dev: Tokenised


def transfer_targets(
    job: Job, trained: Scored, source: Source, tokenizer: PreTrainedTokenizerBase, notes: list[str]
) -> list[Target]:
    """The tasks of `transfer=[…]` with their data; what must be known of these goes into `notes`.

    Raises:
        InputError: a task is unknown, told twice or trained on, its data are missing, or no answer could be right.
    """
    study, cache = job.study, Path(job.runtime.runs) / ".cache"
    made = []
    for task in tasks_of_transfer(study, trained, source):
        made.append(Target(task, tokenised(task, study.task, source, "dev", study.data.num_dev, tokenizer, cache)))
        notes += source.notes(task, "dev")
    return made


class Transfer:
    """The scores of the best step on every target, computed when made; the best tensors are then in `module`.

    scores: `transfer/<task>/<metric>` and `transfer/<task>/score`, fractions.
    data: `transfer/<task>/dev`, the number of examples, and `transfer/<task>/majority`, the best constant answer.
    predictions: by `transfer/<task>`, what `evaluation.summary` says of `predictions_<task>.jsonl` in the run's folder.
    resampled: by `transfer/<task>`, the score on each resample of the target's dev set.
    """

    def __init__(self, module: Tuning, trained: Scored, job: Job, targets: Sequence[Target]) -> None:
        self.scores: dict[str, float] = {}
        self.data: dict[str, float] = {}
        self.predictions: dict[str, dict[str, object]] = {}
        self.resampled: dict[str, list[float]] = {}
        if targets:
            # Lightning leaves the module on the CPU when it is done.
            module.to(torch_device(job.runtime))
            tensors, _ = load_checkpoint(job.folder / BEST)
            module.method.load(tensors)
        for target in targets:
            self._score(module, trained, job, target)

    def _score(self, module: Tuning, trained: Scored, job: Job, target: Target) -> None:
        task, key, examples = target.task, f"transfer/{target.task.name}", target.dev.examples()
        order = evaluation_order(target.dev, job.runtime)
        config = job.study.task
        written = predict(module, target.dev, order, config.target_length, config.sentinel, config.decoder)
        predictions = [task.translated(module.method.answer(text), trained.name) for text in written]
        scores = task.score(predictions, examples)
        self.scores |= {f"{key}/{name}": value for name, value in scores.items()}
        self.scores[f"{key}/score"] = task.selecting_score(scores)
        self.data |= {f"{key}/dev": len(examples), f"{key}/majority": constant_score(task, examples)}
        content = lines(written, predictions, examples)
        if is_first():
            write_atomically(job.folder / f"predictions_{task.name}.jsonl", content)
        self.predictions[key] = summary(task, content)
        self.resampled[key] = resampled(task, predictions, examples)["score"]
