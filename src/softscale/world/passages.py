"""Passages of the miniature world, and the split each one belongs to.

Every sentence that says who has what and where belongs to one split, by its hash, and a scene or story is made of
sentences of its split only; any other passage belongs to one as a whole. So no passage of an evaluation, nor a sentence
of its scenes, can occur in the text of pre-training, whatever the seeds.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from softscale.world.lexicon import CATEGORIES, CATEGORY_OF, CAUSES, PEOPLE, PLACES, SENSES, THINGS

# Upper ends, in percent, of the hash range that belongs to each split.
SPLITS = {"pretraining": 70, "train": 90, "dev": 95, "test": 100}


class Passage(Protocol):
    """Something that happened, told in sentences."""

    def text(self) -> str: ...


def split_of(text: str) -> str:
    """The one split in which these words may occur (case, order of sentences and spacing ignored)."""
    sentences = sorted(" ".join(sentence.lower().split()) for sentence in text.split(".") if sentence.strip())
    percent = int.from_bytes(hashlib.sha256(". ".join(sentences).encode()).digest()[:8], "big") % 100
    return next(split for split, end in SPLITS.items() if percent < end)


Drawn = TypeVar("Drawn", bound=Passage)


def drawn_of(split: str, draw: Callable[[], Drawn]) -> Drawn:
    """Drawn until the hash of its words says so (about 1 / share of the split draws)."""
    while True:
        drawn = draw()
        if split_of(drawn.text()) == split:
            return drawn


@dataclass(frozen=True)
class State:
    """One person, where they are, and the thing they have."""

    name: str
    place: str
    thing: str

    @property
    def category(self) -> str:
        return CATEGORY_OF[self.thing]

    def shares_a_word_with(self, other: "State") -> bool:
        """Name, place, or the category of the thing."""
        return self.name == other.name or self.place == other.place or self.category == other.category

    def text(self) -> str:
        """One form only: with four, a model of 0.2 M parameters learned no comparison in 100,000 documents."""
        return f"{self.name} has the {self.thing} in the {self.place}."


@dataclass(frozen=True)
class Scene:
    """A few people; names, places, things and categories all differ."""

    states: tuple[State, ...]

    def text(self) -> str:
        return " ".join(state.text() for state in self.states)


def state(rng: random.Random) -> State:
    return State(rng.choice(list(PEOPLE)), rng.choice(PLACES), rng.choice(THINGS))


def scene(rng: random.Random, split: str, people: int | None = None) -> Scene:
    """A scene of `people` persons (default: one to three)."""
    count = people or rng.choices((1, 2, 3), (3, 5, 2))[0]
    states: list[State] = []
    while len(states) < count:
        other = drawn_of(split, lambda: state(rng))
        if not any(other.shares_a_word_with(earlier) for earlier in states):
            states.append(other)
    return Scene(tuple(states))


@dataclass(frozen=True)
class Story:
    """Two people, and one event that changes where somebody is or who has something."""

    before: tuple[State, State]
    changed: int  # who goes somewhere, or gives
    place: str | None  # where they go; None: they give what they have to the other one

    @property
    def after(self) -> tuple[State, State]:
        """The places of both after the event; `thing` is what each came with."""
        states = list(self.before)
        if self.place:
            states[self.changed] = replace(states[self.changed], place=self.place)
        return states[0], states[1]

    def holder(self, thing: str) -> str:
        """Who has a thing in the end."""
        if not self.place and thing == self.before[self.changed].thing:
            return self.before[1 - self.changed].name
        return next(state.name for state in self.before if state.thing == thing)

    def text(self) -> str:
        mover, other = self.before[self.changed], self.before[1 - self.changed]
        event = f"went to the {self.place}" if self.place else f"gave the {mover.thing} to {other.name}"
        return f"{' '.join(state.text() for state in self.before)} then {mover.name} {event}."


def story(rng: random.Random, split: str) -> Story:
    first, second = scene(rng, split, 2).states
    new = rng.choice([place for place in PLACES if place not in (first.place, second.place)])
    return Story((first, second), rng.randrange(2), new if rng.random() < 0.5 else None)


@dataclass(frozen=True)
class Chain:
    """Two people, told thing by thing: where a thing is follows from who has it and where they are."""

    states: tuple[State, State]
    places_first: bool

    def text(self) -> str:
        held = [f"the {state.thing} is with {state.name}." for state in self.states]
        placed = [f"{state.name} is in the {state.place}." for state in reversed(self.states)]
        return " ".join([*placed, *held] if self.places_first else [*held, *placed])


def chain(rng: random.Random, split: str) -> Chain:
    first, second = scene(rng, split, 2).states
    return Chain((first, second), rng.random() < 0.5)


@dataclass(frozen=True)
class Pile:
    """Three things of three categories."""

    things: tuple[str, str, str]

    def text(self) -> str:
        return "here are the {} , the {} and the {}.".format(*self.things)


def pile(rng: random.Random, split: str) -> Pile:
    def draw() -> Pile:
        first, second, third = (rng.choice(CATEGORIES[category]) for category in rng.sample(list(CATEGORIES), 3))
        return Pile((first, second, third))

    return drawn_of(split, draw)


@dataclass(frozen=True)
class Pair:
    """Two sentences, or two questions, that say who has a thing in two ways: the same, or of another one."""

    name: str
    thing: str
    other: tuple[str, str]  # who and what the second one is about
    forms: tuple[int, int]
    asks: bool  # questions

    @property
    def same(self) -> bool:
        return self.other == (self.name, self.thing)

    @property
    def both(self) -> tuple[str, str]:
        forms = QUESTION_FORMS if self.asks else STATEMENT_FORMS
        first, second = forms[self.forms[0]], forms[self.forms[1]]
        return first.format(N=self.name, T=self.thing), second.format(N=self.other[0], T=self.other[1])

    def text(self) -> str:
        return " ".join(self.both)


STATEMENT_FORMS = ("{N} has the {T}.", "the {T} is with {N}.", "the one who has the {T} is {N}.")
QUESTION_FORMS = ("does {N} have the {T} ?", "is the {T} with {N} ?", "is {N} the one who has the {T} ?")


def pair(rng: random.Random, split: str, asks: bool | None = None, same_share: float = 0.5) -> Pair:
    """`asks`: two questions (default: in half of the pairs). What differs is who has it, or what they have."""
    same = rng.random() < same_share
    asks = rng.random() < 0.5 if asks is None else asks

    def draw() -> Pair:
        first, second = scene(rng, split, 2).states
        different = (second.name, first.thing) if rng.random() < 0.5 else (first.name, second.thing)
        forms = rng.sample(range(3), 2)
        other = (first.name, first.thing) if same else different
        return Pair(first.name, first.thing, other, (forms[0], forms[1]), asks)

    return drawn_of(split, draw)


@dataclass(frozen=True)
class Event:
    """Something somebody was or did, and what they therefore did; `other` is a pair that has nothing to do with it."""

    name: str
    cause: str
    effect: str
    other: tuple[str, str]

    def text(self) -> str:
        return f"{self.name} {self.cause}. {self.name} {self.effect}. not {' '.join(self.other)}."


def event(rng: random.Random, split: str) -> Event:
    def draw() -> Event:
        (cause, effect), other = rng.sample(CAUSES, 2)
        return Event(rng.choice(list(PEOPLE)), cause, effect, other)

    return drawn_of(split, draw)


@dataclass(frozen=True)
class Usage:
    """Two sentences that use one word, in the same sense or in two."""

    word: str
    first: str
    second: str
    about: tuple[str, str]  # what the word is about in each

    @property
    def same(self) -> bool:
        return self.about[0] == self.about[1]

    def text(self) -> str:
        return f"{self.first}. {self.second}."


def usage(rng: random.Random, split: str) -> Usage:
    return drawn_of(split, lambda: _usage(rng))


def _usage(rng: random.Random) -> Usage:
    word = rng.choice(list(SENSES))
    sense = rng.randrange(2)
    same = rng.random() < 0.5
    (about_first, uses), (about_second, others) = (
        SENSES[word][chosen] for chosen in (sense, sense if same else 1 - sense)
    )
    first = rng.choice(uses)
    second = rng.choice([use for use in others if use != first])
    names = rng.sample(list(PEOPLE), 2)
    return Usage(word, f"{names[0]} {first}", f"{names[1]} {second}", (about_first, about_second))


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


def meeting(rng: random.Random, split: str) -> Meeting:
    return drawn_of(split, lambda: _meeting(rng))


def _meeting(rng: random.Random) -> Meeting:
    by_pronoun = [[name for name, pronoun in PEOPLE.items() if pronoun == wanted] for wanted in ("she", "he")]
    pair = [rng.choice(names) for names in by_pronoun]
    rng.shuffle(pair)
    return Meeting(
        (pair[0], pair[1]), rng.choice(pair), rng.choice(PLACES), rng.choice(THINGS), rng.randrange(len(MEETING_FORMS))
    )
