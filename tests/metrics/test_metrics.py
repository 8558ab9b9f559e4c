"""Every metric equals scikit-learn's, or a slow restatement of its rule, on random predictions."""

import random
import re
import string
from collections.abc import Sequence

import pytest
from every import CLASSES, ILLEGAL, free_text, targets
from sklearn.metrics import accuracy_score, f1_score

from softscale.metrics import Reference
from softscale.metrics.accuracy import Accuracy
from softscale.metrics.binary_f1 import BinaryF1
from softscale.metrics.group_exact_match import GroupExactMatch
from softscale.metrics.macro_f1 import MacroF1
from softscale.metrics.squad import Squad

SEEDS = range(10)


def draws(seed: int, labels: tuple[str, ...], illegal: tuple[str, ...] = ILLEGAL) -> tuple[list[str], list[str]]:
    rng = random.Random(seed)
    size = rng.randint(1, 60)
    written = rng.choices(labels + illegal, k=size)
    return written, rng.choices(labels, k=size)


def accuracy(predictions: list[str], right: list[str]) -> float:
    return Accuracy().score(predictions, targets(*right))["accuracy"]


def macro_f1(predictions: list[str], right: list[str], labels: Sequence[str]) -> float:
    return MacroF1(labels).score(predictions, targets(*right))["macro_f1"]


def binary_f1(predictions: list[str], right: list[str], negative: str, positive: str) -> float:
    return BinaryF1(negative, positive, key="f1").score(predictions, targets(*right))["f1"]


def slow_f1(predictions: list[str], references: list[str], label: str) -> float:
    pairs = list(zip(predictions, references, strict=True))
    hits = sum(p == label and r == label for p, r in pairs)
    false_positives = sum(p == label and r != label for p, r in pairs)
    misses = sum(p != label and r == label for p, r in pairs)
    whole = 2 * hits + false_positives + misses
    return 2 * hits / whole if whole else 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_is_the_share_of_equal_texts(seed: int) -> None:
    predictions, references = draws(seed, CLASSES)
    assert accuracy(predictions, references) == accuracy_score(references, predictions)


@pytest.mark.parametrize("seed", SEEDS)
def test_macro_f1_is_the_mean_over_the_classes_with_illegal_labels_as_misses(seed: int) -> None:
    predictions, references = draws(seed, CLASSES)
    slow = sum(slow_f1(predictions, references, label) for label in CLASSES) / 3
    assert macro_f1(predictions, references, CLASSES) == pytest.approx(slow)


@pytest.mark.parametrize("seed", SEEDS)
def test_macro_f1_of_legal_labels_is_that_of_scikit_learn(seed: int) -> None:
    predictions, references = draws(seed, CLASSES, illegal=())
    labels = sorted({*predictions, *references})
    expected = f1_score(references, predictions, average="macro", labels=labels)
    assert macro_f1(predictions, references, labels) == pytest.approx(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_binary_f1_takes_an_illegal_label_for_the_wrong_one(seed: int) -> None:
    predictions, references = draws(seed, ("False", "True"))
    replaced = list(predictions)
    for i, reference in enumerate(references):
        if replaced[i] not in ("False", "True"):
            replaced[i] = "False" if reference == "True" else "True"
    score = binary_f1(predictions, references, negative="False", positive="True")
    assert score == pytest.approx(slow_f1(replaced, references, "True"))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "labels", [("not_equivalent", "equivalent"), ("not_duplicate", "duplicate"), ("False", "True")]
)
def test_binary_f1_is_that_of_scikit_learn_once_an_illegal_label_is_the_wrong_one(
    labels: tuple[str, str], seed: int
) -> None:
    predictions, references = draws(seed, labels)
    wrong = dict(zip(labels, reversed(labels), strict=True))
    # As numbers, 1 the positive label, so that no text of ours decides.
    written = [int((p if p in labels else wrong[r]) == labels[1]) for p, r in zip(predictions, references, strict=True)]
    expected = f1_score([int(r == labels[1]) for r in references], written, zero_division=0.0)
    negative, positive = labels
    assert binary_f1(predictions, references, negative, positive) == pytest.approx(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_macro_f1_with_illegal_labels_is_scikit_learn_s_with_a_class_more_that_does_not_count(seed: int) -> None:
    predictions, references = draws(seed, CLASSES)
    number = {label: i for i, label in enumerate(CLASSES)}
    each = f1_score(
        [number[r] for r in references], [number.get(p, 3) for p in predictions], labels=[0, 1, 2, 3], average=None
    )
    assert macro_f1(predictions, references, CLASSES) == pytest.approx(sum(each[:3]) / 3)


def test_binary_f1_without_any_positive_is_zero() -> None:
    assert binary_f1(["False"], ["False"], negative="False", positive="True") == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_group_exact_match_needs_every_prediction_of_a_group(seed: int) -> None:
    predictions, references = draws(seed, ("False", "True"), illegal=("maybe",))
    groups = [str(random.Random(seed + i).randrange(12)) for i in range(len(predictions))]
    right = 0
    for group in set(groups):
        members = [i for i, other in enumerate(groups) if other == group]
        right += all(predictions[i] == references[i] for i in members)
    whole = [Reference(target=text, group=group) for text, group in zip(references, groups, strict=True)]
    score = GroupExactMatch(key="em").score(predictions, whole)
    assert score == {"em": pytest.approx(right / len(set(groups)))}


def slow_squad(prediction: str, answer: str) -> tuple[bool, float]:
    def words(text: str) -> list[str]:
        kept = [letter for letter in text.lower() if letter not in string.punctuation]
        return re.sub(r"\b(?:a|an|the)\b", " ", "".join(kept)).split()

    written, right = words(prediction), words(answer)
    left, common = list(right), 0
    for word in written:
        if word in left:
            left.remove(word)
            common += 1
    if not common:
        return written == right, 0.0
    precision, recall = common / len(written), common / len(right)
    return written == right, 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("seed", SEEDS)
def test_squad_takes_the_best_answer_after_normalisation(seed: int) -> None:
    rng = random.Random(seed)
    predictions = [free_text(rng) for _ in range(30)]
    answers = [[free_text(rng) for _ in range(rng.randint(1, 3))] for _ in predictions]
    em = f1 = 0.0
    for prediction, right in zip(predictions, answers, strict=True):
        scores = [slow_squad(prediction, answer) for answer in right]
        em += max(score[0] for score in scores) / 30
        f1 += max(score[1] for score in scores) / 30
    references = [Reference(target=right[0], answers=tuple(right)) for right in answers]
    assert Squad().score(predictions, references) == {"em": pytest.approx(em), "f1": pytest.approx(f1)}


def test_squad_scores_the_first_example_of_a_group_and_every_one_without_a_group() -> None:
    twice = [Reference(target="a", answers=("b",), group=group) for group in ("x", "y", "x", "", "")]
    assert Squad().score(["b", "c", "c", "b", "c"], twice) == {"em": 2 / 4, "f1": 2 / 4}
