"""Exact match: the share of predictions that read as one of the right answers, letter for letter.

Spaces and Unicode's compatible forms make no difference (normal_form.py), as no tokenizer of T5 keeps them apart. Case
and punctuation do: SQuAD's exact match (squad.py) drops both. Accuracy is stricter still, and takes one answer only.
"""

from collections.abc import Sequence

import numpy as np

from softscale.metrics.metric import Metric, Reference, ratio
from softscale.metrics.normal_form import normalised


class ExactMatch(Metric):
    name = "exact_match"
    keys = ("exact_match",)
    several_answers = True

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        pairs = zip(predictions, references, strict=True)
        right = [normalised(text) in map(normalised, reference.right_ones) for text, reference in pairs]
        return np.array([right, np.ones(len(right))], dtype=float).T

    def values(self, sums: np.ndarray) -> np.ndarray:
        return ratio(sums[..., :1], sums[..., 1:])
