"""Sizes and label shares of the paper's Tables 7 to 16, on the real files where present."""

from collections import Counter

import pytest
from real_data import VARIABLE, real

from softscale import tasks
from softscale.errors import InputError
from softscale.sources.local import LocalSource
from softscale.tables.labels import SUPERGLUE
from softscale.tasks import Example


def examples_of(name: str, split: str) -> list[Example]:
    task = tasks.by_name(name)
    root = real("superglue" if name in SUPERGLUE else ".")
    try:
        return LocalSource(root).examples(task, split)
    except InputError as missing:
        if "there is no file" in str(missing):
            pytest.skip(f"{VARIABLE} has no real {name}: {missing}")
        raise


@pytest.mark.parametrize(
    ("name", "split", "size", "shares"),
    [
        ("cb", "train", 250, {"contradiction": 47.6, "entailment": 46.0, "neutral": 6.4}),
        ("cb", "dev", 56, {"contradiction": 50.0, "entailment": 41.1, "neutral": 8.9}),
        # The paper prints 51.2 / 49.8 for train, which is more than 100; the data has 50.2.
        ("rte", "train", 2490, {"entailment": 50.2, "not_entailment": 49.8}),
        ("rte", "dev", 277, {"entailment": 52.7, "not_entailment": 47.3}),
        ("multirc", "train", 27243, {"False": 55.9, "True": 44.1}),
        ("multirc", "dev", 4848, {"False": 57.2, "True": 42.8}),
        ("boolq", "dev", 3270, {"False": 37.8, "True": 62.2}),
        ("copa", "train", 400, {"choice1": 48.8, "choice2": 51.2}),
        ("copa", "dev", 100, {"choice1": 55.0, "choice2": 45.0}),
        ("wic", "train", 5428, {"False": 50.0, "True": 50.0}),
        ("wic", "dev", 638, {"False": 50.0, "True": 50.0}),
        ("mrpc", "train", 3668, {"equivalent": 67.4, "not_equivalent": 32.6}),
        ("mrpc", "dev", 408, {"equivalent": 68.4, "not_equivalent": 31.6}),
        ("qqp", "train", 363849, {"duplicate": 36.9, "not_duplicate": 63.1}),
        ("qqp", "dev", 40430, {"duplicate": 36.8, "not_duplicate": 63.2}),
    ],
)
def test_real_data_has_the_size_and_label_shares_of_the_paper(
    name: str, split: str, size: int, shares: dict[str, float]
) -> None:
    examples = examples_of(name, split)
    counts = Counter(example.target for example in examples)
    assert len(examples) == size
    assert counts.keys() == shares.keys()
    for label, share in shares.items():
        # Half a unit of the last printed digit, and the tie 48.75 that the paper rounds up.
        assert 100 * counts[label] / size == pytest.approx(share, abs=0.0500001)


@pytest.mark.parametrize(
    ("split", "size", "shares"),
    [("train", 259, {"True": 100.0}), ("dev", 104, {"False": 63.5, "True": 36.5})],
)
def test_real_wsc_trains_on_its_259_positives(split: str, size: int, shares: dict[str, float]) -> None:
    examples = examples_of("wsc", split)
    counts = Counter(example.label for example in examples)
    assert len(examples) == size
    assert {label: round(100 * n / size, 1) for label, n in counts.items()} == shares


def test_real_record_answers_are_entities_of_their_passage() -> None:
    for split in ("train", "dev"):
        for example in examples_of("record", split):
            entities = example.input.split(" entities: ")[1].split(" passage: ")[0]
            assert set(example.answers) <= set(entities.split(", "))
            assert example.target in example.answers


def test_real_predictions_equal_to_the_targets_score_one() -> None:
    for name in ("cb", "rte", "multirc", "boolq", "record", "mrpc", "squad", "duorc"):
        examples = examples_of(name, "dev")
        scores = tasks.by_name(name).score([example.target for example in examples], examples)
        assert set(scores.values()) == {1.0}


# Table 7, whose labels of the MRQA sets are permuted; these are the MRQA repository's.
SIZES = {
    ("squad", "train"): 87599,
    ("squad", "dev"): 10570,
    ("bioasq", "dev"): 1504,
    ("drop", "dev"): 1503,
    ("duorc", "dev"): 1501,
    ("race", "dev"): 674,
    ("re", "dev"): 2948,
    ("textbookqa", "dev"): 1503,
}
# The parts of SQuAD and DuoRC that are there for development, which no download has.
PARTS = {("squad", "train"): 2000, ("squad", "dev"): 2649, ("duorc", "dev"): 126}


@pytest.mark.parametrize(("name", "split"), SIZES)
def test_real_questions_are_all_read_and_answered_from_their_context(name: str, split: str) -> None:
    examples = examples_of(name, split)
    assert len(examples) in (SIZES[name, split], PARTS.get((name, split)))
    for example in examples:
        assert example.target == example.answers[0] != ""
        assert example.input == f"question: {example.parts['question']} context: {example.parts['context']}"
        assert "  " not in example.input
    if name == "squad":
        assert all(example.target in example.parts["context"] for example in examples)


def test_a_real_squad_context_is_no_constant_answer() -> None:
    # The context holds the answer, and is far from it: the best constant scores a few percent.
    examples = examples_of("squad", "dev")[:300]
    scores = tasks.by_name("squad").score([example.parts["context"] for example in examples], examples)
    assert scores["em"] == 0.0
    assert 0.0 < scores["f1"] < 0.2
