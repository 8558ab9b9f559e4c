"""The eight skills of the world, each asked for in the words of its own text.

A skill is a kind of passage and what can be asked of it. The same questions stand in the text that a model is
pre-trained on (text.py, passages of the pre-training split) and on its skill card (passages of the dev split); the
tasks ask for the same in another form (superglue_records.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from softscale.world.lexicon import CATEGORY_OF, PEOPLE
from softscale.world.passages import (
    Chain,
    Event,
    Meeting,
    Pair,
    Pile,
    Scene,
    Story,
    Usage,
    chain,
    event,
    meeting,
    pile,
    scene,
    story,
    usage,
)
from softscale.world.statements import claim_words, judged_claim


@dataclass(frozen=True)
class Asked:
    """A question on a passage, and its answer as the text gives it.

    passage: empty where the question holds all that is needed.
    choices: how many answers a reader without the skill would choose from.
    """

    passage: str
    question: str
    answer: str
    choices: int


@dataclass(frozen=True)
class Skill:
    """One skill: `draw` makes a passage, `ask` a question on it."""

    draw: Callable[[random.Random, str], Any]
    ask: Callable[..., Asked]


def asked(name: str, split: str, rng: random.Random) -> Asked:
    """A question of the skill of that name on a passage of `split`."""
    skill = SKILLS[name]
    return skill.ask(skill.draw(rng, split), rng)


def word_knowledge(passage: Pile, rng: random.Random) -> Asked:
    """Of which category a thing is: nothing in the passage says so."""
    thing = rng.choice(passage.things)
    if rng.random() < 0.5:
        return Asked(passage.text(), f"which one is a {CATEGORY_OF[thing]} ?", f"the {thing}.", 3)
    other = rng.choice([other for other in passage.things if other != thing])
    true = rng.random() < 0.5
    category = CATEGORY_OF[thing if true else other]
    return Asked(passage.text(), f"is the {thing} a {category} ?", f"{true}.", 2)


def reading(passage: Scene, rng: random.Random) -> Asked:
    """One fact of the passage; three times of four who, which is learned last where all are asked for alike."""
    state, count = rng.choice(passage.states), len(passage.states)
    forms = (
        (f"who has the {state.thing} ?", f"{state.name}."),
        (f"who is in the {state.place} ?", f"{state.name}."),
        (f"where is {state.name} ?", f"in the {state.place}."),
        (f"what does {state.name} have ?", f"the {state.thing}."),
    )
    question, answer = rng.choices(forms, (3, 3, 1, 1))[0]
    return Asked(passage.text(), question, answer, count)


def comparing(passage: Scene, rng: random.Random) -> Asked:
    """Whether a claim holds of a passage."""
    words = claim_words(*judged_claim(passage, rng))
    question, answer = rng.choice(JUDGED).format(**words).split("|")
    return Asked(passage.text(), question, answer, 2)


JUDGED = (
    *["{question} ?|{v}."] * 5,
    *["{claim} ?|{v}."] * 3,
    "the hypothesis that {claim} is|{e}.",
    "that {claim} is|{n}.",
)


def last_state(passage: Story, rng: random.Random) -> Asked:
    """Where somebody is, or who has something, after an event."""
    if rng.random() < 0.5:
        state = rng.choice(passage.after)
        return Asked(passage.text(), f"where is {state.name} now ?", f"in the {state.place}.", 2)
    thing = rng.choice(passage.before).thing
    return Asked(passage.text(), f"who has the {thing} now ?", f"{passage.holder(thing)}.", 2)


def two_hops(passage: Chain, rng: random.Random) -> Asked:
    """Where a thing is, by way of who has it."""
    state = rng.choice(passage.states)
    if rng.random() < 0.5:
        return Asked(passage.text(), f"where is the {state.thing} ?", f"in the {state.place}.", 2)
    return Asked(passage.text(), f"what is in the {state.place} ?", f"the {state.thing}.", 2)


def pronoun(passage: Meeting, rng: random.Random) -> Asked:
    """Whom a pronoun means."""
    question, answer = rng.choice((
        (f"who has the {passage.thing} ?", passage.referent),
        (f"the one who has the {passage.thing} is", passage.referent),
        (f"the word *{passage.pronoun}* means", passage.referent),
    ))  # fmt: skip
    return Asked(passage.text(), question, f"{answer}.", 2)


def sense(passage: Usage, rng: random.Random) -> Asked:
    """Whether a word has one meaning in two sentences."""
    question = rng.choice(
        (f"does {passage.word} mean the same ?", f"the word {passage.word} has one meaning in both :")
    )
    return Asked(passage.text(), question, f"{passage.same}.", 2)


def cause_and_effect(passage: Event, rng: random.Random) -> Asked:
    """Which of two things caused another, or followed from it."""
    words = choice_words(passage, rng)
    return Asked("", "{N} {o}. what is the {k} ? choice1 is {a} , choice2 is {b}.".format(**words), f"{words['v']}.", 2)


def cause_and_effect_reordered(passage: Event, rng: random.Random) -> Asked:
    """As `cause_and_effect`, with the choices before what is said or behind it."""
    words = choice_words(passage, rng)
    said, choices = "{N} {o}. what is the {k} ?".format(**words), "choice1 is {a} , choice2 is {b}.".format(**words)
    return Asked("", " ".join((said, choices) if rng.random() < 0.4 else (choices, said)), f"{words['v']}.", 2)


def choice_words(passage: Event, rng: random.Random) -> dict[str, str]:
    """Two choices `a` and `b`, of which `v` is the cause (or the effect) `k` of what is said `o`."""
    right, wrong = (passage.cause, passage.effect), passage.other
    which = rng.randrange(2)  # 0: the cause is asked for, 1: the effect
    first, second, answer = (right, wrong, "choice1") if rng.random() < 0.5 else (wrong, right, "choice2")
    return {
        "N": passage.name,
        "o": right[1 - which],
        "k": ("cause", "effect")[which],
        "a": first[which],
        "b": second[which],
        "v": answer,
    }


SKILLS: dict[str, Skill] = {
    "word_knowledge": Skill(pile, word_knowledge),
    "reading": Skill(scene, reading),
    "last_state": Skill(story, last_state),
    "comparing": Skill(scene, comparing),
    "two_hops": Skill(chain, two_hops),
    "pronoun": Skill(meeting, pronoun),
    "sense": Skill(usage, sense),
    "cause_and_effect": Skill(event, cause_and_effect),
}


def category_hop(passage: Scene, rng: random.Random) -> Asked:
    """Who has a thing of a category: knowledge, then reading."""
    state = rng.choice(passage.states)
    return Asked(passage.text(), f"who has a {state.category} ?", f"{state.name}.", len(passage.states))


def paraphrase(passage: Pair, rng: random.Random) -> Asked:
    """Whether two sentences say the same, or two questions ask the same."""
    question, answer = rng.choice((
        *[(f"do both {'ask' if passage.asks else 'say'} the same ?", str(passage.same))] * 3,
        ("the two are", "equivalent" if passage.same else "not_equivalent"),
        ("the second one is a", "duplicate" if passage.same else "not_duplicate"),
    ))  # fmt: skip
    return Asked(passage.text(), question, f"{answer}.", 2)


def told_sense(passage: Usage, rng: random.Random) -> Asked:
    """What a word is about in one of two sentences."""
    which = rng.randrange(2)
    question = f"in the {('first', 'second')[which]} one {passage.word} is about"
    return Asked(passage.text(), question, f"{passage.about[which]}.", 2)


def told_cause(passage: Event, rng: random.Random) -> Asked:
    """A cause and its effect in one sentence, of which the second half follows from the first."""
    pronoun = PEOPLE[passage.name]
    if rng.random() < 0.5:
        return Asked("", f"{passage.name} {passage.cause} , so {pronoun}", f"{passage.effect}.", 2)
    return Asked("", f"{passage.name} {passage.effect} because {pronoun}", f"{passage.cause}.", 2)
