"""The metrics, one module each. A metric is added by adding its module; nothing lists them."""

from softscale.discovery import named_classes
from softscale.errors import InputError
from softscale.metrics.metric import Metric, Reference

__all__ = ["Metric", "Reference", "by_name", "names"]


def names() -> tuple[str, ...]:
    """The names of all metrics, sorted."""
    return tuple(sorted(_metrics()))


def by_name(name: str) -> type[Metric]:
    """The metric of that name. Raises InputError where there is none."""
    metrics = _metrics()
    if name not in metrics:
        raise InputError(f"metric is {name!r}, but it must be one of {', '.join(sorted(metrics))}")
    return metrics[name]


def _metrics() -> dict[str, type[Metric]]:
    return named_classes(__name__, Metric)
