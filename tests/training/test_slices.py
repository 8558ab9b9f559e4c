"""What saves memory changes no result: slices of a batch, activations computed again, a frozen backbone in bf16."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny import METHODS, OPTIM, job_of, load, runtime_of, study_of

from softscale.config import OptimConfig
from softscale.data.batches import Batch
from softscale.devices.available import check_devices
from softscale.devices.ranks import slices
from softscale.errors import InputError
from softscale.methods.method import Context
from softscale.runs.record import Record
from softscale.sweeps.pool import _devices
from softscale.training.optim import Adafactor
from softscale.training.run import run
from softscale.training.tuning import Tuning, step_seed

BATCH = Batch(
    tokens=torch.arange(12, 36).reshape(4, 6),
    mask=torch.ones(4, 6, dtype=torch.int64),
    labels=torch.tensor([[20, 1], [30, 1], [40, 1], [50, 1]]),
)


def tuning(folder: Path, method: str, dtype: str = "fp32", micro_batch: int | None = None) -> Tuning:
    backbone = load(folder, dtype)
    context = Context(backbone=backbone, words=["yes"], generator=torch.Generator().manual_seed(0), notes=[])
    module = Tuning(backbone, METHODS[method].build(context), OptimConfig(**OPTIM), 0, micro_batch)
    return module.train()


def losses(record: Record) -> list[float]:
    return [point["train/loss"] for point in record.curve]


@pytest.mark.parametrize("method", ["prompt_tuning", "model_tuning"])
@pytest.mark.parametrize("most", [1, 3, 4, 9])
def test_slices_of_a_batch_sum_up_to_its_gradients_and_its_loss(method: str, most: int, t5_folder: Path) -> None:
    whole, sliced = tuning(t5_folder, method), tuning(t5_folder, method, micro_batch=most)
    for module in (whole, sliced):
        module.training_step(BATCH, 0).backward()
    torch.testing.assert_close(sliced.step_loss, whole.step_loss)
    for name, param in whole.method.trainable().items():
        torch.testing.assert_close(sliced.method.trainable()[name].grad, param.grad, rtol=1e-4, atol=1e-5)


def test_gradients_of_one_step_are_not_those_of_the_step_before_too(t5_folder: Path) -> None:
    module = tuning(t5_folder, "prompt_tuning", micro_batch=1)
    (prompt,) = module.method.trainable().values()
    module.training_step(BATCH, 0).backward()
    first = copy.deepcopy(prompt.grad)
    module.training_step(BATCH, 0).backward()
    assert torch.equal(prompt.grad, first)  # type: ignore[arg-type]


def test_slices_are_each_place_once_and_no_longer_than_told() -> None:
    for size in (1, 4, 7):
        for most in (None, 1, 2, 3, 8):
            told = slices(size, most)
            assert [place for places in told for place in places] == list(range(size))
            assert max(map(len, told)) <= (most or size)


def test_every_slice_of_every_step_drops_something_else() -> None:
    seeds = {step_seed(seed, step, place) for seed in range(3) for step in range(30) for place in range(30)}
    assert len(seeds) == 3 * 30 * 30


@pytest.mark.parametrize("method", ["prompt_tuning", "model_tuning"])
@pytest.mark.parametrize(
    ("runtime", "dropout"),
    [({"micro_batch": 1}, 0.0), ({"micro_batch": 3}, 0.0), ({"activation_checkpointing": True}, 0.1)],
    ids=str,
)
def test_a_run_that_saves_memory_has_the_results_of_one_that_does_not(
    runtime: dict[str, Any], dropout: float, method: str, t5_folder: Path, tmp_path: Path
) -> None:
    study = study_of(t5_folder, method, dropout=dropout, lr=0.01)
    usual, saving = job_of(study, tmp_path / "usual"), job_of(study, tmp_path / "saving", **runtime)
    expected, record = run(usual), run(saving)
    assert record.id == expected.id
    assert record.notes == expected.notes
    assert losses(record) == pytest.approx(losses(expected), rel=1e-4)
    assert record.best["step"] == expected.best["step"]
    tensors = load_file(saving.folder / "best.safetensors")
    for name, tensor in load_file(usual.folder / "best.safetensors").items():
        torch.testing.assert_close(tensors[name], tensor, rtol=1e-3, atol=1e-4)
    # A T5 of one layer that trains whole holds most in its optimiser's step.
    assert record.provenance["peak_memory_bytes"] <= expected.provenance["peak_memory_bytes"]


def test_a_record_says_where_slices_drew_dropout_masks_of_their_own(t5_folder: Path, tmp_path: Path) -> None:
    def notes(place: str, micro_batch: int, **optim: Any) -> list[str]:
        return run(job_of(study_of(t5_folder, steps=1, **optim), tmp_path / place, micro_batch=micro_batch)).notes

    told = "dropout masks were drawn for slices of 2 examples: other ones than for a whole batch"
    assert told in notes("sliced", 2, dropout=0.1)
    assert told not in notes("whole", 4, dropout=0.1)
    assert told not in notes("without", 2, dropout=0.0)


@pytest.mark.parametrize("method", ["prompt_tuning", "model_tuning"])
@pytest.mark.slow
def test_a_sliced_run_that_was_stopped_goes_on_bit_for_bit(method: str, t5_folder: Path, tmp_path: Path) -> None:
    def stop(step: int) -> None:
        if step == 13:
            raise KeyboardInterrupt

    study = study_of(t5_folder, method)
    told = {"micro_batch": 3, "activation_checkpointing": True}
    whole, parted = job_of(study, tmp_path / "whole", **told), job_of(study, tmp_path / "parted", **told)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run(parted, stop)
    steps: list[int] = []
    assert run(parted, steps.append).curve == run(whole).curve
    assert steps == list(range(11, 21))
    for name in ("best.safetensors", "predictions.jsonl"):
        assert (parted.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_a_prompt_on_a_bf16_backbone_has_fp32_gradients_and_state_and_the_backbone_has_none(t5_folder: Path) -> None:
    module = tuning(t5_folder, "prompt_tuning", "bf16")
    optimiser = module.configure_optimizers()
    module.training_step(BATCH, 0).backward()
    optimiser.step()
    (prompt,) = module.method.trainable().values()
    assert prompt.dtype == prompt.grad.dtype == torch.float32  # type: ignore[union-attr]
    assert {(weight.dtype, weight.grad) for weight in module.backbone.parameters()} == {(torch.bfloat16, None)}
    assert list(optimiser.state) == [prompt]
    assert optimiser.state[prompt]["square"].dtype == torch.float32


def test_the_state_of_a_bf16_parameter_is_fp32_before_and_after_it_is_loaded() -> None:
    torch.manual_seed(0)
    for shape in ((130, 140), (7,)):
        param = torch.nn.Parameter(torch.randn(shape).bfloat16())
        param.grad = torch.randn(shape).bfloat16()
        first = Adafactor([param], lr=0.1)
        first.step()
        second = Adafactor([param], lr=0.1)
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        for name, value in first.state[param].items():
            loaded = second.state[param][name]
            assert loaded == value if name == "step" else torch.equal(loaded, value)
            assert name == "step" or loaded.dtype == torch.float32


def test_weights_that_train_in_bf16_are_refused_with_what_to_use(t5_folder: Path, tmp_path: Path) -> None:
    study = study_of(t5_folder, "model_tuning")
    half = replace(study, model=replace(study.model, dtype="bf16"))
    with pytest.raises(InputError, match=r"model\.dtype=bf16 is not allowed with method=model_tuning: .*mixed.*fp32"):
        run(job_of(half, tmp_path))
    assert not [path for path in tmp_path.glob("runs/*") if not path.name.startswith(".")]
    assert run(job_of(replace(half, optim=replace(half.optim, steps=0)), tmp_path)).last["step"] == 0


def test_a_prompt_on_a_bf16_backbone_that_was_stopped_goes_on_bit_for_bit(t5_folder: Path, tmp_path: Path) -> None:
    def stop(step: int) -> None:
        if step == 13:
            raise KeyboardInterrupt

    study = study_of(t5_folder, "prompt_tuning")
    study = replace(study, model=replace(study.model, dtype="bf16"))
    whole, parted = job_of(study, tmp_path / "whole"), job_of(study, tmp_path / "parted")
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run(parted, stop)
    assert run(parted).curve == run(whole).curve


def test_more_devices_than_there_are_gpus_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    check_devices(runtime_of(tmp_path, device="gpu", strategy="ddp", devices=2))
    with pytest.raises(InputError, match=r"runtime\.devices=3 is not allowed: it must be at most 2, the GPUs here"):
        check_devices(runtime_of(tmp_path, device="gpu", strategy="ddp", devices=3))


def test_workers_of_a_sweep_have_gpus_of_their_own() -> None:
    assert [_devices(number, 1, 3, None) for number in range(4)] == ["0", "1", "2", "0"]
    assert [_devices(number, 2, 4, None) for number in range(2)] == ["0,1", "2,3"]
    assert [_devices(number, 2, 4, "4,5,6,7") for number in range(2)] == ["4,5", "6,7"]
    assert _devices(0, 4, 2, None) == "0,1"  # which the run then refuses
    assert _devices(0, 1, 0, "5") is None
