"""Metrics of sacrebleu: n-grams are counted for each example, and the score is of their sums, not a mean over examples.

What an example adds, and what the sums are worth, is asked of sacrebleu itself, so that scores are those that it prints
for the same texts. Its functions for both are private; tests hold them to its public `corpus_score`.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from softscale.metrics.extra import need
from softscale.metrics.metric import Metric, Reference

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as Sacrebleu


class Corpus(Metric):
    several_answers = True

    def __init__(self) -> None:
        self.keys = (self.name,)

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> Self:
        need("sacrebleu", cls.name)
        return cls()

    @abstractmethod
    def scorer(self) -> "Sacrebleu":
        """What sacrebleu scores with."""

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        most = max(len(each.right_ones) for each in references)
        # A stream for each of several references; an example that has fewer has none in the last ones.
        streams = [[(*each.right_ones, *[None] * most)[index] for each in references] for index in range(most)]
        return np.array(self.scorer()._extract_corpus_statistics(predictions, streams), dtype=float)  # type: ignore[arg-type]

    def values(self, sums: np.ndarray) -> np.ndarray:
        scorer = self.scorer()
        rows = sums.reshape(-1, sums.shape[-1]).tolist()
        scores = [min(scorer._compute_score_from_stats(row).score / 100, 1.0) for row in rows]  # a rounding above 100
        return np.array(scores).reshape(*sums.shape[:-1], 1)
