"""What every metric promises: one function of sums for the whole set and for resamples, and `evaluate`'s form of it."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from every import METRICS, OF_TEXTS, sample

from softscale import metrics
from softscale.errors import InputError
from softscale.metrics import Reference
from softscale.metrics.as_evaluate import as_evaluate
from softscale.tasks.wsc import ReferentAccuracy

SEEDS = range(10)
every_metric = pytest.mark.parametrize("name", metrics.names())


def test_every_metric_that_is_found_has_an_example_here() -> None:
    assert set(metrics.names()) == set(METRICS)
    assert all(type(METRICS[name]) is metrics.by_name(name) for name in METRICS)


def test_an_unknown_metric_is_refused_with_the_known_names() -> None:
    with pytest.raises(InputError, match=r"'rouge', .*accuracy, binary_f1, bleu, chrf, "):
        metrics.by_name("rouge")


@every_metric
@pytest.mark.parametrize("seed", SEEDS)
def test_a_resample_that_has_each_example_once_scores_as_the_whole_set(name: str, seed: int) -> None:
    predictions, references = sample(name, seed)
    values = METRICS[name].on_resamples(predictions, references, np.ones((2, len(predictions))))
    score = METRICS[name].score(predictions, references)
    assert set(values) == set(score) == set(METRICS[name].keys)
    for key, value in score.items():
        assert values[key] == pytest.approx([value, value], abs=1e-12)
        assert 0 <= value <= 1


@every_metric
@pytest.mark.parametrize("seed", SEEDS)
def test_the_statistics_of_two_sets_end_to_end_are_those_of_each(name: str, seed: int) -> None:
    one, other = sample(name, seed), sample(name, seed + 100)
    both = METRICS[name].statistics(one[0] + other[0], one[1] + other[1])
    assert both.shape[0] == len(one[0]) + len(other[0])
    assert (both == np.concatenate([METRICS[name].statistics(*one), METRICS[name].statistics(*other)])).all()


@every_metric
def test_values_are_computed_for_many_sums_at_once(name: str) -> None:
    metric = METRICS[name]
    sums = np.array([metric.statistics(*sample(name, seed)).sum(axis=0) for seed in range(6)])
    many = metric.values(sums.reshape(2, 3, -1))
    assert many.shape == (2, 3, len(metric.keys))
    assert (many.reshape(6, -1) == np.array([metric.values(each) for each in sums])).all()


@every_metric
def test_a_perfect_score_of_500_examples_takes_less_than_50_milliseconds(name: str) -> None:
    _, references = sample(name, 0, 500)
    predictions = [reference.target for reference in references]
    seconds = []
    for _ in range(5):
        start = time.process_time()  # what else the machine does is not counted
        values = METRICS[name].score(predictions, references).values()
        assert set(values) <= {1.0} or name in OF_TEXTS  # of which some have no word, and no F1
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.05


@every_metric
@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_predictions_and_not_one_for_each_example_are_refused(name: str, count: int) -> None:
    predictions, references = sample(name, 0, 3)
    with pytest.raises(ValueError, match=f"{count} predictions for"):
        METRICS[name].score(predictions[:count], references[: (count + 2) % 4])


@every_metric
def test_the_form_of_evaluate_computes_the_same(name: str) -> None:
    predictions, references = sample(name, 3)
    several = METRICS[name].several_answers
    right = [list(each.answers) if several else each.target for each in references]
    groups = {"group": [each.group for each in references]} if name == "group_exact_match" else {}
    computed = as_evaluate(METRICS[name]).compute(predictions=predictions, references=right, **groups)
    assert computed == METRICS[name].score(predictions, references)


def test_the_form_of_evaluate_passes_on_gold_labels() -> None:
    columns = {"predictions": ["Sue", "Ann"], "references": ["Sue", "Sue"], "label": ["True", "True"]}
    assert as_evaluate(ReferentAccuracy()).compute(**columns) == {"accuracy": 0.5}
    references = [Reference(target="Sue", label="True")] * 2
    assert ReferentAccuracy().score(["Sue", "Ann"], references) == {"accuracy": 0.5}


def test_finding_the_metrics_loads_numpy_and_nothing_heavier() -> None:
    script = "import json, sys; from softscale import metrics; metrics.names(); print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert not set(json.loads(run.stdout)) & {
        *("torch", "datasets", "evaluate", "sklearn", "transformers", "pandas", "nltk", "rouge_score", "sacrebleu")
    }
