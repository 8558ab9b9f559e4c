"""What is no error of a run's data and must be known of them: a record says it in its notes."""

import json
from collections.abc import Sequence

from softscale.config import TaskConfig
from softscale.data.tokenised import Tokenised
from softscale.tasks.task import Scored

FAR = 4  # times as long as a training input may be
CONTROL = "a name such as </s>, which the tokenizer reads as the control piece of that name and not as text"
SHOWN = 60  # characters of a text in a note


def notes_on(train: Tokenised, dev: Tokenised, config: TaskConfig, cuts: bool) -> list[str]:
    """cuts: whether the method reads training inputs, which are then cut."""
    notes = []
    if train.cut and cuts:
        notes.append(f"{train.cut} of {len(train)} training inputs were cut to {config.input_length} tokens")
    for split, data in (("training", train), ("dev", dev)):
        if data.unknown:
            notes.append(f"{data.unknown} of {len(data)} {split} examples hold text that the tokenizer reads as <unk>")
        if data.control:
            notes.append(f"{data.control} of {len(data)} {split} inputs hold {CONTROL}")
        if data.unwritable:
            notes.append(
                f"{data.unwritable} of {len(data)} {split} targets can never be written as they stand, by this "
                f"tokenizer in task.target_length={config.target_length} tokens, such as {_first_unwritable(data)}"
            )
    return notes + far_notes(list(map(len, dev.rows["input_ids"])), config.input_length, "dev inputs")


def far_notes(lengths: Sequence[int], limit: int, kind: str) -> list[str]:
    """Of inputs of so many tokens, called `kind`, where training inputs have at most `limit`."""
    far = sum(length > FAR * limit for length in lengths)
    if not far:
        return []
    return [
        f"{far} of {len(lengths)} {kind} are more than {FAR} times as long as training inputs may be "
        f"({limit} tokens); the longest has {max(lengths)}"
    ]


def limit_notes(task: Scored, dev: Tokenised) -> list[str]:
    """Metrics by which even the right answers score less than 1 on dev: BLEU where no text has four tokens, macro F1
    where a class is not there. Only of tasks of the user's own, whose metrics may not suit their texts.
    """
    if any(part.official for part in task.parts()):
        return []
    examples = dev.examples()
    scores = task.score([example.target for example in examples], examples)
    return [
        f"even the right answers score only {score:.1%} by {name} on these dev examples"
        for name, score in scores.items()
        if score < 1 - 1e-9
    ]


def _first_unwritable(data: Tokenised) -> str:
    index = list(data.rows["unwritable"]).index(True)
    text = json.loads(data.rows[index]["example"])["target"]
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
