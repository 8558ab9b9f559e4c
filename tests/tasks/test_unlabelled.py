"""A record without its label has the input of the record with it, whatever the label: predict needs no answers."""

import copy
from typing import Any

import pytest

from softscale import tasks
from softscale.errors import InputError
from softscale.tasks import Task
from softscale.tasks.custom import CustomTask
from softscale.world.records import records
from softscale.world.superglue_records import SUPERGLUE

QUESTIONS = {"id": "3", "qid1": "4", "qid2": "5", "question1": "Why?", "question2": "How come?", "is_duplicate": "0"}
SENTENCES = {"Quality": "1", "#1 ID": "7", "#2 ID": "8", "#1 String": "He said no.", "#2 String": "Ann: never"}
PARAGRAPH = {"context": "It rained.", "qas": [{"id": "a", "question": "Did it?", "answers": [{"text": "rained"}]}]}
OWN = CustomTask(
    name="own", input_length=64, target_length=4, template="{text}", target="kind", labels=["a", "b"], metric="accuracy"
)
LABELS = {"label", "answers", "Quality", "is_duplicate", "kind"}


def official(name: str) -> list[dict[str, Any]]:
    if name in SUPERGLUE:
        return list(records(name, "dev", 3, 0))
    return [{"qqp": QUESTIONS, "mrpc": SENTENCES, "own": {"text": "so", "kind": "b"}}.get(name, PARAGRAPH)]


def without_labels(node: Any, multirc: bool = False) -> Any:
    """A copy without the fields that hold labels; MultiRC's answers are part of its input."""
    if isinstance(node, list):
        return [without_labels(each, multirc) for each in node]
    if not isinstance(node, dict):
        return node
    hidden = LABELS - ({"answers"} if multirc else set())
    return {key: without_labels(value, multirc) for key, value in node.items() if key not in hidden}


def inputs(task: Task, record: dict[str, Any]) -> list[str]:
    return [example.input for example in task.examples(task.labelled(record), "dev")]


@pytest.mark.parametrize("name", [*tasks.names(), "own"])
def test_without_its_label_a_record_has_the_same_inputs(name: str) -> None:
    task = tasks.of(OWN) if name == "own" else tasks.by_name(name)
    assert isinstance(task, Task)
    for record in official(name):
        before = copy.deepcopy(record)
        hidden = without_labels(record, name == "multirc")
        assert hidden != record
        with pytest.raises(InputError):
            list(task.examples(hidden, "dev"))
        assert inputs(task, hidden) == inputs(task, record) == [each.input for each in task.examples(record, "dev")]
        assert record == before


def with_labels(node: Any, value: Any, multirc: bool = False) -> Any:
    """A copy with `value` in every field that holds a label."""
    if isinstance(node, list):
        return [with_labels(each, value, multirc) for each in node]
    if not isinstance(node, dict):
        return node
    hidden = LABELS - ({"answers"} if multirc else set())
    return {key: value if key in hidden else with_labels(each, value, multirc) for key, each in node.items()}


@pytest.mark.parametrize("value", [None, "", " ", [], [""], {"text": [], "answer_start": []}])
@pytest.mark.parametrize("name", [*tasks.names(), "own"])
def test_a_label_that_is_null_or_empty_is_none(name: str, value: Any) -> None:
    task = tasks.of(OWN) if name == "own" else tasks.by_name(name)
    assert isinstance(task, Task)
    for record in official(name):
        emptied = with_labels(record, value, name == "multirc")
        assert inputs(task, emptied) == inputs(task, record)
        if value != [""]:  # an answer for the questions that have several; to train on, the others are none
            with pytest.raises(InputError):
                list(task.examples(emptied, "dev"))


def test_a_label_that_is_there_and_wrong_is_still_refused() -> None:
    task = tasks.of(OWN)
    assert isinstance(task, Task)
    with pytest.raises(InputError, match="column kind is 'c'"):
        task.examples(task.labelled({"text": "so", "kind": "c"}), "dev").__next__()
