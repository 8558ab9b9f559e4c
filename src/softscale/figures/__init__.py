"""The kinds of pages, one module each: `report.kind` of an experiment names one.

A kind is added by adding its module; nothing lists them.
"""

from softscale.discovery import named_classes
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
    return named_classes(__name__, Kind)
