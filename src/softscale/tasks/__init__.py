"""The tasks, one module each. A task is added by adding its module; nothing lists them."""

import importlib
import pkgutil

from softscale.config import TaskConfig
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
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(__path__, f"{__name__}.")]
    return {
        member.name: member
        for module in modules
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, Task)
        and member.__module__ == module.__name__
        and "name" in vars(member)  # the others are bases, or are described by their configuration
    }
