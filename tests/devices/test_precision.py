"""A processor without units for bf16 is told of before anything starts, once, and only where a run would need them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from softscale.config import ROOT

WITHOUT = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
WORDS = "note: this processor has no units for bf16"
pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch is without oneDNN here")


def train(place: Path, arguments: list[str], environment: dict[str, str]) -> str:
    """What `softscale train` says of runs that train nothing."""
    small = ["model=mini_1", "task=rte", "optim.steps=0", "data.num_train=8", "data.num_dev=4", "logger=none"]
    folders = [f"runtime.runs={place / 'runs'}", f"runtime.results={place / 'results'}"]
    code = "import sys; from softscale.cli import main; sys.exit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", code, "train", *small, *folders, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")} | environment,
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


@pytest.mark.slow
def test_a_sweep_says_once_that_its_precision_is_slow_here_and_how_to_choose_another(tmp_path: Path) -> None:
    said = train(tmp_path, ["-m", "seed=0,1", "model.dtype=mixed"], WITHOUT)
    assert said.count(WORDS) == 1
    assert said.index(WORDS) < said.index("cells trained")
    assert "model.dtype=mixed is many times slower on it than model.dtype=fp32" in said
    done = train(tmp_path, ["-m", "seed=0,1", "model.dtype=mixed"], WITHOUT)
    assert WORDS not in done  # nothing is computed


@pytest.mark.slow
def test_a_single_run_says_it_too(tmp_path: Path) -> None:
    assert train(tmp_path, ["model.dtype=bf16"], WITHOUT).count(WORDS) == 1


@pytest.mark.slow
def test_a_run_in_fp32_has_nothing_to_say(tmp_path: Path) -> None:
    assert WORDS not in train(tmp_path, ["model.dtype=fp32"], WITHOUT)


@pytest.mark.slow
@pytest.mark.skipif(not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this processor has no units for bf16")
def test_a_processor_with_the_units_has_nothing_to_say(tmp_path: Path) -> None:
    assert WORDS not in train(tmp_path, ["model.dtype=mixed"], {})
