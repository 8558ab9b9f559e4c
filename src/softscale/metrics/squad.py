"""Exact match and token F1 with SQuAD's normalisation, the best over several right answers.

The rule is that of SQuAD v1.1 (Rajpurkar et al. 2016), which T5 uses for ReCoRD too: there a query that stands several
times is scored by its first copy.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np

from softscale.metrics.groups import firsts
from softscale.metrics.metric import Metric, Reference, ratio

_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Squad(Metric):
    """Of the first example of each group."""

    name = "squad"
    keys = ("em", "f1")
    several_answers = True

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        scores = [_em_and_f1(text, each.answers) for text, each in zip(predictions, references, strict=True)]
        first = firsts(references)[:, None]
        return np.hstack([np.array(scores) * first, first])

    def values(self, sums: np.ndarray) -> np.ndarray:
        return ratio(sums[..., :2], sums[..., 2:])


def _em_and_f1(prediction: str, answers: Sequence[str]) -> tuple[float, float]:
    written = normalised(prediction)
    right = [normalised(answer) for answer in answers]
    return float(written in right), max(_token_f1(written.split(), answer.split()) for answer in right)


def normalised(text: str) -> str:
    """Lower-cased, without ASCII punctuation and articles, words joined by single spaces."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def _token_f1(predicted: list[str], expected: list[str]) -> float:
    common = (Counter(predicted) & Counter(expected)).total()
    # Also where both are empty, as in SQuAD's own script.
    return 2 * common / (len(predicted) + len(expected)) if common else 0.0
