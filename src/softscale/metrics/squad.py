"""Exact match and token F1 with SQuAD's normalisation, the best over several right answers.

The rule is that of SQuAD v1.1 (Rajpurkar et al. 2016), which T5 uses for ReCoRD too.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

import datasets
import evaluate

from softscale.metrics.in_memory import TEXT, compute, metric_info
from softscale.metrics.ratios import Ratios, mean_over_some

_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Squad(evaluate.Metric):
    def _info(self) -> evaluate.MetricInfo:
        columns = {"predictions": TEXT, "references": datasets.Sequence(TEXT)}
        return metric_info("SQuAD's exact match and F1.", **columns)

    def _compute(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, predictions: list[str], references: list[list[str]]
    ) -> dict[str, float]:
        scores = _scores(predictions, references)
        return {name: sum(told) / len(predictions) for name, told in scores.items()}


def squad(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """`em` and `f1`, fractions in [0, 1]. references: at least one right answer each."""
    return compute(Squad, predictions=predictions, references=[list(right) for right in references])


def squad_ratios(
    predictions: Sequence[str], references: Sequence[Sequence[str]], counted: Sequence[bool] | None = None
) -> dict[str, Ratios]:
    """Of all examples, or of those that are `counted`."""
    counted = [True] * len(predictions) if counted is None else counted
    return {name: mean_over_some(told, counted) for name, told in _scores(predictions, references).items()}


def _scores(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, list[float]]:
    """`em` and `f1` of each example."""
    scores: dict[str, list[float]] = {"em": [], "f1": []}
    for prediction, answers in zip(predictions, references, strict=True):
        written = normalised(prediction)
        right = [normalised(answer) for answer in answers]
        scores["em"].append(float(written in right))
        scores["f1"].append(max(_token_f1(written.split(), answer.split()) for answer in right))
    return scores


def normalised(text: str) -> str:
    """Lower-cased, without ASCII punctuation and articles, words joined by single spaces."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def _token_f1(predicted: list[str], expected: list[str]) -> float:
    common = (Counter(predicted) & Counter(expected)).total()
    # Also where both are empty, as in SQuAD's own script.
    return 2 * common / (len(predicted) + len(expected)) if common else 0.0
