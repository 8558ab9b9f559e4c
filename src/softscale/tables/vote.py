"""The majority vote of several runs of one task (paper, section 6): one backbone, several prompts, one answer each.

Answers are texts, and texts that differ in any letter are different answers (of WSC too, where a text is judged only
when it is scored). The paper does not say how ties are broken (five votes can be 2-2-1); here the tied answer wins that
the run with the lowest seed gave.
"""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from softscale.errors import InputError
from softscale.runs.published_predictions import Predictions, read_predictions
from softscale.runs.record import Record
from softscale.tasks.task import Scored


class NoVote(Exception):
    """A vote that cannot be taken, though nothing is wrong with what is there; the text says why."""


def majority_vote(voters: Sequence[Sequence[str]]) -> list[str]:
    """The most common answer to each example.

    voters: the answers of each run, one an example; of tied answers, the one that came from the earliest run wins.

    Raises ValueError where there is no voter, or one has not an answer for each example.
    """
    if not voters:
        raise ValueError("a vote needs a voter")
    # Counter keeps the order in which answers came, and most_common is stable.
    return [Counter(answers).most_common(1)[0][0] for answers in zip(*voters, strict=True)]


def vote_scores(task: Scored, records: Sequence[Record], folder: Path | None) -> dict[str, float]:
    """The metrics of the vote of `records`, runs of one task that differ in their seeds, and their `score`; fractions.

    The answers are read from `folder` (published_predictions.py). Before they vote, each run's are scored, and
    must score what its record says: that they are the record's, and that the file holds all that this task's scoring
    needs.

    Raises:
        NoVote: there are fewer than two runs, or predictions of a run are not there.
        InputError: what is there are not the predictions of these records, or not of the same examples.
    """
    ordered = sorted(records, key=lambda record: record.study["seed"])
    if len(ordered) < 2:
        raise NoVote(f"vote not computed: {ordered[0].id} is the only run, and a vote needs two")
    paths = {record.id: folder / f"{record.id}.jsonl.gz" for record in ordered} if folder else {}
    missing = [record.id for record in ordered if record.id not in paths or not paths[record.id].exists()]
    if missing:
        raise NoVote(f"vote not computed: predictions of {', '.join(missing)} are missing")
    published = [read_predictions(paths[record.id], record.predictions) for record in ordered]
    for record, each in zip(ordered, published, strict=True):
        if each.examples != published[0].examples:
            raise InputError(f"runs {ordered[0].id} and {record.id} cannot vote: they answered different examples")
        _check_scores(task, record, each)
    voted = majority_vote([each.predictions for each in published])
    scores = task.score(voted, published[0].examples)
    return scores | {"score": task.selecting_score(scores)}


def _check_scores(task: Scored, record: Record, published: Predictions) -> None:
    """Raises InputError where predictions do not score what their record says."""
    for metric, score in task.score(published.predictions, published.examples).items():
        recorded = record.best[f"dev/{metric}"]
        if not math.isclose(score, recorded, abs_tol=1e-9):
            raise InputError(
                f"the published predictions of {record.id} score {metric} {score:.4f}, and its record says "
                f"{recorded:.4f}: the file lacks what {task.name} is scored by; delete the run and train it again"
            )
