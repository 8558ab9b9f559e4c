"""Bad input through the command line: exit code 2, one sentence with field, value and what is allowed, nothing left."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import files_below, overrides_of

from softscale.cli import main
from softscale.compose.cells import cells, hydra_session
from softscale.errors import InputError

Refused = Callable[..., str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, t5_folder: Path) -> Path:
    """A folder with one finished run."""
    folder = tmp_path_factory.mktemp("errors")
    with pytest.raises(SystemExit) as ended:
        main(["train", *overrides_of(t5_folder, folder, "optim.steps=2")])
    assert ended.value.code == 0
    return folder


@pytest.fixture
def train(place: Path, t5_folder: Path, refused: Refused) -> Iterator[Refused]:
    """Types overrides that must be refused; whatever they are, no run is left behind and the finished one is intact."""
    before = {name: told for name, told in files_below(place).items() if "/." not in name}
    yield lambda *more: refused("train", *overrides_of(t5_folder, place, *more))
    assert {name: told for name, told in files_below(place).items() if "/." not in name} == before
    assert len([path for path in (place / "runs").iterdir() if not path.name.startswith(".")]) == 1


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("optim.nope=1", ["optim.nope is not a field", "lr, steps, batch_size"]),
        ("optim.nope=1,2", ["optim.nope is not a field", "lr, steps, batch_size"]),
        ("method.lenght=5", ["method.lenght is not a field", "name, length, init"]),
        ("nope=1", ["nope is not a field", "model, method, task, data, optim, seed"]),
        ("nope.deep=2", ["nope", "is not a field", "model, method"]),
        ("runtime.cores=1", ["runtime.cores is not a field", "device, workers, threads"]),
        ("method.init.bound=1", ["method.init.bound is not a field", "name, population"]),
        ("+optim.nope=1", ["+optim.nope=1 is not an override", "key=value"]),
        ("optim.steps=abc", ["optim.steps=abc", "integer"]),
        ("optim.lr=fast", ["optim.lr=fast", "float"]),
        ("optim.lr=0.1,fast", ["optim.lr=fast", "float"]),
        ("method.length=2.5", ["method.length=2.5", "integer"]),
        ("optim.parameter_scale=maybe", ["optim.parameter_scale=maybe", "bool"]),
        ("optim.steps=[1,2]", ["optim.steps=[1, 2]", "integer"]),
        ("optim.steps=null", ["optim.steps=null", "not Optional"]),
        ("seed=x", ["seed=x", "integer"]),
        ("seed=-1", ["seed=-1", "0 or more"]),
        ("seed=99999999999999999999", ["seed=99999999999999999999", "less than 2^32"]),
        ("task=sst", ["task=sst", "boolq, cb, copa, custom, drop"]),
        ("task=rte,sst", ["task=sst", "boolq, cb, copa"]),
        ("model=t6", ["model=t6", "local", "t5_base_lm", "t5_xxl_v1_1"]),
        ("method=lora_", ["method=lora_", "model_tuning", "prompt_tuning"]),
        ("method/init=glove", ["method/init=glove", "class_labels, from_file", "random_uniform, sampled_vocab"]),
        ("data=web", ["data=web", "hub, hub_causal, local, local_causal"]),
        ("task=", ["task= is not known: it must be one of bioasq, boolq, cb"]),
        ("method=lorra", ["method=lorra is not known: it must be one of bitfit, ia3, lora, model_tuning, per_layer"]),
        ("optim=nope", ["optim=nope", "paper/any", "miniature/model_tuning"]),
        ("optim=paper/nope", ["paper", "nope", "model_tuning"]),
        ("runtime=tpu", ["runtime=tpu", "cpu", "gpu"]),
        ("experiment=none", ["experiment=none", "miniature/figure_1"]),
        ("experiment=miniature/none", ["none", "figure_1"]),
        ("method.length=0", ["method.length=0", "1 or more"]),
        ("method.length=-1", ["method.length=-1", "1 or more"]),
        ("method.length=5,0", ["method.length=0", "1 or more"]),
        ("optim.lr=0", ["optim.lr=0", "above 0"]),
        ("optim.lr=nan", ["optim.lr=nan", "above 0"]),
        ("optim.lr=inf", ["optim.lr=inf", "above 0"]),
        ("optim.dropout=1", ["optim.dropout=1", "less than 1"]),
        ("optim.steps=-1", ["optim.steps=-1", "0 or more"]),
        ("data.num_train=0", ["data.num_train=0", "1 or more"]),
        ("task.input_length=0", ["task.input_length=0", "1 or more"]),
        ("model.dtype=fp16", ["model.dtype=fp16", "fp32, bf16"]),
        ("model.dtype=int8", ["model.dtype=int8", "fp32, bf16"]),
        ("wandb.mode=loud", ["wandb.mode=loud", "offline, online, disabled"]),
        ("runtime.device=tpu", ["runtime.device=tpu", "cpu, gpu"]),
        ("runtime.strategy=zero", ["runtime.strategy=zero", "single, ddp, fsdp"]),
        ("runtime.devices=0", ["runtime.devices=0", "1 or more"]),
        ("runtime.devices=2", ["runtime.devices=2", "runtime.strategy=single", "ddp, fsdp"]),
        ("runtime.micro_batch=0", ["runtime.micro_batch=0", "1 or more"]),
        ("runtime.micro_batch=1.5", ["runtime.micro_batch=1.5", "integer"]),
        ("runtime=fsdp", ["runtime.strategy=fsdp", "method=prompt_tuning", "use runtime.strategy=ddp"]),
        ("data.root=x", ["data.root is not a field", "train_records"]),
        ("model.path=a=b", ["model.path=a=b", "is not a folder"]),
        ("steps", ["steps is not an override", "key=value"]),
        ("=3", ["=3 is not an override", "key=value"]),
        ("--fast", ["--fast is not an option", "key=value"]),
        ("model.path=/nowhere/x", ["model.path=/nowhere/x is not a folder", "Hugging Face layout"]),
        ("task.name=sst", ["'sst'", "boolq, cb, copa"]),
    ],
)
def test_a_bad_override_is_named_with_what_is_allowed(typed: str, parts: list[str], train: Refused) -> None:
    message = train(typed)
    assert [part for part in parts if part not in message] == [], message


def test_a_gpu_that_is_not_there_is_refused(train: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "runtime.device=gpu" in train("runtime.device=gpu")


def test_a_batch_that_devices_cannot_share_equally_is_refused(train: Refused) -> None:
    message = train("runtime=ddp", "runtime.devices=3", "optim.batch_size=16")
    assert "runtime.devices=3 is not allowed: optim.batch_size=16 must be a multiple of it" in message


def test_an_unknown_command_is_refused_with_the_known_ones(refused: Refused) -> None:
    message = refused("tain")
    assert "tain is not a command" in message
    assert "train, status, plan, recipe" in message


def test_a_model_folder_without_files_is_named(train: Refused, tmp_path: Path) -> None:
    assert f"model.path={tmp_path} holds no config.json" in train(f"model.path={tmp_path}")


RECORD = {"premise": "p", "hypothesis": "h", "label": "neutral", "idx": 0}


def superglue(root: Path, line: str) -> list[str]:
    (root / "CB").mkdir()
    (root / "CB" / "val.jsonl").write_text(json.dumps(RECORD) + "\n")
    (root / "CB" / "train.jsonl").write_text(f"{json.dumps(RECORD)}\n{line}\n")
    return ["data=local", f"data.root={root}", "task=cb"]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ('{"premise": ', ["is not JSON"]),
        (json.dumps({"premise": "p", "label": "neutral"}), ["field hypothesis is missing"]),
        (json.dumps({**RECORD, "label": "maybe"}), ["'maybe'", "'contradiction'", "'neutral'"]),
        (json.dumps({**RECORD, "premise": 3}), ["field premise is 3", "a string"]),
    ],
)
def test_a_bad_line_of_data_is_named_by_file_and_number(
    line: str, parts: list[str], tmp_path: Path, place: Path, t5_folder: Path, refused: Refused
) -> None:
    told = [typed for typed in overrides_of(t5_folder, place) if not typed.startswith(("data.", "task="))]
    message = refused("train", *told, *superglue(tmp_path, line))
    for part in [f"{tmp_path / 'CB' / 'train.jsonl'}, line 2", *parts]:
        assert part in message
    assert len([path for path in (place / "runs").iterdir() if not path.name.startswith(".")]) == 1


@pytest.mark.parametrize("root", ["/nowhere/x", ""])
def test_a_data_folder_that_is_not_there_is_named(root: str, tmp_path: Path, t5_folder: Path, refused: Refused) -> None:
    told = [typed for typed in overrides_of(t5_folder, tmp_path) if not typed.startswith(("data.", "task="))]
    message = refused("train", *told, "data=local", f"data.root={root or tmp_path}", "task=cb")
    assert (root or str(tmp_path / "CB" / "train.jsonl")) in message


def test_an_unreachable_hub_is_said_with_what_to_use_instead(
    tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    folders = [f"runtime.runs={tmp_path / 'runs'}", f"runtime.results={tmp_path / 'results'}", "logger=none"]
    message = refused("train", "model=t5_small_lm", *folders)
    for part in ("model=t5_small_lm", "google/t5-small-lm-adapt", "model=local model.path=DIR"):
        assert part in message
    assert not [path for path in tmp_path.glob("runs/*") if not path.name.startswith(".")]


@pytest.mark.parametrize("key", ["runtime.runs", "runtime.results"])
def test_a_folder_that_cannot_be_written_is_named(key: str, tmp_path: Path, t5_folder: Path, refused: Refused) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    message = refused("train", *overrides_of(t5_folder, tmp_path, f"{key}={file}/below"))
    assert f"{file}/below" in message
    assert "cannot be written" in message
    assert file.read_text() == "in the way"
    assert not [path for path in tmp_path.glob("runs/*") if not path.name.startswith(".")]


@pytest.fixture
def finished(place: Path, tmp_path: Path) -> Path:
    """A copy of the folder with one finished run."""
    return shutil.copytree(place, tmp_path / "copy")


def test_a_corrupt_checkpoint_is_named_and_kept(finished: Path, t5_folder: Path, refused: Refused) -> None:
    (record,) = finished.glob("runs/*/record.json")
    record.unlink()
    last = record.parent / "last.ckpt"
    last.write_bytes(b"not a checkpoint")
    before = files_below(record.parent)
    message = refused("train", *overrides_of(t5_folder, finished, "optim.steps=2"))
    assert f"{last} cannot be read as a checkpoint" in message
    assert "delete it" in message
    assert files_below(record.parent) == before


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"schema": 99}, ["schema 99", "update softscale"]),
        ({"extra": 1}, ["missing or unknown extra"]),
        (None, ["is not a record", "delete it"]),
    ],
)
def test_a_record_that_this_version_cannot_read_is_named_and_kept(
    change: dict[str, Any] | None, parts: list[str], finished: Path, t5_folder: Path, refused: Refused
) -> None:
    (record,) = finished.glob("runs/*/record.json")
    record.write_text("{" if change is None else json.dumps(json.loads(record.read_text()) | change))
    before = files_below(record.parent)
    message = refused("train", *overrides_of(t5_folder, finished, "optim.steps=2"))
    assert [part for part in [str(record), *parts] if part not in message] == [], message
    assert files_below(record.parent) == before


def test_status_says_that_a_counted_experiment_is_not_to_be_trained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["status", "experiment=miniature/figure_4_parameters"])
    assert ended.value.code == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 1
    assert "experiment=miniature/figure_4_parameters is counted: nothing is to be trained" in told[0]


@pytest.mark.parametrize("command", ["status", "report"])
def test_status_and_report_refuse_as_train_does(command: str, refused: Refused) -> None:
    assert "experiment=none" in refused(command, "experiment=none")
    assert "optim.nope" in refused(command, "model=local", "model.path=a", "optim.nope=1")
    assert "model.path has no value" in refused(command, "model=local")


def test_several_experiments_in_one_command_are_refused() -> None:
    with hydra_session(), pytest.raises(InputError, match=r"experiment=.* is not allowed"):
        cells(["experiment=miniature/rate_search_prompt_tuning,miniature/figure_1_first_look"])


def test_a_prompt_that_is_not_finite_is_no_start(train: Refused, tmp_path: Path) -> None:
    np.save(tmp_path / "prompt.npy", np.full((20, 16), np.nan, dtype=np.float32))
    message = train("method/init=from_file", "method.length=20", f"method.init.path={tmp_path / 'prompt.npy'}")
    assert "holds values that are not finite" in message


def test_training_that_diverged_is_noted(tmp_path: Path, t5_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its loss is finite, and its score 0: without a note it looks like any other run."""
    with pytest.raises(SystemExit) as ended:
        main(["train", *overrides_of(t5_folder, tmp_path, "method=model_tuning", "optim.lr=3")])
    assert ended.value.code == 0
    assert "note: training diverged: the loss per target token was" in capsys.readouterr().err
    (record,) = tmp_path.glob("results/records/*.json")
    assert any(note.startswith("training diverged") for note in json.loads(record.read_text())["notes"])


def test_a_record_with_a_key_twice_is_none(finished: Path, t5_folder: Path, refused: Refused) -> None:
    (record,) = finished.glob("runs/*/record.json")
    record.write_text(record.read_text().replace('"schema": 3', '"schema": 3, "schema": 3'))
    message = refused("train", *overrides_of(t5_folder, finished, "optim.steps=2"))
    assert "the key 'schema' is there twice in one object" in message


def test_plan_counts_a_damaged_record_as_failed(
    finished: Path, t5_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (record,) = finished.glob("runs/*/record.json")
    record.write_text("{")
    with pytest.raises(SystemExit):
        main(["plan", *overrides_of(t5_folder, finished, "optim.steps=2")])
    shown = capsys.readouterr()
    assert f"note: {record} is not a record" in shown.err
    row = next(line for line in shown.out.splitlines() if "prompt_tuning" in line)
    assert [cell.strip() for cell in row.split("|")][3:8] == ["1", "0", "0", "1", "0"]  # cells, done, …, failed, to do
