"""Accuracy: the share of predictions that are exactly the reference (T5's string match)."""

from collections.abc import Sequence

import evaluate

from softscale.metrics.in_memory import TEXT, compute, metric_info
from softscale.metrics.ratios import Ratios, mean_over_examples


class Accuracy(evaluate.Metric):
    def _info(self) -> evaluate.MetricInfo:
        return metric_info("Exact string match.", predictions=TEXT, references=TEXT)

    def _compute(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, predictions: list[str], references: list[str]
    ) -> dict[str, float]:
        right = sum(map(str.__eq__, predictions, references))
        return {"accuracy": right / len(references)}


def accuracy(predictions: Sequence[str], references: Sequence[str]) -> float:
    """A fraction in [0, 1]."""
    return compute(Accuracy, predictions=predictions, references=references)["accuracy"]


def accuracy_ratios(predictions: Sequence[str], references: Sequence[str]) -> Ratios:
    return mean_over_examples([written == right for written, right in zip(predictions, references, strict=True)])
