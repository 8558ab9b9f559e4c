"""What a run answered is published beside its record, checked when read, and enough to score it again."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from tiny import files_below, job_of, study_of
from voters import dev_of, noisy, voter

from softscale import tasks
from softscale.errors import InputError
from softscale.runs.job import Job
from softscale.runs.published_predictions import publish_predictions, read_predictions
from softscale.runs.record import Record
from softscale.tables.scores import SUPERGLUE
from softscale.training.run import run


@pytest.fixture(scope="module")
def finished(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Record]:
    job = job_of(study_of(t5_folder, task="multirc", steps=2), tmp_path_factory.mktemp("finished"))
    return job, run(job)


def test_a_run_publishes_its_predictions_which_score_what_its_record_says(finished: tuple[Job, Record]) -> None:
    job, record = finished
    path = Path(job.runtime.results) / "predictions" / f"{record.id}.jsonl.gz"
    assert path == job.published_predictions
    assert gzip.decompress(path.read_bytes()) == (job.folder / "predictions.jsonl").read_bytes()
    told = read_predictions(path, record.predictions)
    scores = tasks.by_name("multirc").score(told.predictions, told.examples)
    assert {f"dev/{name}": score for name, score in scores.items()} == {
        name: score for name, score in record.best.items() if name in ("dev/f1", "dev/em")
    }


def test_the_predictions_are_there_before_the_record_is(
    finished: tuple[Job, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _ = finished
    job.published.unlink()
    job.published_predictions.unlink()
    with monkeypatch.context() as patched:
        patched.setattr("softscale.runs.job.write_atomically", _killed)
        with pytest.raises(KeyboardInterrupt):
            run(job)
    assert job.published_predictions.exists()
    assert not job.published.exists()
    run(job)
    assert job.published.exists()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_is_published_is_not_touched_again(finished: tuple[Job, Record]) -> None:
    job, _ = finished
    run(job)
    before = files_below(Path(job.runtime.results))
    run(job)
    assert files_below(Path(job.runtime.results)) == before


def test_predictions_that_are_no_longer_those_of_the_record_are_not_published(finished: tuple[Job, Record]) -> None:
    job, _ = finished
    run(job)
    own = job.folder / "predictions.jsonl"
    content = own.read_bytes()
    job.published_predictions.unlink()
    try:
        own.write_bytes(content.replace(b"True", b"False", 1))
        run(job)
        assert not job.published_predictions.exists()
    finally:
        own.write_bytes(content)
    run(job)
    assert job.published_predictions.exists()


def test_equal_content_is_packed_into_equal_bytes_without_name_and_time(tmp_path: Path) -> None:
    content = b'{"prediction": "a"}\n' * 1000
    for name in ("a", "b"):
        publish_predictions(content, tmp_path / name)
    packed = (tmp_path / "a").read_bytes()
    assert packed == (tmp_path / "b").read_bytes()
    assert packed[3] == 0  # flags: no name of a file (RFC 1952)
    assert packed[4:8] == bytes(4)  # no time
    assert packed[9] == 255  # no operating system
    assert len(packed) < len(content) / 50


@pytest.mark.parametrize("task", sorted(SUPERGLUE))
def test_every_task_scores_published_predictions_as_it_scored_the_run(task: str, tmp_path: Path) -> None:
    record, _ = voter(tmp_path, task, 0, noisy(task, 0))
    told = read_predictions(tmp_path / f"{record.id}.jsonl.gz", record.predictions)
    for name, score in tasks.by_name(task).score(told.predictions, told.examples).items():
        assert score == record.best[f"dev/{name}"]
    assert [example.input for example in told.examples] == [example.input for example in dev_of(task)]


def test_a_line_holds_no_more_than_its_task_is_scored_by(tmp_path: Path) -> None:
    expected = {"rte": set(), "wsc": {"label"}, "multirc": {"group"}, "record": {"answers", "group"}}
    for task, fields in expected.items():
        record, _ = voter(tmp_path, task, 0, noisy(task, 0))
        (row, *_) = gzip.decompress((tmp_path / f"{record.id}.jsonl.gz").read_bytes()).splitlines()
        assert set(json.loads(row)) == {"input", "target", "prediction", *fields}


@pytest.mark.parametrize("damage", ["other answers", "cut off", "no gzip", "flipped"])
def test_predictions_that_are_not_those_of_the_record_are_refused(damage: str, tmp_path: Path) -> None:
    record, _ = voter(tmp_path, "rte", 0, noisy("rte", 0))
    path = tmp_path / f"{record.id}.jsonl.gz"
    packed = path.read_bytes()
    if damage == "other answers":
        told = gzip.decompress(packed).replace(b'"prediction": "not_entailment"', b'"prediction": "entailment"')
        publish_predictions(told, path)
        found = hashlib.sha256(told).hexdigest()[:12]
    else:
        middle = len(packed) // 2
        flipped = packed[:middle] + bytes([packed[middle] ^ 255]) + packed[middle + 1 :]
        path.write_bytes({"cut off": packed[:-20], "no gzip": b"nothing", "flipped": flipped}[damage])
        found = "unreadable"
    with pytest.raises(InputError, match=rf"does not hold the predictions .* \(sha256 {found}, and the record says "):
        read_predictions(path, record.predictions)
