"""A metric that is no mean over examples: BLEU of a corpus (Papineni et al. 2002), of words and pairs of words.

The geometric mean of the clipped precisions of all predictions together, times a penalty for writing too little.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from softscale.metrics import Metric, Reference

ORDERS = (1, 2)


class CorpusBleu(Metric):
    name = "corpus_bleu"
    keys = ("bleu",)

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        """Of each order the n-grams that match and that are written, then the words written and right."""
        pairs = [(text.split(), each.target.split()) for text, each in zip(predictions, references, strict=True)]
        return np.array(
            [[*_matches(written, right), len(written), len(right)] for written, right in pairs], dtype=float
        )

    def values(self, sums: np.ndarray) -> np.ndarray:
        matching, written = sums[..., 0:4:2], sums[..., 1:4:2]
        precisions = matching / np.maximum(written, 1)
        longer = sums[..., 5:] / np.maximum(sums[..., 4:5], 1)
        return precisions.prod(axis=-1, keepdims=True) ** (1 / len(ORDERS)) * np.exp(np.minimum(1 - longer, 0))


def _matches(written: list[str], right: list[str]) -> list[int]:
    found = []
    for order in ORDERS:
        ours, theirs = (Counter(zip(*(words[i:] for i in range(order)), strict=False)) for words in (written, right))
        found += [(ours & theirs).total(), ours.total()]
    return found
