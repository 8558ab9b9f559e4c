"""A sweep chooses its number of processes by itself, on systems that do not bind processes to cores too."""

import os
from pathlib import Path

import pytest
from tiny import overrides_of

from softscale.cli import main


@pytest.mark.slow
def test_a_sweep_runs_where_the_system_tells_no_affinity(
    t5_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    with pytest.raises(SystemExit) as ended:
        main(["train", "-m", *overrides_of(t5_folder, tmp_path), "seed=0,1"])
    assert ended.value.code == 0
    assert len(list(tmp_path.glob("results/records/*.json"))) == 2
