"""What a folder of modules holds: a task, a method or a page is added by adding its module; nothing lists them."""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

Base = TypeVar("Base")


def modules_of(package: str) -> list[ModuleType]:
    """Every module of a package, imported, by name."""
    found = pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
    return [importlib.import_module(each.name) for each in found]


def named_classes(package: str, base: type[Base]) -> dict[str, type[Base]]:
    """By its `name`, every class below `base` that a module of the package defines and names itself.

    A class without a name of its own is a base, or is described by its configuration.
    """
    return {
        vars(member)["name"]: member
        for module in modules_of(package)
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, base)
        and member.__module__ == module.__name__
        and "name" in vars(member)
    }
