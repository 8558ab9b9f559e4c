"""The kinds of pages, one module each: `report.kind` of an experiment names one.

A kind is added by adding its module; nothing lists them.
"""

import importlib
import pkgutil

from softscale.errors import InputError
from softscale.figures.kind import Kind

__all__ = ["Kind", "by_name", "names"]


def names() -> tuple[str, ...]:
    """The names of all kinds, sorted."""
    return tuple(sorted(_kinds()))


def by_name(name: str) -> Kind:
    """The kind of that name. Raises InputError where there is none."""
    kinds = _kinds()
    if name not in kinds:
        raise InputError(f"report.kind={name} is not allowed: it must be one of {', '.join(sorted(kinds))}")
    return kinds[name]()


def _kinds() -> dict[str, type[Kind]]:
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(__path__, f"{__name__}.")]
    return {
        member.name: member
        for module in modules
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, Kind)
        and member is not Kind
        and member.__module__ == module.__name__
    }
