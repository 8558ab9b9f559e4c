"""ROUGE (Lin 2004) by Google's rouge-score: the mean over examples of F, the best of several right answers.

Words are lower-cased, without punctuation, as in rouge-score. That package also drops every letter beyond a to z, by
which `für` is two words and an answer in Greek is none; here the letters of all scripts count, and texts of ASCII score
as they do there. Words are not stemmed, as in T5.
"""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from softscale.metrics.extra import need
from softscale.metrics.metric import Metric, Reference, ratio
from softscale.metrics.normal_form import normalised

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer


class Rouge(Metric):
    """kind: what rouge-score calls it, such as `rougeL`."""

    kind: ClassVar[str]
    several_answers = True

    def __init__(self) -> None:
        self.keys = (self.name,)

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> Self:
        need("rouge_score", cls.name)
        return cls()

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        scorer = _scorer(self.kind)
        pairs = zip(predictions, references, strict=True)
        scores = [
            scorer.score_multi(list(map(self.prepared, each.right_ones)), self.prepared(text))[self.kind].fmeasure
            for text, each in pairs
        ]
        return np.array([scores, np.ones(len(scores))], dtype=float).T

    def values(self, sums: np.ndarray) -> np.ndarray:
        return ratio(sums[..., :1], sums[..., 1:])

    def prepared(self, text: str) -> str:
        """The text as rouge-score is to read it."""
        return text


def _scorer(kind: str) -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.tokenizers import Tokenizer

    class Words(Tokenizer):
        def tokenize(self, text: str) -> list[str]:
            return words(text)

    return RougeScorer([kind], tokenizer=Words())


def words(text: str) -> list[str]:
    """The lower-cased runs of letters, digits and marks, of any script."""
    plain = normalised(text).lower()
    return "".join(letter if _is_of_a_word(letter) else " " for letter in plain).split()


def _is_of_a_word(letter: str) -> bool:
    # Vowels of Devanagari, and accents that have no letter of their own, are marks and no letters.
    return letter.isalnum() or unicodedata.category(letter).startswith("M")
