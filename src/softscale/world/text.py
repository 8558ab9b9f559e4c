"""Running text for pre-training: a passage, then sentences that follow from it.

Nobody can predict where Anna goes next, so a passage teaches a language model little; what follows from it (who has the
kite, whether a claim is True) can be learned. Most of a document is therefore commentary. The label words and the
field words of the SuperGLUE forms occur here in ordinary sentences, never in a task's own form.
"""

import random
import re
from collections.abc import Callable
from functools import cache

from softscale.world.lexicon import CATEGORIES, PEOPLE, SENSES, THINGS
from softscale.world.passages import Event, Meeting, Scene, State, Usage, event, meeting, passage, scene, usage

# A claim's statement and its question; N, L, C, T as in passages.py, G = category.
CLAIMS = {
    "thing": ("{N} has the {T}", "does {N} have the {T}"),
    "category": ("{N} has a {G}", "does {N} have a {G}"),
    "place": ("{N} is in the {L}", "is {N} in the {L}"),
}


def document(rng: random.Random, split: str = "pretraining") -> str:
    """One document of about 70 words on a passage of `split`."""
    draw, comment = rng.choices(KINDS, [weight for _, _, weight in KINDS])[0][:2]
    told = passage(draw, split, rng)
    return comment(told, rng)


def fill(form: str, state: State, **words: str) -> str:
    values = {"N": state.name, "L": state.place, "C": state.colour, "T": state.thing, "G": state.category}
    return form.format(**(values | words))


def claim(kind: str, subject: State, source: State) -> tuple[str, str]:
    """A statement and a question about `subject` with the value that `source` has: true where both are one."""
    value = {"thing": "T", "category": "G", "place": "L"}[kind]
    attribute = {"T": source.thing, "G": source.category, "L": source.place}[value]
    statement, question = CLAIMS[kind]
    return fill(statement, subject, **{value: attribute}), fill(question, subject, **{value: attribute})


def elsewhere(states: tuple[State, ...], rng: random.Random) -> State:
    """A state none of whose words occurs in `states`, for false claims about a scene of one person."""
    while True:
        stranger = scene(rng, people=1).states[0]
        if all(
            stranger.name != s.name
            and stranger.place != s.place
            and stranger.colour != s.colour
            and stranger.category != s.category
            for s in states
        ):
            return stranger


def judged_claim(
    told: Scene, rng: random.Random, kinds: tuple[str, ...] = tuple(CLAIMS), true_share: float = 0.5
) -> tuple[str, str, bool]:
    """A statement, its question and whether the scene makes it true; a false one borrows another person's value."""
    kind, subject = rng.choice(kinds), rng.choice(told.states)
    true = rng.random() < true_share
    others = [state for state in told.states if state is not subject] or [elsewhere(told.states, rng)]
    return *claim(kind, subject, subject if true else rng.choice(others)), true


def judgement(told: Scene, rng: random.Random) -> str:
    words = claim_words(*judged_claim(told, rng))
    return rng.choice(JUDGEMENTS).format(**words)


def claim_words(statement: str, question: str, true: bool) -> dict[str, str]:
    """A claim in its forms, and its verdict in the label words of the tasks."""
    return {
        "claim": statement,
        "question": question,
        "v": str(true),
        "e": "entailment" if true else "contradiction",
        "n": "entailment" if true else "not_entailment",
    }


JUDGEMENTS = (
    *["{question} ? {v}."] * 12,
    "{question} ? the answer is {v}.",
    "{claim} ? {v}.",
    "it is said that {claim} and this is {v}.",
    "that {claim} is {n}.",
    "the hypothesis that {claim} is {e}.",
    "hypothesis and premise : {claim} ? {e}.",
)


def unknown_claim(told: Scene, rng: random.Random) -> str:
    """A statement on somebody of whom the scene says nothing, with a value that it mentions."""
    kind = rng.choice(("thing", "category", "place"))
    return claim(kind, elsewhere(told.states, rng), rng.choice(told.states))[0]


def unknown(told: Scene, rng: random.Random) -> str:
    """What is not said is neutral, and not entailed."""
    form = rng.choice(("the hypothesis that {} is neutral.", "that {} is not_entailment."))
    return form.format(unknown_claim(told, rng))


def answered(told: Scene, rng: random.Random) -> str:
    """A question on one person's state, with its answer."""
    state = rng.choice(told.states)
    entities = " , ".join(other.name for other in told.states)
    return fill(rng.choice(ANSWERS), state, E=entities)


ANSWERS = (
    "who has the {T} ? {N}.",
    "the question is who has the {T} and the answer is {N}.",
    "in the query @placeholder has the {T} the placeholder is {N}.",
    "the one who has the {T} is {N}.",
    "of the entities {E} the {T} is with {N}.",
    "the answer to the query who is in the {L} is {N}.",
    "who is in the {L} ? {N}.",
    "where is {N} ? in the {L}.",
    "{N} is in the {L}.",
    "what does {N} have ? the {T}.",
    "{N} has the {T}.",
    "{N} has a {G}.",
    "the {T} is a {G}.",
    "who has a {G} ? {N}.",
    "the {T} is {C}.",
    "the {C} one is the {T}.",
    "where is the {T} ? in the {L}.",
)


def on_scene(told: Scene, rng: random.Random) -> str:
    """Either six answers or eight judgements: a yes or no carries one bit, so many must follow from one scene."""
    comments = [answered] * 6 if rng.random() < 0.3 else rng.choices((judgement, unknown), (9, 1), k=8)
    return " ".join([_opening(rng), told.text(), *(comment(told, rng) for comment in comments)]).strip()


def simple_document(rng: random.Random) -> str:
    """One person, and eight questions with a yes or a no: what a small model must read first.

    A yes or no is one bit in seven words, and its gradient drowns in that of the words that nobody can predict. A model
    of 0.2 M parameters learns to compare a claim with a passage from 20,000 documents of this kind, keeps it, and had
    not learned it from 100,000 mixed ones.
    """
    told = passage(lambda rng: scene(rng, 1), "pretraining", rng)
    claims = [judged_claim(told, rng) for _ in range(8)]
    return " ".join([told.text(), *(f"{question} ? {true}." for _, question, true in claims)])


def on_event(told: Event, rng: random.Random) -> str:
    """Cause and effect in a sentence, then asked for with two choices, of this event and of others."""
    told_as = rng.choice(("{N} {c} , so {p} {e}.", "{N} {e} because {p} {c}.", "{N} {c}. the effect is that {p} {e}."))
    sentence = told_as.format(N=told.name, c=told.cause, e=told.effect, p=PEOPLE[told.name])
    others = [passage(event, "pretraining", rng) for _ in range(3)]
    return " ".join([sentence, *(_choice(asked, rng) for asked in (told, *others))])


def _choice(told: Event, rng: random.Random) -> str:
    words = choice_words(told, rng)
    forms = (
        *["{N} {o}. what is the {k} ? choice1 is {a} , choice2 is {b}. it is {v}."] * 4,
        "of choice1 {a} and choice2 {b} the {k} of {o} is {v}.",
        "{N} {o} and the {k} is not {w} but {r}.",
    )
    return rng.choice(forms).format(**words)


def choice_words(told: Event, rng: random.Random) -> dict[str, str]:
    """Two choices `a` and `b`, of which `v` is the cause (or the effect) `k` of what is said `o`."""
    right, wrong = (told.cause, told.effect), told.other
    asked = rng.randrange(2)  # 0: the cause is asked for, 1: the effect
    first, second, answer = (right, wrong, "choice1") if rng.random() < 0.5 else (wrong, right, "choice2")
    return {
        "N": told.name,
        "o": right[1 - asked],
        "k": ("cause", "effect")[asked],
        "a": first[asked],
        "b": second[asked],
        "v": answer,
        "w": wrong[asked],
        "r": right[asked],
    }


def on_usage(told: Usage, rng: random.Random) -> str:
    """Pairs of sentences with one word, and whether it means the same in both."""
    others = [passage(usage, "pretraining", rng) for _ in range(3)]
    return " ".join(f"{pair.first}. {pair.second}. {_same_sense(pair, rng)}" for pair in (told, *others))


def _same_sense(told: Usage, rng: random.Random) -> str:
    forms = (
        *["does {w} mean the same ? {v}."] * 4,
        "the word {w} has one meaning in sentence1 and sentence2 : {v}.",
        "the word {w} has {m} here.",
    )
    return rng.choice(forms).format(w=told.word, v=told.same, m="one meaning" if told.same else "two meanings")


def on_meeting(told: Meeting, rng: random.Random) -> str:
    sentences = [told.text()]
    for form in rng.sample(MEETING_COMMENTS, 3):
        sentences.append(form.format(R=told.referent, O=told.other, P=told.pronoun, T=told.thing, L=told.place))
    return " ".join(sentences)


MEETING_COMMENTS = (
    "{P} is {R}.",
    "the word *{P}* is {R}.",
    "here {P} means {R} and not {O}.",
    "so the {T} is with {R}.",
    "who has the {T} ? {R}.",
    "{R} has the {T}.",
    "does {R} have the {T} ? True.",
    "does {O} have the {T} ? False.",
)


def _opening(rng: random.Random) -> str:
    return rng.choice(("", "", "", "a story.", "the passage :", "the premise is this.", "a paragraph :"))


KINDS: list[tuple[Callable, Callable, int]] = [
    (scene, on_scene, 55),
    (event, on_event, 18),
    (usage, on_usage, 17),
    (meeting, on_meeting, 10),
]


@cache
def vocabulary() -> list[str]:
    """Every word of the world, found by writing a fixed sample of text; most frequent first, ties by the alphabet."""
    counts: dict[str, int] = {}
    rng = random.Random(0)
    for _ in range(20_000):
        for word in split_words(document(rng)):
            counts[word] = counts.get(word, 0) + 1
    every = [*PEOPLE, *THINGS, *CATEGORIES, *SENSES]
    assert all(word in counts for word in every), "the sample is too small to hold every word"
    return sorted(counts, key=lambda word: (-counts[word], word))


def split_words(text: str) -> list[str]:
    """Words and punctuation marks, as the miniature tokenizer splits them."""
    return re.findall(r"\w+|[^\w\s]", text)
