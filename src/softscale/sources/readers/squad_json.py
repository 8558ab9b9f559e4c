"""SQuAD v1.1's nested form: one JSON file of articles, their paragraphs, and the questions on each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.sources.readers.json_value import json_value
from softscale.sources.readers.opened import opened
from softscale.tasks.fields import Fields


def squad_json(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The place and the object of every paragraph, `{"context": …, "qas": [{"question": …, "answers": […]}]}`.

    Raises InputError, naming the field, for what is not of that form.
    """
    with opened(path) as file:
        text = file.read()
    try:
        content = json_value(text.decode())
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error.reason}") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must be a JSON object with the articles in data")
    try:
        articles = [article.inners("paragraphs") for article in Fields(content).inners("data")]
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    for number, paragraphs in enumerate(articles):
        for index, paragraph in enumerate(paragraphs):
            yield f"data[{number}].paragraphs[{index}]", dict(paragraph.record)
