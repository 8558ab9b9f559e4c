"""A metric as a mean of ratios of sums over examples, from which its value on many resamples follows by adding up.

Accuracy, exact match and F1 are all of this form. The metric itself is computed by its own module; tests hold that the
two agree on every task.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ratios:
    """What each of N examples adds to the sums of C ratios; the metric is the mean of these, where 0 / 0 counts as 0.

    above, below: `[N, C]`.
    """

    above: np.ndarray
    below: np.ndarray

    def on(self, times: np.ndarray) -> np.ndarray:
        """The metric `[R]` on R resamples, where `times` `[R, N]` says how often each has each example."""
        above, below = times @ self.above, times @ self.below
        return np.divide(above, below, out=np.zeros_like(above), where=below > 0).mean(axis=1)


def mean_over_examples(values: Sequence[float]) -> Ratios:
    """The plain mean of one value an example."""
    return Ratios(_column(values), np.ones((len(values), 1)))


def mean_over_some(values: Sequence[float], counted: Sequence[bool]) -> Ratios:
    """The plain mean of the values of those examples that are `counted`."""
    return Ratios(_column(values) * _column(counted), _column(counted))


def f1_of(predictions: Sequence[str], references: Sequence[str], classes: Sequence[str]) -> Ratios:
    """The mean over `classes` of F1 = 2 hits / (predicted + gold)."""
    predicted = np.array([[text == label for label in classes] for text in predictions], dtype=float)
    gold = np.array([[text == label for label in classes] for text in references], dtype=float)
    return Ratios(2 * predicted * gold, predicted + gold)


def _column(values: Sequence[float]) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]
