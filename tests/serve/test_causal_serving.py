"""Prompts of unequal length on one causal model share batches, and every row is answered as it would be alone."""

import asyncio
from pathlib import Path

import pytest
from served import Trained, client_of, unlabelled
from tiny import job_of, study_of
from tiny_causal import SHAPES, save_causal
from transformers import PreTrainedTokenizerFast

from softscale.methods.init.sampled_vocab import SampledVocab
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.job import Job
from softscale.training.run import run


def trained(folder: Path, place: Path, length: int, task: str) -> Job:
    study = study_of(folder, task=task, steps=4, lr=0.5)
    init = SampledVocab(name="sampled_vocab", population=100)
    study.method = PromptTuningConfig(name="prompt_tuning", length=length, init=init)
    job = job_of(study, place)
    run(job)
    return job


@pytest.mark.parametrize("family", sorted(SHAPES))
def test_runs_with_prompts_of_unequal_length_answer_together_what_each_answers_alone(
    family: str, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    folder = save_causal(family, tmp_path / family, tokenizer)
    jobs = {"rte": trained(folder, tmp_path, 2, "rte"), "wic": trained(folder, tmp_path, 9, "wic")}
    served = Trained(tmp_path / "runs", {task: job.id for task, job in jobs.items()}, {})
    rows = [{**row, "run": job.id} for task, job in jobs.items() for row in unlabelled(task, 6)]
    mixed = rows[::2] + rows[1::2]
    together = [row["prediction"] for row in served.predicted(mixed)]
    alone = [served.predicted([row])[0]["prediction"] for row in mixed]
    assert together == alone

    async def ask() -> list[str]:
        async with client_of(served.app()) as client:
            asked = [{"run": row["run"], "inputs": [{k: v for k, v in row.items() if k != "run"}]} for row in mixed]
            answers = await asyncio.gather(*(client.post("/predict", json=each) for each in asked))
            return [answer.json()["predictions"][0]["prediction"] for answer in answers]

    assert asyncio.run(ask()) == alone
