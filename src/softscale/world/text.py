"""Running text for pre-training: a passage, then questions and remarks that follow from it.

Nobody can predict where Anna goes next, so a passage teaches a language model little; what follows from it (who has the
kite, whether a claim is True) can be learned. A document is therefore kept as its parts, of which those that follow
from the rest are marked: span corruption masks them more often than other words, and a prefix for language modelling
ends before one of them. The label words and the field words of the SuperGLUE forms occur here in ordinary sentences,
never in a task's own form.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from softscale.world.lexicon import CATEGORIES, PEOPLE, PLACES, SENSES, THINGS
from softscale.world.passages import Scene, chain, event, meeting, pair, pile, scene, story, usage
from softscale.world.skills import (
    Asked,
    category_hop,
    cause_and_effect,
    cause_and_effect_reordered,
    comparing,
    last_state,
    paraphrase,
    pronoun,
    reading,
    sense,
    told_cause,
    told_sense,
    two_hops,
    word_knowledge,
)
from softscale.world.statements import unknown_claim

Ask = Callable[..., Asked]


@dataclass(frozen=True)
class Part:
    """A piece of a document; `follows`: the parts before it decide it."""

    text: str
    follows: bool = False


Document = list[Part]


def write(parts: Document) -> str:
    """A document as one reads it."""
    return " ".join(part.text for part in parts)


def unknown(passage: Scene, rng: random.Random) -> Asked:
    """What is not said is neutral, and not entailed."""
    claim = unknown_claim(passage, rng)
    form = rng.choice(("the hypothesis that {} is|neutral.", "that {} is|not_entailment."))
    question, answer = form.format(claim).split("|")
    return Asked(passage.text(), question, answer, 3)


def remark(passage: Scene, rng: random.Random) -> Asked:
    """A sentence in which field words of the tasks have a natural place."""
    state = rng.choice(passage.states)
    entities = " , ".join(other.name for other in passage.states)
    form = rng.choice(REMARKS).format(N=state.name, T=state.thing, L=state.place, E=entities)
    question, answer = form.split("|")
    return Asked(passage.text(), question, answer, len(passage.states))


REMARKS = (
    "the question is who has the {T} and the answer is|{N}.",
    "in the query @placeholder has the {T} the placeholder is|{N}.",
    "of the entities {E} the {T} is with|{N}.",
    "the {T} is with|{N}.",
    "{N} is in the|{L}.",
)
SCENE_TALK: dict[Ask, int] = {comparing: 50, reading: 28, category_hop: 8, remark: 8, unknown: 6}
# What is asked in other words, or more often, in the stages after `all`.
LATER_TALK: dict[str, dict[Callable, dict[Ask, int]]] = {
    "revising": {scene: SCENE_TALK | {unknown: 15}},
    "finishing": {
        scene: SCENE_TALK | {unknown: 15},
        event: {cause_and_effect_reordered: 1, told_cause: 1},
    },
}


@dataclass(frozen=True)
class Kind:
    """A kind of document: its passage, what is asked of it by weight, how many times, and of how many."""

    draw: Callable
    talk: dict[Ask, int]
    weight: int
    questions: int = 2
    passages: int = 1
    revised: int = 0  # weight when all is read again


KINDS = (
    Kind(scene, SCENE_TALK, 24, revised=14),
    Kind(story, {last_state: 1}, 14, revised=20),
    Kind(chain, {two_hops: 1}, 10, revised=18),
    Kind(pile, {word_knowledge: 1}, 10, revised=8),
    Kind(pair, {paraphrase: 1}, 6, 1, 2, revised=6),
    Kind(event, {cause_and_effect: 1, told_cause: 1}, 15, 1, 2, revised=16),
    Kind(usage, {sense: 1, told_sense: 1}, 15, 2, 1, revised=8),
    Kind(meeting, {pronoun: 1}, 6, 1, 2, revised=10),
)
READING_TALK: dict[Ask, int] = {reading: 4, category_hop: 1}
STAGES = ("reading", "judging", "all", "choosing", "revising", "reordering", "following", "crowding", "finishing")
# Shares of the documents of a stage that are as those of an earlier one, which is forgotten otherwise.
REPEATED = {
    "all": {"judging": 0.35},
    "revising": {"judging": 0.25, "choosing": 0.1},
    "finishing": {"judging": 0.1, "crowding": 0.2, "reordering": 0.1, "following": 0.2},
}
CHOICES: dict[str, Ask] = {"choosing": cause_and_effect, "reordering": cause_and_effect_reordered}
FOLLOWED = (
    Kind(story, {last_state: 1}, 2, 1),
    Kind(chain, {two_hops: 1}, 2, 1),
    Kind(meeting, {pronoun: 1}, 1, 1),
)


def document(rng: random.Random, split: str = "pretraining", stage: str = "all") -> Document:
    """One document on a passage of `split`.

    Args:
        stage: what a model reads in turn. `reading` and `judging`, scenes of one and two people with one question, and
            `choosing`, which of two is the cause, each ask for one thing: the gradient of one bit drowns in that of
            words that nobody can predict, and text that is mixed from the start teaches no comparison and no choice in
            the time in which these do. `reordering` has the choices first too: a model that always read them last
            chooses at random where they come first. `following` is who or where somebody is in the end, and
            `crowding` is `judging` on three people: a model that has compared two of them calls all claims on three
            False. `all` is every kind; `revising` and `finishing` are every kind with more of what is hard.
    """
    if stage in REPEATED:
        stage = _repeated(stage, rng)
    if stage in REPEATED:
        return _of_a_kind(KINDS, [kind.weight if stage == "all" else kind.revised for kind in KINDS], stage, split, rng)
    if stage == "following":
        return _of_a_kind(FOLLOWED, [kind.weight for kind in FOLLOWED], stage, split, rng)
    if stage in CHOICES:
        return _arranged(event(rng, split), {CHOICES[stage]: 1}, 1, rng)
    people = 3 if stage == "crowding" else 2 if stage == "reading" or rng.random() < 0.7 else 1
    passage, talk = scene(rng, split, people), READING_TALK
    return _arranged(passage, talk if stage == "reading" or rng.random() < 0.25 else {comparing: 1}, 1, rng)


def _of_a_kind(kinds: Sequence[Kind], weights: list[int], stage: str, split: str, rng: random.Random) -> Document:
    kind = rng.choices(kinds, weights)[0]
    passages = [kind.draw(rng, split) for _ in range(kind.passages)]
    talk = LATER_TALK.get(stage, {}).get(kind.draw, kind.talk)
    return [part for passage in passages for part in _arranged(passage, talk, kind.questions, rng)]


def _repeated(stage: str, rng: random.Random) -> str:
    """The stage, or one before it."""
    remaining = rng.random()
    for earlier, share in REPEATED[stage].items():
        if remaining < share:
            return earlier
        remaining -= share
    return stage


def _arranged(passage: object, talk: dict[Ask, int], questions: int, rng: random.Random) -> Document:
    """The passage before the questions, or between the first question and its answer."""
    asks = rng.choices(list(talk), list(talk.values()), k=questions)
    first, *others = [ask(passage, rng) for ask in asks]
    answer = Part(first.answer, follows=True)
    if not first.passage:
        return [Part(first.question), answer]
    context = Part(" ".join(filter(None, [_opening(rng), first.passage])))
    parts = [context, Part(first.question)] if rng.random() < 0.6 else [Part(first.question), context]
    rest = [part for other in others for part in (Part(other.question), Part(other.answer, follows=True))]
    return [*parts, answer, *rest]


OPENINGS = (
    "a story.",
    "the passage is this.",
    "the premise is this.",
    "a paragraph :",
    "the context is",
    "sentence1 and sentence2 :",
    "question1 and question2 :",
)


def _opening(rng: random.Random) -> str:
    return rng.choice(OPENINGS) if rng.random() < 0.15 else ""


@cache
def vocabulary() -> list[str]:
    """Every word of the world, found by writing a fixed sample of text; most frequent first, ties by the alphabet."""
    counts: dict[str, int] = {}
    rng = random.Random(0)
    for _ in range(30_000):
        for word in split_words(write(document(rng))):
            counts[word] = counts.get(word, 0) + 1
    every: Sequence[str] = [*PEOPLE, *PLACES, *THINGS, *CATEGORIES, *SENSES]
    assert all(word in counts for word in every), "the sample is too small to hold every word"
    return sorted(counts, key=lambda word: (-counts[word], word))


def split_words(text: str) -> list[str]:
    """Words and punctuation marks, as the miniature tokenizer splits them."""
    return re.findall(r"\w+|[^\w\s]", text)
