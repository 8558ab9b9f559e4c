"""The released code's decoder writes what t5x's rule for a beam of one says, found here by trying every text.

The rule (t5x decoding.py): of the two most probable next ids, the best that is no end goes on; an end among them makes
the text so far a finished one. What is written is the finished text with the highest log probability divided by
((5 + tokens) / 6)^0.6, or the one that went on where none is finished.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from tiny import study_of
from torch import Tensor

from softscale.backbone.backbone import Backbone
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.released_decoder import search
from softscale.backbone.text import input_ids, texts_of
from softscale.compose.cells import hydra_session, single
from softscale.config import TaskConfig
from softscale.errors import InputError
from softscale.finished.answers import method_of
from softscale.finished.mixed_batch import Question, answers
from softscale.finished.run import finished
from softscale.runs.fingerprint import fingerprint
from softscale.runs.job import Job
from softscale.training.run import run

END, START = 1, 0
Next = Callable[[list[int]], list[float]]  # from a text to the log probabilities of its next id


def by_trying(following: Next, length: int) -> list[int]:
    """The text that the rule chooses, from all finished ones; nothing is cut short."""
    live, total, finished = [], 0.0, []
    for step in range(length):
        probable = following(live)
        two = sorted(range(len(probable)), key=lambda id_: -probable[id_])[:2]
        if END in two:
            score = (total + probable[END]) / ((5 + step + 1) / 6) ** 0.6
            finished.append((score, -step, [*live, END]))
        chosen = next(id_ for id_ in two if id_ != END)
        live, total = [*live, chosen], total + probable[chosen]
    return max(finished)[2] if finished else live


def markov(seed: int, size: int = 5, sharp: float = 2.0) -> Tensor:
    """Log probabilities `[size, size]` of the next id after each; the start is never one of them."""
    logits = sharp * torch.randn(size, size, generator=torch.Generator().manual_seed(seed))
    logits[:, START] = -1e9
    return logits.log_softmax(-1)


def written(table: Tensor, lengths: list[int]) -> list[list[int]]:
    start = torch.full((len(lengths),), START)
    ids = search(lambda last: table[last], start, torch.tensor([END]), torch.tensor(lengths))
    assert ids.shape == (len(lengths), max(lengths))
    return [[id_ for id_ in row if id_ != START] for row in ids.tolist()]


def greedily(following: Next, length: int) -> list[int]:
    text: list[int] = []
    while len(text) < length and text[-1:] != [END]:
        probable = following(text)
        text.append(probable.index(max(probable)))
    return text


def chain(table: Tensor) -> Next:
    return lambda text: table[text[-1] if text else START].tolist()


def test_on_small_markov_models_it_writes_what_trying_every_text_finds() -> None:
    differ = 0
    for seed in range(300):
        table, lengths = markov(seed, sharp=0.5 + seed % 4), [1 + seed % 3, 4, 7]
        found = written(table, lengths)  # rows of one batch, each with a length of its own
        assert found == [by_trying(chain(table), length) for length in lengths]
        differ += found[2] != greedily(chain(table), 7)
    assert differ > 30  # it is another decoder than the greedy one


def test_an_early_end_wins_where_what_follows_is_not_worth_its_length() -> None:
    table = torch.full((4, 4), -1e9)
    table[0, 2] = 0.0
    table[2, 3], table[2, 1] = math.log(0.52), math.log(0.48)
    table[3, 1], table[3, 2] = math.log(0.6), math.log(0.4)
    assert greedily(chain(table), 3) == [2, 3, 1]
    assert written(table, [3]) == [[2, 1]]


def test_a_longer_text_wins_over_an_early_end_of_nearly_its_probability() -> None:
    table = torch.full((4, 4), -1e9)
    table[0, 2] = 0.0
    table[2, 3], table[2, 1] = math.log(0.51), math.log(0.49)
    table[3, 1], table[3, 2] = math.log(0.95), math.log(0.05)
    assert math.log(0.51 * 0.95) < math.log(0.49)  # by probability alone the early end would be ahead
    assert written(table, [3]) == [[2, 3, 1]]


def test_a_backbone_s_texts_are_those_of_the_rule(backbone: Backbone) -> None:
    tokens = torch.tensor([[7, 8, 9, 1], [30, 31, 1, 0], [40, 1, 0, 0], [50, 51, 52, 1]])
    mask = (tokens != 0).long()

    def following(row: int) -> Next:
        def probable(text: list[int]) -> list[float]:
            own = tokens[row : row + 1, : int(mask[row].sum())]
            logits = backbone.model(input_ids=own, decoder_input_ids=torch.tensor([[0, *text]])).logits
            return logits[0, -1].log_softmax(-1).tolist()

        return probable

    lengths = [6, 2, 4, 6]
    with torch.no_grad():
        rule = [by_trying(following(row), length) for row, length in enumerate(lengths)]
    assert backbone.generate(backbone.embed(tokens), mask, lengths, "released") == texts_of(backbone.tokenizer, rule)


def test_the_greedy_decoder_keeps_the_id_and_others_are_refused(t5_folder: Path) -> None:
    study = study_of(t5_folder)
    told = asdict(study.task)
    assert told.pop("decoder") == "greedy"
    assert fingerprint(replace(study, task=replace(study.task, decoder="released"))) != fingerprint(study)
    assert fingerprint(replace(study, task=TaskConfig(**told))) == fingerprint(study)
    with pytest.raises(InputError, match=r"task\.decoder"):
        replace(study, task=replace(study.task, decoder="beam")).check()


def test_a_run_is_scored_by_its_decoder_and_predicts_by_it_beside_runs_of_another(tmp_path: Path) -> None:
    typed = ["model=mini_1", "task=copa", "model.dtype=fp32", "optim.steps=0", "data.num_train=8", "data.num_dev=40"]
    typed += ["logger=none", f"runtime.runs={tmp_path / 'runs'}", f"runtime.results={tmp_path / 'results'}"]
    told, runs = {}, {}
    for decoder in ("greedy", "released"):
        with hydra_session():
            job = Job.of(single([*typed, f"task.decoder={decoder}"]).config, None)
        run(job)
        lines = map(json.loads, (job.folder / "predictions.jsonl").read_text().splitlines())
        told[decoder] = [(line["input"], line["prediction"]) for line in lines]
        runs[decoder] = finished(job.id, tmp_path / "runs")
    assert told["greedy"] != told["released"]
    tokenizer = load_tokenizer(runs["greedy"].study.model)
    backbone = load_backbone(runs["greedy"].study.model, tokenizer, dropout=0.0)
    methods = {decoder: method_of(each, backbone) for decoder, each in runs.items()}
    both = [(decoder, text, right) for decoder, rows in told.items() for text, right in rows]
    ids = input_ids(tokenizer, [text for _, text, _ in both])
    questions = [Question.of(row, runs[each], methods[each]) for row, (each, _, _) in zip(ids, both, strict=True)]
    assert answers(backbone, "fp32", questions) == [right for _, _, right in both]
