"""A sweep from the command line: failures stop nobody, nothing is done twice, and no kill loses anything."""

import json
import os
import random
import shutil
import sys
import time
from dataclasses import asdict
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from tiny import files_below, overrides_of

from softscale.cli import main
from softscale.runs.record import read_record

pytestmark = pytest.mark.slow
MARK = "SOFTSCALE_TEST_SWEEP"


def sweep(arguments: list[str], output: Path, mark: str) -> None:
    """What `softscale train -m …` does, in a process of its own that writes to `output`."""
    os.environ[MARK] = mark  # its workers inherit it
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    main(["train", "-m", *arguments])


def start(processes: ForkServerContext, arguments: list[str], place: Path, name: str = "sweep") -> BaseProcess:
    place.mkdir(exist_ok=True)
    process = processes.Process(target=sweep, args=(arguments, place / f"{name}.txt", str(place)))
    process.start()
    return process


def alive(mark: Path) -> list[str]:
    """Processes that a sweep in this folder started."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}\0".encode() in environ.read_bytes():
                found.append(environ.parent.name)
        except OSError:  # it ended, or is somebody else's
            continue
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CB as it should be, and COPA with a line that lacks a field."""
    root = tmp_path_factory.mktemp("superglue")
    labels = ("entailment", "contradiction", "neutral")
    good = [{"premise": "Anna has a kite.", "hypothesis": f"Ben is {i}.", "label": labels[i % 3]} for i in range(12)]
    bad = [{"premise": "Anna ran.", "choice1": "a", "choice2": "b", "label": 0}]
    for folder, rows in (("CB", good), ("COPA", bad)):
        (root / folder).mkdir()
        for file in ("train.jsonl", "val.jsonl"):
            (root / folder / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def progress_of(place: Path) -> set[tuple[str, int]]:
    """Which checkpoints and records a folder holds, and from when."""
    paths = [*place.glob("runs/*/last.ckpt"), *place.glob("runs/*/record.json")]
    return {(str(path), path.stat().st_mtime_ns) for path in paths}


def typed(t5_folder: Path, data: Path, place: Path, task: str = "cb") -> list[str]:
    """Three cells a task, in two processes."""
    told = [each for each in overrides_of(t5_folder, place) if not each.startswith(("data.", "task="))]
    told += ["data=local", f"data.root={data}", f"task={task}", "seed=0,1,2", "optim.steps=40", "optim.eval_every=20"]
    return [*told, "runtime.checkpoint_every=5", "runtime.workers=2"]


def science(place: Path) -> dict[str, dict[str, Any]]:
    """The records of all runs in a folder, without where and when they were made."""
    records = [read_record(path) for path in sorted(place.glob("runs/*/record.json"))]
    for record in records:
        assert read_record(place / "results" / "records" / f"{record.id}.json") == record
    parts = {"provenance", "runtime"}
    return {record.id: {k: v for k, v in asdict(record).items() if k not in parts} for record in records}


@pytest.fixture(scope="module")
def undisturbed(
    t5_folder: Path, data: Path, tmp_path_factory: pytest.TempPathFactory, processes: ForkServerContext
) -> tuple[Path, int | None]:
    """A folder with a sweep over CB and COPA, and its exit code; every cell of COPA is refused."""
    place = tmp_path_factory.mktemp("undisturbed")
    process = start(processes, typed(t5_folder, data, place, "copa,cb"), place)
    process.join()
    return place, process.exitcode


def test_cells_that_fail_stop_no_other_and_end_in_a_list_and_an_exit_code(undisturbed: tuple[Path, int | None]) -> None:
    place, code = undisturbed
    done = science(place)
    assert len(done) == 3
    assert {record["study"]["task"]["name"] for record in done.values()} == {"cb"}
    assert code == 2  # all failures were bad input
    lines = (place / "sweep.txt").read_text().splitlines()
    assert "6 cells: 6 to do" in lines
    (summary,) = (number for number, line in enumerate(lines) if line.startswith("3 cells trained in"))
    assert lines[summary].endswith("0 done before, 3 failed")
    named = [line for line in lines[summary + 1 :] if not line.startswith("note: ")]
    assert len(named) == 3
    assert all("COPA/train.jsonl, line 1: field question is missing" in line for line in named)
    assert len({line.split()[0] for line in named} - done.keys()) == 3


def test_each_cell_that_is_trained_says_its_score_in_one_line(undisturbed: tuple[Path, int | None]) -> None:
    place, _ = undisturbed
    told = [line.split("  ") for line in (place / "sweep.txt").read_text().splitlines() if "  prompt_tuning  " in line]
    assert {id_: words for id_, *words in told} == {
        id_: ["local", "prompt_tuning", "cb", f"seed {record['study']['seed']}", f"{record['best']['dev/score']:.1%}"]
        for id_, record in science(place).items()
    }
    assert len(told) == 3


def test_a_refused_cell_leaves_no_folder(undisturbed: tuple[Path, int | None]) -> None:
    place, _ = undisturbed
    assert {path.name for path in place.glob("runs/*") if path.name[0] != "."} == science(place).keys()


def test_a_sweep_that_is_done_trains_nothing_and_touches_nothing(
    undisturbed: tuple[Path, int | None], t5_folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, _ = undisturbed
    before = files_below(place)
    with pytest.raises(SystemExit) as ended:
        main(["train", "-m", *typed(t5_folder, data, place)])
    assert ended.value.code == 0
    told = capsys.readouterr().err
    assert "3 cells: 3 done" in told
    assert "0 cells trained" in told
    assert files_below(place) == before


def test_a_damaged_record_fails_its_cell_alone_and_what_a_kill_left_beside_a_record_goes(
    undisturbed: tuple[Path, int | None],
    t5_folder: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(undisturbed[0], tmp_path, dirs_exist_ok=True)
    damaged, again, whole = sorted(tmp_path.glob("runs/*/record.json"))
    damaged.write_text('{"schema": 3}')
    again.unlink()
    (tmp_path / "results" / "records" / f"{whole.parent.name}.json").unlink()
    leftovers = [whole.parent / "last.ckpt", whole.parent / "failure.txt", whole.parent / ".record.json.a.part"]
    leftovers += [tmp_path / "results" / "records" / f".{whole.parent.name}.json.a.part"]
    leftovers += [tmp_path / "results" / "predictions" / f".{whole.parent.name}.jsonl.gz.a.part"]
    for path in leftovers:
        path.write_bytes(b"half")
    arguments = typed(t5_folder, data, tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["train", "-m", *arguments])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "1 cells trained in" in told
    assert "1 done before, 1 failed" in told
    assert f"  {damaged.parent.name}  {damaged} is not a record of schema 3: missing" in told
    assert damaged.read_text() == '{"schema": 3}'  # nothing is thrown away unasked
    assert not [path for path in leftovers if path.exists()]
    with pytest.raises(SystemExit):
        main(["status", *arguments])
    shown = capsys.readouterr()
    assert "3 cells: " in shown.out
    assert f"{damaged.parent.name}  damaged" in shown.out
    assert str(damaged) in shown.err
    damaged.unlink()
    with pytest.raises(SystemExit) as ended:
        main(["train", "-m", *arguments])
    assert ended.value.code == 0
    assert science(tmp_path) == science(undisturbed[0])


def test_cells_that_differ_in_runtime_only_are_one_cell(
    undisturbed: tuple[Path, int | None], t5_folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, _ = undisturbed
    with pytest.raises(SystemExit) as ended:
        main(["train", "-m", *typed(t5_folder, data, place)[:-1], "runtime.workers=1,2"])
    assert ended.value.code == 0
    assert "3 cells: 3 done" in capsys.readouterr().err


def test_two_sweeps_on_one_folder_share_its_cells(
    undisturbed: tuple[Path, int | None], t5_folder: Path, data: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    arguments = [*typed(t5_folder, data, tmp_path)[:-1], "runtime.workers=1"]
    pair = [start(processes, arguments, tmp_path, name) for name in ("first", "second")]
    for process in pair:
        process.join()
    told = [(tmp_path / f"{name}.txt").read_text() for name in ("first", "second")]
    assert [process.exitcode for process in pair] == [0, 0], told
    assert science(tmp_path) == science(undisturbed[0])
    assert not list(tmp_path.glob("runs/*/failure.txt"))
    assert any("being run by another process" not in output for output in told), (
        told
    )  # nothing is open for who ends last
    trained = [int(line.split()[0]) for output in told for line in output.splitlines() if " cells trained in " in line]
    assert sum(trained) == 3  # each counts its own


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="it finds processes in /proc, which this system lacks")
def test_ten_kills_at_random_moments_lose_nothing_and_leave_no_process(
    undisturbed: tuple[Path, int | None], t5_folder: Path, data: Path, tmp_path: Path, processes: ForkServerContext
) -> None:
    arguments = typed(t5_folder, data, tmp_path)
    rng = random.Random(0)
    for number in range(10):
        before = progress_of(tmp_path)
        process = start(processes, arguments, tmp_path)
        limit = time.monotonic() + 60
        if number == 9:  # the other moments may all be within the imports
            while progress_of(tmp_path) == before and process.is_alive() and time.monotonic() < limit:
                time.sleep(0.01)
        process.join(rng.uniform(0.0, 0.3 if number == 9 else 2.0))
        process.kill()
        process.join()
        while alive(tmp_path) and time.monotonic() < limit:
            time.sleep(0.05)
        assert alive(tmp_path) == []
    assert progress_of(tmp_path)  # some came in the middle of a run
    process = start(processes, arguments, tmp_path)
    process.join()
    assert process.exitcode == 0, (tmp_path / "sweep.txt").read_text()
    assert science(tmp_path) == science(undisturbed[0])
    assert alive(tmp_path) == []
    for run in science(tmp_path):
        left = {path.name for path in (tmp_path / "runs" / run).iterdir()}
        assert left == {"record.json", "best.safetensors", "predictions.jsonl"}
