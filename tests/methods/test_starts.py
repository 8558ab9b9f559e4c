"""A prompt can start from a file, from a run and from a text."""

from pathlib import Path

import numpy as np
import pytest
import torch
from adapted import BATCH, logits_of
from real_data import real
from tiny import job_of, load, study_of

from softscale.backbone.backbone import Backbone
from softscale.cli import main
from softscale.errors import InputError
from softscale.formats.npy import read_npy
from softscale.formats.tensors import load_checkpoint
from softscale.methods.init.from_file import FromFile
from softscale.methods.init.from_run import FromRun
from softscale.methods.init.from_text import FromText
from softscale.methods.method import Context
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.runs.job import Job
from softscale.training.run import run


def context_of(backbone: Backbone) -> Context:
    return Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])


def finished(place: Path, folder: Path) -> Job:
    """A prompt of four rows that was trained for two steps."""
    job = job_of(study_of(folder, steps=2, lr=0.5), place)
    run(job)
    return job


def test_a_prompt_goes_out_as_npy_and_comes_back_as_a_start(t5_folder: Path, tmp_path: Path) -> None:
    job = finished(tmp_path, t5_folder)
    with pytest.raises(SystemExit) as ended:
        main(["export", f"run={job.id}", "format=npy", f"to={tmp_path}/prompt.npy", f"runtime.runs={job.runtime.runs}"])
    assert ended.value.code == 0
    array = np.load(tmp_path / "prompt.npy")
    assert (array.dtype, array.shape) == (np.float32, (4, 16))
    for init in (
        FromFile(name="from_file", path=str(tmp_path / "prompt.npy")),
        FromFile(name="from_file", path=str(job.folder / "best.safetensors")),
        FromRun(name="from_run", run=job.id),
    ):
        context = context_of(load(t5_folder))
        context.runs = Path(job.runtime.runs)
        prompt = PromptTuningConfig(name="prompt_tuning", length=4, init=init).build(context).prompt
        assert np.array_equal(prompt.detach().numpy(), array)


def test_a_run_that_trained_no_prompt_is_no_start(t5_folder: Path, tmp_path: Path) -> None:
    whole = job_of(study_of(t5_folder, method="model_tuning", steps=1), tmp_path)
    run(whole)
    study = study_of(t5_folder, task="boolq", steps=1)
    study.method = PromptTuningConfig(name="prompt_tuning", length=4, init=FromRun(name="from_run", run=whole.id))
    with pytest.raises(InputError, match=f"run {whole.id} is of method=model_tuning, not prompt_tuning"):
        run(job_of(study, tmp_path))


def test_a_prompt_of_another_task_starts_where_that_run_ended(t5_folder: Path, tmp_path: Path) -> None:
    """SPoT: with no steps of its own the run scores the other task's prompt."""
    job = finished(tmp_path, t5_folder)
    study = study_of(t5_folder, task="boolq", steps=0)
    study.method = PromptTuningConfig(name="prompt_tuning", length=4, init=FromRun(name="from_run", run=job.id))
    other = job_of(study, tmp_path)
    run(other)
    ours, theirs = (load_checkpoint(j.folder / "best.safetensors")[0]["prompt"] for j in (other, job))
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((3, 16), np.float32), "method.length=4 is not allowed"),
        (np.zeros((4, 8), np.float32), "8 wide, but the backbone's width is 16"),
        (np.zeros(4, np.float32), "float32 (4,)"),
        (np.zeros((4, 16), np.int64), "int64"),
        (np.array([{}], dtype=object), "cannot be read as a .npy file"),
    ],
    ids=["rows", "width", "one_dimension", "integers", "pickle"],
)
def test_an_array_that_is_no_prompt_of_this_study_is_refused(
    array: np.ndarray, sentence: str, t5_folder: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "p.npy", array, allow_pickle=True)
    study = study_of(t5_folder)
    study.method = PromptTuningConfig(
        name="prompt_tuning", length=4, init=FromFile(name="from_file", path=str(tmp_path / "p.npy"))
    )
    job = job_of(study, tmp_path)
    with pytest.raises(InputError) as refusal:
        run(job)
    assert sentence in str(refusal.value)
    assert not job.folder.exists()


@pytest.mark.parametrize("name", ["rte", "sst2"])
def test_the_prompts_that_the_authors_released_are_read(name: str) -> None:
    prompt = read_npy(real(f"prompts/{name}.npy"))
    assert tuple(prompt.shape) == (100, 768)
    assert 5 < prompt.square().mean().sqrt().item() < 100  # T5 1.1's embeddings are large, and prompts grow larger


def test_text_typed_as_a_start_is_that_text_in_front_of_the_input(backbone: Backbone) -> None:
    text = "the kite is a toy"
    pieces = backbone.tokenizer(text, add_special_tokens=False)["input_ids"]
    init = FromText(name="from_text", text=text, population=100)
    method = PromptTuningConfig(name="prompt_tuning", length=len(pieces), init=init).build(context_of(backbone))
    typed = torch.cat([torch.tensor([pieces, pieces]), BATCH.tokens], dim=1)
    mask = torch.cat([torch.ones(2, len(pieces), dtype=torch.long), BATCH.mask], dim=1)
    with torch.no_grad():
        expected = backbone.model(input_ids=typed, attention_mask=mask, labels=BATCH.labels.clamp(min=0)).logits
    torch.testing.assert_close(logits_of(backbone, method), expected, rtol=1e-4, atol=1e-5)


def test_text_longer_than_the_prompt_is_said_to_be_cut(backbone: Backbone) -> None:
    context = context_of(backbone)
    init = FromText(name="from_text", text="the kite is a toy", population=100)
    assert init.prompt(2, context).shape == (2, 16)
    assert any("2 row(s) for 5 tokens" in note for note in context.notes)
