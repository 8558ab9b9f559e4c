"""A metric: what each example adds to some sums, and what the sums are worth.

One function of sums serves the whole dev set and every resample of it: a score is the function of the sums over all
examples, the score on a resample that of the sums in which each example counts as often as it was drawn. Accuracy,
exact match and F1 are ratios of such sums; metrics of a corpus that are no means over examples fit as well.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What is right of one example.

    target: the text that should be written.
    label: the gold label where it is not the target (WSC).
    answers: every text that counts as right (ReCoRD, question answering).
    group: examples with one group are scored together (MultiRC) or once (ReCoRD); empty for one of its own.
    """

    target: str
    label: str = ""
    answers: tuple[str, ...] = ()
    group: str = ""

    @property
    def right_ones(self) -> tuple[str, ...]:
        """Every text that counts as right, of which the target is one."""
        return self.answers or (self.target,)


class Metric(ABC):
    """Concrete metrics with a `name` are found by it; one without belongs to a single task.

    keys: of its values, such as `("em", "f1")`.
    several_answers: whether it takes the best of several right answers.
    """

    name: ClassVar[str]
    several_answers: ClassVar[bool] = False
    keys: tuple[str, ...]

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> Self:
        """The metric of a task of the user's own with these label words, none for free text.

        Raises InputError, naming `task.labels`, where it cannot score such a task; or naming the extra that it needs.
        """
        return cls()

    def check_target(self, target: str) -> None:  # noqa: B027 - most take any text
        """Raises InputError, with what goes after the name of the column, of a target that no answer could meet."""

    @abstractmethod
    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        """`[N, C]`: what each of N examples adds to C sums."""

    @abstractmethod
    def values(self, sums: np.ndarray) -> np.ndarray:
        """`[..., K]` from sums `[..., C]`: a value for each key, a fraction in [0, 1]."""

    def score(self, predictions: Sequence[str], references: Sequence[Reference]) -> dict[str, float]:
        """By key, the values on all examples.

        Raises ValueError where there are no predictions, or not one for each reference.
        """
        if not predictions or len(predictions) != len(references):
            raise ValueError(f"there are {len(predictions)} predictions for {len(references)} examples")
        # One after the other, in the order of the data: NumPy's own sum has another last digit for other shapes.
        sums = self.statistics(predictions, references).cumsum(axis=0)[-1]
        return dict(zip(self.keys, self.values(sums).tolist(), strict=True))

    def on_resamples(
        self, predictions: Sequence[str], references: Sequence[Reference], times: np.ndarray
    ) -> dict[str, np.ndarray]:
        """By key, the values `[R]` on R resamples, where `times` `[R, N]` says how often each has each example."""
        values = self.values(times @ self.statistics(predictions, references))
        return dict(zip(self.keys, values.T, strict=True))


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """`above / below`, where 0 / 0 counts as 0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
