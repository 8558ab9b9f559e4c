"""The tasks, one module each. A task is added by adding its module; nothing lists them."""

from softscale.config import TaskConfig
from softscale.discovery import named_classes
from softscale.errors import InputError
from softscale.tasks.task import Example, Scored, Task

__all__ = ["Example", "Scored", "Task", "by_name", "names", "of", "register"]


def of(config: TaskConfig) -> Scored:
    """What a configuration describes itself (custom, mixture), or the task of its name. Raises InputError."""
    return config.build() or by_name(config.name)


def names() -> tuple[str, ...]:
    """The names of all tasks, sorted."""
    return tuple(sorted(_tasks()))


def by_name(name: str) -> Task:
    """The task of that name. Raises InputError where there is none."""
    tasks = _tasks()
    if name not in tasks:
        raise InputError(f"task is {name!r}, but it must be one of {', '.join(sorted(tasks))}")
    return tasks[name]()


def register() -> None:
    """Import every task, so that Hydra knows their schemas."""
    _tasks()


def _tasks() -> dict[str, type[Task]]:
    return named_classes(__name__, Task)
