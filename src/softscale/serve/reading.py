"""What a request to /predict asks: from its body to rows, within limits.

An input is a record in the official layout of the run's task, as `softscale predict` takes it, or a text as the model
reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from transformers import PreTrainedTokenizerBase

from softscale.backbone.text import input_ids
from softscale.errors import InputError
from softscale.finished.answers import longest, notes_on, unlabelled
from softscale.finished.mixed_batch import Question
from softscale.serve.bank import Bank, NotServed, Served
from softscale.serve.limits import Limits
from softscale.sources.readers.json_value import json_value

FORM = '{"run": "ID or task", "inputs": [record or text, …]}'


@dataclass(frozen=True, kw_only=True)
class Request:
    """places: for each row the index of its input in the request; a record may ask several rows."""

    served: Served
    places: list[int]
    inputs: list[str]
    questions: list[Question]
    notes: list[str]


def read(body: bytes, bank: Bank, tokenizer: PreTrainedTokenizerBase, limits: Limits) -> Request:
    """Raises HTTPException, 4xx and one sentence, for what cannot be asked."""
    run, inputs = _fields(body)
    try:
        served = bank.find(run)
    except NotServed as error:
        raise HTTPException(404, str(error)) from error
    rows: list[tuple[int, str]] = []
    characters = 0
    for place, text in _texts(served, inputs):
        rows.append((place, text))
        characters += len(text)
        if len(rows) > min(limits.rows, limits.queue):
            raise HTTPException(
                413, f"a request asks at most {min(limits.rows, limits.queue)} inputs at once: send several"
            )
        if characters > limits.characters:
            raise HTTPException(413, f"the inputs of a request have at most {limits.characters:,} characters together")
    if not rows:
        raise HTTPException(400, "inputs ask nothing: give one record or text at least")
    texts = [text for _, text in rows]
    ids = input_ids(tokenizer, texts)
    most = min(limits.tokens, longest(served.run))
    for (place, _), row in zip(rows, ids, strict=True):
        if len(row) > most:
            raise HTTPException(413, f"inputs[{place}] has {len(row):,} tokens, but at most {most:,} are served")
    return Request(
        served=served,
        places=[place for place, _ in rows],
        inputs=texts,
        questions=[Question.of(row, served.run, served.method) for row in ids],
        notes=notes_on(ids, [served.run], tokenizer),
    )


def _fields(body: bytes) -> tuple[str, list[Any]]:
    try:
        value = json_value(body.decode())
    except UnicodeDecodeError as error:
        raise HTTPException(400, "the body is not UTF-8") from error
    except ValueError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict) or set(value) != {"run", "inputs"}:
        raise HTTPException(400, f"the body must be a JSON object of two fields: {FORM}")
    run, inputs = value["run"], value["inputs"]
    if not isinstance(run, str):
        raise HTTPException(400, f"run must be a text: {FORM}")
    if not isinstance(inputs, list):
        raise HTTPException(400, f"inputs must be a list: {FORM}")
    return run, inputs


def _texts(served: Served, inputs: list[Any]) -> Iterator[tuple[int, str]]:
    """The place and the text of each row, made one by one, so that what is too much is never made."""
    for place, given in enumerate(inputs):
        if isinstance(given, str):
            yield place, given
        elif isinstance(given, dict):
            try:
                for example in unlabelled(served.task, given):
                    yield place, example.input
            except InputError as error:
                raise HTTPException(400, f"inputs[{place}]: {error}") from error
        else:
            raise HTTPException(400, f"inputs[{place}] must be a record (a JSON object) or a text")
