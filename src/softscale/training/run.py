"""One study from configuration to record: the function that ties everything together.

The record is written last; until then the run's folder holds what the next attempt needs (job.py).
"""

import platform
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import torch
from filelock import Timeout
from transformers import PreTrainedTokenizerBase

from softscale import tasks
from softscale.backbone.backbone import Backbone
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.config import Runtime, Study
from softscale.costs.fits import check_fits
from softscale.data.context import check_lengths
from softscale.data.notes import limit_notes, notes_on
from softscale.data.tokenised import Tokenised, joined, tokenised
from softscale.data.writable import check_labels
from softscale.devices.available import check_devices, device_memory
from softscale.devices.ranks import is_first
from softscale.errors import InputError
from softscale.files import writable, write_atomically
from softscale.methods.method import Asking, Context, Worded
from softscale.methods.modules.method import Method
from softscale.runs.job import Job
from softscale.runs.provenance import provenance
from softscale.runs.record import Record
from softscale.sources.source import Source
from softscale.tasks.task import Example, Scored
from softscale.training.evaluation import Evaluation, constant_score
from softscale.training.fit import fit
from softscale.training.rank_processes import run_in_processes
from softscale.training.resuming import BEST, check_whole, go_back_to_what_is_whole
from softscale.training.startable import check_startable
from softscale.training.transfer import Transfer, transfer_targets
from softscale.training.tuning import Tuning
from softscale.training.wandb_log import summarise, wandb_run


class Taken(Exception):
    """Another process is running this cell."""


def run(job: Job, progress: Callable[[int], None] | None = None) -> Record:
    """Train, resume, or find done; returns the record, which is on disk. Raises what `attempt` does."""
    return attempt(job, progress)[0]


def attempt(job: Job, progress: Callable[[int], None] | None = None) -> tuple[Record, bool]:
    """The record of a run, which is on disk, and whether it was made here: False where it was found done.

    Raises:
        InputError: the study cannot be run as it is; nothing was lost and nothing is left behind.
        Taken: another process holds this run.
    """
    check_startable(job)
    try:
        with job.lock():
            return _run_locked(job, progress)
    except Timeout:
        raise Taken(f"{job.id} is being run by another process") from None


def _run_locked(job: Job, progress: Callable[[int], None] | None) -> tuple[Record, bool]:
    done = job.folder / "record.json"
    todo = not done.exists()
    if todo:
        job.remove_partial_files()
        try:
            writable(job.published.parent)
            check_devices(job.runtime)
            check_fits(job.study, job.runtime, device_memory(job.runtime))
            went_back = go_back_to_what_is_whole(job.folder, Evaluation.__qualname__)
            if went_back:
                print(f"softscale: {went_back}", file=sys.stderr)
            alone = job.runtime.strategy == "single"
            record = _train(job, progress) if alone else run_in_processes(_train, job, progress)
            record.write(done)
        except InputError:
            _leave_nothing(job)
            raise
        except Exception:
            with suppress(OSError):  # a full disk is not to hide why the run failed
                write_atomically(job.folder / "failure.txt", traceback.format_exc().encode(errors="backslashreplace"))
            raise
    return job.publish(), todo


def _leave_nothing(job: Job) -> None:
    """Remove the folders in which nothing was done; checkpoints of earlier attempts stay."""
    for folder in (job.folder, job.published.parent, job.published.parent.parent):
        with suppress(OSError):  # it is not there, or holds something
            folder.rmdir()


def _train(job: Job, progress: Callable[[int], None] | None) -> Record:
    """Everything but the record's file; where there are several ranks, each of them does this."""
    study, started = job.study, time.perf_counter()
    facts = provenance(device_name(job.runtime))
    torch.set_num_threads(job.runtime.threads)
    notes: list[str] = []
    task = tasks.of(study.task)
    tokenizer = load_tokenizer(study.model)
    source = study.data.open()
    train, dev = _data(job, task, source, tokenizer, notes)
    for part in task.parts():
        check_labels(part, tokenizer, study.task.target_length, study.method.answers(part.labels))
    worded = _worded(job, task, train, dev, tokenizer, notes)
    if worded:
        dev = dev.reworded(worded.inputs, tokenizer)
    targets = transfer_targets(job, task, source, tokenizer, notes)
    check_lengths(study, dev.lengths(), "dev inputs")
    for target in targets:
        check_lengths(study, target.dev.lengths(), f"dev inputs of {target.task.name}")
    backbone = load_backbone(study.model, tokenizer, study.optim.dropout, study.optim.dropout_shared)
    if job.runtime.activation_checkpointing:
        backbone.checkpoint_activations()
    notes += _sliced_dropout(study, job.runtime)
    before = backbone.sha256()
    context = Context(
        backbone=backbone,
        words=task.init_words,
        generator=torch.Generator().manual_seed(study.seed),
        notes=notes,
        runs=Path(job.runtime.runs),
        worded=worded,
    )
    method = study.method.build(context)
    evaluation = Evaluation(
        task=task,
        dev=dev,
        target_length=study.task.target_length,
        every=study.optim.eval_every,
        runtime=job.runtime,
        folder=writable(job.folder),
        progress=progress,
        sentinel=study.task.sentinel,
        decoder=study.task.decoder,
        stop_at=study.optim.stop_at,
        started=started,
    )
    with wandb_run(job.id, job.wandb, job.experiment, study, job.folder, notes) as logger:
        module = Tuning(
            backbone, method, study.optim, study.seed, job.runtime.micro_batch, mixed=study.model.dtype == "mixed"
        )
        cost = fit(module, train, evaluation, job, logger)
        if is_first():  # the other ranks know no checksum of what it wrote
            check_whole(job.folder, evaluation.files)
        notes += evaluation.notes()
        after = backbone.sha256()  # of the last step; a transfer puts the best one back
        transfer = Transfer(module, task, job, targets)
        facts |= {"seconds": round(evaluation.seconds(), 2), **cost.measured()}
        record = Record(
            id=job.id,
            study=asdict(study),
            runtime=asdict(job.runtime),
            parameters=_counted(backbone, method, job.folder / BEST),
            backbone={"before": before, "after": after},
            data={**_counts(task, train, evaluation.examples), **transfer.data},
            curve=evaluation.curve,
            best=evaluation.best,
            last=evaluation.curve[-1],
            predictions={**evaluation.predictions(), **transfer.predictions},
            transfer=transfer.scores,
            resampled={**evaluation.resampled(), **transfer.resampled},
            notes=notes,
            provenance=facts,
        )
        summarise(logger, record)
    return record


def _data(
    job: Job, task: Scored, source: Source, tokenizer: PreTrainedTokenizerBase, notes: list[str]
) -> tuple[Tokenised, Tokenised]:
    """Train and dev of the study's task or tasks, tokenised; what must be known of them goes into `notes`."""
    data, config, cache = job.study.data, job.study.task, Path(job.runtime.runs) / ".cache"
    if len(task.parts()) > 1 and not source.many:
        raise InputError(f"task={task.name} is not allowed: data={data.name} holds one task only")
    made: dict[str, Tokenised] = {}
    for split, limit in (("train", data.num_train), ("dev", data.num_dev)):
        parts = [tokenised(part, config, source, split, limit, tokenizer, cache) for part in task.parts()]
        notes += [note for part in task.parts() for note in source.notes(part, split)]
        made[split] = joined(parts)
    train, dev = made["train"], made["dev"]
    notes += notes_on(train, dev, config, cuts=job.study.method.trains) + limit_notes(task, dev)
    return train, dev


def _counts(task: Scored, train: Tokenised, dev: list[Example]) -> dict[str, float]:
    """What a record says of its data; of a mixture also of each of its tasks."""
    counts = {"train": len(train), "dev": len(dev), "train_cut": train.cut, "majority": constant_score(task, dev)}
    for part, count in zip(task.parts(), train.counts, strict=True):
        if part is not task:
            own = [dev[index] for index in task.indices_of(part, dev)]
            part_counts = {"train": count, "dev": len(own), "majority": constant_score(part, own)}
            counts |= {f"{part.name}/{name}": value for name, value in part_counts.items()}
    return counts


def _worded(
    job: Job, task: Scored, train: Tokenised, dev: Tokenised, tokenizer: PreTrainedTokenizerBase, notes: list[str]
) -> Worded | None:
    """What the method asks in place of the task's text form, or None."""
    asking = Asking(
        task=task.name,
        labels=task.labels,
        train=train.examples,
        dev=dev.examples,
        tokenizer=tokenizer,
        limit=job.study.task.input_length,
        seed=job.study.seed,
        notes=notes,
    )
    return job.study.method.reword(asking)


def _counted(backbone: Backbone, method: Method, stored: Path) -> dict[str, int]:
    """Parameters in all and trained; values and bytes that a task must keep beside the shared backbone."""
    trained = method.trainable().values()
    # By identity: under model tuning the trained parameters are the backbone's own.
    every = {id(param): param.numel() for param in (*backbone.parameters(), *trained)}
    num_trained = sum(param.numel() for param in trained)
    return {
        "total": sum(every.values()),
        "trained": num_trained,
        "stored": sum(tensor.numel() for tensor in method.stored().values()),
        "bytes": stored.stat().st_size,
    }


def _sliced_dropout(study: Study, runtime: Runtime) -> list[str]:
    """The one thing that a runtime can change beyond rounding: which dropout masks are drawn."""
    each = study.optim.batch_size // runtime.devices
    most = min(each, runtime.micro_batch or each)
    if most == study.optim.batch_size or not study.optim.dropout or not study.optim.steps:
        return []
    return [f"dropout masks were drawn for slices of {most} examples: other ones than for a whole batch"]


def device_name(runtime: Runtime) -> str:
    check_devices(runtime)
    on_gpu = runtime.device == "gpu"
    one = torch.cuda.get_device_name() if on_gpu else f"CPU {platform.machine()}, {runtime.threads} thread(s)"
    return one if runtime.strategy == "single" else f"{runtime.devices} x {one}, {runtime.strategy}"
