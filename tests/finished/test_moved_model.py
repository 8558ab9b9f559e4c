"""A run whose model was moved is used where the model is now; another model is refused, whatever its name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import job_of, save_t5_1_1, study_of
from transformers import PreTrainedTokenizerFast, T5ForConditionalGeneration

from softscale.cli import main
from softscale.runs.job import Job
from softscale.training.run import run

Refused = Callable[..., str]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> tuple[Job, Path, Path]:
    """A finished run, the folder that its model was moved to, and one with a model of the same shape."""
    place = tmp_path_factory.mktemp("moved")
    job = job_of(study_of(save_t5_1_1(place / "model", tokenizer), steps=4, lr=0.5), place)
    run(job)
    (place / "model").rename(place / "elsewhere")
    other = save_t5_1_1(place / "other", tokenizer)
    model = T5ForConditionalGeneration.from_pretrained(other)
    with torch.no_grad():
        model.shared.weight[5, 3] += 0.01
    model.save_pretrained(other)
    return job, place / "elsewhere", other


def commands(job: Job, place: Path) -> dict[str, list[str]]:
    row: dict[str, Any] = {"premise": "Anna has a kite.", "hypothesis": "Anna has a kite."}
    (place / "asked.jsonl").write_text(json.dumps(row) + "\n")
    known = [f"run={job.id}", f"runtime.runs={job.runtime.runs}"]
    return {
        "predict": ["predict", *known, f"input={place}/asked.jsonl", f"to={place}/made.jsonl"],
        "inspect": ["inspect", *known, f"to={place}"],
        "export": ["export", *known, "format=peft", f"to={place}/adapter"],
    }


@pytest.mark.parametrize("command", ["predict", "inspect", "export"])
def test_the_folder_of_a_moved_model_can_be_given(
    command: str, moved: tuple[Job, Path, Path], tmp_path: Path, refused: Refused
) -> None:
    job, elsewhere, other = moved
    typed = commands(job, tmp_path)[command]
    if command != "export":  # which needs no weights
        assert f"model.path={job.study.model.path} is not a folder" in refused(*typed)
    message = refused(*typed, f"model.path={other}")
    assert f"model.path={other} holds other weights than run={job.id} was made on" in message
    assert [path.name for path in tmp_path.iterdir()] == ["asked.jsonl"]
    with pytest.raises(SystemExit) as ended:
        main([*typed, f"model.path={elsewhere}"])
    assert ended.value.code == 0
    assert len(list(tmp_path.iterdir())) == 2
    if command == "export":
        config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"] == str(elsewhere)
