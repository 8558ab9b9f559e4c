"""Computing an `evaluate` metric that we define: no hub, no network, no file of predictions.

A metric's `_compute` names its own columns, as `evaluate` documents, and sklearn infers its types
from defaults; type checkers object to both.
"""

from typing import Any

import datasets
import evaluate

TEXT = datasets.Value("string")


def metric_info(description: str, **features: Any) -> evaluate.MetricInfo:
    """What `evaluate` asks of a metric: a description and the type of each column."""
    return evaluate.MetricInfo(
        description=description,
        citation="",
        inputs_description="",
        features=datasets.Features(features),
    )


def compute(metric: type[evaluate.Metric], **columns_and_options: Any) -> dict[str, float]:
    """The metric's values. Raises ValueError where columns are empty or differ in length."""
    if not columns_and_options["predictions"]:
        raise ValueError("there are no predictions to score")
    values = metric(keep_in_memory=True).compute(**columns_and_options)
    assert values is not None  # None is for the other processes of a distributed metric.
    return values
