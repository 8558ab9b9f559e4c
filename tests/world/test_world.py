"""The generated world: splits apart, one seed one text, every word known, and no task solved by its words alone."""

import random
import re
from collections.abc import Callable
from itertools import chain, pairwise

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.tasks import Example
from softscale.world.passages import (
    SPLITS,
    event,
    meeting,
    pair,
    pile,
    scene,
    split_of,
    state,
    story,
    usage,
)
from softscale.world.passages import (
    chain as two_hop_chain,
)
from softscale.world.records import RECORDS, records
from softscale.world.skills import SKILLS, asked
from softscale.world.text import STAGES, document, split_words, write

UNK = 2


def examples(name: str, split: str, count: int, seed: int = 0) -> list[Example]:
    task = tasks.by_name(name)
    return list(chain.from_iterable(task.examples(record, split) for record in records(name, split, count, seed)))


@pytest.fixture(scope="module")
def documents() -> list[str]:
    rng = random.Random(0)
    return [write(document(rng)) for _ in range(5000)]


@pytest.mark.parametrize("draw", [scene, event, usage, meeting, story, two_hop_chain, pair, pile])
def test_a_passage_belongs_to_one_split_whatever_the_seed(draw: Callable) -> None:
    seen: dict[str, set[str]] = {}
    for split in SPLITS:
        for seed in range(3):
            rng = random.Random(seed)
            seen.setdefault(split, set()).update(draw(rng, split).text() for _ in range(40))
    assert sum(map(len, seen.values())) == len(set().union(*seen.values()))


def test_case_spacing_and_order_of_sentences_do_not_move_a_passage_to_another_split() -> None:
    rng = random.Random(0)
    for _ in range(50):
        sentences = [state.text() for state in scene(rng, "dev", people=2).states]
        other = "  ".join(reversed(sentences)).upper()
        assert split_of(other) == split_of(" ".join(sentences))


def test_the_shares_of_the_splits_are_70_20_5_and_5_percent() -> None:
    rng = random.Random(0)
    drawn = [split_of(state(rng).text()) for _ in range(4000)]
    for split, share in {"pretraining": 0.70, "train": 0.20, "dev": 0.05, "test": 0.05}.items():
        assert drawn.count(split) / len(drawn) == pytest.approx(share, abs=0.025)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_no_input_of_dev_occurs_in_train(name: str) -> None:
    trained = {example.input for example in examples(name, "train", 500)}
    assert not trained & {example.input for example in examples(name, "dev", 200)}


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_one_seed_gives_one_set_of_records_and_another_seed_another(name: str) -> None:
    first = list(records(name, "dev", 20, 0))
    assert list(records(name, "dev", 20, 0)) == first
    assert list(records(name, "dev", 30, 0))[:20] == first
    assert list(records(name, "dev", 20, 1)) != first


def test_one_seed_gives_one_document(documents: list[str]) -> None:
    rng = random.Random(0)
    assert [write(document(rng)) for _ in range(50)] == documents[:50]
    assert write(document(random.Random(1))) != documents[0]


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_no_text_of_a_task_has_an_unknown_word(name: str, tokenizer: PreTrainedTokenizerFast) -> None:
    told = [*examples(name, "train", 400), *examples(name, "dev", 100)]
    texts = [text for example in told for text in (example.input, example.target, *example.answers)]
    unknown = {text for text, ids in zip(texts, tokenizer(texts)["input_ids"], strict=True) if UNK in ids}
    assert sorted(unknown)[:3] == []


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_target_comes_back_from_its_tokens(name: str, tokenizer: PreTrainedTokenizerFast) -> None:
    targets = sorted({example.target for example in examples(name, "train", 200)})
    back = tokenizer.batch_decode(tokenizer(targets)["input_ids"], skip_special_tokens=True)
    assert back == targets


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_label_and_field_word_occurs_in_the_text_of_pre_training(name: str, documents: list[str]) -> None:
    known = {word for text in documents for word in split_words(text)}
    form = examples(name, "train", 1)[0].input
    field_words = set(chain.from_iterable(map(split_words, re.findall(r"(?:^| )(\w+):", form))))
    assert field_words or name == "wsc"  # whose form has no field names
    assert field_words | set(tasks.by_name(name).labels) <= known


@pytest.mark.parametrize("name", sorted(set(RECORDS) - {"wsc"}))
def test_no_document_has_a_task_s_own_form(name: str, documents: list[str]) -> None:
    # The first two field names of a form with their colons, and anything between them.
    first, second = re.findall(r"(?:^| )(\w+: )", examples(name, "train", 1)[0].input)[:2]
    form = re.compile(f"{first}.*{second}")
    assert form.search(examples(name, "train", 1)[0].input)
    assert not [text for text in documents if form.search(re.sub(r" ?: ?", ": ", text))]


def test_no_document_is_a_wsc_input(documents: list[str]) -> None:
    inputs = {example.input.removesuffix(".") for example in examples("wsc", "train", 400)}
    assert not [text for text in documents for sentence in inputs if sentence in text]


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_label_of_a_task_occurs_in_train_and_dev(name: str) -> None:
    labels = set(tasks.by_name(name).labels)
    for split, count in (("train", 400), ("dev", 100)):
        found = {example.target for example in examples(name, split, count)}
        assert found == labels if labels else len(found) > 5


def bag_of_words(name: str) -> tuple[float, float]:
    """Dev accuracy of the better bag of words (counts, or presence), and of the majority class."""
    train, dev = examples(name, "train", 1500)[:1500], examples(name, "dev", 300)[:300]
    trained, expected = [example.target for example in train], [example.target for example in dev]
    scores = []
    for binary in (False, True):
        vectors = CountVectorizer(binary=binary, token_pattern=r"\w+|[^\w\s]", lowercase=False)
        model = LogisticRegression(max_iter=1000)
        model.fit(vectors.fit_transform([example.input for example in train]), trained)
        scores.append(model.score(vectors.transform([example.input for example in dev]), expected))
    return max(scores), max(map(expected.count, expected)) / len(expected)


@pytest.mark.parametrize("name", ["boolq", "cb", "multirc", "rte"])
def test_a_bag_of_words_hardly_beats_the_majority_class(name: str) -> None:
    score, majority = bag_of_words(name)
    assert score <= majority + 0.08


def sentences(text: str) -> set[str]:
    """The sentences of a text, bare of case, spacing and marks."""
    return {" ".join(re.findall(r"\w+", part.lower())) for part in re.split(r"[.?]", text)} - {""}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(RECORDS) - {"copa", "wic", "wsc", "mrpc", "qqp"}))
def test_no_passage_of_an_evaluation_stands_in_a_document(name: str, documents: list[str]) -> None:
    told = set().union(*(sentences(text) for text in documents))
    first = {"rte": "premise", "cb": "premise", "multirc": "paragraph", "record": "passage", "boolq": "passage"}
    for example in examples(name, "dev", 250):
        facts = {part for part in sentences(example.parts[first.get(name, "context")]) if " has the " in part}
        assert name == "drop" or len(facts) > 1
        assert not facts & told


@pytest.mark.parametrize("name", sorted(SKILLS))
def test_a_skill_is_asked_for_on_passages_of_its_split_only(name: str) -> None:
    rng = random.Random(0)
    for split in ("pretraining", "dev"):
        for _ in range(50):
            ask = asked(name, split, rng)
            told = [part + "." for part in ask.passage.split(". ") if " has the " in part and " because " not in part]
            assert name not in ("reading", "comparing") or {split_of(part) for part in told} == {split}
            assert ask.choices >= 1


@pytest.mark.parametrize("stage", STAGES)
def test_what_follows_in_a_document_is_an_answer_behind_its_question(stage: str) -> None:
    rng = random.Random(0)
    for _ in range(200):
        parts = document(rng, stage=stage)
        assert not parts[0].follows
        assert parts[-1].follows
        assert not any(one.follows and other.follows for one, other in pairwise(parts))


def test_a_story_ends_with_what_its_event_changed() -> None:
    rng = random.Random(0)
    for _ in range(200):
        told = story(rng, "train")
        mover, other = told.before[told.changed], told.before[1 - told.changed]
        assert told.after[1 - told.changed] == other
        if told.place:
            assert told.after[told.changed].place == told.place not in (mover.place, other.place)
            assert (told.holder(mover.thing), told.holder(other.thing)) == (mover.name, other.name)
        else:
            assert told.after == told.before
            assert told.holder(mover.thing) == told.holder(other.thing) == other.name


def test_a_pair_says_the_same_exactly_where_name_and_thing_are_the_same() -> None:
    rng = random.Random(0)
    for _ in range(200):
        told = pair(rng, "train")
        first, second = (set(split_words(text)) for text in told.both)
        facts = [words & {told.name, told.thing, *told.other} for words in (first, second)]
        assert told.same == (facts[0] == facts[1])
        assert told.both[0] != told.both[1]
