"""An example of every metric, and random predictions for it."""

import random

from softscale.metrics import Metric, Reference
from softscale.metrics.accuracy import Accuracy
from softscale.metrics.binary_f1 import BinaryF1
from softscale.metrics.bleu import Bleu
from softscale.metrics.chrf import ChrF
from softscale.metrics.entity_f1 import EntityF1
from softscale.metrics.exact_match import ExactMatch
from softscale.metrics.group_exact_match import GroupExactMatch
from softscale.metrics.macro_f1 import MacroF1
from softscale.metrics.rouge_1 import Rouge1
from softscale.metrics.rouge_2 import Rouge2
from softscale.metrics.rouge_l import RougeL
from softscale.metrics.rouge_lsum import RougeLsum
from softscale.metrics.squad import Squad

CLASSES = ("entailment", "contradiction", "neutral")
ILLEGAL = ("", "Entailment", "true ", "maybe")
METRICS: dict[str, Metric] = {
    "accuracy": Accuracy(),
    "binary_f1": BinaryF1(*CLASSES[:2]),
    "bleu": Bleu(),
    "chrf": ChrF(),
    "entity_f1": EntityF1(),
    "exact_match": ExactMatch(),
    "group_exact_match": GroupExactMatch(),
    "macro_f1": MacroF1(CLASSES),
    "rouge_1": Rouge1(),
    "rouge_2": Rouge2(),
    "rouge_l": RougeL(),
    "rouge_lsum": RougeLsum(),
    "squad": Squad(),
}
OF_TEXTS = [name for name in METRICS if METRICS[name].several_answers]


def targets(*texts: str) -> list[Reference]:
    return [Reference(target=text) for text in texts]


def free_text(rng: random.Random) -> str:
    return " ".join(
        rng.choices(["The", "a", "Al's", "al's", "big", "Big,", "cat", "-", "an", "U.S."], k=rng.randint(0, 4))
    )


def entities(rng: random.Random) -> str:
    names = ["Al", "Big Al", "Rome", "4 May"]
    listed = [f"{rng.choice(['person', 'place'])}: {rng.choice(names)}" for _ in range(rng.randint(0, 3))]
    return "; ".join(listed) or "none"


def sample(name: str, seed: int, size: int | None = None) -> tuple[list[str], list[Reference]]:
    """Predictions for the metric of that name, right, wrong and illegal, and what is right."""
    rng = random.Random(f"{name} {seed}")
    size = size or rng.randint(1, 60)
    if name == "entity_f1":
        listed = [entities(rng) for _ in range(size)]
        return [rng.choice([each, entities(rng), "the cat", ""]) for each in listed], targets(*listed)
    if name in OF_TEXTS:
        answers = [tuple(free_text(rng) for _ in range(rng.randint(1, 3))) for _ in range(size)]
        return [free_text(rng) for _ in answers], [Reference(target=each[0], answers=each) for each in answers]
    labels = CLASSES[:2] if name == "binary_f1" else CLASSES
    group = (lambda: f"{seed} {rng.randrange(12)}") if name == "group_exact_match" else (lambda: "")
    right = [Reference(target=rng.choice(labels), group=group()) for _ in range(size)]
    return [rng.choice([each.target, rng.choice(labels + ILLEGAL)]) for each in right], right
