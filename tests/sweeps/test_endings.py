"""However a sweep is ended, it says so and goes on next time; output that nobody reads ends none."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny import overrides_of

from softscale.runs.record import read_record

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-c", "from softscale.cli import main; main()"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def typed(t5_folder: Path, place: Path, steps: int, *more: str) -> list[str]:
    return ["train", *overrides_of(t5_folder, place, f"optim.steps={steps}", "runtime.checkpoint_every=5", *more)]


def wait_for(pattern: str, place: Path, process: subprocess.Popen) -> None:
    limit = time.monotonic() + 120
    while not list(place.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.05)


def heed_signals() -> None:
    """These tests may run where signals are ignored (nohup, a background job), which a process passes on."""
    for number, _ in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


SIGNALS = [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated"), (signal.SIGHUP, "terminated")]


@pytest.mark.parametrize(("number", "word"), SIGNALS)
@pytest.mark.parametrize("seeds", ["seed=0", "seed=0,1"], ids=["one study", "a sweep"])
def test_a_signal_ends_it_with_its_code_and_a_sentence_that_it_goes_on(
    seeds: str, number: int, word: str, t5_folder: Path, tmp_path: Path
) -> None:
    arguments = typed(t5_folder, tmp_path, 100_000, "optim.eval_every=100_000", seeds)
    process = subprocess.Popen(
        [*COMMAND, *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_signals,
    )  # fmt: skip
    try:
        wait_for("runs/*/last.ckpt", tmp_path, process)
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 128 + number, told
    assert f"softscale: {word}; the same command goes on from the last checkpoint" in told.splitlines()
    assert "Traceback" not in told
    assert list(tmp_path.glob("runs/*/last.ckpt"))
    assert not list(tmp_path.glob("runs/*/failure.txt"))
    assert not list(tmp_path.rglob(".*.part"))


def shell(script: str, arguments: list[str]) -> subprocess.CompletedProcess:
    """Run a line of a shell in which "$@" is the command."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {script}", "bash", *COMMAND, *arguments],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "script",
    [
        '"$@" | head -1',
        '"$@" 2>&1 | head -1',
        '"$@" 2>&1 | true',
        '"$@" >&-',
        '"$@" 2>&-',
        '"$@" <&- >&- 2>&-',
        pytest.param(
            '"$@" >/dev/full 2>/dev/full',
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full"),
        ),
    ],
)
def test_output_that_cannot_be_written_ends_no_sweep(script: str, t5_folder: Path, tmp_path: Path) -> None:
    ended = shell(script, typed(t5_folder, tmp_path, 6, "seed=0,1,2", "runtime.workers=2"))
    records = list(tmp_path.glob("results/records/*.json"))
    assert len(records) == 3, ended
    assert {read_record(path).last["step"] for path in records} == {6}
    assert ended.returncode == 0, ended
    assert not list(tmp_path.glob("runs/*/failure.txt"))
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_sweep_whose_output_is_closed_says_so_where_it_still_can(t5_folder: Path, tmp_path: Path) -> None:
    ended = shell('"$@" | true', typed(t5_folder, tmp_path, 6, "seed=0,1"))
    lines = [line for line in ended.stderr.splitlines() if "standard output cannot be written" in line]
    assert len(lines) == 1, ended.stderr
    assert lines[0].endswith("training goes on")
