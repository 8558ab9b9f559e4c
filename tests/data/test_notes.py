"""What must be known of a run's data: by some metrics even the right answers do not score 1."""

from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.config import TaskConfig
from softscale.data.notes import limit_notes
from softscale.data.tokenised import tokenised
from softscale.sources.custom import CustomData
from softscale.tasks import Task
from softscale.tasks.custom import CustomTask


def notes(targets: list[str], tokenizer: PreTrainedTokenizerFast, folder: Path, **fields: Any) -> list[str]:
    config = CustomTask(name="own", input_length=64, target_length=8, template="{text}", target="y", **fields)
    config.check()
    task = tasks.of(config)
    assert isinstance(task, Task)
    path = folder / "dev.csv"
    path.write_text("text,y\n" + "".join(f"the cat,{target}\n" for target in targets))
    source = CustomData(name="custom", train=str(path), dev=str(path)).open()
    return limit_notes(task, tokenised(task, config, source, "dev", None, tokenizer, folder / "cache"))


@pytest.mark.parametrize(
    ("targets", "fields", "noted"),
    [
        (["a red kite", "the cat"], {"metric": ["bleu", "chrf"]}, ["0.0% by bleu"]),
        (["a red kite", "the cat has a kite"], {"metric": ["bleu", "chrf"]}, []),
        (["👍", "the cat"], {"metric": "rouge_l"}, ["50.0% by rouge_l"]),
        (["cat", "the cat"], {"metric": ["rouge_l", "rouge_2"]}, ["50.0% by rouge_2"]),
        (["the", "a cat"], {"metric": "squad"}, ["50.0% by f1"]),
        (["none", "none"], {"metric": ["entity_f1", "exact_match"]}, ["0.0% by entity_f1"]),
        (["none", "person: Anna"], {"metric": "entity_f1"}, []),
        (["cat", "cat"], {"metric": ["accuracy", "macro_f1"], "labels": ["cat", "dog"]}, ["50.0% by macro_f1"]),
        (["cat", "cat"], {"metric": "binary_f1", "labels": ["cat", "dog"]}, ["0.0% by binary_f1"]),
        (["cat", "dog"], {"metric": ["accuracy", "macro_f1", "binary_f1"], "labels": ["cat", "dog"]}, []),
    ],
)
def test_a_metric_by_which_right_answers_do_not_score_one_is_noted(
    targets: list[str], fields: dict[str, Any], noted: list[str], tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    assert notes(targets, tokenizer, tmp_path, **fields) == [
        f"even the right answers score only {score} on these dev examples" for score in noted
    ]


def test_the_paper_s_tasks_are_scored_as_they_are() -> None:
    assert limit_notes(tasks.of(TaskConfig(name="record")), None) == []  # type: ignore[arg-type]
