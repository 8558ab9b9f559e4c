"""The majority vote: most common answer, ties by the lowest seed, of predictions that are the records' own."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from voters import Answer, dev_of, noisy, voter

from softscale import tasks
from softscale.errors import InputError
from softscale.runs.published_predictions import publish_predictions
from softscale.runs.record import Record
from softscale.tables.vote import NoVote, majority_vote, vote_scores
from softscale.training.predictions_file import lines

RTE = tasks.by_name("rte")
YES, NO = "entailment", "not_entailment"


def wrong_at(*places: int) -> Answer:
    """Right everywhere else."""
    return lambda place, example: (NO if example.target == YES else YES) if place in places else example.target


def test_the_most_common_answer_wins() -> None:
    assert majority_vote([["a", "x"], ["b", "x"], ["b", "y"]]) == ["b", "x"]


@pytest.mark.parametrize(
    ("answers", "winner"),
    [
        (["a", "b"], "a"),
        (["b", "a"], "b"),
        (["c", "a", "b", "b", "a"], "a"),  # 2-2-1: the lowest seed has not one of the tied answers
        (["c", "b", "a", "a", "b"], "b"),
        (["a", "b", "c"], "a"),
    ],
)
def test_a_tie_goes_to_the_tied_answer_of_the_earliest_run(answers: list[str], winner: str) -> None:
    assert majority_vote([[answer] for answer in answers]) == [winner]


def test_a_vote_needs_voters_who_all_answer() -> None:
    with pytest.raises(ValueError, match="needs a voter"):
        majority_vote([])
    with pytest.raises(ValueError, match="shorter"):
        majority_vote([["a", "b"], ["a"]])


def test_runs_that_err_in_different_places_are_right_together(tmp_path: Path) -> None:
    made = [voter(tmp_path, "rte", seed, wrong_at(2 * seed, 2 * seed + 1))[0] for seed in range(3)]
    singles = {record.best["dev/accuracy"] for record in made}
    assert singles == {1 - 2 / len(dev_of("rte"))}
    assert vote_scores(RTE, made, tmp_path) == {"accuracy": 1.0, "score": 1.0}


def test_the_order_of_the_records_is_not_the_order_of_the_seeds(tmp_path: Path) -> None:
    made = [voter(tmp_path, "rte", seed, wrong_at(*range(seed))) for seed in (0, 4)]
    records = [record for record, _ in made]
    for told in (records, records[::-1]):  # two runs tie wherever they differ: seed 0 wins
        assert vote_scores(RTE, told, tmp_path)["accuracy"] == 1.0


@pytest.mark.parametrize("task", ["cb", "multirc", "record", "wsc"])
def test_a_vote_of_equals_scores_what_each_of_them_does_in_every_metric(task: str, tmp_path: Path) -> None:
    made = [voter(tmp_path, task, seed, noisy(task, 0))[0] for seed in range(3)]
    scores = vote_scores(tasks.by_name(task), made, tmp_path)
    assert {f"dev/{name}": value for name, value in scores.items()} == {
        name: value for name, value in made[0].best.items() if name.startswith("dev/")
    }


def test_missing_predictions_and_a_lonely_run_are_no_vote_and_say_why(tmp_path: Path) -> None:
    first, second, third = (voter(tmp_path, "rte", seed, wrong_at())[0] for seed in range(3))
    for record in (first, third):
        (tmp_path / f"{record.id}.jsonl.gz").unlink()
    for folder in (tmp_path, None):
        lacking = [first.id, third.id] if folder else [first.id, second.id, third.id]
        with pytest.raises(NoVote, match=f"^vote not computed: predictions of {', '.join(lacking)} are missing$"):
            vote_scores(RTE, [first, second, third], folder)
    with pytest.raises(NoVote, match=f"{second.id} is the only run"):
        vote_scores(RTE, [second], tmp_path)


def test_runs_that_answered_different_examples_do_not_vote(tmp_path: Path) -> None:
    first, _ = voter(tmp_path, "rte", 0, wrong_at())
    second, _ = voter(tmp_path, "rte", 1, wrong_at())
    examples = dev_of("rte")
    told = [example.target for example in examples]
    other = _published(tmp_path, second, lines(told[::-1], told[::-1], examples[::-1]))
    with pytest.raises(InputError, match=f"runs {first.id} and {second.id} cannot vote: they answered different"):
        vote_scores(RTE, [first, other], tmp_path)


def test_predictions_without_what_their_task_is_scored_by_are_refused(tmp_path: Path) -> None:
    """Such as those of runs from before a line held it."""
    made = [voter(tmp_path, "multirc", seed, noisy("multirc", seed))[0] for seed in range(2)]
    old = []
    for record in made:
        rows = [{"input": e.input, "target": e.target} for e in dev_of("multirc")]
        answer = noisy("multirc", record.study["seed"])
        told = [answer(place, example) for place, example in enumerate(dev_of("multirc"))]
        content = "".join(json.dumps(row | {"prediction": text}) + "\n" for row, text in zip(rows, told, strict=True))
        old.append(_published(tmp_path, record, content.encode()))
    with pytest.raises(InputError, match=r"score em 0\.\d+, and its record says .* lacks what multirc is scored by"):
        vote_scores(tasks.by_name("multirc"), old, tmp_path)


def _published(folder: Path, record: Record, content: bytes) -> Record:
    """The record as it would be with other predictions, which are published."""
    publish_predictions(content, folder / f"{record.id}.jsonl.gz")
    return replace(record, predictions={**record.predictions, "sha256": hashlib.sha256(content).hexdigest()})
