"""A metric in the form of Hugging Face's `evaluate`, for whoever scores with that library."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from softscale.metrics.metric import Metric, Reference

if TYPE_CHECKING:
    import evaluate


def as_evaluate(metric: Metric) -> "evaluate.Metric":
    """`metric` as an `evaluate.Metric`, without hub, network or files.

    Its `compute` takes `predictions` and `references`, which are texts, or lists of texts where the metric takes the
    best of several answers; and, where the metric reads them, `group` and `label`, one text for each prediction.
    """
    import datasets
    import evaluate

    text = datasets.Value("string")
    columns = {"predictions": text, "references": datasets.Sequence(text) if metric.several_answers else text}

    class Adapted(evaluate.Metric):
        def _info(self) -> evaluate.MetricInfo:
            return evaluate.MetricInfo(
                description=type(metric).__doc__ or "",
                citation="",
                inputs_description="",
                features=datasets.Features(columns),
            )

        # `evaluate` documents that a metric names its own columns here; the base class does not say so.
        def _compute(  # pyright: ignore[reportIncompatibleMethodOverride]
            self, predictions: list[str], references: Sequence[str | list[str]], **fields: Sequence[str]
        ) -> dict[str, float]:
            rows = [dict(zip(fields, row, strict=True)) for row in zip(*fields.values(), strict=True)]
            answers = [[right] if isinstance(right, str) else right for right in references]
            return metric.score(
                predictions,
                [
                    Reference(target=right[0], answers=tuple(right), **row)
                    for right, row in zip(answers, rows or [{}] * len(answers), strict=True)
                ],
            )

    return Adapted(keep_in_memory=True)
