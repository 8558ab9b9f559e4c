"""How a checkpoint is chosen and scored: the best mean of a task's metrics on dev, on inputs that are never cut."""

from pathlib import Path

import pytest
from tiny import job_of, study_of
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.config import TaskConfig
from softscale.data.tokenised import tokenised
from softscale.runs.record import Record
from softscale.sources.miniature import MiniatureConfig
from softscale.training.run import run


@pytest.fixture(scope="module")
def cb(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A run on a task of two metrics, scored ten times."""
    study = study_of(t5_folder, "model_tuning", task="cb", steps=40, eval_every=4)
    return run(job_of(study, tmp_path_factory.mktemp("cb")))


def test_a_task_of_two_metrics_is_scored_by_their_mean(cb: Record) -> None:
    assert {name for name in cb.best if name.startswith("dev/")} == {"dev/accuracy", "dev/f1", "dev/score"}
    for point in cb.curve:
        assert point["dev/score"] == pytest.approx((point["dev/accuracy"] + point["dev/f1"]) / 2)


def test_the_checkpoint_is_the_step_with_the_best_mean_not_with_the_best_of_either_metric(cb: Record) -> None:
    assert len({point["dev/score"] for point in cb.curve}) > 1
    assert cb.best["dev/score"] == max(point["dev/score"] for point in cb.curve)
    assert cb.best["step"] == min(point["step"] for point in cb.curve if point["dev/score"] == cb.best["dev/score"])


def test_training_inputs_are_cut_to_the_limit_with_their_end_and_evaluation_inputs_never(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    """As t5x's infer_eval, which knows no length; training trims, then appends </s>."""
    config = TaskConfig(name="rte", input_length=10, target_length=4)
    source = MiniatureConfig(name="miniature", seed=0, train_records=20, dev_records=20).open()
    train, dev = (
        tokenised(tasks.by_name("rte"), config, source, split, None, tokenizer, tmp_path) for split in ("train", "dev")
    )
    end = tokenizer.convert_tokens_to_ids("</s>")
    assert all(len(row) == 10 and row[-1] == end for row in train.rows["input_ids"])
    assert (train.cut, dev.cut) == (20, 0)
    whole = tokenizer([example.input for example in dev.examples()])["input_ids"]
    assert dev.rows["input_ids"] == whole
    assert min(len(row) for row in whole) > 10


def test_shared_dropout_masks_train_another_prompt_than_masks_of_their_own(t5_folder: Path, tmp_path: Path) -> None:
    losses = {}
    for shared in (False, True):
        record = run(job_of(study_of(t5_folder, steps=5, dropout=0.3, dropout_shared=shared), tmp_path))
        assert record.backbone["before"] == record.backbone["after"]
        losses[shared] = record.last["train/loss"]
    assert losses[True] != losses[False]


def test_a_score_does_not_depend_on_how_inputs_are_cut_into_batches(
    t5_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(t5_folder, steps=4, lr=0.5, eval_every=2)
    whole = run(job_of(study, tmp_path / "whole"))
    monkeypatch.setattr("softscale.data.batches.ON_CPU", 60)  # two or three inputs at a time
    parts = run(job_of(study, tmp_path / "parts"))
    assert parts.curve == whole.curve
    assert parts.predictions == whole.predictions
