"""Metrics of texts are those of the packages that people compare with, on whole sets and on resamples of them."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from every import METRICS, entities, targets
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from softscale.errors import InputError
from softscale.metrics import Reference, extra
from softscale.metrics.entity_f1 import EntityF1
from softscale.metrics.exact_match import ExactMatch
from softscale.metrics.rouge import words

ALL = "the a big red kite, cat sat. on Mat; (über) Ähre ran 3.5 to sea! it's 北京 τό"
VOCABULARY = ALL.split()
SACREBLEU = {"bleu": BLEU, "chrf": CHRF}
KINDS = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL", "rouge_lsum": "rougeLsum"}


def text(rng: random.Random) -> str:
    return " ".join(rng.choices(VOCABULARY, k=rng.randint(0, 14)))


def corpus(seed: int, size: int = 40) -> tuple[list[str], list[Reference]]:
    """Predictions, near ones and far ones, and one to three right answers for each."""
    rng = random.Random(seed)
    right = [tuple(text(rng) for _ in range(rng.randint(1, 3))) for _ in range(size)]
    near = [" ".join(word for word in each[0].split() if rng.random() < 0.8) for each in right]
    predictions = [rng.choice([each[-1], close, text(rng)]) for each, close in zip(right, near, strict=True)]
    return predictions, [Reference(target=each[0], answers=each) for each in right]


def streams(references: Sequence[Reference]) -> list[list[str | None]]:
    return [[each.answers[i] if i < len(each.answers) else None for each in references] for i in range(3)]


@pytest.mark.parametrize("name", SACREBLEU)
@pytest.mark.parametrize("seed", range(5))
def test_a_score_of_a_corpus_is_sacrebleu_s_own_and_so_is_that_of_each_resample(name: str, seed: int) -> None:
    predictions, references = corpus(seed)
    own = SACREBLEU[name]().corpus_score(predictions, streams(references)).score / 100  # type: ignore[arg-type]
    assert METRICS[name].score(predictions, references) == {name: pytest.approx(own, abs=1e-12)}
    assert 0 < own < 1
    drawn = np.random.default_rng(seed).integers(0, len(predictions), (3, len(predictions)))
    times = np.array([np.bincount(each, minlength=len(predictions)) for each in drawn], dtype=float)
    values = METRICS[name].on_resamples(predictions, references, times)[name]
    for value, indices in zip(values, drawn, strict=True):
        texts, rights = [predictions[i] for i in indices], [references[i] for i in indices]
        theirs = SACREBLEU[name]().corpus_score(texts, streams(rights)).score / 100  # type: ignore[arg-type]
        assert value == pytest.approx(theirs, abs=1e-12)


def test_a_score_of_a_corpus_is_no_mean_over_examples() -> None:
    predictions, references = corpus(0)
    alone = [METRICS["bleu"].score([one], [right])["bleu"] for one, right in zip(predictions, references, strict=True)]
    assert METRICS["bleu"].score(predictions, references)["bleu"] != pytest.approx(np.mean(alone), abs=0.02)


def plain(rng: random.Random) -> str:
    return " ".join(rng.choices([word for word in VOCABULARY if word.isascii()], k=rng.randint(0, 14)))


@pytest.mark.parametrize("name", KINDS)
def test_rouge_of_ascii_is_the_mean_of_rouge_score_s_f(name: str) -> None:
    rng = random.Random(name)
    pairs = [(plain(rng), plain(rng)) for _ in range(60)]
    pairs += [(right.replace("red ", ""), right) for _, right in pairs]
    if name == "rouge_lsum":  # which rouge-score wants in lines
        lines = [tuple(each.replace(". ", ".\n").replace("! ", "!\n") for each in pair) for pair in pairs]
    else:
        lines = pairs
    scorer = RougeScorer([KINDS[name]])
    own = np.mean([scorer.score(right, text)[KINDS[name]].fmeasure for text, right in lines])
    score = METRICS[name].score([text for text, _ in pairs], targets(*(right for _, right in pairs)))
    assert score == {name: pytest.approx(own)}
    assert 0.1 < own < 0.9


@pytest.mark.parametrize("name", KINDS)
def test_rouge_takes_the_best_of_several_answers(name: str) -> None:
    right = Reference(target="a dog ran", answers=("a dog ran", "the cat sat. it slept"))
    assert METRICS[name].score(["The cat sat. It slept!"], [right]) == {name: 1.0}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Für Ähren, 3.5 %", ["für", "ähren", "3", "5"]),
        ("Ελλάδα and Москва", ["ελλάδα", "and", "москва"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),  # vowels are marks
        ("cafe\u0301 ｆｕｌｌ ﬁne", ["café", "full", "fine"]),
        ("北京", ["北京"]),
        ("... — 👍", []),
        ("", []),
    ],
)
def test_the_words_of_rouge_are_those_of_any_script(text: str, found: list[str]) -> None:
    assert words(text) == found


TEXT_METRICS = ("bleu", "chrf", "rouge_1", "rouge_2", "rouge_l", "rouge_lsum", "exact_match")


@pytest.mark.parametrize("name", TEXT_METRICS)
@pytest.mark.parametrize(
    "right", ["Ein für alle Mal: über Öl", "Москва — столица большой России", "北 京 是 中 国 的 首 都"]
)
def test_a_text_of_any_script_that_is_right_scores_one_and_none_at_all_nothing(name: str, right: str) -> None:
    assert METRICS[name].score([right], targets(right)) == {name: pytest.approx(1.0)}
    assert METRICS[name].score([""], targets(right)) == {name: 0.0}


@pytest.mark.parametrize("name", [*TEXT_METRICS, "entity_f1"])
def test_empty_texts_on_both_sides_break_nothing(name: str) -> None:
    score = METRICS[name].score(["", "a"], targets("", ""))[name]
    assert score == (0.5 if name == "exact_match" else 0.0)


def test_bleu_of_texts_below_four_tokens_is_nothing_and_chrf_is_not() -> None:
    assert METRICS["bleu"].score(["a red kite"], targets("a red kite")) == {"bleu": 0.0}
    assert METRICS["chrf"].score(["a red kite"], targets("a red kite")) == {"chrf": 1.0}


def test_exact_match_knows_case_and_punctuation_and_no_spaces_or_compatible_forms() -> None:
    right = [Reference(target="The  ﬁrst.", answers=("The  ﬁrst.", "1st"))] * 4
    assert ExactMatch().score(["The first.", "1st", "the first.", "The first"], right) == {"exact_match": 0.5}


def binary(answers: Sequence[str]) -> list[set[str]]:
    return [set() if each == "none" else set(each.split("; ")) for each in answers]


@pytest.mark.parametrize("seed", range(5))
def test_entity_f1_is_the_micro_f1_of_scikit_learn(seed: int) -> None:
    rng = random.Random(seed)
    written, right = [[_once(entities(rng)) for _ in range(30)] for _ in range(2)]
    written = [rng.choice(pair) for pair in zip(written, right, strict=True)]
    labels = MultiLabelBinarizer().fit(binary(right + written))
    own = f1_score(labels.transform(binary(right)), labels.transform(binary(written)), average="micro")
    assert EntityF1().score(written, targets(*right)) == {"entity_f1": pytest.approx(own)}
    assert 0 < own < 1


def _once(answer: str) -> str:
    return "; ".join(dict.fromkeys(answer.split("; ")))


RIGHT = "person: Anna; place: Rome; person: Anna"


@pytest.mark.parametrize(
    ("written", "hits", "listed"),
    [
        (RIGHT, 3, 3),
        ("place:Rome ;Person :  Anna; person: Anna ; ", 3, 3),  # order, case of types and spaces
        ("person：Anna； place: Rome", 2, 2),  # wide forms are compatible ones
        ("person: Anna", 1, 1),
        ("person: Anna; person: Anna; person: Anna; person: Anna", 2, 4),
        ("person: anna", 0, 1),
        ("place: Anna; person: Rome", 0, 2),
        ("Anna; Rome", 0, 2),  # no types
        ("person: ; : Anna; :", 0, 3),
        ("none", 0, 0),
        ("None", 0, 0),
        ("", 0, 0),
        (";;; ;", 0, 0),
        ("none; person: Anna", 1, 2),
    ],
)
def test_entities_are_read_however_they_are_written(written: str, hits: int, listed: int) -> None:
    assert EntityF1().statistics([written], targets(RIGHT)).tolist() == [[hits, listed, 3]]


def test_an_entity_may_hold_colons_and_where_there_is_none_every_one_is_wrong() -> None:
    assert EntityF1().score(["time: 10:30"], targets("time: 10:30")) == {"entity_f1": 1.0}
    assert EntityF1().statistics(["time: 10:30"], targets("none")).tolist() == [[0, 1, 0]]


@pytest.mark.parametrize("target", ["Anna, Rome", "person: Anna; Rome", "person:", " "])
def test_a_target_that_lists_no_entities_is_refused(target: str) -> None:
    with pytest.raises(InputError, match="but entity_f1 reads entities such as 'person: Anna; place: Rome', or 'none'"):
        EntityF1().check_target(target)


@pytest.mark.parametrize(
    ("name", "package"), [("bleu", "sacrebleu"), ("chrf", "sacrebleu"), *((name, "rouge_score") for name in KINDS)]
)
def test_without_its_package_a_metric_names_the_extra(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = extra.importlib.util.find_spec
    monkeypatch.setattr(extra.importlib.util, "find_spec", lambda asked: None if asked == package else find(asked))
    with pytest.raises(InputError) as refused:
        type(METRICS[name]).of(())
    assert str(refused.value) == f"task.metric={name} needs the package {package}: pip install 'softscale[text]'"
