"""Greedy writing that decodes ended rows no further writes what transformers' greedy search writes."""

from pathlib import Path

import pytest
import torch
from transformers.modeling_outputs import BaseModelOutput

from softscale import tasks
from softscale.backbone.backbone import Backbone
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.text import texts_of
from softscale.compose.cells import hydra_session, single
from softscale.data.batches import batch_of, evaluation_order
from softscale.data.tokenised import tokenised

SUPERGLUE = ("boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc")


def by_transformers(backbone: Backbone, tokens: torch.Tensor, mask: torch.Tensor, length: int) -> list[str]:
    seen = backbone.model.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
    ids = backbone.model.generate(
        encoder_outputs=BaseModelOutput(last_hidden_state=seen),
        attention_mask=mask,
        max_new_tokens=length,
        do_sample=False,
        num_beams=1,
    )
    return texts_of(backbone.tokenizer, ids.tolist())


@pytest.mark.parametrize("task", [*SUPERGLUE, "mrpc", "qqp", "squad"])
def test_on_every_task_of_a_rung_it_writes_what_greedy_search_writes(task: str, tmp_path: Path) -> None:
    """`mini_2` ends some rows sooner than others, and writes text of its own."""
    with hydra_session():
        config = single(["model=mini_2", f"task={task}"]).config
    tokenizer = load_tokenizer(config.model)
    data = tokenised(tasks.by_name(task), config.task, config.data.open(), "dev", 24, tokenizer, tmp_path)
    backbone = load_backbone(config.model, tokenizer, dropout=0.0)
    for indices in evaluation_order(data, config.runtime):
        batch = batch_of(data, indices)
        written = backbone.generate(backbone.embed(batch.tokens), batch.mask, config.task.target_length)
        assert written == by_transformers(backbone, batch.tokens, batch.mask, config.task.target_length)


def test_rows_with_lengths_of_their_own_are_written_as_each_would_be_alone(backbone: Backbone) -> None:
    tokens = torch.tensor([[7, 8, 9, 1], [30, 31, 1, 0], [40, 1, 0, 0]])
    mask = (tokens != 0).long()
    together = backbone.generate(backbone.embed(tokens), mask, [5, 1, 3])
    alone = [
        backbone.generate(backbone.embed(tokens[row : row + 1]), mask[row : row + 1], length)[0]
        for row, length in enumerate([5, 1, 3])
    ]
    assert together == alone
