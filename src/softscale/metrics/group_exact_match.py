"""Group exact match: the share of groups in which every prediction is right (MultiRC's EM)."""

from collections.abc import Sequence

import evaluate

from softscale.metrics.in_memory import TEXT, compute, metric_info


class GroupExactMatch(evaluate.Metric):
    def _info(self) -> evaluate.MetricInfo:
        columns = {"predictions": TEXT, "references": TEXT, "groups": TEXT}
        return metric_info("Share of groups that are wholly right.", **columns)

    def _compute(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, predictions: list[str], references: list[str], groups: list[str]
    ) -> dict[str, float]:
        right = dict.fromkeys(groups, True)
        for prediction, reference, group in zip(predictions, references, groups, strict=True):
            right[group] &= prediction == reference
        return {"exact_match": sum(right.values()) / len(right)}


def group_exact_match(predictions: Sequence[str], references: Sequence[str], groups: Sequence[str]) -> float:
    """A fraction in [0, 1] of the distinct groups, which need not be contiguous."""
    return compute(GroupExactMatch, predictions=predictions, references=references, groups=groups)["exact_match"]
