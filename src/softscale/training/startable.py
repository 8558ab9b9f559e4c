"""What a run is refused for before anything slow is imported or read: values, memory, and files that are not there."""

from pathlib import Path

from softscale import tasks
from softscale.backbone.folder import checked_path
from softscale.backbone.shape import family_of
from softscale.config import Study
from softscale.costs.fits import check_fits
from softscale.data.context import check_input_length
from softscale.devices.available import check_runnable, device_memory
from softscale.errors import InputError
from softscale.runs.job import Job
from softscale.sources.source import Source
from softscale.tasks.task import Scored, Task

SMALL = 1 << 20  # bytes of a file that is read in a moment


def check_startable(job: Job) -> None:
    """Raises InputError where the run cannot start as it is. A run that is done needs nothing but its record."""
    study = job.study
    study.check()
    job.runtime.check()
    check_runnable(study, job.runtime)
    check_precision(study)
    family = family_of(study.model)
    family.check(study)
    study.method.check_on(family, study.model.name)
    check_input_length(study)
    if job.state() == "done":
        return
    if job.runtime.device == "cpu":  # of a GPU torch is asked, later
        check_fits(study, job.runtime, device_memory(job.runtime))
    checked_path(study.model)
    study.method.find(Path(job.runtime.runs))
    _check_data(study)


def check_precision(study: Study) -> None:
    """Raises InputError where the weights that train would be held in bf16.

    Its eight bits round most updates of model tuning to nothing: at a rate of 0.001, 78 % of weights never moved in a
    step.
    """
    if study.model.dtype == "bf16" and study.method.trains_backbone and study.optim.steps:
        raise InputError(
            f"model.dtype=bf16 is not allowed with method={study.method.name}: most updates of weights in bf16 are "
            "rounded away; it must be mixed (weights in fp32, products in bf16) or fp32"
        )


def _check_data(study: Study) -> None:
    """Raises InputError where a file of the study's data is not there, or is small and does not hold what it must."""
    task, source, data = tasks.of(study.task), study.data.open(), study.data
    if len(task.parts()) > 1 and not source.many:
        raise InputError(f"task={task.name} is not allowed: data={data.name} holds one task only")
    transferred = tasks_of_transfer(study, task, source)
    asked = [(part, split) for split in ("train", "dev") for part in task.parts()]
    for part, split in [*asked, *((part, "dev") for part in transferred)]:
        size = source.size(part, split)
        if size is not None and size <= SMALL:
            source.examples(part, split, data.num_train if split == "train" else data.num_dev)


def tasks_of_transfer(study: Study, trained: Scored, source: Source) -> list[Task]:
    """The tasks of `transfer=[…]`. Raises InputError where one is unknown, told twice, trained on, or never right."""
    names = study.transfer
    refused = f"transfer=[{','.join(names)}] is not allowed"
    made = [tasks.by_name(name) for name in names]
    if made and not source.many:
        raise InputError(f"{refused}: data={study.data.name} holds one task only")
    for task in made:
        if task.name == trained.name or names.count(task.name) > 1:
            raise InputError(f"{refused}: it must name other tasks than {trained.name}, each once")
        written = {task.translated(label, trained.name) for label in trained.labels}
        if written and task.labels and not written & set(task.labels):
            raise InputError(
                f"{refused}: {trained.name} answers {' or '.join(trained.labels)}, and {task.name} asks for "
                f"{' or '.join(task.labels)}"
            )
    return made
