"""Questions and their answers: the last text that a model of the miniature ladder reads.

In running text a claim and its verdict follow each other, and a model that continues text compares in its decoder. Here
the question is read together with the passage, before or after it, and only the answer is written: the encoder must
compare. The forms and their order are others than those of the tasks.
"""

import random

from softscale.world.passages import event, meeting, passage, scene, usage
from softscale.world.text import choice_words, claim_words, fill, judged_claim

# What is asked of a claim, and the words of the verdict (claim_words).
JUDGED = (
    *["{question} ?|{v}."] * 4,
    *["{claim} ?|{v}."] * 2,
    "hypothesis that {claim} ?|{e}.",
    *["that {claim} ?|{n}."] * 2,
)
OPEN = (
    "who has the {T} ?|{N}.",
    "who has a {G} ?|{N}.",
    "who is in the {L} ?|{N}.",
    "where is {N} ?|in the {L}.",
    "what does {N} have ?|the {T}.",
)


def question(rng: random.Random) -> tuple[str, str]:
    """What is read (a passage and a question) and what is written (the answer), on a pre-training passage."""
    return rng.choices((_judged, _open, _cause, _sense, _pronoun), (50, 15, 14, 14, 7))[0](rng)


def _judged(rng: random.Random) -> tuple[str, str]:
    told = passage(scene, "pretraining", rng)
    words = claim_words(*judged_claim(told, rng))
    asked, answer = rng.choice(JUDGED).format(**words).split("|")
    return _around(told.text(), asked, rng), answer


def _open(rng: random.Random) -> tuple[str, str]:
    told = passage(scene, "pretraining", rng)
    asked, answer = fill(rng.choice(OPEN), rng.choice(told.states)).split("|")
    return _around(told.text(), asked, rng), answer


def _cause(rng: random.Random) -> tuple[str, str]:
    words = choice_words(passage(event, "pretraining", rng), rng)
    asked = "{N} {o}. what is the {k} ? choice1 is {a} , choice2 is {b}."
    return asked.format(**words), f"it is {words['v']}."


def _sense(rng: random.Random) -> tuple[str, str]:
    told = passage(usage, "pretraining", rng)
    return _around(f"{told.first}. {told.second}.", f"does {told.word} mean the same ?", rng), f"{told.same}."


def _pronoun(rng: random.Random) -> tuple[str, str]:
    told = passage(meeting, "pretraining", rng)
    return _around(told.text(), f"who has the {told.thing} ?", rng), f"{told.referent}."


def _around(told: str, asked: str, rng: random.Random) -> str:
    """The question after the passage, or before it."""
    return f"{told} {asked}" if rng.random() < 0.5 else f"{asked} {told}"
