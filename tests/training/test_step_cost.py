"""What a step costs is measured without changing it."""

from pathlib import Path

import pytest
import torch
from tiny import job_of, study_of

from softscale.training.run import run
from softscale.training.step_cost import LiveBytes

KB = 1024


def test_memory_is_that_of_tensors_alive_at_once() -> None:
    held = torch.zeros(KB, dtype=torch.uint8)
    with LiveBytes([held, held[: KB // 2]]) as live:
        assert live.live == KB
        first = torch.zeros(2 * KB, dtype=torch.uint8)
        second = first + 1
        assert live.live == live.peak == 5 * KB
        del first
        third = second.view(2, KB)
        assert live.live == 3 * KB
        del second
        assert live.live == 3 * KB  # the view keeps it
        del third
        assert (live.live, live.peak) == (KB, 5 * KB)


def test_memory_of_the_backward_pass_counts() -> None:
    weight = torch.zeros(64, 64, requires_grad=True)
    with LiveBytes([weight]) as live:
        (torch.ones(8, 64) @ weight).relu().sum().backward()
        assert live.live >= 2 * 64 * 64 * 4  # the weight and its gradient
        assert live.peak < 4 * 64 * 64 * 4


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_a_record_tells_the_cost_of_a_step(steps: int, t5_folder: Path, tmp_path: Path) -> None:
    told = run(job_of(study_of(t5_folder, steps=steps), tmp_path)).provenance
    assert ("step_seconds" in told) == (steps > 0)
    assert ("peak_memory_bytes" in told) == (steps > 1)
    if steps > 1:
        weights = 4 * 10_000
        assert weights < told["peak_memory_bytes"] < 100 * weights
        assert 0 < told["step_seconds"] < told["seconds"]


def test_model_tuning_takes_more_memory_than_a_prompt(t5_folder: Path, tmp_path: Path) -> None:
    def peak(method: str) -> float:
        return run(job_of(study_of(t5_folder, method, steps=2), tmp_path)).provenance["peak_memory_bytes"]

    assert peak("model_tuning") > peak("prompt_tuning")
