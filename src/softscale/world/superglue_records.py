"""SuperGLUE-shaped tasks on the world: records with the official fields, read by the same tasks as the real files.

Each task asks for a skill that the pre-training text exercises in other words: RTE what category a thing is of, BoolQ
a fact about one of two people, CB also what is not said, MultiRC and ReCoRD who has something, COPA cause and effect,
WiC the sense of a word, WSC whom a pronoun means. Label shares are near the real ones (paper, Tables 8-15).
"""

import random
from collections.abc import Callable
from typing import Any

from softscale.world.passages import event, meeting, scene, usage
from softscale.world.statements import elsewhere, judged_claim, unknown_claim

Record = dict[str, Any]


def rte(rng: random.Random, split: str) -> Record:
    told = scene(rng, split, 2)
    statement, _, true = judged_claim(told, rng, ("category",))
    label = "entailment" if true else "not_entailment"
    return {"premise": told.text(), "hypothesis": f"{statement}.", "label": label}


def boolq(rng: random.Random, split: str) -> Record:
    told = scene(rng, split, 2)
    _, question, true = judged_claim(told, rng, true_share=0.62)
    return {"passage": told.text(), "question": question, "label": true}


def cb(rng: random.Random, split: str) -> Record:
    if rng.random() < 0.08:
        told = scene(rng, split, 2)
        return {"premise": told.text(), "hypothesis": f"{unknown_claim(told, rng)}.", "label": "neutral"}
    # Two people or three, so that the number of names does not tell a claim on a stranger.
    told = scene(rng, split, rng.choice((2, 3)))
    statement, _, true = judged_claim(told, rng)
    label = "entailment" if true else "contradiction"
    return {"premise": told.text(), "hypothesis": f"{statement}.", "label": label}


def copa(rng: random.Random, split: str) -> Record:
    told = event(rng, split)
    question = rng.choice(("cause", "effect"))
    given, right, wrong = (
        (told.effect, told.cause, told.other[0]) if question == "cause" else (told.cause, told.effect, told.other[1])
    )
    label = rng.randrange(2)
    choices = [f"{told.name} {wrong}."] * 2
    choices[label] = f"{told.name} {right}."
    return {
        "premise": f"{told.name} {given}.",
        "choice1": choices[0],
        "choice2": choices[1],
        "question": question,
        "label": label,
    }


def multirc(rng: random.Random, split: str) -> Record:
    """One question on a scene of two; the answers are the two people and, sometimes, a stranger."""
    told = scene(rng, split, 2)
    asked = rng.choice(told.states)
    names = [state.name for state in told.states]
    if rng.random() < 0.27:
        names.append(elsewhere(told.states, rng).name)
    rng.shuffle(names)
    answers = [{"text": name, "label": int(name == asked.name), "idx": i} for i, name in enumerate(names)]
    question = {"question": f"who has the {asked.thing} ?", "answers": answers, "idx": 0}
    return {"passage": {"text": told.text(), "questions": [question]}}


def record(rng: random.Random, split: str) -> Record:
    told = scene(rng, split, 2)
    asked = rng.choice(told.states)
    text = told.text()
    starts = [text.index(state.name) for state in told.states]
    entities = [
        {"start": start, "end": start + len(state.name) - 1} for start, state in zip(starts, told.states, strict=True)
    ]
    place = next(span for span, state in zip(entities, told.states, strict=True) if state is asked)
    query = {
        "query": f"@placeholder has the {asked.thing}.",
        "answers": [{**place, "text": asked.name}],
        "idx": 0,
    }
    return {"source": "miniature", "passage": {"text": text, "entities": entities}, "qas": [query]}


def wic(rng: random.Random, split: str) -> Record:
    told = usage(rng, split)
    starts = [f"{sentence} ".index(f" {told.word} ") + 1 for sentence in (told.first, told.second)]
    return {
        "word": told.word,
        "sentence1": f"{told.first}.",
        "sentence2": f"{told.second}.",
        "start1": starts[0],
        "end1": starts[0] + len(told.word),
        "start2": starts[1],
        "end2": starts[1] + len(told.word),
        "label": told.same,
    }


def wsc(rng: random.Random, split: str) -> Record:
    """As in the original, two thirds of the candidate referents are wrong; training uses the right ones only."""
    told = meeting(rng, split)
    words = told.text().rstrip(".").split(" ")
    right = split == "train" or rng.random() < 0.365
    candidate = told.referent if right else told.other
    return {
        "text": told.text(),
        "target": {
            "span1_index": words.index(candidate),
            "span1_text": candidate,
            "span2_index": max(i for i, word in enumerate(words) if word == told.pronoun),
            "span2_text": told.pronoun,
        },
        "label": right,
    }


SUPERGLUE: dict[str, Callable[[random.Random, str], Record]] = {
    make.__name__: make for make in (boolq, cb, copa, multirc, record, rte, wic, wsc)
}
