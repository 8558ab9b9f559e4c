"""Macro F1: the unweighted mean of the classes' F1 (T5's mean_multiclass_f1, used for CB).

A prediction that is no class misses its own class and is a false positive for none.
"""

from collections.abc import Sequence

import evaluate
from sklearn.metrics import f1_score

from softscale.metrics.in_memory import TEXT, compute, metric_info
from softscale.metrics.ratios import Ratios, f1_of


class MacroF1(evaluate.Metric):
    def _info(self) -> evaluate.MetricInfo:
        return metric_info("Unweighted mean F1.", predictions=TEXT, references=TEXT)

    def _compute(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, predictions: list[str], references: list[str], labels: Sequence[str]
    ) -> dict[str, float]:
        f1 = f1_score(
            references,
            predictions,
            labels=labels,
            average="macro",
            zero_division=0,  # pyright: ignore[reportArgumentType]
        )
        return {"f1": float(f1)}


def macro_f1(predictions: Sequence[str], references: Sequence[str], labels: Sequence[str]) -> float:
    """A fraction in [0, 1]; a class that is neither predicted nor gold has F1 0."""
    return compute(MacroF1, predictions=predictions, references=references, labels=labels)["f1"]


def macro_f1_ratios(predictions: Sequence[str], references: Sequence[str], labels: Sequence[str]) -> Ratios:
    return f1_of(predictions, references, labels)
