"""Claims about a scene, true and false, and the words of their verdicts."""

import random

from softscale.world.passages import Scene, State, state

# A claim's statement and its question; N, L, T as in passages.py, G = category.
CLAIMS = {
    "thing": ("{N} has the {T}", "does {N} have the {T}"),
    "category": ("{N} has a {G}", "does {N} have a {G}"),
    "place": ("{N} is in the {L}", "is {N} in the {L}"),
}


def claim(kind: str, subject: State, source: State) -> tuple[str, str]:
    """A statement and a question about `subject` with the value that `source` has: true where both are one."""
    words = {"N": subject.name, "T": source.thing, "G": source.category, "L": source.place}
    statement, question = (form.format(**words) for form in CLAIMS[kind])
    return statement, question


def elsewhere(states: tuple[State, ...], rng: random.Random) -> State:
    """A state none of whose words occurs in `states`, for false claims about a scene of one person."""
    while True:
        stranger = state(rng)
        if not any(stranger.shares_a_word_with(state) for state in states):
            return stranger


def judged_claim(
    scene: Scene, rng: random.Random, kinds: tuple[str, ...] = tuple(CLAIMS), true_share: float = 0.5
) -> tuple[str, str, bool]:
    """A statement, its question and whether the scene makes it true; a false one borrows another person's value."""
    kind, subject = rng.choice(kinds), rng.choice(scene.states)
    true = rng.random() < true_share
    others = [state for state in scene.states if state is not subject] or [elsewhere(scene.states, rng)]
    return *claim(kind, subject, subject if true else rng.choice(others)), true


def claim_words(statement: str, question: str, true: bool) -> dict[str, str]:
    """A claim in its forms, and its verdict in the label words of the tasks."""
    return {
        "claim": statement,
        "question": question,
        "v": str(true),
        "e": "entailment" if true else "contradiction",
        "n": "entailment" if true else "not_entailment",
    }


def unknown_claim(scene: Scene, rng: random.Random) -> str:
    """A statement on somebody of whom the scene says nothing, with a value that it mentions."""
    return claim(rng.choice(tuple(CLAIMS)), elsewhere(scene.states, rng), rng.choice(scene.states))[0]
