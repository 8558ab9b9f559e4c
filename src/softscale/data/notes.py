"""What is no error of a run's data and must be known of them: a record says it in its notes."""

import json
from collections.abc import Sequence

from softscale.config import TaskConfig
from softscale.data.tokenised import Tokenised

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
    return notes + far_notes(dev.lengths(), config.input_length, "dev inputs")


def far_notes(lengths: Sequence[int], limit: int, kind: str) -> list[str]:
    """Of inputs of so many tokens, called `kind`, where training inputs have at most `limit`."""
    far = sum(length > FAR * limit for length in lengths)
    if not far:
        return []
    return [
        f"{far} of {len(lengths)} {kind} are more than {FAR} times as long as training inputs may be "
        f"({limit} tokens); the longest has {max(lengths)}"
    ]


def _first_unwritable(data: Tokenised) -> str:
    index = data.rows["unwritable"][:].index(True)
    text = json.loads(data.rows[index]["example"])["target"]
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
