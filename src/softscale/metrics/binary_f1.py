"""F1 of the positive class of two, where a prediction that is neither counts as the wrong one.

The rule is T5's f1_score_with_invalid; MultiRC uses it over all answers of all questions.
"""

from collections.abc import Sequence

import evaluate
from sklearn.metrics import f1_score

from softscale.metrics.in_memory import TEXT, compute, metric_info
from softscale.metrics.ratios import Ratios, f1_of


class BinaryF1(evaluate.Metric):
    def _info(self) -> evaluate.MetricInfo:
        return metric_info("F1 of one class of two.", predictions=TEXT, references=TEXT)

    def _compute(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, predictions: list[str], references: list[str], negative: str, positive: str
    ) -> dict[str, float]:
        f1 = f1_score(
            references,
            _legal(predictions, references, negative, positive),
            pos_label=positive,  # pyright: ignore[reportArgumentType]
            zero_division=0,  # pyright: ignore[reportArgumentType]
        )
        return {"f1": float(f1)}


def binary_f1(predictions: Sequence[str], references: Sequence[str], negative: str, positive: str) -> float:
    """A fraction in [0, 1]; 0 where `positive` is neither predicted nor gold."""
    return compute(
        BinaryF1,
        predictions=predictions,
        references=references,
        negative=negative,
        positive=positive,
    )["f1"]


def binary_f1_ratios(predictions: Sequence[str], references: Sequence[str], negative: str, positive: str) -> Ratios:
    return f1_of(_legal(predictions, references, negative, positive), references, (positive,))


def _legal(predictions: Sequence[str], references: Sequence[str], negative: str, positive: str) -> list[str]:
    """The predictions, with the wrong label in the place of a text that is none."""
    opposite = {negative: positive, positive: negative}
    return [
        prediction if prediction in opposite else opposite[reference]
        for prediction, reference in zip(predictions, references, strict=True)
    ]
