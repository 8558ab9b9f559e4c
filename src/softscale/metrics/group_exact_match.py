"""Group exact match: the share of groups in which every prediction is right (MultiRC's EM)."""

from collections.abc import Sequence

import evaluate

from softscale.metrics.in_memory import TEXT, compute, metric_info
from softscale.metrics.ratios import Ratios, mean_over_some


class GroupExactMatch(evaluate.Metric):
    def _info(self) -> evaluate.MetricInfo:
        columns = {"predictions": TEXT, "references": TEXT, "groups": TEXT}
        return metric_info("Share of groups that are wholly right.", **columns)

    def _compute(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, predictions: list[str], references: list[str], groups: list[str]
    ) -> dict[str, float]:
        right = _right(predictions, references, groups)
        return {"exact_match": sum(right.values()) / len(right)}


def group_exact_match(predictions: Sequence[str], references: Sequence[str], groups: Sequence[str]) -> float:
    """A fraction in [0, 1] of the distinct groups, which need not be contiguous."""
    return compute(GroupExactMatch, predictions=predictions, references=references, groups=groups)["exact_match"]


def group_exact_match_ratios(predictions: Sequence[str], references: Sequence[str], groups: Sequence[str]) -> Ratios:
    """A group counts where its first example stands; a resample has all of a group's examples, or none."""
    right = _right(predictions, references, groups)
    return mean_over_some([right[group] for group in groups], firsts(groups))


def firsts(groups: Sequence[str]) -> list[bool]:
    """Whether each example is the first one of its group."""
    place = {group: index for index, group in reversed(list(enumerate(groups)))}
    return [place[group] == index for index, group in enumerate(groups)]


def _right(predictions: Sequence[str], references: Sequence[str], groups: Sequence[str]) -> dict[str, bool]:
    """Whether every prediction of a group is right."""
    right = dict.fromkeys(groups, True)
    for prediction, reference, group in zip(predictions, references, groups, strict=True):
        right[group] &= prediction == reference
    return right
