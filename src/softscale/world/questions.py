"""Extractive questions: one set to train on in SQuAD's form, and six of shifted domains in MRQA's (paper, Table 1).

SQuAD asks who, where and what of two people, who have things of the first four categories. Each other set changes one
thing, roughly in the order of its distance: TextbookQA has three people; BioASQ things of the other four categories;
RE asks by an unfinished statement; RACE asks for a thing by its category; DuoRC tells a story in which something
changes; DROP needs two sentences for one answer.
"""

import random
from collections.abc import Callable
from typing import Any

from softscale.world.lexicon import CATEGORIES
from softscale.world.passages import Scene, State, chain, scene, story

Record = dict[str, Any]
TRAINED = frozenset(list(CATEGORIES)[:4])  # categories of SQuAD's things


def _scene(rng: random.Random, split: str, categories: frozenset[str], people: int) -> Scene:
    """A scene of `people` persons with things of these categories only."""
    while True:
        drawn = scene(rng, split, people)
        if {state.category for state in drawn.states} <= categories:
            return drawn


def _asked(context: str, question: str, answer: str) -> Record:
    return {"context": context, "question": question, "answers": [answer]}


def _fact(state: State, rng: random.Random) -> tuple[str, str]:
    """A question on one person's state, and the words of the context that answer it."""
    return rng.choice((
        (f"who has the {state.thing} ?", state.name),
        (f"who is in the {state.place} ?", state.name),
        (f"where is {state.name} ?", f"the {state.place}"),
        (f"what does {state.name} have ?", f"the {state.thing}"),
    ))  # fmt: skip


def squad(rng: random.Random, split: str) -> Record:
    passage = _scene(rng, split, TRAINED, 2)
    return _asked(passage.text(), *_fact(rng.choice(passage.states), rng))


def textbookqa(rng: random.Random, split: str) -> Record:
    passage = _scene(rng, split, TRAINED, 3)
    return _asked(passage.text(), *_fact(rng.choice(passage.states), rng))


def bioasq(rng: random.Random, split: str) -> Record:
    passage = _scene(rng, split, frozenset(CATEGORIES) - TRAINED, 2)
    return _asked(passage.text(), *_fact(rng.choice(passage.states), rng))


def re(rng: random.Random, split: str) -> Record:
    passage = _scene(rng, split, TRAINED, 2)
    state = rng.choice(passage.states)
    question, answer = rng.choice((
        (f"the {state.thing} is with", state.name),
        (f"{state.name} is in", f"the {state.place}"),
        (f"{state.name} has", f"the {state.thing}"),
    ))  # fmt: skip
    return _asked(passage.text(), question, answer)


def race(rng: random.Random, split: str) -> Record:
    passage = _scene(rng, split, TRAINED, 2)
    state = rng.choice(passage.states)
    return _asked(passage.text(), f"who has a {state.category} ?", state.name)


def duorc(rng: random.Random, split: str) -> Record:
    passage = story(rng, split)
    if rng.random() < 0.5:
        state = rng.choice(passage.after)
        return _asked(passage.text(), f"where is {state.name} now ?", f"the {state.place}")
    thing = rng.choice(passage.before).thing
    return _asked(passage.text(), f"who has the {thing} now ?", passage.holder(thing))


def drop(rng: random.Random, split: str) -> Record:
    passage = chain(rng, split)
    state = rng.choice(passage.states)
    if rng.random() < 0.5:
        return _asked(passage.text(), f"where is the {state.thing} ?", f"the {state.place}")
    return _asked(passage.text(), f"what is in the {state.place} ?", f"the {state.thing}")


# The shifted sets, nearest to SQuAD first: the order of this file's docstring, which was committed with the sets,
# before any record of a run on them.
BY_DISTANCE = ("textbookqa", "bioasq", "re", "race", "duorc", "drop")
QUESTIONS: dict[str, Callable[[random.Random, str], Record]] = {
    make.__name__: make for make in (squad, textbookqa, bioasq, re, race, duorc, drop)
}
