"""The SuperGLUE score reproduces the paper's Table 3 and refuses anything but its eight tasks."""

import pytest

from softscale.errors import InputError
from softscale.metrics.superglue import superglue_score

# Paper, Table 3: five prompts on one T5-XXL, dev.
ENSEMBLE = {
    "boolq": {"accuracy": 0.917},
    "cb": {"accuracy": 1.0, "f1": 1.0},
    "copa": {"accuracy": 1.0},
    "multirc": {"em": 0.671, "f1": 0.894},
    "record": {"em": 0.932, "f1": 0.939},
    "rte": {"accuracy": 0.935},
    "wic": {"accuracy": 0.774},
    "wsc": {"accuracy": 0.962},
}
AVERAGE = {
    "boolq": {"accuracy": 0.911},
    "cb": {"accuracy": 0.993, "f1": 0.990},
    "copa": {"accuracy": 0.988},
    "multirc": {"em": 0.657, "f1": 0.887},
    "record": {"em": 0.927, "f1": 0.934},
    "rte": {"accuracy": 0.926},
    "wic": {"accuracy": 0.762},
    "wsc": {"accuracy": 0.958},
}


@pytest.mark.parametrize(("scores", "printed"), [(ENSEMBLE, 91.3), (AVERAGE, 90.5)])
def test_the_score_is_the_one_printed_under_table_3(scores: dict[str, dict[str, float]], printed: float) -> None:
    assert round(100 * superglue_score(scores), 1) == printed


@pytest.mark.parametrize("task", ENSEMBLE)
def test_a_missing_task_is_refused(task: str) -> None:
    rest = {name: metrics for name, metrics in ENSEMBLE.items() if name != task}
    with pytest.raises(InputError, match=f"must be .*{task}"):
        superglue_score(rest)


def test_a_task_that_is_not_of_superglue_is_refused() -> None:
    with pytest.raises(InputError, match=r"tasks are .*mrpc"):
        superglue_score({**ENSEMBLE, "mrpc": {"accuracy": 1.0}})


def test_a_missing_metric_is_refused() -> None:
    with pytest.raises(InputError, match=r"metrics of cb are accuracy, .* accuracy, f1"):
        superglue_score({**ENSEMBLE, "cb": {"accuracy": 1.0}})
