"""Passages of the miniature world, and the split each one belongs to.

A passage is drawn from a `random.Random`; `passage(kind, split, rng)` redraws until the passage's hash falls into the
split, so splits are disjoint by construction, whatever the seeds.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from softscale.world.lexicon import CATEGORY_OF, CAUSES, COLOURS, PEOPLE, PLACES, SENSES, THINGS

# Upper ends, in percent, of the hash range that belongs to each split.
SPLITS = {"pretraining": 70, "train": 90, "dev": 95, "test": 100}


class Passage(Protocol):
    """Something that happened, told in sentences."""

    def text(self) -> str: ...


def split_of(text: str) -> str:
    """The one split in which a passage with these words may occur (case, order of sentences and spacing ignored)."""
    sentences = sorted(" ".join(sentence.lower().split()) for sentence in text.split(".") if sentence.strip())
    percent = int.from_bytes(hashlib.sha256(". ".join(sentences).encode()).digest()[:8], "big") % 100
    return next(split for split, end in SPLITS.items() if percent < end)


Drawn = TypeVar("Drawn", bound=Passage)


def passage(draw: Callable[[random.Random], Drawn], split: str, rng: random.Random) -> Drawn:
    """A passage of `split`: drawn until its hash says so (about 1 / share of the split draws)."""
    while True:
        drawn = draw(rng)
        if split_of(drawn.text()) == split:
            return drawn


@dataclass(frozen=True)
class State:
    """One person, where they are, and the coloured thing they have."""

    name: str
    place: str
    colour: str
    thing: str

    @property
    def category(self) -> str:
        return CATEGORY_OF[self.thing]

    def sentence(self) -> str:
        """One form only: with four, a model of 0.2 M parameters learned no comparison in 100,000 documents."""
        return f"{self.name} has the {self.colour} {self.thing} in the {self.place}."


@dataclass(frozen=True)
class Scene:
    """A few people; names, places, colours, things and categories all differ."""

    states: tuple[State, ...]

    def text(self) -> str:
        return " ".join(state.sentence() for state in self.states)

    def of(self, name: str) -> State:
        return next(state for state in self.states if state.name == name)


def scene(rng: random.Random, people: int | None = None) -> Scene:
    """A scene of `people` persons (default: one or two)."""
    count = people or rng.choices((1, 2), (8, 2))[0]
    things: list[str] = []
    while len(things) < count:
        thing = rng.choice(THINGS)
        if CATEGORY_OF[thing] not in {CATEGORY_OF[other] for other in things}:
            things.append(thing)
    names, places, colours = (rng.sample(list(words), count) for words in (PEOPLE, PLACES, COLOURS))
    return Scene(tuple(State(*state) for state in zip(names, places, colours, things, strict=True)))


@dataclass(frozen=True)
class Event:
    """Something somebody was or did, and what they therefore did; `other` is a pair that has nothing to do with it."""

    name: str
    cause: str
    effect: str
    other: tuple[str, str]

    def text(self) -> str:
        return f"{self.name} {self.cause}. {self.name} {self.effect}. not {' '.join(self.other)}."


def event(rng: random.Random) -> Event:
    (cause, effect), other = rng.sample(CAUSES, 2)
    return Event(rng.choice(list(PEOPLE)), cause, effect, other)


@dataclass(frozen=True)
class Usage:
    """Two sentences that use one word, in the same sense or in two."""

    word: str
    first: str
    second: str
    same: bool

    def text(self) -> str:
        return f"{self.first}. {self.second}."


def usage(rng: random.Random, same: bool | None = None) -> Usage:
    word = rng.choice(list(SENSES))
    sense = rng.randrange(2)
    same = rng.random() < 0.5 if same is None else same
    first = rng.choice(SENSES[word][sense])
    second = rng.choice([use for use in SENSES[word][sense if same else 1 - sense] if use != first])
    names = rng.sample(list(PEOPLE), 2)
    return Usage(word, f"{names[0]} {first}", f"{names[1]} {second}", same)


@dataclass(frozen=True)
class Meeting:
    """A she and a he in one sentence, and a pronoun that can only be one of them."""

    names: tuple[str, str]
    referent: str
    place: str
    thing: str
    form: int

    @property
    def pronoun(self) -> str:
        return PEOPLE[self.referent]

    @property
    def other(self) -> str:
        return self.names[1] if self.referent == self.names[0] else self.names[0]

    def text(self) -> str:
        first, second = self.names
        return MEETING_FORMS[self.form].format(A=first, B=second, L=self.place, T=self.thing, P=self.pronoun)


MEETING_FORMS = (
    "{A} met {B} in the {L} and {P} has the {T}.",
    "{A} and {B} are in the {L} because {P} has the {T}.",
    "when {A} was in the {L} with {B} , {P} had the {T}.",
)


def meeting(rng: random.Random) -> Meeting:
    by_pronoun = [[name for name, pronoun in PEOPLE.items() if pronoun == wanted] for wanted in ("she", "he")]
    pair = [rng.choice(names) for names in by_pronoun]
    rng.shuffle(pair)
    return Meeting(
        (pair[0], pair[1]), rng.choice(pair), rng.choice(PLACES), rng.choice(THINGS), rng.randrange(len(MEETING_FORMS))
    )
