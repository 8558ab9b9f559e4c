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
    passage = scene(rng, split, 2)
    statement, _, true = judged_claim(passage, rng, ("category",))
    label = "entailment" if true else "not_entailment"
    return {"premise": passage.text(), "hypothesis": f"{statement}.", "label": label}


def boolq(rng: random.Random, split: str) -> Record:
    passage = scene(rng, split, 2)
    _, question, true = judged_claim(passage, rng, true_share=0.62)
    return {"passage": passage.text(), "question": question, "label": true}


def cb(rng: random.Random, split: str) -> Record:
    if rng.random() < 0.08:
        passage = scene(rng, split, 2)
        return {"premise": passage.text(), "hypothesis": f"{unknown_claim(passage, rng)}.", "label": "neutral"}
    # Two people or three, so that the number of names does not tell a claim on a stranger.
    passage = scene(rng, split, rng.choice((2, 3)))
    statement, _, true = judged_claim(passage, rng)
    label = "entailment" if true else "contradiction"
    return {"premise": passage.text(), "hypothesis": f"{statement}.", "label": label}


def copa(rng: random.Random, split: str) -> Record:
    passage = event(rng, split)
    question = rng.choice(("cause", "effect"))
    given, right, wrong = (
        (passage.effect, passage.cause, passage.other[0])
        if question == "cause"
        else (passage.cause, passage.effect, passage.other[1])
    )
    label = rng.randrange(2)
    choices = [f"{passage.name} {wrong}."] * 2
    choices[label] = f"{passage.name} {right}."
    return {
        "premise": f"{passage.name} {given}.",
        "choice1": choices[0],
        "choice2": choices[1],
        "question": question,
        "label": label,
    }


def multirc(rng: random.Random, split: str) -> Record:
    """One question on a scene of two; the answers are the two people and, sometimes, a stranger."""
    passage = scene(rng, split, 2)
    asked = rng.choice(passage.states)
    names = [state.name for state in passage.states]
    if rng.random() < 0.27:
        names.append(elsewhere(passage.states, rng).name)
    rng.shuffle(names)
    answers = [{"text": name, "label": int(name == asked.name), "idx": i} for i, name in enumerate(names)]
    question = {"question": f"who has the {asked.thing} ?", "answers": answers, "idx": 0}
    return {"passage": {"text": passage.text(), "questions": [question]}}


def record(rng: random.Random, split: str) -> Record:
    passage = scene(rng, split, 2)
    asked = rng.choice(passage.states)
    text = passage.text()
    starts = [text.index(state.name) for state in passage.states]
    entities = [
        {"start": start, "end": start + len(state.name) - 1}
        for start, state in zip(starts, passage.states, strict=True)
    ]
    answer_span = next(span for span, state in zip(entities, passage.states, strict=True) if state is asked)
    query = {
        "query": f"@placeholder has the {asked.thing}.",
        "answers": [{**answer_span, "text": asked.name}],
        "idx": 0,
    }
    return {"source": "miniature", "passage": {"text": text, "entities": entities}, "qas": [query]}


def wic(rng: random.Random, split: str) -> Record:
    passage = usage(rng, split)
    starts = [f"{sentence} ".index(f" {passage.word} ") + 1 for sentence in (passage.first, passage.second)]
    return {
        "word": passage.word,
        "sentence1": f"{passage.first}.",
        "sentence2": f"{passage.second}.",
        "start1": starts[0],
        "end1": starts[0] + len(passage.word),
        "start2": starts[1],
        "end2": starts[1] + len(passage.word),
        "label": passage.same,
    }


def wsc(rng: random.Random, split: str) -> Record:
    """As in the original, two thirds of the candidate referents are wrong; training uses the right ones only."""
    passage = meeting(rng, split)
    words = passage.text().rstrip(".").split(" ")
    right = split == "train" or rng.random() < 0.365
    candidate = passage.referent if right else passage.other
    return {
        "text": passage.text(),
        "target": {
            "span1_index": words.index(candidate),
            "span1_text": candidate,
            "span2_index": max(i for i, word in enumerate(words) if word == passage.pronoun),
            "span2_text": passage.pronoun,
        },
        "label": right,
    }


SUPERGLUE: dict[str, Callable[[random.Random, str], Record]] = {
    make.__name__: make for make in (boolq, cb, copa, multirc, record, rte, wic, wsc)
}
