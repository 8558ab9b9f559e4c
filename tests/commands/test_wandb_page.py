"""`softscale report` puts its page into W&B where that is online, and is what it is without it."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import wandb
from wandb.proto.wandb_internal_pb2 import Record

from softscale.cli import main

EXPERIMENT = "miniature/figure_4_parameters"  # counted: it needs no runs
BLOCK = 32768  # bytes


def report(place: Path, *more: str) -> None:
    folders = [f"runtime.runs={place}/runs", f"runtime.results={place}/results"]
    with pytest.raises(SystemExit) as ended:
        main(["report", f"experiment={EXPERIMENT}", *folders, *more])
    assert ended.value.code == 0


def logged(path: Path) -> Iterator[Record]:
    """The records of W&B's file: after 7 bytes a log in LevelDB's form, blocks of chunks of records."""
    content, position, whole = path.read_bytes(), 7, b""
    while position + 7 <= len(content):
        left = BLOCK - position % BLOCK
        if left < 7:
            position += left
            continue
        _, length, kind = struct.unpack("<IHB", content[position : position + 7])
        whole += content[position + 7 : position + 7 + length]
        position += 7 + length
        if kind in (1, 4):  # a whole record, or the last chunk of one
            yield Record.FromString(whole)
            whole = b""


@pytest.mark.slow
def test_a_report_logs_nothing_unless_wandb_is_online(tmp_path: Path) -> None:
    report(tmp_path)
    assert not (tmp_path / "runs" / "wandb").exists()


@pytest.mark.slow
def test_a_report_logs_its_table_figure_and_files_as_one_run_of_the_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    report(tmp_path, "wandb.mode=online")
    wandb.teardown()  # as at the end of a process: all is on the disk
    (file,) = (tmp_path / "runs" / "wandb").glob("offline-run-*/*.wandb")
    records = list(logged(file))
    (run,) = [record.run for record in records if record.HasField("run")]
    assert (run.run_id, run.run_group, run.job_type) == ("report-miniature-figure_4_parameters", EXPERIMENT, "report")
    history = {
        ".".join(item.nested_key): json.loads(item.value_json)
        for record in records
        if record.HasField("history")
        for item in record.history.item
    }
    page, files = tmp_path / "results" / EXPERIMENT, file.parent / "files"
    assert (files / history["figure.path"]).read_bytes() == (page / "figure.png").read_bytes()
    table = json.loads((files / history["table.path"]).read_text())
    rows = (page / "table.csv").read_text().splitlines()
    assert table["columns"] == rows[0].split(",")
    assert len(table["data"]) == len(rows) - 1
    (own,) = [record.artifact for record in records if record.artifact.type == "report"]
    sizes = {entry.path: entry.size for entry in own.manifest.contents}
    assert sizes == {name: (page / name).stat().st_size for name in ("table.csv", "table.md", "figure.png")}


@pytest.mark.slow
def test_without_a_network_the_page_is_written_and_a_note_says_how_it_gets_to_wandb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setattr("softscale.training.wandb_run._unreachable", ["nobody answers"])
    monkeypatch.delenv("WANDB_MODE", raising=False)
    report(tmp_path, "wandb.mode=online")
    (note,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert note == "note: W&B could not go online (nobody answers): it is offline, and wandb sync sends it later"
    assert list((tmp_path / "runs" / "wandb").glob("offline-run-*"))
    assert (tmp_path / "results" / EXPERIMENT / "figure.png").is_file()
