"""Span Corruption + Sentinel: targets begin with a sentinel, and predictions are read after it."""

from pathlib import Path

import pytest
import torch
from tiny import job_of, study_of
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from softscale import tasks
from softscale.backbone.backbone import Backbone
from softscale.backbone.encoder_decoder import DECODERS
from softscale.backbone.padding import IGNORED
from softscale.config import TaskConfig
from softscale.data.batches import batch_of
from softscale.data.tokenised import Tokenised, tokenised
from softscale.errors import InputError
from softscale.sources.miniature import MiniatureConfig
from softscale.tasks.sentinel import SENTINEL, after_sentinel
from softscale.training.run import run

RTE = tasks.by_name("rte")


def dev(tokenizer: PreTrainedTokenizerFast, cache: Path, sentinel: bool) -> Tokenised:
    config = TaskConfig(name="rte", input_length=64, target_length=4, sentinel=sentinel)
    source = MiniatureConfig(name="miniature", seed=0, train_records=8, dev_records=8).open()
    return tokenised(RTE, config, source, "dev", None, tokenizer, cache)


def test_a_target_is_the_sentinel_and_then_the_label_it_would_be_without(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    plain, opened = (dev(tokenizer, tmp_path, sentinel) for sentinel in (False, True))
    first = tokenizer.convert_tokens_to_ids(SENTINEL)
    rows = [batch_of(plain, range(8)), batch_of(opened, range(8))]
    assert (rows[1].labels[:, 0] == first).all()
    assert torch.equal(rows[1].labels[:, 1:], rows[0].labels)
    assert torch.equal(rows[1].tokens, rows[0].tokens)
    text = tokenizer.decode(rows[1].labels[0][rows[1].labels[0] != IGNORED][:-1])
    assert text == f"{SENTINEL} {plain.examples()[0].target}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<extra_id_0> entailment", "entailment"),
        ("<extra_id_0>entailment", "entailment"),
        ("entailment", "entailment"),
        (" entailment", " entailment"),
        ("<extra_id_1> entailment", "<extra_id_1> entailment"),
        ("<extra_id_0>", ""),
    ],
)
def test_a_prediction_is_read_after_a_sentinel_that_it_begins_with(written: str, read: str) -> None:
    assert after_sentinel(written) == read


def test_a_vocabulary_without_sentinels_is_refused(tmp_path: Path) -> None:
    words = Tokenizer(WordLevel({"<pad>": 0, "</s>": 1, "<unk>": 2}, unk_token="<unk>"))
    plain = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>")
    with pytest.raises(InputError, match=r"task\.sentinel=true is not allowed: .* no <extra_id_0>"):
        dev(plain, tmp_path, sentinel=True)


def test_what_a_backbone_writes_keeps_its_sentinels_and_so_is_no_label(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = backbone.tokenizer("entailment")["input_ids"]
    sentinel = backbone.tokenizer.convert_tokens_to_ids(SENTINEL)
    written = torch.tensor([[0, sentinel, *ids, 0], [0, *ids, 0, 0]])
    # a random backbone writes no such thing
    monkeypatch.setitem(DECODERS, "greedy", lambda *_, **__: written)
    texts = backbone.generate(backbone.embed(written), torch.ones_like(written), 4)
    assert texts == ["<extra_id_0> entailment", "entailment"]


def test_a_run_with_sentinels_learns_them_and_its_predictions_are_without(t5_folder: Path, tmp_path: Path) -> None:
    """Model tuning on 24 records soon writes the sentinel first, whatever it makes of the task."""
    study = study_of(t5_folder, "model_tuning", lr=0.05, steps=40, eval_every=40)
    study.task.sentinel = True
    job = job_of(study, tmp_path)
    record = run(job)
    written = (job.folder / "predictions.jsonl").read_text()
    assert SENTINEL not in written
    assert record.study["task"]["sentinel"] is True
    assert record.predictions["illegal"] < record.predictions["count"]
